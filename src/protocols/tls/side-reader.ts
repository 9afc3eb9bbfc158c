/** Decides what becomes of each record of one side, with the keys and facts at hand. */
import { u8 } from '../../bytes/read.ts'
import type { Foreseeing, RecordsAhead } from '../../model/ahead.ts'
import { hasShortTag } from './ciphers.data.ts'
import * as is from './constants.data.ts'
import { enterEpoch, findKeys12, keepSession, takeAlert, takeHandshakeMessage } from './content.ts'
import { isRead } from './handshake.ts'
import { holdOctets } from './held.ts'
import { feedMessages, messageStream, missMessages, restartMessages } from './messages.ts'
import type { MessageReader, MessageStream } from './messages.ts'
import { failRecord, takeProtected } from './protected.ts'
import { bodyLength, contentType, HEADER_BYTES, isHeader, recordVersion } from './record.ts'
import { HOLD, isAtBoundary, SKIP, STOP, STREAM, WHOLE } from './record-walk.ts'
import type { RecordReader, Treatment } from './record-walk.ts'
import { conclude, reportAlert } from './report.ts'
import { isClient, isProtected12, otherHalf, type Half, type Tls } from './state.ts'
import { breakTranscript } from './transcript.ts'

/**
 * Level and description: the length of an alert in clear. A protected one of TLS 1.2 has a MAC or a tag
 * besides.
 */
const ALERT_BYTES = 2
/**
 * Once the inner consumer is gone, TLS 1.3 records up to this length are still opened: alerts and key updates
 * are among them (19 and 22 octets), and look like data from outside.
 */
const CONTROL_BYTES_MAX = 64
/** ... and so are the first records of a side, whatever their length: session tickets are among them. */
const FIRST_RECORDS = 8
/** Level and description, the octet of the true type, the tag: an alert of TLS 1.3 without padding. */
const alertLength13 = (suite: number): number => ALERT_BYTES + 1 + (hasShortTag(suite) ? 8 : 16)

/** Reads the records of one side, and the messages in them. */
export class SideReader implements RecordReader, MessageReader, Foreseeing {
  readonly messages = messageStream(this)
  readonly half: Half
  private readonly tls: Tls

  constructor(tls: Tls, half: Half) {
    this.tls = tls
    this.half = half
    half.messages = this.messages
  }

  begin(b: Uint8Array, at: number, end: number): Treatment {
    const { tls, half } = this
    if (!isHeader(b, at)) {
      half.isForeign = true
      return STOP
    }
    if (!half.hasWaited && mustWait(tls, half, b, at, end)) {
      half.held = holdOctets(tls.time)
      tls.isHolding = true
      return HOLD
    }
    half.type = contentType(b, at)
    half.version = recordVersion(b, at)
    half.length = bodyLength(b, at)
    half.recordPacket = tls.packet
    half.isOpened = false
    tls.records++
    return treat(tls, half, this.messages)
  }

  fragment(b: Uint8Array, start: number, end: number): void {
    if (this.half.type === is.HANDSHAKE) feedMessages(this.messages, b, start, end)
  }

  whole(b: Uint8Array, start: number, end: number): void {
    const { tls, half } = this
    if (isAlertInClear(half)) takeAlert(tls, half, b, start, end)
    else takeProtected(tls, half, this.messages, b, start, end)
  }

  /** Of a record that lies in several segments the time to open it is little beside its length: it is not
   * posted, but passed. */
  foresee(
    sequence: number,
    isNext: boolean,
    b: Uint8Array,
    start: number,
    end: number,
    ahead: RecordsAhead,
  ): void {
    const { half } = this
    const foresight = half.opener?.foresight
    if (foresight === undefined || !isStraight(half)) return
    if (isNext && half.headerFill === 0) foresight.stands(ahead, (sequence + half.left) | 0, isInHand(half))
    let at = start + foresight.distance(ahead, sequence)
    if (at < start || at > end) return
    while (at + HEADER_BYTES <= end && isHeader(b, at) && contentType(b, at) === is.APPLICATION_DATA) {
      const bodyAt = at + HEADER_BYTES
      const to = bodyAt + bodyLength(b, at)
      foresight.pass(ahead, recordVersion(b, at), b, bodyAt, to, to <= end)
      at = to
    }
  }

