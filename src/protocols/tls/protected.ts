/**
 * Protected records with keys: opened in turn, found again after a loss. A record's number is part of what
 * authenticates it, so after missed records the right number is the one that opens the record: nothing is
 * guessed.
 */
import { HEADER_BYTES } from './record.ts'
import * as is from './constants.data.ts'
import { enterEpoch, takeAlert } from './content.ts'
import type { Opened, RecordOpener } from './decryption.ts'
import { innerData, innerGap } from './inner.ts'
import { feedMessages, holdsWholeMessages, restartMessages, type MessageStream } from './messages.ts'
import { conclude, reportAlert } from './report.ts'
import { isClient, roleOf, type Half, type Tls } from './state.ts'

/**
 * Numbers that are tried after missed records. With more missed, the side stays unread. Bounds the work of
 * one gap.
 */
export const MISSED_RECORDS_MAX = 64
/**
 * The shortest protected record that occurs: header, an octet, a short tag. Tells how many fit into a gap.
 */
export const PROTECTED_RECORD_MIN = HEADER_BYTES + 1 + 8

/** Opens the record in hand, body `start`..`end`, and takes what it holds. */
export function takeProtected(
  tls: Tls,
  half: Half,
  messages: MessageStream,
  b: Uint8Array,
  start: number,
  end: number,
): void {
  const before = half.opener
  const expected = before?.sequence ?? 0
  const opened =
    (before === null ? null : before.open(half.type, half.version, b, start, end)) ??
    openElsewhere(tls, half, messages, { b, start, end })
  half.isOpened = opened !== null
  if (opened === null && half.mayBeRefused && half.epoch === 'handshake') return
  if (opened !== null) tellMissed(tls, half, half.opener === before ? expected : 0)
  half.opener?.advance(b, start, end)
  if (opened === null) {
    failRecord(tls, half)
    return
  }
  tls.opened++
  tls.isDecrypted = true
  half.missedRecords = 0
  half.mayBeRefused &&= half.epoch === 'early'
  takeOpened(tls, half, messages, opened)
}

interface Body {
  readonly b: Uint8Array
  readonly start: number
  readonly end: number
}

function takeOpened(tls: Tls, half: Half, messages: MessageStream, opened: Opened): void {
  const { type, octets, start, end } = opened
  if (type === is.HANDSHAKE) takeMessages(half, messages, octets, start, end)
  else if (type === is.ALERT) takeAlert(tls, half, octets, start, end)
  else if (type === is.APPLICATION_DATA && !isRefused(tls, half)) innerData(tls, half, octets, start, end)
  if (tls.handshake?.isServerChanged === true && !isClient(tls, half)) conclude(tls)
}

/** After a loss, messages are read again from the first record that holds whole ones, to the octet. */
function takeMessages(
  half: Half,
  messages: MessageStream,
  octets: Uint8Array,
  start: number,
  end: number,
): void {
  if (half.missedMessages) {
    if (!holdsWholeMessages(octets, start, end)) return
    restartMessages(messages)
    half.missedMessages = false
  }
  feedMessages(messages, octets, start, end)
}

/** Early data that the server does not take was not said: it comes again. */
const isRefused = (tls: Tls, half: Half): boolean => half.epoch === 'early' && tls.refusesEarlyData

const openWith = (opener: RecordOpener | null, half: Half, { b, start, end }: Body): Opened | null =>
  opener === null ? null : opener.open(half.type, half.version, b, start, end)

/**
 * Looks for the record under the numbers and keys that missed records, or early data, may have left it with.
 */
function openElsewhere(tls: Tls, half: Half, messages: MessageStream, record: Body): Opened | null {
  if (half.epoch === 'early') return openAfterEarlyData(tls, half, record)
  const { missedRecords, opener } = half
  if (missedRecords === 0) return null
  const first = opener?.sequence ?? 0
  for (let missed = 1; opener !== null && missed <= missedRecords; missed++) {
    opener.sequence = first + missed
    const opened = openWith(opener, half, record)
    if (opened !== null) {
      half.missedMessages = true
      return opened
    }
  }
  if (opener !== null) opener.sequence = first
  const opened =
    tls.is13 && half.epoch === 'handshake' ? openInApplication(tls, half, messages, record) : null
  // Each search in vain halves the next: what one gap costs is bounded. Without a handshake secret there is
  // no other way.
  if (opened === null && opener !== null) half.missedRecords = missedRecords >> 1
  return opened
}

/**
 * The client's early data is over, its end unseen, or was refused: the record is the first under the
 * handshake keys.
 */
function openAfterEarlyData(tls: Tls, half: Half, record: Body): Opened | null {
  const next = tls.keys?.opener('client', 'handshake') ?? null
  const opened = openWith(next, half, record)
  if (opened === null) return null
  half.opener = next
  half.epoch = 'handshake'
  return opened
}

/** The missed records held the end of the handshake: the record is under the application keys. */
function openInApplication(tls: Tls, half: Half, messages: MessageStream, record: Body): Opened | null {
  const next = tls.keys?.opener(roleOf(tls, half), 'application') ?? null
  for (let number = 0; next !== null && number <= half.missedRecords; number++) {
    next.sequence = number
    const opened = openWith(next, half, record)
    if (opened === null) continue
    enterEpoch(tls, half, 'application')
    half.opener = next
    half.missedMessages = number > 0
    restartMessages(messages)
    tls.isDecrypted = true
    if (!isClient(tls, half)) conclude(tls)
    return opened
  }
  return null
}

/**
 * The place is found again; the record that was `expected` next under these keys, and those after it, were
 * missed. Tells the inner consumer, to the octet if that can be known.
 */
function tellMissed(tls: Tls, half: Half, expected: number): void {
  const { opener, missedOctets } = half
  half.missedOctets = 0
  if (missedOctets === 0 || opener === null || half.epoch !== 'application') return
  const missed = opener.sequence - expected
  // The first record under the keys of TLS 1.2 is Finished.
  const isFinished = !tls.is13 && expected === 0
  if (missed === 0 || (isFinished && missed === 1)) return
  const perRecord = HEADER_BYTES + BODY_PROBE - opener.contentLength(BODY_PROBE)
  const isKnown = !isFinished && tellsLength(tls, half)
  innerGap(tls, half, isKnown ? Math.max(1, missedOctets - missed * perRecord) : -1)
}
const BODY_PROBE = 1024

/**
 * A record's length tells that of its content. In TLS 1.3 a side's first records may be tickets: not before
 * its first data.
 */
const tellsLength = (tls: Tls, half: Half): boolean =>
  half.opener !== null && half.opener.contentLength(BODY_PROBE) >= 0 && (half.hasSpoken || !tls.is13)

/** The record in hand stays unread: cut by a gap, or not authentic. */
export function failRecord(tls: Tls, half: Half): void {
  tls.context.count?.('tls-record-unopened')
  half.isOpened = false
  half.missedMessages = true
  if (tls.handshake !== null && !isClient(tls, half)) {
    tls.handshake.isDamaged = true
    conclude(tls)
  }
  if (half.type === is.ALERT) reportAlert(tls, half, null, null)
  if (half.type !== is.APPLICATION_DATA || half.epoch !== 'application' || half.opener === null) return
  const isKnown = tellsLength(tls, half) && half.missedOctets === 0
  half.missedOctets = 0
  innerGap(tls, half, isKnown ? half.opener.contentLength(half.length) : -1)
}
