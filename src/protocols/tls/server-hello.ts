/** ServerHello and HelloRetryRequest (RFC 8446 §4.1.3 and §4.1.4, RFC 5246 §7.4.1.3) as fields. */
import { u16 } from '../../bytes/read.ts'
import { readProtocolNames } from './client-hello.ts'
import * as is from './constants.data.ts'
import { forEachExtension } from './extensions.ts'
import { hex, vectorEnd } from './vector.ts'

export interface ServerHelloFields {
  readonly legacyVersion: number
  /** The version agreed on. */
  version: number
  readonly random: string
  readonly sessionId: string
  readonly cipherSuite: number
  readonly compression: number
  /** Extension types, in order. */
  readonly extensions: number[]
  alpn: string | null
  selectedPsk: number | null
  readonly isRetryRequest: boolean
}

/**
 * Reads the body of a ServerHello, `at`..`end` (without the message header); null if its fixed part does not
 * fit.
 */
export function readServerHello(b: Uint8Array, at: number, end: number): ServerHelloFields | null {
  const randomAt = at + 2
  const sessionIdAt = randomAt + 32
  if (sessionIdAt > end) return null
  const legacyVersion = u16(b, at)
  // Drafts before 22 had neither session id nor compression method (draft-ietf-tls-tls13-21 §4.1.3).
  const isOldDraft = legacyVersion >> 8 === is.TLS_1_3_DRAFT
  const sessionIdEnd = isOldDraft ? sessionIdAt : vectorEnd(b, sessionIdAt, 1, end)
  const extensionsAt = sessionIdEnd + (isOldDraft ? 2 : 3)
  if (sessionIdEnd < 0 || extensionsAt > end) return null
  const random = hex(b, randomAt, sessionIdAt)
  const hello: ServerHelloFields = {
    legacyVersion,
    version: legacyVersion,
    random,
    sessionId: isOldDraft ? '' : hex(b, sessionIdAt + 1, sessionIdEnd),
    cipherSuite: u16(b, sessionIdEnd),
    compression: isOldDraft ? 0 : b[sessionIdEnd + 2]!,
    extensions: [],
    alpn: null,
    selectedPsk: null,
    isRetryRequest: random === is.HELLO_RETRY_RANDOM,
  }
  forEachExtension(b, extensionsAt, end, hello, readExtension)
  return hello
}

function readExtension(
  hello: ServerHelloFields,
  type: number,
  b: Uint8Array,
  from: number,
  to: number,
): void {
  hello.extensions.push(type)
  if (type === is.ALPN) hello.alpn = readProtocolNames(b, from, to)[0] ?? null
  else if (type === is.SUPPORTED_VERSIONS && to - from === 2) hello.version = u16(b, from)
  else if (type === is.PRE_SHARED_KEY && to - from === 2) hello.selectedPsk = u16(b, from)
}

interface AgreedExtensions {
  alpn: string | null
  /** The server takes the early data. */
  earlyData: boolean
}

/** Reads the body of EncryptedExtensions (RFC 8446 §4.3.1), `at`..`end`. */
export function readEncryptedExtensions(b: Uint8Array, at: number, end: number): Readonly<AgreedExtensions> {
  const agreed: AgreedExtensions = { alpn: null, earlyData: false }
  forEachExtension(b, at, end, agreed, readAgreed)
  return agreed
}

function readAgreed(agreed: AgreedExtensions, type: number, b: Uint8Array, from: number, to: number): void {
  if (type === is.ALPN) agreed.alpn = readProtocolNames(b, from, to)[0] ?? null
  else if (type === is.EARLY_DATA) agreed.earlyData = true
}

/**
 * The version is TLS 1.3 or one of its drafts: what follows the hello is encrypted and looks like application
 * data.
 */
export const isTls13 = (version: number): boolean =>
  version >= is.TLS_1_3 && (version === is.TLS_1_3 || version >> 8 === is.TLS_1_3_DRAFT)
