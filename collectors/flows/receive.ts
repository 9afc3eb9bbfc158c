/**
 * Flow records from the network: exports over UDP (NetFlow v5, v9, IPFIX) and TCP (IPFIX), decoded as they
 * arrive.
 *
 * Contract: batches go to the sink as soon as what has arrived is decoded, so that a record waits some
 * hundredths of a second; the sink may take its time: datagrams wait within limits, and what is lost is
 * counted. Nothing that is received throws.
 */
import { FlowBatch, type FlowExporter, type FlowSink } from '../../src/model/flow-record.ts'
import type { AddressTable } from '../../src/bytes/address.ts'
import { FlowDecoder } from './decoder.ts'
import { skippedBy } from './reader.ts'
import { restoreExporters, saveExporters, type SavedExporters } from './saved.ts'
import { listenTcp } from './tcp.ts'
import { listenUdp, type TakeDatagram } from './udp.ts'

export interface FlowListen {
  readonly transport: 'udp' | 'tcp'
  /** The address of an interface; `::` for all. */
  readonly host: string
  /** 0: the system chooses. */
  readonly port: number
}

export interface ReceiveOptions {
  /** What `save` answered before a restart. */
  readonly saved?: unknown
  /** Names addresses; of its own if absent. */
  readonly addresses?: AddressTable
  /** The socket fails; nothing is received from then on. */
  readonly onFailure?: (message: string) => void
}

export interface ReceiveCounts {
  /** Datagrams or messages, and octets in them. */
  readonly messages: number
  readonly octets: number
  readonly records: number
  /** Lost because the sink did not keep up, and in the system's buffer; null: the system does not say. */
  readonly dropped: number
  readonly kernelDropped: number | null
  /** Octets that were received and wait for the sink. */
  readonly queued: number
}

/** What a restart goes on from, as plain data. */
export interface SavedReceiver extends SavedExporters {
  readonly counted: Omit<ReceiveCounts, 'queued'>
}

export interface FlowReceiver {
  readonly port: number
  /** Octets of the system's buffer for what has arrived; NaN for TCP. */
  readonly receiveBuffer: number
  readonly exporters: readonly FlowExporter[]
  readonly addresses: AddressTable
  counts(): ReceiveCounts
  /** What was passed over, by reason. */
  skipped(): Readonly<Record<string, number>>
  /** What exporters said so far, as plain data: their templates do not come again soon. */
  save(): SavedReceiver
  /** Resolves when what was received has gone to the sink. */
  close(): Promise<void>
}

const NOTHING_COUNTED: SavedReceiver['counted'] = {
  messages: 0,
  octets: 0,
  records: 0,
  dropped: 0,
  kernelDropped: null,
}

/** Listens, and hands what exporters tell to `sink`. Rejects if the system refuses the address or port. */
export async function receiveFlows(
  listen: FlowListen,
  sink: FlowSink,
  { saved, addresses, onFailure = () => undefined }: ReceiveOptions = {},
): Promise<FlowReceiver> {
  const isUdp = listen.transport === 'udp'
  const decoder = new FlowDecoder({
    templatesExpire: isUdp,
    ...(addresses === undefined ? {} : { addresses }),
  })
  const isRestored = saved !== undefined && restoreExporters(decoder, saved) > 0
  if (!isUdp) decoder.exporters.allEnded()
  const batch = new FlowBatch(decoder.addresses, decoder.list)
  const before = isRestored ? (saved as SavedReceiver).counted : NOTHING_COUNTED
  const counted = { messages: before.messages, octets: before.octets, records: before.records }
  const flush = (): void => {
    if (batch.count === 0) return
    counted.records += batch.count
    sink(batch)
    batch.clear()
  }
  const take: TakeDatagram = (b, at, length, { address, port }, received) => {
    counted.messages++
    counted.octets += length
    if (!decoder.begin(b, at, at + length, address, port, received, counted.messages)) return
    while (!decoder.fill(batch)) flush()
  }
  const socket = isUdp
    ? await listenUdp(listen, take, flush, onFailure)
    : await listenTcp(listen, {
        take,
        onBatch: flush,
        onEnd: ({ address, port }) => decoder.exporters.sessionEnded(address, port),
        onFailure,
      })
  const counts = (): ReceiveCounts => {
    if (!('dropped' in socket.counts)) return { ...before, ...counted, queued: 0 }
    const { dropped, kernelDropped, queued } = socket.counts
    return {
      ...counted,
      dropped: before.dropped + dropped,
      kernelDropped:
        kernelDropped === null ? before.kernelDropped : (before.kernelDropped ?? 0) + kernelDropped,
      queued,
    }
  }
  return {
    port: socket.port,
    receiveBuffer: 'receiveBuffer' in socket ? socket.receiveBuffer : NaN,
    exporters: decoder.list,
    addresses: decoder.addresses,
    counts,
    skipped: () => skippedBy(decoder),
    save() {
      const { queued: _, ...its } = counts()
      return { ...saveExporters(decoder), counted: its }
    },
    async close() {
      await socket.close()
      decoder.finish()
      flush()
    },
  }
}
