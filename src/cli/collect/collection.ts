/**
 * One collector from its first packet on: batches as they come, ticks while none do, everything into the
 * database at once.
 *
 * Contract: ends when its source has no more, or when it is asked to; never throws for traffic. What it says
 * is a sentence for people. Only here are the capture's time and the wall's clock brought together.
 */
import { createHash } from 'node:crypto'
import { type LiveReader, liveReader, type LiveSource } from '../../../collectors/live-reader.ts'
import type { Deployment } from '../../model/deployment.ts'
import { isoTime, SECOND, toSeconds, type Micros } from '../../model/time.ts'
import type { LiveState } from '../../model/view.ts'
import { LiveAnalysis } from '../../pipeline/live.ts'
import { segmentView } from '../../pipeline/segment-view.ts'
import type { ProvingPacket } from '../../store/evidence.ts'
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
import type { Checkpoint } from './checkpoint.ts'
import { type Keeping, keeping } from './keeping.ts'
import { LiveClock } from './live-clock.ts'
import type { CollectionEnd, CollectionMessage, CollectionOrder } from './order.ts'
import { canReadAgain, hasOurClock, nameOfSource, openLiveSource } from './source.ts'

/** How often time moves while no packet comes. */
const TICK_MS = 50
/** How often rows that nobody waits for are written, how matters stand is told, and who is there. */
const FLUSH_MS = 500
const STATE_MS = 1_000
const STANDING_MS = 15_000
/** Work without a look at anything else. */
const TURN_MS = 20
/** A lag from here on is told, and again when it is no more. */
const LAG_TOLD_SECONDS = 2
const DAY: Micros = 86_400 * SECOND
/** Packets that may have been numbered after the last checkpoint: their numbers are not given again. */
const NUMBERS_LOST = 1 << 22
const RESTARTED = 'Holdfast was not running'

const wall = (): Micros => Date.now() * 1000

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

class Collecting {
  private readonly order: CollectionOrder
  private readonly tell: Tell
  private readonly store: Store
  private readonly source: LiveSource
  private readonly reader: LiveReader
  private readonly deployment: Deployment
  private readonly clock: LiveClock
  private readonly analysis: LiveAnalysis
  private readonly facts: CollectorFacts
  private collection: Collection
  private writer: LiveWriter
  private readonly wish: Int32Array
  private readonly due = { flush: 0, state: 0, standing: 0 }
  private readonly rate = { at: wall(), packets: 0, bytes: 0 }
  private isWaiting = false
  private isLate = false
  private day: number | null = null
  private hasFindings = false
  private readonly kept: Keeping | null
  private readonly closeStore: () => void

  static async begin(order: CollectionOrder, tell: Tell): Promise<Collecting> {
    const store = openStore(order.database)
    const unlock = locked(order)
    const close = (): void => {
      store.close()
      unlock()
    }
    try {
      const { checkpointEvery: every } = order
      const kept = every === null ? null : keeping(baseOf(order), every)
      if (kept?.refused != null) tell({ says: `${order.collector}: ${kept.refused}; collection begins anew` })
      const before = usable(store, order, kept?.before ?? null)
      const late: { reader: LiveReader | null } = { reader: null }
      const position = before?.reader.position ?? null
      const source = await openLiveSource(order.source, position, () => late.reader?.partPackets ?? 0)
      late.reader = readerOf(source, order, before)
      return new Collecting(order, tell, { store, source, reader: late.reader, kept, before, close })
    } catch (error) {
      close()
      throw error
    }
  }

  private constructor(order: CollectionOrder, tell: Tell, parts: Parts) {
    const { store, source, reader, kept, before, close } = parts
    this.order = order
    this.tell = tell
    this.store = store
    this.source = source
    this.reader = reader
    this.kept = kept
    this.closeStore = close
    this.wish = new Int32Array(order.wish)
    this.deployment = keptDeployment(order.config)
    this.clock = new LiveClock({ isOurs: hasOurClock(order.source), now: wall })
    const { collector, tap, config } = order
    const name = `${collector} (${nameOfSource(order.source)})`
    this.facts = { collector, name, tap, at: wall(), config }
    this.analysis = new LiveAnalysis(
      { tap, path: name, reader, sha256: null },
      {
        deployment: this.deployment,
        secrets: null,
        found: (finding, incident) => {
          this.hasFindings = true
          this.writer.found(finding, incident)
        },
        write: (record) => this.writer.record(record),
        ...(kept === null ? {} : { journal: (entry) => kept.add(entry) }),
      },
    )
    this.collection = before === null ? beginCollection(store, this.facts) : this.resumed(before)
    this.writer = this.writerOf(this.collection)
  }

  /** Everything is as it was, and nobody listened since. */
  private resumed({ analysis, day, at }: Checkpoint): Collection {
    const collection = latestCollection(this.store, this.order.collector)!
    resumeCollection(this.store, collection.analysis, wall())
    this.analysis.load(analysis, this.kept!.entries())
    this.day = day
    const { run } = this.analysis
    if (!canReadAgain(this.order.source)) {
      run.streamsFrom(nextStream(this.store, collection.analysis))
      run.interrupted(RESTARTED)
    }
    this.tell({
      says: `${this.order.collector}: goes on from ${isoTime(at).slice(0, 19)}Z with ${counted(run.openConnections, 'open connection')}`,
    })
    return collection
  }

  async run(): Promise<CollectionEnd> {
    const ticks = setInterval(() => this.ticked(), TICK_MS)
    try {
      return await this.read()
    } finally {
      clearInterval(ticks)
    }
  }

