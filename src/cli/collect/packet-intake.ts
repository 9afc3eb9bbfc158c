/** Packets of a live capture: batches as they come, and time while none do. */
import { type LiveReader, liveReader, type LiveSource } from '../../../collectors/live-reader.ts'
import type { LiveAnalysis } from '../../pipeline/live.ts'
import { segmentView } from '../../pipeline/segment-view.ts'
import type { TapRun } from '../../pipeline/tap-run.ts'
import type { ProvingPacket } from '../../store/evidence.ts'
import { wallClock } from '../wall-clock.ts'
import type { SavedReader } from './checkpoint-parts.ts'
import type { Intake, IntakeOwner } from './intake.ts'
import { LiveClock } from './live-clock.ts'
import type { CollectionOrder } from './order.ts'
import { canReadAgain, hasOurClock, openLiveSource, type PacketSource } from './source.ts'

/** Packets that may have been numbered after the last checkpoint: their numbers are not given again. */
const NUMBERS_LOST = 1 << 22
/** Work without a look at anything else. */
const TURN_MS = 20

type Order = CollectionOrder & { readonly source: PacketSource }

export async function packetIntake(order: Order, name: string, before: SavedReader | null): Promise<Intake> {
  const late: { reader: LiveReader | null } = { reader: null }
  const position = before?.position ?? null
  const notes: string[] = []
  const source = await openLiveSource(
    order.source,
    position,
    () => late.reader?.partPackets ?? 0,
    (note) => void notes.push(note),
  )
  late.reader = readerOf(source, order, before)
  return new PacketIntake(order, name, source, late.reader, notes)
}

class PacketIntake implements Intake {
  readonly input: Intake['input']
  private readonly source: LiveSource
  private readonly reader: LiveReader
  private readonly clock: LiveClock
  /** What the source has to say, and nobody was told yet. */
  private readonly notes: string[]
  private owner: IntakeOwner | null = null
  private isWaiting = false
  private analysis: LiveAnalysis | null = null

  constructor(
    { tap, source: spec }: Order,
    name: string,
    source: LiveSource,
    reader: LiveReader,
    notes: string[],
  ) {
    this.source = source
    this.notes = notes
    this.reader = reader
    this.clock = new LiveClock({ isOurs: hasOurClock(spec), now: wallClock })
    this.input = { tap, path: name, reader, sha256: null }
  }

  async read(analysis: LiveAnalysis, owner: IntakeOwner): Promise<void> {
    this.analysis = analysis
    this.owner = owner
    const run = analysis.packets!
    let turn = performance.now()
    for (let began = false; ;) {
      const answer = run.read()
      const more = typeof answer === 'boolean' ? answer : await this.awaited(answer, owner)
      if (!more) return
      if (!began) owner.began()
      began = true
      this.process(analysis, run, owner)
      if (performance.now() - turn < TURN_MS) continue
      // Signals, what the capturing process says, and ticks get their turn.
      await new Promise((resolve) => setImmediate(resolve))
      owner.pause()
      turn = performance.now()
      if (owner.isWished) return
    }
  }

  tick(): boolean {
    for (const note of this.notes.splice(0)) this.owner?.says(note)
    if (!this.isWaiting) return false
    const { now } = this.clock
    if (now > this.analysis!.run.now) this.analysis!.tick(now)
    return true
  }

  get drops(): Intake['drops'] {
    return this.source.drops
  }

  get lost(): number {
    const { kernel, interface: lost } = this.source.drops
    return (kernel ?? 0) + (lost ?? 0)
  }

  get bytesRead(): number {
    return this.reader.bytesRead
  }

  get lagSeconds(): number {
    return this.clock.lagSeconds
  }

  packet(number: number): ProvingPacket | null {
    const found = this.reader.packet(number)
    if (found === null) return null
    const { face, ...packet } = found
    const linkType = this.reader.interfaces[face]?.linkType ?? -1
    return { ...packet, linkType, segment: segmentView(packet.bytes, packet.wireLength, linkType) }
  }

  save(): SavedReader {
    const { number, interfaces } = this.reader
    return { number, interfaces: interfaces.map((face) => ({ ...face })), position: this.source.position() }
  }

  get fault(): string | null {
    return this.reader.fault?.message ?? null
  }

  close(): void {
    this.reader.close()
  }

  private async awaited(answer: Promise<boolean>, owner: IntakeOwner): Promise<boolean> {
    this.isWaiting = true
    this.clock.caughtUp()
    owner.processed()
    owner.pause()
    try {
      return await answer
    } finally {
      this.isWaiting = false
    }
  }

  private process(analysis: LiveAnalysis, run: TapRun, owner: IntakeOwner): void {
    const gap = this.reader.takeGap()
    if (gap !== null) {
      run.interrupted(gap)
      owner.says(`nothing was captured for a while: ${gap}`)
    }
    const first = run.position
    analysis.process()
    this.clock.packets(first, run.now)
    owner.processed()
  }
}

function readerOf(source: LiveSource, order: Order, before: SavedReader | null): LiveReader {
  if (before === null) return liveReader(source)
  const { number, interfaces } = before
  const lost = canReadAgain(order.source) ? 0 : NUMBERS_LOST
  return liveReader(source, { firstNumber: number + lost, interfaces })
}
