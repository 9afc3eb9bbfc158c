/**
 * What is told of a connection that records told of, and when: that it opened or failed, its silences, its
 * end, its account. Nothing is told before all records that could say otherwise are known; what is told then
 * is in order of time over all connections.
 *
 * A record shows which flags passed, not when: a FIN or RST is told at the end of the record that has it.
 * Where the packets were sampled, what single packets show (SYN, RST, silences) is not told at all.
 */
import { type ConnectionOpened, FIRST_MINUTE_OCTETS, type Opening } from '../../model/observation.ts'
import { otherSide, type Side } from '../../model/packet.ts'
import { isRecordReference, recordReferred } from '../../model/record-reference.ts'
import { MILLISECOND, seconds, type Micros } from '../../model/time.ts'
import * as F from './fields.ts'
import { bit, half } from './fields.ts'
import { changeDue, outerOf, tellChange } from './nat.ts'
import { silenceDue, tellSilence } from './silences.ts'
import {
  ANSWER_EVERY,
  bitsOf,
  bytesSent,
  connectionId,
  endpointOf,
  firstAt,
  type FlowState,
  halfNumber,
  lastAt,
  packetsOf,
  setBits,
} from './state.ts'
import { closerOf, openerOf } from './summary.ts'
import { settleRoles } from './turn.ts'
import { FIRST_MINUTE, LINGER, SYN_UNANSWERED_AFTER } from '../lifecycle.ts'

const SYNS = F.SYN_SEEN | bit(F.SYN_SEEN, 1)
const RSTS = F.RST_SEEN | bit(F.RST_SEEN, 1)
const ENDS = RSTS | F.FIN_SEEN | bit(F.FIN_SEEN, 1)

/** When something of the row is to be told next; Infinity: nothing until more is known. */
export function nextDue(state: FlowState, row: number): Micros {
  const bits = bitsOf(state, row)
  if ((bits & F.UNOPENED) !== 0) return openingDue(state, row, bits)
  if ((bits & F.SAMPLED) !== 0) return Infinity
  if ((bits & F.FAILED) !== 0) return lastAt(state, row) + LINGER
  let due = Math.min(silenceDue(state, row), changeDue(state, row))
  if ((bits & F.OPENING_TOLD) === 0 && (bits & F.SPOKE) !== 0)
    due = Math.min(due, halfNumber(state, row, 0, F.FIRST))
  if ((bits & ENDS) !== 0) due = Math.min(due, endDue(state, row, bits, 0), endDue(state, row, bits, 1))
  if ((bits & F.MINUTE_TOLD) === 0 && isHeavy(state, row))
    due = Math.min(due, firstAt(state, row) + FIRST_MINUTE)
  if ((bits & F.OVER) !== 0) due = Math.min(due, lastAt(state, row) + LINGER)
  return due
}

/** Both directions are there, or the other one had its time. */
function openingDue(state: FlowState, row: number, bits: number): Micros {
  const first = firstAt(state, row)
  if ((bits & F.DENIED) !== 0) return first
  if (packetsOf(state, row, 0) > 0 && packetsOf(state, row, 1) > 0)
    return Math.max(halfNumber(state, row, 0, F.FIRST), halfNumber(state, row, 1, F.FIRST))
  const isTry = (bits & SYNS) !== 0 && (bits & (F.ACK_SEEN | bit(F.ACK_SEEN, 1))) === 0
  return isTry ? first + SYN_UNANSWERED_AFTER : first
}

function endDue(state: FlowState, row: number, bits: number, side: Side): Micros {
  if ((bits & bit(F.END_TOLD, side)) !== 0) return Infinity
  if ((bits & (bit(F.FIN_SEEN, side) | bit(F.RST_SEEN, side))) === 0) return Infinity
  return halfNumber(state, row, side, F.ENDED_AT)
}

