/**
 * Domain names in messages (RFC 1035 §3.1, §4.1.4). Pure.
 *
 * Text is that of zone files without the last full stop (§5.1): an octet that is no printable ASCII as
 * `\DDD`, a full stop or backslash in a label with a backslash before it; the root is `.`. Case is kept.
 */

/** Octets of a name, its length octets included (RFC 1035 §2.3.4). */
const NAME_OCTETS_MAX = 255
const POINTER = 0xc0
/**
 * Pointers that are followed in one name: it has at most 127 labels, and a pointer behind each of them.
 * Without a limit a message of 64 KiB could lead through thousands for each of its records.
 */
const POINTERS_MAX = 127

/** One per reader: where the name that was read last ends. */
export class NameEnd {
  /** The offset behind it where it stood, pointers not followed. */
  at = 0
}

/**
 * The name at `at` of a message that begins at `start`; null if it is none: cut, too long, of a label type
 * that is not in use (RFC 6891 §5), or with a pointer that does not point backwards. Each pointer must lead
 * before the one that led to it, so that there is no loop.
 */
export function readName(
  bytes: Uint8Array,
  start: number,
  at: number,
  end: number,
  after: NameEnd,
): string | null {
  let text = ''
  let octets = 1
  let limit = at
  let jumps = 0
  for (;;) {
    if (at >= end) return null
    const length = bytes[at]!
    if (length >= POINTER) {
      if (at + 1 >= end) return null
      const target = start + (((length & 63) << 8) | bytes[at + 1]!)
      if (jumps === 0) after.at = at + 2
      if (++jumps > POINTERS_MAX || target >= limit) return null
      limit = at = target
      continue
    }
    octets += length + 1
    if (length > 63 || at + 1 + length > end || octets > NAME_OCTETS_MAX + 1) return null
    if (length === 0) break
    text += `${text === '' ? '' : '.'}${labelText(bytes, at + 1, at + 1 + length)}`
    at += 1 + length
  }
  if (jumps === 0) after.at = at + 1
  return text === '' ? '.' : text
}

function labelText(bytes: Uint8Array, at: number, end: number): string {
  let text = ''
  for (; at < end; at++) {
    const octet = bytes[at]!
    if (octet === 46 || octet === 92) text += `\\${String.fromCharCode(octet)}`
    else if (octet > 32 && octet < 127) text += String.fromCharCode(octet)
    else text += `\\${octet.toString().padStart(3, '0')}`
  }
  return text
}

/** Names compare without case (RFC 4343), of ASCII letters only. */
export const folded = (name: string): string => name.toLowerCase()
