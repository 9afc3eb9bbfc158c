/**
 * What `nfdump -o csv` prints, of 1.6 and 1.7: `ts,te,td,sa,...`, since 1.7.3 `firstSeen,duration,proto,...`,
 * whatever was asked for with `-o csv:%ts,%sa,...`, and `-o csv-fast` (nfdump, src/output/output_csv.c and
 * output_csv_fast.c). The header says which columns there are; one that comes later holds from there on, and
 * what stands below `Summary` is none of the records.
 *
 * Times are those of the machine that printed them; they are taken as UTC (`TZ=UTC nfdump ...`). `ts` and
 * `te` are cut to the second while `td` is exact to the millisecond: the earliest beginning that agrees with
 * all three is taken. Of exports whose clock does not fit, 1.7 prints the end before the beginning, and a
 * duration below zero as one of 2^64 ms: those two times are the wrong way round.
 */
import { latin1 } from '../../src/bytes/latin1.ts'
import { type FlowBatch, UNKNOWN } from '../../src/model/flow-record.ts'
import { type Columns, columnsOf, split } from './delimited.ts'
import { Fields, numbered } from './fields.ts'
import { lineDecoder } from './lines.ts'
import { address, below, count, flagLetters, moment, protocol, seconds, whole } from './octets.ts'
import type { LogDecoder } from './reader.ts'
import type { LogState } from './state.ts'

const NAMES = [
  'start',
  'end',
  'duration',
  'source',
  'destination',
  'sourcePort',
  'destinationPort',
  'protocol',
  'flags',
  'trafficClass',
  'packets',
  'octets',
  'reversePackets',
  'reverseOctets',
  'input',
  'output',
  'direction',
  'vlan',
  'router',
  'received',
  'outerAddress',
  'outerPort',
] as const
const AT = numbered(NAMES)

/** Names of columns, and what they hold. */
const COLUMNS: Readonly<Record<string, number>> = {
  ts: AT.start,
  firstSeen: AT.start,
  te: AT.end,
  lastSeen: AT.end,
  td: AT.duration,
  duration: AT.duration,
  sa: AT.source,
  srcAddr: AT.source,
  da: AT.destination,
  dstAddr: AT.destination,
  sp: AT.sourcePort,
  srcPort: AT.sourcePort,
  dp: AT.destinationPort,
  dstPort: AT.destinationPort,
  pr: AT.protocol,
  proto: AT.protocol,
  flg: AT.flags,
  flags: AT.flags,
  stos: AT.trafficClass,
  srcTos: AT.trafficClass,
  tos: AT.trafficClass,
  ipkt: AT.packets,
  packets: AT.packets,
  inPackets: AT.packets,
  ibyt: AT.octets,
  bytes: AT.octets,
  inBytes: AT.octets,
  opkt: AT.reversePackets,
  outPackets: AT.reversePackets,
  obyt: AT.reverseOctets,
  outBytes: AT.reverseOctets,
  in: AT.input,
  input: AT.input,
  out: AT.output,
  output: AT.output,
  dir: AT.direction,
  direction: AT.direction,
  svln: AT.vlan,
  srcVlan: AT.vlan,
  ra: AT.router,
  routerIP: AT.router,
  tr: AT.received,
  received: AT.received,
  srcXIP: AT.outerAddress,
  srcXPort: AT.outerPort,
}

