/**
 * The fields of a header section as a message (RFC 9113 §8.3): pseudo-header fields apart, the rest as
 * lines.
 */
import type { HttpAmbiguity } from '../../../model/http-ambiguities.data.ts'
import { type HeaderLine, valueIn } from '../../../model/http.ts'
import { isSetCookie } from '../../cookies/set-cookie.ts'
import { framingOf } from '../framing.ts'
import { isControl } from '../head-ambiguities.ts'
import type { Head } from '../message.ts'
import type { FieldList } from './hpack.ts'

/** Fields that speak of an HTTP/1 connection (§8.2.2). */
const OF_CONNECTIONS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])
const PSEUDO = new Set([':method', ':scheme', ':authority', ':path', ':status', ':protocol'])

/** What a header section says. Pseudo-header fields are null where there are none. */
export interface Section {
  readonly method: string | null
  /** `:path`, or of a CONNECT without one, `:authority` (§8.5). */
  readonly target: string | null
  readonly status: number | null
  /** What an extended CONNECT asks for (RFC 8441). */
  readonly protocol: string | null
  readonly lines: readonly HeaderLine[]
  readonly ambiguities: readonly HttpAmbiguity[]
}

export function sectionOf(list: FieldList): Section {
  const pseudo = new Map<string, string>()
  const marks = new Set<HttpAmbiguity>()
  const regular: HeaderLine[] = []
  if (list.unknown > 0) marks.add('fields-unknown')
  if (list.cut) marks.add('fields-cut')
  for (const field of list.fields) {
    if (!field.name.startsWith(':')) regular.push(field)
    else if (!takePseudo(pseudo, field, regular.length > 0)) marks.add('pseudo-field-misplaced')
  }
  for (const field of regular) markField(field, marks)
  const authority = pseudo.get(':authority') ?? null
  const host = valueIn(regular, 'host')
  if (host !== null && authority !== null && host.toLowerCase() !== authority.toLowerCase())
    marks.add('host-conflict')
  const lines = withCookieJoined(regular)
  if (authority !== null && host === null) lines.unshift({ name: 'host', value: authority })
  const method = pseudo.get(':method') ?? null
  return {
    method,
    target: pseudo.get(':path') ?? (method === 'CONNECT' ? authority : null),
    status: statusOf(pseudo.get(':status')),
    protocol: pseudo.get(':protocol') ?? null,
    lines,
    ambiguities: [...marks],
  }
}

/** Notes a pseudo-header field, the first of its name; false if it is out of place. */
function takePseudo(pseudo: Map<string, string>, { name, value }: HeaderLine, late: boolean): boolean {
  const isFirst = !pseudo.has(name)
  if (isFirst) pseudo.set(name, value)
  return isFirst && !late && PSEUDO.has(name)
}

function markField({ name, value }: HeaderLine, marks: Set<HttpAmbiguity>): void {
  if (/[A-Z]/.test(name)) marks.add('name-not-lowercase')
  if (OF_CONNECTIONS.has(name)) marks.add('connection-field')
  if (isControl(value)) marks.add('control-octet')
}

function statusOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{3}$/.test(text) ? Number(text) : null
}

/** The pieces of a cookie become one line, where the first stands (§8.2.3). */
function withCookieJoined(fields: readonly HeaderLine[]): HeaderLine[] {
  const crumbs = fields.filter(({ name }) => name === 'cookie')
  if (crumbs.length < 2) return [...fields]
  const cookie = { name: 'cookie', value: crumbs.map(({ value }) => value).join('; ') }
  return fields.flatMap((field) => (field.name !== 'cookie' ? field : field === crumbs[0] ? cookie : []))
}

/** A section in the form that HTTP/1 messages have. */
export function headOf(section: Section): Head {
  const { lines, method, target, status, ambiguities } = section
  return {
    method: method ?? '',
    target: target ?? '',
    version: '2',
    status: status ?? 0,
    framing: framingOf(lines),
    setCookieLines: lines.filter(({ name }) => isSetCookie(name)).length,
    length: 0,
    text: '',
    lines,
    ambiguities,
  }
}
