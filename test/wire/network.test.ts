/** IP as Wireshark 4.0 takes it: the rows marked T were checked against tshark 4.0.17, frame by frame. */
import { describe, expect, test } from 'vitest'
import {
  BROKEN_TCP,
  FRAGMENT,
  ICMP,
  ICMPV6,
  MALFORMED_ICMP,
  MALFORMED_IPV4,
  MALFORMED_IPV6,
  MALFORMED_TCP,
  MALFORMED_UDP,
  OTHER_TRANSPORT,
  Place,
  TCP,
  TRUNCATED_NETWORK,
  TRUNCATED_TRANSPORT,
  UDP,
} from '../../src/wire/place.ts'
import { locateIpv4, locateIpv6 } from '../../src/wire/network.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { icmpFrame, ipFrame, tcpFrame, udpFrame } from '../scenario/frame-writer.ts'
import type { TcpFrame } from '../scenario/frame-writer.ts'

const AT = 3
const four = {
  link: 'raw' as const,
  source: '10.0.0.1',
  destination: '10.0.0.2',
  sourcePort: 50_000,
  destinationPort: 443,
}
const six = { ...four, source: '2001:db8::1', destination: '2001:db8::2' }
const PAYLOAD = new Uint8Array(10)

/** Locates a datagram in a frame of `wire` octets, of which `cut` were captured. */
function located(
  datagram: Uint8Array,
  edit: (ip: Uint8Array) => void = () => {},
  wire = datagram.length,
  cut = wire,
) {
  const bytes = new Uint8Array(AT + Math.max(wire, datagram.length) + 9).fill(0xee)
  bytes.set(datagram, AT)
  edit(bytes.subarray(AT))
  const place = new Place()
  place.bytes = bytes
  const locateIp = datagram[0]! >> 4 === 4 ? locateIpv4 : locateIpv6
  const kind = locateIp(bytes, AT, AT + cut, AT + wire, place)
  return {
    kind,
    place,
    payload: kind === TCP ? tcp.payloadLength(bytes, place.transportAt, place.wireEnd) : -1,
  }
}

const segment4 = (over: Partial<TcpFrame> = {}) => tcpFrame({ ...four, payload: PAYLOAD, ...over })
const segment6 = (over: Partial<TcpFrame> = {}) => tcpFrame({ ...six, payload: PAYLOAD, ...over })
const total = (n: number) => (ip: Uint8Array) => ip.set([n >> 8, n & 255], ip[0]! >> 4 === 4 ? 2 : 4)

describe('IPv4', () => {
  test.each([
    [0, TCP, 10],
    [19, MALFORMED_IPV4, -1],
    [20, MALFORMED_TCP, -1],
    [35, MALFORMED_TCP, -1],
    [36, BROKEN_TCP, -1],
    [39, BROKEN_TCP, -1],
    [40, TCP, 0],
    [41, TCP, 1],
    [50, TCP, 10],
    [51, TCP, 10],
    [1_000, TCP, 10],
    [65_535, TCP, 10],
  ])('total length %d in a frame of 50: kind %d, payload %d (T)', (length, kind, payload) => {
    expect(located(segment4(), total(length))).toMatchObject({ kind, payload })
  })

  test('a total length of 0 reaches to the end of the frame, padding included (T)', () => {
    expect(located(segment4(), total(0), 76)).toMatchObject({
      kind: TCP,
      payload: 36,
      place: { wireEnd: AT + 76 },
    })
    expect(located(segment4(), total(0), 5_000, 60)).toMatchObject({
      kind: TCP,
      payload: 4_960,
      place: { end: AT + 60 },
    })
  })

  test.each([0, 1, 2, 3, 4])('a header of %d words is malformed (T)', (words) => {
    expect(located(segment4(), (ip) => (ip[0] = 0x40 | words)).kind).toBe(MALFORMED_IPV4)
  })

  test('options, up to the longest header', () => {
    const datagram = segment4({ ipv4Options: new Uint8Array(40).fill(1) })
    expect(located(datagram)).toMatchObject({ kind: TCP, payload: 10, place: { transportAt: AT + 60 } })
  })

  test.each([0, 3, 5, 7, 15])('version %d is malformed (T)', (version) => {
    expect(located(segment4(), (ip) => (ip[0] = (version << 4) | 5)).kind).toBe(MALFORMED_IPV4)
  })

  test('an authentication header is stepped over (T)', () => {
    const header = new Uint8Array(24)
    header.set([6, 4])
    const datagram = ipFrame(four, 51, new Uint8Array([...header, ...segment4().subarray(20)]))
    expect(located(datagram)).toMatchObject({
      kind: TCP,
      payload: 10,
      place: { transportAt: AT + 44, protocol: 6 },
    })
    expect(located(datagram, (ip) => (ip[21] = 255)).kind).toBe(MALFORMED_IPV4)
    expect(located(datagram, undefined, datagram.length, 30).kind).toBe(TRUNCATED_NETWORK)
    const options = ipFrame(four, 60, datagram.subarray(20))
    expect(located(options)).toMatchObject({ kind: OTHER_TRANSPORT, place: { protocol: 60 } })
  })
})

