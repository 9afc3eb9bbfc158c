/**
 * TLS 1.0 to 1.3 and SSL 3.0, as far as a bystander can read them: hellos, certificates in clear, tickets,
 * alerts; with keys (StreamContext.secrets) everything, and the application data goes to an inner consumer.
 *
 * Emits one `tls-handshake` for each handshake as soon as all that is visible of it has passed, `tls-alert`,
 * and, with keys, `tls-ticket`. Without keys the bodies of protected records are answered with a skip: they
 * cost five octets each. After a gap that hid record boundaries, a side is read again from the next segment
 * that begins with a record.
 */
import type { Foreseeing } from '../../model/ahead.ts'
import { CONTINUE, DETACH, SKIP_REST } from '../../model/stream.ts'
import type { StreamConsumer, StreamContext } from '../../model/stream.ts'
import type { Side } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import type { OpenInner } from '../protocol.ts'
import { readClientHelloV2, V2_HEADER_BYTES } from './client-hello-v2.ts'
import * as is from './constants.data.ts'
import { beginHandshake } from './content.ts'
import { noteClientHello } from './handshake.ts'
import { sha256Hex } from './hash.ts'
import { HELD_BYTES_MAX, HELD_TIME_MAX, hold } from './held.ts'
import { innerClose, innerEnd } from './inner.ts'
import { MESSAGE_BYTES_MAX } from './messages.ts'
import { MISSED_RECORDS_MAX, PROTECTED_RECORD_MIN } from './protected.ts'
import { BODY_BYTES_MAX, bodyLength, contentType, HEADER_BYTES, isHeader, recordVersion } from './record.ts'
import { isAtBoundary, restartWalk, takeSkip, walkRecords } from './record-walk.ts'
import { conclude, reportAlert } from './report.ts'
import { mayBeAlert13, missHandshake, missInBody, SideReader, waitsForHello } from './side-reader.ts'
import { isClient, newTls, otherHalf, type Half, type Tls, type TlsCounts } from './state.ts'
import { addOctets, TRANSCRIPT_BYTES_MAX } from './transcript.ts'
import { feedOpening, isWhole, opensV2, v2Opening } from './v2-opening.ts'

export { recognisesTls } from './recognise.ts'

/** The longest TCP segment (RFC 9293 §3.1: the length of an IP packet). */
const SEGMENT_BYTES_MAX = 65_535
/**
 * What a connection holds at most: on each side a message and a record in pieces, and what waits for the
 * other's hello; and the transcript of the handshake.
 */
export const HELD_OCTETS_MAX =
  2 * (MESSAGE_BYTES_MAX + BODY_BYTES_MAX + HELD_BYTES_MAX + SEGMENT_BYTES_MAX) + TRANSCRIPT_BYTES_MAX

export interface TlsConsumer extends StreamConsumer {
  readonly counts: Readonly<TlsCounts>
  /** Octets of traffic held now; at most HELD_OCTETS_MAX. */
  heldOctets(): number
}

/**
 * A consumer for one TLS connection. `openInner` gives the consumer of its application data, asked for when
 * the first of that is decrypted; its skip and detach answers are respected. Nothing here throws on traffic.
 */
export function openTls(context: StreamContext, openInner: OpenInner): TlsConsumer {
  return new TlsParser(newTls(context, openInner))
}

/** A class, so that a connection does not cost a closure for each of these. */
class TlsParser implements TlsConsumer {
  private readonly tls: Tls
  private readonly readers: readonly [SideReader, SideReader]

  constructor(tls: Tls) {
    this.tls = tls
    this.readers = [new SideReader(tls, tls.halves[0]), new SideReader(tls, tls.halves[1])]
  }

  get counts(): Readonly<TlsCounts> {
    const { records, opened, resynchronised, foreign, reported } = this.tls
    return { records, opened, resynchronised, foreign, reported }
  }

  heldOctets(): number {
    const { tls, readers } = this
    return heldOctets(readers[0]) + heldOctets(readers[1]) + (tls.transcript?.length ?? 0)
  }

