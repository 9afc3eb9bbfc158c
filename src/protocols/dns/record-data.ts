/**
 * What a resource record says, as the text of a zone file (RFC 1035 §3.3; AAAA RFC 3596, SRV RFC 2782, SVCB
 * and HTTPS RFC 9460). Pure. Types whose data nobody asks for are not read.
 */
import { ipv4Text, ipv6Text } from '../../bytes/address.ts'
import { latin1 } from '../../bytes/latin1.ts'
import { u16 } from '../../bytes/read.ts'
import { NameEnd, readName } from './name.ts'
import { PARAMETER_NAMES } from './record-types.data.ts'

/** Characters of a record's text, names and addresses apart: those of SPF and DKIM are longer. */
export const DATA_TEXT_MAX = 256

export const A = 1
const NS = 2
export const CNAME = 5
const PTR = 12
const MX = 15
const TXT = 16
export const AAAA = 28
const SRV = 33
const DNAME = 39
export const OPT = 41
const SVCB = 64
const HTTPS = 65

/**
 * Octets `at`..`to`, in a message of octets `start`..`end`; null if they are no data of that type, empty if
 * the type is not read.
 */
export function readData(
  type: number,
  bytes: Uint8Array,
  start: number,
  at: number,
  to: number,
  end: number,
): string | null {
  switch (type) {
    case A:
      return to - at === 4 ? ipv4Text(bytes, at) : null
    case AAAA:
      return to - at === 16 ? ipv6Text(bytes, at) : null
    case CNAME:
    case NS:
    case PTR:
    case DNAME:
      return nameIn(bytes, start, at, to, end)
    case MX:
      return numbersAndName(1, bytes, start, at, to, end)
    case SRV:
      return numbersAndName(3, bytes, start, at, to, end)
    case TXT:
      return strings(bytes, at, to)
    case SVCB:
    case HTTPS:
      return binding(bytes, start, at, to, end)
    default:
      return ''
  }
}

/** A name that must end with the data. */
function nameIn(bytes: Uint8Array, start: number, at: number, to: number, end: number): string | null {
  const after = new NameEnd()
  const name = readName(bytes, start, at, Math.min(to, end), after)
  return name !== null && after.at === to ? name : null
}

function numbersAndName(
  count: number,
  bytes: Uint8Array,
  start: number,
  at: number,
  to: number,
  end: number,
): string | null {
  if (to - at < 2 * count + 1) return null
  let text = ''
  for (let i = 0; i < count; i++) text += `${u16(bytes, at + 2 * i)} `
  const name = nameIn(bytes, start, at + 2 * count, to, end)
  return name === null ? null : text + name
}

/** Characters around a string and behind it. */
const QUOTES = 3

/** Character strings, one after the other, in quotes. */
function strings(bytes: Uint8Array, start: number, to: number): string | null {
  const all: string[] = []
  let length = 0
  for (let at = start; at < to; at += 1 + bytes[at]!) {
    const next = at + 1 + bytes[at]!
    if (next > to) return null
    if (length >= DATA_TEXT_MAX) continue
    const text = latin1(bytes, at + 1, Math.min(next, at + 1 + DATA_TEXT_MAX - length))
    all.push(`"${text.replaceAll(/[\\"]/g, '\\$&')}"`)
    length += text.length + QUOTES
  }
  return all.join(' ')
}

/** RFC 9460 §2.1: priority, target, parameters. */
function binding(bytes: Uint8Array, start: number, at: number, to: number, end: number): string | null {
  if (to - at < 3) return null
  const after = new NameEnd()
  const target = readName(bytes, start, at + 2, Math.min(to, end), after)
  if (target === null) return null
  let text = `${u16(bytes, at)} ${target}`
  let from = after.at
  while (from + 4 <= to) {
    const next = from + 4 + u16(bytes, from + 2)
    if (next > to) return null
    if (text.length < DATA_TEXT_MAX) text += ` ${parameter(u16(bytes, from), bytes, from + 4, next)}`
    from = next
  }
  return from === to ? text.slice(0, DATA_TEXT_MAX + target.length) : null
}

function parameter(key: number, bytes: Uint8Array, from: number, to: number): string {
  const name = PARAMETER_NAMES[key] ?? `key${key}`
  const value = parameterValue(name, bytes, from, to)
  return value === '' ? name : `${name}=${value}`
}

function parameterValue(name: string, bytes: Uint8Array, from: number, to: number): string {
  switch (name) {
    case 'alpn':
      return protocolNames(bytes, from, to)
    case 'port':
      return to - from === 2 ? `${u16(bytes, from)}` : ''
    case 'mandatory':
      return every(2, from, to, (at) => PARAMETER_NAMES[u16(bytes, at)] ?? `key${u16(bytes, at)}`)
    case 'ipv4hint':
      return every(4, from, to, (at) => ipv4Text(bytes, at))
    case 'ipv6hint':
      return every(16, from, to, (at) => ipv6Text(bytes, at))
    default:
      // Keys for Encrypted Client Hello are long, and say nothing to a person.
      return ''
  }
}

function every(size: number, from: number, to: number, text: (at: number) => string): string {
  const all: string[] = []
  for (let at = from; at + size <= to && all.length < DATA_TEXT_MAX / size; at += size) all.push(text(at))
  return all.join(',')
}

function protocolNames(bytes: Uint8Array, from: number, to: number): string {
  const all: string[] = []
  for (let at = from; at < to; at += 1 + bytes[at]!) {
    const next = at + 1 + bytes[at]!
    if (next > to || all.length === 16) break
    all.push(latin1(bytes, at + 1, next))
  }
  return all.join(',')
}
