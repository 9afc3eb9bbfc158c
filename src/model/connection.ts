/** A connection as it stands in the account of one: both directions of one TCP 5-tuple, from its first packet
 * to its last (RFC 9293). */
import type { Endpoint, Side, Tap } from './packet.ts'
import { MILLISECOND, type Micros } from './time.ts'

/** Lasting number of a connection, unique over all taps of an analysis; rows of the table below are reused,
 * this is not. */
export type ConnectionId = number

/** Numbers that the connections of one tap may have: those of its streams, words of 32 bits. */
export const NUMBERS_PER_TAP = 2 ** 32

/** The number of a connection: its stream's, and before that its tap's position. The engine keeps small
 * numbers without a box, and a single capture has no others (of a million connections, 23 of 392 MB). */
export const connectionNumber = (stream: number, tap: number): ConnectionId =>
  tap * NUMBERS_PER_TAP + (stream >>> 0)

/** How much of the three-way handshake was seen. */
export type HandshakeSeen = 'complete' | 'partial' | 'none'

/** The longest survived silence that an account can tell: 2^32 milliseconds, 49 d 17 h. One that is longer
 * stands there as this. */
export const LONGEST_SURVIVED_MAX: Micros = 0xffffffff * MILLISECOND

/** Why a connection is over, in contract terms seen from the originator (`client`) and the responder
 * (`server`). */
export type EndReason =
  | 'client-fin'
  | 'server-fin'
  | 'client-rst'
  | 'server-rst'
  | 'middlebox-rst'
  | 'silent'
  | 'superseded'
  | 'open'
  | 'evicted'

/** What one side of a SYN says about the host that sent it: for telling hosts and devices apart. */
export interface SynFacts {
  readonly hopLimit: number
  readonly window: number
  /** Maximum segment size, or 0. */
  readonly mss: number
  /** Window scale shift, or -1. */
  readonly windowScale: number
  /** Option kinds in order, e.g. `2,4,8,1,3`. */
  readonly options: string
}

/** What one side did over the life of a connection, as of some moment. */
export interface HalfSummary {
  readonly packets: number
  /** TCP payload octets on the wire, retransmissions included. */
  readonly bytes: number
  /** Stream octets, each counted once. */
  readonly uniqueBytes: number
  readonly retransmissions: number
  /** Of both sides together, in the originator's half; 0 in the responder's. */
  readonly outOfOrder: number
  /** RFC 9293 §3.8.4 style probes; they are not data. */
  readonly keepAlives: number
  readonly zeroWindows: number
  readonly captureDuplicates: number
  /** Octets that the other side acknowledged and the capture does not hold; where its acknowledgments were
   * not captured, all that are missing between those that were. */
  readonly missingBytes: number
  readonly lastPacketAt: Micros | null
  readonly finAt: Micros | null
  readonly finPacket: number | null
  readonly rstAt: Micros | null
  /** Segments or probes in a row, sent last, that the other side never answered. */
  readonly unanswered: number
  /** Time of the first of them. */
  readonly unansweredSince: Micros | null
  readonly unansweredPacket: number | null
  readonly hopLimit: number | null
  readonly hardware: string | null
}

export interface ConnectionSummary {
  readonly connection: ConnectionId
  readonly tap: Tap
  /** Wireshark's tcp.stream within the file. */
  readonly stream: number
  /** The tunnels that its first packet came through, outermost first: `vxlan 42 10.0.0.1 10.0.0.2`. Absent or
   * empty: none. */
  readonly path?: readonly string[]
  readonly originator: Endpoint
  readonly responder: Endpoint
  /** False if the capture began later than the connection and the roles were guessed from ports. */
  readonly rolesKnown: boolean
  readonly start: Micros
  readonly end: Micros
  readonly firstPacket: number
  readonly lastPacket: number
  readonly handshake: HandshakeSeen
  readonly handshakeRtt: Micros | null
  readonly halves: readonly [HalfSummary, HalfSummary]
  /** The longest silence inside, keep-alives counting as packets. */
  readonly maxIdle: Micros
  /** The longest silence that was answered and that nothing casts doubt on, to the millisecond above, at most
   * LONGEST_SURVIVED_MAX; 0 if there was none as long as the tap tells of. */
  readonly longestSurvived: Micros
  /** The silence before the packet that ended it (FIN or RST), or before the end of the capture. */
  readonly idleBeforeEnd: Micros
  /** Null where flow records do not tell. */
  readonly endReason: EndReason | null
  /** Which side's FIN or RST came first; null if neither, or if that is not known. */
  readonly endedBy: Side | null
  /** Where flow records, not packets, told of it: `bytes` are estimates, counts of packets that were sent
   * again or came out of order are not known, and a silence may be hidden. Absent: packets did. */
  readonly flows?: FlowAccount
}

/** What flow records tell of a connection besides. */
export interface FlowAccount {
  /** The longest silence that there may have been: what a record spans, or its exporter's inactive
   * timeout. */
  readonly maxIdleAtMost: Micros
  /** Octets of IP that each side sent. */
  readonly octets: readonly [number, number]
}