const COMMA = 0x2c
const SECOND = 1_000_000
const ICMP: ReadonlySet<number> = new Set([1, 58])
/** A header begins with a letter, a record with a digit. */
const isLetter = (c: number): boolean => (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a

/** Lines that make up a header: with a time and both addresses, or it is a statistic. */
function isHeader(line: string): boolean {
  const names = line.split(',')
  const hasOne = (...any: readonly string[]): boolean => any.some((name) => names.includes(name))
  const isTimed = hasOne('ts', 'firstSeen', 'te', 'lastSeen')
  return (
    isTimed && hasOne('sa', 'srcAddr') && hasOne('da', 'dstAddr') && names.every((n) => /^[\w-]+$/.test(n))
  )
}

export const recognises = (head: string): boolean => isHeader(head.split('\n')[0]?.trim() ?? '')

export function decoder(state: LogState): LogDecoder {
  const fields = new Fields(NAMES)
  const reading = { fields, state, columns: null as Columns | null }
  return lineDecoder(state, (b, from, to, batch) => {
    if (isLetter(b[from]!)) {
      reading.columns = columnsIn(latin1(b, from, to))
      fields.clear()
      return false
    }
    if (reading.columns === null) return false
    if (split(b, from, to, COMMA, reading.columns, fields) && fill(b, reading.fields, state, batch))
      return true
    state.skip('no record')
    return false
  })
}

const columnsIn = (line: string): Columns | null =>
  isHeader(line) ? columnsOf(line.split(','), (name) => COLUMNS[name]) : null

function fill(b: Uint8Array, { from, to }: Fields, state: LogState, batch: FlowBatch): boolean {
  const row = batch.count
  const source = address(b, from[AT.source]!, to[AT.source]!, state.addresses)
  const destination = address(b, from[AT.destination]!, to[AT.destination]!, state.addresses)
  if (source < 0 || destination < 0 || !times(b, from, to, batch, row)) return false
  batch.source[row] = source
  batch.destination[row] = destination
  const number = protocol(b, from[AT.protocol]!, to[AT.protocol]!)
  batch.protocol[row] = number
  batch.sourcePort[row] = below(b, from[AT.sourcePort]!, to[AT.sourcePort]!, 65_536)
  batch.destinationPort[row] = ICMP.has(number)
    ? icmpPort(b, from[AT.destinationPort]!, to[AT.destinationPort]!)
    : below(b, from[AT.destinationPort]!, to[AT.destinationPort]!, 65_536)
  batch.packets[row] = count(b, from[AT.packets]!, to[AT.packets]!)
  batch.octets[row] = count(b, from[AT.octets]!, to[AT.octets]!)
  const back = count(b, from[AT.reversePackets]!, to[AT.reversePackets]!)
  if (back > 0) {
    batch.reversePackets[row] = back
    batch.reverseOctets[row] = count(b, from[AT.reverseOctets]!, to[AT.reverseOctets]!)
  }
  if (from[AT.flags]! >= 0) batch.flags[row] = flagLetters(b, from[AT.flags]!, to[AT.flags]!)
  batch.trafficClass[row] = below(b, from[AT.trafficClass]!, to[AT.trafficClass]!, 256)
  batch.direction[row] = below(b, from[AT.direction]!, to[AT.direction]!, 2)
  batch.vlan[row] = below(b, from[AT.vlan]!, to[AT.vlan]!, 4096)
  batch.inputInterface[row] = count(b, from[AT.input]!, to[AT.input]!)
  batch.outputInterface[row] = count(b, from[AT.output]!, to[AT.output]!)
  batch.received[row] = moment(b, from[AT.received]!, to[AT.received]!)
  batch.exporter[row] = exporterOf(b, from, to, state)
  if (from[AT.outerAddress]! < 0) return true
  batch.postSource[row] = address(b, from[AT.outerAddress]!, to[AT.outerAddress]!, state.addresses)
  batch.postSourcePort[row] = below(b, from[AT.outerPort]!, to[AT.outerPort]!, 65_536)
  return true
}

/** By the router's address; without one all are of the same. */
const exporterOf = (b: Uint8Array, from: Int32Array, to: Int32Array, state: LogState): number =>
  from[AT.router]! < 0 ? state.exporter('') : state.exporterAt(b, from[AT.router]!, to[AT.router]!, routerOf)

const routerOf = (name: string): string => (name === '0.0.0.0' || name === '::' ? '' : name)

/** `3.1` is type and code, which the record holds as one number. */
function icmpPort(b: Uint8Array, from: number, to: number): number {
  let dot = from
  while (dot < to && b[dot] !== 0x2e) dot++
  const type = below(b, from, dot, 65_536)
  if (dot === to) return type
  const code = below(b, dot + 1, to, 256)
  return type > 255 || code === UNKNOWN ? UNKNOWN : type * 256 + code
}

/** `csv-fast` prints milliseconds since 1970, the raw times of a format seconds, the others dates. */
function instant(b: Uint8Array, from: number, to: number): number {
  const milliseconds = whole(b, from, to)
  if (milliseconds !== UNKNOWN) return milliseconds * 1000
  const date = moment(b, from, to)
  return Number.isNaN(date) ? seconds(b, from, to) : date
}

function times(b: Uint8Array, from: Int32Array, to: Int32Array, batch: FlowBatch, row: number): boolean {
  const start = instant(b, from[AT.start]!, to[AT.start]!)
  const end = from[AT.end]! < 0 ? NaN : instant(b, from[AT.end]!, to[AT.end]!)
  const duration = from[AT.duration]! < 0 ? NaN : seconds(b, from[AT.duration]!, to[AT.duration]!)
  const isBackwards = end < start
  const isCut = start % SECOND === 0 && end % SECOND === 0
  if (isBackwards) {
    batch.start[row] = end
    batch.end[row] = start
  } else {
    batch.start[row] = isCut && duration >= 0 ? Math.max(start, end - duration) : start
    batch.end[row] = duration >= 0 ? batch.start[row] + duration : end
  }
  return !Number.isNaN(batch.start[row]) && !Number.isNaN(batch.end[row])
}
