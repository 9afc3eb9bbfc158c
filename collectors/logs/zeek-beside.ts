/**
 * Zeek's ssl.log, http.log and dns.log, as TSV or JSON: names for connections that conn.log tells of. They
 * are read first and whole; what they say is held by the connection's `uid`.
 */
import { isIP } from 'node:net'
import type { LoggedAnswer } from '../../src/model/dns.ts'
import type { FlowApplication } from '../../src/model/flow-record.ts'
import type { Applications } from './applications.ts'
import { type Columns, columnsOf, split } from './delimited.ts'
import { Fields, numbered } from './fields.ts'
import { textOf } from './json.ts'
import { lineDecoder } from './lines.ts'
import { objectDecoder } from './objects.ts'
import { moment, seconds, whole } from './octets.ts'
import type { Micros } from '../../src/model/time.ts'
import type { LogDecoder } from './reader.ts'
import type { LogState } from './state.ts'
import { tsvHeader, UNSET } from './zeek-tsv.ts'

const NAMES = [
  'uid',
  'server_name',
  'host',
  'method',
  'uri',
  'status_code',
  'query',
  'ts',
  'rtt',
  'id.orig_h',
  'answers',
  'TTLs',
] as const
const AT = numbered(NAMES)
const FIELD_OF: ReadonlyMap<string, number> = new Map(NAMES.map((name, i) => [name, i]))

export type BesideLog = 'ssl' | 'http' | 'dns'
const PROTOCOLS: Readonly<Record<BesideLog, string>> = { ssl: 'tls', http: 'http', dns: 'dns' }

export const isBesidePath = (path: string): path is BesideLog => Object.hasOwn(PROTOCOLS, path)

/** Which of them an object is of that begins so; null if of none. */
export function besideObject(head: string): BesideLog | null {
  if (!head.includes('"uid"') || !head.includes('"id.orig_h"')) return null
  if (/"(?:cipher|established|resumed)"/.test(head)) return 'ssl'
  if (head.includes('"trans_depth"')) return 'http'
  return /"(?:qtype|qclass|rcode|trans_id)"/.test(head) ? 'dns' : null
}

export function tsvBeside(state: LogState, applications: Applications): LogDecoder {
  const fields = new Fields(NAMES)
  const header = tsvHeader()
  let columns: Columns | null = null
  return lineDecoder(state, (b, from, to) => {
    if (header.take(b, from, to)) {
      if (header.fields === null) return false
      columns = columnsOf(header.fields, (name) => FIELD_OF.get(name))
      fields.clear()
      return false
    }
    if (columns === null || !isBesidePath(header.path)) state.skip('no record')
    else if (split(b, from, to, header.separator, columns, fields)) add(b, fields, header.path, applications)
    else state.skip('no record')
    return false
  })
}

export function jsonBeside(state: LogState, applications: Applications, kind: BesideLog): LogDecoder {
  const fields = new Fields(NAMES, { lists: kind === 'dns' })
  return objectDecoder(state, fields, (b) => {
    add(b, fields, kind, applications)
    return false
  })
}

function add(b: Uint8Array, fields: Fields, kind: BesideLog, applications: Applications): void {
  const said = (field: number): string => {
    const { [field]: from = -1 } = fields.from
    const { [field]: to = -1 } = fields.to
    return from < 0 || (to - from === 1 && b[from] === UNSET) ? '' : textOf(b, from, to)
  }
  const uid = said(AT.uid)
  if (uid !== '') applications.add(uid, applicationOf(kind, said, statusOf(b, fields)))
  const answer = kind === 'dns' ? answerOf(said, timeOf(b, fields)) : null
  if (answer !== null) applications.answered(answer)
}

/** When it was answered; NaN if that is not told. JSON may tell times as text. */
function timeOf(b: Uint8Array, { from, to }: Fields): Micros {
  const asked = seconds(b, from[AT.ts]!, to[AT.ts]!)
  const time = Number.isNaN(asked) ? moment(b, from[AT.ts]!, to[AT.ts]!) : asked
  const rtt = seconds(b, from[AT.rtt]!, to[AT.rtt]!)
  return Number.isNaN(rtt) ? time : time + rtt
}

/** Null if no address was answered. */
function answerOf(said: (field: number) => string, time: Micros): LoggedAnswer | null {
  const [client, name] = [said(AT['id.orig_h']), said(AT.query)]
  const addresses: { address: string; ttl: number }[] = []
  const lives = listOf(said(AT.TTLs)).map(Number)
  let ttl = Infinity
  for (const [i, data] of listOf(said(AT.answers)).entries()) {
    ttl = Math.min(ttl, lives[i] ?? 0)
    if (isIP(data) !== 0 && ttl >= 0) addresses.push({ address: data, ttl })
  }
  if (client === '' || name === '' || addresses.length === 0 || Number.isNaN(time)) return null
  return { time, client, name, addresses }
}

/** `a,b` of TSV, `["a","b"]` of JSON. */
function listOf(text: string): string[] {
  if (!text.startsWith('[')) return text === '' ? [] : text.split(',')
  try {
    return (JSON.parse(text) as unknown[]).map(String)
  } catch {
    return []
  }
}

const statusOf = (b: Uint8Array, { from, to }: Fields): number =>
  whole(b, from[AT.status_code]!, to[AT.status_code]!)

function applicationOf(kind: BesideLog, said: (field: number) => string, status: number): FlowApplication {
  const protocol = PROTOCOLS[kind]
  const sni = kind === 'ssl' ? said(AT.server_name) : ''
  const host = kind === 'http' ? said(AT.host) : kind === 'dns' ? said(AT.query) : ''
  const method = kind === 'http' ? said(AT.method) : ''
  const uri = kind === 'http' ? said(AT.uri) : ''
  return {
    protocol,
    ...(sni === '' ? {} : { sni }),
    ...(host === '' ? {} : { host }),
    ...(method === '' ? {} : { method }),
    ...(uri === '' ? {} : { uri }),
    ...(kind === 'http' && status >= 0 ? { status } : {}),
  }
}
