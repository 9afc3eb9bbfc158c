/**
 * Writes export messages for tests: NetFlow v5, v9 and IPFIX. What is asked for is written, lies included.
 *
 * Source: Cisco's NetFlow v5 tables, RFC 3954, RFC 7011.
 */
import { joined, words } from './pcap-writer.ts'

type Bytes = Uint8Array

const { u16, u32, u64 } = words(true)

/** An unsigned number of so many octets. */
export function unsigned(value: number | bigint, length: number): Bytes {
  const b = new Uint8Array(length)
  let rest = BigInt(value)
  for (let i = length - 1; i >= 0; i--, rest >>= 8n) b[i] = Number(rest & 0xffn)
  return b
}

export const ipv4 = (address: string): Bytes => Uint8Array.from(address.split('.').map(Number))

export interface Header {
  /** Seconds since the epoch. */
  readonly seconds?: number
  readonly uptime?: number
  readonly sequence?: number
  readonly domain?: number
  /** What the header claims: records of v5 and v9, octets of IPFIX. The truth if absent. */
  readonly claims?: number
}

/** 2026-11-21 02:00:00 UTC, and a day of uptime. */
export const SECONDS = 1_795_226_400
export const UPTIME = 86_400_000

export interface V5Record {
  readonly source?: string
  readonly destination?: string
  readonly sourcePort?: number
  readonly destinationPort?: number
  readonly packets?: number
  readonly octets?: number
  readonly first?: number
  readonly last?: number
  readonly flags?: number
  readonly protocol?: number
  readonly service?: number
  readonly input?: number
  readonly output?: number
}

const v5Record = (r: V5Record): Bytes =>
  joined([
    ipv4(r.source ?? '10.0.0.1'),
    ipv4(r.destination ?? '10.0.0.2'),
    u32(0),
    u16(r.input ?? 1),
    u16(r.output ?? 2),
    u32(r.packets ?? 3),
    u32(r.octets ?? 180),
    u32(r.first ?? UPTIME - 5000),
    u32(r.last ?? UPTIME - 1000),
    u16(r.sourcePort ?? 40_000),
    u16(r.destinationPort ?? 443),
    Uint8Array.of(0, r.flags ?? 0x1b, r.protocol ?? 6, r.service ?? 0),
    u32(0),
    u32(0),
  ])

/** `sampling` is the header's word: mode and interval. */
export const netflow5 = (
  records: readonly V5Record[],
  { seconds = SECONDS, uptime = UPTIME, sequence = 0, domain = 0, claims = records.length }: Header = {},
  sampling = 0,
): Bytes =>
  joined([
    u16(5),
    u16(claims),
    u32(uptime),
    u32(seconds),
    u32(500_000_000),
    u32(sequence),
    u16(domain),
    u16(sampling),
    ...records.map(v5Record),
  ])

/** Element, length, and the enterprise if it is one's. */
export type FieldSpec = readonly [element: number, length: number, pen?: number]

const specifier = ([element, length, pen]: FieldSpec): Bytes =>
  pen === undefined
    ? joined([u16(element), u16(length)])
    : joined([u16(element | 0x8000), u16(length), u32(pen)])

export const set = (id: number, body: readonly Bytes[], padding = 0): Bytes => {
  const bytes = joined([...body, new Uint8Array(padding)])
  return joined([u16(id), u16(bytes.length + 4), bytes])
}

export const template = (id: number, fields: readonly FieldSpec[]): Bytes =>
  joined([u16(id), u16(fields.length), ...fields.map(specifier)])

/** An options template of IPFIX, of which the first `scopes` fields are scopes. */
export const optionsTemplate = (id: number, fields: readonly FieldSpec[], scopes: number): Bytes =>
  joined([u16(id), u16(fields.length), u16(scopes), ...fields.map(specifier)])

/** The same of NetFlow v9, where lengths are told in octets of specifiers. */
export const v9OptionsTemplate = (id: number, fields: readonly FieldSpec[], scopes: number): Bytes =>
  joined([u16(id), u16(4 * scopes), u16(4 * (fields.length - scopes)), ...fields.map(specifier)])

/** A field of variable length (RFC 7011 7); `long` asks for three octets of length. */
export const variable = (bytes: Bytes, long = bytes.length > 254): Bytes =>
  joined([...(long ? [Uint8Array.of(255), u16(bytes.length)] : [Uint8Array.of(bytes.length)]), bytes])

export const netflow9 = (
  sets: readonly Bytes[],
  { seconds = SECONDS, uptime = UPTIME, sequence = 0, domain = 0, claims = sets.length }: Header = {},
): Bytes => joined([u16(9), u16(claims), u32(uptime), u32(seconds), u32(sequence), u32(domain), ...sets])

export const ipfix = (
  sets: readonly Bytes[],
  { seconds = SECONDS, sequence = 0, domain = 0, claims }: Header = {},
): Bytes => {
  const body = joined(sets)
  return joined([u16(10), u16(claims ?? 16 + body.length), u32(seconds), u32(sequence), u32(domain), body])
}

/** NTP's 64 bits of a time in microseconds since the epoch. */
export const ntp = (micros: number): Bytes => {
  const seconds = BigInt(Math.floor(micros / 1e6)) + 2_208_988_800n
  const fraction = (BigInt(micros % 1e6) * 2n ** 32n + 999_999n) / 1_000_000n
  return u64((BigInt.asUintN(32, seconds) << 32n) | fraction)
}
