/**
 * HMAC (RFC 2104) of short messages. The hashes are node:crypto's, called in one go: an Hmac object costs
 * five times as much as what it computes here (measured, Node 24).
 */
import { hash } from 'node:crypto'
import { HASH_BYTES, type Hash } from './ciphers.data.ts'
import { OCTETS } from './octets.ts'

/** Octets that the hash takes at once (FIPS 180-4 §1, RFC 1321 §3.3). */
const blockBytes = (name: string): number => (name === 'sha384' || name === 'sha512' ? 128 : 64)
const INNER = 0x36
const OUTER = 0x5c

/** A key for many messages, with room for each of them behind the inner block. */
export interface HmacKey {
  readonly hash: string
  readonly block: number
  readonly outer: Buffer
  inner: Buffer
}

const ROOM = 128 // octets: a label, two randoms; longer messages make more

/** `key` is at most one block long, or hashed first. */
export function hmacKey(name: string, key: Uint8Array): HmacKey {
  const block = blockBytes(name)
  const short = key.length > block ? hash(name, key, 'buffer') : key
  const inner = Buffer.allocUnsafe(block + ROOM)
  const outer = Buffer.allocUnsafe(block + 64)
  layKey(short, block, inner, outer)
  return { hash: name, block, inner, outer }
}

/** Puts a key of at most one block where the inner and the outer hash begin (RFC 2104 §2). */
function layKey(key: Uint8Array, block: number, inner: Uint8Array, outer: Uint8Array): void {
  for (let i = 0; i < block; i++) {
    const octet = i < key.length ? key[i]! : 0
    inner[i] = octet ^ INNER
    outer[i] = octet ^ OUTER
  }
}

/** The HMAC of octets `start`..`end` of `b` behind `prefix`; a new Buffer. */
export function hmacOf(key: HmacKey, prefix: Uint8Array, b: Uint8Array, start: number, end: number): Buffer {
  const { hash: name, block, outer } = key
  const at = block + prefix.length
  const size = at + end - start
  if (size > key.inner.length) key.inner = Buffer.concat([key.inner.subarray(0, block)], 2 * size)
  key.inner.set(prefix, block)
  key.inner.set(b.subarray(start, end), at)
  // As text, because a Buffer costs more than the hash.
  const digest = hash(name, key.inner.subarray(0, size), 'binary')
  outer.write(digest, block, OCTETS)
  return Buffer.from(hash(name, outer.subarray(0, block + digest.length), 'binary'), OCTETS)
}

/** The HMAC of one message with one key after the other: nothing is made for a key but the result. */
export class MessageHmac {
  private readonly hash: Hash
  private readonly block: number
  private readonly inner: Buffer
  private readonly outer: Buffer

  constructor(name: Hash, message: Uint8Array) {
    this.hash = name
    this.block = blockBytes(name)
    this.inner = Buffer.concat([new Uint8Array(this.block), message])
    this.outer = Buffer.alloc(this.block + HASH_BYTES[name])
  }

  /** Its first `length` octets, as text; `key` is at most one block long. */
  of(key: Uint8Array, length: number): string {
    const { hash: name, block, inner, outer } = this
    layKey(key, block, inner, outer)
    outer.write(hash(name, inner, 'binary'), block, OCTETS)
    // Through the buffer once more: a part of a text holds the whole of it.
    outer.write(hash(name, outer, 'binary'), block, OCTETS)
    return outer.toString(OCTETS, block, block + length)
  }
}
