/**
 * Finds out what a stream carries, says how it begins, and hands it to the parser of its protocol.
 *
 * The first octets of each side are held (OPENING_BYTES at most) until a protocol is certain or none is
 * possible. A PROXY header before them is reported and taken off. Each side's opening is shown once: at once
 * if its protocol is certain, otherwise when the message is complete as far as one can tell (the other side
 * speaks, a later message or the end follows, or there is enough). A parser gets the stream from the octets
 * that were recognised on; from then on this is only a way through. What is not recognised at the start is
 * tried again where messages begin, because the capture may have begun late; then the stream is left.
 */
import { latin1 } from '../bytes/latin1.ts'
import { OPENING_BYTES } from '../model/observation.ts'
import type { Foreseeing } from '../model/ahead.ts'
import type { ConnectionId } from '../model/connection.ts'
import type { Observation } from '../model/observation.ts'
import { otherSide } from '../model/packet.ts'
import type { Endpoint, Side, Tap } from '../model/packet.ts'
import { CONTINUE, DETACH } from '../model/stream.ts'
import type { StreamConsumer, StreamContext, TlsSecrets, Wants } from '../model/stream.ts'
import type { Micros } from '../model/time.ts'
import { agentObservation } from './agent-messages.ts'
import { PROTOCOLS } from './index.ts'
import { OPENING_PATIENCE, OpeningSide } from './opening.ts'
import type { OpenInner, Protocol, Recognition } from './protocol.ts'
import { MORE, proxyHeaderLength, readProxyHeader } from './proxy/header.ts'
import type { UnreadReason } from '../model/unread.data.ts'

/**
 * How often the stream may change direction unrecognised. TLS after SMTP's STARTTLS begins in the sixth turn.
 */
export const PROBE_TURNS = 16
/** Segments of one turn that are tried: the first may still be the rest of something older. */
export const PROBE_SEGMENTS = 4
/**
 * Streams inside streams (TLS, CONNECT) that are followed. Real ones are two deep: a tunnel to a proxy, TLS,
 * HTTP.
 */
export const NESTING_MAX = 4

/** Looks at the stream of a connection, and reads it if its protocol is known. */
export const openStream = (context: StreamContext): StreamConsumer & { readonly heldBytes: number } =>
  new Dispatcher(context, 0, false)

/**
 * Whether the first octets of a side begin anything that is read: no parser, and no state, is made for the
 * many connections that carry something else. Only for sides that were seen from their beginning.
 */
export const beginsAnything = (side: Side, bytes: Uint8Array, start: number, end: number): boolean =>
  proxyHeaderLength(bytes, start, end) !== 0 || recognise(side, bytes, start, end, NO_PORT) !== 'no'

/** Looks at the stream inside that of `context`: what TLS protects, what a tunnel carries. */
const openInner: OpenInner = (context, decrypted) => {
  const depth = (context.depth ?? 0) + 1
  if (depth <= NESTING_MAX) return new Dispatcher(context, depth, decrypted)
  context.count?.('nested-too-deep')
  return NOBODY
}

/** Wants nothing. */
const NOBODY: StreamConsumer = { data: () => DETACH, gap: () => DETACH, end: () => {}, close: () => {} }

/** It stands between the parsers of a stream and who reads their facts, and is their context. */
class Dispatcher implements StreamConsumer, StreamContext {
  /**
   * How many streams this one lies inside. An inner stream has no PROXY header, and its opening is not shown.
   */
  readonly depth: number
  private readonly context: StreamContext
  private readonly decrypted: boolean
  private readonly ofOriginator: OpeningSide
  private readonly ofResponder: OpeningSide
  private name: string | null = null
  private chosen: StreamConsumer | null = null
  /** Sides, by bit, whose octets go straight to the parser: their beginning is dealt with. */
  private straight = 0
  /** The latest time seen. What waited out of order is older: it must not make observations run backwards. */
  private latest: Micros = 0
  /** Changes of direction, and segments of this turn that may still be tried. */
  private turns = 0
  private turnOf: Side = 0
  private probes = 0

  constructor(context: StreamContext, depth: number, decrypted: boolean) {
    this.context = context
    this.depth = depth
    this.decrypted = decrypted
    this.ofOriginator = new OpeningSide(depth > 0)
    this.ofResponder = new OpeningSide(depth > 0)
  }

  get tap(): Tap {
    return this.context.tap
  }
  get connection(): ConnectionId {
    return this.context.connection
  }
  get originator(): Endpoint {
    return this.context.originator
  }
  get responder(): Endpoint {
    return this.context.responder
  }
  get fromStart(): boolean | undefined {
    return this.context.fromStart
  }
  get wants(): Wants | undefined {
    return this.context.wants
  }
  get secrets(): TlsSecrets | undefined {
    return this.context.secrets
  }

  emit(observation: Observation): void {
    const { context, latest } = this
    const told = observation.time < latest ? { ...observation, time: latest } : observation
    // Of nested streams the outermost sees what all of them tell.
    const besides = this.depth === 0 ? agentObservation(told, context.responder.port) : null
    if (besides !== null) context.emit(besides)
    context.emit(told)
  }

