/**
 * Observations: timestamped facts with packet references. The border of the house: below it columns, above it
 * plain objects.
 *
 * An observation is immutable, complete and serialisable: recorded, it replays. `time` is when the capture
 * made it known (never earlier than the facts that it reports), so a stream of observations is ordered by
 * `time`.
 */
import type { AgentAnswer, AgentPackage, AgentRequest } from './agent-message.ts'
import type { ConnectionId, ConnectionSummary, HandshakeSeen, SynFacts } from './connection.ts'
import type { HttpAmbiguity } from './http-ambiguities.data.ts'
import type { HeaderLine, HttpBody, HttpRequest, HttpResponse } from './http.ts'
import type { DnsAnswer, DnsLogged, DnsUnanswered } from './dns.ts'
import type { Endpoint, Side, Tap } from './packet.ts'
import type { ProxyExtensions } from './proxy.ts'
import type { SmtpReply, SmtpSession } from './smtp.ts'
import type { Micros } from './time.ts'
import type { Certificate, ClientHello, OcspAnswer, ServerHello } from './tls.ts'

interface OnConnection {
  readonly time: Micros
  readonly tap: Tap
  readonly connection: ConnectionId
}

/** With both endpoints, because these may be all that is told of a connection for hours. */
interface OnEndpoints extends OnConnection {
  readonly originator: Endpoint
  readonly responder: Endpoint
}

/** A connection is open: its handshake completed, or it was open before the capture began and its first
 * packet passed. */
export interface ConnectionOpened extends OnEndpoints {
  readonly kind: 'connection-opened'
  /** The first packet seen: the SYN, if there was one. */
  readonly packet: number
  readonly start: Micros
  readonly rolesKnown: boolean
  readonly handshake: HandshakeSeen
  readonly handshakeRtt: Micros | null
  readonly syn: readonly [SynFacts | null, SynFacts | null]
  /** Initial sequence numbers: the same on both sides of a device that only translates addresses. Null where
   * neither the SYN was seen nor what answers it. */
  readonly initialSequence: readonly [number | null, number | null]
  /** MAC address of each side on this segment, or null. */
  readonly hardware: readonly [string | null, string | null]
  /** The MAC address that the responder's SYN/ACK was sent to; null if that was not seen. */
  readonly answeredTo: string | null
  /** VLAN and MPLS tags folded into a number; 0 without. */
  readonly tag: number
  /** The name of the server that it was opened for, where a log of flows says it. */
  readonly name?: string
  /** Under what the originator goes on, where flow records of a translator of addresses say it; port 0: they
   * do not say which. */
  readonly outer?: Endpoint
}

/** A try that came to nothing: the SYN was refused, or never answered. */
export interface ConnectionFailed extends OnEndpoints {
  readonly kind: 'connection-failed'
  readonly packet: number
  readonly start: Micros
  readonly manner: 'refused' | 'unanswered' | 'aborted'
  /** SYNs sent. */
  readonly attempts: number
}

/** What broke a silence. */
export type SilenceBreaker = 'data' | 'keep-alive' | 'acknowledgment' | 'fin' | 'rst'

/**
 * How a silence ended: `answered` (the other side answered: the connection survived it), `reset` (the first
 * packet after it drew a RST), `unanswered` (nobody ever answered), `closed` (broken by a FIN), `aborted`
 * (broken by a RST that nothing provoked), `unknown` (the capture ended before an answer could come).
 */
export type SilenceOutcome = 'answered' | 'reset' | 'unanswered' | 'closed' | 'aborted' | 'unknown'

/**
 * Time without packets on an open connection, and what became of the connection. Of the silences that were
 * answered only a connection's first is told: they are the ordinary case, and the longest of them stands in
 * its final account.
 */
