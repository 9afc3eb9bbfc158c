/** The tap of a simulated deployment: what happens on connections, as the observations that a capture would
 * give. Packets are only counted; connections are columns, and whoever opens one keeps its number. */
import type { ConnectionSummary, EndReason, HalfSummary, SynFacts } from '../../src/model/connection.ts'
import type { CookieFacts, SetCookie } from '../../src/model/cookie.ts'
import type { HeaderLine, HttpRequest, HttpResponse } from '../../src/model/http.ts'
import type * as O from '../../src/model/observation.ts'
import type { Endpoint, Side } from '../../src/model/packet.ts'
import { MILLISECOND, SECOND, type Micros } from '../../src/model/time.ts'

const TAP = 'core'
/** A connection that is over is accounted for so much later (the connection stage's LINGER). */
export const LINGER: Micros = 240 * SECOND
/** A shorter silence is none. */
const SILENCE_MIN: Micros = 60 * SECOND
const HOPS = [60, 64] as const
/** A device three hops away resets in somebody's name. */
const DEVICE_HOPS = 252
const RTT: Micros = 4 * MILLISECOND

const SYN: readonly [SynFacts, SynFacts] = [
  { hopLimit: HOPS[0], window: 64_240, mss: 1460, windowScale: 7, options: '2,4,8,1,3' },
  { hopLimit: HOPS[1], window: 65_160, mss: 1460, windowScale: 7, options: '2,4,8,1,3' },
]
const HARDWARE: readonly [null, null] = [null, null]

/** A connection as long as it is open, and a little longer. */
export interface Line {
  readonly connection: number
  readonly originator: Endpoint
  readonly responder: Endpoint
  readonly start: Micros
  readonly firstPacket: number
  last: Micros
  lastPacket: number
  bytes: [number, number]
  maxIdle: Micros
  survived: Micros
  toldSurvived: boolean
  endReason: EndReason
  endedBy: Side | null
  finAt: [Micros | null, Micros | null]
}

export class Wire {
  observations = 0
  private readonly lines = new Set<Line>()
  private connections = 0
  private packets = 0
  private readonly emit: (o: O.Observation) => void

  constructor(emit: (o: O.Observation) => void) {
    this.emit = emit
  }

  open(originator: Endpoint, responder: Endpoint, at: Micros): Line {
    const line: Line = {
      connection: ++this.connections,
      originator,
      responder,
      start: at,
      firstPacket: this.packets + 1,
      last: at,
      lastPacket: this.packets + 1,
      bytes: [0, 0],
      maxIdle: 0,
      survived: 0,
      toldSurvived: false,
      endReason: 'open',
      endedBy: null,
      finAt: [null, null],
    }
    this.lines.add(line)
    this.packets += 3
    this.tell({
      kind: 'connection-opened',
      time: at + RTT,
      tap: TAP,
      connection: line.connection,
      originator: line.originator,
      responder: line.responder,
      packet: line.firstPacket,
      start: at,
      rolesKnown: true,
      handshake: 'complete',
      handshakeRtt: RTT,
      syn: SYN,
      initialSequence: [this.packets, this.packets + 7],
      hardware: HARDWARE,
      answeredTo: null,
      tag: 0,
    })
    return line
  }

  /** A SYN that is refused, or sent three times in vain. */
  fail(originator: Endpoint, responder: Endpoint, at: Micros, manner: 'refused' | 'unanswered'): void {
    const attempts = manner === 'refused' ? 1 : 4
    const packet = this.packets + 1
    this.packets += attempts
    this.tell({
      kind: 'connection-failed',
      tap: TAP,
      connection: ++this.connections,
      originator,
      responder,
      time: at + (manner === 'refused' ? RTT : 0),
      start: at,
      packet,
      manner,
      attempts,
    })
  }

  says(line: Line, at: Micros, text: string): void {
    this.pass(line, 0, at, text.length)
    const { connection } = line
    const packet = line.lastPacket
    const packetTime = at
    const on = { time: at, tap: TAP, connection }
    this.tell({ kind: 'opening', ...on, side: 0, packet, packetTime, text, protocol: null })
  }

  request(
    line: Line,
    at: Micros,
    target: string,
    headers: HeaderLine[],
    cookies: CookieFacts[],
  ): HttpRequest {
    this.pass(line, 0, at, 200)
    const request: HttpRequest = {
      method: 'POST',
      target,
      version: '1.1',
      headers,
      time: at,
      packet: line.lastPacket,
      bodyBytes: 0,
      cookies,
    }
    const { connection } = line
    this.tell({
      kind: 'http-request',
      time: at,
      tap: TAP,
      connection,
      requestFrom: 0,
      request,
      index: 0,
      decrypted: false,
    })
    return request
  }

