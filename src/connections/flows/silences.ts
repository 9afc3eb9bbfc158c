/**
 * Silences between records: time in which no record of either direction lies, and what came after it.
 *
 * Records tell the times of their first and last packets, so that the time between two of them is a silence
 * as exact as the exporter's clock. What lies inside a record stays hidden; that a silence may be hidden
 * there is told with the connection's account. Records may come in any order: until all of that time are
 * known, a silence may be cut short, split, or vanish.
 */
import type { SilenceBreaker, SilenceOutcome } from '../../model/observation.ts'
import { otherSide, type Side } from '../../model/packet.ts'
import { isRecordReference, recordReferred } from '../../model/record-reference.ts'
import { MILLISECOND, type Micros } from '../../model/time.ts'
import * as tcp from '../../wire/tcp.ts'
import * as F from './fields.ts'
import {
  bitsOf,
  type Burst,
  bytesSent,
  coldOf,
  connectionId,
  endpointOf,
  EQUAL,
  firstAt,
  type FlowSilence,
  type FlowState,
  halfNumber,
  hasPayload,
  inMilliseconds,
  lastAt,
  packetsOf,
  payloadOf,
  setBits,
} from './state.ts'
import { GIVEN_UP_AFTER, GIVEN_UP_RETRANSMISSIONS } from '../silences.ts'

/** Silences of a connection whose outcome is not known yet; of further ones only the length counts. */
const PENDING_MAX = 64
/** Packets of an end: FIN, acknowledgment, and one sent again. */
const END_PACKETS_MAX = 3
/** A silence is everybody's if no record lies in nearly all of it. */
const NEARLY_ALL = 0.9

/** What of a piece matters here. */
export interface Covering {
  readonly start: Micros
  readonly end: Micros
  readonly packets: number
  readonly octets: number
  readonly flags: number
  readonly record: number
}

/** A piece of `side` covers time: a silence before it begins or ends, others are cut. Comes before the piece
 * is accounted for. */
export function cover(state: FlowState, row: number, side: Side, piece: Covering): void {
  const last = lastAt(state, row)
  const { start, end } = piece
  const known = state.cold.get(row)
  const bits = bitsOf(state, row)
  const hasBegun = (bits & (F.ACK_SEEN | (F.ACK_SEEN << 1) | F.FLAGLESS)) !== 0
  const isOver = (bits & (F.OVER | F.SAMPLED)) !== 0 || !hasBegun
  if (start > last) {
    const silence = known?.silences.at(-1) ?? null
    const isLong = start - last >= state.silenceMin
    if (isLong && !isOver && !isTriedOn(silence, side)) return begin(state, row, side, piece)
    if (silence !== null) addTo(silence, side, piece)
    return
  }
  const before = firstAt(state, row) - end
  if (before >= state.silenceMin && (bits & F.SAMPLED) === 0) precede(state, row, side, piece)
  else if (known !== undefined && known.silences.length > 0) cut(state, row, known.silences, side, piece)
}

/** Who broke the silence goes on trying, and nobody has answered: no other silence. */
function isTriedOn(silence: FlowSilence | null, side: Side): boolean {
  const burst = silence?.bursts[side] ?? null
  return burst !== null && silence!.bursts[otherSide(side)] === null && isGivenUp(burst)
}

const isGivenUp = ({ packets, start, end }: Burst): boolean =>
  packets > GIVEN_UP_RETRANSMISSIONS && end - start >= GIVEN_UP_AFTER

function begin(state: FlowState, row: number, side: Side, piece: Covering): void {
  const { silences } = coldOf(state, row)
  if (silences.length >= PENDING_MAX) noteLength(state, row, silences.shift()!)
  const lasts = [halfNumber(state, row, 0, F.LAST), halfNumber(state, row, 1, F.LAST)] as const
  const lastFrom: [Micros, Micros] = [
    packetsOf(state, row, 0) > 0 ? lasts[0] : NaN,
    packetsOf(state, row, 1) > 0 ? lasts[1] : NaN,
  ]
  const startSide: Side = lastFrom[0] === lastAt(state, row) ? 0 : 1
  const silence: FlowSilence = {
    start: lastAt(state, row),
    startRecord: halfNumber(state, row, startSide, F.LAST_RECORD),
    startSide,
    lastFrom,
    end: piece.start,
    bytes: bytesSent(state, row),
    bursts: [null, null],
    isAgainTold: false,
    isTold: false,
  }
  addTo(silence, side, piece)
  silences.push(silence)
}

