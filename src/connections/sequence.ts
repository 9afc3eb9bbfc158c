/**
 * Sequence space of a half that does not advance evenly: holes, what fills them, retransmissions and probes.
 *
 * Called only for segments that do not begin where the last one ended. RFC 9293 §3.4 for the arithmetic,
 * §3.8.4 for keep-alives.
 */
import { otherSide, type Side } from '../model/packet.ts'
import { MILLISECOND, SECOND, type Micros } from '../model/time.ts'
import { i32, u16 } from '../bytes/read.ts'
import type { Place } from '../wire/frame.ts'
import * as tcp from '../wire/tcp.ts'
import { isBelieved, JUMP_MAX } from './acceptance.ts'
import { type Hole, HOLES_MAX, withSide } from './cold.ts'
import {
  ACKNOWLEDGED,
  ACK_SEEN,
  FIRST_AT,
  FIRST_PACKET,
  HARDWARE_UNANSWERED,
  INITIAL,
  KEEP_ALIVES,
  LAST_AT,
  NEXT,
  OUT_OF_ORDER,
  PACKETS,
  RECORD_WORDS,
  REPEATED,
  RETRANSMISSIONS,
  STATE,
  SYN_SEEN,
  bit,
  half,
  handshakeRtt,
} from './fields.ts'
import type { TapSilence } from './tap-clock.ts'
import { coldOf, lastAt, type TapState } from './tap-state.ts'

/** A late segment is out of order, not sent again, if its hole is no older than this or the round trip
 * (Wireshark uses 3 ms too). */
const REORDERING: Micros = 3 * MILLISECOND
/** Hosts probe every second at the most (tcp_keepalive_intvl of Linux, KeepAliveInterval of Windows); what is
 * acknowledged again because segments came out of order, is so within a round trip. */
const PROBES_APART: Micros = SECOND
const UINT32_MAX = 0xffffffff

/** What a segment at an unexpected place is. */
export type Irregularity = 'ahead' | 'out-of-order' | 'retransmission' | 'keep-alive' | 'stray'

/**
 * Accounts for a segment at `sequence`, where NEXT was expected: a SYN (`syn` is 1 or 0), `payload` octets, a
 * FIN (`fin`). Advances NEXT where the segment reaches beyond it.
 */
export function irregularSegment(
  state: TapState,
  row: number,
  side: Side,
  sequence: number,
  syn: number,
  payload: number,
  fin: number,
  probe: boolean,
): Irregularity {
  const w = state.table.words
  const h = half(row, side)
  const ahead = (sequence - w[h + NEXT]!) | 0
  if (ahead > JUMP_MAX || ahead < -JUMP_MAX) {
    addRepeated(w, h, payload)
    return 'stray'
  }
  const end = (sequence + syn + payload + fin) | 0
  if (ahead > 0 && !isBelieved(state, row, side, sequence)) {
    addRepeated(w, h, payload)
    return 'stray'
  }
  if (ahead > 0) {
    missed(state, row, side, sequence)
    w[h + NEXT] = end
    return 'ahead'
  }
  if (probe) {
    w[h + KEEP_ALIVES] = w[h + KEEP_ALIVES]! + 1
    addRepeated(w, h, payload)
    countUnanswered(w, h)
    return 'keep-alive'
  }
  if (fillsGap(state, row, side, sequence, syn, payload, fin)) {
    const o = row * RECORD_WORDS + OUT_OF_ORDER
    w[o] = w[o]! + 1
    return 'out-of-order'
  }
  w[h + RETRANSMISSIONS] = w[h + RETRANSMISSIONS]! + 1
  countUnanswered(w, h)
  return 'retransmission'
}

/**
 * On a connection that was open before the capture, a side says for the second time, long after the first,
 * that it waits for the same octet, and nothing was heard of the other side. Nobody acknowledges anew what
 * did not come: it is a keep-alive (RFC 9293 §3.8.4), and so was the first, whose sequence number alone does
 * not tell. Without room in its window it may be an answer to probes of that.
 */
