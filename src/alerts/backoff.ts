/**
 * When to try again: waits that grow fourfold, with jitter so that many deliveries do not come back at once,
 * and not before the time that the receiver asked for (Retry-After, RFC 9110 section 10.2.3).
 */
import { SECOND, type Micros } from '../model/time.ts'

const FIRST: Micros = 5 * SECOND
const FACTOR = 4
/** The longest wait of our own. */
const LONGEST: Micros = 3600 * SECOND

/**
 * The wait after attempt number `attempt` (from 1), between half and all of what it is at most. `random` is
 * in [0, 1).
 */
export function waitAfter(attempt: number, retryAfterSeconds: number | null, random: number): Micros {
  const most = Math.min(LONGEST, FIRST * FACTOR ** Math.min(attempt - 1, 16))
  const own = Math.round(most / 2 + (most / 2) * random)
  return Math.max(own, (retryAfterSeconds ?? 0) * SECOND)
}

/** Seconds that a Retry-After header asks for: a number, or an HTTP date; null if it says neither. */
export function retryAfter(header: string | null, now: Micros): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const at = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at * 1000 - now) / SECOND))
}
