/**
 * What a record's content says, in clear or opened: handshake messages and the key changes that they bring,
 * alerts.
 */
import * as is from './constants.data.ts'
import {
  is13,
  issued,
  newHandshake,
  readTicket13,
  takeMessage,
  TICKETS_MAX,
  type Handshake,
} from './handshake.ts'
import { innerEnd } from './inner.ts'
import { keysOfExchange, keysOfResumption } from './master-secret.ts'
import { conclude, reportAlert, reportTicket } from './report.ts'
import { sessionKeys } from './session-keys.ts'
import { isTls13 } from './server-hello.ts'
import { isClient, roleOf, type Half, type Tls } from './state.ts'
import { addMessage, newTranscript } from './transcript.ts'

/** Takes one handshake message of `half`, `start`..`end` with its header. */
export function takeHandshakeMessage(
  tls: Tls,
  half: Half,
  type: number,
  b: Uint8Array,
  start: number,
  end: number,
): void {
  if (type === is.CLIENT_HELLO) beginHandshake(tls)
  if (tls.transcript !== null) addMessage(tls.transcript, b, start, end)
  const h = tls.handshake
  if (tls.is13 && type === is.NEW_SESSION_TICKET) takeTicket13(tls, h, b, start, end)
  else if (h !== null && !takeMessage(h, half.side, type, b, start, end, tls)) missMessage(tls, half)
  if (type === is.ENCRYPTED_EXTENSIONS && h?.refusesEarlyData === true) tls.refusesEarlyData = true
  if (type === is.CLIENT_HELLO || type === is.SERVER_HELLO) followHello(tls, h, type)
  else if (tls.is13) changeKeys13(tls, half, type)
  else if (type === is.CLIENT_KEY_EXCHANGE) takeKeyExchange(tls, half, h, b, start + MESSAGE_HEADER, end)
}
const MESSAGE_HEADER = 4

/** A ClientHello comes: another handshake begins, or the one that a server's question interrupted goes on. */
export function beginHandshake(tls: Tls): void {
  const isNew = isNewHandshake(tls)
  // Behind its answer, a question is not in the order of which the secret is made.
  const isLate = !isNew && tls.handshake!.server !== null
  if (isNew) tls.handshake = newHandshake(tls.context.wants?.fingerprints !== false)
  const hasUse = tls.context.secrets?.hasPremasters === true && !tls.is13 && !isLate
  tls.transcript = hasUse ? newTranscript() : null
}

/** ClientKeyExchange: premaster secrets become keys. What a key log says of the connection counts first. */
function takeKeyExchange(
  tls: Tls,
  half: Half,
  h: Handshake | null,
  b: Uint8Array,
  at: number,
  end: number,
): void {
  const { secrets } = tls.context
  if (secrets?.hasPremasters === true && h !== null && isClient(tls, half) && !hasOwnKeys(tls, h))
    tls.keys = keysOfExchange(secrets, h, tls.transcript, b, at, end) ?? tls.keys
  tls.transcript = null
}

const hasOwnKeys = (tls: Tls, { client }: Handshake): boolean =>
  client !== null && tls.context.secrets?.secretOf('CLIENT_RANDOM', client.random) !== undefined

/** ChangeCipherSpec: without keys of its own, the connection may go on with an earlier session's. */
export function findKeys12(tls: Tls): void {
  const { handshake, context } = tls
  if (handshake === null || context.secrets === undefined) return
  tls.keys ??= keysOfResumption(context.secrets, handshake)
}

/** The server changes to its keys: who presents what it has issued so far goes on under the same secret. */
export function keepSession(tls: Tls): void {
  const { handshake, context, keys } = tls
  if (handshake === null || keys === null || keys.master === null) return
  for (const id of issued(handshake)) context.secrets?.keepSession(id, keys.master)
}

/** A ClientHello begins another handshake if the one before was answered or is reported: renegotiation. An
 * answer whose question was not read yet is one to this. */
const isNewHandshake = ({ handshake: h }: Tls): boolean =>
  h === null || (h.server !== null && h.client !== null)

function unreadable(tls: Tls): void {
  tls.context.count?.('tls-message-malformed')
}

/** A message of this side is lost. */
function missMessage(tls: Tls, half: Half): void {
  unreadable(tls)
  if (tls.handshake !== null && !isClient(tls, half)) tls.handshake.isDamaged = true
}

function takeTicket13(tls: Tls, h: Handshake | null, b: Uint8Array, start: number, end: number): void {
  const hash = readTicket13(b, start, end)
  if (hash === null) unreadable(tls)
  else if (h === null) reportTicket(tls, hash)
  else if (h.ticketHashes.length < TICKETS_MAX) h.ticketHashes.push(hash)
}

function followHello(tls: Tls, h: Handshake | null, type: number): void {
  if (h === null) return
  tls.clientSide = h.clientSide
  tls.is13 = is13(h)
  if (type !== is.SERVER_HELLO || h.serverFields === null || h.client === null) return
  tls.suite = h.serverFields.cipherSuite
  const { secrets } = tls.context
  if (tls.is13) tls.transcript = null
  tls.keys = secrets === undefined ? null : sessionKeys(secrets, h.client.random, h.serverFields)
  if (isTls13(h.serverFields.version)) for (const half of tls.halves) beginKeys13(tls, half, h)
}

/** TLS 1.3: the server's next record is protected, and the client's, perhaps by the keys of early data. */
function beginKeys13(tls: Tls, half: Half, h: Handshake): void {
  const role = roleOf(tls, half)
  // Early data is good only if the server took the PSK that it was sent under, at the first try.
  const mayBeEarly = role === 'client' && h.offersEarlyData && !h.isRetried && h.server?.selectedPsk === 0
  half.mayBeRefused = role === 'client' && h.offersEarlyData
  half.opener = mayBeEarly ? (tls.keys?.opener(role, 'early') ?? null) : null
  half.epoch = half.opener === null ? 'handshake' : 'early'
  half.opener ??= tls.keys?.opener(role, 'handshake') ?? null
  // With the later secrets only, the records from the key change on can still be found.
  if (tls.keys !== null && half.opener === null) half.missedRecords = 1
}

function changeKeys13(tls: Tls, half: Half, type: number): void {
  if (type === is.FINISHED) {
    enterEpoch(tls, half, 'application')
    if (isClient(tls, half) || tls.handshake?.isCertificateRequested === false) conclude(tls)
  } else if (type === is.END_OF_EARLY_DATA) {
    enterEpoch(tls, half, 'handshake')
  } else if (type === is.KEY_UPDATE && half.epoch === 'application') {
    enterEpoch(tls, half, 'application', half.keyUpdates + 1)
  }
}

/** The side's next record is the first under the keys of `epoch`. */
export function enterEpoch(tls: Tls, half: Half, epoch: Half['epoch'], keyUpdates = 0): void {
  half.epoch = epoch
  half.keyUpdates = keyUpdates
  half.opener = tls.keys?.opener(roleOf(tls, half), epoch, keyUpdates) ?? null
  half.missedRecords = 0
}

/**
 * Takes the content of an alert record: level and description. One record holds one alert (RFC 8446 §5.1).
 */
export function takeAlert(tls: Tls, half: Half, b: Uint8Array, start: number, end: number): void {
  if (end - start < 2) return
  const level = b[start]!
  const description = b[start + 1]!
  if (level === is.FATAL || description === is.CLOSE_NOTIFY) conclude(tls)
  reportAlert(tls, half, level, description)
  if (description === is.CLOSE_NOTIFY) innerEnd(tls, half)
}
