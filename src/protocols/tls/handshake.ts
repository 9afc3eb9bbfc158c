/**
 * The facts of one handshake, gathered from its messages as they pass, and the observation made of them.
 * A pure state: it is told messages, it emits nothing.
 */
import type { ConnectionId } from '../../model/connection.ts'
import type { TlsHandshake } from '../../model/observation.ts'
import type { Side, Tap } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import type { Certificate, ClientHello, OcspAnswer, ServerHello } from '../../model/tls.ts'
import { readChain } from './certificate.ts'
import { offeredVersion, readClientHello, type ClientHelloFields } from './client-hello.ts'
import { readCompressedChain } from './compressed-certificate.ts'
import * as is from './constants.data.ts'
import { clientFingerprints, serverFingerprint } from './fingerprint-memory.ts'
import { sha256Hex, ticketHash } from './hash.ts'
import { readCertificateStatus } from './ocsp.ts'
import { isTls13, readEncryptedExtensions, readServerHello, type ServerHelloFields } from './server-hello.ts'
import { vectorEnd } from './vector.ts'

/** Tickets of one handshake that are noted; servers issue one in TLS 1.2. */
export const TICKETS_MAX = 8

/** Octets of a handshake message's header. */
const HEADER = 4

export interface Handshake {
  /** Fingerprints of the hellos are wanted. */
  readonly withFingerprints: boolean
  /** Who sent the ClientHello; null until a hello says so. */
  clientSide: Side | null
  client: ClientHello | null
  /** The last hello of the server that is not a retry request. */
  server: ServerHello | null
  serverFields: ServerHelloFields | null
  /** The client may have sent data before the server answered (RFC 8446 §4.2.10). */
  offersEarlyData: boolean
  /** The server does not take it. */
  refusesEarlyData: boolean
  /** A HelloRetryRequest passed: it is TLS 1.3, and another ClientHello follows in clear. */
  isRetried: boolean
  certificates: readonly Certificate[]
  /** The packet that completed them. */
  certificatesIn: TlsHandshake['certificatesIn']
  clientCertificates: readonly Certificate[]
  /** OCSP answers that the server stapled. */
  ocsp: OcspAnswer[]
  ticketHashes: string[]
  /** A message passed that only a full handshake has. */
  isFull: boolean
  /** The server changed to its new keys, TLS 1.2. */
  isServerChanged: boolean
  /** The server asked for a certificate. */
  isCertificateRequested: boolean
  /** Octets of the server's first flight were not captured, or not readable: absence proves nothing. */
  isDamaged: boolean
}

export const newHandshake = (withFingerprints: boolean): Handshake => ({
  withFingerprints,
  clientSide: null,
  client: null,
  server: null,
  serverFields: null,
  offersEarlyData: false,
  refusesEarlyData: false,
  isRetried: false,
  certificates: [],
  certificatesIn: null,
  clientCertificates: [],
  ocsp: [],
  ticketHashes: [],
  isFull: false,
  isServerChanged: false,
  isCertificateRequested: false,
  isDamaged: false,
})

/** The packet that is read, and when it passed. */
export interface Seen {
  readonly packet: number
  readonly packetTime: Micros
}

/** Anything worth reporting was seen. */
export const hasFacts = (h: Handshake): boolean =>
  h.client !== null || h.server !== null || h.certificates.length > 0 || h.clientCertificates.length > 0

/** The hellos agreed on TLS 1.3, or are about to. */
export const is13 = (h: Handshake): boolean => h.isRetried || (h.server !== null && isTls13(h.server.version))

const READ: ReadonlySet<number> = new Set([
  is.CLIENT_HELLO,
  is.SERVER_HELLO,
  is.NEW_SESSION_TICKET,
  is.ENCRYPTED_EXTENSIONS,
  is.CERTIFICATE,
  is.COMPRESSED_CERTIFICATE,
  is.CERTIFICATE_STATUS,
  is.KEY_UPDATE,
])

/** The content of messages of that type is read; of others, only that they passed. */
export const isRead = (type: number): boolean => READ.has(type)

/**
 * Takes one message, `start`..`end` with its header, that `side` sent. False if it should have been readable
 * and was not.
 */
export function takeMessage(
  h: Handshake,
  side: Side,
  type: number,
  b: Uint8Array,
  start: number,
  end: number,
  seen: Seen,
): boolean {
  const at = start + HEADER
  switch (type) {
    case is.CLIENT_HELLO:
      return takeClientHello(h, side, b, start, end, seen)
    case is.SERVER_HELLO:
      return takeServerHello(h, side, b, at, end, seen)
    case is.CERTIFICATE:
    case is.COMPRESSED_CERTIFICATE:
      return takeCertificates(h, side, type, b, at, end, seen)
    case is.CERTIFICATE_STATUS:
      return readCertificateStatus(b, at, end, h.ocsp)
    case is.NEW_SESSION_TICKET:
      return takeTicket(h, b, at, end)
    case is.ENCRYPTED_EXTENSIONS:
      // Clients may send one as well (draft-vvv-tls-alps): it agrees to nothing.
      return side === h.clientSide || takeEncryptedExtensions(h, b, at, end)
    case is.CERTIFICATE_REQUEST:
      h.isCertificateRequested = true
      break
    case is.SERVER_KEY_EXCHANGE:
    case is.SERVER_HELLO_DONE:
      h.isFull = true
      break
  }
  return true
}

function takeClientHello(
  h: Handshake,
  side: Side,
  b: Uint8Array,
  start: number,
  end: number,
  seen: Seen,
): boolean {
  const fields = readClientHello(b, start + HEADER, end, h.withFingerprints)
  if (fields === null) return false
  noteClientHello(h, side, fields, h.withFingerprints ? sha256Hex(b, start, end) : '', seen)
  return true
}