export interface Silence extends OnEndpoints {
  readonly kind: 'silence'
  /** The last packet before it. Number 0: it passed before the capture, whose first frame's time is
   * `start`. */
  readonly start: Micros
  readonly startPacket: number
  readonly startSide: Side
  /** The packet that broke it. */
  readonly end: Micros
  readonly endPacket: number
  readonly brokenBy: Side
  readonly breaker: SilenceBreaker
  /** Last packet of each side before the silence: a device may count one direction only. */
  readonly lastFrom: readonly [Micros | null, Micros | null]
  readonly outcome: SilenceOutcome
  /** The packet that settled the outcome: the answer, the reset; null if there is none. */
  readonly outcomePacket: number | null
  readonly outcomeAt: Micros | null
  /** Packets that the breaker sent again without an answer, and the last of them. */
  readonly retransmissions: number
  readonly lastRetransmission: number | null
  readonly lastRetransmissionAt: Micros | null
  /** Keep-alive probes before the silence, by either side: the application was idle for longer than the
   * wire. */
  readonly keepAlivesBefore: number
  /** Unacknowledged octets in flight when the silence began: not an idle connection but an interrupted
   * one. */
  readonly inFlight: number
  /** The longest time within the silence in which this tap saw no frame at all: a blind tap or a clock step
   * looks like silence. */
  readonly tapSilence: Micros
  /** Octets of its stream that each side had sent when the packet came: what came again counts once. */
  readonly bytes: readonly [number, number]
  /** By how much it may have been shorter or longer, where flow records tell of it. Absent: exact. */
  readonly uncertainty?: Micros
}

/** A RST that the connection's window makes valid (RFC 5961 §3.2); others are counted, not believed. That a
 * receiver challenged it may show later: `ResetChallenged`. */
export interface Reset extends OnEndpoints {
  readonly kind: 'reset'
  readonly packet: number
  readonly from: Side
  readonly sequence: number
  /** sequence - what the sender was expected to send next. */
  readonly sequenceOffset: number
  /** It carries an ACK: a live socket aborts so; one without state does not (RFC 9293 §3.10.7.1). */
  readonly acknowledges: boolean
  /** The raw 16-bit window field: some vendors put a reason there. Null where flow records tell of it, as
   * other fields of the packet's own. */
  readonly window: number | null
  /** Text that the RST carries (RFC 9293 §3.5.3 allows it), or empty. */
  readonly payload: string
  readonly hopLimit: number | null
  /** Hop limit of the same side's other packets; null if there were none. */
  readonly usualHopLimit: number | null
  readonly identification: number | null
  readonly previousIdentification: number | null
  readonly hardware: string | null
  readonly usualHardware: string | null
  /** The other side's packet that it answers: the last one, if nothing else passed between; null if it came
   * unprovoked. */
  readonly provokedBy: number | null
  readonly sinceProvocation: Micros | null
  /** Since the last packet of any side before it; if it was provoked, before the packet that broke a silence
   * and drew it, 0 if none did. */
  readonly idleBefore: Micros
  /** Since the last packet of the side that the RST claims as its sender; null if there was none. */
  readonly sinceOwn: Micros | null
  /** Round trip from this tap to the side that the RST claims as its sender, measured in the handshake. */
  readonly legRtt: Micros | null
  /** A FIN had passed before, from the same side or the other. */
  readonly afterFin: boolean
  /** Both sides ended, and flow records do not tell which of them first. Absent: it is known. */
  readonly orderKnown?: false
  /** Octets of its stream that each side had sent when the packet came: what came again counts once. */
  readonly bytes: readonly [number, number]
}

/**
 * A RST that was told did not end the connection: it was not exactly where its receiver stood, which answers
 * such a one with a challenge ACK (RFC 5961 §3.2), and both sides go on.
 */
export interface ResetChallenged extends OnConnection {
  readonly kind: 'reset-challenged'
  /** The side that the RST claims as its sender. */
  readonly from: Side
  /** The RST. */
  readonly reset: number
  /** The packet that shows it: the answer to what was sent since. */
  readonly packet: number
}

