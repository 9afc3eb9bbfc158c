/** Which keys a connection has: what a key log holds for its hellos, made into record openers. */
import type { TlsSecrets } from '../../model/stream.ts'
import { HASH_BYTES, SUITES, type Hash, type Suite } from './ciphers.data.ts'
import { ENCRYPT_THEN_MAC, TLS_1_0, TLS_1_2, TLS_1_3 } from './constants.data.ts'
import { aeadOpener, cbcOpener, opener13, type RecordOpener } from './decryption.ts'
import { keyBlock, nextTrafficSecret } from './key-schedule.ts'
import type { ServerHelloFields } from './server-hello.ts'
import { isTls13 } from './server-hello.ts'

export type Role = 'client' | 'server'
/**
 * TLS 1.3 changes keys as the handshake goes on (RFC 8446 §7.1); earlier versions know `application` only.
 */
export type Epoch = 'early' | 'handshake' | 'application'

export interface SessionKeys {
  /**
   * An opener for records `role` sends in `epoch`; null if there is no secret for it. `updates`: KeyUpdates
   * before.
   */
  opener(role: Role, epoch: Epoch, updates?: number): RecordOpener | null
  /** The master secret of TLS 1.0 to 1.2, by which a later connection may go on; null in TLS 1.3. */
  readonly master: Uint8Array | null
}

/**
 * The first draft whose key schedule and record protection are those of RFC 8446 (additional data: draft 25).
 */
const FIRST_DRAFT_LIKE_FINAL = 0x7f19

/**
 * The keys for a connection whose hellos these are; null without secrets for it, or if its suite, version or
 * compression is not one that can be opened.
 */
export function sessionKeys(
  secrets: TlsSecrets,
  clientRandom: string,
  server: ServerHelloFields,
): SessionKeys | null {
  if (isTls13(server.version)) return keys13(secrets, clientRandom, server)
  const master = secrets.secretOf('CLIENT_RANDOM', clientRandom)
  return master === undefined ? null : keys12(master, clientRandom, server)
}

const LABELS: { readonly [role in Role]: { readonly [epoch in Epoch]: string | null } } = {
  client: {
    early: 'CLIENT_EARLY_TRAFFIC_SECRET',
    handshake: 'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
    application: 'CLIENT_TRAFFIC_SECRET_0',
  },
  server: {
    early: null,
    handshake: 'SERVER_HANDSHAKE_TRAFFIC_SECRET',
    application: 'SERVER_TRAFFIC_SECRET_0',
  },
}

const LABELS_13 = [...Object.values(LABELS.server), ...Object.values(LABELS.client)].filter(
  (label) => label !== null,
)

function keys13(secrets: TlsSecrets, clientRandom: string, server: ServerHelloFields): SessionKeys | null {
  const suite = SUITES.get(server.cipherSuite)
  if (suite === undefined) return null
  const { bulk, hash } = suite
  const isFinal = server.version === TLS_1_3 || server.version >= FIRST_DRAFT_LIKE_FINAL
  const hasAny = LABELS_13.some((label) => secrets.secretOf(label, clientRandom) !== undefined)
  if (!isFinal || bulk.kind !== 'aead' || !hasAny) return null
  return {
    master: null,
    opener(role, epoch, updates = 0) {
      const label = LABELS[role][epoch]
      let secret = label === null ? undefined : secrets.secretOf(label, clientRandom)
      if (secret === undefined) return null
      for (let i = 0; i < updates; i++) secret = nextTrafficSecret(hash, secret)
      return opener13(bulk, hash, secret)
    },
  }
}

/** The PRF of TLS 1.2 uses SHA-256 unless the suite says SHA-384 (RFC 5246 §5). */
export const prfHash = (version: number, hash: Hash): Hash | null =>
  version < TLS_1_2 ? null : hash === 'sha384' ? 'sha384' : 'sha256'

/** The keys that a master secret makes; null if suite, version or compression cannot be opened. */
export function keys12(
  master: Uint8Array,
  clientRandom: string,
  server: ServerHelloFields,
): SessionKeys | null {
  const suite = SUITES.get(server.cipherSuite)
  const isOpenable = server.version >= TLS_1_0 && server.version <= TLS_1_2 && server.compression === 0
  return isOpenable && suite !== undefined ? keysOfSuite(master, clientRandom, server, suite) : null
}

function keysOfSuite(
  master: Uint8Array,
  clientRandom: string,
  server: ServerHelloFields,
  { bulk, hash }: Suite,
): SessionKeys {
  const macBytes = bulk.kind === 'cbc' ? HASH_BYTES[hash] : 0
  const { keyBytes, ivBytes } = bulk
  // Both sides' MAC keys, then their keys, then their vectors. Cut when they are asked for: six views, kept
  // for each connection, would be several times as large.
  const block = keyBlock(
    prfHash(server.version, hash),
    master,
    Buffer.from(clientRandom, 'hex'),
    Buffer.from(server.random, 'hex'),
    2 * (macBytes + keyBytes + ivBytes),
  )
  const part = (at: number, length: number): Uint8Array => block.subarray(at, at + length)
  const macIsOutside = server.extensions.includes(ENCRYPT_THEN_MAC)
  return {
    master,
    opener(role, epoch) {
      if (epoch !== 'application') return null
      const side = role === 'client' ? 0 : 1
      const macKey = part(side * macBytes, macBytes)
      const key = part(2 * macBytes + side * keyBytes, keyBytes)
      const iv = part(2 * (macBytes + keyBytes) + side * ivBytes, ivBytes)
      return bulk.kind === 'aead'
        ? aeadOpener(bulk, key, iv)
        : cbcOpener(bulk, hash, { key, macKey, iv }, server.version, macIsOutside)
    },
  }
}
