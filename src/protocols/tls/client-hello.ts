/**
 * ClientHello (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2) as fields, in the order of the wire, GREASE included.
 * What contradicts itself inside an extension leaves that extension's field empty; the rest stands.
 */
import { latin1 } from '../../bytes/latin1.ts'
import { u16 } from '../../bytes/read.ts'
import * as is from './constants.data.ts'
import { forEachExtension } from './extensions.ts'
import { isGrease } from './grease.ts'
import { ticketHash } from './hash.ts'
import { hex, numbers16, vectorEnd } from './vector.ts'

/** Protocol names and PSK identities of one hello that are kept; those after them are left out. */
export const OFFERS_MAX = 32

export interface ClientHelloFields {
  readonly legacyVersion: number
  readonly random: string
  readonly sessionId: string
  readonly cipherSuites: readonly number[]
  /** Extension types. */
  readonly extensions: number[]
  supportedVersions: readonly number[]
  groups: readonly number[]
  pointFormats: readonly number[]
  signatureAlgorithms: readonly number[]
  serverName: string | null
  alpn: readonly string[]
  ticketHash: string | null
  pskIdentityHashes: readonly string[]
}

/**
 * Reads the body of a ClientHello, `at`..`end` (without the message header); null if its fixed part does not
 * fit. What only a fingerprint is made of is left empty unless it is wanted: suites, groups, point formats,
 * signature algorithms.
 */
export function readClientHello(
  b: Uint8Array,
  at: number,
  end: number,
  withFingerprints: boolean,
): ClientHelloFields | null {
  const randomAt = at + 2
  const sessionIdAt = randomAt + 32
  const sessionIdEnd = vectorEnd(b, sessionIdAt, 1, end)
  const suitesEnd = vectorEnd(b, sessionIdEnd, 2, end)
  const compressionEnd = vectorEnd(b, suitesEnd, 1, end)
  if (compressionEnd < 0) return null
  const hello = emptyClientHello(
    u16(b, at),
    hex(b, randomAt, sessionIdAt),
    hex(b, sessionIdAt + 1, sessionIdEnd),
    withFingerprints ? numbers16(b, sessionIdEnd + 2, suitesEnd) : NONE,
  )
  forEachExtension(b, compressionEnd, end, hello, readExtension)
  if (withFingerprints) forEachExtension(b, compressionEnd, end, hello, readShape)
  return hello
}

/** The highest version offered; a draft of TLS 1.3 only if the final one is not offered too. */
export function offeredVersion(hello: ClientHelloFields): number {
  let published = -1
  let draft = -1
  for (const version of hello.supportedVersions) {
    if (isGrease(version)) continue
    if (version <= is.TLS_1_3) published = Math.max(published, version)
    else draft = Math.max(draft, version)
  }
  const best = published === is.TLS_1_3 || draft < 0 ? published : draft
  return best < 0 ? hello.legacyVersion : best
}

/** Shared by all hellos that lack a list. */
const NONE: readonly never[] = []

/** A hello without extensions. */
export const emptyClientHello = (
  legacyVersion: number,
  random: string,
  sessionId: string,
  cipherSuites: readonly number[],
): ClientHelloFields => ({
  legacyVersion,
  random,
  sessionId,
  cipherSuites,
  extensions: [],
  supportedVersions: NONE,
  groups: NONE,
  pointFormats: NONE,
  signatureAlgorithms: NONE,
  serverName: null,
  alpn: NONE,
  ticketHash: null,
  pskIdentityHashes: NONE,
})

function readExtension(
  hello: ClientHelloFields,
  type: number,
  b: Uint8Array,
  from: number,
  to: number,
): void {
  hello.extensions.push(type)
  switch (type) {
    case is.SERVER_NAME:
      hello.serverName = readServerName(b, from, to)
      break
    case is.ALPN:
      hello.alpn = readProtocolNames(b, from, to)
      break
    case is.SESSION_TICKET:
      hello.ticketHash = to > from ? ticketHash(b, from, to) : null
      break
    case is.SUPPORTED_VERSIONS:
      hello.supportedVersions = numbers16(b, from + 1, vectorEnd(b, from, 1, to))
      break
    case is.PRE_SHARED_KEY:
      hello.pskIdentityHashes = readIdentities(b, from, to)
      break
  }
}

/** What a fingerprint is made of, besides the numbers of the extensions. */
function readShape(hello: ClientHelloFields, type: number, b: Uint8Array, from: number, to: number): void {
  switch (type) {
    case is.SUPPORTED_GROUPS:
      hello.groups = numbers16(b, from + 2, vectorEnd(b, from, 2, to))
      break
    case is.EC_POINT_FORMATS:
      hello.pointFormats = [...b.subarray(from + 1, Math.max(from + 1, vectorEnd(b, from, 1, to)))]
      break
    case is.SIGNATURE_ALGORITHMS:
      hello.signatureAlgorithms = numbers16(b, from + 2, vectorEnd(b, from, 2, to))
      break
  }
}

/** The first name of type host_name (RFC 6066 §3). */
function readServerName(b: Uint8Array, from: number, to: number): string | null {
  const listEnd = vectorEnd(b, from, 2, to)
  for (let at = from + 2; at < listEnd;) {
    const nameEnd = vectorEnd(b, at + 1, 2, listEnd)
    if (nameEnd < 0) return null
    if (b[at] === 0) return latin1(b, at + 3, nameEnd)
    at = nameEnd
  }
  return null
}

/** Protocol names of an ALPN extension (RFC 7301 §3.1). */
export function readProtocolNames(b: Uint8Array, from: number, to: number): string[] {
  const names: string[] = []
  const listEnd = vectorEnd(b, from, 2, to)
  for (let at = from + 2; at < listEnd && names.length < OFFERS_MAX;) {
    const nameEnd = vectorEnd(b, at, 1, listEnd)
    if (nameEnd < 0) break
    names.push(latin1(b, at + 1, nameEnd))
    at = nameEnd
  }
  return names
}

/**
 * Hashes of the identities of a pre_shared_key extension (RFC 8446 §4.2.11); each is followed by a 32-bit
 * age.
 */
function readIdentities(b: Uint8Array, from: number, to: number): string[] {
  const hashes: string[] = []
  const listEnd = vectorEnd(b, from, 2, to)
  for (let at = from + 2; at < listEnd && hashes.length < OFFERS_MAX;) {
    const identityEnd = vectorEnd(b, at, 2, listEnd)
    if (identityEnd < 0) break
    hashes.push(ticketHash(b, at + 2, identityEnd))
    at = identityEnd + 4
  }
  return hashes
}
