/** Hellos, records and protected records made by hand: what node:tls does not do, or not always. */
import { createCipheriv } from 'node:crypto'
import type { StoryPart } from '../parser.case.ts'
import { expandLabel } from '../../../src/protocols/tls/key-schedule.ts'

export const bytes = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replace(/\s+/g, ''), 'hex'))
export const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
export const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'latin1'))

const number = (value: number, width: number): Uint8Array =>
  Uint8Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** (width - 1 - i)) % 256)
export const u16 = (...values: readonly number[]): Uint8Array =>
  concat(...values.map((value) => number(value, 2)))
/** A vector: its length in `width` octets, then its content. */
export const vector = (width: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...parts)
  return concat(number(content.length, width), content)
}

export const message = (type: number, ...body: readonly Uint8Array[]): Uint8Array =>
  concat(Uint8Array.of(type), vector(3, ...body))
export const record = (type: number, content: Uint8Array, version = 0x0303): Uint8Array =>
  concat(Uint8Array.of(type), u16(version), vector(2, content))
export const extension = (type: number, ...content: readonly Uint8Array[]): Uint8Array =>
  concat(u16(type), vector(2, ...content))

export const CLIENT_RANDOM = 'c1'.repeat(32)
export const SERVER_RANDOM = '5e'.repeat(32)

export interface HelloWish {
  readonly version?: number
  readonly random?: string
  readonly sessionId?: string
  readonly suites?: readonly number[]
  readonly extensions?: readonly Uint8Array[]
}

export const clientHello = (wish: HelloWish = {}): Uint8Array =>
  message(
    1,
    u16(wish.version ?? 0x0303),
    bytes(wish.random ?? CLIENT_RANDOM),
    vector(1, bytes(wish.sessionId ?? '')),
    vector(2, u16(...(wish.suites ?? [0x1301]))),
    vector(1, Uint8Array.of(0)),
    ...(wish.extensions === undefined ? [] : [vector(2, ...wish.extensions)]),
  )

export const serverHello = (wish: HelloWish = {}): Uint8Array =>
  message(
    2,
    u16(wish.version ?? 0x0303),
    bytes(wish.random ?? SERVER_RANDOM),
    vector(1, bytes(wish.sessionId ?? '')),
    u16(wish.suites?.[0] ?? 0x1301),
    Uint8Array.of(0),
    ...(wish.extensions === undefined ? [] : [vector(2, ...wish.extensions)]),
  )

export const TLS13 = extension(43, u16(0x0304))
export const OFFERS_TLS13 = extension(43, vector(1, u16(0x0304)))

/** One side's protected records in TLS 1.3 with AES-128-GCM, numbered as they are made. */
export function sealer(
  secret: Uint8Array,
): (type: number, content: Uint8Array, padding?: number) => Uint8Array {
  const key = expandLabel('sha256', secret, 'key', 16)
  const iv = expandLabel('sha256', secret, 'iv', 12)
  let sequence = 0
  return (type, content, padding = 0) => {
    const nonce = iv.map((octet, i) => octet ^ (i === 11 ? sequence : 0))
    sequence++
    const inner = concat(content, Uint8Array.of(type), new Uint8Array(padding))
    const header = concat(bytes('170303'), number(inner.length + 16, 2))
    const cipher = createCipheriv('aes-128-gcm', key, nonce)
    cipher.setAAD(header)
    const sealed = concat(cipher.update(inner), cipher.final(), cipher.getAuthTag())
    return concat(header, sealed)
  }
}

/** Secrets of a made-up connection, and the key log that gives them away. */
export const SECRETS = {
  CLIENT_EARLY_TRAFFIC_SECRET: '10'.repeat(32),
  CLIENT_HANDSHAKE_TRAFFIC_SECRET: '11'.repeat(32),
  SERVER_HANDSHAKE_TRAFFIC_SECRET: '12'.repeat(32),
  CLIENT_TRAFFIC_SECRET_0: '13'.repeat(32),
  SERVER_TRAFFIC_SECRET_0: '14'.repeat(32),
} as const
export type SecretName = keyof typeof SECRETS
export const secretOf = (name: SecretName): Uint8Array => bytes(SECRETS[name])
export const keyLogOf = (...names: readonly SecretName[]): string =>
  (names.length > 0 ? names : (Object.keys(SECRETS) as SecretName[]))
    .map((name) => `${name} ${CLIENT_RANDOM} ${SECRETS[name]}\n`)
    .join('')

export interface Made {
  /** Extensions of the ClientHello, the ServerHello and the EncryptedExtensions. */
  readonly offers?: readonly Uint8Array[]
  readonly answers?: readonly Uint8Array[]
  readonly agreed?: readonly Uint8Array[]
  /** Records of the client after its hello, and before its Finished. */
  readonly early?: readonly Uint8Array[]
  readonly late?: readonly Uint8Array[]
  /** Messages of the server between EncryptedExtensions and Finished. */
  readonly flight?: readonly Uint8Array[]
}

export const FINISHED = message(20, new Uint8Array(32))

/** The handshake of a connection of TLS 1.3 made by hand, and the means to go on. */
export function made(wish: Made = {}) {
  const answer = record(22, serverHello({ extensions: [TLS13, ...(wish.answers ?? [])] }))
  const flight = concat(message(8, vector(2, ...(wish.agreed ?? []))), ...(wish.flight ?? []), FINISHED)
  const parts: StoryPart[] = [
    { side: 0, bytes: record(22, clientHello({ extensions: [OFFERS_TLS13, ...(wish.offers ?? [])] })) },
    { side: 0, bytes: concat(...(wish.early ?? [])) },
    { side: 1, bytes: concat(answer, sealer(secretOf('SERVER_HANDSHAKE_TRAFFIC_SECRET'))(22, flight)) },
    {
      side: 0,
      bytes: concat(...(wish.late ?? []), sealer(secretOf('CLIENT_HANDSHAKE_TRAFFIC_SECRET'))(22, FINISHED)),
    },
  ]
  return {
    story: parts.filter((part) => part.bytes.length > 0),
    client: sealer(secretOf('CLIENT_TRAFFIC_SECRET_0')),
    server: sealer(secretOf('SERVER_TRAFFIC_SECRET_0')),
  }
}