  answer(line: Line, at: Micros, request: HttpRequest, setCookies: readonly SetCookie[], index = 0): void {
    this.pass(line, 1, at, 400)
    const response: HttpResponse = {
      status: 200,
      version: '1.1',
      headers: [],
      setCookieLines: setCookies.length,
      setCookies,
      setCookieNames: setCookies.map((c) => c.name),
      time: at,
      packet: line.lastPacket,
      bodyBytes: 100,
    }
    const { connection } = line
    this.tell({
      kind: 'http-transaction',
      time: at,
      tap: TAP,
      connection,
      requestFrom: 0,
      request,
      response,
      interim: [],
      index,
      decrypted: false,
    })
  }

  /** Octets pass, and nothing is told of them; what passed before them was a silence. */
  pass(line: Line, from: Side, at: Micros, bytes: number): void {
    line.maxIdle = Math.max(line.maxIdle, at - line.last)
    line.last = at
    line.lastPacket = ++this.packets
    line.bytes[from] += bytes
  }

  /** The first minute of a connection on which the server sent much. */
  minute(line: Line): void {
    this.tell({
      kind: 'first-minute',
      time: line.start + 60 * SECOND,
      tap: TAP,
      connection: line.connection,
      originator: line.originator,
      responder: line.responder,
      bytes: this.octets(line),
    })
  }

  /** A silence ended, and the connection went on: only the first one is told. */
  survive(line: Line, at: Micros, bytes: number): void {
    const isTold = !line.toldSurvived && at - line.last >= SILENCE_MIN
    const silence = isTold ? this.silence(line, at, 0, 'answered', at + 10 * MILLISECOND) : null
    line.survived = Math.max(line.survived, at - line.last)
    this.pass(line, 0, at, bytes)
    this.pass(line, 1, at + 10 * MILLISECOND, 40)
    if (silence === null) return
    line.toldSurvived = true
    this.tell({ ...silence, outcomePacket: line.lastPacket, outcomeAt: at + 10 * MILLISECOND })
  }

  /** The agent speaks after a silence, and nobody answers: it gives up after `tried`. */
  vanish(line: Line, at: Micros, tried: Micros): void {
    const silence = this.silence(line, at, 0, 'unanswered', at + tried)
    this.packets += 4
    this.tell({
      ...silence,
      retransmissions: 4,
      lastRetransmission: this.packets,
      lastRetransmissionAt: at + tried,
    })
    line.endReason = 'silent'
    line.last = at + tried
    line.lastPacket = this.packets
  }

  /** The agent speaks after a silence, and a device resets in the server's name. */
  refuse(line: Line, at: Micros): void {
    const silence = this.silence(line, at, 0, 'reset', at + MILLISECOND)
    const packet = (this.packets += 2)
    this.tell({ ...silence, outcomePacket: packet, outcomeAt: at + MILLISECOND })
    this.reset(line, 1, at + MILLISECOND, DEVICE_HOPS, packet - 1, at - line.last)
  }

  /** A device resets a silent connection in the name of a side. */
  expire(line: Line, at: Micros, from: Side, hopLimit = DEVICE_HOPS): void {
    if (at - line.last >= SILENCE_MIN) this.tell(this.silence(line, at, from, 'aborted', at))
    this.packets++
    this.reset(line, from, at, hopLimit, null, at - line.last)
  }

  /** A side closes, and the other one as well. */
  close(line: Line, at: Micros, from: Side): void {
    const idle = at - line.last
    if (idle >= SILENCE_MIN) this.tell(this.silence(line, at, from, 'closed', at))
    for (const [side, time] of [
      [from, at],
      [(1 - from) as Side, at + MILLISECOND],
    ] as const) {
      this.pass(line, side, time, 0)
      line.finAt[side] = time
      this.tell({
        kind: 'finished',
        time: time,
        tap: TAP,
        connection: line.connection,
        originator: line.originator,
        responder: line.responder,
        packet: line.lastPacket,
        from: side,
        idleBefore: side === from ? idle : MILLISECOND,
        first: side === from,
        bytes: this.octets(line),
        hopLimit: HOPS[side],
        usualHopLimit: HOPS[side],
      })
    }
    line.endReason = from === 0 ? 'client-fin' : 'server-fin'
    line.endedBy = from
  }

