/**
 * One collector from its first packet or flow record on: batches as they come, ticks while none do,
 * everything into the database at once.
 *
 * Contract: ends when its source has no more, or when it is asked to; never throws for traffic. What it says
 * is a sentence for people. Only here are the capture's time and the wall's clock brought together.
 */
import { createHash } from 'node:crypto'
import type { Deployment } from '../../model/deployment.ts'
import { isoTime, SECOND, toSeconds, type Micros } from '../../model/time.ts'
import type { LiveState } from '../../model/view.ts'
import { LiveAnalysis } from '../../pipeline/live.ts'
import {
  beginCollection,
  type Collection,
  type CollectorFacts,
  endCollection,
  latestCollection,
  nextStream,
  resumeCollection,
} from '../../store/live.ts'
import { type LiveWriter, liveWriter, quietNote } from '../../store/live-writer.ts'
import { lockFile } from '../../store/file-lock.ts'
import { openStore, type Store } from '../../store/store.ts'
import { keptDeployment } from '../config/load.ts'
import { ending, failure } from '../failure.ts'
import { counted } from '../output/quantities.ts'
import { wallClock } from '../wall-clock.ts'
import type { Checkpoint } from './checkpoint-parts.ts'
import type { Intake, IntakeOwner } from './intake.ts'
import { type Keeping, keeping } from './keeping.ts'
import { Losses } from './losses.ts'
import { type MisfitNotes, misfitNotes } from './misfit-notes.ts'
import { openIntake } from './open-intake.ts'
import { isOfKind, resumed } from './resuming.ts'
import type { CollectionEnd, CollectionMessage, CollectionOrder } from './order.ts'
import { canReadAgain, nameOfSource } from './source.ts'
import { unstatedRelays } from './unstated-relays.ts'

/** How often time moves while no packet comes. */
const TICK_MS = 50
/** How often rows that nobody waits for are written, how matters stand is told, and who is there. */
const FLUSH_MS = 500
const STATE_MS = 1_000
const STANDING_MS = 15_000
/** A lag from here on is told, and again when it is no more. */
const LAG_TOLD_SECONDS = 2
const DAY: Micros = 86_400 * SECOND
const RESTARTED = 'Holdfast was not running'
const STRANGE = 'its checkpoint is of another database, or of another kind of source; collection begins anew'
const REFUSED = 'goes on behind what was read; connections that are open are learned anew'

type Tell = (message: Exclude<CollectionMessage, { end: CollectionEnd }>) => void

/** Runs a collection to its end. */
export async function collect(order: CollectionOrder, tell: Tell): Promise<CollectionEnd> {
  let collecting: Collecting | null = null
  try {
    collecting = await Collecting.begin(order, tell)
    return await collecting.run()
  } catch (error) {
    return { state: 'failed', error: ending(error).line }
  } finally {
    collecting?.close()
  }
}

/** What a collection has to say bears its name. */
const sayingOf =
  ({ collector }: CollectionOrder, tell: Tell) =>
  (sentence: string): void =>
    tell({ says: `${collector}: ${sentence}` })

class Collecting {
  private readonly order: CollectionOrder
  private readonly tell: Tell
  private readonly says: (sentence: string) => void
  private readonly store: Store
  private readonly intake: Intake
  private readonly deployment: Deployment
  private readonly analysis: LiveAnalysis
  private readonly facts: CollectorFacts
  private collection: Collection
  private writer: LiveWriter
  private readonly wish: Int32Array
  private readonly due = { flush: 0, state: 0, standing: 0 }
  private readonly rate = { at: wallClock(), packets: 0, bytes: 0 }
  private isLate = false
  private day: number | null = null
  private hasFindings = false
  private readonly losses: Losses
  private readonly misfits: MisfitNotes | null
  private readonly kept: Keeping | null
  private readonly closeStore: () => void

  static async begin(order: CollectionOrder, tell: Tell): Promise<Collecting> {
    const store = openStore(order.database)
    const unlock = locked(order)
    const close = (): void => {
      store.close()
      unlock()
    }
    let kept: Keeping | null = null
    let intake: Intake | null = null
    try {
      const { checkpointEvery: every } = order
      const says = sayingOf(order, tell)
      kept = every === null ? null : keeping(baseOf(order), every, says)
      if (kept?.refused != null) says(`${kept.refused}; ${REFUSED}`)
      const before = usable(store, order, kept?.before ?? null)
      // Its journal is of connections that have the same numbers as those that are to come.
      if (before === null && kept?.before != null) {
        kept.renounce()
        says(STRANGE)
      }
      // What was told already is not read again, whatever else is lost: into this database, that is.
      const isTold =
        before !== null || (kept?.before === null && latestCollection(store, order.collector) !== null)
      intake = await openIntake(order, nameOf(order), isTold ? (kept?.reader ?? null) : null)
      return new Collecting(order, tell, { store, intake, kept, before, close })
    } catch (error) {
      intake?.close()
      kept?.close()
      close()
      throw error
    }
  }