  wants(type: number): boolean {
    if (isRead(type) || this.tls.transcript !== null) return true
    return type === is.CLIENT_KEY_EXCHANGE && this.tls.context.secrets?.hasPremasters === true
  }

  message(type: number, b: Uint8Array, start: number, end: number): void {
    takeHandshakeMessage(this.tls, this.half, type, b, start, end)
  }
}

/** The records of the side come one after the other, under keys that stay: their numbers can be told. */
const isStraight = (half: Half): boolean =>
  half.epoch === 'application' && half.missedRecords === 0 && !half.isLost && half.held === null

/** A record is in hand that will take a number, and has not yet. */
const isInHand = (half: Half): boolean => half.left > 0 && half.treatment === WHOLE

/**
 * The record at `at` cannot be understood before the other side's hello, which the capture may still bring.
 */
function mustWait(tls: Tls, half: Half, b: Uint8Array, at: number, end: number): boolean {
  const type = contentType(b, at)
  if (tls.clientSide === null) {
    const contentAt = at + HEADER_BYTES
    const isAnswer = contentAt < end ? u8(b, contentAt) === is.SERVER_HELLO : isInHello(otherHalf(tls, half))
    return type === is.HANDSHAKE && isAnswer && !isInMessage(half) && waitsForHello(tls, half)
  }
  if (type !== is.CHANGE_CIPHER_SPEC && type !== is.APPLICATION_DATA) return false
  return tls.context.secrets !== undefined && waitsForHello(tls, half)
}

/** A handshake message of the side is in pieces: its next record goes on with it (RFC 8446 §5.1). */
const isInMessage = ({ messages }: Half): boolean => messages !== null && messages.headerFill > 0

/** The side's first message is in pieces, or a record with it, and does not wait itself. */
const isInHello = (half: Half): boolean =>
  half.opening !== null ||
  (half.held === null && !half.missedMessages && (isInMessage(half) || !isAtBoundary(half)))

/** The other side's hello is outstanding: the question to this answer, or the answer to this question. */
export function waitsForHello(tls: Tls, half: Half): boolean {
  const other = otherHalf(tls, half)
  if (other.isLost || other.isForeign || other.isEnded) return false
  if (tls.clientSide === null) return !other.isSeen || isInHello(other)
  const h = tls.handshake
  // A retry request wants another ClientHello first, and refuses early data.
  return isClient(tls, half) && h !== null && h.server === null && !h.isRetried
}

function treat(tls: Tls, half: Half, messages: MessageStream): Treatment {
  switch (half.type) {
    case is.CHANGE_CIPHER_SPEC:
      return changeCipher(tls, half, messages)
    case is.ALERT:
      return treatAlert(tls, half)
    case is.HANDSHAKE:
      if (isProtected12(tls, half)) return half.opener === null ? SKIP : WHOLE
      return half.missedMessages ? SKIP : STREAM
    case is.APPLICATION_DATA:
      return treatData(tls, half, messages)
    default:
      return isProtected12(tls, half) ? passOver(half) : SKIP
  }
}

/**
 * ChangeCipherSpec: in TLS 1.3 it means nothing (RFC 8446 §D.4), before that the new keys begin (RFC 5246
 * §7.1).
 */
function changeCipher(tls: Tls, half: Half, messages: MessageStream): Treatment {
  if (tls.is13) return SKIP
  restartMessages(messages)
  half.missedMessages = false
  half.isChanged = true
  findKeys12(tls)
  enterEpoch(tls, half, 'application')
  if (!isClient(tls, half)) keepSession(tls)
  if (isClient(tls, half) || tls.clientSide === null) return SKIP
  if (tls.handshake !== null) tls.handshake.isServerChanged = true
  // With keys, the next record shows whether they are the right ones: the report waits for it.
  if (half.opener === null) conclude(tls)
  return SKIP
}