  count(reason: UnreadReason): void {
    this.context.count?.(reason)
  }

  /** Octets held here, parsers apart: at most OPENING_BYTES per side. */
  get heldBytes(): number {
    return this.ofOriginator.heldBytes + this.ofResponder.heldBytes
  }

  data(side: Side, bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number {
    if (time > this.latest) this.latest = time
    if ((this.straight & (1 << side)) !== 0) return this.chosen!.data(side, bytes, start, end, time, packet)
    return this.search(side, bytes, start, end, time, packet)
  }

  foreseeing(side: Side): Foreseeing | null {
    return (this.straight & (1 << side)) === 0 ? null : (this.chosen?.foreseeing?.(side) ?? null)
  }

  gap(side: Side, length: number, time: Micros, packet: number): number {
    if (time > this.latest) this.latest = time
    const own = this.opening(side)
    const missing = length - own.take(length)
    if (missing === 0) return own.takeAll()
    this.pass(side)
    own.afterGap = true
    return this.chosen === null ? CONTINUE : this.chosen.gap(side, missing, time, packet)
  }

  end(side: Side, time: Micros, packet: number): void {
    if (time > this.latest) this.latest = time
    this.passHeld(side)
    this.chosen?.end(side, time, packet)
  }

  close(time: Micros): void {
    if (time > this.latest) this.latest = time
    this.passHeld(0)
    this.passHeld(1)
    this.chosen?.close(time)
  }

  private opening(side: Side): OpeningSide {
    return side === 0 ? this.ofOriginator : this.ofResponder
  }

  /** Octets of a stream whose protocol is not known yet, or of which some are unwanted. */
  private search(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: Micros,
    packet: number,
  ): number {
    const own = this.opening(side)
    let from = start + own.take(end - start)
    if (from === end) return own.takeAll()
    if (this.chosen !== null) {
      this.show(side, bytes, from, end, time, packet)
      return this.goStraight(this.chosen, side, bytes, from, end, time, packet)
    }
    if (own.heldBytes > 0 && time - own.time > OPENING_PATIENCE) this.pass(side)
    if (this.turns === 0 || side !== this.turnOf) this.turn(side)
    if (!own.proxyPassed) {
      from = this.passProxyHeader(side, bytes, from, end, time, packet)
      if (from >= end) return from - end
    }
    if (own.passed) return this.probe(side, bytes, from, end, time, packet)
    return this.begin(side, bytes, from, end, time, packet)
  }

  /** Hands the parser octets of a side that from now on need not be looked at here. */
  private goStraight(
    chosen: StreamConsumer,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: Micros,
    packet: number,
  ): number {
    this.straight |= 1 << side
    return chosen.data(side, bytes, start, end, time, packet)
  }

  private turn(side: Side): void {
    this.turns++
    this.turnOf = side
    this.probes = PROBE_SEGMENTS
  }

  /**
   * Where the stream goes on behind its PROXY header: beyond `end` if the header does; `end` while it cannot
   * be told.
   */
  private passProxyHeader(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: Micros,
    packet: number,
  ): number {
    const own = this.opening(side)
    const before = own.heldBytes
    if (before === 0 && proxyHeaderLength(bytes, start, end) === 0) {
      own.proxyPassed = true
      return start
    }
    own.hold(bytes, start, end, time, packet)
    const length = proxyHeaderLength(own.held!, 0, own.heldBytes)
    if (length === MORE) return end
    own.proxyPassed = true
    if (length === 0) {
      own.heldBytes = before
      return start
    }
    const { tap, connection } = this.context
    const claim = readProxyHeader(own.held!, 0, own.heldBytes)
    this.context.emit({
      kind: 'proxy-header',
      time: this.latest,
      tap,
      connection,
      packet: own.packet,
      ...claim,
    })
    own.drop()
    return start + length - before
  }

  /** The first octets of a side, after those that are held. */
  private begin(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: Micros,
    packet: number,
  ): number {
    const own = this.opening(side)
    const isFirst = own.heldBytes === 0
    const { port } = this.responder
    let verdict = isFirst ? recognise(side, bytes, start, end, port) : 'unsure'
    if (typeof verdict === 'object') return this.choose(verdict, side, bytes, start, end, time, packet)
    if (verdict === 'no' && this.context.fromStart === true)
      return this.refuse(side, bytes, start, end, time, packet)
    const rest = own.hold(bytes, start, end, time, packet)
    if (!isFirst) verdict = recognise(side, own.held!, 0, own.heldBytes, port)
    if (typeof verdict === 'object') return this.chooseHeld(verdict, side, bytes, rest, end, time, packet)
    if (own.full) this.pass(side)
    this.passHeld(otherSide(side))
    return CONTINUE
  }

  /** Seen from its SYN on, a side that begins with nothing known carries nothing known. */
  private refuse(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: Micros,
    packet: number,
  ): number {
    this.passHeld(otherSide(side))
    this.show(side, bytes, start, end, time, packet)
    this.opening(side).passed = true
    return this.isHopeless ? DETACH : CONTINUE
  }

  /** Both sides have begun, neither with anything known. */
  private get isHopeless(): boolean {
    const { name, ofOriginator, ofResponder } = this
    return this.context.fromStart === true && name === null && ofOriginator.passed && ofResponder.passed
  }

  /** A later segment: does a message of a known protocol begin with it? */
  private probe(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: Micros,
    packet: number,
  ): number {
    this.passHeld(otherSide(side))
    if (this.turns > PROBE_TURNS || this.isHopeless) return DETACH
    const own = this.opening(side)
    const isWhole = !own.afterGap
    own.afterGap = false
    if (this.probes === 0 || !isWhole) return CONTINUE
    this.probes--
    const verdict = recognise(side, bytes, start, end, this.responder.port)
    if (typeof verdict === 'object') return this.choose(verdict, side, bytes, start, end, time, packet)
    return CONTINUE
  }

  /** The protocol is known by octets `start`..`end`, which are the first that its parser gets of `side`. */
  private choose(
    protocol: Protocol,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: Micros,
    packet: number,
  ): number {
    const own = this.opening(side)
    this.name = protocol.name
    const handed = this.handOther(protocol, otherSide(side))
    if (own.heldBytes > 0) this.show(side, bytes, start, end, own.time, own.packet)
    else this.show(side, bytes, start, end, time, packet)
    own.passed = true
    own.drop()
    this.chosen ??= protocol.open(this, openInner, this.decrypted)
    if (handed === DETACH) return DETACH
    return this.goStraight(this.chosen, side, bytes, start, end, time, packet)
  }

  /** The same, by octets that are held, and go on at `rest` of `bytes`. */
  private chooseHeld(
    protocol: Protocol,
    side: Side,
    bytes: Uint8Array,
    rest: number,
    end: number,
    time: Micros,
    packet: number,
  ): number {
    const own = this.opening(side)
    const answer = this.choose(protocol, side, own.held!, 0, own.heldBytes, time, packet)
    if (answer === DETACH || rest === end) return answer
    own.unwanted = answer
    this.straight &= ~(1 << side)
    return this.search(side, bytes, rest, end, time, packet)
  }

  /** Hands the parser what is held of the other side, if it may belong to the protocol. */
  private handOther(protocol: Protocol, other: Side): number {
    const { held, heldBytes, time, packet } = this.opening(other)
    if (heldBytes === 0) return CONTINUE
    const mayBelong = recognise(other, held!, 0, heldBytes, NO_PORT) !== 'no'
    this.pass(other)
    if (!mayBelong) return CONTINUE
    this.chosen = protocol.open(this, openInner, this.decrypted)
    const answer = this.chosen.data(other, held!, 0, heldBytes, time, packet)
    if (answer !== DETACH) this.opening(other).unwanted = answer
    return answer
  }

  /**
   * The first octets of a side are complete, and begin nothing that is known: from now on, later segments are
   * tried.
   */
  private pass(side: Side): void {
    const own = this.opening(side)
    if (own.held !== null && own.heldBytes > 0) {
      this.show(side, own.held, 0, own.heldBytes, own.time, own.packet)
    }
    own.shown = true
    own.passed = true
    own.proxyPassed = true
    own.drop()
  }

  private passHeld(side: Side): void {
    if (this.opening(side).heldBytes > 0) this.pass(side)
  }

  /** `time`: when the packet passed. */
  private show(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: Micros,
    packet: number,
  ): void {
    const own = this.opening(side)
    if (own.shown) return
    own.shown = true
    const wanted = this.context.wants?.openings !== false
    // Without its text, only that the originator speaks is news.
    if (!wanted && side === 1) return
    const text = wanted ? latin1(bytes, start, Math.min(end, start + OPENING_BYTES)) : ''
    const { tap, connection } = this.context
    this.context.emit({
      kind: 'opening',
      time: this.latest,
      tap,
      connection,
      side,
      packet,
      packetTime: time,
      text,
      protocol: this.name,
    })
  }
}

/** It is not asked which protocol octets begin, only whether they may begin any. */
const NO_PORT = -1

/** The protocol that octets begin; or that more are needed to tell; or that none is known. */
function recognise(
  side: Side,
  bytes: Uint8Array,
  start: number,
  end: number,
  port: number,
): Protocol | Exclude<Recognition, 'certain' | 'likely'> {
  let verdict: 'unsure' | 'no' = 'no'
  let likely: Protocol | null = null
  for (const protocol of PROTOCOLS) {
    const one = protocol.recognises(side, bytes, start, end)
    if (one === 'certain') return protocol
    if (one === 'likely' && protocol.ports?.includes(port) === true) likely ??= protocol
    if (one !== 'no') verdict = 'unsure'
  }
  return likely ?? verdict
}