export function repeatsProbe(
  state: TapState,
  row: number,
  side: Side,
  { bytes, transportAt }: Place,
  flags: number,
  payload: number,
): boolean {
  const { words: w, f64 } = state.table
  const c = row * RECORD_WORDS
  const h = half(row, side)
  const isAlone = w[h + PACKETS] === 2 && w[half(row, otherSide(side)) + PACKETS] === 0
  const next = w[h + NEXT]!
  return (
    isAlone &&
    payload === 0 &&
    next === ((w[h + INITIAL]! + 1) | 0) &&
    next === i32(bytes, transportAt + 4) &&
    (w[c + STATE]! & bit(SYN_SEEN, side)) === 0 &&
    (flags & (tcp.SYN | tcp.FIN | tcp.RST | tcp.ACK)) === tcp.ACK &&
    w[h + ACKNOWLEDGED] === i32(bytes, transportAt + 8) &&
    u16(bytes, transportAt + 14) > 0 &&
    state.moment[0]! - f64[(c + FIRST_AT) >> 1]! >= PROBES_APART
  )
}

/** The side's first segment was a keep-alive: the octet that it pretends to send again is older than the
 * capture. */
export function beganWithProbe(state: TapState, row: number, side: Side): void {
  const { words: w, f64 } = state.table
  const c = row * RECORD_WORDS
  const h = half(row, side)
  w[h + INITIAL] = w[h + NEXT]!
  w[h + NEXT] = (w[h + NEXT]! + 1) | 0
  w[h + KEEP_ALIVES] = w[h + KEEP_ALIVES]! + 1
  countUnanswered(w, h)
  const first = { at: f64[(c + FIRST_AT) >> 1]!, packet: w[c + FIRST_PACKET]! >>> 0 }
  const cold = coldOf(state, row)
  cold.unanswered = withSide(cold.unanswered, side, first)
}

/** A segment that begins before NEXT: counts what of its payload was there before; true if it fills a hole
 * that is young. */
function fillsGap(
  state: TapState,
  row: number,
  side: Side,
  sequence: number,
  syn: number,
  payload: number,
  fin: number,
): boolean {
  const w = state.table.words
  const h = half(row, side)
  const next = w[h + NEXT]!
  const from = (sequence + syn) | 0
  const to = (from + payload) | 0
  const old = Math.min(payload, Math.max(0, (next - from) | 0))
  const end = (to + fin) | 0
  if (((end - next) | 0) > 0) w[h + NEXT] = end
  const holes = state.table.cold.get(row)?.holes[side]
  if (holes === undefined || holes.length === 0) {
    addRepeated(w, h, old)
    return false
  }
  const since = sinceOfHole(holes, sequence, ((end - next) | 0) > 0 ? next : end)
  addRepeated(w, h, old - fillHoles(state, row, side, from, (from + old) | 0))
  if (fin === 1 && ((end - next) | 0) <= 0) fillHoles(state, row, side, to, end)
  if (since === null) return false
  return state.moment[0]! - since <= Math.max(REORDERING, handshakeRtt(w, row))
}

/** The octets of a side from NEXT to `to` were not captured (yet). Moves NEXT there. */
export function missed(state: TapState, row: number, side: Side, to: number): void {
  const w = state.table.words
  const h = half(row, side)
  const next = w[h + NEXT]!
  w[h + NEXT] = to
  // A side that was first seen by an empty segment may have been probing, one octet back: that octet is older
  // than the capture.
  const onlyEmpty =
    next === ((w[h + INITIAL]! + 1) | 0) && (w[row * RECORD_WORDS + STATE]! & bit(SYN_SEEN, side)) === 0
  if (onlyEmpty && to === ((next + 1) | 0)) w[h + INITIAL] = next
  else {
    addHole(state, row, side, { from: next, to, since: state.moment[0]! })
    for (const silence of state.clock.missed(lastAt(state, row), state.moment[0]!)) tellBlind(state, silence)
    // They passed some time since the last packet: that was no silence.
    if (lastAt(state, row) < state.moment[0]!)
      state.table.f64[(row * RECORD_WORDS + LAST_AT) >> 1] = state.moment[0]!
  }
}