function treatAlert(tls: Tls, half: Half): Treatment {
  if (isAlertInClear(half) || (isProtected12(tls, half) && half.opener !== null)) return WHOLE
  conclude(tls)
  reportAlert(tls, half, null, null)
  return SKIP
}

const isAlertInClear = (half: Half): boolean => half.type === is.ALERT && half.length === ALERT_BYTES

function treatData(tls: Tls, half: Half, messages: MessageStream): Treatment {
  if (!tls.is13 && !half.isChanged) missedChange(tls, half, messages)
  if (half.opener !== null || (tls.keys !== null && half.missedRecords > 0))
    return treatProtectedData(tls, half)
  // Nothing more of the handshake will be visible: not from this server, nor from one that is not heard any
  // more.
  const server = isClient(tls, half) ? otherHalf(tls, half) : half
  if (server === half || server.isLost || server.isForeign || server.isEnded) conclude(tls)
  return tls.is13 && half.length === alertLength13(tls.suite) ? STREAM : SKIP
}

/** Application data without ChangeCipherSpec: that was missed, and records after it too. */
function missedChange(tls: Tls, half: Half, messages: MessageStream): void {
  if (tls.clientSide === null || tls.handshake?.server === null) return
  changeCipher(tls, half, messages)
  if (tls.handshake !== null) tls.handshake.isDamaged = true
  half.missedRecords = half.opener === null ? 0 : MISSED_AT_CHANGE
}
/** Finished and what may stand with it. */
const MISSED_AT_CHANGE = 4

function treatProtectedData(tls: Tls, half: Half): Treatment {
  const { opener } = half
  if (opener === null || half.missedRecords > 0) return WHOLE
  if (tls.isInnerGone) {
    const isWorthIt = half.length <= CONTROL_BYTES_MAX || opener.sequence < FIRST_RECORDS
    return tls.is13 && isWorthIt ? WHOLE : passOver(half)
  }
  // In TLS 1.3 the record may be a key update; in CBC its content is of unknown length.
  const content = tls.is13 ? -1 : opener.contentLength(half.length)
  if (content < 0 || content > half.innerSkip) return WHOLE
  half.innerSkip -= content
  return passOver(half)
}

const NOTHING = new Uint8Array(0)

/** Counts a protected record that is not opened. */
function passOver(half: Half): Treatment {
  half.opener?.advance(NOTHING, 0, 0)
  return SKIP
}

/** The last record of `half` is, by its length, an alert of TLS 1.3 that could not be opened. */
export const mayBeAlert13 = (tls: Tls, half: Half): boolean =>
  tls.is13 &&
  tls.handshake === null &&
  !half.isOpened &&
  half.type === is.APPLICATION_DATA &&
  half.length === alertLength13(tls.suite)

/** `length` octets of the body in hand were not captured; its end is known. */
export function missInBody(tls: Tls, { half, messages }: SideReader, length: number): void {
  half.left -= length
  if (half.treatment === STREAM && half.type === is.HANDSHAKE) {
    if (missMessages(messages, length)) return
    missHandshake(tls, half)
    half.treatment = SKIP
  } else if (half.treatment === WHOLE) {
    half.treatment = SKIP
    half.body = null
    missRecord(tls, half)
  }
}

/** The record in hand cannot be opened. */
function missRecord(tls: Tls, half: Half): void {
  if (isAlertInClear(half)) return
  passOver(half)
  failRecord(tls, half)
  // What it held may have changed the keys.
  if (tls.is13) half.missedRecords = Math.max(half.missedRecords, 1)
}

/** The rest of the side's handshake in clear cannot be followed. */
export function missHandshake(tls: Tls, half: Half): void {
  half.missedMessages = true
  if (tls.transcript !== null) breakTranscript(tls.transcript)
  if (tls.handshake !== null && !isClient(tls, half)) tls.handshake.isDamaged = true
}
