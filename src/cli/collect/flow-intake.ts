/**
 * Flow records as exporters send them: every run of datagrams goes through the analysis when it has arrived,
 * and time passes between them.
 *
 * Contract: `save` is asked for between two runs, so that a message is in a checkpoint with all of its
 * records or with none.
 */
import { receiveFlows, type FlowReceiver } from '../../../collectors/flows/receive.ts'
import { AddressTable } from '../../bytes/address.ts'
import type { FlowBatch } from '../../model/flow-record.ts'
import type { ReceivedFlowsState } from '../../model/view.ts'
import { seconds } from '../../model/time.ts'
import type { LiveFlowInput } from '../../pipeline/flow-live.ts'
import type { LiveAnalysis } from '../../pipeline/live.ts'
import { failure } from '../failure.ts'
import { wallClock } from '../wall-clock.ts'
import type { SavedReader } from './checkpoint-parts.ts'
import type { Intake, IntakeOwner } from './intake.ts'
import { LiveClock } from './live-clock.ts'
import type { CollectionOrder } from './order.ts'
import type { FlowsSource } from './source.ts'

/** After the active timeout, an exporter may wait for the inactive one, and looks every few seconds. */
const AFTER_TIMEOUT = seconds(60)

type Order = CollectionOrder & { readonly source: FlowsSource }

export async function flowIntake(
  { source, tap }: Order,
  path: string,
  before: SavedReader | null,
): Promise<Intake> {
  const late: { intake: FlowIntake | null } = { intake: null }
  const { transport, host, port, activeTimeout, allTraffic } = source
  const addresses = new AddressTable({ seed: Math.floor(Math.random() * 2 ** 32) })
  try {
    const receiver = await receiveFlows({ transport, host, port }, (batch) => late.intake!.take(batch), {
      addresses,
      ...(before === null ? {} : { saved: before.position }),
      onFailure: (message) => late.intake?.failed(message),
    })
    const lagMax = activeTimeout + AFTER_TIMEOUT
    late.intake = new FlowIntake(receiver, { tap, path, lagMax, allTraffic })
    return late.intake
  } catch (error) {
    throw failure(`cannot listen at ${host}:${port}: ${(error as Error).message}`)
  }
}

class FlowIntake implements Intake {
  readonly input: LiveFlowInput
  private readonly receiver: FlowReceiver
  private readonly clock = new LiveClock({ isOurs: true, now: wallClock })
  private readonly over = Promise.withResolvers<void>()
  private analysis: LiveAnalysis | null = null
  private owner: IntakeOwner | null = null
  private isClosing = false
  private records = 0
  fault: string | null = null

  constructor(receiver: FlowReceiver, its: Pick<LiveFlowInput, 'tap' | 'path' | 'lagMax' | 'allTraffic'>) {
    this.receiver = receiver
    const { exporters, addresses } = receiver
    this.input = {
      ...its,
      exporters,
      addresses,
      counts: () => {
        const { messages, octets, dropped, kernelDropped } = receiver.counts()
        return { messages, octets, dropped: dropped + (kernelDropped ?? 0) }
      },
      skipped: () => receiver.skipped(),
    }
    this.records = receiver.counts().records
  }

  async read(analysis: LiveAnalysis, owner: IntakeOwner): Promise<void> {
    this.analysis = analysis
    this.owner = owner
    owner.began()
    await this.over.promise
    await this.receiver.close()
    if (this.fault !== null) throw failure(`nothing is received any more: ${this.fault}`)
  }

  /** A batch that was decoded. */
  take(batch: FlowBatch): void {
    const { received, count } = batch
    this.analysis!.take(batch)
    this.clock.packets(received[0]!, received[count - 1]!)
    this.owner!.processed()
  }

  failed(message: string): void {
    this.fault = message
    this.close()
  }

  tick(): boolean {
    const isCalm = this.receiver.counts().queued === 0
    if (isCalm) {
      this.clock.caughtUp()
      const { now } = this.clock
      if (now > -Infinity) this.analysis?.tick(now)
    }
    this.owner?.processed()
    return true
  }

  get drops(): Intake['drops'] {
    const { dropped, kernelDropped, queued } = this.receiver.counts()
    return { kernel: kernelDropped, interface: dropped, queued }
  }

  /** What is dropped here, exporters' numbers tell as well, as a rule. */
  get lost(): number {
    const { dropped, kernelDropped } = this.receiver.counts()
    return Math.max(dropped + (kernelDropped ?? 0), this.lostByNumber)
  }

  get bytesRead(): number {
    return this.receiver.counts().octets
  }

  get lagSeconds(): number {
    return this.clock.lagSeconds
  }

  flows(span: number): ReceivedFlowsState {
    const { records } = this.receiver.counts()
    const perSecond = Math.max(0, Math.round((records - this.records) / span))
    this.records = records
    const exporters = this.receiver.exporters.length
    return { records, recordsPerSecond: perSecond, lost: this.lostByNumber, exporters }
  }

  private get lostByNumber(): number {
    return this.receiver.exporters.reduce((sum, { quality }) => sum + quality.lost, 0)
  }

  packet(): null {
    return null
  }

  save(): SavedReader {
    return { number: 0, interfaces: [], position: this.receiver.save() }
  }

  close(): void {
    if (this.isClosing) return
    this.isClosing = true
    this.over.resolve()
  }
}
