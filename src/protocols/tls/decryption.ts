/**
 * Opening protected records with known keys: one `RecordOpener` per side and key epoch. node:crypto decrypts
 * and authenticates; a record that does not authenticate yields null and changes nothing but a counter of the
 * caller.
 *
 * Keys are octets as text. A KeyObject is half a dozen objects all over the memory, native ones among them: a
 * connection's takes three times as long to make, and half as long again to use where there are many. Given a
 * Uint8Array, each call takes five times as long (measured, Node 24).
 */
import { createDecipheriv } from 'node:crypto'
import type { CipherGCMOptions, CipherGCMTypes, DecipherGCM, Decipheriv } from 'node:crypto'
import type { Bulk, Hash } from './ciphers.data.ts'
import { APPLICATION_DATA, TLS_1_0 } from './constants.data.ts'
import { hmacKey, hmacOf, type HmacKey } from './hmac.ts'
import { trafficKeys } from './key-schedule.ts'
import { OCTETS, octetsText } from './octets.ts'

/** What a record held. */
export interface Opened {
  readonly type: number
  /** The content, and perhaps more behind it. */
  readonly octets: Uint8Array
  /** Where the content ends. */
  readonly end: number
}

export interface RecordOpener {
  /** The number of the next record (RFC 8446 §5.3). */
  sequence: number
  /** Opens body `start`..`end` of a record with that header. Changes nothing. */
  open(type: number, version: number, b: Uint8Array, start: number, end: number): Opened | null
  /** Goes on to the next record; `start`..`end` is the body of this one, empty if it was not read. */
  advance(b: Uint8Array, start: number, end: number): void
  /**
   * Octets of content in a body of `length`, TLS 1.3 padding (RFC 8446 §5.4, hardly used) apart; -1 if it
   * does not tell.
   */
  contentLength(length: number): number
}

/**
 * What is handed to a cipher, written afresh for each record: calls do not nest, and octets of JavaScript's
 * own are copied out of its heap the first time that node:crypto sees them.
 */
const NONCE = Buffer.alloc(12)
const TAG_16 = Buffer.alloc(16)
const PREFIX = Buffer.alloc(13)
const HEADER = Buffer.alloc(5)

/** A loop: for a dozen octets, a view of them costs more than they do. */
function copy(to: Uint8Array, toAt: number, from: Uint8Array, fromAt: number, length: number): void {
  for (let i = 0; i < length; i++) to[toAt + i] = from[fromAt + i]!
}

function copyText(to: Uint8Array, octets: string): void {
  for (let i = 0; i < octets.length; i++) to[i] = octets.charCodeAt(i)
}

/** TLS 1.2 with an AEAD suite (RFC 5246 §6.2.3.3, RFC 7905 §2). */
export const aeadOpener = (bulk: Bulk, key: Uint8Array, iv: Uint8Array): RecordOpener =>
  new AeadOpener(bulk, octetsText(key), octetsText(iv))

/** TLS 1.3 (RFC 8446 §5.2) with a traffic secret. */
export function opener13(bulk: Bulk, hash: Hash, secret: Uint8Array): RecordOpener {
  const { key, iv } = trafficKeys(hash, secret, bulk.keyBytes)
  return new Opener13(bulk, key, iv)
}

/** A class, so that a connection costs an object per side, and not a closure for each of these as well. */
class AeadOpener implements RecordOpener {
  sequence = 0
  private readonly bulk: Bulk
  private readonly key: string
  private readonly iv: string
  private readonly overhead: number

  constructor(bulk: Bulk, key: string, iv: string) {
    this.bulk = bulk
    this.key = key
    this.iv = iv
    this.overhead = bulk.explicitNonceBytes + bulk.tagBytes
  }

  contentLength(length: number): number {
    return Math.max(0, length - this.overhead)
  }

  advance(): void {
    this.sequence++
  }

  open(type: number, version: number, b: Uint8Array, start: number, end: number): Opened | null {
    const { bulk, iv } = this
    const length = end - start - this.overhead
    if (length < 0) return null
    writePrefix(PREFIX, this.sequence, type, version, length)
    if (bulk.explicitNonceBytes > 0) {
      copyText(NONCE, iv)
      copy(NONCE, iv.length, b, start, bulk.explicitNonceBytes)
    } else {
      maskNonce(NONCE, iv, this.sequence)
    }
    const octets = openAead(bulk, this.key, PREFIX, b, start + bulk.explicitNonceBytes, end)
    return octets === null ? null : { type, octets, end: octets.length }
  }
}

