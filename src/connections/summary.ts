/** The account of a connection, out of its record: made when it closes, and for those that are open when the
 * capture ends. */
import type { ConnectionSummary, EndReason, HalfSummary } from '../model/connection.ts'
import { otherSide, type Side } from '../model/packet.ts'
import {
  BYTES,
  DUPLICATES,
  FAILED,
  FIRST_PACKET,
  HARDWARE_UNANSWERED,
  IDENTIFICATION_ZERO_WINDOWS,
  KEEP_ALIVES,
  LAST_PACKET,
  MAX_IDLE,
  OUT_OF_ORDER,
  PACKETS,
  PATH_SHIFT,
  RECORD_WORDS,
  REPEATED,
  RETRANSMISSIONS,
  ROLES_GUESSED,
  SCOPE,
  SENT_AT,
  STARTED,
  STATE,
  STREAM,
  UNOPENED,
  bit,
  half,
  handshakeRtt,
  hopLimitOf,
} from './fields.ts'
import { handshakeSeen } from './handshake.ts'
import { missingOf } from './sequence.ts'
import { GIVEN_UP_RETRANSMISSIONS } from './silences.ts'
import { longestSurvived } from './survivals.ts'
import { connectionId, endpointOf, firstAt, lastAt, type TapState } from './tap-state.ts'

/** `superseded` and `evicted` say why the record goes; the packets may know a better reason. */
export function summarise(
  state: TapState,
  row: number,
  gone: 'superseded' | 'evicted' | 'lingered' | 'capture-end',
): ConnectionSummary {
  const { words: w, f64 } = state.table
  const c = row * RECORD_WORDS
  const cold = state.table.cold.get(row)
  const end = Math.max(lastAt(state, row), cold?.latest ?? 0)
  const halves: [HalfSummary, HalfSummary] = [halfSummary(state, row, 0), halfSummary(state, row, 1)]
  return {
    connection: connectionId(state, row),
    tap: state.tap,
    stream: state.elsewhere.streamOf(row) ?? w[c + STREAM]! >>> 0,
    path: state.paths.text(w[c + SCOPE]! >> PATH_SHIFT),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    rolesKnown: (w[c + STATE]! & ROLES_GUESSED) === 0,
    start: firstAt(state, row),
    end,
    firstPacket: w[c + FIRST_PACKET]! >>> 0,
    lastPacket: w[c + LAST_PACKET]! >>> 0,
    handshake: handshakeSeen(w[c + STATE]!),
    handshakeRtt: handshakeRtt(w, row) || null,
    halves,
    maxIdle: f64[(c + MAX_IDLE) >> 1]!,
    longestSurvived: longestSurvived(state, row),
    idleBeforeEnd: cold?.idleBeforeEnd ?? Math.max(0, state.clock.latest - lastAt(state, row)),
    endReason: endReason(state, row, halves, gone),
    endedBy: cold?.endedBy ?? null,
  }
}

function endReason(
  state: TapState,
  row: number,
  halves: readonly [HalfSummary, HalfSummary],
  gone: 'superseded' | 'evicted' | 'lingered' | 'capture-end',
): EndReason {
  const cold = state.table.cold.get(row)
  const by = cold?.endedBy ?? null
  if (cold !== undefined && by !== null) {
    // A reset by the side that nobody answered any more is the end of its patience, not the end's cause.
    const patience = halves[by].unanswered >= GIVEN_UP_RETRANSMISSIONS
    if (patience) return 'silent'
    const byRst = cold.rst[by] !== null && (cold.fin[by] === null || cold.rst[by].at < cold.fin[by].at)
    if (byRst) return by === 0 ? 'client-rst' : 'server-rst'
    return by === 0 ? 'client-fin' : 'server-fin'
  }
  if (halves[0].unanswered >= GIVEN_UP_RETRANSMISSIONS || halves[1].unanswered >= GIVEN_UP_RETRANSMISSIONS)
    return 'silent'
  const neverOpened =
    (state.table.words[row * RECORD_WORDS + STATE]! & (UNOPENED | FAILED | bit(STARTED, 1))) ===
    (UNOPENED | FAILED)
  if (neverOpened) return 'silent'
  if (gone === 'superseded') return 'superseded'
  return gone === 'evicted' ? 'evicted' : 'open'
}

function halfSummary(state: TapState, row: number, side: Side): HalfSummary {
  const { words: w, f64 } = state.table
  const h = half(row, side)
  const cold = state.table.cold.get(row)
  const packets = w[h + PACKETS]! >>> 0
  const bytes = f64[(h + BYTES) >> 1]!
  const bits = w[row * RECORD_WORDS + STATE]!
  // Where one direction of an open connection is not captured, nobody knows what was answered.
  const oneWay = w[half(row, otherSide(side)) + PACKETS] === 0 && (bits & UNOPENED) === 0
  const unanswered = oneWay ? 0 : w[h + HARDWARE_UNANSWERED]! & 0xffff
  const since = unanswered > 0 ? (cold?.unanswered[side] ?? null) : null
  return {
    packets,
    bytes,
    uniqueBytes: Math.max(0, bytes - (w[h + REPEATED]! >>> 0)),
    retransmissions: w[h + RETRANSMISSIONS]! >>> 0,
    outOfOrder: side === 0 ? w[row * RECORD_WORDS + OUT_OF_ORDER]! >>> 0 : 0,
    keepAlives: w[h + KEEP_ALIVES]! >>> 0,
    zeroWindows: w[h + IDENTIFICATION_ZERO_WINDOWS]! & 0xffff,
    captureDuplicates: w[h + DUPLICATES]! >>> 0,
    missingBytes: missingOf(state, row, side)[1],
    lastPacketAt: packets > 0 ? f64[(h + SENT_AT) >> 1]! : null,
    finAt: cold?.fin[side]?.at ?? null,
    finPacket: cold?.fin[side]?.packet ?? null,
    rstAt: cold?.rst[side]?.at ?? null,
    unanswered,
    unansweredSince: since?.at ?? null,
    unansweredPacket: since?.packet ?? null,
    hopLimit: (bits & bit(STARTED, side)) === 0 ? null : hopLimitOf(w, h),
    hardware: state.hardware.text(w[h + HARDWARE_UNANSWERED]! >>> 16),
  }
}
