/**
 * What makes the head of an HTTP/1.x message ambiguous (RFC 9112 §2 to §6), out of its text. Read only when
 * somebody asks. Pure.
 */
import { isBlank } from '../../bytes/blanks.ts'
import type { HttpAmbiguity } from '../../model/http-ambiguities.data.ts'
import { isTokenOctet } from './recognise.ts'

/** Transfer codings that are registered (RFC 9112 §7, IANA HTTP Transfer Coding Registry). */
const CODINGS = new Set(['chunked', 'compress', 'deflate', 'gzip', 'x-compress', 'x-gzip', 'identity'])

/** NUL and other controls but the tab, which no field value may hold (RFC 9110 §5.5). */
export function isControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if ((code < 32 && code !== 9) || code === 127) return true
  }
  return false
}

/** What a head says of itself, gathered line by line. */
interface Said {
  readonly marks: Set<HttpAmbiguity>
  readonly lengths: string[]
  readonly codings: string[]
  hosts: number
}

/**
 * `text`: the head's octets (Latin-1), its empty line included. `status`: 0 for a request. `method`: that of
 * the request which is answered, null if it was not seen.
 */
export function ambiguitiesOf(
  text: string,
  status: number,
  version: string,
  method: string | null,
): readonly HttpAmbiguity[] {
  const said: Said = { marks: new Set(), lengths: [], codings: [], hosts: 0 }
  const lines = text.split('\n')
  lines.pop()
  for (const [i, raw] of lines.entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line.length === raw.length) said.marks.add('bare-lf')
    if (line.includes('\r')) said.marks.add('bare-cr')
    if (i === 0) takeStartLine(line, status, said)
    else if (line !== '') takeLine(line, said)
  }
  judgeFraming(said, status, version, method)
  if (status === 0 && said.hosts !== 1 && (said.hosts > 1 || version === '1.1'))
    said.marks.add(said.hosts > 1 ? 'host-repeated' : 'host-missing')
  return [...said.marks]
}

const REQUEST_LINE = /^[^ \t]+ [^ \t]+ HTTP\S+$/
const STATUS_LINE = /^HTTP\S+ \d{3}( .*)?$/

function takeStartLine(line: string, status: number, { marks }: Said): void {
  if (!(status === 0 ? REQUEST_LINE : STATUS_LINE).test(line)) marks.add('start-line-spaces')
  if (!/\bHTTP\/1\.[01]\b/.test(line)) marks.add('version-unknown')
}

function takeLine(line: string, said: Said): void {
  const { marks } = said
  if (isBlank(line.charCodeAt(0))) {
    marks.add('folded-line')
    return
  }
  const colon = line.indexOf(':')
  if (colon <= 0) {
    marks.add('line-without-colon')
    return
  }
  const name = line.slice(0, colon).trimEnd()
  if (name.length < colon) marks.add('blank-before-colon')
  if (!isToken(name)) marks.add('name-malformed')
  if (isControl(line.replaceAll('\r', ''))) marks.add('control-octet')
  takeField(name.toLowerCase(), line.slice(colon + 1), said)
}

function takeField(name: string, value: string, said: Said): void {
  if (name === 'host') said.hosts++
  else if (name === 'content-length') said.lengths.push(...value.split(',').map((part) => part.trim()))
  else if (name === 'transfer-encoding')
    said.codings.push(...value.split(',').map((part) => part.split(';', 1)[0]!.trim().toLowerCase()))
}

function judgeFraming(
  { marks, lengths, codings }: Said,
  status: number,
  version: string,
  method: string | null,
): void {
  if (lengths.some((length) => !/^\d+$/.test(length))) marks.add('length-malformed')
  if (new Set(lengths).size > 1) marks.add('length-conflict')
  else if (lengths.length > 1) marks.add('length-repeated')
  if (lengths.length > 0 && codings.length > 0) marks.add('length-and-coding')
  if (codings.some((coding) => !CODINGS.has(coding))) marks.add('coding-unknown')
  const chunked = codings.indexOf('chunked')
  if (chunked >= 0 && chunked < codings.length - 1) marks.add('coding-repeated')
  if (codings.length > 0 && version !== '1.1') marks.add('coding-in-1.0')
  const mayHaveBody = status >= 200 && status !== 204 && status !== 304
  if (status > 0 && !mayHaveBody && status !== 304 && lengths.length + codings.length > 0)
    marks.add('length-forbidden')
  if (!mayHaveBody || method === null || method === 'HEAD' || method === 'CONNECT') return
  if (lengths.length === 0 && chunked < 0) marks.add('length-unstated')
}

function isToken(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (!isTokenOctet(name.charCodeAt(i))) return false
  return name !== ''
}