class Opener13 implements RecordOpener {
  sequence = 0
  private readonly bulk: Bulk
  private readonly key: string
  private readonly iv: string

  constructor(bulk: Bulk, key: string, iv: string) {
    this.bulk = bulk
    this.key = key
    this.iv = iv
  }

  contentLength(length: number): number {
    return Math.max(0, length - this.bulk.tagBytes - 1)
  }

  advance(): void {
    this.sequence++
  }

  open(type: number, version: number, b: Uint8Array, start: number, end: number): Opened | null {
    const { bulk } = this
    const length = end - start
    if (type !== APPLICATION_DATA || length <= bulk.tagBytes) return null
    maskNonce(NONCE, this.iv, this.sequence)
    HEADER[0] = type
    HEADER[1] = version >> 8
    HEADER[2] = version
    HEADER[3] = length >> 8
    HEADER[4] = length
    const inner = openAead(bulk, this.key, HEADER, b, start, end)
    return inner === null ? null : withoutPadding(inner)
  }
}

/** TLSInnerPlaintext: content, one octet of type, zeros. All zeros is nothing. */
function withoutPadding(inner: Uint8Array): Opened | null {
  let at = inner.length - 1
  while (at >= 0 && inner[at] === 0) at--
  return at < 0 ? null : { type: inner[at]!, octets: inner, end: at }
}

interface CbcKeys {
  readonly key: Uint8Array
  readonly macKey: Uint8Array
  /** The first record's, in TLS 1.0; later versions send one in each record. */
  readonly iv: Uint8Array
}

/**
 * TLS 1.0 to 1.2 with a block cipher (RFC 5246 §6.2.3.2, RFC 2246 §6.2.3.2), MAC inside or outside (RFC
 * 7366).
 */
export const cbcOpener = (
  bulk: Bulk,
  macHash: Hash,
  keys: CbcKeys,
  negotiated: number,
  macIsOutside: boolean,
): RecordOpener => new CbcOpener(bulk, macHash, keys, negotiated > TLS_1_0, macIsOutside)

class CbcOpener implements RecordOpener {
  sequence = 0
  private readonly macKey: HmacKey
  private readonly macBytes: number
  private readonly macIsOutside: boolean
  private readonly blockBytes: number
  /** Octets of the vector in each record. */
  private readonly ivBytes: number
  private readonly decrypt: (vector: Uint8Array, blocks: Uint8Array) => Uint8Array | null
  private chained: Uint8Array

  constructor(bulk: Bulk, macHash: Hash, keys: CbcKeys, hasVectors: boolean, macIsOutside: boolean) {
    this.macKey = hmacKey(macHash, keys.macKey)
    this.macBytes = keys.macKey.length
    this.macIsOutside = macIsOutside
    this.blockBytes = bulk.ivBytes
    this.ivBytes = hasVectors ? bulk.ivBytes : 0
    this.decrypt = cbcDecrypter(bulk, keys.key)
    this.chained = keys.iv
  }

  contentLength(): number {
    return -1
  }

  advance(b: Uint8Array, start: number, end: number): void {
    this.sequence++
    if (this.ivBytes > 0) return
    // TLS 1.0: the next record's vector is this one's last block, whether this one could be read or not.
    const blockAt = (this.macIsOutside ? end - this.macBytes : end) - this.blockBytes
    this.chained = blockAt >= start ? new Uint8Array(b.subarray(blockAt, blockAt + this.blockBytes)) : NONE
  }

  open(type: number, version: number, b: Uint8Array, start: number, end: number): Opened | null {
    const { macIsOutside, macBytes, blockBytes, ivBytes } = this
    const cipherEnd = macIsOutside ? end - macBytes : end
    const from = start + ivBytes
    const length = cipherEnd - from
    if (length < blockBytes || length % blockBytes !== 0) return null
    if (macIsOutside && !this.isAuthentic(type, version, b, start, cipherEnd)) return null
    const vector = ivBytes > 0 ? b.subarray(start, from) : this.chained
    const plain = this.decrypt(vector, b.subarray(from, cipherEnd))
    if (plain === null) return null
    const contentEnd = plain.length - paddingLength(plain) - (macIsOutside ? 0 : macBytes)
    if (contentEnd < 0) return null
    if (!macIsOutside && !this.isAuthentic(type, version, plain, 0, contentEnd)) return null
    return { type, octets: plain, end: contentEnd }
  }

