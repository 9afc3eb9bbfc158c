/**
 * From secrets to keys: HKDF-Expand-Label of TLS 1.3 (RFC 8446 §7.1), the pseudo-random functions of TLS 1.0
 * to 1.2 (RFC 2246 §5, RFC 5246 §5).
 */
import type { Hash } from './ciphers.data.ts'
import { hmacKey, hmacOf, MessageHmac, type HmacKey } from './hmac.ts'

const NONE = new Uint8Array(0)

const hmac = (key: HmacKey, message: Uint8Array): Buffer => hmacOf(key, NONE, message, 0, message.length)

/** HkdfLabel (RFC 8446 §7.1) with an empty context, and the one octet that HKDF-Expand counts blocks with. */
function labelInfo(label: string, length: number): Uint8Array {
  const name = `tls13 ${label}`
  return Buffer.from(`\0${String.fromCharCode(length, name.length)}${name}\0\x01`, 'latin1')
}

/**
 * HKDF-Expand-Label(secret, label, "", length); `length` is at most one output of the hash, as it is for
 * every use here.
 */
export const expandLabel = (hash: string, secret: Uint8Array, label: string, length: number): Uint8Array =>
  new Uint8Array(hmac(hmacKey(hash, secret), labelInfo(label, length)).subarray(0, length))

const IV_BYTES = 12

/** What makes keys of traffic secrets with a hash. */
interface TrafficHmacs {
  readonly key: MessageHmac
  readonly iv: MessageHmac
}

const trafficHmacs = new Map<string, TrafficHmacs>()

function trafficHmacsOf(hash: Hash, keyBytes: number): TrafficHmacs {
  const name = `${hash} ${keyBytes}`
  let known = trafficHmacs.get(name)
  if (known === undefined) {
    const [key, iv] = [labelInfo('key', keyBytes), labelInfo('iv', IV_BYTES)]
    trafficHmacs.set(name, (known = { key: new MessageHmac(hash, key), iv: new MessageHmac(hash, iv) }))
  }
  return known
}

/** The key of `keyBytes` octets and the vector that a traffic secret makes (RFC 8446 §7.3), as text. */
export function trafficKeys(
  hash: Hash,
  secret: Uint8Array,
  keyBytes: number,
): { readonly key: string; readonly iv: string } {
  const { key, iv } = trafficHmacsOf(hash, keyBytes)
  return { key: key.of(secret, keyBytes), iv: iv.of(secret, IV_BYTES) }
}

/** The secret after a KeyUpdate (RFC 8446 §7.2). */
export const nextTrafficSecret = (hash: string, secret: Uint8Array): Uint8Array =>
  expandLabel(hash, secret, 'traffic upd', secret.length)

/** P_hash(secret, seed), `length` octets (RFC 5246 §5). */
function pHash(hash: string, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  const key = hmacKey(hash, secret)
  let a: Uint8Array = seed
  for (let at = 0; at < length;) {
    a = hmac(key, a)
    const block = hmacOf(key, a, seed, 0, seed.length)
    out.set(block.subarray(0, Math.min(block.length, length - at)), at)
    at += block.length
  }
  return out
}

/**
 * The PRF of TLS 1.0 and 1.1: MD5 over one half of the secret, SHA-1 over the other, combined by exclusive
 * or.
 */
function prf10(secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const half = Math.ceil(secret.length / 2)
  const out = pHash('md5', secret.subarray(0, half), seed, length)
  const other = pHash('sha1', secret.subarray(secret.length - half), seed, length)
  for (let i = 0; i < length; i++) out[i]! ^= other[i]!
  return out
}

/** PRF(secret, label, seed), `length` octets; `hash` is that of the suite in TLS 1.2, and null before. */
export function prf(
  hash: string | null,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelled = Buffer.concat([Buffer.from(label, 'latin1'), seed])
  return hash === null ? prf10(secret, labelled, length) : pHash(hash, secret, labelled, length)
}

/**
 * The key block of TLS 1.0 to 1.2 (RFC 5246 §6.3), `length` octets. Randoms are the 32 octets of each hello.
 */
export const keyBlock = (
  hash: string | null,
  masterSecret: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
  length: number,
): Uint8Array => prf(hash, masterSecret, 'key expansion', Buffer.concat([serverRandom, clientRandom]), length)
