/** What a capture shows of TLS, connection by connection: as Holdfast tells it, and by tshark's fields. */
import { createHash } from 'node:crypto'
import type { ConnectionTls } from '../../src/model/record.ts'
import { recordsOf, type CaptureFile } from './captures.ts'
import { tshark, type Row } from './tshark.ts'

/** Of one connection. Null: nothing was seen of it. */
export interface TlsFacts {
  readonly sni: string | null
  readonly alpn: string | null
  readonly ja3: string | null
  readonly ja3s: string | null
  readonly ja4: string | null
  readonly version: string | null
  readonly resumed: boolean
  /** SHA-256 of the server's certificates. */
  readonly fingerprints: readonly string[]
  /** The values of their subjects' attributes, in order. */
  readonly subjects: readonly string[]
}
export type Fact = keyof TlsFacts

/** Facts by Wireshark's number of the stream. */
export type ByStream = ReadonlyMap<number, TlsFacts>

export async function holdfastTls(file: CaptureFile): Promise<ByStream> {
  const connections = await recordsOf(file, 'connection')
  return new Map(
    connections.flatMap(({ stream, tls }) =>
      stream === null || tls === null ? [] : [[stream, factsOf(tls)] as const],
    ),
  )
}

const factsOf = ({ certificates, resumed, ...facts }: ConnectionTls): TlsFacts => ({
  sni: facts.sni,
  alpn: facts.alpn,
  ja3: facts.ja3,
  ja3s: facts.ja3s,
  ja4: facts.ja4,
  version: facts.version,
  resumed: resumed === true,
  fingerprints: certificates.map((certificate) => certificate.fingerprintSha256),
  subjects: certificates.map(({ subject }) => valuesOf(subject)),
})

/** `C=US, O=A\, B` -> `US|A, B`, sorted: writers put the attributes in either order. */
const valuesOf = (name: string): string =>
  name
    .split(/(?<!\\), ?(?=[A-Za-z0-9][\w.-]*=)/)
    .map((attribute) => attribute.slice(attribute.indexOf('=') + 1).replace(/\\(.)/g, '$1'))
    .toSorted()
    .join('|')

export const TLS_FIELDS = [
  'tcp.stream',
  'tls.handshake',
  'tls.handshake.type',
  'tls.handshake.extensions_server_name',
  'tls.handshake.extensions_alpn_str',
  'tls.handshake.ja3',
  'tls.handshake.ja3s',
  'tls.handshake.version',
  'tls.handshake.extensions.supported_version',
  'tls.handshake.extension.type',
  'tls.handshake.ciphersuite',
  'tls.handshake.sig_hash_alg',
  'tls.handshake.sig_hash_alg_len',
  'tls.handshake.certificate',
  'tls.resumed',
  'tls.handshake.extensions.psk.identity.selected',
] as const
export const TLS_FILTER = 'tcp && tls.handshake'
export type TlsRow = Row<(typeof TLS_FIELDS)[number]>

const ENCRYPTED_EXTENSIONS = '8'
/** With it come the client's certificates, which are not the server's. */
const CLIENT_KEY_EXCHANGE = '16'

/** What rows of tshark say; those of other protocols may be among them. */
export function tsharkTls({ path, keys }: CaptureFile, told: readonly TlsRow[]): ByStream {
  const rows = told.filter((row) => row['tls.handshake'].length > 0)
  const unknown = rows.some((row) =>
    row['tls.handshake.certificate'].some((der) => !subjects.has(sha256(der))),
  )
  if (unknown) noteSubjects(path, keys)
  const streams = new Map<number, TlsRow[]>()
  for (const row of rows) {
    // A frame that carries another in a tunnel has several.
    const stream = Number(row['tcp.stream'].at(-1))
    streams.set(stream, [...(streams.get(stream) ?? []), row])
  }
  const all = [...streams].map(([stream, of]) => [stream, factsOfRows(of)] as const)
  return new Map(all.filter(([, { ja3, ja3s, fingerprints }]) => ja3 ?? ja3s ?? fingerprints[0]))
}

function factsOfRows(rows: readonly TlsRow[]): TlsFacts {
  const client = rows.findLast((row) => row['tls.handshake.ja3'].length > 0)
  const server = rows.findLast((row) => row['tls.handshake.ja3s'].length > 0)
  // The first is the server's: some clients send the message too (draft-vvv-tls-alps).
  const agreed = rows.find((row) => row['tls.handshake.type'].includes(ENCRYPTED_EXTENSIONS))
  const chain = rows.filter((row) => !row['tls.handshake.type'].includes(CLIENT_KEY_EXCHANGE))
  const fingerprints = chain.flatMap((row) => row['tls.handshake.certificate'].map(sha256))
  return {
    sni: client?.['tls.handshake.extensions_server_name'][0] ?? null,
    alpn: (agreed ?? server)?.['tls.handshake.extensions_alpn_str'][0] ?? null,
    ja3: client?.['tls.handshake.ja3'].at(-1) ?? null,
    ja3s: server?.['tls.handshake.ja3s'].at(-1) ?? null,
    ja4: client === undefined ? null : ja4Of(client),
    version: versionOf(client, server),
    resumed:
      rows.some((row) => row['tls.resumed'].length > 0) ||
      (server?.['tls.handshake.extensions.psk.identity.selected'].length ?? 0) > 0,
    fingerprints,
    subjects: fingerprints.map((fingerprint) => subjects.get(fingerprint) ?? '?'),
  }
}