  private constructor(order: CollectionOrder, tell: Tell, parts: Parts) {
    const { store, intake, kept, before, close } = parts
    this.order = order
    this.tell = tell
    this.says = sayingOf(order, tell)
    this.store = store
    this.intake = intake
    this.losses = new Losses(intake.lost)
    this.kept = kept
    this.closeStore = close
    this.wish = new Int32Array(order.wish)
    this.deployment = keptDeployment(order.config)
    const { collector, tap, config } = order
    this.facts = { collector, name: nameOf(order), tap, at: wallClock(), config }
    const again = before === null ? null : resumed(() => this.fresh(), kept!, before)
    if (before !== null && again === null) this.says(`its checkpoint cannot be restored; ${REFUSED}`)
    this.analysis = again?.analysis ?? this.fresh()
    const { misfits } = this.analysis
    this.misfits = misfits === null ? null : misfitNotes(misfits, this.says)
    this.collection = again === null ? beginCollection(store, this.facts) : this.goesOn(before!, again.anew)
    this.writer = this.writerOf(this.collection)
  }

  /** An analysis without a past. */
  private fresh(): LiveAnalysis {
    const { kept } = this
    const relays = this.order.source.kind === 'flows' ? null : unstatedRelays(this.deployment, this.says)
    return new LiveAnalysis(this.intake.input, {
      deployment: this.deployment,
      secrets: null,
      found: (finding, incident) => {
        this.hasFindings = true
        this.noteLosses()
        this.writer.found(this.losses.named(finding), incident)
      },
      write: (record) => this.writer.record(record),
      followers: relays === null ? [] : [relays],
      ...(kept === null ? {} : { journal: (entry) => kept.add(entry) }),
    })
  }

  /** As much as can be is as it was, and nobody listened since. */
  private goesOn({ day, at }: Checkpoint, anew: string | null): Collection {
    const collection = latestCollection(this.store, this.order.collector)!
    resumeCollection(this.store, collection.analysis, wallClock())
    this.day = day
    const { run } = this.analysis
    if (!canReadAgain(this.order.source)) {
      run.streamsFrom(nextStream(this.store, collection.analysis))
      run.interrupted(RESTARTED)
    }
    this.says(
      `goes on from ${isoTime(at).slice(0, 19)}Z with ${counted(run.openConnections, 'open connection')}${anew === null ? '' : `; ${anew}`}`,
    )
    return collection
  }

  async run(): Promise<CollectionEnd> {
    // A process that is killed before it is time for one must not tell everything twice.
    this.kept?.write(this.checkpoint)
    const { promise: broken, reject } = Promise.withResolvers<never>()
    const ticks = setInterval(() => {
      try {
        this.ticked()
      } catch (error) {
        reject(error)
      }
    }, TICK_MS)
    try {
      await Promise.race([this.intake.read(this.analysis, this.owner), broken])
      return this.ended()
    } finally {
      clearInterval(ticks)
    }
  }

  close(): void {
    this.intake.close()
    this.kept?.close()
    endCollection(this.store, this.collection.analysis, wallClock())
    this.closeStore()
  }

  private get owner(): IntakeOwner {
    const isWished = (): boolean => this.isWished
    return {
      began: () => this.tell({ began: true }),
      processed: () => {
        if (this.hasFindings) this.flush()
        this.noteLag()
      },
      pause: () => this.keepHouse(),
      get isWished() {
        return isWished()
      },
      says: this.says,
    }
  }

  /** Time passes while nothing comes. */
  private ticked(): void {
    if (this.isWished) return this.intake.close()
    if (!this.intake.tick()) return
    if (this.hasFindings) this.flush()
    this.keepHouse()
  }

  private get isWished(): boolean {
    return Atomics.load(this.wish, 0) !== 0
  }

  private flush(): void {
    this.hasFindings = false
    this.writer.flush()
  }

  private keepHouse(): void {
    const now = performance.now()
    this.newDay()
    if (now >= this.due.flush) {
      this.due.flush = now + FLUSH_MS
      this.writer.flush()
    }
    if (now >= this.due.standing) {
      this.due.standing = now + (this.due.standing === 0 ? STATE_MS : STANDING_MS)
      this.stand()
    }
    this.kept?.perhaps(this.checkpoint)
    if (now < this.due.state) return
    this.due.state = now + STATE_MS
    this.noteLosses()
    this.noteBlindTime()
    const state = this.state(null)
    this.writer.note(state)
    this.tell({ live: state })
  }

