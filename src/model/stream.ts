/** What stands between the bytes of a connection and the protocols in them: the reader of a stream, and what
 * it is told of the connection. */
import type { Foreseeing, RecordsAhead } from './ahead.ts'
import type { ConnectionId } from './connection.ts'
import type { Observation } from './observation.ts'
import type { Endpoint, Side, Tap } from './packet.ts'
import type { Micros } from './time.ts'
import type { UnreadReason } from './unread.data.ts'

/** What a consumer of a byte stream answers to `data`: go on, stop (the rest of the stream costs header
 * parsing only), or ... */
export const CONTINUE = 0
export const DETACH = -1
// ... a positive number: that many further octets of this side are not wanted; they are counted, not
// delivered.
/** All the rest of this side is not wanted; its end is still told. */
export const SKIP_REST = Number.MAX_SAFE_INTEGER

/**
 * Who reads the two byte streams of one connection. Bytes arrive in order; what the capture does not hold
 * arrives as a gap.
 *
 * `bytes` is a borrowed buffer: valid during the call only. Nothing here throws on traffic.
 */
export interface StreamConsumer {
  /** Octets `start`..`end` of `bytes` are the next ones that `side` sent; `time` and `packet` are those of
   * the segment that held them. */
  data(side: Side, bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number
  /** `length` octets of `side` were not captured. Answers as `data` does. */
  gap(side: Side, length: number, time: Micros, packet: number): number
  /** `side` sends no more: FIN. */
  end(side: Side, time: Micros, packet: number): void
  /** The connection is over (reset, superseded, evicted, or the capture ended): report what is unfinished. */
  close(time: Micros): void
  /** Who is shown octets of `side` before they come. Absent, or null: nothing can be done beforehand. */
  foreseeing?(side: Side): Foreseeing | null
}

/** What a protocol parser is given about the connection that it reads. */
export interface StreamContext {
  readonly tap: Tap
  readonly connection: ConnectionId
  readonly originator: Endpoint
  readonly responder: Endpoint
  /** Where facts go; called in the order in which they become known. */
  emit(observation: Observation): void
  /** A part of the stream could not be read, or only so far: counted by reason (`http-head-too-large`).
   * Absent: nobody counts. */
  count?(reason: UnreadReason): void
  /** The connection was seen from its SYN on: what its streams begin with is what they carry. */
  readonly fromStart?: boolean | undefined
  /** What is not asked for need not be made: the text of openings, the fingerprints of handshakes. Absent:
   * all is. */
  readonly wants?: Wants | undefined
  /** Key material that an analyst gave, looked up by client random; absent without any. */
  readonly secrets?: TlsSecrets | undefined
  /** How many streams this one lies inside (TLS, a tunnel). Absent: none. */
  readonly depth?: number
}

/** What somebody above asks of the parsers beyond the bare facts. */
export interface Wants {
  /** The text of openings, for identity patterns and for joining both legs of a relay. */
  readonly openings: boolean
  /** JA3, JA3S, JA4 and the hash of ClientHello; empty strings otherwise. */
  readonly fingerprints: boolean
  /** TLS alerts after the handshake: without keys they cost a look at every record. */
  readonly alerts: boolean
  /** The header lines of responses that set no cookie; without, such a response has none. Absent: wanted. */
  readonly responseHeads?: boolean
  /** The bodies of HTTP messages: their hash, or their beginning as well. Absent: neither is wanted. */
  readonly bodies?: 'hash' | 'excerpt'
}

/** What TLS is decrypted with: key logs (SSLKEYLOGFILE) and private keys. Never logged, never stored. */
export interface TlsSecrets {
  /** The secret of that label for a key in hex; undefined if unknown. For labels of key logs
   * (`CLIENT_RANDOM`, `CLIENT_TRAFFIC_SECRET_0`, ...) the key is the client random; for `RSA` it is the
   * first 8 octets of the encrypted premaster secret. */
  secretOf(label: string, key: string): Uint8Array | undefined
  /** Premaster secrets, or private keys that decrypt them, are among the secrets: key exchanges matter. */
  readonly hasPremasters: boolean
  /** The premaster secret that was encrypted for the RSA key with this hash (SHA-256 of the
   * SubjectPublicKeyInfo, hex); undefined without that private key, and if the padding is wrong. */
  premasterOf(publicKeyHash: string, encrypted: Uint8Array): Uint8Array | undefined
  /** The master secret of a session that may be resumed, by its id in hex or the hash of its ticket. */
  sessionOf(id: string): Uint8Array | undefined
  /** Keeps one for later connections; the oldest makes room. */
  keepSession(id: string, master: Uint8Array): void
}

/** Reassembly of one connection as the connection stage sees it; `src/streams` implements it, the pipeline
 * hands it over. */
export interface SegmentConsumer {
  /** The sequence number of the first octet that `side` will send: known from its SYN. */
  startsAt(side: Side, sequence: number): void
  /** Octets `start`..`end` are captured; the segment carried `wireLength`. */
  segment(
    side: Side,
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    wireLength: number,
    time: Micros,
    packet: number,
  ): void
  /** The peer has received what `side` sent, up to `acknowledgment`. */
  acknowledged(side: Side, acknowledgment: number, time: Micros, packet: number): void
  /** FIN; `sequence` is the FIN's own number (its segment's plus its octets). Without it, it comes after what
   * was seen so far. */
  finish(side: Side, time: Micros, packet: number, sequence?: number): void
  close(time: Micros): void
  /** A segment that will probably come, of octets that were all captured: who reads the stream may have
   * work done beforehand. */
  foresee?(
    side: Side,
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    ahead: RecordsAhead,
  ): void
  /** Nobody reads any more: the caller may drop it. */
  readonly detached: boolean
}
