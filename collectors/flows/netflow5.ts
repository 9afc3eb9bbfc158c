/**
 * NetFlow v5 records: 48 octets, always the same fields.
 *
 * Source: Cisco, "NetFlow Export Datagram Format", tables B-3 (header) and B-4 (record).
 */
import { u16 } from '../../src/bytes/read.ts'
import { FLOW_ROWS, type FlowBatch } from '../../src/model/flow-record.ts'
import { V5_RECORD } from './message.ts'
import { type Scratch, stamp } from './records.ts'
import * as values from './values.ts'
import type { DataSet } from './waiting.ts'

/** Offset and length of each field. */
const SOURCE = [0, 4] as const
const DESTINATION = [4, 4] as const
const INPUT = [12, 2] as const
const OUTPUT = [14, 2] as const
const PACKETS = [16, 4] as const
const OCTETS = [20, 4] as const
const FIRST = [24, 4] as const
const LAST = [28, 4] as const
const SOURCE_PORT = [32, 2] as const
const DESTINATION_PORT = [34, 2] as const
const FLAGS = [37, 1] as const
const PROTOCOL = [38, 1] as const
const SERVICE = [39, 1] as const

/** The header's word of sampling: two bits of mode, fourteen of the interval. */
const INTERVAL_BITS = 0x3fff

/** The sampling interval of the header's word; NaN where it says nothing, which exporters also mean by 0. */
export const samplingOf = (word: number): number => word & INTERVAL_BITS || NaN

/** The engine that exports, as a domain: type and id. */
export const engineOf = (b: Uint8Array, at: number): number => u16(b, at + 20)

export const isMore = ({ at, end }: DataSet): boolean => end - at >= V5_RECORD

/** Decodes records from `data.at` on, as far as the batch has rows, and moves `data.at` behind them. */
export function decodeRecords(data: DataSet, batch: FlowBatch, scratch: Scratch): void {
  const first = batch.count
  const { rows } = scratch
  rows.b = data.b
  rows.stride = V5_RECORD
  rows.row = first
  rows.rows = Math.min(FLOW_ROWS - first, Math.floor((data.end - data.at) / V5_RECORD))
  const field = ([offset, length]: readonly [number, number]): values.Rows => {
    rows.at = data.at + offset
    rows.length = length
    return rows
  }
  const now = data.state.boot + data.uptime * 1000
  values.addresses4(batch.source, field(SOURCE), batch.addresses)
  values.addresses4(batch.destination, field(DESTINATION), batch.addresses)
  values.numbers(batch.inputInterface, field(INPUT), 1)
  values.numbers(batch.outputInterface, field(OUTPUT), 1)
  values.numbers(batch.packets, field(PACKETS), 1)
  values.numbers(batch.octets, field(OCTETS), 1)
  values.uptimes(batch.start, field(FIRST), data.uptime, now)
  values.uptimes(batch.end, field(LAST), data.uptime, now)
  values.integers(batch.sourcePort, field(SOURCE_PORT))
  values.integers(batch.destinationPort, field(DESTINATION_PORT))
  values.integers(batch.flags, field(FLAGS))
  values.integers(batch.protocol, field(PROTOCOL))
  values.integers(batch.trafficClass, field(SERVICE))
  batch.count += rows.rows
  data.at += rows.rows * V5_RECORD
  batch.samplingInterval.fill(data.state.exporter.samplingInterval, first, batch.count)
  stamp(data, batch, first)
}
