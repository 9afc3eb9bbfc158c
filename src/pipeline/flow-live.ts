/**
 * Flow records on their way through the lower half of the house as they are received: batches and ticks go
 * in, observations come out, as far back as no exporter will tell of any more.
 *
 * Two clocks: whoever feeds it says when records arrived; what they tell of is timed by their exporters. One
 * is read off the other by the latest message.
 */
import { AddressTable } from '../bytes/address.ts'
import { contains } from '../model/address.ts'
import { restore, snapshot, type SnapshotOptions } from '../bytes/snapshot.ts'
import type { LiveFlows } from '../connections/flows/clock.ts'
import { FlowTimeouts } from '../connections/flows/timeouts.ts'
import { FlowsWanted } from '../connections/flows/wanted.ts'
import type { FlowBatch, FlowExporter } from '../model/flow-record.ts'
import type { Observation } from '../model/observation.ts'
import type { Tap } from '../model/packet.ts'
import { flawlessQuality, type CaptureQuality } from '../model/quality.ts'
import type { CaptureRecord } from '../model/record.ts'
import { toSeconds, type Micros } from '../model/time.ts'
import { flowTapOf } from './flow-run.ts'
import type { FlowTap } from './flow-tap.ts'
import { BLIND_SPANS_MAX, type BlindSpan, type LiveRun, type SavedRun } from './live-run.ts'
import type { TapRunOptions } from './run.ts'
import type { ServiceTraffic } from './service-traffic.ts'

/** What a receiver counts, at any time. */
export interface ReceivedFlows {
  readonly messages: number
  readonly octets: number
  /** Messages that were lost here; exporters' own numbers may not tell. */
  readonly dropped: number
}

/** Flow records that are received: who listens owns it. */
export interface LiveFlowInput extends LiveFlows {
  /** All TCP is followed, not only that of the configuration's services. */
  readonly allTraffic: boolean
  readonly tap: Tap
  readonly path: string
  readonly exporters: readonly FlowExporter[]
  readonly addresses: AddressTable
  counts(): ReceivedFlows
  /** What was passed over, by reason. */
  skipped(): Readonly<Record<string, number>>
}

/** Made anew: what says nothing of the past, or is configured. */
const SNAPSHOT: SnapshotOptions = {
  classes: { timeouts: FlowTimeouts },
  leave: new Set(['servicePorts', 'silenceMin', 'limit', 'tapIndex', 'lagMax', 'isLive', 'piece', 'wanted']),
}

export class LiveFlowRun implements LiveRun {
  readonly flows: FlowTap
  readonly isOfFlows = true
  private readonly input: LiveFlowInput
  private readonly emit: TapRunOptions['emit']
  /** When the latest message arrived. */
  private arrived: Micros = -Infinity
  /** Messages lost here that were taken note of. */
  private dropped = 0
  private missing: string | null = null
  private readonly blindSpans: BlindSpan[] = []
  private blindTime: Micros = 0

  /** Of `wanted`, the TCP is followed; null: of everybody. */
  constructor(input: LiveFlowInput, options: TapRunOptions, wanted: ServiceTraffic | null) {
    this.input = input
    this.emit = options.emit
    this.flows = flowTapOf(input.tap, options, {
      live: { lagMax: input.lagMax },
      ...(wanted === null
        ? {}
        : { wanted: new FlowsWanted(wanted.ports, (address) => contains(wanted.hosts, address)) }),
    })
  }

  /** Takes records, and tells what they make certain. */
  take(batch: FlowBatch): void {
    const { clock } = this.flows.tracker
    const before = clock.now
    // Who looks for what does not come must know before it is told of what did.
    if (this.missing !== null) this.noteBlind(this.missing, before, latestIn(batch))
    this.flows.take(batch)
    if (clock.now > before) this.arrived = batch.received[batch.count - 1]!
    this.noteDrops(before)
  }

  get now(): Micros {
    return this.flows.position
  }

  get framesRead(): number {
    return this.input.counts().messages
  }

  get openConnections(): number {
    return this.flows.tracker.size
  }

  get blind(): readonly BlindSpan[] {
    return this.blindSpans
  }

  get blindFor(): Micros {
    return this.blindTime
  }

  /** `now` is the time by which records arrive. */
  idle(now: Micros): Micros {
    const { clock } = this.flows.tracker
    this.noteDrops(clock.now)
    // While it was away, nobody can say what passed.
    if (this.missing === null && now > this.arrived) {
      this.flows.tracker.tick(clock.now + (now - this.arrived))
      this.arrived = now
    }
    return this.now
  }

  interrupted(why: string): void {
    if (this.flows.tracker.clock.now > -Infinity) this.missing ??= why
  }

  streamsFrom(number: number): void {
    const { streamNumbers } = this.flows.tracker.state
    streamNumbers.next = Math.max(streamNumbers.next, number)
  }

  save(): SavedRun {
    return { of: 'flows', connections: snapshot(this.lasting(), SNAPSHOT), passing: null }
  }

  load({ connections }: SavedRun): void {
    const lasting = this.lasting()
    restore(lasting, connections, SNAPSHOT)
    this.blindTime = lasting.counts.blindTime
    this.dropped = lasting.counts.dropped
    this.arrived = lasting.counts.arrived
  }

  retold(): Iterable<Observation> {
    return this.flows.tracker.retold()
  }

  finish(): void {
    this.flows.finish()
  }

  record(sha256: string | null): CaptureRecord {
    const { messages, octets } = this.input.counts()
    return this.flows.capture({
      tap: this.input.tap,
      path: this.input.path,
      sha256,
      format: this.flows.format ?? 'flows',
      packets: messages,
      bytes: octets,
      quality: this.quality(),
      skipped: this.input.skipped(),
    })
  }

  quality(): CaptureQuality {
    const quality = flawlessQuality()
    this.flows.addTo(quality)
    quality.interfaceDrops = Math.max(quality.interfaceDrops, this.input.counts().dropped)
    if (this.blindTime > 0) quality.blindSeconds = toSeconds(this.blindTime)
    return quality
  }

  private noteBlind(why: string, start: Micros, end: Micros): void {
    this.missing = null
    if (!(end > start)) return
    this.blindTime += end - start
    if (this.blindSpans.length >= BLIND_SPANS_MAX) this.blindSpans.shift()
    this.blindSpans.push({ start, end, why })
    this.emit({ kind: 'capture-blind', time: Math.min(start, this.now), tap: this.input.tap, start, end })
  }

  /** What is lost here is missing of anybody. */
  private noteDrops(since: Micros): void {
    const { dropped } = this.input.counts()
    if (dropped > this.dropped && since > -Infinity) this.flows.tracker.lostSince(since)
    this.dropped = dropped
  }

  /** What is restored in place. */
  private lasting() {
    const { flows, blindSpans, blindTime, dropped, arrived, input } = this
    const { addresses } = input
    return { addresses, tracker: flows.tracker, blindSpans, counts: { blindTime, dropped, arrived } }
  }
}

/** When the latest of its messages was sent. */
function latestIn({ exported, end, count }: FlowBatch): Micros {
  let latest = -Infinity
  for (let i = 0; i < count; i++)
    latest = Math.max(latest, Number.isNaN(exported[i]!) ? end[i]! : exported[i]!)
  return latest
}