/** A side closed its half. */
export interface Finished extends OnEndpoints {
  readonly kind: 'finished'
  /** That of the FIN; or of the other side's, which acknowledges one that is not captured before it. */
  readonly packet: number
  readonly from: Side
  /** Since the last packet of any side before it. */
  readonly idleBefore: Micros
  /** No FIN or RST came before it. */
  readonly first: boolean
  /** Octets of its stream that each side had sent when the packet came: what came again counts once. */
  readonly bytes: readonly [number, number]
  /** Null where its packet was not captured. */
  readonly hopLimit: number | null
  readonly usualHopLimit: number | null
  readonly orderKnown?: false
}

/** Whether `one` ended its side before `other`. A FIN that its answer alone shows has the time of that. */
export const isEarlierEnd = (one: Finished | Reset | null, other: Finished | Reset | null): boolean => {
  if (one === null || other === null) return one !== null
  return one.time < other.time || (one.time === other.time && one.kind === 'finished' && one.first)
}

/** A side's probes or retransmissions stay unanswered: told at the second in a row, and whenever their number
 * has doubled. */
export interface Unanswered extends OnEndpoints {
  readonly kind: 'unanswered'
  readonly from: Side
  readonly count: number
  readonly since: Micros
  readonly firstPacket: number
  readonly packet: number
  readonly keepAlive: boolean
  /** Of the packets that ask; absent where it is not known. */
  readonly hopLimit?: number
}

/**
 * A segment without a handshake whose numbers fit another connection to the same responder: the same bytes go
 * on under another address or port. Both numbers fall into that connection's windows; by chance, one in 2^32
 * of strange segments would.
 */
export interface ConnectionContinued extends OnEndpoints {
  readonly kind: 'connection-continued'
  readonly packet: number
  readonly previous: ConnectionId
  readonly previousOriginator: Endpoint
  /** The last packet of the connection that it continues. */
  readonly previousPacket: number
  readonly previousAt: Micros
  /** Distance of its sequence number from the next one expected, and of its acknowledgment from the last one
   * given. */
  readonly sequenceOffset: number
  readonly acknowledgmentOffset: number
}

/** A translator of addresses says that an open connection goes on under another address or port than
 * before. */
export interface MappingChanged extends OnEndpoints {
  readonly kind: 'mapping-changed'
  readonly packet: number
  readonly from: Endpoint
  readonly to: Endpoint
  /** Where it was last told under the former one. */
  readonly previousPacket: number
  readonly previousAt: Micros
  /** Packets without a SYN passed under the new one. False: that is not told, only that the connection's own
   * addresses and ports are the same. */
  readonly goesOn: boolean
}

/**
 * A connection that was seen to begin is a minute old, and its responder has sent FIRST_MINUTE_OCTETS or
 * more: what each side sent within the minute. Nothing is told of others; their responders sent less.
 */
export interface FirstMinute extends OnEndpoints {
  readonly kind: 'first-minute'
  readonly bytes: readonly [number, number]
}
/** A TLS handshake with its certificates takes 4 to 6 kB: what is less is no download. */
export const FIRST_MINUTE_OCTETS = 8192

/** Flow records show that an open connection goes on: both sides have packets at that time. Packets that say
 * so are not told of; of records there are few. */
export interface Answering extends OnEndpoints {
  readonly kind: 'answering'
  readonly packet: number
}

/** The connection is over, or the capture is: its final account. */
export interface ConnectionClosed extends OnConnection {
  readonly kind: 'connection-closed'
  readonly summary: ConnectionSummary
}

/**
 * The connection has been silent for long, and is open as far as anybody saw: its account so far. Told where
 * somebody waits to hear it, again and again for as long as it lasts.
 */
export interface ConnectionIdle extends OnConnection {
  readonly kind: 'connection-idle'
  readonly summary: ConnectionSummary
}

/** The first octets that a side sent: identity patterns and the other leg of a relayed connection are found
 * by them. */
