/**
 * From secrets to keys: HKDF-Expand-Label of TLS 1.3 (RFC 8446 §7.1), the pseudo-random functions of TLS 1.0
 * to 1.2 (RFC 2246 §5, RFC 5246 §5). All mathematics is node:crypto's HMAC. A key goes to it as a KeyObject:
 * given octets, each call takes five times as long (measured, Node 24).
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'

const hmac = (hash: string, key: KeyObject, ...parts: readonly Uint8Array[]): Buffer => {
  const mac = createHmac(hash, key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/**
 * HKDF-Expand-Label(secret, label, "", length); `length` is at most one output of the hash, as it is for
 * every use here.
 */
export function expandLabel(hash: string, secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = Buffer.from(`tls13 ${label}`, 'latin1')
  const info = Buffer.concat([
    Buffer.from([length >> 8, length & 0xff, name.length]),
    name,
    Buffer.from([0, 1]),
  ])
  return new Uint8Array(hmac(hash, createSecretKey(secret), info).subarray(0, length))
}

/** The secret after a KeyUpdate (RFC 8446 §7.2). */
export const nextTrafficSecret = (hash: string, secret: Uint8Array): Uint8Array =>
  expandLabel(hash, secret, 'traffic upd', secret.length)

/** P_hash(secret, seed), `length` octets (RFC 5246 §5). */
function pHash(hash: string, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  const key = createSecretKey(secret)
  let a: Uint8Array = seed
  for (let at = 0; at < length;) {
    a = hmac(hash, key, a)
    const block = hmac(hash, key, a, seed)
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
