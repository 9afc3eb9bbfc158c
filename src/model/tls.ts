/** TLS as it shows on the wire without being decrypted (RFC 8446, RFC 5246): hellos, certificates,
 * fingerprints. */
import type { Side } from './packet.ts'
import type { Micros } from './time.ts'

/** A certificate as it crossed the wire, read by node:crypto. */
export interface Certificate {
  readonly subject: string
  readonly issuer: string
  /** Subject alternative names of type DNS and IP, as written; without SAN the subject's common name stands
   * alone. */
  readonly names: readonly string[]
  /** SHA-256 of the DER, 64 lower-case hex digits. */
  readonly fingerprintSha256: string
  /** ISO 8601 UTC. */
  readonly notBefore: string
  readonly notAfter: string
  readonly selfSigned: boolean
  readonly keyType: string
}

/** What an authority answers about one certificate (RFC 6960 §4.2.1), stapled to it by the server. Its
 * signature is not checked. */
export interface OcspAnswer {
  readonly status: 'good' | 'revoked' | 'unknown'
  /** The certificate's serial number, in hex as it is encoded. */
  readonly serial: string
  /** ISO 8601 UTC: since when the answer holds, and until when; null: newer ones are always there. */
  readonly thisUpdate: string
  readonly nextUpdate: string | null
  readonly revokedAt: string | null
}

/** What a ClientHello says (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2). */
export interface ClientHello {
  readonly side: Side
  /** The packet that completed it, and when that passed. */
  readonly packet: number
  readonly time: Micros
  /** 32 octets in hex: equal on both sides of a device that passes TLS through. */
  readonly random: string
  /** The highest version offered (supported_versions counts), e.g. 0x0304. */
  readonly version: number
  readonly serverName: string | null
  readonly alpn: readonly string[]
  /** Hex of the session id offered; empty if none. In TLS 1.3 a random compatibility value. */
  readonly sessionId: string
  /** SHA-256 (first 16 octets, hex) of the session ticket offered; null if none. Tickets themselves are not
   * kept. */
  readonly ticketHash: string | null
  /** Hashes, as for tickets, of the TLS 1.3 PSK identities offered. */
  readonly pskIdentityHashes: readonly string[]
  readonly ja3: string
  readonly ja4: string
  /** SHA-256 (hex) of the whole ClientHello handshake message. */
  readonly hash: string
}

/** What the answer says. */
export interface ServerHello {
  readonly packet: number
  readonly random: string
  /** The version agreed on, e.g. 0x0303. */
  readonly version: number
  readonly cipherSuite: number
  readonly alpn: string | null
  readonly sessionId: string
  readonly ja3s: string
  /** TLS 1.3: the index of the PSK identity that the server accepted; null if none. */
  readonly selectedPsk: number | null
}
