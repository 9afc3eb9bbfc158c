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
import type { Decipheriv } from 'node:crypto'
import type { RecordsAhead } from '../../model/ahead.ts'
import { copy, NONCE_BYTES, openAead } from './aead.ts'
import { AEADS, type Bulk, type Hash } from './ciphers.data.ts'
import { APPLICATION_DATA, TLS_1_0 } from './constants.data.ts'
import { hmacKey, hmacOf, type HmacKey } from './hmac.ts'
import { trafficKeys } from './key-schedule.ts'
import { OCTETS, octetsText } from './octets.ts'
import { HEADER_BYTES } from './record.ts'

/** What a record held. */
export interface Opened {
  readonly type: number
  /** Where the content is: octets `start`..`end`, borrowed as those of the record are. */
  readonly octets: Uint8Array
  readonly start: number
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
  /** Has records opened ahead. Absent: each needs the one before. */
  readonly foresight?: Foresight
}

/** How far a side's records, under one key, were foreseen in this batch. */
export interface Foresight {
  /** At `sequence` of the stream begins the record after the next one, if that is in hand, else the next. */
  stands(ahead: RecordsAhead, sequence: number, isInHand: boolean): void
  /** Octets from `sequence` of the stream on to the record that is to be foreseen; below 0 if it is not
   * known where that begins. */
  distance(ahead: RecordsAhead, sequence: number): number
  /** Goes on behind the record with that version in its header, and body `start`..`end` of `b`; has it opened
   * if all of it is there. */
  pass(
    ahead: RecordsAhead,
    version: number,
    b: Uint8Array,
    start: number,
    end: number,
    isThere: boolean,
  ): void
}

/**
 * What is handed to a cipher, written afresh for each record: calls do not nest, and octets of JavaScript's
 * own are copied out of its heap the first time that node:crypto sees them.
 */
const NONCE = Buffer.alloc(NONCE_BYTES)
const PREFIX = Buffer.alloc(13)
const HEADER = Buffer.alloc(HEADER_BYTES)

function copyText(to: Uint8Array, octets: string): void {
  for (let i = 0; i < octets.length; i++) to[i] = octets.charCodeAt(i)
}

/** TLS 1.2 with an AEAD suite (RFC 5246 §6.2.3.3, RFC 7905 §2). */
export const aeadOpener = (bulk: Bulk, key: Uint8Array, iv: Uint8Array): RecordOpener =>
  new Opener12(bulk, octetsText(key), octetsText(iv), bulk.explicitNonceBytes)

/** TLS 1.3 (RFC 8446 §5.2) with a traffic secret. */
export function opener13(bulk: Bulk, hash: Hash, secret: Uint8Array): RecordOpener {
  const { key, iv } = trafficKeys(hash, secret, bulk.keyBytes)
  return new Opener13(bulk, key, iv, 0)
}

/**
 * Records that an AEAD protects. A class, so that a connection costs an object per side, and not a closure
 * for each of these as well.
 */
abstract class AeadRecords implements RecordOpener, Foresight {
  sequence = 0
  readonly foresight = this
  protected readonly bulk: Bulk
  protected readonly key: string
  protected readonly iv: string
  /** Octets of the nonce that stand in each record: none in TLS 1.3. */
  protected readonly explicitBytes: number
  private ahead: RecordsAhead | null = null
  private keyNumber = 0
  private foreseenIn = 0
  private foreseenTo = 0
  private foreseenNumber = 0

  constructor(bulk: Bulk, key: string, iv: string, explicitBytes: number) {
    this.bulk = bulk
    this.key = key
    this.iv = iv
    this.explicitBytes = explicitBytes
  }

  abstract contentLength(length: number): number
  abstract open(type: number, version: number, b: Uint8Array, start: number, end: number): Opened | null

  advance(): void {
    this.sequence++
  }

  stands(ahead: RecordsAhead, sequence: number, isInHand: boolean): void {
    this.foreseenIn = ahead.batch
    this.foreseenTo = sequence
    this.foreseenNumber = this.sequence + (isInHand ? 1 : 0)
  }