const sha256 = (hex: string): string =>
  createHash('sha256')
    .update(Buffer.from(hex.replaceAll(':', ''), 'hex'))
    .digest('hex')

const VERSIONS = new Map([
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
  [0x0303, 'TLS 1.2'],
  [0x0304, 'TLS 1.3'],
])

function versionOf(client: TlsRow | undefined, server: TlsRow | undefined): string | null {
  const row = server ?? client
  if (row === undefined) return null
  const supported = numbers(row, 'tls.handshake.extensions.supported_version').filter((n) => !isGrease(n))
  const version =
    supported.length > 0 ? Math.max(...supported) : numbers(row, 'tls.handshake.version').at(-1)!
  return VERSIONS.get(version) ?? `0x${version.toString(16).padStart(4, '0')}`
}

const numbers = (row: TlsRow, field: (typeof TLS_FIELDS)[number]): number[] => row[field].map(Number)
const isGrease = (n: number): boolean => (n & 0x0f0f) === 0x0a0a && n >> 8 === (n & 0xff)

/** JA4 by its description (FoxIO ja4, technical_details/JA4.md), since this tshark does not compute it. */
function ja4Of(row: TlsRow): string {
  const suites = numbers(row, 'tls.handshake.ciphersuite').filter((n) => !isGrease(n))
  const extensions = numbers(row, 'tls.handshake.extension.type').filter((n) => !isGrease(n))
  const algorithms = algorithmsOf(row, extensions)
  const hex = (n: number): string => n.toString(16).padStart(4, '0')
  const count = (n: number): string => String(Math.min(99, n)).padStart(2, '0')
  const short = (text: string): string =>
    text === '' ? '0'.repeat(12) : createHash('sha256').update(text).digest('hex').slice(0, 12)
  const version = versionOf(row, undefined)
  const code = new Map([
    ['TLS 1.3', '13'],
    ['TLS 1.2', '12'],
    ['TLS 1.1', '11'],
    ['TLS 1.0', '10'],
    ['SSL 3.0', 's3'],
  ]).get(version ?? '')
  const protocol = row['tls.handshake.extensions_alpn_str'][0] ?? ''
  const ends = protocol === '' ? '00' : protocol[0]! + protocol.at(-1)!
  const sorted = extensions
    .filter((n) => n !== 0 && n !== 16)
    .map(hex)
    .toSorted()
    .join(',')
  const listed = algorithms.length === 0 ? sorted : `${sorted}_${algorithms.map(hex).join(',')}`
  return [
    `t${code ?? '00'}${extensions.includes(0) ? 'd' : 'i'}${count(suites.length)}${count(extensions.length)}${ends}`,
    short(suites.map(hex).toSorted().join(',')),
    short(listed),
  ].join('_')
}

/** Those of signature_algorithms (13): tshark lists those of delegated_credentials and others with them. */
function algorithmsOf(row: TlsRow, extensions: readonly number[]): number[] {
  const all = numbers(row, 'tls.handshake.sig_hash_alg')
  const counts = numbers(row, 'tls.handshake.sig_hash_alg_len').map((length) => length / 2)
  const own = extensions.filter((type) => type === 13 || type === 34 || type === 50).indexOf(13)
  const from = counts.slice(0, own).reduce((sum, count) => sum + count, 0)
  return all.slice(from, from + (counts[own] ?? 0)).filter((n) => !isGrease(n))
}

/** Subjects by the SHA-256 of their certificates, of all captures so far. */
const subjects = new Map<string, string>()

/** Notes those of a capture, out of tshark's whole dissection. */
function noteSubjects(path: string, keys: string | null): void {
  const dissected = tshark(path, ['-Y', 'tls.handshake.certificate', '-T', 'pdml'], keys)
  for (const [, der, rest] of dissected.matchAll(CERTIFICATE)) {
    const subject = /name="x509af\.subject"[\s\S]*?name="x509af\.subjectPublicKeyInfo/.exec(rest!)?.[0] ?? ''
    const attributes = [...subject.matchAll(ATTRIBUTE)].map(([, attribute]) => unescaped(attribute!))
    if (attributes.length > 0) subjects.set(sha256(der!), valuesOf(attributes.join(', ')))
  }
}
const ATTRIBUTE = /showname="RDNSequence item: \d+ items? \(([^"]*)\)"/g
const CERTIFICATE =
  /<field name="tls\.handshake\.certificate" [^>]*value="([0-9a-f]+)"[^>]*>([\s\S]*?)(?=<field name="tls\.handshake\.certificate"|<\/packet>)/g

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', quot: '"', lt: '<', gt: '>', apos: "'" }
const unescaped = (text: string): string =>
  text
    .replace(/&#x([0-9a-f]+);/g, (_, digits: string) => String.fromCodePoint(parseInt(digits, 16)))
    .replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
