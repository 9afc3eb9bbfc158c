/**
 * The layout of a connection's record where flow records, not packets, told of it. It lies in the same table
 * (table.ts), and shares what the table itself looks at: addresses, ports, scope, state and stream.
 *
 * Words and halves are as in fields.ts; 64-bit floats take two words and are read through the table's `f64`
 * view at half the offset.
 */
import { HALF_WORDS, RECORD_WORDS } from '../fields.ts'

export { ADDRESS_0, ADDRESS_1, PORTS, RECORD_WORDS, STATE, STREAM } from '../fields.ts'

// The connection: words 0..15, of which the table knows 0 to 5.
export const DUE = 6 // f64: when something of it is told next; Infinity: nothing waits
export const FIRST_AT = 8 // f64: the earliest time of a record
export const LAST_AT = 10 // f64: the latest
export const MAX_IDLE = 12 // f64: the longest time between records, at least that of the shortest silence
export const HIDDEN = 14 // milliseconds, rounded up: the longest silence that a record may hide
export const SURVIVED = 15 // milliseconds, rounded up: the longest silence known to be survived

// A half: words 16..31 and 32..47.
export const PACKETS = 0
export const SOURCE = 1 // whose account counts: exporter and interfaces, + 1; 0: none yet
export const OCTETS = 2 // f64: of IP
export const FIRST = 4 // f64: the beginning of its earliest record
export const LAST = 6 // f64: the end of its latest record
export const LAST_SPAN = 8 // milliseconds from that one's beginning to its end, rounded up
export const EARLY = 9 // octets of payload, estimated, in records that end within the first minute
export const FIRST_RECORD = 10 // f64: reference
export const LAST_RECORD = 12 // f64: reference
export const ENDED_AT = 14 // f64: the end of the first record with FIN or RST; 0: none

/** Word offset of a half within the table. */
export const half = (row: number, side: number): number => row * RECORD_WORDS + HALF_WORDS * (1 + side)

// STATE bits. Those of side 1 are those of side 0 << 1. UNOPENED is where the table's eviction looks for it.
export const SYN_SEEN = 1 << 0 // and 1 << 1
export const FIN_SEEN = 1 << 2 // and 1 << 3
export const RST_SEEN = 1 << 4 // and 1 << 5
export const ACK_SEEN = 1 << 6 // and 1 << 7
export const SPOKE = 1 << 8 // and 1 << 9: it sent payload
export { UNOPENED } from '../fields.ts' // not yet told as connection-opened or connection-failed
export const END_TOLD = 1 << 12 // and 1 << 13
export const FAILED = 1 << 14 // told as connection-failed
export const ROLES_GUESSED = 1 << 15
export const OVER = 1 << 16 // ended; lingers for stragglers
export const FLAGLESS = 1 << 18 // its exporter does not say flags: neither begin nor end is known
export const OPENING_TOLD = 1 << 19
export const MINUTE_TOLD = 1 << 20
export const ANSWERED = 1 << 21 // a silence was answered, and told
export const DENIED = 1 << 22 // a firewall says that it let no packet through
export const PAIRED = 1 << 23 // both directions came in one record: times are of both together
export const BEGAN_KNOWN = 1 << 24 // a record of both directions, or an event, says who began
// Bit 17 is left free: a table that is loaded takes it for a reader of octets (fields.ts, READ).
export const SAMPLED = 1 << 25 // single packets may be missing: only what many packets show is told

export const bit = (ofSide0: number, side: number): number => ofSide0 << side
