/** One file or stream of flow records on its way through the lower half of the house. */
import type { LiveFlows } from '../connections/flows/clock.ts'
import type { FlowsWanted } from '../connections/flows/wanted.ts'
import { faultText } from '../model/fault.ts'
import { FlowBatch } from '../model/flow-record.ts'
import { flawlessQuality, type CaptureQuality } from '../model/quality.ts'
import type { CaptureRecord } from '../model/record.ts'
import type { Tap } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'
import { expectation } from './expectation.ts'
import { FlowTap } from './flow-tap.ts'
import type { FlowInput, Run, TapRunOptions } from './run.ts'

export class FlowRun implements Run {
  readonly input: FlowInput
  readonly isOfFlows = true
  private made: FlowTap | null = null
  private readonly options: TapRunOptions
  private readonly batch: FlowBatch
  private readonly from: Micros
  private readonly to: Micros

  constructor(input: FlowInput, options: TapRunOptions) {
    this.input = input
    this.batch = new FlowBatch(input.records.addresses, input.records.exporters)
    this.from = options.from ?? -Infinity
    this.to = options.to ?? Infinity
    const tapIndex = options.nextTapIndex()
    this.options = withAnswers({ ...options, nextTapIndex: () => tapIndex }, input)
  }

  /** Made with the first records, which tell how many there may be. */
  get flows(): FlowTap {
    const { records, tap } = this.input
    this.made ??= flowTapOf(tap, this.options, expectation(this.batch.count, records.progress))
    return this.made
  }

  read(): boolean | Promise<boolean> {
    return this.input.records.next(this.batch)
  }

  process(): void {
    this.keepWithin()
    this.flows.take(this.batch)
  }

  get position(): Micros {
    return this.flows.position
  }

  get progress(): number {
    return this.input.records.progress
  }

  /** Messages or lines. */
  get framesRead(): number {
    return this.input.records.messages
  }

  finish(): void {
    this.flows.finish()
  }

  record(sha256: string | null): CaptureRecord {
    const { tap, path, records, beside = [] } = this.input
    const { format, messages, bytesRead, skipped } = records
    const [packets, bytes] = [messages, bytesRead]
    const quality = this.quality()
    return this.flows.capture({ tap, path, sha256, format, packets, bytes, quality, skipped }, { beside })
  }

  quality(): CaptureQuality {
    const { fault } = this.input.records
    const quality = flawlessQuality()
    this.flows.addTo(quality)
    quality.readError = fault === null ? null : faultText(fault)
    return quality
  }

  /** Records outside the asked time are not looked at: their protocol becomes nobody's. */
  private keepWithin(): void {
    const { from, to, batch } = this
    if (from === -Infinity && to === Infinity) return
    for (let i = 0; i < batch.count; i++)
      if (batch.end[i]! < from || batch.start[i]! > to) batch.protocol[i] = NOBODYS
  }
}

/** Names that were resolved are told before what happened after. */
function withAnswers(options: TapRunOptions, { tap, answers = [] }: FlowInput): TapRunOptions {
  if (answers.length === 0) return options
  let next = 0
  return {
    ...options,
    emit(observation) {
      for (; next < answers.length && answers[next]!.time <= observation.time; next++)
        options.emit({ kind: 'dns-logged', tap, ...answers[next]! })
      options.emit(observation)
    },
  }
}

/** Protocol number 255 is reserved (RFC 1700): no record has it. */
const NOBODYS = 255

/** The flows of an input, as its analysis wants them. */
export const flowTapOf = (
  tap: Tap,
  options: TapRunOptions,
  its: {
    readonly live?: LiveFlows
    readonly wanted?: FlowsWanted
    readonly connectionsExpected?: number
  } = {},
): FlowTap =>
  new FlowTap({
    ...its,
    tap,
    tapIndex: options.nextTapIndex(),
    silenceMin: options.silenceMin,
    servicePorts: options.servicePorts,
    emit: options.emit,
    ...(options.connectionsMax === undefined ? {} : { connectionsMax: options.connectionsMax }),
  })
