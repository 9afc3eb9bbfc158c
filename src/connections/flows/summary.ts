/** The account of a connection that records told of: made when it closes, and for those that are open when
 * nothing more comes. What records cannot say is left out, or null. */
import type { ConnectionSummary, EndReason, HalfSummary } from '../../model/connection.ts'
import { otherSide, type Side } from '../../model/packet.ts'
import { MILLISECOND, SECOND, type Micros } from '../../model/time.ts'
import * as F from './fields.ts'
import { bit, half } from './fields.ts'
import {
  bitsOf,
  connectionId,
  endpointOf,
  EQUAL,
  firstAt,
  type FlowState,
  halfNumber,
  lastAt,
  packetsOf,
  sentBy,
} from './state.ts'

export type Gone = 'superseded' | 'evicted' | 'lingered' | 'ended'

export function summarise(
  state: FlowState,
  row: number,
  gone: Gone,
  handshake: ConnectionSummary['handshake'],
): ConnectionSummary {
  const { words: w, f64 } = state.table
  const c = row * F.RECORD_WORDS
  const bits = bitsOf(state, row)
  const maxIdle = f64[(c + F.MAX_IDLE) >> 1]!
  const hidden = MILLISECOND * (w[c + F.HIDDEN]! >>> 0)
  const closer = closerOf(state, row)
  const opener = openerOf(state, row)
  return {
    connection: connectionId(state, row),
    tap: state.tap,
    stream: w[c + F.STREAM]! >>> 0,
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    rolesKnown: (bits & F.ROLES_GUESSED) === 0,
    start: firstAt(state, row),
    end: lastAt(state, row),
    firstPacket: halfNumber(state, row, opener, F.FIRST_RECORD),
    lastPacket: halfNumber(state, row, lastSide(state, row), F.LAST_RECORD),
    handshake,
    handshakeRtt: null,
    halves: [halfSummary(state, row, 0), halfSummary(state, row, 1)],
    maxIdle,
    longestSurvived: MILLISECOND * (w[c + F.SURVIVED]! >>> 0),
    idleBeforeEnd:
      gone === 'ended' ? Math.max(0, state.clock.latest - lastAt(state, row)) : endSilence(state, row),
    endReason: endReason(bits, closer, gone),
    endedBy: closer,
    flows: {
      maxIdleAtMost: Math.max(maxIdle, hidden),
      octets: [halfNumber(state, row, 0, F.OCTETS), halfNumber(state, row, 1, F.OCTETS)],
    },
  }
}

/** The side of which the first record is; of two, side 0. */
export function openerOf(state: FlowState, row: number): Side {
  if (packetsOf(state, row, 0) > 0) return 0
  return packetsOf(state, row, 1) > 0 || halfNumber(state, row, 0, F.FIRST_RECORD) === 0 ? 1 : 0
}

const lastSide = (state: FlowState, row: number): Side =>
  packetsOf(state, row, 0) === 0 || halfNumber(state, row, 1, F.LAST) === lastAt(state, row) ? 1 : 0

/** The silence before what ended it; 0 where records hide it. */
function endSilence(state: FlowState, row: number): Micros {
  const silence = state.cold.get(row)?.silences.at(-1)
  return silence === undefined || silence.bursts.some((b) => b !== null && b.end - b.start > SECOND)
    ? 0
    : silence.end - silence.start
}

function endReason(bits: number, closer: Side | null, gone: Gone): EndReason | null {
  if ((bits & (F.SAMPLED | F.FLAGLESS)) !== 0) return gone === 'evicted' ? 'evicted' : null
  const isTry = (bits & (F.FAILED | F.RST_SEEN | bit(F.RST_SEEN, 1))) === F.FAILED
  if (isTry) return 'silent'
  const ends = F.FIN_SEEN | F.RST_SEEN
  if ((bits & (ends | (ends << 1))) !== 0) {
    if (closer === null) return null
    const byRst = (bits & bit(F.RST_SEEN, closer)) !== 0 && (bits & bit(F.FIN_SEEN, closer)) === 0
    if (byRst) return closer === 0 ? 'client-rst' : 'server-rst'
    return closer === 0 ? 'client-fin' : 'server-fin'
  }
  if (gone === 'superseded') return 'superseded'
  return gone === 'evicted' ? 'evicted' : 'open'
}