  close(): void {
    this.reader.close()
    this.kept?.close()
    endCollection(this.store, this.collection.analysis, wall())
    this.closeStore()
  }

  private async read(): Promise<CollectionEnd> {
    let turn = performance.now()
    for (let began = false; ;) {
      const answer = this.analysis.run.read()
      const more = typeof answer === 'boolean' ? answer : await this.awaited(answer)
      if (!more) break
      if (!began) this.tell({ began: true })
      began = true
      this.process()
      if (performance.now() - turn < TURN_MS) continue
      // Signals, what the capturing process says, and ticks get their turn.
      await new Promise((resolve) => setImmediate(resolve))
      this.keepHouse()
      turn = performance.now()
      if (this.isWished) break
    }
    return this.ended()
  }

  private async awaited(answer: Promise<boolean>): Promise<boolean> {
    this.isWaiting = true
    this.clock.caughtUp()
    this.noteLag()
    this.keepHouse()
    try {
      return await answer
    } finally {
      this.isWaiting = false
    }
  }

  private process(): void {
    const { run } = this.analysis
    const gap = this.reader.takeGap()
    if (gap !== null) {
      run.interrupted(gap)
      this.tell({ says: `${this.order.collector}: nothing was captured for a while: ${gap}` })
    }
    const first = run.position
    this.analysis.process()
    this.clock.packets(first, run.now)
    if (this.hasFindings) this.flush()
    this.noteLag()
  }

  /** Time passes while nothing comes. */
  private ticked(): void {
    if (this.isWished) return this.reader.close()
    if (!this.isWaiting) return
    const { now } = this.clock
    if (now > this.analysis.run.now) this.analysis.tick(now)
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
    this.collection = beginCollection(this.store, { ...this.facts, at: wall() })
    this.writer = this.writerOf(this.collection)
  }

  private writerOf(collection: Collection): LiveWriter {
    return liveWriter(this.store, collection, {
      now: wall,
      devices: this.deployment.devices,
      plainSecrets: this.order.plainSecrets,
      incident: (id) => this.analysis.incident(id),
      packet: (number) => this.packet(number),
    })
  }

  private packet(number: number): ProvingPacket | null {
    const found = this.reader.packet(number)
    if (found === null) return null
    const { face, ...packet } = found
    const linkType = this.reader.interfaces[face]?.linkType ?? -1
    return { ...packet, linkType, segment: segmentView(packet.bytes, packet.wireLength, linkType) }
  }

  private state(stopped: string | null): LiveState {
    const { run } = this.analysis
    const { drops } = this.source
    const now = wall()
    const seconds = Math.max(0.001, toSeconds(now - this.rate.at))
    const bytes = this.reader.bytesRead
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
      lagSeconds: this.clock.lagSeconds,
      queuedBytes: drops.queued,
      openConnections: run.openConnections,
      blind: run.blind.map(({ start, end, why }) => ({ start: isoTime(start), end: isoTime(end), why })),
      blindSeconds: toSeconds(run.blindFor),
      checkpoint: this.kept?.last ?? null,
    }
    Object.assign(this.rate, { at: now, packets, bytes })
    return state
  }

  private noteLag(): void {
    const { lagSeconds } = this.clock
    if (lagSeconds >= LAG_TOLD_SECONDS === this.isLate) return
    this.isLate = !this.isLate
    const { collector } = this.order
    const { queued } = this.source.drops
    this.tell({
      says: this.isLate
        ? `${collector}: behind by ${lagSeconds.toFixed(1)} s${queued > 0 ? `, ${queued} octets wait` : ''}`
        : `${collector}: has caught up`,
    })
  }

  /** Between two batches: what was read was processed, and what it told is in the database. */
  private readonly checkpoint = (): Omit<Checkpoint, 'journal' | 'at'> => {
    this.flush()
    const { number, interfaces } = this.reader
    return {
      analysis: this.analysis.save(),
      collection: this.collection.analysis,
      reader: {
        number,
        interfaces: interfaces.map((face) => ({ ...face })),
        position: this.source.position(),
      },
      day: this.day,
    }
  }

  private ended(): CollectionEnd {
    const isStopped = this.isWished
    if (isStopped && this.kept !== null) this.kept.write(this.checkpoint)
    else {
      this.analysis.end()
      this.kept?.forget()
    }
    this.flush()
    this.stand()
    this.writer.note(this.state(isStopped ? 'it was stopped' : 'there is no more'))
    const { fault } = this.reader
    if (fault !== null && !isStopped) this.tell({ says: `${this.order.collector}: ${fault.message}` })
    return { state: isStopped ? 'stopped' : 'done' }
  }
}

interface Parts {
  readonly store: Store
  readonly source: LiveSource
  readonly reader: LiveReader
  readonly kept: Keeping | null
  readonly before: Checkpoint | null
  close(): void
}

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

/** The database may have been replaced since. */
function usable(store: Store, { collector }: CollectionOrder, before: Checkpoint | null): Checkpoint | null {
  const latest = latestCollection(store, collector)
  return before === null || latest === null || latest.analysis < before.collection ? null : before
}

function readerOf(source: LiveSource, order: CollectionOrder, before: Checkpoint | null): LiveReader {
  if (before === null) return liveReader(source)
  const { number, interfaces } = before.reader
  const lost = canReadAgain(order.source) ? 0 : NUMBERS_LOST
  return liveReader(source, { firstNumber: number + lost, interfaces })
}