/** The tap saw nothing for a while, though something passed: nobody listened. */
function tellBlind(state: TapState, { start, end }: TapSilence): void {
  state.lacks.blind += end - start
  state.emit({ kind: 'capture-blind', time: state.moment[0]!, tap: state.tap, start, end })
}

/** The oldest hole is given up when there are too many. */
function addHole(state: TapState, row: number, side: Side, hole: Hole): void {
  const cold = coldOf(state, row)
  const holes = cold.ownHoles(side)
  if (holes.length === HOLES_MAX) {
    const given = holes.shift()!
    cold.missing = withSide(cold.missing, side, cold.missing[side] + ((given.to - given.from) | 0))
    state.counters.missingSegments++
  }
  holes.push(hole)
}

/** When the first hole that `from`..`to` reaches into came to be; null if it reaches into none. */
function sinceOfHole(holes: readonly Hole[], from: number, to: number): Micros | null {
  for (const hole of holes) {
    if (((hole.to - from) | 0) > 0 && ((to - hole.from) | 0) > 0) return hole.since
  }
  return null
}

/** Takes `from`..`to` out of the holes of a side; answers how many octets of it they held. */
function fillHoles(state: TapState, row: number, side: Side, from: number, to: number): number {
  const holes = coldOf(state, row).ownHoles(side)
  let filled = 0
  for (let i = 0; i < holes.length; i++) {
    const hole = holes[i]!
    const left = Math.max(0, (from - hole.from) | 0)
    const right = Math.max(0, (hole.to - to) | 0)
    const inside = ((hole.to - hole.from) | 0) - left - right
    if (inside <= 0) continue
    filled += inside
    if (left > 0 && right > 0) {
      hole.to = from
      addHole(state, row, side, { from: to, to: (to + right) | 0, since: hole.since })
      break // all of it lay within one hole
    }
    if (left > 0) hole.to = from
    else if (right > 0) hole.from = to
    else holes.splice(i--, 1)
  }
  return filled
}

/** Holes of a side that the other side acknowledged, or any if its acknowledgments were never seen: `[holes,
 * octets]`. */
export function missingOf(state: TapState, row: number, side: Side): readonly [number, number] {
  const cold = state.table.cold.get(row)
  if (cold === undefined) return [0, 0]
  const w = state.table.words
  const isKnown = (w[row * RECORD_WORDS + STATE]! & bit(ACK_SEEN, otherSide(side))) !== 0
  const acknowledged = w[half(row, otherSide(side)) + ACKNOWLEDGED]!
  let count = 0
  let octets = 0
  for (const hole of cold.holes[side]) {
    const length = (hole.to - hole.from) | 0
    const missing = isKnown ? Math.min(length, (acknowledged - hole.from) | 0) : length
    if (missing <= 0) continue
    count++
    octets += missing
  }
  return [count, cold.missing[side] + octets]
}

/** Payload that adds nothing to the stream; saturates. */
export function addRepeated(w: Int32Array, h: number, octets: number): void {
  if (octets > 0) w[h + REPEATED] = Math.min(UINT32_MAX, (w[h + REPEATED]! >>> 0) + octets)
}

/** One more segment in a row that asks for an answer again; saturates at 65535. */
function countUnanswered(w: Int32Array, h: number): void {
  const word = w[h + HARDWARE_UNANSWERED]!
  if ((word & 0xffff) !== 0xffff) w[h + HARDWARE_UNANSWERED] = word + 1
}
