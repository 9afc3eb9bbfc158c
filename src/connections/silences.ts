/**
 * Silences: time without packets on an open connection, and what became of the connection when it was broken.
 *
 * A silence is told once its outcome is known: answered, reset, closed, or never answered. Until then the
 * connection is waking.
 */
import { otherSide, type Side } from '../model/packet.ts'
import type { SilenceBreaker, SilenceOutcome } from '../model/observation.ts'
import { SECOND, type Micros } from '../model/time.ts'
import { credit, doubt } from './survivals.ts'
import type { Waking } from './waking.ts'
import {
  ACKNOWLEDGED,
  ACK_SEEN,
  ANSWERED,
  ESTABLISHED,
  KEEP_ALIVES,
  LAST_AT,
  LAST_PACKET,
  NEXT,
  PACKETS,
  RECORD_WORDS,
  SENT_AT,
  SPOKE_LAST,
  STARTED,
  STATE,
  WAKING,
  bit,
  half,
} from './fields.ts'
import { bytesSent, connectionId, endpointOf, type TapState } from './tap-state.ts'

/** A sender that retransmitted this often without an answer sees a dead path: R1 of RFC 9293 §3.8.3. */
export const GIVEN_UP_RETRANSMISSIONS = 3
/** ... and this long after its first try: Linux sends three retransmissions within 1.4 s, the fourth after 3
 * s. */
export const GIVEN_UP_AFTER: Micros = 3 * SECOND

/** A packet of `side` breaks the silence that began at the connection's last packet: remembered until its
 * outcome is known. `isAgain`: it brings octets that were sent before. */
export function wake(
  state: TapState,
  row: number,
  side: Side,
  breaker: SilenceBreaker,
  time: Micros,
  packet: number,
  isAgain = false,
): void {
  const { words: w, f64 } = state.table
  const c = row * RECORD_WORDS
  const own = half(row, side)
  const peer = half(row, otherSide(side))
  const waking = state.wakings.begin(row)
  waking.start = f64[(c + LAST_AT) >> 1]!
  waking.startPacket = w[c + LAST_PACKET]! >>> 0
  waking.startSide = f64[(peer + SENT_AT) >> 1] === waking.start ? otherSide(side) : side
  waking.end = time
  waking.endPacket = packet
  waking.brokenBy = side
  waking.breaker = breaker
  waking.lastFromOriginator = lastFrom(state, row, 0, side)
  waking.lastFromResponder = lastFrom(state, row, 1, side)
  waking.keepAlivesBefore = w[own + KEEP_ALIVES]! + w[peer + KEEP_ALIVES]!
  waking.inFlight = unacknowledged(state, row, 0) + unacknowledged(state, row, 1)
  waking.isUnasked =
    breaker === 'data' && unacknowledged(state, row, side) === 0 && isUnasked(state, row, side)
  waking.peerNext = w[peer + NEXT]!
  doubt(state, row, waking, isAgain)
  w[c + STATE]! |= WAKING
}

/** Whether octets of `side` would be no answer: the latest ones are its own, or nobody has said anything
 * since the handshake. */
export function isUnasked(state: TapState, row: number, side: Side): boolean {
  const bits = state.table.words[row * RECORD_WORDS + STATE]!
  if ((bits & bit(SPOKE_LAST, otherSide(side))) !== 0) return false
  return (bits & (bit(SPOKE_LAST, side) | ESTABLISHED)) !== 0
}

/** When `of` sent its last packet, save the one in hand, which is of `side`; -Infinity if it sent none. */
function lastFrom(state: TapState, row: number, of: Side, side: Side): Micros {
  const before = (state.table.words[half(row, of) + PACKETS]! >>> 0) - (of === side ? 1 : 0)
  return before > 0 ? state.table.f64[(half(row, of) + SENT_AT) >> 1]! : -Infinity
}

/**
 * The outcome is known: tells the silence and forgets it. Of those that were answered the first is told; the
 * longest stands in the connection's final account. One that was given up and is answered after all is told
 * again: the radio was out, not the path.
 */
export function settle(
  state: TapState,
  row: number,
  outcome: SilenceOutcome,
  time: Micros,
  packet: number | null,
): void {
  const waking = state.wakings.of(row)
  if (waking === undefined) return
  const w = state.table.words
  const c = row * RECORD_WORDS
  const isFirst = (w[c + STATE]! & ANSWERED) === 0
  w[c + STATE]! &= ~WAKING
  if (outcome === 'answered' ? isFirst || waking.givenUp : !waking.givenUp)
    tell(state, row, waking, outcome, time, packet)
  if (outcome === 'answered') {
    w[c + STATE]! |= ANSWERED
    credit(state, row, waking)
  }
  state.wakings.end(row)
}