describe('IPv6', () => {
  test.each([
    [1, MALFORMED_TCP, -1],
    [15, MALFORMED_TCP, -1],
    [16, BROKEN_TCP, -1],
    [19, BROKEN_TCP, -1],
    [20, TCP, 0],
    [30, TCP, 10],
    [31, TCP, 10],
    [1_000, TCP, 10],
  ])('payload length %d in a frame of 70: kind %d, payload %d (T)', (length, kind, payload) => {
    expect(located(segment6(), total(length))).toMatchObject({ kind, payload })
  })

  test('a payload length of 0 reaches to the end of the frame: segmentation offload, or a jumbogram', () => {
    expect(located(segment6(), total(0), 70_000, 96)).toMatchObject({ kind: TCP, payload: 69_940 })
    const jumbo = segment6({ extensions: [[0, new Uint8Array([0xc2, 4, 0, 1, 0, 38])]] })
    expect(located(jumbo, total(0), 65_614, 96)).toMatchObject({ kind: TCP, payload: 65_614 - 40 - 8 - 20 })
  })

  test.each([0, 4, 5, 7])('version %d is malformed (T)', (version) => {
    const place = new Place()
    const datagram = segment6()
    datagram[0] = version << 4
    expect(locateIpv6(datagram, 0, datagram.length, datagram.length, place)).toBe(MALFORMED_IPV6)
  })

  const option = new Uint8Array(6)
  test.each<[name: string, extensions: TcpFrame['extensions'], transportAt: number]>([
    ['hop-by-hop', [[0, option]], 48],
    ['routing', [[43, new Uint8Array(22)]], 64],
    ['destination', [[60, option]], 48],
    ['authentication', [[51, new Uint8Array(22)]], 64],
    ['shim6', [[140, option]], 48],
    [
      'several, in an odd order',
      [
        [60, option],
        [0, option],
        [51, new Uint8Array(14)],
        [60, option],
      ],
      80,
    ],
    ['as many as the limit', Array.from({ length: 32 }, () => [60, option] as const), 40 + 256],
  ])('extension headers: %s (T)', (_name, extensions, transportAt) => {
    const { kind, payload, place } = located(segment6({ extensions: extensions! }))
    expect({ kind, payload, transportAt: place.transportAt - AT, protocol: place.protocol }).toEqual({
      kind: TCP,
      payload: 10,
      transportAt,
      protocol: 6,
    })
  })

  test.each([59, 135, 139, 253])('next header %d ends the chain (T)', (type) => {
    expect(located(ipFrame(six, type, new Uint8Array(40)))).toMatchObject({
      kind: OTHER_TRANSPORT,
      place: { protocol: type },
    })
  })

  test('too many extension headers, or one past the end, are malformed; past the capture, truncated', () => {
    expect(
      located(segment6({ extensions: Array.from({ length: 33 }, () => [60, option] as const) })).kind,
    ).toBe(MALFORMED_IPV6)
    const datagram = segment6({ extensions: [[60, option]] })
    expect(located(datagram, (ip) => (ip[41] = 200)).kind).toBe(MALFORMED_IPV6)
    expect(located(datagram, undefined, datagram.length, 44).kind).toBe(TRUNCATED_NETWORK)
  })

  test('an atomic fragment is a whole datagram (RFC 6946) (T)', () => {
    const fragment = { offset: 0, more: false, identification: 77 }
    const { kind, payload, place } = located(segment6({ fragment, extensions: [[60, option]] }))
    expect({ kind, payload, offset: place.fragmentOffset, more: place.moreFragments }).toEqual({
      kind: TCP,
      payload: 10,
      offset: 0,
      more: 0,
    })
  })
})

describe('a segment cut by the snap length', () => {
  test.each([
    [19, TRUNCATED_NETWORK],
    [20, TRUNCATED_TRANSPORT],
    [35, TRUNCATED_TRANSPORT],
    [36, TCP],
    [40, TCP],
    [52, TCP],
    [61, TCP],
  ])(
    'after %d octets of IPv4: kind %d; Wireshark attributes it from 16 octets of TCP on (T)',
    (cut, kind) => {
      const datagram = segment4({ options: { timestamps: [1, 2] } })
      expect(located(datagram, undefined, datagram.length, cut)).toMatchObject({
        kind,
        payload: kind === TCP ? 10 : -1,
      })
    },
  )

  test('every cut of every header: never a kind that the octets do not bear', () => {
    const shorter: [datagram: Uint8Array, needs: number, kind: number, malformed: number][] = [
      [segment4(), 36, TCP, MALFORMED_TCP],
      [segment6(), 56, TCP, MALFORMED_TCP],
      [udpFrame({ ...four, payload: PAYLOAD }), 28, UDP, MALFORMED_UDP],
      [udpFrame({ ...six, payload: PAYLOAD }), 48, UDP, MALFORMED_UDP],
      [icmpFrame({ ...four, type: 8, payload: PAYLOAD }), 28, ICMP, MALFORMED_ICMP],
      [icmpFrame({ ...six, type: 128, payload: PAYLOAD }), 44, ICMPV6, MALFORMED_ICMP],
    ]
    for (const [datagram, needs, kind, malformed] of shorter) {
      const header = datagram[0]! >> 4 === 4 ? 20 : 40
      for (let cut = 0; cut <= datagram.length; cut++) {
        const truncated = cut < header ? TRUNCATED_NETWORK : cut < needs ? TRUNCATED_TRANSPORT : kind
        expect([cut, located(datagram, undefined, datagram.length, cut).kind]).toEqual([cut, truncated])
        if (cut < header) continue
        const { kind: told } = located(datagram, total(header === 20 ? cut : cut - 40 || 1), cut || 1)
        if (cut > header && cut < needs) expect([cut, told]).toEqual([cut, malformed])
      }
    }
  })
})

