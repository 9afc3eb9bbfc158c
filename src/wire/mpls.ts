/**
 * MPLS label stack (RFC 3032 2.1): 4 octets a label, the last one marked. Nothing says what follows; the
 * first nibble of the payload is the customary guess (RFC 4928 3: 4 and 6 are IP, 0 and 1 a pseudo-wire).
 * Contract: if `stackLength` returned non-zero, `label` may be called for every offset of the stack.
 */
import { u24, u8 } from '../bytes/read.ts'

export const LABEL_LENGTH = 4
/** Before the frame in a pseudo-wire, if its ends agreed on it (RFC 4448 4.6). */
export const CONTROL_WORD_LENGTH = 4
/** The label that says that the next one is there to spread load only (RFC 6790 4.1). */
const ENTROPY_INDICATOR = 7
/**
 * Deeper stacks are not believed: segment routing with a dozen labels is the deepest in use (RFC 8664, RFC
 * 8476).
 */
export const LABELS_MAX = 16

/** 20 bits. */
export const label = (b: Uint8Array, at: number): number => u24(b, at) >> 4
const isLast = (b: Uint8Array, at: number): boolean => (u8(b, at + 2) & 1) === 1

/** Octets of the whole stack; 0 if it does not end before `end`, or is deeper than `LABELS_MAX`. */
export function stackLength(b: Uint8Array, at: number, end: number): number {
  for (let i = 0, next = at; i < LABELS_MAX && next + LABEL_LENGTH <= end; i++, next += LABEL_LENGTH) {
    if (isLast(b, next)) return next + LABEL_LENGTH - at
  }
  return 0
}

/**
 * The label of the innermost service (a private network, a pseudo-wire) of a stack of `length` octets: the
 * last one, which the others only carry through the provider's network; an entropy label and its indicator
 * left out.
 */
export function serviceLabel(b: Uint8Array, at: number, length: number): number {
  const last = at + length - LABEL_LENGTH
  const before = last - LABEL_LENGTH
  const isEntropy = before > at && label(b, before) === ENTROPY_INDICATOR
  return label(b, isEntropy ? before - LABEL_LENGTH : last)
}
