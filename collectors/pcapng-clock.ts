/**
 * Time of a pcapng interface: 64 bits of units that if_tsresol sets, into microseconds and the nanoseconds
 * beyond.
 *
 * Contract: exact for every resolution, without allocation for decimal ones up to nanoseconds; finer digits
 * are cut off.
 * Source: draft-ietf-opsawg-pcapng, if_tsresol and if_tsoffset.
 */

import type { FrameBatch } from '../src/bytes/frame-batch.ts'

export interface Clock {
  /** Microseconds in a unit, for units no finer than a microsecond; otherwise 0. */
  readonly multiplier: number
  /** Units in a microsecond, for 10, 100 and 1000; otherwise 0. */
  readonly divisor: number
  /**
   * 2^32 units in whole microseconds, and what is left of them: the upper half of a time without 64-bit
   * arithmetic.
   */
  readonly highQuotient: number
  readonly highRemainder: number
  /** Units in a second, for all resolutions that are left. */
  readonly perSecond: bigint
  /** if_tsoffset in microseconds. */
  readonly offset: number
}

const HIGH = 2 ** 32

/**
 * `resolution` is the octet of if_tsresol: a negative power of 10, or of 2 if its top bit is set. `offset` is
 * in seconds.
 */
export function clockOf(resolution: number, offset: number): Clock {
  const exponent = resolution & 0x7f
  const decimal = resolution < 0x80
  const divisor = decimal && exponent > 6 && exponent < 10 ? 10 ** (exponent - 6) : 0
  return {
    multiplier: decimal && exponent <= 6 ? 10 ** (6 - exponent) : 0,
    divisor,
    highQuotient: divisor === 0 ? 0 : Math.floor(HIGH / divisor),
    highRemainder: divisor === 0 ? 0 : HIGH % divisor,
    perSecond: (decimal ? 10n : 2n) ** BigInt(exponent),
    offset: offset * 1e6,
  }
}

/** Sets the time of row `row` from the two halves of a timestamp. */
export function putTime(batch: FrameBatch, row: number, clock: Clock, high: number, low: number): void {
  if (clock.multiplier > 0) {
    batch.time[row] = (high * HIGH + low) * clock.multiplier + clock.offset
    batch.nanoseconds[row] = 0
  } else if (clock.divisor > 0) {
    const rest = high * clock.highRemainder + low
    const micros = Math.floor(rest / clock.divisor)
    batch.time[row] = high * clock.highQuotient + micros + clock.offset
    batch.nanoseconds[row] = (rest - micros * clock.divisor) * (1000 / clock.divisor)
  } else putExactTime(batch, row, clock, high, low)
}

/** Binary resolutions and those finer than a nanosecond: rare enough to allocate. */
function putExactTime(batch: FrameBatch, row: number, clock: Clock, high: number, low: number): void {
  const units = (BigInt(high) << 32n) | BigInt(low)
  const nanoseconds = (units * 1_000_000_000n) / clock.perSecond
  batch.time[row] = Number(nanoseconds / 1000n) + clock.offset
  batch.nanoseconds[row] = Number(nanoseconds % 1000n)
}
