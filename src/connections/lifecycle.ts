/**
 * What happens to a connection besides the plain passing of segments: it opens, falls silent and wakes, is
 * over, lingers, and goes. The tracker asks here about the few packets that mean such a thing, before and
 * after they are accounted for.
 *
 * A connection that is over lingers for twice the maximum segment lifetime, so that stragglers still belong
 * to it (RFC 9293 §3.4.2); an idle one is never over.
 */
import { i32 } from '../bytes/read.ts'
import { FIRST_MINUTE_OCTETS } from '../model/observation.ts'
import type { Side } from '../model/packet.ts'
import { SECOND, type Micros } from '../model/time.ts'
import type { Place } from '../wire/frame.ts'
import * as tcp from '../wire/tcp.ts'
import { isFinBelieved } from './acceptance.ts'
import { isKeepAlive } from './advance.ts'
import { repeatsProbe } from './sequence.ts'
import { considerChallenge, isDoubtful } from './challenges.ts'
import { finSeen, isResetValid, resetSeen, unseenFinAcknowledged } from './endings.ts'
import {
  ACKNOWLEDGED,
  ADDRESS_0,
  ADDRESS_1,
  FIN_SEEN,
  INEXACT,
  NEXT,
  OVER,
  PACKETS,
  PORTS,
  RECORD_WORDS,
  STATE,
  UNOPENED,
  UNTIMED,
  bit,
  half,
} from './fields.ts'
import { isUnansweredAttempt, openBy, synSeen, tellFailed, timeLate } from './handshake.ts'
import { forgetStray } from './last-seen.ts'
import type { Roles } from './roles.ts'
import { settleAtEnd, wake, whileWaking } from './silences.ts'
import type { TapClock } from './tap-clock.ts'
import { bytesSent, connectionId, endpointOf, firstAt, lastAt, type TapState } from './tap-state.ts'
import { passedUnseen, tellsOfUnseen } from './unseen.ts'
import { Waitlist } from './waitlist.ts'

/** Twice the maximum segment lifetime of RFC 9293 §3.4.2. */
export const LINGER: Micros = 240 * SECOND
/** A connection that is over and still has packets after that time stays until it had none for one segment
 * lifetime. */
const QUIET: Micros = LINGER / 2
/** A SYN that nobody answered for this long counts as unanswered: the initial retransmission timeout of RFC
 * 6298 §2.1, three times. */
export const SYN_UNANSWERED_AFTER: Micros = 3 * SECOND

/** How long the beginning of a connection is: what it costs to come back shows within that time. */
export const FIRST_MINUTE: Micros = 60 * SECOND

const DOUBTED = INEXACT | bit(INEXACT, 1)

export class Lifecycle {
  private readonly state: TapState
  private readonly clock: TapClock
  private readonly roles: Roles
  private readonly lingering = new Waitlist(LINGER)
  private readonly attempts = new Waitlist(SYN_UNANSWERED_AFTER)
  private readonly young = new Waitlist(FIRST_MINUTE)

  constructor(state: TapState, clock: TapClock, roles: Roles) {
    this.state = state
    this.clock = clock
    this.roles = roles
  }

  /** A connection was begun by a SYN, which may stay unanswered. */
  attempted(row: number): void {
    this.attempts.add(this.state.table, row, this.clock.steady)
    this.young.add(this.state.table, row, this.clock.steady)
  }

  /** What SYN, FIN, RST and a broken silence mean, before the packet is accounted for; false if it adds
   * nothing to its half. */
  before(row: number, side: Side, place: Place, flags: number, payload: number, packet: number): boolean {
    const { state } = this
    const time = state.moment[0]!
    let bits = state.table.words[row * RECORD_WORDS + STATE]!
    if ((flags & tcp.RST) !== 0) {
      this.resetBefore(row, side, place, packet)
      return false
    }
    if ((flags & tcp.SYN) !== 0) {
      synSeen(state, row, side, place, time, packet)
      if ((flags & tcp.ACK) !== 0) this.learnListener(row, side)
      return true
    }
    if ((flags & tcp.FIN) !== 0 && !isFinBelieved(state, row, side, place, payload)) return false
    if ((bits & UNOPENED) !== 0 && !openBy(state, row, side, place, time)) return false
    if ((bits & UNTIMED) !== 0 && side === 0) timeLate(state, row, place, time)
    if ((bits & DOUBTED) !== 0 && isDoubtful(bits)) {
      considerChallenge(state, row, side, place, flags, payload, packet)
      bits = state.table.words[row * RECORD_WORDS + STATE]!
    }
    const isLong = this.silenceBefore(row) >= state.silenceMin
    if ((flags & tcp.FIN) !== 0) finSeen(state, row, side, place, time, packet)
    else if (unseenFinAcknowledged(state, row, side, place, time, packet)) return true
    else if (isLong && (bits & OVER) === 0 && state.wakings.of(row)?.givenUp !== true)
      this.silenceBroken(row, side, place, flags, payload, packet)
    return true
  }

