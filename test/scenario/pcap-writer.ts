/**
 * Writes capture files for tests, octet by octet: classic pcap in every variant that the reader knows, and
 * pcapng blocks of every type.
 *
 * Contract: what is asked for is written, lies included (a length that is given is not checked against the
 * bytes).
 * Source: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */

type Bytes = Uint8Array

export const joined = (parts: readonly Bytes[]): Bytes => new Uint8Array(Buffer.concat(parts))

/** Integers of 1, 2, 4 or 8 octets in one byte order. */
export const words = (bigEndian: boolean) => ({
  u16: (n: number): Bytes => {
    const b = Buffer.alloc(2)
    if (bigEndian) b.writeUInt16BE(n)
    else b.writeUInt16LE(n)
    return b
  },
  u32: (n: number): Bytes => {
    const b = Buffer.alloc(4)
    if (bigEndian) b.writeUInt32BE(n >>> 0)
    else b.writeUInt32LE(n >>> 0)
    return b
  },
  u64: (n: bigint): Bytes => {
    const b = Buffer.alloc(8)
    if (bigEndian) b.writeBigUInt64BE(BigInt.asUintN(64, n))
    else b.writeBigUInt64LE(BigInt.asUintN(64, n))
    return b
  },
})

// ---- classic pcap

export const PCAP_MAGICS = {
  micro: 0xa1b2c3d4,
  nano: 0xa1b23c4d,
  modified: 0xa1b2cd34,
  ixiaSoftware: 0x1c0001ab,
  ixiaHardware: 0x1c0001ac,
} as const

export interface PcapRecord {
  readonly seconds: number
  /** Microseconds or nanoseconds, as the magic says. */
  readonly fraction: number
  readonly bytes: Bytes
  /** The length on the wire; that of `bytes` if absent. */
  readonly wireLength?: number
  /** What the record header claims; the length of `bytes` if absent. */
  readonly capturedLength?: number
}

export interface PcapOptions {
  readonly variant?: keyof typeof PCAP_MAGICS
  readonly bigEndian?: boolean
  readonly snapLength?: number
  /** The whole word: link type, reserved bits and FCS length. */
  readonly linkType?: number
  readonly version?: readonly [major: number, minor: number]
}

export function pcapHeader(options: PcapOptions = {}): Bytes {
  const { variant = 'micro', bigEndian = false, snapLength = 65535, linkType = 1, version = [2, 4] } = options
  const { u16, u32 } = words(bigEndian)
  const parts = [
    u32(PCAP_MAGICS[variant]),
    u16(version[0]),
    u16(version[1]),
    u32(0),
    u32(0),
    u32(snapLength),
    u32(linkType),
  ]
  // Ixia files carry the octets of all records here; no reader uses it.
  if (variant.startsWith('ixia')) parts.push(u32(0))
  return joined(parts)
}

export function pcapRecord(record: PcapRecord, options: PcapOptions = {}): Bytes {
  const { u16, u32 } = words(options.bigEndian ?? false)
  const [major, minor] = options.version ?? [2, 4]
  const captured = u32(record.capturedLength ?? record.bytes.length)
  const wire = u32(record.wireLength ?? record.bytes.length)
  // Before version 2.3, and in DG/UX's 543.0, the wire length came first.
  const lengths = (major === 2 && minor < 3) || major === 543 ? [wire, captured] : [captured, wire]
  const parts = [u32(record.seconds), u32(record.fraction), ...lengths]
  // SS991029: interface index, protocol, packet type, padding.
  if (options.variant === 'modified') parts.push(u32(2), u16(0x0800), new Uint8Array([0, 0]))
  return joined([...parts, record.bytes])
}

export const pcapFile = (records: readonly PcapRecord[], options: PcapOptions = {}): Bytes =>
  joined([pcapHeader(options), ...records.map((record) => pcapRecord(record, options))])

// ---- pcapng

export interface PcapngOption {
  readonly code: number
  readonly value: Bytes
  /** What the option header claims; the length of `value` if absent. */
  readonly length?: number
}

export const text = (value: string): Bytes => new Uint8Array(Buffer.from(value))
export const comment = (value: string): PcapngOption => ({ code: 1, value: text(value) })