  private stand(): void {
    this.writer.stand(this.analysis.standing())
    const { resolveAfter } = this.order
    // Time in which nobody listened does not count: it could have happened then.
    const { now, blind } = this.analysis.run
    if (now === -Infinity) return
    this.misfits?.timeIs(now)
    const since =
      now - resolveAfter - blind.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0)
    this.writer.resolve(since, quietNote(resolveAfter))
  }

  /** Each day is an analysis of its own, so that old ones can go. */
  private newDay(): void {
    const { now } = this.analysis.run
    if (now === -Infinity) return
    const day = Math.floor(now / DAY)
    const before = this.day
    this.day = Math.max(day, before ?? day)
    if (before === null || day <= before) return
    this.stand()
    this.collection = beginCollection(this.store, { ...this.facts, at: wallClock() })
    this.writer = this.writerOf(this.collection)
  }

  private writerOf(collection: Collection): LiveWriter {
    return liveWriter(this.store, collection, {
      now: wallClock,
      devices: this.deployment.devices,
      plainSecrets: this.order.plainSecrets,
      incident: (id) => this.analysis.incident(id),
      packet: (number) => this.intake.packet(number),
    })
  }

  private state(stopped: string | null): LiveState {
    const { run } = this.analysis
    const { drops, bytesRead: bytes, lagSeconds } = this.intake
    const now = wallClock()
    const seconds = Math.max(0.001, toSeconds(now - this.rate.at))
    const packets = run.framesRead
    const perSecond = (n: number): number => Math.max(0, Math.round(n / seconds))
    const state: LiveState = {
      stopped,
      packets,
      bytes,
      packetsPerSecond: perSecond(packets - this.rate.packets),
      bytesPerSecond: perSecond(bytes - this.rate.bytes),
      kernelDrops: drops.kernel,
      interfaceDrops: drops.interface,
      ...(this.intake.flows === undefined ? {} : { flows: this.intake.flows(seconds) }),
      lagSeconds,
      queuedBytes: drops.queued,
      openConnections: run.openConnections,
      blind: run.blind.map(({ start, end, why }) => ({ start: isoTime(start), end: isoTime(end), why })),
      blindSeconds: toSeconds(run.blindFor),
      checkpoint: this.kept?.last ?? null,
    }
    Object.assign(this.rate, { at: now, packets, bytes })
    return state
  }

  private noteLosses(): void {
    const { run } = this.analysis
    this.losses.note(run.flows?.tracker.clock.now ?? run.now, this.intake.lost)
  }

  /** What is lost of flow records, their tracker weighs. */
  private noteBlindTime(): void {
    const blind = this.analysis.packets === null ? null : this.losses.takeBlindTime()
    if (blind !== null) this.analysis.unseen(blind.start, blind.end)
  }

  private noteLag(): void {
    const { lagSeconds, drops } = this.intake
    if (lagSeconds >= LAG_TOLD_SECONDS === this.isLate) return
    this.isLate = !this.isLate
    const { queued } = drops
    const waiting = queued > 0 ? `, ${queued} octets wait` : ''
    this.says(this.isLate ? `behind by ${lagSeconds.toFixed(1)} s${waiting}` : 'has caught up')
  }

  /** Between two batches: what was read was processed, and what it told is in the database. */
  private readonly checkpoint = (): Omit<Checkpoint, 'journal' | 'at'> => {
    this.flush()
    return {
      analysis: this.analysis.save(),
      collection: this.collection.analysis,
      reader: this.intake.save(),
      day: this.day,
    }
  }

  private ended(): CollectionEnd {
    const isStopped = this.isWished
    if (isStopped && this.kept !== null) this.kept.write(this.checkpoint)
    else {
      this.analysis.end()
      this.kept?.forget()
      this.misfits?.ended()
    }
    this.flush()
    this.stand()
    this.writer.note(this.state(isStopped ? 'it was stopped' : 'there is no more'))
    const { fault } = this.intake
    if (fault !== null && !isStopped) this.says(fault)
    return { state: isStopped ? 'stopped' : 'done' }
  }
}

interface Parts {
  readonly store: Store
  readonly intake: Intake
  readonly kept: Keeping | null
  readonly before: Checkpoint | null
  close(): void
}

const nameOf = ({ collector, source }: CollectionOrder): string => `${collector} (${nameOfSource(source)})`

/** All files of a collection begin so; two names are never one. */
function baseOf({ database, collector }: CollectionOrder): string {
  const digest = createHash('sha256').update(collector).digest('hex').slice(0, 8)
  const legible = collector.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 40)
  return `${database}-live-${legible}-${digest}`
}

function locked(order: CollectionOrder): () => void {
  const unlock = lockFile(`${baseOf(order)}.lock`)
  if (unlock === null) throw failure(`${order.collector} is collected by another process already`)
  return unlock
}

/** The database may have been replaced since, or the source by one of another kind. */
function usable(store: Store, order: CollectionOrder, before: Checkpoint | null): Checkpoint | null {
  const latest = latestCollection(store, order.collector)
  if (before === null || latest === null || latest.analysis < before.collection) return null
  return isOfKind(before, order.source) ? before : null
}
