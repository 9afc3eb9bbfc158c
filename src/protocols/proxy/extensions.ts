/**
 * The TLVs of a PROXY header of version 2 (haproxy.org, proxy-protocol.txt, 2020-03-05, §2.2.1 to §2.2.8)
 * and those that cloud providers put into its custom range: AWS PrivateLink (0xEA, subtype 1), Azure Private
 * Link (0xEE, subtype 1, little-endian), GCP Private Service Connect (0xE0), each as its vendor documents it.
 * Pure; nothing is read past the header or past what is held of it, and what comes twice counts once.
 */
import { latin1 } from '../../bytes/latin1.ts'
import { u16, u32, u32le, u8 } from '../../bytes/read.ts'
import type { ProxyExtensions, ProxyTls } from '../../model/proxy.ts'
import { crc32c } from './crc32c.ts'

const ALPN = 0x01
const AUTHORITY = 0x02
const CHECKSUM = 0x03
const NOOP = 0x04
const UNIQUE_ID = 0x05
const TLS = 0x20
const TLS_VERSION = 0x21
const TLS_COMMON_NAME = 0x22
const TLS_CIPHER = 0x23
const TLS_SIGNATURE = 0x24
const TLS_KEY = 0x25
const NAMESPACE = 0x30
const GCP = 0xe0
const AWS = 0xea
const AZURE = 0xee
/** First octet of the value of the last two: what the rest is. */
const VPC_ENDPOINT = 0x01
const LINK_IDENTIFIER = 0x01

const CLIENT_TLS = 0x01
const CERTIFICATE_ON_CONNECTION = 0x02
const CERTIFICATE_IN_SESSION = 0x04

/** Characters of a text: a host name has 255, and common names are no longer. */
export const VALUE_TEXT_MAX = 255
/** Octets of a unique identifier (§2.2.5). */
const UNIQUE_ID_MAX = 128
/** Types that are not read, listed. */
export const OTHERS_MAX = 16

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * TLVs from `at` up to `headerEnd`, of a header that begins at `start`; octets before `end` are there.
 * Between two of them, and in the last, the header may be cut.
 */
export function readExtensions(
  bytes: Uint8Array,
  start: number,
  at: number,
  headerEnd: number,
  end: number,
): ProxyExtensions {
  const found: Writable<ProxyExtensions> & { others: number[] } = {
    alpn: null,
    authority: null,
    checksum: null,
    uniqueId: null,
    tls: null,
    namespace: null,
    vpcEndpoint: null,
    privateLink: null,
    serviceConnection: null,
    others: [],
    cut: false,
  }
  const isWhole = headerEnd <= end
  found.cut = !walk(bytes, at, Math.min(headerEnd, end), (type, from, to) => {
    if (type === CHECKSUM && isWhole) found.checksum ??= checksum(bytes, start, headerEnd, from, to)
    else if (type !== CHECKSUM) readValue(found, type, bytes, from, to)
  })
  return found
}

/** Calls `each` for the TLVs between the offsets; false if the last one goes on behind them. */
function walk(
  bytes: Uint8Array,
  start: number,
  end: number,
  each: (type: number, from: number, to: number) => void,
): boolean {
  let at = start
  while (at + 3 <= end) {
    const to = at + 3 + u16(bytes, at + 1)
    if (to > end) return false
    each(u8(bytes, at), at + 3, to)
    at = to
  }
  return at === end
}

function checksum(
  bytes: Uint8Array,
  start: number,
  headerEnd: number,
  from: number,
  to: number,
): 'right' | 'wrong' {
  return to - from === 4 && crc32c(bytes, start, headerEnd, from) === u32(bytes, from) ? 'right' : 'wrong'
}

function readValue(
  found: Writable<ProxyExtensions> & { others: number[] },
  type: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  if (type === NOOP) return
  if (type === ALPN) found.alpn ??= textOf(bytes, from, to)
  else if (type === AUTHORITY) found.authority ??= textOf(bytes, from, to)
  else if (type === UNIQUE_ID) found.uniqueId ??= hexOf(bytes, from, to)
  else if (type === NAMESPACE) found.namespace ??= textOf(bytes, from, to)
  else if (type === TLS && to - from >= 5) found.tls ??= tlsOf(bytes, from, to)
  else if (!readVendorValue(found, type, bytes, from, to) && found.others.length < OTHERS_MAX)
    found.others.push(type)
}

function readVendorValue(
  found: Writable<ProxyExtensions>,
  type: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  const length = to - from
  if (type === AWS && length > 1 && bytes[from] === VPC_ENDPOINT)
    found.vpcEndpoint ??= textOf(bytes, from + 1, to)
  else if (type === AZURE && length === 5 && bytes[from] === LINK_IDENTIFIER)
    found.privateLink ??= u32le(bytes, from + 1)
  else if (type === GCP && length === 8)
    found.serviceConnection ??= ((BigInt(u32(bytes, from)) << 32n) | BigInt(u32(bytes, from + 4))).toString()
  else return false
  return true
}

/** §2.2.6: bits of the client's side, whether its certificate was verified (0), and TLVs inside. */
function tlsOf(bytes: Uint8Array, from: number, to: number): ProxyTls {
  const client = u8(bytes, from)
  const hasCertificate = (client & (CERTIFICATE_ON_CONNECTION | CERTIFICATE_IN_SESSION)) !== 0
  const tls: Writable<ProxyTls> = {
    clientUsedTls: (client & CLIENT_TLS) !== 0,
    certificateOnConnection: (client & CERTIFICATE_ON_CONNECTION) !== 0,
    certificateInSession: (client & CERTIFICATE_IN_SESSION) !== 0,
    verified: hasCertificate && u32(bytes, from + 1) === 0,
    version: null,
    commonName: null,
    cipher: null,
    signatureAlgorithm: null,
    keyAlgorithm: null,
  }
  walk(bytes, from + 5, to, (type, at, end) => {
    if (type === TLS_VERSION) tls.version ??= textOf(bytes, at, end)
    else if (type === TLS_COMMON_NAME) tls.commonName ??= textOf(bytes, at, end)
    else if (type === TLS_CIPHER) tls.cipher ??= textOf(bytes, at, end)
    else if (type === TLS_SIGNATURE) tls.signatureAlgorithm ??= textOf(bytes, at, end)
    else if (type === TLS_KEY) tls.keyAlgorithm ??= textOf(bytes, at, end)
  })
  return tls
}

/** UTF-8 in the specification, Latin-1 here as everywhere: no octet is lost. */
const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  latin1(bytes, from, Math.min(to, from + VALUE_TEXT_MAX))

const hexOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, Math.min(to, from + UNIQUE_ID_MAX))).toString('hex')
