/**
 * Where the fields of a capture are: records and blocks, and in each frame the headers. Lax: of what is
 * broken, nothing.
 */
export interface Fields {
  /** Start and length of each record or block with its header, in file order. */
  readonly records: readonly (readonly [at: number, length: number])[]
  /** Offsets of 16- and 32-bit fields worth changing: lengths, counts, types, times. */
  readonly words: readonly number[]
  /**
   * The same inside frames: lengths, flags, ports, sequence numbers. One entry per field, [offset, octets].
   */
  readonly headers: readonly (readonly [at: number, octets: number])[]
  readonly bigEndian: boolean
}

const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength)

const IPV4 = 0x0800,
  IPV6 = 0x86dd,
  VLANS: readonly number[] = [0x8100, 0x88a8]

/** [offset, octets] of the fields of TCP (RFC 9293 3.1), options and the first octets of payload included. */
function tcpFields(at: number): (readonly [number, number])[] {
  return [
    [0, 2],
    [2, 2],
    [4, 4],
    [8, 4],
    [12, 1],
    [13, 1],
    [14, 2],
    [18, 2],
    [20, 1],
    [21, 1],
    [22, 2],
    [32, 1],
    [33, 2],
    [35, 2],
  ].map(([field, octets]) => [at + field!, octets!] as const)
}

function ipFields(b: Uint8Array, at: number, type: number): (readonly [number, number])[] {
  if (type === IPV6) {
    return [
      ...[
        [4, 2],
        [6, 1],
        [7, 1],
      ].map(([f, o]) => [at + f!, o!] as const),
      ...tcpFields(at + 40),
    ]
  }
  if (type !== IPV4) return []
  const fields = [
    [0, 1],
    [1, 1],
    [2, 2],
    [4, 2],
    [6, 2],
    [8, 1],
    [9, 1],
    [10, 2],
    [12, 4],
    [16, 4],
  ]
  return [...fields.map(([f, o]) => [at + f!, o!] as const), ...tcpFields(at + (b[at]! & 15) * 4)]
}

/** The headers of tunnels are anywhere in the first octets: every second one, as a field of its own. */
function anyFields(frame: number, length: number): (readonly [number, number])[] {
  const count = Math.min(length, TUNNEL_OCTETS) >> 1
  return Array.from({ length: count }, (_, i) => [frame + 2 * i, 1 + (i & 1)] as const)
}
const TUNNEL_OCTETS = 96

/** Ethernet with tags, as the seeds have it. */
function frameFields(b: Uint8Array, frame: number, length: number): (readonly [number, number])[] {
  let at = frame + 12
  if (length < 34) return [[frame, 1]]
  const v = view(b)
  while (at + 4 < frame + length && VLANS.includes(v.getUint16(at))) at += 4
  const inside = ipFields(b, at + 2, v.getUint16(at))
  const known = [[at, 2] as const, ...inside].filter(([field, octets]) => field + octets <= frame + length)
  return [...known, ...anyFields(frame, length)]
}

function mapPcap(b: Uint8Array, bigEndian: boolean): Fields {
  const v = view(b),
    records: [number, number][] = [],
    words = [4, 6, 8, 12, 16, 20],
    headers: (readonly [number, number])[] = []
  for (let at = 24; at + 16 <= b.length;) {
    const length = v.getUint32(at + 8, !bigEndian)
    if (at + 16 + length > b.length) break
    records.push([at, 16 + length])
    words.push(at, at + 4, at + 8, at + 12)
    headers.push(...frameFields(b, at + 16, length))
    at += 16 + length
  }
  return { records, words, headers, bigEndian }
}

function mapPcapng(b: Uint8Array, bigEndian: boolean): Fields {
  const v = view(b),
    records: [number, number][] = [],
    words: number[] = [],
    headers: (readonly [number, number])[] = []
  for (let at = 0; at + 12 <= b.length;) {
    const length = v.getUint32(at + 4, !bigEndian)
    if (length < 12 || at + length > b.length) break
    records.push([at, length])
    for (let field = 0; field + 4 <= length && field < 64; field += 4) words.push(at + field)
    words.push(at + length - 4)
    if (v.getUint32(at, !bigEndian) === 6 && length > 32)
      headers.push(...frameFields(b, at + 28, length - 32))
    at += length
  }
  return { records, words, headers, bigEndian }
}

export function mapCapture(b: Uint8Array): Fields {
  if (b.length < 24) return { records: [], words: [], headers: [], bigEndian: false }
  const magic = view(b).getUint32(0)
  if (magic === 0x0a0d0d0a) return mapPcapng(b, view(b).getUint32(8) === 0x1a2b3c4d)
  return mapPcap(b, magic === 0xa1b2c3d4 || magic === 0xa1b23c4d)
}
