/**
 * Certificates as they crossed the wire. node:crypto reads the X.509; here the chain is taken apart
 * (RFC 8446 §4.4.2, RFC 5246 §7.4.2) and what node says is put into the words of the model.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { SocketAddress } from 'node:net'
import type { Certificate, OcspAnswer } from '../../model/tls.ts'
import { u16 } from '../../bytes/read.ts'
import { STATUS_REQUEST } from './constants.data.ts'
import { readCertificateStatus } from './ocsp.ts'
import { publicKeyHash } from './private-keys.ts'
import { vectorEnd } from './vector.ts'

/** Certificates of one chain that are read; those after them are left out. Public chains have 2 to 4. */
export const CHAIN_MAX = 10
/** A certificate longer than this is not read: the largest of public chains have about 10 KiB of names. */
const CERTIFICATE_BYTES_MAX = 64 * 1024
/** Certificates remembered by their hash, since servers show the same few all day; the oldest makes room. */
const REMEMBERED_MAX = 512

/**
 * Reads the chain in the body of a Certificate message, `at`..`end`, leaf first.
 * `hasContext`: the TLS 1.3 form, with a request context and extensions; of those, OCSP answers are added to
 * `staples`. What node:crypto cannot read is left out.
 */
export function readChain(
  b: Uint8Array,
  at: number,
  end: number,
  hasContext: boolean,
  staples: OcspAnswer[] = [],
): Certificate[] {
  const listAt = hasContext ? vectorEnd(b, at, 1, end) : at
  const listEnd = vectorEnd(b, listAt, 3, end)
  const chain: Certificate[] = []
  for (let here = listAt + 3, count = 0; here < listEnd && count < CHAIN_MAX; count++) {
    const derEnd = vectorEnd(b, here, 3, listEnd)
    if (derEnd < 0) break
    const certificate = readCertificate(b.subarray(here + 3, derEnd))
    if (certificate !== null) chain.push(certificate)
    const next = hasContext ? vectorEnd(b, derEnd, 2, listEnd) : derEnd
    if (next < 0) break
    if (hasContext) readStaple(b, derEnd + 2, next, staples)
    here = next
  }
  return chain
}

/** The status_request among the extensions of one certificate (RFC 8446 §4.4.2.1). */
function readStaple(b: Uint8Array, at: number, end: number, staples: OcspAnswer[]): void {
  for (let here = at; here + 4 <= end;) {
    const to = vectorEnd(b, here + 2, 2, end)
    if (to < 0) return
    if (u16(b, here) === STATUS_REQUEST) readCertificateStatus(b, here + 4, to, staples)
    here = to
  }
}

/**
 * Reading costs 150 microseconds a piece (measured, Node 24), hence the memory. It holds public facts only.
 */
const remembered = new Map<string, Certificate>()

/** Of RSA keys, for whoever has the private key to one; no part of what is told of a certificate. */
const keyHashes = new WeakMap<Certificate, string>()

/** The hash by which TlsSecrets knows the key of a certificate read here; undefined if it is not RSA. */
export const keyHashOf = (certificate: Certificate): string | undefined => keyHashes.get(certificate)

/** Reads one certificate in DER; null if node:crypto cannot. */
export function readCertificate(der: Uint8Array): Certificate | null {
  if (der.length > CERTIFICATE_BYTES_MAX) return null
  const fingerprint = createHash('sha256').update(der).digest('hex')
  const known = remembered.get(fingerprint)
  if (known !== undefined) return known
  const certificate = describe(der, fingerprint)
  if (certificate === null) return null
  if (remembered.size >= REMEMBERED_MAX) remembered.delete(remembered.keys().next().value!)
  remembered.set(fingerprint, certificate)
  return certificate
}

function describe(der: Uint8Array, fingerprintSha256: string): Certificate | null {
  try {
    const x509 = new X509Certificate(der)
    const certificate: Certificate = {
      subject: oneLine(x509.subject),
      issuer: oneLine(x509.issuer),
      names: names(x509),
      fingerprintSha256,
      notBefore: iso(x509.validFrom),
      notAfter: iso(x509.validTo),
      selfSigned: isSelfSigned(x509),
      keyType: keyType(x509),
    }
    if (certificate.keyType.startsWith('rsa')) keyHashes.set(certificate, publicKeyHash(x509.publicKey))
    return certificate
  } catch {
    return null // The certificate is traffic: what OpenSSL refuses is left out.
  }
}

/**
 * node separates attributes by line breaks and escapes commas (RFC 2253), so that a comma is free to separate
 * them.
 */
const oneLine = (name: string | undefined): string => (name ?? '').replaceAll('\n', ', ')

/** An ISO 8601 time out of `Nov 21 02:08:06 2026 GMT`; as it was if no calendar holds it. */
function iso(text: string): string {
  const at = Date.parse(text)
  return Number.isNaN(at) ? text : new Date(at).toISOString().replace('.000Z', 'Z')
}

function isSelfSigned(x509: X509Certificate): boolean {
  try {
    return x509.subject === x509.issuer && x509.verify(x509.publicKey)
  } catch {
    return false
  }
}

/** `rsa-2048`, `ec-prime256v1`, `ed25519`; `unknown` for what OpenSSL does not know. */
function keyType(x509: X509Certificate): string {
  try {
    const key = x509.publicKey
    const size = key.asymmetricKeyDetails?.modulusLength ?? key.asymmetricKeyDetails?.namedCurve
    return [key.asymmetricKeyType ?? 'unknown', ...(size === undefined ? [] : [size])].join('-')
  } catch {
    return 'unknown'
  }
}

function names(x509: X509Certificate): string[] {
  const alternatives = alternativeNames(x509.subjectAltName ?? '')
  if (alternatives.length > 0) return alternatives
  const commonName = /(?:^|\n)CN=(.*)/.exec(x509.subject ?? '')?.[1]
  return commonName === undefined ? [] : [commonName.replace(/\\(.)/g, '$1')]
}

/** `DNS:a, IP Address:10.0.0.1, DNS:"a, b"`: odd values stand in quotes, as JSON strings. */
const ALTERNATIVE_NAME = /(DNS|IP Address|[^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g

function alternativeNames(text: string): string[] {
  const found: string[] = []
  for (const [, kind, value] of text.matchAll(ALTERNATIVE_NAME)) {
    if (kind === 'DNS') found.push(unquoted(value!))
    else if (kind === 'IP Address') found.push(canonicalAddress(value!))
  }
  return found
}

function unquoted(value: string): string {
  try {
    return value.startsWith('"') ? String(JSON.parse(value)) : value
  } catch {
    return value
  }
}

/** node writes IPv6 in full and in capitals; the model writes RFC 5952. */
function canonicalAddress(text: string): string {
  try {
    return text.includes(':') ? new SocketAddress({ address: text, family: 'ipv6' }).address : text
  } catch {
    return text
  }
}