export interface Opening extends OnConnection {
  readonly kind: 'opening'
  readonly side: Side
  /** The packet that brought the first of them, and when that passed. */
  readonly packet: number
  readonly packetTime: Micros
  /** At most OPENING_BYTES octets, as Latin-1 text. */
  readonly text: string
  /** The protocol that it begins, as recognised: `http`, `tls`, `smtp`, ..., or null. */
  readonly protocol: string | null
}
/** Octets of a stream's beginning that are looked at for identity patterns: one full Ethernet segment. */
export const OPENING_BYTES = 1460

/** A PROXY protocol header (v1 or v2): the true client, as the sender claims it. */
export interface ProxyHeader extends OnConnection {
  readonly kind: 'proxy-header'
  readonly packet: number
  readonly version: 1 | 2
  readonly source: Endpoint | null
  readonly destination: Endpoint | null
  /** Version 2's LOCAL: the proxy speaks for itself, as its health checks do. */
  readonly local: boolean
  readonly family: 'inet' | 'inet6' | 'unix' | 'unspecified'
  /** What the header says further; null without any. */
  readonly extensions: ProxyExtensions | null
}

/** One side's hello messages and what followed, as far as visible. Emitted once, when the handshake is over
 * or cannot go on. */
export interface TlsHandshake extends OnConnection {
  readonly kind: 'tls-handshake'
  readonly client: ClientHello | null
  readonly server: ServerHello | null
  /** The server's chain, leaf first; empty if it was not visible. */
  readonly certificates: readonly Certificate[]
  /** The packet that completed that chain, and when it passed; null if none was visible. */
  readonly certificatesIn: { readonly packet: number; readonly time: Micros } | null
  readonly clientCertificates: readonly Certificate[]
  /** OCSP answers stapled to the server's certificates; absent: none were seen. */
  readonly ocsp?: readonly OcspAnswer[]
  /** The server went on with an earlier session: abbreviated handshake, or a PSK accepted. Null if it cannot
   * be told. */
  readonly resumed: boolean | null
  /** What the server issued for later resumption: session id or tickets, each as ClientHello has it. */
  readonly issuedTicketHashes: readonly string[]
  /** The packet that was read when it was over, and when that passed. */
  readonly packet: number
  readonly packetTime: Micros
  readonly decrypted: boolean
}

/** A session ticket issued after the handshake (TLS 1.3, visible with keys only). */
export interface TlsTicket extends OnConnection {
  readonly kind: 'tls-ticket'
  readonly packet: number
  readonly ticketHash: string
}

/** A TLS alert record. Encrypted ones show their length only; a close_notify then is `likelyCloseNotify`. */
export interface TlsAlert extends OnConnection {
  readonly kind: 'tls-alert'
  readonly packet: number
  readonly from: Side
  /** RFC 8446 §6 numbers; null if encrypted. */
  readonly level: number | null
  readonly description: number | null
  /** An encrypted alert right before the side's FIN. */
  readonly encrypted: boolean
}

/** One request and its response; either may be missing when the connection broke or the capture lost it. */
export interface HttpTransaction extends OnConnection {
  readonly kind: 'http-transaction'
  /** Side that asked: the originator, save for protocols that turn around. */
  readonly requestFrom: Side
  readonly request: HttpRequest | null
  /** Final response; interim (1xx) ones that carried Set-Cookie stand in `interim`. */
  readonly response: HttpResponse | null
  readonly interim: readonly HttpResponse[]
  /** Position in the connection, from 0. */
  readonly index: number
  /** It was read inside TLS. */
  readonly decrypted: boolean
  /** HTTP/2 only. */
  readonly stream?: number
  /** The server sent the request as well (PUSH_PROMISE): nobody asked. */
  readonly pushed?: boolean
}

