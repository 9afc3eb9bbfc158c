/**
 * Columns out of records: each function fills `rows` rows of one column, from the same field of records that
 * stand `stride` octets apart. Nothing is allocated. The caller has checked the bounds.
 */
import type { AddressTable } from '../../src/bytes/address.ts'
import { i32, u16, u32 } from '../../src/bytes/read.ts'

const WORD = 2 ** 32

/** A number of 1 to 8 octets; above 2^53 it is rounded. */
export function unsigned(b: Uint8Array, at: number, length: number): number {
  if (length === 4) return u32(b, at)
  if (length === 8) return u32(b, at) * WORD + u32(b, at + 4)
  let value = 0
  for (let i = 0; i < length; i++) value = value * 256 + b[at + i]!
  return value
}

/** Where records stand, and the rows that they become. */
export interface Rows {
  b: Uint8Array
  /** Of the first record's field. */
  at: number
  length: number
  stride: number
  row: number
  rows: number
}

/** Numbers of up to four octets. */
export function integers(column: Int32Array, { b, at, length, stride, row, rows }: Rows): void {
  const to = row + rows
  let from = at
  if (length === 1) for (let i = row; i < to; i++, from += stride) column[i] = b[from]!
  else if (length === 2) for (let i = row; i < to; i++, from += stride) column[i] = u16(b, from)
  else for (let i = row; i < to; i++, from += stride) column[i] = unsigned(b, from, length)
}

/** Numbers of up to eight octets, times `factor`. */
export function numbers(
  column: Float64Array,
  { b, at, length, stride, row, rows }: Rows,
  factor: number,
): void {
  const to = row + rows
  let from = at
  if (length === 4) for (let i = row; i < to; i++, from += stride) column[i] = u32(b, from) * factor
  else for (let i = row; i < to; i++, from += stride) column[i] = unsigned(b, from, length) * factor
}

export function addresses4(
  column: Int32Array,
  { b, at, stride, row, rows }: Rows,
  table: AddressTable,
): void {
  const to = row + rows
  for (let i = row, from = at; i < to; i++, from += stride) column[i] = table.idOfIpv4(b, from)
}

/** Where the record has an IPv4 address as well, the unspecified one of the two gives way. */
export function addresses6(
  column: Int32Array,
  { b, at, stride, row, rows }: Rows,
  table: AddressTable,
  hasOther: boolean,
): void {
  const to = row + rows
  for (let i = row, from = at; i < to; i++, from += stride) {
    if (!hasOther || !isUnspecified(b, from)) column[i] = table.idOfIpv6(b, from)
  }
}

const isUnspecified = (b: Uint8Array, at: number): boolean =>
  (i32(b, at) | i32(b, at + 4) | i32(b, at + 8) | i32(b, at + 12)) === 0

/** Seconds from 1900, where NTP begins (RFC 5905 6), to 1970. */
const NTP_TO_UNIX = 2_208_988_800
/** Seconds below this are of NTP's next era, from 2036 on. */
const ERA_PIVOT = 2 ** 31

/** Times as NTP writes them, in micros. */
export function ntpTimes(column: Float64Array, { b, at, stride, row, rows }: Rows): void {
  const to = row + rows
  for (let i = row, from = at; i < to; i++, from += stride) {
    const seconds = u32(b, from)
    const era = seconds < ERA_PIVOT ? WORD : 0
    const micros = Math.floor((u32(b, from + 4) * 1e6) / WORD)
    column[i] = (seconds + era - NTP_TO_UNIX) * 1e6 + micros
  }
}

/** An hour in milliseconds: a flow's time may lie so far ahead of its message's before it counts as old. */
const AHEAD_MAX = 3_600_000

/**
 * Micros of what happened when the exporter had run for `raw` ms, told when it had run for `uptime` ms, at
 * `now` micros. Both counters begin anew after 49.7 days (RFC 3954 5.1).
 */
export function timeOfUptime(raw: number, uptime: number, now: number): number {
  const age = (uptime - raw) >>> 0
  return now - (age > WORD - AHEAD_MAX ? age - WORD : age) * 1000
}

/** What happened `length` octets of milliseconds after the start, in micros. */
export function uptimes(column: Float64Array, records: Rows, uptime: number, now: number): void {
  const { b, at, length, stride, row, rows } = records
  const to = row + rows
  for (let i = row, from = at; i < to; i++, from += stride) {
    column[i] = timeOfUptime(unsigned(b, from, length), uptime, now)
  }
}

/**
 * The same where the start is known, in micros, and not the uptime: each row has its own in `boots`, or all
 * have `boot`. NaN: it is not known.
 */
export function sinceBoot(
  column: Float64Array,
  records: Rows,
  boots: Float64Array | null,
  boot: number,
  exported: number,
): void {
  const { b, at, length, stride, row, rows } = records
  const to = row + rows
  for (let i = row, from = at; i < to; i++, from += stride) {
    const start = boots === null ? boot : boots[i]!
    const uptime = Math.floor((exported - start) / 1000)
    column[i] = timeOfUptime(unsigned(b, from, length), uptime, start + uptime * 1000)
  }
}

/** What happened so many microseconds before `now`. */
export function ages(column: Float64Array, records: Rows, now: number): void {
  const { b, at, length, stride, row, rows } = records
  const to = row + rows
  for (let i = row, from = at; i < to; i++, from += stride) column[i] = now - unsigned(b, from, length)
}

/** RFC 5103 6.3: 1, the source is the initiator; 2, the destination; 0 and 3 say nothing of it. */
export function originators(column: Int32Array, records: Rows): void {
  const { b, at, length, stride, row, rows } = records
  const to = row + rows
  for (let i = row, from = at; i < to; i++, from += stride) {
    const direction = unsigned(b, from, length)
    if (direction === 1 || direction === 2) column[i] = direction - 1
  }
}
