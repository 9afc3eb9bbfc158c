/**
 * One collector from its first packet on: batches as they come, ticks while none do, everything into the
 * database at once.
 *
 * Contract: ends when its source has no more, or when it is asked to; never throws for traffic. What it says
 * is a sentence for people. Only here are the capture's time and the wall's clock brought together.
 */
import { type LiveReader, liveReader, type LiveSource } from '../../../collectors/live-reader.ts'
import { type Deployment, EMPTY_DEPLOYMENT } from '../../model/deployment.ts'
import { isoTime, SECOND, toSeconds, type Micros } from '../../model/time.ts'
import type { LiveState } from '../../model/view.ts'
import { LiveAnalysis } from '../../pipeline/live.ts'
import { segmentView } from '../../pipeline/segment-view.ts'
import type { ProvingPacket } from '../../store/evidence.ts'
import { beginCollection, type Collection, type CollectorFacts, endCollection } from '../../store/live.ts'
import { type LiveWriter, liveWriter, quietNote } from '../../store/live-writer.ts'
import { openStore, type Store } from '../../store/store.ts'
import { parseConfig } from '../config/load.ts'
import { problemText } from '../config/problems.ts'
import { ending, failure } from '../failure.ts'
import { LiveClock } from './live-clock.ts'
import type { CollectionEnd, CollectionMessage, CollectionOrder } from './order.ts'
import { hasOurClock, nameOfSource, openLiveSource } from './source.ts'

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

  static async begin(order: CollectionOrder, tell: Tell): Promise<Collecting> {
    const store = openStore(order.database)
    try {
      const late: { reader: LiveReader | null } = { reader: null }
      const source = await openLiveSource(order.source, null, () => late.reader?.partPackets ?? 0)
      late.reader = liveReader(source)
      return new Collecting(order, tell, { store, source, reader: late.reader })
    } catch (error) {
      store.close()
      throw error
    }
  }

  private constructor(
    order: CollectionOrder,
    tell: Tell,
    { store, source, reader }: { store: Store; source: LiveSource; reader: LiveReader },
  ) {
    this.order = order
    this.tell = tell
    this.store = store
    this.source = source
    this.reader = reader
    this.wish = new Int32Array(order.wish)
    this.deployment = deploymentOf(order.config)
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
      },
    )
    this.collection = beginCollection(store, this.facts)
    this.writer = this.writerOf(this.collection)
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
    endCollection(this.store, this.collection.analysis, wall())
    this.store.close()
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
    if (now < this.due.state) return
    this.due.state = now + STATE_MS
    const state = this.state(null)
    this.writer.note(state)
    this.tell({ live: state })
  }

  private stand(): void {
    const incidents = [...this.writer.told].flatMap((id) => this.analysis.incident(id) ?? [])
    this.writer.stand(this.analysis.standing(incidents))
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
      checkpoint: null,
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
        ? `${collector}: behind by ${lagSeconds.toFixed(1)} s, ${queued} octets wait`
        : `${collector}: has caught up`,
    })
  }

  private ended(): CollectionEnd {
    const isStopped = this.isWished
    this.analysis.end()
    this.flush()
    this.stand()
    this.writer.note(this.state(isStopped ? 'it was stopped' : 'there is no more'))
    const { fault } = this.reader
    if (fault !== null) this.tell({ says: `${this.order.collector}: ${fault.message}` })
    return { state: isStopped ? 'stopped' : 'done' }
  }
}

function deploymentOf(config: string | null): Deployment {
  if (config === null) return EMPTY_DEPLOYMENT
  const loaded = parseConfig(config)
  if ('deployment' in loaded) return loaded.deployment
  const [problem] = loaded.problems
  throw failure(problem === undefined ? 'the configuration is wrong' : problemText('configuration', problem))
}