function tell(
  state: TapState,
  row: number,
  waking: Waking,
  outcome: SilenceOutcome,
  time: Micros,
  packet: number | null,
): void {
  const known = (at: Micros): Micros | null => (at === -Infinity ? null : at)
  state.emit({
    kind: 'silence',
    time,
    tap: state.tap,
    connection: connectionId(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    start: waking.start,
    startPacket: waking.startPacket,
    startSide: waking.startSide,
    end: waking.end,
    endPacket: waking.endPacket,
    brokenBy: waking.brokenBy,
    breaker: waking.breaker,
    lastFrom: [known(waking.lastFromOriginator), known(waking.lastFromResponder)],
    outcome,
    ...outcomeSeen(waking, outcome, time, packet),
    retransmissions: waking.retransmissions,
    lastRetransmission: waking.lastRetransmission,
    lastRetransmissionAt: waking.lastRetransmissionAt,
    keepAlivesBefore: waking.keepAlivesBefore,
    inFlight: waking.inFlight,
    tapSilence: state.clock.longestSilence(waking.start, waking.end),
    bytes: bytesSent(state, row),
  })
}

/** What shows the outcome; an answer may have come before it was known for one. */
function outcomeSeen(waking: Waking, outcome: SilenceOutcome, time: Micros, packet: number | null) {
  if (outcome === 'answered' && waking.heardPacket !== 0)
    return { outcomePacket: waking.heardPacket, outcomeAt: waking.heardAt }
  return { outcomePacket: packet, outcomeAt: packet === null ? null : time }
}

/** A packet that is neither FIN nor RST passes on a waking connection: an answer, another try, or nothing of
 * note. What may be a farewell is not answered by being received: whether its sender goes on will show. */
export function whileWaking(
  state: TapState,
  row: number,
  side: Side,
  again: boolean,
  time: Micros,
  packet: number,
): void {
  const waking = state.wakings.of(row)
  if (waking === undefined) return
  if (side !== waking.brokenBy) {
    if (waking.isUnasked && state.table.words[half(row, side) + NEXT] === waking.peerNext) {
      if (waking.heardPacket !== 0) return
      waking.heardAt = time
      waking.heardPacket = packet
      return
    }
    // After a pause as long as that, a word of the other side's own is no answer: it has to acknowledge what
    // was sent.
    if (!waking.givenUp || unacknowledged(state, row, waking.brokenBy) === 0)
      settle(state, row, 'answered', time, packet)
    return
  }
  if (waking.heardPacket !== 0) return settle(state, row, 'answered', time, packet)
  if (!again) return
  waking.retransmissions++
  waking.lastRetransmission = packet
  waking.lastRetransmissionAt = time
  if (waking.retransmissions >= GIVEN_UP_RETRANSMISSIONS && time - waking.end >= GIVEN_UP_AFTER) {
    if (!waking.givenUp) tell(state, row, waking, 'unanswered', time, null)
    waking.givenUp = true
  }
}

/** A packet comes too late to belong to what broke the silence before: if that was received, it was no
 * farewell. */
export function settleHeard(state: TapState, row: number, time: Micros): void {
  if ((state.wakings.of(row)?.heardPacket ?? 0) !== 0) settleAtEnd(state, row, time)
}

/** Nothing more will come: what is known of the silence is told. */
export function settleAtEnd(state: TapState, row: number, time: Micros): void {
  const waking = state.wakings.of(row)
  if (waking === undefined) return
  if (waking.heardPacket !== 0) settle(state, row, 'answered', time, waking.heardPacket)
  else settle(state, row, waking.retransmissions >= 2 ? 'unanswered' : 'unknown', time, null)
}

/** Octets that `side` sent and that the other side has not acknowledged; 0 where it cannot be told. */
export function unacknowledged(state: TapState, row: number, side: Side): number {
  const w = state.table.words
  const bits = w[row * RECORD_WORDS + STATE]!
  if ((bits & bit(STARTED, side)) === 0 || (bits & bit(ACK_SEEN, otherSide(side))) === 0) return 0
  return Math.max(0, (w[half(row, side) + NEXT]! - w[half(row, otherSide(side)) + ACKNOWLEDGED]!) | 0)
}