/** A piece that came late lies before everything that was known, which comes after the silence then. */
function precede(state: FlowState, row: number, side: Side, piece: Covering): void {
  const { silences } = coldOf(state, row)
  const { end, record, packets, octets } = piece
  const lastFrom: [Micros, Micros] = [NaN, NaN]
  lastFrom[side] = end
  const bytes: [number, number] = [0, 0]
  bytes[side] = payloadOf(state, row, packets, octets)
  for (const later of silences) noteBefore(later, side, end, bytes[side])
  const silence: FlowSilence = {
    start: end,
    startRecord: record,
    startSide: side,
    lastFrom,
    end: firstAt(state, row),
    bytes,
    bursts: [null, null],
    isAgainTold: false,
    isTold: false,
  }
  for (const one of [0, 1] as const) {
    const known = knownOf(state, row, one, silences[0])
    if (known !== null) addTo(silence, one, known)
  }
  silences.unshift(silence)
}

/** A side sent this before the silence. */
function noteBefore(silence: FlowSilence, side: Side, end: Micros, payload: number): void {
  silence.bytes[side] += payload
  const last = silence.lastFrom[side]
  if (!(last >= end)) silence.lastFrom[side] = end
}

/** All that is known of a side, up to the silence after it; null if that is nothing. */
function knownOf(state: FlowState, row: number, side: Side, until: FlowSilence | undefined): Covering | null {
  const last = until === undefined ? halfNumber(state, row, side, F.LAST) : until.lastFrom[side]
  if (packetsOf(state, row, side) === 0 || Number.isNaN(last)) return null
  const isWhole = until === undefined
  return {
    start: halfNumber(state, row, side, F.FIRST),
    end: last,
    packets: isWhole ? packetsOf(state, row, side) : 1,
    octets: isWhole ? halfNumber(state, row, side, F.OCTETS) : until.bytes[side],
    // Of what came between two silences only that it was no end is known.
    flags: isWhole ? flagsOf(bitsOf(state, row), side) : tcp.ACK,
    record: halfNumber(state, row, side, F.FIRST_RECORD),
  }
}

const FLAGS = [
  [F.FIN_SEEN, tcp.FIN],
  [F.RST_SEEN, tcp.RST],
  [F.ACK_SEEN, tcp.ACK],
] as const
const flagsOf = (bits: number, side: Side): number =>
  FLAGS.reduce((all, [seen, flag]) => ((bits & (seen << side)) === 0 ? all : all | flag), 0)

function addTo(silence: FlowSilence, side: Side, piece: Covering): void {
  const { start, end, packets, octets, record } = piece
  const flags = Math.max(0, piece.flags)
  const burst = (silence.bursts[side] ??= {
    start,
    end,
    packets: 0,
    octets: 0,
    flags: 0,
    record,
    lastRecord: record,
    againAt: NaN,
    againCount: 0,
    givenUpAt: NaN,
  })
  if (start < burst.start) {
    burst.start = start
    burst.record = record
  }
  if (end >= burst.end) {
    burst.end = end
    burst.lastRecord = record
  }
  burst.packets += packets
  burst.octets += octets
  burst.flags |= flags
  if (burst.packets >= 2 && Number.isNaN(burst.againAt)) {
    burst.againAt = burst.end
    burst.againCount = burst.packets
  }
  if (isGivenUp(burst) && Number.isNaN(burst.givenUpAt)) burst.givenUpAt = burst.end
}

/** A piece that begins before the latest end that was told: silences that it lies in are cut. */
function cut(state: FlowState, row: number, silences: FlowSilence[], side: Side, piece: Covering): void {
  const payload = payloadOf(state, row, piece.packets, piece.octets)
  let isTaken = false
  for (let i = silences.length - 1; i >= 0; i--) {
    const silence = silences[i]!
    if (silence.start >= piece.end) noteBefore(silence, side, piece.end, payload)
    if (silence.end <= piece.start) {
      // What came right after it, and before the next one.
      if (!isTaken) addTo(silence, side, piece)
      return
    }
    if (silence.start >= piece.end || silence.isTold) continue
    isTaken = carve(state, silences, i, side, piece, payload) || isTaken
  }
}

