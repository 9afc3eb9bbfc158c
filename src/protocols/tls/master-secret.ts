/**
 * Where the master secret of a connection of TLS 1.0 to 1.2 comes from, if its secrets have it: a key log, a
 * premaster secret that a key log has or a private key decrypts, or the earlier session that it resumes.
 */
import type { TlsSecrets } from '../../model/stream.ts'
import { RSA_EXCHANGE, SUITES } from './ciphers.data.ts'
import { keyHashOf } from './certificate.ts'
import { EXTENDED_MASTER_SECRET } from './constants.data.ts'
import type { Handshake } from './handshake.ts'
import { prf } from './key-schedule.ts'
import type { ServerHelloFields } from './server-hello.ts'
import { keys12, prfHash, type SessionKeys } from './session-keys.ts'
import { transcriptHash, type Transcript } from './transcript.ts'
import { hex, vectorEnd } from './vector.ts'

const MASTER_BYTES = 48
/** Octets of the encrypted premaster secret by which an `RSA` line of a key log names it. */
const RSA_KEY_BYTES = 8

/** The keys after the ClientKeyExchange whose body is `at`..`end`; null without the premaster secret. */
export function keysOfExchange(
  secrets: TlsSecrets,
  h: Handshake,
  transcript: Transcript | null,
  b: Uint8Array,
  at: number,
  end: number,
): SessionKeys | null {
  const { client, serverFields } = h
  if (client === null || serverFields === null) return null
  const premaster =
    secrets.secretOf('PMS_CLIENT_RANDOM', client.random) ?? decrypted(secrets, h, serverFields, b, at, end)
  if (premaster === undefined) return null
  const master = masterOf(premaster, client.random, serverFields, transcript)
  return master === null ? null : keys12(master, client.random, serverFields)
}

function decrypted(
  secrets: TlsSecrets,
  { certificates }: Handshake,
  { cipherSuite }: ServerHelloFields,
  b: Uint8Array,
  at: number,
  end: number,
): Uint8Array | undefined {
  if (!RSA_EXCHANGE.has(cipherSuite) || vectorEnd(b, at, 2, end) !== end) return undefined
  const from = at + 2
  const logged = secrets.secretOf('RSA', hex(b, from, Math.min(end, from + RSA_KEY_BYTES)))
  if (logged !== undefined) return logged
  const keyHash = certificates[0] === undefined ? undefined : keyHashOf(certificates[0])
  return keyHash === undefined ? undefined : secrets.premasterOf(keyHash, b.subarray(from, end))
}

/** RFC 5246 §8.1, or RFC 7627 §4 if the server agreed to that. */
function masterOf(
  premaster: Uint8Array,
  clientRandom: string,
  server: ServerHelloFields,
  transcript: Transcript | null,
): Uint8Array | null {
  const suite = SUITES.get(server.cipherSuite)
  if (suite === undefined) return null
  const hash = prfHash(server.version, suite.hash)
  if (!server.extensions.includes(EXTENDED_MASTER_SECRET)) {
    const randoms = Buffer.from(clientRandom + server.random, 'hex')
    return prf(hash, premaster, 'master secret', randoms, MASTER_BYTES)
  }
  const seed = transcript === null ? null : transcriptHash(transcript, hash)
  return seed === null ? null : prf(hash, premaster, 'extended master secret', seed, MASTER_BYTES)
}

/** The keys of a handshake that goes on with an earlier session; null if its master secret is not known. */
export function keysOfResumption(secrets: TlsSecrets, h: Handshake): SessionKeys | null {
  const { client, serverFields } = h
  if (client === null || serverFields === null || h.isFull) return null
  const isSameId = serverFields.sessionId !== '' && serverFields.sessionId === client.sessionId
  // With a ticket the server may echo any id that the client made up (RFC 5077 §3.4).
  const byTicket = client.ticketHash === null ? undefined : secrets.sessionOf(client.ticketHash)
  const master = byTicket ?? (isSameId ? secrets.sessionOf(client.sessionId) : undefined)
  return master === undefined ? null : keys12(master, client.random, serverFields)
}
