/**
 * Where an export message ends, and whether octets are one at all: the headers of NetFlow v5, v9 and IPFIX.
 *
 * Sources: Cisco, "NetFlow Export Datagram Format" (v5: tables B-3 and B-4); RFC 3954 5.1 (v9); RFC 7011 3.1
 * and 3.3.2 (IPFIX).
 */
import { u16 } from '../../src/bytes/read.ts'
import type { BinaryFormat } from './exporters.ts'

export const V5_HEADER = 24
export const V5_RECORD = 48
export const V9_HEADER = 20
export const IPFIX_HEADER = 16
export const SET_HEADER = 4

/** What follows is not whole yet. */
export const MORE = -1
/** What follows is no export message. */
export const NO_EXPORT = 0

const FORMATS: readonly (BinaryFormat | undefined)[] = [
  ...new Array<undefined>(5).fill(undefined),
  'netflow5',
  undefined,
  undefined,
  undefined,
  'netflow9',
  'ipfix',
]

/** By the version at b[at..); null if it is none that is read. */
export const formatAt = (b: Uint8Array, at: number, end: number): BinaryFormat | null =>
  at + 2 > end ? null : (FORMATS[u16(b, at)] ?? null)

/**
 * Octets of the message at b[at..end), `MORE` or `NO_EXPORT`. NetFlow v9 does not say how long it is: it goes
 * on until another header follows, or the end if `isLast`.
 */
export function messageLength(b: Uint8Array, at: number, end: number, isLast: boolean): number {
  if (at + 4 > end) return isLast ? NO_EXPORT : MORE
  const version = u16(b, at)
  if (version === 9) return netflow9Length(b, at, end, isLast)
  const length = version === 5 ? V5_HEADER + V5_RECORD * u16(b, at + 2) : u16(b, at + 2)
  if ((version !== 5 && version !== 10) || length < IPFIX_HEADER) return NO_EXPORT
  if (at + length > end) return isLast ? NO_EXPORT : MORE
  return length
}

/** Set numbers that RFC 3954 5.2 reserves are versions of the next header. */
const isVersion = (word: number): boolean => FORMATS[word] !== undefined

function netflow9Length(b: Uint8Array, at: number, end: number, isLast: boolean): number {
  let next = at + V9_HEADER
  while (next + SET_HEADER <= end) {
    const set = u16(b, next)
    if (isVersion(set)) return next - at
    const length = u16(b, next + 2)
    if (!isV9Set(set) || length < SET_HEADER) return NO_EXPORT
    next += length
  }
  if (!isLast) return MORE
  return next === end ? next - at : NO_EXPORT
}

const isV9Set = (set: number): boolean => set < 2 || set > 255
const isIpfixSet = (set: number): boolean => set === 2 || set === 3 || set > 255

/** Octets that the last set may fall short of the message's end by: padding to words. */
const PADDING_MAX = 3

/**
 * Whether a datagram's payload b[at..end) is an export, whatever its port: its header agrees with its length
 * and its sets fill it.
 */
export function isExport(b: Uint8Array, at: number, end: number): boolean {
  const format = formatAt(b, at, end)
  if (format === null) return false
  if (format === 'netflow5') {
    const count = at + V5_HEADER > end ? 0 : u16(b, at + 2)
    return count > 0 && end - at === V5_HEADER + V5_RECORD * count
  }
  if (format === 'ipfix') {
    return (
      at + IPFIX_HEADER <= end &&
      u16(b, at + 2) === end - at &&
      areSets(b, at + IPFIX_HEADER, end, isIpfixSet)
    )
  }
  return at + V9_HEADER <= end && u16(b, at + 2) > 0 && areSets(b, at + V9_HEADER, end, isV9Set)
}

function areSets(b: Uint8Array, at: number, end: number, isSet: (set: number) => boolean): boolean {
  let next = at
  let sets = 0
  for (; next + SET_HEADER <= end; sets++) {
    const length = u16(b, next + 2)
    if (!isSet(u16(b, next)) || length < SET_HEADER) return false
    next += length
  }
  return sets > 0 && next <= end && end - next <= PADDING_MAX
}
