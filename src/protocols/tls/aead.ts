/** Opening one record that is protected by an AEAD (RFC 5116), with node:crypto. */
import { createDecipheriv } from 'node:crypto'
import type { CipherGCMOptions, CipherGCMTypes, DecipherGCM } from 'node:crypto'
import type { Bulk } from './ciphers.data.ts'
import { OCTETS } from './octets.ts'

/** Octets of every nonce here (RFC 5288 §3, RFC 6655 §3, RFC 7905 §2, RFC 8446 §5.3). */
export const NONCE_BYTES = 12

/** Written afresh for each record: octets of JavaScript's own are copied out of its heap the first time that
 * node:crypto sees them. */
const TAG_16 = Buffer.alloc(16)

/**
 * Opens octets `start`..`end` of `b`, tag included. The content, or null if it is not authentic: what the
 * capture holds, not an error of ours.
 */
export function openAead(
  bulk: Bulk,
  key: string,
  nonce: Uint8Array,
  additional: Uint8Array,
  b: Uint8Array,
  start: number,
  end: number,
): Uint8Array | null {
  const tagAt = end - bulk.tagBytes
  if (tagAt < start) return null
  try {
    const decipher = aeadDecipher(bulk, key, nonce)
    decipher.setAuthTag(tagOf(b, tagAt, end))
    if (bulk.mode === 'ccm') decipher.setAAD(additional, { plaintextLength: tagAt - start })
    else decipher.setAAD(additional)
    const content = decipher.update(b.subarray(start, tagAt))
    decipher.final()
    return content
  } catch {
    return null
  }
}

/** How node:crypto is to read a key, and how long a tag is. */
const OPTIONS: ReadonlyMap<number, CipherGCMOptions> = new Map(
  [8, 16].map((authTagLength) => [authTagLength, { encoding: OCTETS, authTagLength }]),
)

/** node's types split its AEAD ciphers by mode; one call serves GCM, CCM and ChaCha20-Poly1305. */
const aeadDecipher = ({ cipher, tagBytes }: Bulk, key: string, nonce: Uint8Array): DecipherGCM =>
  createDecipheriv(cipher as CipherGCMTypes, key, nonce, OPTIONS.get(tagBytes))

/** A tag of the usual length goes through a buffer of its own; a short one is a view. */
function tagOf(b: Uint8Array, start: number, end: number): Uint8Array {
  if (end - start !== TAG_16.length) return b.subarray(start, end)
  copy(TAG_16, 0, b, start, TAG_16.length)
  return TAG_16
}

/** A loop: for a dozen octets, a view of them costs more than they do. */
export function copy(to: Uint8Array, toAt: number, from: Uint8Array, fromAt: number, length: number): void {
  for (let i = 0; i < length; i++) to[toAt + i] = from[fromAt + i]!
}