  /** The connection goes on under another tuple: the new line. */
  rebind(line: Line, originator: Endpoint, at: Micros): Line {
    const next: Line = { ...line, connection: ++this.connections, originator, start: at, bytes: [0, 0] }
    const previousPacket = line.lastPacket
    this.pass(next, 0, at, 100)
    this.tell({
      kind: 'connection-continued',
      time: at,
      tap: TAP,
      connection: next.connection,
      originator: next.originator,
      responder: next.responder,
      packet: next.lastPacket,
      previous: line.connection,
      previousOriginator: line.originator,
      previousPacket,
      previousAt: line.last,
      sequenceOffset: 0,
      acknowledgmentOffset: 0,
    })
    const on = { ...next, firstPacket: next.lastPacket }
    this.lines.delete(line)
    this.lines.add(on)
    return on
  }

  /** Of the connections that are silent, those that somebody waits for are told, as the connection stage
   * does. */
  look(at: Micros, isAwaited: (connection: number) => boolean): void {
    for (const line of this.lines) {
      const { connection } = line
      if (at - line.last < SILENCE_MIN || !isAwaited(connection)) continue
      this.tell({ kind: 'connection-idle', time: at, tap: TAP, connection, summary: this.summary(line, at) })
    }
  }

  /** Its final account. */
  account(line: Line, at: Micros): void {
    this.lines.delete(line)
    this.tell({
      kind: 'connection-closed',
      time: at,
      tap: TAP,
      connection: line.connection,
      summary: this.summary(line, at),
    })
  }

  /** The capture is over. */
  end(time: Micros): void {
    this.tell({ kind: 'capture-ended', time, tap: TAP })
  }

  private summary(line: Line, at: Micros): ConnectionSummary {
    const { connection, originator, responder, start, last: end, firstPacket, lastPacket } = line
    return {
      connection,
      tap: TAP,
      stream: connection,
      originator,
      responder,
      rolesKnown: true,
      start,
      end,
      firstPacket,
      lastPacket,
      handshake: 'complete',
      handshakeRtt: RTT,
      halves: [half(line, 0), half(line, 1)],
      maxIdle: line.maxIdle,
      longestSurvived: line.survived,
      idleBeforeEnd: line.endReason === 'open' ? at - end : 0,
      endReason: line.endReason,
      endedBy: line.endedBy,
    }
  }

  private silence(line: Line, at: Micros, by: Side, outcome: O.SilenceOutcome, time: Micros): O.Silence {
    const { last: start, lastPacket: startPacket } = line
    return {
      kind: 'silence',
      time: time,
      tap: TAP,
      connection: line.connection,
      originator: line.originator,
      responder: line.responder,
      start,
      startPacket,
      startSide: 1,
      end: at,
      endPacket: this.packets + 1,
      brokenBy: by,
      breaker: outcome === 'closed' ? 'fin' : 'data',
      lastFrom: [start - MILLISECOND, start],
      outcome,
      outcomePacket: null,
      outcomeAt: null,
      retransmissions: 0,
      lastRetransmission: null,
      lastRetransmissionAt: null,
      keepAlivesBefore: 0,
      inFlight: 0,
      tapSilence: 0,
      bytes: this.octets(line),
    }
  }

  private reset(
    line: Line,
    from: Side,
    at: Micros,
    hopLimit: number,
    provokedBy: number | null,
    idle: Micros,
  ) {
    line.endReason = from === 0 ? 'client-rst' : 'server-rst'
    line.endedBy = from
    line.last = at
    line.lastPacket = this.packets
    this.tell({
      kind: 'reset',
      time: at,
      tap: TAP,
      connection: line.connection,
      originator: line.originator,
      responder: line.responder,
      packet: this.packets,
      from,
      sequence: 1,
      sequenceOffset: 0,
      acknowledges: true,
      window: 0,
      payload: '',
      hopLimit,
      usualHopLimit: HOPS[from],
      identification: 0,
      previousIdentification: 0,
      hardware: null,
      usualHardware: null,
      provokedBy,
      sinceProvocation: provokedBy === null ? null : MILLISECOND,
      idleBefore: idle,
      sinceOwn: null,
      legRtt: RTT,
      afterFin: false,
      bytes: this.octets(line),
    })
  }

  private octets = ({ bytes }: Line): [number, number] => [bytes[0], bytes[1]]

  private tell(o: O.Observation): void {
    this.observations++
    this.emit(o)
  }
}

const half = ({ bytes, last, finAt }: Line, side: Side): HalfSummary => ({
  packets: 4,
  bytes: bytes[side],
  uniqueBytes: bytes[side],
  retransmissions: 0,
  outOfOrder: 0,
  keepAlives: 0,
  zeroWindows: 0,
  captureDuplicates: 0,
  missingBytes: 0,
  lastPacketAt: last,
  finAt: finAt[side],
  finPacket: null,
  rstAt: null,
  unanswered: 0,
  unansweredSince: null,
  unansweredPacket: null,
  hopLimit: HOPS[side],
  hardware: null,
})