/** Cuts the piece out of a silence that it reaches into; true if the piece now stands after one. */
function carve(
  state: FlowState,
  silences: FlowSilence[],
  i: number,
  side: Side,
  piece: Covering,
  payload: number,
): boolean {
  const silence = silences[i]!
  const isLeft = piece.start - silence.start >= state.silenceMin
  const isRight = silence.end - piece.end >= state.silenceMin
  if (isRight) {
    const lastFrom: [Micros, Micros] = [...silence.lastFrom]
    const bytes: [number, number] = [...silence.bytes]
    lastFrom[side] = piece.end
    bytes[side] += payload
    const later = { start: piece.end, startRecord: piece.record, startSide: side, lastFrom, bytes }
    const right: FlowSilence = { ...silence, ...later, bursts: [...silence.bursts] }
    silences.splice(i, 1, ...(isLeft ? [silence, right] : [right]))
    if (isLeft) silence.bursts[0] = silence.bursts[1] = null
  }
  if (isLeft) {
    silence.end = piece.start
    addTo(silence, side, piece)
    return true
  }
  if (!isRight) {
    // What came after it came after the one before.
    silences.splice(i, 1)
    const before = silences[i - 1]
    if (before !== undefined)
      for (const one of [0, 1] as const) {
        const burst = silence.bursts[one]
        if (burst !== null) addTo(before, one, burst)
      }
  }
  return false
}

/** When something is to be told of the row's silences; Infinity: nothing until more is known. */
export function silenceDue(state: FlowState, row: number): Micros {
  const silence = state.cold.get(row)?.silences.find(({ isTold }) => !isTold)
  if (silence === undefined) return Infinity
  const by = breakerOf(state, row, silence)
  const own = silence.bursts[by]!
  const answer = silence.bursts[otherSide(by)]
  if (endsAtOnce(state, row, own)) return silence.end
  if (answer !== null) return Math.max(silence.end, answer.start)
  if (!silence.isAgainTold && own.againAt >= 0) return own.againAt
  return own.givenUpAt >= 0 ? own.givenUpAt : Infinity
}

/** FIN or RST without payload: nothing was asked. */
const endsAtOnce = (state: FlowState, row: number, { flags, packets, octets }: Burst): boolean =>
  (flags & (tcp.FIN | tcp.RST)) !== 0 &&
  packets <= END_PACKETS_MAX &&
  (flags & tcp.PSH) === 0 &&
  !hasPayload(state, row, packets, octets)

/** Which side's packet came first: whose record begins first; of two ends at one moment, who had the last
 * word, because who closes first acknowledges the other's FIN last (RFC 9293 §3.6), or sent the more
 * packets. */
function breakerOf(state: FlowState, row: number, { bursts }: FlowSilence): Side {
  const [zero, one] = bursts
  if (zero === null) return 1
  if (one === null) return 0
  if (Math.abs(zero.start - one.start) > EQUAL) return zero.start < one.start ? 0 : 1
  const areEnds = endsAtOnce(state, row, zero) && endsAtOnce(state, row, one)
  const areFins = areEnds && (zero.flags & one.flags & tcp.FIN) !== 0
  if (areFins && Math.abs(zero.end - one.end) > EQUAL) return zero.end > one.end ? 0 : 1
  if (areEnds && zero.packets !== one.packets) return zero.packets > one.packets ? 0 : 1
  const saysMore = (burst: Burst): boolean => hasPayload(state, row, burst.packets, burst.octets)
  return saysMore(one) && !saysMore(zero) ? 1 : 0
}

/** Tells what is next of the earliest silence of the row that is not told; `isLast`: nothing more will be
 * known of it. */
export function tellSilence(state: FlowState, row: number, isLast: boolean): void {
  const silences = state.cold.get(row)?.silences ?? []
  const silence = silences.find(({ isTold }) => !isTold)
  if (silence === undefined) return
  const by = breakerOf(state, row, silence)
  const own = silence.bursts[by]!
  const answer = silence.bursts[otherSide(by)]
  if (answer === null && own.againAt >= 0 && !silence.isAgainTold && !endsAtOnce(state, row, own)) {
    silence.isAgainTold = true
    return tellUnanswered(state, row, by, own)
  }
  silence.isTold = true
  while (silences.length > 1 && silences[0]!.isTold) noteLength(state, row, silences.shift()!)
  const outcome = outcomeOf(state, row, silence, own, answer, isLast)
  const isFirst = (bitsOf(state, row) & F.ANSWERED) === 0
  if (outcome !== 'answered' || isFirst) tell(state, row, silence, by, own, answer, outcome)
  if (outcome !== 'answered') return
  setBits(state, row, F.ANSWERED)
  credit(state, row, silence)
}

