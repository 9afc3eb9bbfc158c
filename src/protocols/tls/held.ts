/**
 * Octets of one side that wait for the other side's hello. Captures swap neighbouring packets: the answer may
 * come before the question, and without the question's random there are no keys.
 */
import type { Micros } from '../../model/time.ts'
import type { Seen } from './handshake.ts'

/** Octets of one side that wait; with more, it goes on without. A server's first flight has 2 to 8 KiB. */
export const HELD_BYTES_MAX = 32 * 1024
/**
 * How long they wait, by the capture's time: a swap is over in milliseconds, a hello that takes longer is not
 * coming.
 */
export const HELD_TIME_MAX: Micros = 1_000_000

export interface HeldOctets {
  readonly since: Micros
  readonly pieces: ({ readonly octets: Uint8Array } & Seen)[]
  length: number
}

export const holdOctets = (since: Micros): HeldOctets => ({ since, pieces: [], length: 0 })

/**
 * Keeps a copy of octets `start`..`end`. False if the limit is passed: they are kept all the same, to be read
 * at once.
 */
export function hold(held: HeldOctets, b: Uint8Array, start: number, end: number, seen: Seen): boolean {
  const { packet, packetTime } = seen
  // Not `slice`: given a Buffer, that would be a view of the borrowed octets.
  held.pieces.push({ octets: new Uint8Array(b.subarray(start, end)), packet, packetTime })
  held.length += end - start
  return held.length <= HELD_BYTES_MAX
}
