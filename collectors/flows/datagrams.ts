/**
 * Exports that travel in datagrams which somebody else brings: found by content, whatever their port, and
 * decoded into a batch that goes to the sink whenever it is full.
 */
import { AddressTable } from '../../src/bytes/address.ts'
import {
  FlowBatch,
  type FlowDatagrams,
  type FlowExporter,
  type FlowSink,
} from '../../src/model/flow-record.ts'
import { FlowDecoder } from './decoder.ts'
import { isExport } from './message.ts'

interface Decoding {
  readonly decoder: FlowDecoder
  readonly batch: FlowBatch
}

/** Reads datagrams of a capture. Most captures have no exports: nothing is made before the first. */
export function flowDatagrams(sink: FlowSink): FlowDatagrams {
  const addresses = new AddressTable()
  const exporters: FlowExporter[] = []
  let decoding: Decoding | null = null
  const begin = (): Decoding => {
    const decoder = new FlowDecoder({ addresses, exporters })
    return { decoder, batch: new FlowBatch(addresses, exporters) }
  }
  const flush = (): void => {
    if (decoding === null) return
    if (decoding.batch.count > 0) sink(decoding.batch)
    decoding.batch.clear()
  }
  return {
    exporters,
    addresses,
    offer(b, at, end, from, received, number) {
      if (!isExport(b, at, end)) return false
      const { decoder, batch } = (decoding ??= begin())
      if (decoder.begin(b, at, end, from.address(), from.port, received, number)) {
        while (!decoder.fill(batch)) flush()
      }
      return true
    },
    flush,
    finish() {
      decoding?.decoder.finish()
      flush()
    },
  }
}
