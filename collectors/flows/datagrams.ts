/**
 * Exports that travel in datagrams which somebody else brings: found by content, whatever their port, and
 * decoded into a batch that goes to the sink whenever it is full.
 */
import { FlowBatch, type FlowDatagrams, type FlowSink } from '../../src/model/flow-record.ts'
import { type DecoderOptions, FlowDecoder } from './decoder.ts'
import { isExport } from './message.ts'

/** Reads datagrams of a capture. */
export function flowDatagrams(sink: FlowSink, options: DecoderOptions = {}): FlowDatagrams {
  const decoder = new FlowDecoder(options)
  const batch = new FlowBatch(decoder.addresses, decoder.list)
  const flush = (): void => {
    if (batch.count > 0) sink(batch)
    batch.clear()
  }
  return {
    exporters: decoder.list,
    addresses: decoder.addresses,
    offer(b, at, end, from, received, number) {
      if (!isExport(b, at, end)) return false
      if (decoder.begin(b, at, end, from.address(), from.port, received, number)) {
        while (!decoder.fill(batch)) flush()
      }
      return true
    },
    flush,
    finish() {
      decoder.finish()
      flush()
    },
  }
}