/** The responder sent much within the first minute of a connection that was seen to begin. */
const isHeavy = (state: FlowState, row: number): boolean =>
  (bitsOf(state, row) & SYNS) !== 0 && state.table.words[half(row, 1) + F.EARLY]! >>> 0 >= FIRST_MINUTE_OCTETS

/** Tells what is due at `now`; true if the connection is over and has lingered. */
export function tellDue(state: FlowState, row: number, now: Micros): boolean {
  const bits = bitsOf(state, row)
  if ((bits & F.UNOPENED) !== 0) {
    if (openingDue(state, row, bits) <= now) settleOpening(state, row, now)
    return false
  }
  if ((bits & F.FAILED) !== 0) return lastAt(state, row) + LINGER <= now
  if ((bits & F.OPENING_TOLD) === 0 && (bits & F.SPOKE) !== 0) return tellOpening(state, row, now)
  if (changeDue(state, row) <= now) {
    tellChange(state, row)
    return false
  }
  if (silenceDue(state, row) <= now) {
    tellSilence(state, row, false)
    return false
  }
  if (tellEnds(state, row, bits, now)) return false
  if ((bits & F.MINUTE_TOLD) === 0 && isHeavy(state, row) && firstAt(state, row) + FIRST_MINUTE <= now)
    return tellMinute(state, row, now)
  return (bits & F.OVER) !== 0 && lastAt(state, row) + LINGER <= now
}

/** Nothing more will come of it: what can still be said of a row by `until` is told. */
export function tellRest(state: FlowState, row: number, until: Micros): void {
  for (;;) {
    const due = nextDue(state, row)
    if (due === Infinity || due > until || (bitsOf(state, row) & F.SAMPLED) !== 0) break
    if (tellDue(state, row, due)) break
  }
  if ((bitsOf(state, row) & (F.UNOPENED | F.SAMPLED | F.FAILED)) !== 0) return
  const silences = state.cold.get(row)?.silences
  while (silences?.some(({ isTold }) => !isTold) === true) tellSilence(state, row, true)
}