describe('data offset', () => {
  test.each(
    Array.from({ length: 16 }, (_, words) => [words, words >= 5 && words <= 7 ? TCP : BROKEN_TCP] as const),
  )('of %d words in a segment of 30 octets: kind %d (T)', (words, kind) => {
    const { kind: told, place } = located(segment4(), (ip) => (ip[32] = words << 4))
    expect(told).toBe(kind)
    expect(tcp.sourcePort(place.bytes, place.transportAt)).toBe(50_000)
  })
})

describe('fragments', () => {
  const payload = new Uint8Array(48).fill(0x50)

  test('of IPv4', () => {
    const datagram = ipFrame(
      { ...four, identification: 0xabcd, fragment: { offset: 1_480, more: true } },
      6,
      payload,
    )
    const { kind, place } = located(datagram, undefined, 80)
    expect({ ...place, bytes: 0, frame: 0, kind }).toMatchObject({
      kind: FRAGMENT,
      version: 4,
      protocol: 6,
      identification: 0xabcd,
      fragmentOffset: 1_480,
      moreFragments: 1,
      networkAt: AT,
      transportAt: AT + 20,
      end: AT + 68,
      wireEnd: AT + 68,
    })
  })

  test('of IPv6, behind what cannot be fragmented', () => {
    const fragment = { offset: 1_448, more: false, identification: 0xfedcba98 }
    const { kind, place } = located(
      ipFrame({ ...six, fragment, extensions: [[0, new Uint8Array(6)]] }, 17, payload),
    )
    expect({ ...place, bytes: 0, frame: 0, kind }).toMatchObject({
      kind: FRAGMENT,
      version: 6,
      protocol: 17,
      fragmentIdentification: 0xfedcba98,
      fragmentOffset: 1_448,
      moreFragments: 0,
      networkAt: AT,
      transportAt: AT + 56,
      end: AT + 104,
      wireEnd: AT + 104,
    })
  })

  test('a fragment whose options were cut is no fragment', () => {
    const later = ipFrame({ ...four, fragment: { offset: 80, more: true } }, 6, payload)
    later[0] = 0x46
    expect([located(later, undefined, later.length, 22).kind, located(later, undefined, 22).kind]).toEqual([
      TRUNCATED_NETWORK,
      MALFORMED_IPV4,
    ])
  })

  test('a cut fragment says where it would end, also when its frame never was that long', () => {
    const later = ipFrame({ ...four, fragment: { offset: 80, more: true } }, 6, payload)
    expect(located(later, undefined, 68, 60)).toMatchObject({
      kind: FRAGMENT,
      place: { end: AT + 60, wireEnd: AT + 68 },
    })
    expect(located(later, total(100))).toMatchObject({
      kind: FRAGMENT,
      place: { end: AT + 68, wireEnd: AT + 100 },
    })
    const later6 = ipFrame({ ...six, fragment: { offset: 80, more: true, identification: 1 } }, 6, payload)
    expect(located(later6, total(100))).toMatchObject({
      kind: FRAGMENT,
      place: { end: AT + 96, wireEnd: AT + 140 },
    })
  })

  test('a first fragment of IPv4 that was cut is read where it lies, its payload unknown (T)', () => {
    const first = segment4({ payload: new Uint8Array(60), fragment: { offset: 0, more: true } })
    const { kind, payload: length, place } = located(first, undefined, first.length, 60)
    expect({ kind, length, end: place.end, wireEnd: place.wireEnd }).toEqual({
      kind: TCP,
      length: 0,
      end: AT + 40,
      wireEnd: AT + 40,
    })
    expect(located(first, undefined, first.length, 35).kind).toBe(TRUNCATED_TRANSPORT)
    expect(located(first).kind).toBe(FRAGMENT)
    const first6 = segment6({ payload: new Uint8Array(60), fragment: { offset: 0, more: true } })
    expect(located(first6, undefined, first6.length, 90).kind).toBe(FRAGMENT)
  })
})
