/**
 * Flow logs of Azure's network security groups (versions 1 and 2) and virtual networks (version 4): JSON
 * documents in which every text of a list `flowTuples` is a record.
 * https://learn.microsoft.com/azure/network-watcher/nsg-flow-logs-overview
 * https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-overview
 *
 * A document may be as large as an hour's traffic, so it is never held: strings are taken as they come, and
 * all that is remembered is which key was the last. Each network interface is an exporter. A tuple has one
 * time: of the beginning (B), of a count within (C), of the end (E), or of the denial (D).
 */
import { latin1 } from '../../src/bytes/latin1.ts'
import {
  END_ACTIVE,
  FIREWALL_CREATED,
  FIREWALL_DELETED,
  FIREWALL_DENIED,
  FIREWALL_UPDATED,
} from '../../src/model/flow-events.data.ts'
import { FLOW_ROWS, type FlowBatch } from '../../src/model/flow-record.ts'
import { type Columns, columnsOf, split } from './delimited.ts'
import { ABSENT, Fields, numbered } from './fields.ts'
import { address, below, count, protocol, whole } from './octets.ts'
import type { LogDecoder } from './reader.ts'
import type { LogState } from './state.ts'

const NAMES = [
  'time',
  'source',
  'destination',
  'sourcePort',
  'destinationPort',
  'protocol',
  'direction',
  'decision',
  'state',
  'packets',
  'octets',
  'reversePackets',
  'reverseOctets',
] as const
const AT = numbered(NAMES)
const FIELD_OF: ReadonlyMap<string, number> = new Map(NAMES.map((name, i) => [name, i]))
const columns = (names: readonly string[]): Columns => columnsOf(names, (name) => FIELD_OF.get(name))
const COUNTED = columns(NAMES)
/** Version 1 ends with the decision; begins and ends are told from version 2 on. */
const SHORT = columns(NAMES.slice(0, 8))

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LF = 0x0a
const COLON = 0x3a
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const COMMA = 0x2c
/** Seconds since 1970 have ten digits for the next 260 years, milliseconds thirteen. */
const MILLISECONDS_FROM = 100_000_000_000

export const recognises = (head: string): boolean =>
  /^\s*[[{]/.test(head) &&
  (head.includes('"flowTuples"') ||
    /"category"\s*:\s*"(?:NetworkSecurityGroupFlowEvent|FlowLogFlowEvent)"/.test(head))

interface Walk {
  readonly state: LogState
  readonly fields: Fields
  /** The key that was passed last. */
  key: string
  /** Inside of a list of tuples. */
  isInTuples: boolean
  exporter: number
  /** The line that the next octet stands in. */
  line: number
  /** Records that were taken of that line. */
  ordinal: number
}

export function decoder(state: LogState): LogDecoder {
  const walk: Walk = {
    state,
    fields: new Fields(NAMES),
    key: '',
    isInTuples: false,
    exporter: state.exporter(''),
    line: 1,
    ordinal: 0,
  }
  return {
    decode(b, from, to, ended, batch) {
      let at = from
      while (batch.count < FLOW_ROWS) {
        at = outside(walk, b, at, to)
        if (at === to) break
        const end = stringEnd(b, at + 1, to)
        if (end < 0) {
          if (!ended) return at
          state.line = walk.line
          state.skip('cut off')
          return to
        }
        const next = afterBlank(b, end, to)
        if (next === to && !ended) return at
        if (b[next] === COLON && next < to) walk.key = latin1(b, at + 1, Math.min(end - 1, at + 65))
        else value(walk, b, at + 1, end - 1, batch)
        at = end
      }
      return at
    },
    passOver() {
      state.line = walk.line++
    },
  }
}

/** Passes what stands between strings. */
function outside(walk: Walk, b: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const c = b[at]!
    if (c === QUOTE) return at
    if (c === LF) {
      walk.line++
      walk.ordinal = 0
    } else if (c === OPEN_LIST) walk.isInTuples = walk.key === 'flowTuples'
    else if (c === CLOSE_LIST) walk.isInTuples = false
  }
  return to
}

function stringEnd(b: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (b[at] === QUOTE) return at + 1
    if (b[at] === BACKSLASH) at++
  }
  return -1
}

