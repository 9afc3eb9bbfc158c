/**
 * Flow logs of AWS VPCs, versions 2 to 5, default and custom formats
 * (https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html). Files of S3 begin with a header
 * that names the fields in their order; without one, as CloudWatch has them, it is the default of version 2.
 *
 * Each network interface is an exporter of its own: traffic between two of them is told by both. Packet-level
 * addresses (`pkt-srcaddr`) go before those of the interface. Times are to the second, and the end may be up
 * to 60 s late.
 */
import { latin1 } from '../../src/bytes/latin1.ts'
import { FIREWALL_DENIED } from '../../src/model/flow-events.data.ts'
import type { FlowBatch } from '../../src/model/flow-record.ts'
import { type Columns, columnsOf, split } from './delimited.ts'
import { ABSENT, Fields, numbered } from './fields.ts'
import { lineDecoder } from './lines.ts'
import { address, below, count } from './octets.ts'
import type { LogDecoder } from './reader.ts'
import type { LogState } from './state.ts'

const NAMES = [
  'interface-id',
  'srcaddr',
  'dstaddr',
  'srcport',
  'dstport',
  'protocol',
  'packets',
  'bytes',
  'start',
  'end',
  'action',
  'log-status',
  'tcp-flags',
  'pkt-srcaddr',
  'pkt-dstaddr',
  'flow-direction',
] as const
const AT = numbered(NAMES)
const FIELD_OF: ReadonlyMap<string, number> = new Map(NAMES.map((name, i) => [name, i]))

/** The default format: version 2, in this order. */
const DEFAULT =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status'
const DEFAULT_LINE =
  /^(?:\d{4}-\d\d-\d\dT\S+Z )?2 \S+ eni-\S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \d+ \d+ (?:ACCEPT|REJECT|-) (?:OK|NODATA|SKIPDATA)/

const SPACE = 0x20
const DASH = 0x2d
const SECOND = 1_000_000

const isHeader = (words: readonly string[]): boolean =>
  words.some((word) => word === 'srcaddr' || word === 'pkt-srcaddr') &&
  words.some((word) => word === 'dstaddr' || word === 'pkt-dstaddr') &&
  words.every((word) => /^[a-z][a-z0-9-]*$/.test(word))

const wordsOf = (line: string): string[] => line.trim().split(/\s+/)

export function recognises(head: string): boolean {
  const [line = ''] = head.split('\n')
  return isHeader(wordsOf(line)) || DEFAULT_LINE.test(line)
}

const columns = (words: readonly string[]): Columns => columnsOf(words, (name) => FIELD_OF.get(name))

export function decoder(state: LogState): LogDecoder {
  const fields = new Fields(NAMES)
  const plain = columns(wordsOf(DEFAULT))
  // An export of CloudWatch puts the time of ingestion before each line.
  const dated: Columns = [ABSENT, ...plain]
  let header: Columns | null = null
  return lineDecoder(state, (b, from, to, batch) => {
    const isNamed = isLetter(b[from]!) && isHeader(wordsOf(latin1(b, from, to)))
    if (isNamed) {
      header = columns(wordsOf(latin1(b, from, to)))
      return false
    }
    const own = header ?? (b[from + 4] === DASH ? dated : plain)
    fields.clear()
    if (split(b, from, to, SPACE, own, fields) && fill(b, fields, state, batch)) return true
    state.skip(reasonOf(b, fields))
    return false
  })
}

const isLetter = (c: number): boolean => c >= 0x61 && c <= 0x7a

/** NODATA and SKIPDATA are said instead of a flow. */
function reasonOf(b: Uint8Array, { from, to }: Fields): string {
  const status = from[AT['log-status']]! < 0 ? '' : latin1(b, from[AT['log-status']]!, to[AT['log-status']]!)
  return status === 'NODATA' || status === 'SKIPDATA' ? status : 'no record'
}

function fill(b: Uint8Array, fields: Fields, state: LogState, batch: FlowBatch): boolean {
  const { from, to } = fields
  const row = batch.count
  const source = eitherAddress(b, fields, AT['pkt-srcaddr'], AT.srcaddr, state)
  const destination = eitherAddress(b, fields, AT['pkt-dstaddr'], AT.dstaddr, state)
  const start = count(b, from[AT.start]!, to[AT.start]!)
  if (source < 0 || destination < 0 || Number.isNaN(start)) return false
  const end = count(b, from[AT.end]!, to[AT.end]!)
  batch.source[row] = source
  batch.destination[row] = destination
  batch.start[row] = start * SECOND
  batch.end[row] = (Number.isNaN(end) ? start : end) * SECOND
  batch.sourcePort[row] = below(b, from[AT.srcport]!, to[AT.srcport]!, 65_536)
  batch.destinationPort[row] = below(b, from[AT.dstport]!, to[AT.dstport]!, 65_536)
  batch.protocol[row] = below(b, from[AT.protocol]!, to[AT.protocol]!, 256)
  batch.packets[row] = count(b, from[AT.packets]!, to[AT.packets]!)
  batch.octets[row] = count(b, from[AT.bytes]!, to[AT.bytes]!)
  batch.flags[row] = below(b, from[AT['tcp-flags']]!, to[AT['tcp-flags']]!, 256)
  if (begins(b, fields, AT.action, 'R')) batch.firewallEvent[row] = FIREWALL_DENIED
  if (begins(b, fields, AT['flow-direction'], 'i')) batch.direction[row] = 0
  else if (begins(b, fields, AT['flow-direction'], 'e')) batch.direction[row] = 1
  const id = AT['interface-id']
  batch.exporter[row] = from[id]! < 0 ? state.exporter('') : state.exporterAt(b, from[id]!, to[id]!)
  return true
}

function eitherAddress(
  b: Uint8Array,
  { from, to }: Fields,
  first: number,
  second: number,
  state: LogState,
): number {
  const isSaid = from[first]! >= 0 && b[from[first]!] !== DASH
  const field = isSaid ? first : second
  return address(b, from[field]!, to[field]!, state.addresses)
}

const begins = (b: Uint8Array, { from }: Fields, field: number, letter: string): boolean =>
  from[field]! >= 0 && b[from[field]!] === letter.charCodeAt(0)
