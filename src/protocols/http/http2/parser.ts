/**
 * HTTP/2 in both directions (RFC 9113): each stream becomes the observations that an exchange of HTTP/1
 * becomes (`http-request` when a request's fields are complete, `http-transaction` when those of its final
 * response are), with version `2`; besides them GOAWAY, RST_STREAM, and what takes a stream over (RFC 8441).
 *
 * `bodyBytes` is the declared content-length, 0 if there is none. A capture that begins late, or a gap,
 * costs what refers to earlier header blocks: such fields are left out and the message says so; a request
 * without a method or a path is not told, only its response.
 */
import { latin1 } from '../../../bytes/latin1.ts'
import { u16, u32 } from '../../../bytes/read.ts'
import type { HttpRequest, HttpResponse } from '../../../model/http.ts'
import { GOAWAY_TEXT_MAX } from '../../../model/observation.ts'
import { otherSide } from '../../../model/packet.ts'
import type { Side } from '../../../model/packet.ts'
import { CONTINUE } from '../../../model/stream.ts'
import type { StreamConsumer, StreamContext } from '../../../model/stream.ts'
import type { Micros } from '../../../model/time.ts'
import { BodyCollector } from '../body.ts'
import { responseBody } from '../framing.ts'
import { INTERIM_MAX, SeenRequest, SeenResponse } from '../message.ts'
import { headOf, sectionOf } from './fields.ts'
import type { Section } from './fields.ts'
import { FrameReader } from './frame-reader.ts'
import type { Block, FrameOwner } from './frame-reader.ts'
import * as F from './frames.data.ts'
import { FRAME_HEADER, SETTING_BYTES } from './frames.ts'
import { HpackDecoder, TABLE_BYTES_DEFAULT } from './hpack.ts'
import { Http2Stream } from './stream.ts'
import type { UnreadReason } from '../../../model/unread.data.ts'

/**
 * Streams of a connection that are followed at once. Servers allow 100 to 250. With more, the oldest counts
 * as unanswered.
 */
export const STREAMS_MAX = 256
/** Bodies of a connection that are collected at once; of further ones nothing is told. */
export const BODIES_MAX = 32

/** A request of HTTP/1 that is answered in HTTP/2 (`Upgrade: h2c`), on stream 1. */
export interface Upgraded {
  readonly asking: Side
  readonly request: HttpRequest | null
  readonly index: number
}

class Http2Parser implements StreamConsumer, FrameOwner {
  private readonly context: StreamContext
  private readonly decrypted: boolean
  private readonly readers: readonly [FrameReader, FrameReader]
  private readonly tables: [HpackDecoder | null, HpackDecoder | null] = [null, null]
  /** The largest dynamic table that the other side allowed; null if it was not seen to say. */
  private readonly tableMax: [number | null, number | null] = [null, null]
  /** Octets of the preface that passed; -1 once the side's frames have begun. */
  private readonly preface: [number, number] = [0, 0]
  private readonly hasPreface: [boolean, boolean] = [false, false]
  /** The side that asks, once something showed it. */
  private asking: Side | null = null
  private readonly streams = new Map<number, Http2Stream>()
  private nextIndex = 0
  /** The largest stream that each side opened: what is not in `streams` and not above it is closed. */
  private readonly opened: [number, number] = [0, 0]
  /** Frames may have been missed. */
  private isPartial = false
  private collected = 0

  constructor(context: StreamContext, decrypted: boolean, upgraded: Upgraded | null) {
    this.context = context
    this.decrypted = decrypted
    this.readers = [new FrameReader(0, this), new FrameReader(1, this)]
    if (upgraded === null) return
    this.asking = upgraded.asking
    this.nextIndex = upgraded.index + 1
    const stream = new Http2Stream(1, upgraded.index)
    stream.request = upgraded.request
    stream.begun[upgraded.asking] = true
    stream.ended[upgraded.asking] = true
    this.opened[upgraded.asking] = 1
    this.streams.set(1, stream)
  }

  /** Octets held now: header blocks, dynamic tables, excerpts of bodies. */
  get heldBytes(): number {
    let held = 0
    for (const side of [0, 1] as const)
      held += this.readers[side].heldBytes + (this.tables[side]?.tableBytes ?? 0)
    if (this.collected > 0)
      for (const { bodies } of this.streams.values())
        held += (bodies[0]?.heldBytes ?? 0) + (bodies[1]?.heldBytes ?? 0)
    return held
  }