function afterBlank(b: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && b[at]! <= 0x20) at++
  return at
}

function value(walk: Walk, b: Uint8Array, from: number, to: number, batch: FlowBatch): void {
  const { state, key } = walk
  if (!walk.isInTuples) {
    if (key === 'macAddress' || key === 'mac') walk.exporter = state.exporter(latin1(b, from, to))
    return
  }
  state.line = walk.line
  if (!fill(walk, b, from, to, batch)) {
    state.skip('no record')
    return
  }
  batch.number[batch.count] = walk.line
  batch.ordinal[batch.count] = ++walk.ordinal
  batch.count++
}

function fill(walk: Walk, b: Uint8Array, start: number, end: number, batch: FlowBatch): boolean {
  const { fields, state, exporter } = walk
  const { from, to } = fields
  fields.clear()
  if (!split(b, start, end, COMMA, COUNTED, fields)) {
    fields.clear()
    if (!split(b, start, end, COMMA, SHORT, fields)) return false
  }
  const row = batch.count
  const time = whole(b, from[AT.time]!, to[AT.time]!)
  const source = address(b, from[AT.source]!, to[AT.source]!, state.addresses)
  const destination = address(b, from[AT.destination]!, to[AT.destination]!, state.addresses)
  if (time < 0 || source < 0 || destination < 0) return false
  batch.start[row] = time * (time < MILLISECONDS_FROM ? 1_000_000 : 1000)
  batch.end[row] = batch.start[row]!
  batch.source[row] = source
  batch.destination[row] = destination
  batch.sourcePort[row] = below(b, from[AT.sourcePort]!, to[AT.sourcePort]!, 65_536)
  batch.destinationPort[row] = below(b, from[AT.destinationPort]!, to[AT.destinationPort]!, 65_536)
  batch.protocol[row] = protocol(b, from[AT.protocol]!, to[AT.protocol]!)
  batch.originator[row] = 0
  batch.exporter[row] = exporter
  const direction = letter(b, fields, AT.direction)
  if (direction === 'I' || direction === 'O') batch.direction[row] = direction === 'I' ? 0 : 1
  events(b, fields, batch, row)
  batch.packets[row] = count(b, from[AT.packets]!, to[AT.packets]!)
  batch.octets[row] = count(b, from[AT.octets]!, to[AT.octets]!)
  batch.reversePackets[row] = count(b, from[AT.reversePackets]!, to[AT.reversePackets]!)
  batch.reverseOctets[row] = count(b, from[AT.reverseOctets]!, to[AT.reverseOctets]!)
  return true
}

/** The first letter of a value; empty if it has none. */
const letter = (b: Uint8Array, { from, to }: Fields, field: number): string =>
  from[field] === ABSENT || from[field] === to[field] ? '' : String.fromCharCode(b[from[field]!]!)

/** What a state means to IE 233; beginnings and counts say that the flow goes on. */
const EVENTS: Readonly<Record<string, number>> = {
  B: FIREWALL_CREATED,
  C: FIREWALL_UPDATED,
  E: FIREWALL_DELETED,
  D: FIREWALL_DENIED,
}

/** Groups say allowed or denied, then the state; networks the state alone, in the same place. */
function events(b: Uint8Array, fields: Fields, batch: FlowBatch, row: number): void {
  const first = letter(b, fields, AT.decision)
  const isGroup = first === 'A' || (first === 'D' && !isDigit(letter(b, fields, AT.protocol)))
  const state = first === 'D' ? 'D' : isGroup ? letter(b, fields, AT.state) : first
  const event = EVENTS[state]
  if (event !== undefined) batch.firewallEvent[row] = event
  if (state === 'B' || state === 'C') batch.endReason[row] = END_ACTIVE
  if (state !== '') batch.applications.set(row, { state })
}

const isDigit = (text: string): boolean => text >= '0' && text <= '9'