/** The head of a request, as soon as it has passed: the first moment at which identity is known. */
export interface HttpRequestSeen extends OnConnection {
  readonly kind: 'http-request'
  readonly requestFrom: Side
  readonly request: HttpRequest
  readonly index: number
  readonly decrypted: boolean
  /** HTTP/2 only. */
  readonly stream?: number
}

/** A message's body is over, or will not be seen to its end. Only where bodies are wanted. */
export interface HttpBodySeen extends OnConnection {
  readonly kind: 'http-body'
  readonly from: Side
  readonly of: 'request' | 'response'
  /** That of its transaction. */
  readonly index: number
  readonly body: HttpBody
  /** Fields behind the body. */
  readonly trailers: readonly HeaderLine[]
  readonly ambiguities: readonly HttpAmbiguity[]
  /** The packet that held its end. */
  readonly packet: number
  readonly decrypted: boolean
  /** HTTP/2 only. */
  readonly stream?: number
}

/** Another protocol takes over, with the server's consent: the connection, or one stream of it. */
export interface HttpUpgraded extends OnConnection {
  readonly kind: 'http-upgrade'
  /** As the server named it, in lower case: `websocket`, `h2c`; empty if it did not. */
  readonly protocol: string
  readonly requestFrom: Side
  /** That of its transaction. */
  readonly index: number
  readonly packet: number
  readonly decrypted: boolean
  /** HTTP/2 only (RFC 8441). */
  readonly stream?: number
}

/** A side takes no more streams (GOAWAY, RFC 9113 §6.8). */
export interface Http2GoAway extends OnConnection {
  readonly kind: 'http2-goaway'
  readonly from: Side
  /** The last stream of the other side that it may have acted on. */
  readonly lastStream: number
  readonly errorCode: number
  /** `NO_ERROR`, `ENHANCE_YOUR_CALM`, ...; null for a code that the standard does not name. */
  readonly error: string | null
  /** Additional debug data, at most GOAWAY_TEXT_MAX octets, as Latin-1 text. */
  readonly text: string
  readonly packet: number
  readonly decrypted: boolean
}
export const GOAWAY_TEXT_MAX = 256

/** A side gives a stream up (RST_STREAM, RFC 9113 §6.4). */
export interface Http2Reset extends OnConnection {
  readonly kind: 'http2-reset'
  readonly from: Side
  readonly stream: number
  readonly errorCode: number
  readonly error: string | null
  /** That of the stream's transaction; null if its request was not seen. */
  readonly index: number | null
  readonly packet: number
  readonly decrypted: boolean
}

/** Nobody listened at this tap for a while, or so much was lost that whole connections may be missing; told
 * as soon as it is known. What then passed was not seen. */
export interface CaptureBlind {
  readonly kind: 'capture-blind'
  readonly time: Micros
  readonly tap: Tap
  readonly start: Micros
  readonly end: Micros
}

/** The capture of this tap is over. It closes nothing. */
export interface CaptureEnded {
  readonly kind: 'capture-ended'
  readonly time: Micros
  readonly tap: Tap
}

export type Observation =
  | ConnectionOpened
  | ConnectionFailed
  | Silence
  | Reset
  | ResetChallenged
  | Finished
  | Unanswered
  | ConnectionContinued
  | MappingChanged
  | FirstMinute
  | Answering
  | ConnectionClosed
  | ConnectionIdle
  | Opening
  | ProxyHeader
  | TlsHandshake
  | TlsTicket
  | TlsAlert
  | HttpTransaction
  | HttpRequestSeen
  | HttpBodySeen
  | HttpUpgraded
  | Http2GoAway
  | Http2Reset
  | AgentRequest
  | AgentAnswer
  | AgentPackage
  | SmtpReply
  | SmtpSession
  | DnsAnswer
  | DnsUnanswered
  | DnsLogged
  | CaptureBlind
  | CaptureEnded

export type ObservationKind = Observation['kind']
export type ObservationOf<K extends ObservationKind> = Extract<Observation, { kind: K }>