const padded = (bytes: Bytes): Bytes => joined([bytes, new Uint8Array((4 - (bytes.length % 4)) % 4)])

export interface PacketFields {
  readonly interface?: number
  /** Units of the interface's resolution since the epoch. */
  readonly ticks?: bigint
  readonly bytes: Bytes
  readonly wireLength?: number
  readonly capturedLength?: number
  readonly drops?: number
  readonly options?: readonly PcapngOption[]
}

export interface InterfaceFields {
  readonly linkType?: number
  readonly snapLength?: number
  readonly options?: readonly PcapngOption[]
}

/** What every block of one byte order is made of. */
function framing(bigEndian: boolean) {
  const { u16, u32, u64 } = words(bigEndian)
  const option = ({ code, value, length = value.length }: PcapngOption): Bytes =>
    joined([u16(code), u16(length), padded(value)])
  const options = (list: readonly PcapngOption[] = []): Bytes =>
    list.length === 0 ? new Uint8Array(0) : joined([...list.map(option), u16(0), u16(0)])
  /** Any block; `total` and `trailer` are true unless given. */
  const block = (type: number, body: Bytes, total = body.length + 12, trailer = total): Bytes =>
    joined([u32(type), u32(total), body, u32(trailer)])
  const time = (ticks = 0n): Bytes =>
    joined([u32(Number(BigInt.asUintN(32, ticks >> 32n))), u32(Number(ticks & 0xffff_ffffn))])
  return { u16, u32, u64, options, block, time }
}

function packetBlocks({ u16, u32, options, block, time }: ReturnType<typeof framing>) {
  const lengthsAndData = (f: PacketFields): Bytes =>
    joined([
      u32(f.capturedLength ?? f.bytes.length),
      u32(f.wireLength ?? f.bytes.length),
      padded(f.bytes),
      options(f.options),
    ])
  return {
    enhanced: (f: PacketFields): Bytes =>
      block(6, joined([u32(f.interface ?? 0), time(f.ticks), lengthsAndData(f)])),
    obsolete: (f: PacketFields): Bytes =>
      block(2, joined([u16(f.interface ?? 0), u16(f.drops ?? 0xffff), time(f.ticks), lengthsAndData(f)])),
    simple: (bytes: Bytes, wireLength = bytes.length): Bytes =>
      block(3, joined([u32(wireLength), padded(bytes)])),
  }
}

function otherBlocks({ u16, u32, u64, options, block, time }: ReturnType<typeof framing>) {
  const name = ([address, ...names]: readonly [address: Bytes, ...names: string[]]): Bytes => {
    const value = joined([address, ...names.map((each) => text(`${each}\0`))])
    return joined([u16(address.length === 4 ? 1 : 2), u16(value.length), padded(value)])
  }
  const counter = ([code, value]: [string, bigint]): PcapngOption => ({
    code: Number(code),
    value: u64(value),
  })
  return {
    section: (list?: readonly PcapngOption[], version: readonly [number, number] = [1, 0]): Bytes =>
      block(0x0a0d0d0a, joined([u32(0x1a2b3c4d), u16(version[0]), u16(version[1]), u64(-1n), options(list)])),
    interface: (f: InterfaceFields = {}): Bytes =>
      block(1, joined([u16(f.linkType ?? 1), u16(0), u32(f.snapLength ?? 0), options(f.options)])),
    statistics: (index: number, ticks: bigint, counters: Readonly<Record<number, bigint>>): Bytes =>
      block(5, joined([u32(index), time(ticks), options(Object.entries(counters).map(counter))])),
    /** Name resolution: addresses (4 or 16 octets), each with its names. */
    names: (records: readonly (readonly [address: Bytes, ...names: string[]])[]): Bytes =>
      block(4, joined([...records.map(name), u32(0)])),
    secrets: (value: string, type = 0x544c534b): Bytes =>
      block(10, joined([u32(type), u32(text(value).length), padded(text(value))])),
    custom: (enterprise: number, data: Bytes, type = 0xbad): Bytes =>
      block(type, joined([u32(enterprise), padded(data)])),
  }
}

/** Blocks of one byte order; join them with `joined`. */
export function pcapngBlocks(bigEndian = false) {
  const parts = framing(bigEndian)
  return { ...parts, ...packetBlocks(parts), ...otherBlocks(parts) }
}
