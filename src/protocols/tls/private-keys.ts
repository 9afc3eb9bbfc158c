/**
 * Private keys of servers with the static RSA exchange (RFC 5246 §7.4.7.1): what a client encrypted for the
 * key in the server's certificate, the private key decrypts.
 *
 * The padding is taken off here, in the open (RFC 8017 §7.2.2): OpenSSL answers wrong padding with random
 * octets, which protects servers and would deceive an analyst. The keys live in a closure, as secrets do.
 */
import { constants, createHash, createPrivateKey, createPublicKey, privateDecrypt } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** Private keys that are kept; those after them are not. An estate has a handful. */
const KEYS_MAX = 64
/** The longest text or DER that is tried: RSA of 16,384 bits takes 13 KiB in PEM. */
export const KEY_CHARACTERS_MAX = 32 * 1024
/** Version and random (RFC 5246 §7.4.7.1). */
const PREMASTER_BYTES = 48
/** 00 02, at least 8 octets that are not zero, 00. */
const PADDING_BYTES_MIN = 11

export interface PrivateKeys {
  readonly count: number
  /** Takes an RSA key in PEM, or in DER (PKCS #1 or #8). False if it is none, or encrypted, or too many. */
  add(key: string | Uint8Array): boolean
  /** As TlsSecrets.premasterOf. */
  premasterOf(publicKeyHash: string, encrypted: Uint8Array): Uint8Array | undefined
}

export function privateKeys(): PrivateKeys {
  const byPublicKey = new Map<string, KeyObject>()
  return {
    get count() {
      return byPublicKey.size
    },
    add(text) {
      const key = byPublicKey.size < KEYS_MAX ? rsaKey(text) : null
      if (key !== null) byPublicKey.set(publicKeyHash(createPublicKey(key)), key)
      return key !== null
    },
    premasterOf(hash, encrypted) {
      const key = byPublicKey.get(hash)
      return key === undefined ? undefined : decrypt(key, encrypted)
    },
  }
}

/** SHA-256 of the SubjectPublicKeyInfo, in hex. */
export const publicKeyHash = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')

function rsaKey(text: string | Uint8Array): KeyObject | null {
  if (text.length > KEY_CHARACTERS_MAX) return null
  if (typeof text === 'string') return rsaKeyOf({ key: text, format: 'pem' })
  const key = Buffer.from(text)
  return rsaKeyOf({ key, format: 'der', type: 'pkcs8' }) ?? rsaKeyOf({ key, format: 'der', type: 'pkcs1' })
}

function rsaKeyOf(input: Parameters<typeof createPrivateKey>[0]): KeyObject | null {
  try {
    const key = createPrivateKey(input)
    return key.asymmetricKeyType === 'rsa' ? key : null
  } catch {
    return null // Encrypted, or no key: the caller says that the file holds none.
  }
}

function decrypt(key: KeyObject, encrypted: Uint8Array): Uint8Array | undefined {
  try {
    return premasterIn(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encrypted))
  } catch {
    return undefined // The number is not one of this key's.
  }
}

/** What stands behind the padding 00 02 ... 00, if it has the length of a premaster secret. */
function premasterIn(padded: Uint8Array): Uint8Array | undefined {
  const at = padded.length - PREMASTER_BYTES
  if (at < PADDING_BYTES_MIN || padded[0] !== 0 || padded[1] !== 2) return undefined
  return padded.indexOf(0, 2) === at - 1 ? new Uint8Array(padded.subarray(at)) : undefined
}