/**
 * Notes a parsed ClientHello. The first one stands for the client; after a retry request only its PSKs are
 * news.
 */
export function noteClientHello(
  h: Handshake,
  side: Side,
  fields: ClientHelloFields,
  hash: string,
  { packet, packetTime: time }: Seen,
): void {
  h.clientSide = side
  h.offersEarlyData ||= fields.extensions.includes(is.EARLY_DATA)
  if (h.client !== null && h.client.random === fields.random) {
    h.client = { ...h.client, pskIdentityHashes: fields.pskIdentityHashes }
    return
  }
  const { ja3, ja4 } = h.withFingerprints ? clientFingerprints(fields) : NO_FINGERPRINTS
  h.client = {
    side,
    packet,
    time,
    random: fields.random,
    version: offeredVersion(fields),
    serverName: fields.serverName,
    alpn: fields.alpn,
    sessionId: fields.sessionId,
    ticketHash: fields.ticketHash,
    pskIdentityHashes: fields.pskIdentityHashes,
    ja3,
    ja4,
    hash,
  }
}
const NO_FINGERPRINTS = { ja3: '', ja4: '' }

function takeServerHello(
  h: Handshake,
  side: Side,
  b: Uint8Array,
  at: number,
  end: number,
  seen: Seen,
): boolean {
  const fields = readServerHello(b, at, end)
  if (fields === null) return false
  h.clientSide ??= (1 - side) as Side
  if (fields.isRetryRequest) {
    h.isRetried = true
    return true
  }
  h.serverFields = fields
  h.server = {
    packet: seen.packet,
    random: fields.random,
    version: fields.version,
    cipherSuite: fields.cipherSuite,
    alpn: fields.alpn,
    sessionId: fields.sessionId,
    ja3s: h.withFingerprints ? serverFingerprint(fields) : '',
    selectedPsk: fields.selectedPsk,
  }
  return true
}

function takeCertificates(
  h: Handshake,
  side: Side,
  type: number,
  b: Uint8Array,
  at: number,
  end: number,
  { packet, packetTime: time }: Seen,
): boolean {
  const staples: OcspAnswer[] = []
  const chain =
    type === is.CERTIFICATE
      ? readChain(b, at, end, is13(h), staples)
      : readCompressedChain(b, at, end, staples)
  if (side === h.clientSide) {
    h.clientCertificates = chain
  } else {
    h.certificates = chain
    h.certificatesIn = chain.length === 0 ? null : { packet, time }
    h.ocsp = staples
    h.isFull = true
  }
  // An empty list is what a client without a certificate sends: its length fields and nothing else.
  return chain.length > 0 || (side === h.clientSide && end - at <= 4)
}

/** NewSessionTicket of TLS 1.2 (RFC 5077 §3.3): lifetime 4, ticket. An empty one issues nothing. */
function takeTicket(h: Handshake, b: Uint8Array, at: number, end: number): boolean {
  const ticketEnd = vectorEnd(b, at + 4, 2, end)
  if (ticketEnd > at + 6 && h.ticketHashes.length < TICKETS_MAX)
    h.ticketHashes.push(ticketHash(b, at + 6, ticketEnd))
  return ticketEnd >= 0
}

function takeEncryptedExtensions(h: Handshake, b: Uint8Array, at: number, end: number): boolean {
  const { alpn, earlyData } = readEncryptedExtensions(b, at, end)
  h.refusesEarlyData = !earlyData
  if (h.server !== null && alpn !== null) h.server = { ...h.server, alpn }
  return true
}

/**
 * The hash of the ticket in a NewSessionTicket of TLS 1.3 (RFC 8446 §4.6.1), header included; null if it does
 * not fit.
 */
export function readTicket13(b: Uint8Array, start: number, end: number): string | null {
  const nonceEnd = vectorEnd(b, start + HEADER + 8, 1, end)
  const ticketEnd = vectorEnd(b, nonceEnd, 2, end)
  return ticketEnd < 0 ? null : ticketHash(b, nonceEnd + 2, ticketEnd)
}

/** Whether the server went on with an earlier session; null if what was seen does not tell. */
function isResumed(h: Handshake): boolean | null {
  if (h.server === null) return null
  if (isTls13(h.server.version)) return h.server.selectedPsk !== null
  if (h.isFull) return false
  const offered = h.client?.sessionId ?? ''
  if (offered !== '' && offered === h.server.sessionId) return true
  return h.isServerChanged && !h.isDamaged ? true : null
}

/** Session id, as it is, or tickets, as hashes, that the server gave out for later. */
export function issued(h: Handshake): readonly string[] {
  const id = h.server?.sessionId ?? ''
  // An id that the client brought is not issued: in TLS 1.3 it is an echo, in TLS 1.2 the session that goes
  // on.
  if (id === '' || is13(h) || h.client === null || id === h.client.sessionId) return h.ticketHashes
  return [id, ...h.ticketHashes]
}

/** What is known of the handshake, as an observation. */
export const handshakeObservation = (
  h: Handshake,
  on: { readonly tap: Tap; readonly connection: ConnectionId },
  time: Micros,
  { packet, packetTime }: Seen,
  decrypted: boolean,
): TlsHandshake => ({
  kind: 'tls-handshake',
  time,
  tap: on.tap,
  connection: on.connection,
  client: h.client,
  server: h.server,
  certificates: h.certificates,
  certificatesIn: h.certificatesIn,
  clientCertificates: h.clientCertificates,
  ...(h.ocsp.length === 0 ? {} : { ocsp: h.ocsp }),
  resumed: isResumed(h),
  issuedTicketHashes: issued(h),
  packet,
  packetTime,
  decrypted,
})