function outcomeOf(
  state: FlowState,
  row: number,
  silence: FlowSilence,
  own: Burst,
  answer: Burst | null,
  isLast: boolean,
): SilenceOutcome {
  if (state.clock.isDoubtful(silence.start, silence.end)) return 'unknown'
  if (endsAtOnce(state, row, own)) {
    if ((own.flags & tcp.FIN) !== 0) return 'closed'
    // Its first packet may be a word that drew the other side's RST as well.
    return answer !== null && (answer.flags & tcp.RST) !== 0 && answer.start < own.start ? 'reset' : 'aborted'
  }
  if (answer === null)
    return isGivenUp(own) || (isLast && own.packets > GIVEN_UP_RETRANSMISSIONS - 1) ? 'unanswered' : 'unknown'
  if (!endsAtOnce(state, row, answer)) return 'answered'
  return (answer.flags & tcp.RST) !== 0 ? 'reset' : 'closed'
}

function tellUnanswered(state: FlowState, row: number, from: Side, own: Burst): void {
  if (packetsOf(state, row, otherSide(from)) === 0) return
  state.emit({
    kind: 'unanswered',
    time: own.againAt,
    tap: state.tap,
    connection: connectionId(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    from,
    count: own.againCount,
    since: own.start,
    firstPacket: own.record,
    packet: own.lastRecord,
    keepAlive: (own.flags & tcp.PSH) === 0 && !hasPayload(state, row, own.packets, own.octets),
  })
}

function tell(
  state: FlowState,
  row: number,
  silence: FlowSilence,
  by: Side,
  own: Burst,
  answer: Burst | null,
  outcome: SilenceOutcome,
): void {
  const known = (at: Micros): Micros | null => (Number.isNaN(at) ? null : at)
  const { start, end, lastFrom } = silence
  const isAnswered = outcome === 'answered' || outcome === 'reset'
  const again = answer === null ? own.packets - 1 : 0
  const triedUntil = again === 0 ? end : own.givenUpAt >= 0 ? own.givenUpAt : own.end
  const told = isAnswered && answer !== null ? Math.max(end, answer.start) : triedUntil
  state.emit({
    kind: 'silence',
    time: told,
    tap: state.tap,
    connection: connectionId(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    start,
    startPacket: silence.startRecord,
    startSide: silence.startSide,
    end,
    endPacket: own.record,
    brokenBy: by,
    breaker: breaking(state, row, own),
    lastFrom: [known(lastFrom[0]), known(lastFrom[1])],
    outcome,
    outcomePacket: isAnswered && answer !== null ? answer.record : null,
    outcomeAt: isAnswered && answer !== null ? answer.start : null,
    retransmissions: again,
    lastRetransmission: again > 0 ? own.lastRecord : null,
    lastRetransmissionAt: again > 0 ? own.end : null,
    keepAlivesBefore: 0,
    inFlight: 0,
    tapSilence: state.clock.longestSilence(start, end),
    bytes: silence.bytes,
    uncertainty: uncertaintyOf(state, silence.startRecord) + uncertaintyOf(state, own.record),
  })
}

function breaking(state: FlowState, row: number, own: Burst): SilenceBreaker {
  if (endsAtOnce(state, row, own)) return (own.flags & tcp.FIN) !== 0 ? 'fin' : 'rst'
  const isData = (own.flags & tcp.PSH) !== 0 || hasPayload(state, row, own.packets, own.octets)
  return isData ? 'data' : 'acknowledgment'
}

/** By how much the time of a record may be wrong: as finely as its exporter tells time. */
function uncertaintyOf({ timeouts }: FlowState, record: number): Micros {
  const exporter = isRecordReference(record) ? recordReferred(record).exporter : 0
  return timeouts[exporter]?.resolution ?? MILLISECOND
}

/** A silence was answered: the connection survived it, unless records may have been lost, or nobody at all
 * had any. */
function credit(state: FlowState, row: number, { start, end }: FlowSilence): void {
  const span = end - start
  const isEverybodys = state.clock.longestSilence(start, end) >= NEARLY_ALL * span
  if (isEverybodys && state.table.size > 1) return
  const w = state.table.words
  const at = row * F.RECORD_WORDS + F.SURVIVED
  w[at] = Math.max(w[at]! >>> 0, inMilliseconds(span))
}

/** The longest silence that is known of the row. */
export function noteLength({ table }: FlowState, row: number, { start, end }: FlowSilence): void {
  const at = (row * F.RECORD_WORDS + F.MAX_IDLE) >> 1
  table.f64[at] = Math.max(table.f64[at]!, end - start)
}