  data(side: Side, bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number {
    const { tls } = this
    const reader = this.enter(side, time, packet)
    read(tls, reader, bytes, start, end)
    if (tls.isHolding) this.release(false)
    return answer(tls, reader.half)
  }

  foreseeing(side: Side): Foreseeing | null {
    return this.tls.isInnerGone ? null : this.readers[side]
  }

  gap(side: Side, length: number, time: Micros, packet: number): number {
    const { tls } = this
    const reader = this.enter(side, time, packet)
    if (reader.half.held !== null) releaseHalf(tls, reader)
    miss(tls, reader, length)
    if (tls.isHolding) this.release(false)
    return answer(tls, reader.half)
  }

  end(side: Side, time: Micros, packet: number): void {
    const { tls } = this
    const reader = this.enter(side, time, packet)
    const { half } = reader
    half.isEnded = true
    if (half.held !== null) releaseHalf(tls, reader)
    if (tls.isHolding) this.release(false)
    end(tls, half)
  }

  close(time: Micros): void {
    const { tls } = this
    tls.time = time
    if (tls.isHolding) this.release(true)
    conclude(tls)
    innerClose(tls)
  }

  private enter(side: Side, time: Micros, packet: number): SideReader {
    const { tls } = this
    tls.time = time
    tls.packet = packet
    tls.packetTime = time
    return this.readers[side]
  }

  /** Reads what waited, if it need not wait longer. */
  private release(isOver: boolean): void {
    const { tls, readers } = this
    for (const reader of readers) {
      const { half } = reader
      if (half.held !== null && (isOver || !waitsForHello(tls, half))) releaseHalf(tls, reader)
    }
    tls.isHolding = readers.some(({ half }) => half.held !== null)
  }
}

/** Takes the next octets of a side. */
function read(tls: Tls, reader: SideReader, b: Uint8Array, start: number, end: number): void {
  const { half } = reader
  if (half.isForeign) return
  if (half.held !== null) {
    keep(tls, reader, b, start, end)
    return
  }
  if (!half.isSeen && opensV2(b, start)) half.opening = v2Opening()
  half.isSeen = true
  const from = half.opening === null ? start : readOpening(tls, half, b, start, end)
  if (half.isForeign || half.opening !== null) return
  if (half.isLost && !resynchronise(tls, half, b, from, end)) {
    half.missedOctets += end - from
    return
  }
  const stopped = walkRecords(half, reader, b, from, end)
  // The reader sets these while the walk is on.
  if (half.isForeign) foreign(tls)
  else if (half.held !== null) keep(tls, reader, b, stopped, end)
}

/** This side does not speak TLS: the handshake goes no further. */
function foreign(tls: Tls): void {
  tls.foreign++
  conclude(tls)
}

/** Takes octets of an SSL 2.0 ClientHello. Answers where records begin. */
function readOpening(tls: Tls, half: Half, b: Uint8Array, start: number, end: number): number {
  const opening = half.opening!
  const at = feedOpening(opening, b, start, end)
  if (at < 0) {
    half.isForeign = true
    foreign(tls)
  } else if (isWhole(opening)) {
    half.opening = null
    takeOpening(tls, half, opening.octets, opening.fill)
  }
  return at
}

function takeOpening(tls: Tls, half: Half, octets: Uint8Array, length: number): void {
  const fields = readClientHelloV2(octets, V2_HEADER_BYTES, length)
  if (fields === null || tls.handshake === null) return
  beginHandshake(tls)
  if (tls.transcript !== null) addOctets(tls.transcript, octets, V2_HEADER_BYTES, length)
  noteClientHello(tls.handshake, half.side, fields, sha256Hex(octets, V2_HEADER_BYTES, length), tls)
  tls.clientSide = half.side
}

/**
 * Keeps octets until the other side's hello is there; reads them at once if that takes too long or too much.
 */
function keep(tls: Tls, reader: SideReader, b: Uint8Array, start: number, end: number): void {
  const held = reader.half.held!
  const fits = hold(held, b, start, end, tls)
  if (!fits || tls.time - held.since > HELD_TIME_MAX) releaseHalf(tls, reader)
}

function releaseHalf(tls: Tls, reader: SideReader): void {
  const { half } = reader
  const pieces = half.held?.pieces ?? []
  const { packet, packetTime } = tls
  half.held = null
  half.hasWaited = true
  for (const piece of pieces) {
    tls.packet = piece.packet
    tls.packetTime = piece.packetTime
    read(tls, reader, piece.octets, 0, piece.octets.length)
  }
  tls.packet = packet
  tls.packetTime = packetTime
}

/** `length` octets of a side were not captured. */
function miss(tls: Tls, reader: SideReader, length: number): void {
  const { half } = reader
  half.isSeen = true
  if (half.isForeign) return
  if (half.opening !== null) {
    half.opening = null
    lose(tls, half, length)
    return
  }
  const inBody = half.isLost ? 0 : Math.min(length, half.left)
  if (inBody > 0) missInBody(tls, reader, inBody)
  if (length > inBody) lose(tls, half, length - inBody)
}

/** Record boundaries are unknown from here on, `missing` octets after the last one that was known. */
function lose(tls: Tls, half: Half, missing: number): void {
  half.missedOctets += half.headerFill + missing
  if (half.isLost) return
  half.isLost = true
  tls.context.count?.('tls-place-lost')
  restartWalk(half)
  missHandshake(tls, half)
}

/**
 * A segment that begins with a record header of the connection's version is believed to begin a record:
 * senders write whole records, and one random segment in 12 million looks so (type 4 of 256, version 1 of
 * 65,536, length a quarter).
 */
function resynchronise(tls: Tls, half: Half, b: Uint8Array, start: number, end: number): boolean {
  if (end - start < HEADER_BYTES || !isHeader(b, start) || !isLikely(tls, half, b, start)) return false
  half.isLost = false
  tls.resynchronised++
  const fit = Math.floor(half.missedOctets / PROTECTED_RECORD_MIN)
  half.missedRecords = tls.keys === null ? 0 : Math.min(MISSED_RECORDS_MAX, Math.max(1, fit))
  return true
}

function isLikely(tls: Tls, half: Half, b: Uint8Array, at: number): boolean {
  const versions = [half.version, otherHalf(tls, half).version]
  if (versions.some((version) => version > 0) && !versions.includes(recordVersion(b, at))) return false
  const length = bodyLength(b, at)
  switch (contentType(b, at)) {
    case is.CHANGE_CIPHER_SPEC:
      return length === 1
    case is.ALERT:
      return length === 2 || (length > PROTECTED_ALERT_MIN && length < PROTECTED_ALERT_MAX)
    case is.HEARTBEAT:
      return false
    default:
      return length > PROTECTED_RECORD_MIN - HEADER_BYTES
  }
}
/** A protected alert: with a short tag, and with a vector, SHA-384 and a block of padding. */
const PROTECTED_ALERT_MIN = 10
const PROTECTED_ALERT_MAX = 100

/** The side has sent its FIN. */
function end(tls: Tls, half: Half): void {
  if (!isClient(tls, half)) conclude(tls)
  if (mayBeAlert13(tls, half) && !half.isLost && isAtBoundary(half)) {
    reportAlert(tls, half, null, null, half.recordPacket)
  }
  innerEnd(tls, half)
}

function answer(tls: Tls, half: Half): number {
  if (half.isForeign && otherHalf(tls, half).isForeign) {
    innerClose(tls)
    return DETACH
  }
  if (isDone(tls)) return DETACH
  if (half.isForeign) return SKIP_REST
  return half.held === null ? takeSkip(half) : CONTINUE
}

/** The handshake is told, nothing can be read further on, and nobody asks for alerts. */
const isDone = (tls: Tls): boolean =>
  tls.handshake === null && tls.context.wants?.alerts === false && tls.context.secrets === undefined

function heldOctets({ half, messages }: SideReader): number {
  return (
    (half.body?.length ?? 0) +
    (messages.buffer?.length ?? 0) +
    (half.held?.length ?? 0) +
    (half.opening?.octets.length ?? 0)
  )
}