  private silenceBroken(
    row: number,
    side: Side,
    place: Place,
    flags: number,
    payload: number,
    packet: number,
  ): void {
    const { state } = this
    const time = state.moment[0]!
    settleAtEnd(state, row, time)
    const sequence = i32(place.bytes, place.transportAt + 4)
    const probe =
      repeatsProbe(state, row, side, place, flags, payload) ||
      isKeepAlive(state, row, side, flags, payload, sequence)
    const breaker = probe ? 'keep-alive' : payload > 0 ? 'data' : 'acknowledgment'
    if (passedUnseen(state, row, side, place)) return
    const isAgain = breaker === 'data' && sequence !== state.table.words[half(row, side) + NEXT]
    wake(state, row, side, breaker, time, packet, isAgain)
    if (tellsOfUnseen(state, row, side, place)) state.wakings.of(row)!.doubtful = true
  }

  /** What the packet means once it is accounted for; `again`: it asks for an answer again. */
  after(row: number, side: Side, flags: number, again: boolean, packet: number): void {
    const { state } = this
    const bits = state.table.words[row * RECORD_WORDS + STATE]!
    const waking = state.wakings.of(row)
    if (waking !== undefined && waking.endPacket !== packet && (flags & (tcp.FIN | tcp.RST)) === 0) {
      whileWaking(state, row, side, again, state.moment[0]!, packet)
    }
    if ((bits & OVER) === 0 && this.isClosed(row)) this.markOver(row)
    // What the handshake told is needed until it is told.
    if ((bits & (UNOPENED | UNTIMED)) === 0 && state.table.cold.get(row)?.isIdle === true)
      state.table.cold.delete(row)
  }

  /** Time has passed: gives up unanswered tries, and calls `close` for what has lingered. */
  tick(close: (row: number) => void): void {
    const { table } = this.state
    const { steady } = this.clock
    this.attempts.due(steady, table, (row) => this.giveUpAttempt(row))
    this.young.due(steady, table, (row) => this.tellFirstMinute(row))
    this.lingering.due(steady, table, (row) => {
      // It may have come back to life, or still have packets.
      if (!this.isOver(row)) return
      if (this.state.clock.latest - lastAt(this.state, row) >= QUIET) close(row)
      else this.lingering.add(table, row, steady)
    })
  }

  /** The capture is over: what can still be said of a row is told. */
  ended(row: number): void {
    const now = this.state.clock.latest
    settleAtEnd(this.state, row, now)
    if (now - firstAt(this.state, row) >= SYN_UNANSWERED_AFTER) this.giveUpAttempt(row)
  }

  /** The row that has been over for longest, taken off the list; -1 if none is. */
  oldestOver(): number {
    let row = this.lingering.oldest(this.state.table)
    while (row >= 0 && !this.isOver(row)) row = this.lingering.oldest(this.state.table)
    return row
  }

  private resetBefore(row: number, side: Side, place: Place, packet: number): void {
    const { state } = this
    const time = state.moment[0]!
    if (!isResetValid(state, row, side, place)) {
      state.counters.invalidResets++
      return
    }
    const bits = state.table.words[row * RECORD_WORDS + STATE]!
    if ((bits & UNOPENED) !== 0) openBy(state, row, side, place, time)
    this.silenceBefore(row)
    resetSeen(state, row, side, place, time, packet)
    if ((bits & OVER) === 0) this.markOver(row)
  }

  private silenceBefore(row: number): Micros {
    if (this.clock.steps > 0) forgetStray(this.state, row)
    return this.state.moment[0]! - lastAt(this.state, row)
  }

  /** Who is not answered asks again (RFC 6298 §2.1); of a SYN that stays alone, a tap that holds nothing but
   * SYNs does not tell what became. */
  private giveUpAttempt(row: number): void {
    if (this.state.lacks.hasMore && isUnansweredAttempt(this.state, row))
      tellFailed(this.state, row, 'unanswered', this.state.clock.latest)
  }

  private tellFirstMinute(row: number): void {
    const { state } = this
    const bytes = bytesSent(state, row)
    if (bytes[1] < FIRST_MINUTE_OCTETS || this.isOver(row)) return
    state.emit({
      kind: 'first-minute',
      time: this.clock.latest,
      tap: state.tap,
      connection: connectionId(state, row),
      originator: endpointOf(state, row, 0),
      responder: endpointOf(state, row, 1),
      bytes,
    })
  }

  private markOver(row: number): void {
    this.state.table.words[row * RECORD_WORDS + STATE]! |= OVER
    this.lingering.add(this.state.table, row, this.clock.steady)
  }

  private isOver(row: number): boolean {
    return (this.state.table.words[row * RECORD_WORDS + STATE]! & OVER) !== 0
  }

  /** Both sides have sent FIN and know of the other's; or the only side that is captured has. */
  private isClosed(row: number): boolean {
    const w = this.state.table.words
    const bits = w[row * RECORD_WORDS + STATE]!
    const both = FIN_SEEN | bit(FIN_SEEN, 1)
    if ((bits & both) === 0) return false
    const zero = half(row, 0)
    const one = half(row, 1)
    if (w[zero + PACKETS] === 0 || w[one + PACKETS] === 0) return true
    if ((bits & both) !== both) return false
    return (
      ((w[zero + ACKNOWLEDGED]! - w[one + NEXT]!) | 0) >= 0 &&
      ((w[one + ACKNOWLEDGED]! - w[zero + NEXT]!) | 0) >= 0
    )
  }

  private learnListener(row: number, side: Side): void {
    const w = this.state.table.words
    const c = row * RECORD_WORDS
    const ports = w[c + PORTS]!
    const address = w[c + (side === 0 ? ADDRESS_0 : ADDRESS_1)]!
    this.roles.learn(address, side === 0 ? ports >>> 16 : ports & 0xffff)
  }
}