/**
 * Who said the first word of the end, as far as records tell: the only one that did; whose last record begins
 * earlier, where both hold the end alone; who sent the last packet, because who closes first acknowledges the
 * other's FIN last (RFC 9293 §3.6); of two ends at one moment, who sent the more packets. Null: it is not
 * known.
 */
export function closerOf(state: FlowState, row: number): Side | null {
  const bits = bitsOf(state, row)
  const ended0 = (bits & (F.FIN_SEEN | F.RST_SEEN)) !== 0
  const ended1 = (bits & (bit(F.FIN_SEEN, 1) | bit(F.RST_SEEN, 1))) !== 0
  if (!ended0 || !ended1) return ended0 ? 0 : ended1 ? 1 : null
  // A RST answers a FIN, not the other way round.
  const byRst0 = (bits & F.FIN_SEEN) === 0
  const byRst1 = (bits & bit(F.FIN_SEEN, 1)) === 0
  if (byRst0 !== byRst1) return byRst0 ? 1 : 0
  if (byRst0 || (bits & F.PAIRED) !== 0) return null
  return afterSilence(state, row) ?? byLastWord(state, row)
}

/** The end came by itself after a silence: its records hold nothing else. */
function afterSilence(state: FlowState, row: number): Side | null {
  const [zero, one] = state.cold.get(row)?.silences.at(-1)?.bursts ?? []
  if (zero == null || one == null) return null
  if (zero.end - zero.start > SECOND || one.end - one.start > SECOND) return null
  if (Math.abs(zero.start - one.start) > EQUAL) return zero.start < one.start ? 0 : 1
  return zero.packets === one.packets ? null : zero.packets > one.packets ? 0 : 1
}

function byLastWord(state: FlowState, row: number): Side | null {
  const [zero, one] = [halfNumber(state, row, 0, F.LAST), halfNumber(state, row, 1, F.LAST)]
  if (state.table.words[half(row, 0) + F.SOURCE] !== state.table.words[half(row, 1) + F.SOURCE]) return null
  // Whoever acknowledges last does so within a round trip; later packets are something else.
  if (Math.abs(zero - one) <= EQUAL || Math.abs(zero - one) > SECOND) return null
  return zero > one ? 0 : 1
}

function halfSummary(state: FlowState, row: number, side: Side): HalfSummary {
  const bits = bitsOf(state, row)
  const packets = packetsOf(state, row, side)
  const bytes = sentBy(state, row, side)
  const endedAt = halfNumber(state, row, side, F.ENDED_AT)
  const has = (flag: number): boolean => (bits & bit(flag, side)) !== 0
  const burst = unansweredBurst(state, row, side)
  return {
    packets,
    bytes,
    uniqueBytes: bytes,
    retransmissions: 0,
    outOfOrder: 0,
    keepAlives: 0,
    zeroWindows: 0,
    captureDuplicates: 0,
    missingBytes: 0,
    lastPacketAt:
      packets > 0 && (side === 0 || (bits & F.PAIRED) === 0) ? halfNumber(state, row, side, F.LAST) : null,
    finAt: has(F.FIN_SEEN) ? endedAt : null,
    finPacket: has(F.FIN_SEEN) ? halfNumber(state, row, side, F.LAST_RECORD) : null,
    rstAt: has(F.RST_SEEN) ? endedAt : null,
    unanswered: burst?.packets ?? 0,
    unansweredSince: burst?.start ?? null,
    unansweredPacket: burst?.record ?? null,
    hopLimit: null,
    hardware: null,
  }
}

/** What a side sent last, after a silence, and the other never answered. */
function unansweredBurst(state: FlowState, row: number, side: Side) {
  const bursts = state.cold.get(row)?.silences.at(-1)?.bursts ?? null
  if (bursts === null || bursts[otherSide(side)] !== null) return null
  return packetsOf(state, row, otherSide(side)) === 0 ? null : bursts[side]
}
