/**
 * Numbers, times and addresses out of text, read where the octets lie: no string is made of a field that is
 * none. What is not what it should be answers `UNKNOWN` (whole numbers), NaN (all others) or `NO_ADDRESS`;
 * nothing throws.
 */
import { type AddressTable, NO_ADDRESS } from '../../src/bytes/address.ts'
import { latin1 } from '../../src/bytes/latin1.ts'
import { UNKNOWN } from '../../src/model/flow-record.ts'
import type { Micros } from '../../src/model/time.ts'

const ZERO = 0x30
const DOT = 0x2e
const COLON = 0x3a
const MINUS = 0x2d
const PLUS = 0x2b
/** Digits of a whole number that a double holds exactly. */
const DIGITS_MAX = 15
/** Digits of a counter of 64 bits. */
const COUNT_DIGITS_MAX = 20
const MILLION = 1_000_000

/** A whole number from 0 on, of up to 15 digits. */
export function whole(b: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > DIGITS_MAX) return UNKNOWN
  let value = 0
  for (let i = from; i < to; i++) {
    const digit = b[i]! - ZERO
    if (digit < 0 || digit > 9) return UNKNOWN
    value = value * 10 + digit
  }
  return value
}

/** A whole number below a limit: a port, a protocol. */
export function below(b: Uint8Array, from: number, to: number, limit: number): number {
  const value = whole(b, from, to)
  return value < limit ? value : UNKNOWN
}

/** A count: NaN where there is none, as columns of counts have it. Above 2^53 it is rounded. */
export function count(b: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > COUNT_DIGITS_MAX) return NaN
  let value = 0
  for (let i = from; i < to; i++) {
    const digit = b[i]! - ZERO
    if (digit < 0 || digit > 9) return NaN
    value = value * 10 + digit
  }
  return value
}