function settleOpening(state: FlowState, row: number, now: Micros): void {
  settleRoles(state, row, resolutionOf(state, row))
  const bits = bitsOf(state, row)
  const failed =
    (bits & (F.SAMPLED | F.FLAGLESS)) !== 0 && (bits & F.DENIED) === 0 ? null : failure(state, row, bits)
  state.table.words[row * F.RECORD_WORDS + F.STATE]! &= ~F.UNOPENED
  if (failed === null) return tellOpened(state, row, now)
  setBits(state, row, F.FAILED | F.END_TOLD | bit(F.END_TOLD, 1))
  // A try that was refused is over; one that nobody answered may yet be answered, by a record that is late.
  setBits(state, row, F.OVER | F.OPENING_TOLD | F.MINUTE_TOLD)
  state.emit({
    kind: 'connection-failed',
    time: now,
    tap: state.tap,
    connection: connectionId(state, row),
    packet: halfNumber(state, row, 0, F.FIRST_RECORD),
    start: firstAt(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    manner: failed,
    attempts: packetsOf(state, row, 0),
  })
}

/** How a try came to nothing; null if it did not. */
function failure(state: FlowState, row: number, bits: number): 'refused' | 'unanswered' | 'aborted' | null {
  if ((bits & F.DENIED) !== 0) return 'refused'
  if ((bits & F.SYN_SEEN) === 0 || (bits & (F.SPOKE | bit(F.SPOKE, 1))) !== 0) return null
  const answered = packetsOf(state, row, 1)
  if (answered === 0) return (bits & F.ACK_SEEN) === 0 ? 'unanswered' : null
  if ((bits & bit(F.SYN_SEEN, 1)) === 0) return (bits & bit(F.RST_SEEN, 1)) !== 0 ? 'refused' : null
  // SYN and RST, without the acknowledgment that would have completed the handshake.
  const isCutShort = packetsOf(state, row, 0) <= 2 && answered <= 1
  return (bits & RSTS) !== 0 && isCutShort ? 'aborted' : null
}

function tellOpened(state: FlowState, row: number, now: Micros): void {
  state.emit(openedByRecords(state, row, now))
  if ((bitsOf(state, row) & F.SPOKE) !== 0) tellOpening(state, row, now)
}

/** That it opened, as far as the table knows. */
export function openedByRecords(state: FlowState, row: number, time: Micros): ConnectionOpened {
  const bits = bitsOf(state, row)
  const isKnown = (bits & (F.SAMPLED | F.FLAGLESS | F.PAIRED)) === 0
  const apart = halfNumber(state, row, 1, F.FIRST) - halfNumber(state, row, 0, F.FIRST)
  const rtt = (bits & SYNS) === SYNS && isKnown ? apart : 0
  const opener = openerOf(state, row)
  const name = state.cold.get(row)?.name
  const outer = outerOf(state, row)
  return {
    kind: 'connection-opened',
    time,
    tap: state.tap,
    connection: connectionId(state, row),
    packet: halfNumber(state, row, opener, F.FIRST_RECORD),
    start: firstAt(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    rolesKnown: (bits & F.ROLES_GUESSED) === 0,
    handshake: handshakeSeen(bits),
    handshakeRtt: rtt > MILLISECOND ? rtt : null,
    syn: [null, null],
    initialSequence: [null, null],
    hardware: [null, null],
    answeredTo: null,
    tag: 0,
    ...(name === undefined ? {} : { name }),
    ...(outer === null ? {} : { outer }),
  }
}

/** The originator sent payload: whose connection it is can be asked. What it said is not known. */
function tellOpening(state: FlowState, row: number, now: Micros): false {
  setBits(state, row, F.OPENING_TOLD)
  state.emit(openingByRecords(state, row, now))
  return false
}

export const openingByRecords = (state: FlowState, row: number, time: Micros): Opening => ({
  kind: 'opening',
  time,
  tap: state.tap,
  connection: connectionId(state, row),
  side: 0,
  packet: halfNumber(state, row, 0, F.FIRST_RECORD),
  packetTime: time,
  text: '',
  protocol: null,
})

function tellMinute(state: FlowState, row: number, now: Micros): false {
  setBits(state, row, F.MINUTE_TOLD)
  const w = state.table.words
  if ((bitsOf(state, row) & F.OVER) !== 0) return false
  state.emit({
    kind: 'first-minute',
    time: now,
    tap: state.tap,
    connection: connectionId(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    bytes: [w[half(row, 0) + F.EARLY]! >>> 0, w[half(row, 1) + F.EARLY]! >>> 0],
  })
  return false
}

/** Responders of which it is known when they answered; of further ones it is told each time. */
const ANSWERERS_MAX = 1 << 16

/** Tells that the connection goes on at a time when both of its sides were there. */
export function tellAnswering(state: FlowState, row: number, at: Micros): void {
  const bits = bitsOf(state, row)
  if ((bits & (F.UNOPENED | F.FAILED)) !== 0) return
  const isThere = (side: Side): boolean => halfNumber(state, row, side, F.LAST) >= at - ROUND_TRIP_MAX
  if (!isThere(0) || !isThere(1) || !isNews(state, row, at)) return
  state.emit({
    kind: 'answering',
    time: at,
    tap: state.tap,
    connection: connectionId(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    packet: halfNumber(state, row, 1, F.LAST_RECORD),
  })
}

function isNews({ table, answered }: FlowState, row: number, at: Micros): boolean {
  const w = table.words
  const c = row * F.RECORD_WORDS
  const responder = (w[c + F.ADDRESS_1]! >>> 0) * 65_536 + (w[c + F.PORTS]! & 0xffff)
  const last = answered.get(responder)
  if (last !== undefined && at - last < ANSWER_EVERY) return false
  if (last !== undefined || answered.size < ANSWERERS_MAX) answered.set(responder, at)
  return true
}

/** An answer comes within this time: the initial retransmission timeout of RFC 6298 §2.1. */
const ROUND_TRIP_MAX: Micros = seconds(1)

/** Tells a side's FIN or RST that is due, who said the first word of the end before the other; false if none
 * is. */
function tellEnds(state: FlowState, row: number, bits: number, now: Micros): boolean {
  const due = ([0, 1] as const).filter((side) => endDue(state, row, bits, side) <= now)
  if (due.length === 0) return false
  const closer = closerOf(state, row)
  tellEnd(state, row, firstOf(state, row, bits, closer, due), now, closer !== null)
  return true
}

/** Whose end is told next: of two, that of who closed, though its record may go on for longer, because who
 * closes first acknowledges last. */
function firstOf(
  state: FlowState,
  row: number,
  bits: number,
  closer: Side | null,
  due: readonly Side[],
): Side {
  if (closer !== null && endDue(state, row, bits, closer) < Infinity) return closer
  return due.find((side) => side === (closer ?? 1)) ?? due[0]!
}

function tellEnd(state: FlowState, row: number, side: Side, now: Micros, isOrderKnown: boolean): void {
  const bits = bitsOf(state, row)
  const isFirst = (bits & (F.END_TOLD | bit(F.END_TOLD, 1))) === 0
  setBits(state, row, bit(F.END_TOLD, side))
  const isOneWay = packetsOf(state, row, otherSide(side)) === 0
  if (isOneWay && (bits & ENDS) !== 0) setBits(state, row, F.OVER)
  const at = Math.min(now, halfNumber(state, row, side, F.ENDED_AT))
  const common = {
    time: at,
    tap: state.tap,
    connection: connectionId(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    packet: halfNumber(state, row, side, F.LAST_RECORD),
    from: side,
    idleBefore: idleBefore(state, row, at),
    bytes: bytesSent(state, row),
    ...(isOrderKnown ? {} : { orderKnown: false as const }),
  } as const
  if ((bits & bit(F.RST_SEEN, side)) !== 0 && (bits & bit(F.FIN_SEEN, side)) === 0)
    state.emit({
      ...common,
      kind: 'reset',
      sequence: 0,
      sequenceOffset: 0,
      acknowledges: false,
      window: null,
      payload: '',
      hopLimit: null,
      usualHopLimit: null,
      identification: null,
      previousIdentification: null,
      hardware: null,
      usualHardware: null,
      provokedBy: null,
      sinceProvocation: null,
      legRtt: null,
      sinceOwn: null,
      afterFin: !isFirst,
    })
  else state.emit({ ...common, kind: 'finished', first: isFirst, hopLimit: null, usualHopLimit: null })
}

/** How long it was silent before its end, at least. */
function idleBefore(state: FlowState, row: number, at: Micros): Micros {
  const silence = state.cold.get(row)?.silences.findLast(({ end }) => end <= at) ?? null
  if (silence === null) return 0
  const after = [...silence.bursts].filter((burst) => burst !== null)
  // What came after the silence is the end, and nothing else.
  const isEnd = after.every((burst) => burst.packets <= 3 && burst.end - silence.end <= MILLISECOND * 1000)
  return isEnd ? silence.end - silence.start : 0
}

export function handshakeSeen(bits: number): 'complete' | 'partial' | 'none' {
  if ((bits & (F.SAMPLED | F.FLAGLESS)) !== 0 || (bits & SYNS) === 0) return 'none'
  return (bits & SYNS) === SYNS && (bits & F.ACK_SEEN) !== 0 ? 'complete' : 'partial'
}

function resolutionOf(state: FlowState, row: number): Micros {
  const side: Side = packetsOf(state, row, 0) > 0 ? 0 : 1
  const record = halfNumber(state, row, side, F.FIRST_RECORD)
  const exporter = isRecordReference(record) ? recordReferred(record).exporter : 0
  return state.timeouts[exporter]?.resolution ?? MILLISECOND
}
