/**
 * What `ra -c ,` of Argus prints (ra(1)): a header that names the columns, then records with both directions.
 * A time of day without its date says nothing: such records are passed over (`RA_TIME_FORMAT`, or `-u` for
 * seconds since 1970). Times without a zone are taken as UTC.
 */
import { latin1 } from '../../src/bytes/latin1.ts'
import { END_DETECTED, END_IDLE } from '../../src/model/flow-events.data.ts'
import { type FlowBatch, UNKNOWN } from '../../src/model/flow-record.ts'
import { type Columns, columnsOf, split } from './delimited.ts'
import { Fields, numbered } from './fields.ts'
import { lineDecoder } from './lines.ts'
import { address, below, count, flagLetters, hexadecimal, moment, protocol, seconds } from './octets.ts'
import type { LogDecoder } from './reader.ts'
import type { LogState } from './state.ts'

const NAMES = [
  'start',
  'last',
  'duration',
  'protocol',
  'source',
  'sourcePort',
  'direction',
  'destination',
  'destinationPort',
  'state',
  'packets',
  'octets',
  'sourcePackets',
  'sourceOctets',
  'destinationPackets',
  'destinationOctets',
  'trafficClass',
] as const
const AT = numbered(NAMES)

/** Labels of ra's columns, in lower case: versions write them differently. */
const COLUMNS: Readonly<Record<string, number>> = {
  starttime: AT.start,
  stime: AT.start,
  lasttime: AT.last,
  ltime: AT.last,
  dur: AT.duration,
  proto: AT.protocol,
  srcaddr: AT.source,
  saddr: AT.source,
  sport: AT.sourcePort,
  dir: AT.direction,
  dstaddr: AT.destination,
  daddr: AT.destination,
  dport: AT.destinationPort,
  state: AT.state,
  totpkts: AT.packets,
  pkts: AT.packets,
  totbytes: AT.octets,
  bytes: AT.octets,
  srcpkts: AT.sourcePackets,
  spkts: AT.sourcePackets,
  srcbytes: AT.sourceOctets,
  sbytes: AT.sourceOctets,
  dstpkts: AT.destinationPackets,
  dpkts: AT.destinationPackets,
  dstbytes: AT.destinationOctets,
  dbytes: AT.destinationOctets,
  stos: AT.trafficClass,
}

const COMMA = 0x2c
const COLON = 0x3a
const LESS = 0x3c
const GREATER = 0x3e
const QUESTION = 0x3f
const UNDERSCORE = 0x5f

const fieldOf = (name: string): number | undefined => COLUMNS[name.toLowerCase()]
const isHeader = (line: string): boolean => {
  const names = new Set(line.split(',').map((name) => fieldOf(name.trim())))
  return names.has(AT.start) && names.has(AT.source) && names.has(AT.destination)
}

export const recognises = (head: string): boolean => isHeader(head.split('\n')[0] ?? '')

export function decoder(state: LogState): LogDecoder {
  const fields = new Fields(NAMES)
  let columns: Columns | null = null
  return lineDecoder(state, (b, from, to, batch) => {
    if (isLetter(b[from]!) && isHeader(latin1(b, from, to))) {
      columns = columnsOf(latin1(b, from, to).split(','), fieldOf)
      fields.clear()
      return false
    }
    if (columns !== null && split(b, from, to, COMMA, columns, fields) && fill(b, fields, state, batch))
      return true
    state.skip(isBare(b, fields) ? 'a time of day without its date' : 'no record')
    return false
  })
}