/** Seconds with a fraction, as microseconds; finer is cut off. Negative ones are none. */
export function seconds(b: Uint8Array, from: number, to: number): Micros {
  let value = 0
  let i = from
  for (; i < to; i++) {
    const digit = b[i]! - ZERO
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  if (i === from || i - from > DIGITS_MAX) return NaN
  if (i === to) return value * MILLION
  return value * MILLION + (b[i] === DOT ? fraction(b, i + 1, to, from) : exponential(b, from, to))
}

/** Microseconds of the digits behind a dot, of a number that begins at `start`. */
function fraction(b: Uint8Array, from: number, to: number, start: number): Micros {
  let value = 0
  let scale = MILLION
  for (let i = from; i < to; i++) {
    const digit = b[i]! - ZERO
    if (digit < 0 || digit > 9) return exponential(b, start, to)
    if (scale === 1) continue
    value = value * 10 + digit
    scale /= 10
  }
  return value * scale
}

const EXPONENTIAL = /^\d+(?:\.\d+)?[eE][+-]?\d{1,3}$/

/** `9.059e-06`, as JSON may write small ones. The whole part is already in the caller's sum, and small. */
function exponential(b: Uint8Array, from: number, to: number): Micros {
  const text = to - from <= 40 ? latin1(b, from, to) : ''
  if (!EXPONENTIAL.test(text)) return NaN
  return Math.trunc(Number(text) * MILLION) - Math.trunc(Number.parseInt(text, 10)) * MILLION
}

/** Days since 1970-01-01 of a date of the calendar (Hinnant, "chrono-compatible low-level date
 * algorithms"). */
function days(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return (
    era * 146_097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear -
    719_468
  )
}

const two = (b: Uint8Array, at: number): number => {
  const tens = b[at]! - ZERO
  const ones = b[at + 1]! - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}

/** `2026-11-21T02:08:06`: octets of a date and a time of day. */
const MOMENT_OCTETS = 19

/**
 * `2026-11-21T02:08:06.123456+0000`, with a space or a T between, dashes or slashes in the date, any number
 * of digits or none behind the second, `Z`, an offset or nothing at the end, which means UTC.
 */
export function moment(b: Uint8Array, from: number, to: number): Micros {
  if (to - from < MOMENT_OCTETS || b[from + 13] !== COLON || b[from + 16] !== COLON) return NaN
  const year = two(b, from) * 100 + two(b, from + 2)
  const month = two(b, from + 5)
  const day = two(b, from + 8)
  const clock = (two(b, from + 11) * 60 + two(b, from + 14)) * 60 + two(b, from + 17)
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return NaN
  let value = (days(year, month, day) * 86_400 + clock) * MILLION
  let at = from + MOMENT_OCTETS
  if (at < to && b[at] === DOT) {
    let end = at + 1
    while (end < to && b[end]! >= ZERO && b[end]! <= ZERO + 9) end++
    value += fraction(b, at + 1, end, at + 1)
    at = end
  }
  return at === to || b[at] === 0x5a ? value : value - offset(b, at, to)
}

/** `+01:00`, `-0530` */
function offset(b: Uint8Array, at: number, to: number): Micros {
  const sign = b[at] === PLUS ? 1 : b[at] === MINUS ? -1 : NaN
  const minutes = b[at + 3] === COLON ? at + 4 : at + 3
  if (to !== minutes + 2) return NaN
  return sign * (two(b, at + 1) * 60 + two(b, minutes)) * 60 * MILLION
}

/** The address that stands there; `NO_ADDRESS` if none does, or if the table is full. */
export const address = (b: Uint8Array, from: number, to: number, table: AddressTable): number =>
  quad(b, from, to) ? table.idOfIpv4(FOUR, 0) : address6(b, from, to, table)

/** Puts a dotted quad into the scratch; false if none stands there. */
function quad(b: Uint8Array, from: number, to: number): boolean {
  let octet = -1
  let dots = 0
  for (let i = from; i < to; i++) {
    const c = b[i]!
    if (c === DOT) {
      if (octet < 0 || dots === 3) return false
      FOUR[dots++] = octet
      octet = -1
      continue
    }
    const digit = c - ZERO
    if (digit < 0 || digit > 9) return false
    octet = octet < 0 ? digit : octet * 10 + digit
    if (octet > 255) return false
  }
  FOUR[3] = octet
  return dots === 3 && octet >= 0
}

/** Scratch: overwritten by every address. */
const FOUR = new Uint8Array(4)
const SIXTEEN = new Uint8Array(16)

/** The value of a hexadecimal digit; -1 if it is none. */
function hex(c: number): number {
  if (c >= ZERO && c <= ZERO + 9) return c - ZERO
  const letter = c | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** RFC 4291 section 2.2: groups of hexadecimal digits, `::` once, a dotted quad at the end. */
function address6(b: Uint8Array, from: number, to: number, table: AddressTable): number {
  let filled = 0
  let gap = -1
  let i = from
  while (i < to) {
    if (b[i] === COLON) {
      if (b[i + 1] !== COLON || gap >= 0 || i + 1 >= to) return NO_ADDRESS
      gap = filled
      i += 2
      continue
    }
    const end = groupEnd(b, i, to)
    if (end < to && b[end] === DOT) {
      if (filled > 12 || !quad(b, i, to)) return NO_ADDRESS
      SIXTEEN.set(FOUR, filled)
      filled += 4
      break
    }
    if (end === i || end - i > 4 || filled > 14) return NO_ADDRESS
    let group = 0
    for (let at = i; at < end; at++) group = group * 16 + hex(b[at]!)
    SIXTEEN[filled++] = group >> 8
    SIXTEEN[filled++] = group & 255
    i = end
    if (i === to) break
    if (b[i] !== COLON) return NO_ADDRESS
    if (b[i + 1] !== COLON && ++i === to) return NO_ADDRESS
  }
  if (gap < 0) return filled === 16 ? table.idOfIpv6(SIXTEEN, 0) : NO_ADDRESS
  if (filled > 14) return NO_ADDRESS
  SIXTEEN.copyWithin(16 - (filled - gap), gap, filled)
  SIXTEEN.fill(0, gap, 16 - (filled - gap))
  return table.idOfIpv6(SIXTEEN, 0)
}

function groupEnd(b: Uint8Array, from: number, to: number): number {
  let i = from
  while (i < to && hex(b[i]!) >= 0) i++
  return i
}

/** Letters of TCP flags wherever they stand (`...AP.SF`, `FSPA`), or a number in hexadecimal. */
export function flagLetters(b: Uint8Array, from: number, to: number): number {
  if (to - from > 2 && b[from] === ZERO && (b[from + 1]! | 0x20) === 0x78) return hexadecimal(b, from + 2, to)
  let flags = 0
  for (let i = from; i < to; i++) flags |= FLAG_BITS[b[i]!]!
  return flags
}

/** RFC 9293 section 3.1. */
const FLAG_BITS = new Uint8Array(256)
for (const [bit, letter] of ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C'].entries())
  FLAG_BITS[letter.charCodeAt(0)] = 1 << bit

/** `1b` -> 27; `UNKNOWN` for what is no number of up to four digits. */
export function hexadecimal(b: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > 4) return UNKNOWN
  let value = 0
  for (let i = from; i < to; i++) {
    const digit = hex(b[i]!)
    if (digit < 0) return UNKNOWN
    value = value * 16 + digit
  }
  return value
}

/** Names of protocols as logs write them (IANA assigned-internet-protocol-numbers), in lower case. */
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['ipip', 4],
  ['tcp', 6],
  ['t', 6],
  ['udp', 17],
  ['u', 17],
  ['ipv6', 41],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['icmp6', 58],
  ['icmpv6', 58],
  ['ipv6-icmp', 58],
  ['ospf', 89],
  ['ospfigp', 89],
  ['pim', 103],
  ['vrrp', 112],
  ['sctp', 132],
])

/** A number or a name. */
export function protocol(b: Uint8Array, from: number, to: number): number {
  const first = b[from]! | 0x20
  if (to - from === 3 && first === 0x74 && (b[from + 2]! | 0x20) === 0x70) return 6 // tcp
  if (to - from === 3 && first === 0x75 && (b[from + 2]! | 0x20) === 0x70) return 17 // udp
  const number = below(b, from, to, 256)
  if (number !== UNKNOWN || to - from > 10) return number
  return PROTOCOLS.get(latin1(b, from, to).toLowerCase()) ?? UNKNOWN
}
