/**
 * The layout of a connection's record: 48 words of 32 bits, three cache lines. One for the connection, one
 * for each half.
 *
 * Fields lie side by side, not in one array each: a packet touches most of them, and a record costs three
 * cache lines where columns would cost twenty. A field is a word offset; 64-bit floats take two words and are
 * read through the table's `f64` view at half the offset.
 */

/** Words of a record. */
export const RECORD_WORDS = 48
/** Words of a half. */
export const HALF_WORDS = 16

// The connection: words 0..15.
export const ADDRESS_0 = 0 // of the originator: IPv4 as a number, IPv6 as an interned id
export const ADDRESS_1 = 1
export const PORTS = 2 // originator << 16 | responder
export const SCOPE = 3 // what else tells equal tuples apart: path of tunnels << 3 | IP version
export const STATE = 4 // the bits below
export const STREAM = 5 // Wireshark's tcp.stream
export const OUT_OF_ORDER = 6
export const FIRST_PACKET = 7
export const FIRST_AT = 8 // f64
export const LAST_AT = 10 // f64
export const MAX_IDLE = 12 // f64: the longest silence
export const LAST_PACKET = 14
export const SURVIVED = 15 // milliseconds, rounded up: the longest silence known to be survived

// A half: words 16..31 (originator) and 32..47 (responder).
export const NEXT = 0 // the sequence number after the last octet sent
export const ACKNOWLEDGED = 1 // the highest acknowledgment sent
export const PACKETS = 2
export const RETRANSMISSIONS = 3
export const BYTES = 4 // f64
export const SENT_AT = 6 // f64: this half's last packet
export const WINDOW_HOP_SCALE = 8 // raw window << 16 | hop limit << 8 | window scale + 1 (0: none seen)
export const IDENTIFICATION_ZERO_WINDOWS = 9 // IPv4 identification << 16 | zero windows, saturating
export const KEEP_ALIVES = 10
export const DUPLICATES = 11
export const REPEATED = 12 // payload octets that add nothing to the stream, saturating
export const LEG_RTT = 13 // microseconds from the tap to this side and back, 0: unknown
// interned MAC << 16 | retransmissions and probes since the peer's last packet
export const HARDWARE_UNANSWERED = 14
export const INITIAL = 15 // initial sequence number, or one before the first octet seen or acknowledged

/** LEG_RTT of a leg whose packets have the same time: none that the capture's clock can tell. */
export const LEG_RTT_MIN = 1

/** Microseconds from the SYN to the acknowledgment that completes the handshake: the round trips of both
 * legs; 0 if unknown, also where all times are the same. */
export function handshakeRtt(w: Int32Array, row: number): number {
  const toOriginator = w[half(row, 0) + LEG_RTT]! >>> 0
  const toResponder = w[half(row, 1) + LEG_RTT]! >>> 0
  const isMeasured = Math.max(toOriginator, toResponder) > LEG_RTT_MIN
  return isMeasured && toOriginator > 0 && toResponder > 0 ? toOriginator + toResponder : 0
}

/** The hop limit of the last packet of a half, at word offset `h`. */
export const hopLimitOf = (w: Int32Array, h: number): number => (w[h + WINDOW_HOP_SCALE]! >>> 8) & 0xff

/** Word offset of a half within the table: `half(row, side)`. */
export const half = (row: number, side: number): number => row * RECORD_WORDS + HALF_WORDS * (1 + side)

// STATE bits. Those of the responder are those of the originator << 1.
export const SYN_SEEN = 1 << 0 // and 1 << 1
export const FIN_SEEN = 1 << 2 // and 1 << 3
export const RST_SEEN = 1 << 4 // and 1 << 5
export const STARTED = 1 << 6 // and 1 << 7: NEXT and INITIAL hold
export const ACK_SEEN = 1 << 8 // and 1 << 9: ACKNOWLEDGED holds
export const ESTABLISHED = 1 << 10 // the handshake completed
export const UNOPENED = 1 << 11 // not yet told as connection-opened
export const FAILED = 1 << 12 // told as connection-failed
export const ROLES_GUESSED = 1 << 13
export const WAKING = 1 << 14 // a silence was broken; what becomes of the connection is not known yet
export const OVER = 1 << 15 // ended; lingers for stragglers
export const DETACHED = 1 << 16 // nobody reads its streams
export const READ = 1 << 17 // somebody reads its streams: `table.streams`
export const DULL = 1 << 18 // and 1 << 19: the side began with nothing that is read
export const RETRIED = 1 << 20 // over, and a SYN asked for it again
export const ANSWERED = 1 << 21 // a silence was answered, and told
export const RESUMED = 1 << 22 // its streams were read before a restart: they go on in the middle
export const INEXACT = 1 << 23 // and 1 << 24: the side's RST was not exactly where its receiver stood
export const ASKED = 1 << 25 // and 1 << 26: after such a RST, the side sent what asks for an answer
export const UNTIMED = 1 << 27 // opened by the responder: the originator has not acknowledged the SYN/ACK
export const SPOKE_LAST = 1 << 28 // and 1 << 29: the latest octets are the side's

/** Bits of SCOPE below the path. */
export const PATH_SHIFT = 3
export const VERSION_MASK = (1 << PATH_SHIFT) - 1

/** The bit of a side: `bit(FIN_SEEN, side)`. */
export const bit = (originatorBit: number, side: number): number => originatorBit << side
