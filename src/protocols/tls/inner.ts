/**
 * The stream inside: decrypted application data, handed to the consumer that `openInner` gives when the first
 * of it comes.
 */
import { DETACH, type StreamConsumer } from '../../model/stream.ts'
import type { Half, Tls } from './state.ts'

/**
 * The length of a gap inside when it cannot be told to the octet: longer than any message, so that nobody
 * goes on counting from it, and far from where numbers lose octets.
 */
export const UNKNOWN_LENGTH = 2 ** 40

/** The inner consumer, opened if need be; null if it wants nothing more. */
function innerOf(tls: Tls): StreamConsumer | null {
  if (tls.isInnerGone) return null
  tls.inner ??= tls.openInner(tls.context, true)
  return tls.inner
}

function takeAnswer(tls: Tls, half: Half, answer: number): void {
  if (answer === DETACH) tls.isInnerGone = true
  else half.innerSkip = answer
}

/** Octets of content, fewer than `length`, that the inner consumer skips. */
function skipped(half: Half, length: number): number {
  const count = Math.min(half.innerSkip, length)
  half.innerSkip -= count
  return count
}

/** Octets `start`..`end` are content. */
export function innerData(tls: Tls, half: Half, octets: Uint8Array, start: number, end: number): void {
  half.hasSpoken = true
  const from = start + skipped(half, end - start)
  const inner = from < end ? innerOf(tls) : null
  if (inner === null || half.isInnerEnded) return
  takeAnswer(tls, half, inner.data(half.side, octets, from, end, tls.time, tls.packet))
}

/** Octets of content are not known: `length` of them, or -1 if that is not known either. */
export function innerGap(tls: Tls, half: Half, length: number): void {
  const missing = length < 0 ? UNKNOWN_LENGTH : length - skipped(half, length)
  const inner = missing > 0 ? innerOf(tls) : null
  if (length < 0) half.innerSkip = 0
  if (inner === null || half.isInnerEnded) return
  takeAnswer(tls, half, inner.gap(half.side, missing, tls.time, tls.packet))
}

/** The side sends no more: close_notify or FIN, whichever comes first. */
export function innerEnd(tls: Tls, half: Half): void {
  if (half.isInnerEnded) return
  tellLoss(tls, half)
  half.isInnerEnded = true
  if (tls.inner !== null && !tls.isInnerGone) tls.inner.end(half.side, tls.time, tls.packet)
}

/** What was missed last, and not found again, may have been anything. */
function tellLoss(tls: Tls, half: Half): void {
  if (half.missedOctets > 0 && tls.isDecrypted && half.epoch === 'application') innerGap(tls, half, -1)
  half.missedOctets = 0
}

export function innerClose(tls: Tls): void {
  for (const half of tls.halves) tellLoss(tls, half)
  const { inner } = tls
  tls.inner = null
  if (inner !== null && !tls.isInnerGone) inner.close(tls.time)
  tls.isInnerGone = true
}
