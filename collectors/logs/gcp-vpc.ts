/**
 * Flow logs of Google Cloud's VPCs (https://cloud.google.com/vpc/docs/about-flow-logs-records): entries of
 * Cloud Logging with the record in `jsonPayload`, or bare records; one a line, or a list.
 *
 * Each end that reports is an exporter: traffic between two of one's own machines is told by both. Google
 * looks at about one packet in ten and scales the counts up ("Log sampling and processing"): they are told as
 * they stand, with that interval.
 */
import { latin1 } from '../../src/bytes/latin1.ts'
import type { FlowBatch } from '../../src/model/flow-record.ts'
import { Fields, numbered } from './fields.ts'
import { objectDecoder } from './objects.ts'
import { address, below, count, moment } from './octets.ts'
import type { LogDecoder } from './reader.ts'
import type { LogState } from './state.ts'

/** A member of the payload, or of a bare record. */
const inPayload = <const T extends string>(path: T) => `jsonPayload/${path}|${path}` as const

const NAMES = [
  inPayload('connection/src_ip'),
  inPayload('connection/src_port'),
  inPayload('connection/dest_ip'),
  inPayload('connection/dest_port'),
  inPayload('connection/protocol'),
  inPayload('packets_sent'),
  inPayload('bytes_sent'),
  inPayload('start_time'),
  inPayload('end_time'),
  inPayload('reporter'),
  'resource/labels/subnetwork_id',
  'timestamp',
] as const
const NUMBERS = numbered([
  'source',
  'sourcePort',
  'destination',
  'destinationPort',
  'protocol',
  'packets',
  'octets',
  'start',
  'end',
  'reporter',
  'subnetwork',
  'exported',
])

/** "captures about 1 out of every 10 packets": Google's page, section "Log sampling and processing". */
const SAMPLED = 10

export const recognises = (head: string): boolean =>
  /^\s*[[{]/.test(head) &&
  /"(?:src_ip|dest_ip)"/.test(head) &&
  /"(?:reporter|bytes_sent|packets_sent)"/.test(head)

export function decoder(state: LogState): LogDecoder {
  const fields = new Fields(NAMES)
  return objectDecoder(state, fields, (b, batch) => {
    if (fill(b, fields, state, batch)) return true
    state.skip('no record')
    return false
  })
}

function fill(b: Uint8Array, { from, to }: Fields, state: LogState, batch: FlowBatch): boolean {
  const row = batch.count
  const at = NUMBERS
  const source = address(b, from[at.source]!, to[at.source]!, state.addresses)
  const destination = address(b, from[at.destination]!, to[at.destination]!, state.addresses)
  const start = moment(b, from[at.start]!, to[at.start]!)
  if (source < 0 || destination < 0 || Number.isNaN(start)) return false
  const end = moment(b, from[at.end]!, to[at.end]!)
  batch.source[row] = source
  batch.destination[row] = destination
  batch.start[row] = start
  batch.end[row] = Number.isNaN(end) ? start : end
  batch.exported[row] = moment(b, from[at.exported]!, to[at.exported]!)
  batch.sourcePort[row] = below(b, from[at.sourcePort]!, to[at.sourcePort]!, 65_536)
  batch.destinationPort[row] = below(b, from[at.destinationPort]!, to[at.destinationPort]!, 65_536)
  batch.protocol[row] = below(b, from[at.protocol]!, to[at.protocol]!, 256)
  batch.packets[row] = count(b, from[at.packets]!, to[at.packets]!)
  batch.octets[row] = count(b, from[at.octets]!, to[at.octets]!)
  batch.samplingInterval[row] = SAMPLED
  const reporter = from[at.reporter]! < 0 ? '' : latin1(b, from[at.reporter]!, to[at.reporter]!)
  if (reporter !== '') batch.direction[row] = reporter.startsWith('SRC') ? 1 : 0
  const network = from[at.subnetwork]! < 0 ? '' : latin1(b, from[at.subnetwork]!, to[at.subnetwork]!)
  batch.exporter[row] = state.exporter(`${reporter} ${network}`)
  return true
}