  distance(ahead: RecordsAhead, sequence: number): number {
    return this.foreseenIn === ahead.batch ? (this.foreseenTo - sequence) | 0 : -1
  }

  pass(
    ahead: RecordsAhead,
    version: number,
    b: Uint8Array,
    start: number,
    end: number,
    isThere: boolean,
  ): void {
    const number = this.foreseenNumber++
    this.foreseenTo = (this.foreseenTo + HEADER_BYTES + end - start) | 0
    const protectedAt = start + this.explicitBytes
    if (!isThere || end - protectedAt <= this.bulk.tagBytes) return
    if (this.ahead === null) this.keyNumber = ahead.newKey()
    this.ahead = ahead
    const additional = this.prepare(number, APPLICATION_DATA, version, b, start, end)
    const cipher = AEADS.indexOf(this.bulk)
    ahead.post(cipher, this.keyNumber, this.key, number, NONCE, additional, start, protectedAt, end)
  }

  /** Writes the nonce of record `number`; answers its additional data. */
  protected abstract prepare(
    number: number,
    type: number,
    version: number,
    b: Uint8Array,
    start: number,
    end: number,
  ): Uint8Array

  /** What the next record protects, body `start`..`end`; null if it is not authentic. */
  protected content(type: number, version: number, b: Uint8Array, start: number, end: number): Opened | null {
    const { ahead, bulk, explicitBytes } = this
    const place = ahead === null ? -1 : ahead.take(b, start, this.keyNumber, this.sequence)
    if (ahead !== null && place >= 0) {
      const from = ahead.contentAt(place)
      return { type, octets: ahead.octets, start: from, end: from + ahead.contentLength(place) }
    }
    const additional = this.prepare(this.sequence, type, version, b, start, end)
    const octets = openAead(bulk, this.key, NONCE, additional, b, start + explicitBytes, end)
    return octets === null ? null : { type, octets, start: 0, end: octets.length }
  }
}

class Opener12 extends AeadRecords {
  contentLength(length: number): number {
    return Math.max(0, length - this.explicitBytes - this.bulk.tagBytes)
  }

  open(type: number, version: number, b: Uint8Array, start: number, end: number): Opened | null {
    const isLongEnough = end - start >= this.explicitBytes + this.bulk.tagBytes
    return isLongEnough ? this.content(type, version, b, start, end) : null
  }

  protected prepare(
    number: number,
    type: number,
    version: number,
    b: Uint8Array,
    start: number,
    end: number,
  ): Uint8Array {
    const { bulk, iv, explicitBytes } = this
    writePrefix(PREFIX, number, type, version, end - start - explicitBytes - bulk.tagBytes)
    if (explicitBytes > 0) {
      copyText(NONCE, iv)
      copy(NONCE, iv.length, b, start, explicitBytes)
    } else {
      maskNonce(NONCE, iv, number)
    }
    return PREFIX
  }
}

class Opener13 extends AeadRecords {
  contentLength(length: number): number {
    return Math.max(0, length - this.bulk.tagBytes - 1)
  }

  open(type: number, version: number, b: Uint8Array, start: number, end: number): Opened | null {
    if (type !== APPLICATION_DATA || end - start <= this.bulk.tagBytes) return null
    const inner = this.content(type, version, b, start, end)
    return inner === null ? null : withoutPadding(inner)
  }

  protected prepare(
    number: number,
    type: number,
    version: number,
    _b: Uint8Array,
    start: number,
    end: number,
  ): Uint8Array {
    maskNonce(NONCE, this.iv, number)
    HEADER[0] = type
    HEADER[1] = version >> 8
    HEADER[2] = version
    HEADER[3] = (end - start) >> 8
    HEADER[4] = end - start
    return HEADER
  }
}

/** TLSInnerPlaintext: content, one octet of type, zeros. All zeros is nothing. */
function withoutPadding({ octets, start, end }: Opened): Opened | null {
  let at = end - 1
  while (at >= start && octets[at] === 0) at--
  return at < start ? null : { type: octets[at]!, octets, start, end: at }
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
    return { type, octets: plain, start: 0, end: contentEnd }
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