  /** Whether the MAC of octets `start`..`end` stands right behind them. */
  private isAuthentic(type: number, version: number, b: Uint8Array, start: number, end: number): boolean {
    writePrefix(PREFIX, this.sequence, type, version, end - start)
    return hmacOf(this.macKey, PREFIX, b, start, end).compare(b, end, end + this.macBytes) === 0
  }
}

/** A vector that no cipher takes: the chain is broken. */
const NONE = new Uint8Array(0)

/** Octets of padding, their length octet included; more than there are if they contradict themselves. */
function paddingLength(plain: Uint8Array): number {
  const value = plain.at(-1)!
  for (let i = 1; i <= value + 1; i++) if (plain.at(-i) !== value) return Infinity
  return value + 1
}

/** sequence, type, version, length: what TLS 1.2 and its ancestors authenticate besides the content. */
function writePrefix(out: Uint8Array, sequence: number, type: number, version: number, length: number): void {
  writeSequence(out, 0, sequence)
  out[8] = type
  out[9] = version >> 8
  out[10] = version
  out[11] = length >> 8
  out[12] = length
}

function writeSequence(out: Uint8Array, at: number, sequence: number): void {
  // Sequence numbers of a capture stay far below 2^53: two halves of whole numbers.
  const high = Math.floor(sequence / 2 ** 32)
  for (let i = 0; i < 4; i++) {
    out[at + i] = high >>> (24 - 8 * i)
    out[at + 4 + i] = sequence >>> (24 - 8 * i)
  }
}

/** iv exclusive-or sequence (RFC 8446 §5.3). */
function maskNonce(out: Uint8Array, iv: string, sequence: number): void {
  copyText(out, iv)
  for (let at = 11, left = sequence; left > 0; at--, left = Math.floor(left / 256)) out[at]! ^= left % 256
}

/** Opens octets `start`..`end`, tag included, under the nonce in NONCE. */
function openAead(
  bulk: Bulk,
  key: string,
  aad: Uint8Array,
  b: Uint8Array,
  start: number,
  end: number,
): Uint8Array | null {
  const tagAt = end - bulk.tagBytes
  if (tagAt < start) return null
  try {
    const decipher = aeadDecipher(bulk, key)
    decipher.setAuthTag(tagOf(b, tagAt, end))
    if (bulk.mode === 'ccm') decipher.setAAD(aad, { plaintextLength: tagAt - start })
    else decipher.setAAD(aad)
    const content = decipher.update(b.subarray(start, tagAt))
    decipher.final()
    return content
  } catch {
    return null // Not authentic: what the capture holds, not an error of ours.
  }
}

/** How node:crypto is to read a key, and how long a tag is. */
const OPTIONS: ReadonlyMap<number, CipherGCMOptions> = new Map(
  [8, 16].map((authTagLength) => [authTagLength, { encoding: OCTETS, authTagLength }]),
)

/** node's types split its AEAD ciphers by mode; one call serves GCM, CCM and ChaCha20-Poly1305. */
const aeadDecipher = ({ cipher, tagBytes }: Bulk, key: string): DecipherGCM =>
  createDecipheriv(cipher as CipherGCMTypes, key, NONCE, OPTIONS.get(tagBytes))

/** A tag of the usual length goes through a buffer of its own; a short one is a view. */
function tagOf(b: Uint8Array, start: number, end: number): Uint8Array {
  if (end - start !== TAG_16.length) return b.subarray(start, end)
  copy(TAG_16, 0, b, start, TAG_16.length)
  return TAG_16
}

/**
 * One decipher for all records of a side: making one costs more than using it. A block is deciphered with the
 * block of ciphertext before it, so a record's vector goes in front, as if it were that block, and what comes
 * out for it is nothing.
 */
function cbcDecrypter(
  bulk: Bulk,
  keyOctets: Uint8Array,
): (vector: Uint8Array, blocks: Uint8Array) => Uint8Array | null {
  const key = octetsText(keyOctets)
  let decipher: Decipheriv | null = null
  return (vector, blocks) => {
    if (vector.length !== bulk.ivBytes) return null
    try {
      decipher ??= createDecipheriv(bulk.cipher, key, vector, { encoding: OCTETS }).setAutoPadding(false)
      decipher.update(vector)
      return decipher.update(blocks)
    } catch {
      return null
    }
  }
}
