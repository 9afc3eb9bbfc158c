/**
 * Zeek's conn.log, as TSV with its header or as JSON lines (Zeek documentation, logs/conn.html and
 * log-formats): each line is a connection with both directions, from its first to its last packet.
 *
 * Flags are those that `history` proves; what it does not tell is not set. `orig_bytes` and `resp_bytes` are
 * payload as sequence numbers say, so octets are taken from `orig_ip_bytes` and `resp_ip_bytes` alone.
 */
import { END_DETECTED } from '../../src/model/flow-events.data.ts'
import { type FlowApplication, type FlowBatch, UNKNOWN } from '../../src/model/flow-record.ts'
import type { Applications } from './applications.ts'
import { type Columns, columnsOf, split } from './delimited.ts'
import { Fields, numbered } from './fields.ts'
import { textOf } from './json.ts'
import { lineDecoder } from './lines.ts'
import { objectDecoder } from './objects.ts'
import { address, below, count, protocol, seconds } from './octets.ts'
import type { LogDecoder } from './reader.ts'
import type { LogState } from './state.ts'
import { Words } from './words.ts'
import { tsvHeader, UNSET } from './zeek-tsv.ts'

const NAMES = [
  'ts',
  'uid',
  'id.orig_h',
  'id.orig_p',
  'id.resp_h',
  'id.resp_p',
  'proto',
  'service',
  'duration',
  'conn_state',
  'history',
  'orig_pkts',
  'orig_ip_bytes',
  'resp_pkts',
  'resp_ip_bytes',
  'vlan',
] as const
const AT = numbered(NAMES)
const FIELD_OF: ReadonlyMap<string, number> = new Map(NAMES.map((name, i) => [name, i]))

/** States in which Zeek saw the connection end: by FIN or RST of a side. */
const ENDED: ReadonlySet<string> = new Set(['SF', 'REJ', 'RSTO', 'RSTR', 'RSTOS0', 'RSTRH'])

export const TSV_PATH = 'conn'

/** Whether an object that begins so is of conn.log. */
export const isConnection = (head: string): boolean =>
  head.includes('"id.orig_h"') && head.includes('"proto"') && /"(?:conn_state|history|orig_pkts)"/.test(head)

export function tsvDecoder(state: LogState, applications: Applications): LogDecoder {
  const fields = new Fields(NAMES)
  const into: Into = { state, applications, words: new Words() }
  const header = tsvHeader()
  let columns: Columns | null = null
  return lineDecoder(state, (b, from, to, batch) => {
    const isComment = header.take(b, from, to)
    if (isComment) {
      if (header.fields === null) return false
      columns = columnsOf(header.fields, (name) => FIELD_OF.get(name))
      fields.clear()
      return false
    }
    if (
      columns !== null &&
      split(b, from, to, header.separator, columns, fields) &&
      fill(b, fields, into, batch)
    )
      return true
    state.skip('no record')
    return false
  })
}

export function jsonDecoder(state: LogState, applications: Applications): LogDecoder {
  const fields = new Fields(NAMES)
  const into: Into = { state, applications, words: new Words() }
  return objectDecoder(state, fields, (b, batch) => {
    if (fill(b, fields, into, batch)) return true
    state.skip('no record')
    return false
  })
}

interface Into {
  readonly state: LogState
  readonly applications: Applications
  readonly words: Words
}

function fill(b: Uint8Array, fields: Fields, into: Into, batch: FlowBatch): boolean {
  const { state } = into
  const { from, to } = fields
  const row = batch.count
  const start = seconds(b, from[AT.ts]!, to[AT.ts]!)
  const source = address(b, from[AT['id.orig_h']]!, to[AT['id.orig_h']]!, state.addresses)
  const destination = address(b, from[AT['id.resp_h']]!, to[AT['id.resp_h']]!, state.addresses)
  if (Number.isNaN(start) || source < 0 || destination < 0) return false
  const duration = seconds(b, from[AT.duration]!, to[AT.duration]!)
  batch.start[row] = start
  batch.end[row] = duration >= 0 ? start + duration : start
  batch.source[row] = source
  batch.destination[row] = destination
  batch.sourcePort[row] = below(b, from[AT['id.orig_p']]!, to[AT['id.orig_p']]!, 65_536)
  batch.destinationPort[row] = below(b, from[AT['id.resp_p']]!, to[AT['id.resp_p']]!, 65_536)
  batch.protocol[row] = protocol(b, from[AT.proto]!, to[AT.proto]!)
  batch.packets[row] = count(b, from[AT.orig_pkts]!, to[AT.orig_pkts]!)
  batch.octets[row] = count(b, from[AT.orig_ip_bytes]!, to[AT.orig_ip_bytes]!)
  batch.reversePackets[row] = count(b, from[AT.resp_pkts]!, to[AT.resp_pkts]!)
  batch.reverseOctets[row] = count(b, from[AT.resp_ip_bytes]!, to[AT.resp_ip_bytes]!)
  batch.vlan[row] = below(b, from[AT.vlan]!, to[AT.vlan]!, 4096)
  batch.isTotal[row] = 1
  batch.originator[row] = 0
  batch.exporter[row] = state.exporter('')
  describe(b, fields, into, batch)
  return true
}

/** What the log says above the addresses, and what follows for the TCP flags and the end. */
function describe(b: Uint8Array, fields: Fields, { applications, words }: Into, batch: FlowBatch): void {
  const row = batch.count
  const uid = said(b, fields, AT.uid, null)
  const service = said(b, fields, AT.service, words)
  const state = said(b, fields, AT.conn_state, words)
  const history = said(b, fields, AT.history, words)
  if (history !== '' && batch.protocol[row] === 6) {
    batch.flags[row] = flagsIn(history, UPPER)
    batch.reverseFlags[row] = flagsIn(history, LOWER)
  }
  if (ENDED.has(state) && batch.protocol[row] === 6) batch.endReason[row] = END_DETECTED
  if (uid === '') return
  const own: { -readonly [K in keyof FlowApplication]: FlowApplication[K] } = { uid }
  if (service !== '') own.protocol = service
  if (state !== '') own.state = state
  if (history !== '') own.history = history
  const beside = applications.take(uid)
  batch.applications.set(row, beside === undefined ? own : { ...beside, ...own })
}

/** The text of a field; empty if it is not set. */
function said(b: Uint8Array, { from, to }: Fields, field: number, words: Words | null): string {
  const at = from[field]!
  if (at < 0) return ''
  const end = to[field]!
  if (end - at === 1 && b[at] === UNSET) return ''
  const text = words === null ? textOf(b, at, end) : words.of(b, at, end)
  return text === '(empty)' ? '' : text
}

/** Letters of `history` (Zeek's scripts/base/protocols/conn/main.zeek) -> the flags that they prove. */
const PROVED: Readonly<Record<string, number>> = { s: 0x02, h: 0x12, a: 0x10, f: 0x01, r: 0x04 }
const bits = (isUpper: boolean): Uint8Array => {
  const table = new Uint8Array(128)
  for (const [letter, flags] of Object.entries(PROVED))
    table[(isUpper ? letter.toUpperCase() : letter).charCodeAt(0)] = flags
  return table
}
/** Upper case is the originator's. */
const UPPER = bits(true)
const LOWER = bits(false)

function flagsIn(history: string, table: Uint8Array): number {
  let flags = 0
  for (let i = 0; i < history.length; i++) flags |= table[history.charCodeAt(i) & 127]!
  return flags === 0 ? UNKNOWN : flags
}