  data(side: Side, bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number {
    const from = this.preface[side] < 0 ? start : this.begin(side, bytes, start, end)
    return from < end ? this.readers[side].read(bytes, from, end, time, packet) : CONTINUE
  }

  gap(side: Side, length: number, time: Micros, packet: number): number {
    if (this.preface[side] >= 0) {
      this.preface[side] = -1
      this.readers[side].lose()
    } else this.readers[side].gap(length, time, packet)
    return CONTINUE
  }

  end(side: Side, time: Micros, packet: number): void {
    if (this.asking !== null && side !== this.asking)
      for (const stream of this.streams.values()) this.giveUp(stream, time, packet)
  }

  close(time: Micros): void {
    for (const stream of this.streams.values()) this.giveUp(stream, time, 0)
    this.streams.clear()
  }

  /** The first octets of a side: passes over the preface, and returns where frames begin. */
  private begin(side: Side, bytes: Uint8Array, start: number, end: number): number {
    let at = start
    while (at < end && this.preface[side] < F.PREFACE.length) {
      if (bytes[at] !== F.PREFACE.charCodeAt(this.preface[side])) break
      this.preface[side]++
      at++
    }
    const hasPreface = this.preface[side] === F.PREFACE.length
    if (hasPreface) this.asking ??= side
    if (at === end) return end
    const isBroken = this.preface[side] > 0 && !hasPreface
    this.hasPreface[side] = hasPreface
    this.preface[side] = -1
    if (isBroken || (!hasPreface && isLate(bytes, at, end))) this.readers[side].lose()
    return at
  }

  /** The table of a side whose header blocks are read from the first on, or of one that they are not. */
  private table(side: Side): HpackDecoder {
    return (this.tables[side] ??= new HpackDecoder(!this.isWhole(side)))
  }

  /** Who speaks first sends SETTINGS (§3.4): with anything else, the capture began within the connection. */
  private isWhole(side: Side): boolean {
    return this.hasPreface[side] || this.readers[side].firstType === F.SETTINGS
  }

  lost(side: Side): void {
    this.context.count?.('http2-place-lost')
    this.isPartial = true
    this.table(side).lose()
    for (const stream of this.streams.values()) stream.bodies[side]?.miss(1)
  }

  block(side: Side, block: Block, bytes: Uint8Array, end: number, time: Micros, packet: number): void {
    const table = this.table(side)
    table.limit = this.tableMax[side] ?? Infinity
    const list = table.decode(bytes, 0, end)
    if (table.isOverLimit) {
      table.isOverLimit = false
      this.context.count?.('http2-table-over-limit')
    }
    if (list === null) return this.blockLost(side, block, 'http2-header-block-malformed', time, packet)
    if (list.unknown > 0) this.context.count?.('http2-fields-unknown')
    if (list.cut) this.context.count?.('http2-header-list-too-large')
    const section = sectionOf(list)
    if (block.promised > 0) this.promised(side, block.promised, section, time, packet)
    else this.section(side, block, section, time, packet)
  }

  blockLost(side: Side, block: Block, reason: UnreadReason | null, time: Micros, packet: number): void {
    this.context.count?.(reason ?? 'http2-header-block-lost')
    this.table(side).lose()
    this.isPartial = true
    const stream = this.streams.get(block.stream)
    if (stream !== undefined && block.endsStream) this.ends(stream, side, time, packet)
  }

  private section(side: Side, block: Block, section: Section, time: Micros, packet: number): void {
    const isRequest = section.method !== null || (section.target !== null && section.status === null)
    if (this.asking === null && (isRequest || section.status !== null))
      this.asking = isRequest ? side : otherSide(side)
    const stream = this.streamOf(block.stream, time, packet)
    if (stream === null) return
    const isFirst = !stream.begun[side]
    if (isFirst && side === this.asking) this.request(stream, side, block, section, time, packet)
    else if (side !== this.asking && section.status !== null && !stream.isAnswered)
      this.response(stream, side, block, section, time, packet)
    else if (stream.begun[side] && block.endsStream)
      this.finishBody(stream, side, true, section, time, packet)
    if (block.endsStream) this.ends(stream, side, time, packet)
  }

  /** The stream of that number; null if it is closed. */
  private streamOf(id: number, time: Micros, packet: number): Http2Stream | null {
    const known = this.streams.get(id)
    if (known !== undefined) return known
    const opener = this.openerOf(id)
    if (opener !== null) {
      if (id <= this.opened[opener] && !this.isPartial && this.isWhole(opener)) return null
      this.opened[opener] = Math.max(this.opened[opener], id)
    }
    if (this.streams.size >= STREAMS_MAX) this.makeRoom(time, packet)
    const stream = new Http2Stream(id, this.nextIndex++)
    this.streams.set(id, stream)
    return stream
  }

  /** Clients open odd streams, servers even ones (§5.1.1). */
  private openerOf(id: number): Side | null {
    if (this.asking === null) return null
    return id % 2 === 1 ? this.asking : otherSide(this.asking)
  }

  private makeRoom(time: Micros, packet: number): void {
    const oldest = this.streams.values().next().value
    if (oldest === undefined) return
    this.context.count?.('http2-too-many-streams')
    this.giveUp(oldest, time, packet)
    this.streams.delete(oldest.id)
  }

  private request(
    stream: Http2Stream,
    side: Side,
    block: Block,
    section: Section,
    time: Micros,
    packet: number,
  ): void {
    stream.begun[side] = true
    if (section.method === null || section.target === null)
      return this.context.count?.('http2-request-unknown')
    const head = headOf(section)
    const request = new SeenRequest(head, Math.max(0, head.framing.length), time, packet)
    stream.request = request
    stream.protocol = section.method === 'CONNECT' ? section.protocol : null
    const { tap, connection } = this.context
    const { index, id } = stream
    const { decrypted } = this
    this.context.emit({
      kind: 'http-request',
      time,
      tap,
      connection,
      requestFrom: side,
      request,
      index,
      decrypted,
      stream: id,
    })
    if (!block.endsStream) this.collect(stream, side, section, head.framing.length)
  }

  private response(
    stream: Http2Stream,
    side: Side,
    block: Block,
    section: Section,
    time: Micros,
    packet: number,
  ): void {
    stream.begun[side] = true
    const head = headOf(section)
    const { status } = head
    const asked = stream.request?.method ?? null
    const length = responseBody(status, head.version, head.framing, asked)
    const response = new SeenResponse(head, Math.max(0, length), time, packet, asked)
    if (status < 200) {
      if (head.setCookieLines > 0) this.keepInterim(stream, response)
      return
    }
    this.transaction(stream, response, time)
    if (stream.protocol !== null && status < 300) this.upgraded(stream, stream.protocol, time, packet)
    else if (!block.endsStream && asked !== 'CONNECT') this.collect(stream, side, section, length)
  }

  private keepInterim(stream: Http2Stream, response: HttpResponse): void {
    if (stream.interim.length < INTERIM_MAX) stream.interim = [...stream.interim, response]
    else this.context.count?.('http-too-many-interim-responses')
  }

  /** A request that the server makes up, and will answer on that stream (§8.4). */
  private promised(side: Side, id: number, section: Section, time: Micros, packet: number): void {
    this.asking ??= otherSide(side)
    const stream = this.streamOf(id, time, packet)
    if (stream === null || stream.begun[otherSide(side)]) return
    stream.isPushed = true
    stream.begun[otherSide(side)] = true
    stream.ended[otherSide(side)] = true
    if (section.method === null || section.target === null)
      return this.context.count?.('http2-request-unknown')
    stream.request = new SeenRequest(headOf(section), 0, time, packet)
  }

  private transaction(stream: Http2Stream, response: HttpResponse | null, time: Micros): void {
    const { tap, connection } = this.context
    const { decrypted } = this
    const { request, interim, index, id } = stream
    stream.isAnswered = true
    stream.interim = []
    if (request === null && response === null) return
    const requestFrom = this.asking!
    this.context.emit({
      kind: 'http-transaction',
      time,
      tap,
      connection,
      requestFrom,
      request,
      response,
      interim,
      index,
      decrypted,
      stream: id,
      ...(stream.isPushed ? { pushed: true } : {}),
    })
  }

  private upgraded(stream: Http2Stream, protocol: string, time: Micros, packet: number): void {
    const { tap, connection } = this.context
    const { decrypted } = this
    const { index, id } = stream
    const requestFrom = this.asking!
    this.context.emit({
      kind: 'http-upgrade',
      time,
      tap,
      connection,
      protocol: protocol.toLowerCase(),
      requestFrom,
      index,
      packet,
      decrypted,
      stream: id,
    })
  }

  /** Reports what of a stream is unfinished: nothing more will come. */
  private giveUp(stream: Http2Stream, time: Micros, packet: number): void {
    if (!stream.isAnswered) this.transaction(stream, null, time)
    for (const side of [0, 1] as const) this.finishBody(stream, side, false, null, time, packet)
  }

  streamEnd(side: Side, id: number, time: Micros, packet: number): void {
    const stream = this.streams.get(id)
    if (stream !== undefined) this.ends(stream, side, time, packet)
  }

  private ends(stream: Http2Stream, side: Side, time: Micros, packet: number): void {
    stream.ended[side] = true
    this.finishBody(stream, side, true, null, time, packet)
    if (this.asking !== null && side !== this.asking && !stream.isAnswered)
      this.transaction(stream, null, time)
    if (stream.ended[otherSide(side)]) this.streams.delete(stream.id)
  }

  private collect(stream: Http2Stream, side: Side, section: Section, declared: number): void {
    const wanted = this.context.wants?.bodies
    if (wanted === undefined) return
    if (this.collected >= BODIES_MAX) return this.context.count?.('http2-too-many-bodies')
    this.collected++
    stream.bodies[side] = new BodyCollector(wanted, section.lines, declared < 0 ? null : declared)
  }

  private finishBody(
    stream: Http2Stream,
    side: Side,
    ended: boolean,
    trailers: Section | null,
    time: Micros,
    packet: number,
  ): void {
    const collector = stream.bodies[side]
    if (collector === null) return
    stream.bodies[side] = null
    this.collected--
    const body = collector.finish(ended)
    const differs = body.complete && collector.declared !== null && collector.declared !== body.bytes
    const { tap, connection } = this.context
    const { decrypted } = this
    const { index, id } = stream
    this.context.emit({
      kind: 'http-body',
      time,
      tap,
      connection,
      from: side,
      of: side === this.asking ? 'request' : 'response',
      index,
      body,
      trailers: trailers?.lines ?? [],
      ambiguities: differs ? ['length-differs'] : [],
      packet,
      decrypted,
      stream: id,
    })
  }

  wantsBody(side: Side, id: number): boolean {
    return this.collected > 0 && (this.streams.get(id)?.bodies[side] ?? null) !== null
  }

  body(side: Side, id: number, bytes: Uint8Array, start: number, end: number): void {
    this.streams.get(id)?.bodies[side]?.data(bytes, start, end)
  }

  bodyMissing(side: Side, id: number, length: number): void {
    this.streams.get(id)?.bodies[side]?.miss(length)
  }

  control(
    side: Side,
    type: number,
    flags: number,
    id: number,
    bytes: Uint8Array,
    end: number,
    time: Micros,
    packet: number,
  ): void {
    if (type === F.SETTINGS && (flags & F.ACK) === 0) this.settings(side, bytes, end)
    else if (type === F.RST_STREAM) this.reset(side, id, u32(bytes, 0), time, packet)
    else if (type === F.GOAWAY && end >= 8) this.goAway(side, bytes, end, time, packet)
  }

  /** What a side allows the other (§6.5.2). It is not asked when that came to know of it: the most counts. */
  private settings(side: Side, bytes: Uint8Array, end: number): void {
    const other = otherSide(side)
    let table = TABLE_BYTES_DEFAULT
    for (let at = 0; at + SETTING_BYTES <= end; at += SETTING_BYTES) {
      const value = u32(bytes, at + 2)
      if (u16(bytes, at) === F.SETTINGS_MAX_FRAME_SIZE) this.readers[other].allow(value)
      else if (u16(bytes, at) === F.SETTINGS_HEADER_TABLE_SIZE) table = Math.max(table, value)
    }
    this.tableMax[other] = Math.max(this.tableMax[other] ?? 0, table)
  }

  private reset(side: Side, id: number, code: number, time: Micros, packet: number): void {
    const stream = this.streams.get(id)
    const { tap, connection } = this.context
    const { decrypted } = this
    this.context.emit({
      kind: 'http2-reset',
      time,
      tap,
      connection,
      from: side,
      stream: id,
      errorCode: code,
      error: F.errorName(code),
      index: stream?.index ?? null,
      packet,
      decrypted,
    })
    if (stream === undefined) return
    this.giveUp(stream, time, packet)
    this.streams.delete(id)
  }

  private goAway(side: Side, bytes: Uint8Array, end: number, time: Micros, packet: number): void {
    const { tap, connection } = this.context
    const { decrypted } = this
    const errorCode = u32(bytes, 4)
    this.context.emit({
      kind: 'http2-goaway',
      time,
      tap,
      connection,
      from: side,
      lastStream: u32(bytes, 0) & 0x7fffffff,
      errorCode,
      error: F.errorName(errorCode),
      text: latin1(bytes, 8, Math.min(end, 8 + GOAWAY_TEXT_MAX)),
      packet,
      decrypted,
    })
  }
}

/** Whether a side's first octets are not SETTINGS, as far as they show it. */
const isLate = (bytes: Uint8Array, start: number, end: number): boolean =>
  bytes[start] !== 0 || (end - start >= FRAME_HEADER && bytes[start + 3] !== F.SETTINGS)

/** Reads HTTP/2; `decrypted` says that the octets came out of TLS. */
export function openHttp2(
  context: StreamContext,
  decrypted = false,
  upgraded: Upgraded | null = null,
): StreamConsumer & { readonly heldBytes: number } {
  return new Http2Parser(context, decrypted, upgraded)
}