const isLetter = (c: number): boolean => (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a

function fill(b: Uint8Array, fields: Fields, state: LogState, batch: FlowBatch): boolean {
  const { from, to } = fields
  const row = batch.count
  const start = instant(b, from[AT.start]!, to[AT.start]!)
  const source = address(b, from[AT.source]!, to[AT.source]!, state.addresses)
  const destination = address(b, from[AT.destination]!, to[AT.destination]!, state.addresses)
  if (Number.isNaN(start) || source < 0 || destination < 0) return false
  const duration = seconds(b, from[AT.duration]!, to[AT.duration]!)
  const last = from[AT.last]! < 0 ? NaN : instant(b, from[AT.last]!, to[AT.last]!)
  batch.start[row] = start
  batch.end[row] = Number.isNaN(last) ? start + (duration >= 0 ? duration : 0) : last
  batch.source[row] = source
  batch.destination[row] = destination
  batch.sourcePort[row] = port(b, from[AT.sourcePort]!, to[AT.sourcePort]!)
  batch.destinationPort[row] = port(b, from[AT.destinationPort]!, to[AT.destinationPort]!)
  batch.protocol[row] = protocol(b, from[AT.protocol]!, to[AT.protocol]!)
  batch.trafficClass[row] = below(b, from[AT.trafficClass]!, to[AT.trafficClass]!, 256)
  batch.exporter[row] = state.exporter('')
  batch.originator[row] = originator(b, from[AT.direction]!, to[AT.direction]!)
  counts(b, fields, batch, row)
  states(b, from[AT.state]!, to[AT.state]!, batch, row)
  return true
}

/** `17:39:15.433273`: what ra prints if it is not asked for more. */
function isBare(b: Uint8Array, { from, to }: Fields): boolean {
  const at = from[AT.start]!
  return at >= 0 && to[AT.start]! - at >= 8 && b[at + 2] === COLON && b[at + 5] === COLON
}

/** A date, or seconds since 1970. */
function instant(b: Uint8Array, from: number, to: number): number {
  const date = moment(b, from, to)
  if (!Number.isNaN(date)) return date
  const since = seconds(b, from, to)
  return since > 86_400e6 ? since : NaN
}

/** Decimal, or hexadecimal for what is no port; names of services are not known. */
function port(b: Uint8Array, from: number, to: number): number {
  if (to - from > 2 && b[from] === 0x30 && (b[from + 1]! | 0x20) === 0x78) return hexadecimal(b, from + 2, to)
  return below(b, from, to, 65_536)
}

/** `->` the source began, `<-` the destination; with a `?` nobody knows. */
function originator(b: Uint8Array, from: number, to: number): number {
  let left = false
  let right = false
  for (let i = from; i >= 0 && i < to; i++) {
    if (b[i] === QUESTION) return UNKNOWN
    left ||= b[i] === LESS
    right ||= b[i] === GREATER
  }
  return right ? 0 : left ? 1 : UNKNOWN
}

/** By direction where both are printed, or one and the sum. */
function counts(b: Uint8Array, { from, to }: Fields, batch: FlowBatch, row: number): void {
  const read = (field: number): number => count(b, from[field]!, to[field]!)
  const packets = read(AT.packets)
  const octets = read(AT.octets)
  const sourcePackets = read(AT.sourcePackets)
  const sourceOctets = read(AT.sourceOctets)
  const backPackets = read(AT.destinationPackets)
  const backOctets = read(AT.destinationOctets)
  batch.packets[row] = Number.isNaN(sourcePackets) ? packets - backPackets : sourcePackets
  batch.octets[row] = Number.isNaN(sourceOctets) ? octets - backOctets : sourceOctets
  batch.reversePackets[row] = Number.isNaN(backPackets) ? packets - sourcePackets : backPackets
  batch.reverseOctets[row] = Number.isNaN(backOctets) ? octets - sourceOctets : backOctets
}

/** `FSPA_FSA` are flags of both sides (`-Z b`); otherwise a word for how it stands. */
function states(b: Uint8Array, from: number, to: number, batch: FlowBatch, row: number): void {
  if (from < 0 || from === to) return
  const text = latin1(b, from, to)
  batch.applications.set(row, { state: text })
  let bar = from
  while (bar < to && b[bar] !== UNDERSCORE) bar++
  if (bar < to && batch.protocol[row] === 6) {
    batch.flags[row] = flagLetters(b, from, bar)
    batch.reverseFlags[row] = flagLetters(b, bar + 1, to)
  } else if (text === 'FIN' || text === 'RST' || text === 'CLO') batch.endReason[row] = END_DETECTED
  else if (text === 'TIM') batch.endReason[row] = END_IDLE
}
