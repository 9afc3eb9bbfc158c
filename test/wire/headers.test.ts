/** The contract of every header view: whole or 0, and a fault exactly where it is 0. */
import { describe, expect, test } from 'vitest'
import * as ethernet from '../../src/wire/ethernet.ts'
import type { Fault } from '../../src/wire/fault.ts'
import * as icmp from '../../src/wire/icmp.ts'
import * as icmpv6 from '../../src/wire/icmpv6.ts'
import * as ipv4 from '../../src/wire/ipv4.ts'
import * as ipv6 from '../../src/wire/ipv6.ts'
import * as mpls from '../../src/wire/mpls.ts'
import * as bsd from '../../src/wire/null.ts'
import * as ppp from '../../src/wire/ppp.ts'
import * as pppoe from '../../src/wire/pppoe.ts'
import * as sll from '../../src/wire/sll.ts'
import * as udp from '../../src/wire/udp.ts'
import * as vlan from '../../src/wire/vlan.ts'
import { tcpFrame, udpFrame } from '../scenario/frame-writer.ts'

type Length = (b: Uint8Array, at: number, end: number) => number
type Explain = (b: Uint8Array, at: number, end: number) => Fault | null

const tuple = {
  link: 'raw' as const,
  source: '10.0.0.1',
  destination: '10.0.0.2',
  sourcePort: 53,
  destinationPort: 4_000,
}
const inIpv6 = { ...tuple, source: '2001:db8::1', destination: '2001:db8::2' }
const bytes = (...octets: number[]) => new Uint8Array(octets)
const labels = (count: number) =>
  bytes(...Array.from({ length: count }, (_, i) => [0, 0, i === count - 1 ? 1 : 0, 64]).flat())

describe.each<[name: string, whole: Uint8Array, length: number, of: Length, fault: Explain]>([
  ['ethernet', new Uint8Array(14), 14, ethernet.headerLength, ethernet.fault],
  [
    '802.1Q',
    new Uint8Array(4),
    4,
    (b, at, end) => vlan.headerLength(b, at, end, 0x8100),
    (b, at, end) => vlan.fault(b, at, end, 0x8100),
  ],
  [
    'VN-Tag',
    new Uint8Array(6),
    6,
    (b, at, end) => vlan.headerLength(b, at, end, 0x8926),
    (b, at, end) => vlan.fault(b, at, end, 0x8926),
  ],
  [
    'SLL',
    new Uint8Array(16),
    16,
    (b, at, end) => sll.headerLength(b, at, end, 1),
    (b, at, end) => sll.fault(b, at, end, 1),
  ],
  [
    'SLL2',
    new Uint8Array(20),
    20,
    (b, at, end) => sll.headerLength(b, at, end, 2),
    (b, at, end) => sll.fault(b, at, end, 2),
  ],
  ['BSD loopback', new Uint8Array(4), 4, bsd.headerLength, bsd.fault],
  ['PPP', bytes(0, 0x21), 2, ppp.headerLength, ppp.fault],
  ['PPP, protocol compressed', bytes(0x21), 1, ppp.headerLength, ppp.fault],
  ['PPP, framed', bytes(0xff, 3, 0, 0x21), 4, ppp.headerLength, ppp.fault],
  ['PPP, framed and compressed', bytes(0xff, 3, 0x21), 3, ppp.headerLength, ppp.fault],
  ['Cisco HDLC', bytes(0x0f, 0, 8, 0), 4, ppp.ciscoHeaderLength, ppp.fault],
  ['PPPoE', bytes(0x11, 0, 0, 1, 0, 2), 6, pppoe.headerLength, pppoe.fault],
  ['MPLS, 3 labels', labels(3), 12, mpls.stackLength, mpls.fault],
  ['IPv4', tcpFrame(tuple).slice(0, 20), 20, ipv4.headerLength, ipv4.fault],
  [
    'IPv4 with options',
    tcpFrame({ ...tuple, ipv4Options: new Uint8Array(40) }).slice(0, 60),
    60,
    ipv4.headerLength,
    ipv4.fault,
  ],
  ['IPv6', tcpFrame(inIpv6).slice(0, 40), 40, ipv6.headerLength, ipv6.fault],
  ['UDP', udpFrame(tuple).slice(20), 8, udp.headerLength, udp.fault],
  ['ICMP', new Uint8Array(8), 8, icmp.headerLength, icmp.fault],
  ['ICMPv6', new Uint8Array(4), 4, icmpv6.headerLength, icmpv6.fault],
])('%s', (name, whole, length, of, fault) => {
  test('every cut', () => {
    const b = new Uint8Array(3 + whole.length + 3)
    b.set(whole, 3)
    for (let cut = 0; cut <= whole.length + 3; cut++) {
      // ff alone is a compressed protocol number, for all one can tell
      if (name.includes('framed') && cut === 1) continue
      const isWhole = cut >= length
      expect([cut, of(b, 3, 3 + cut)]).toEqual([cut, isWhole ? length : 0])
      const message = expect.stringMatching(new RegExp(`^header needs \\d+ octets, ${cut} are there$`))
      expect(fault(b, 3, 3 + cut)).toEqual(isWhole ? null : { layer: expect.any(String), at: 3, message })
    }
  })
})

describe('ethernet', () => {
  test('type and addresses', () => {
    const b = tcpFrame({ ...tuple, link: 'ethernet' })
    expect(ethernet.typeOrLength(b, 0)).toBe(0x0800)
    expect([...b.subarray(0, 6)]).toEqual([2, 0, 0, 0, 0, 2])
  })

  test.each([
    ['SNAP', [0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0], 0x0800, 8],
    ['SNAP over a bridge tunnel', [0xaa, 0xaa, 3, 0, 0, 0xf8, 0x86, 0xdd], 0x86dd, 8],
    ['another organisation', [0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0], 0, 8],
    ['IP over LLC', [6, 6, 3, 0x45, 0, 0, 0, 0], 0x0800, 3],
    ['spanning tree', [0x42, 0x42, 3, 0, 0, 0, 0, 0], 0, 3],
    ['Novell over raw 802.3', [0xff, 0xff, 0, 0, 0, 0, 0, 0], 0, 3],
  ])('LLC: %s', (_name, octets, type, length) => {
    const b = bytes(...octets)
    expect(ethernet.llcEtherType(b, 0, 8)).toBe(type)
    expect(ethernet.llcLength(b, 0)).toBe(length)
    expect(ethernet.llcEtherType(b, 0, 2)).toBe(0)
  })
})

test('a VLAN identifier is 12 bits, whatever the priority', () => {
  const b = bytes(0xef, 0xff, 0x08, 0x00)
  expect([vlan.identifier(b, 0, 0x8100), vlan.nextType(b, 0, 0x8100)]).toEqual([0xfff, 0x0800])
  expect([
    vlan.identifier(bytes(0xff, 0xff, 0xff, 0xff, 0x81, 0), 0, 0x8926),
    vlan.nextType(bytes(0, 0, 0, 0, 0x81, 0), 0, 0x8926),
  ]).toEqual([0, 0x8100])
})

describe('IPv4', () => {
  test('every field', () => {
    const b = tcpFrame({
      ...tuple,
      hopLimit: 3,
      identification: 0xfedc,
      trafficClass: 0xb8,
      fragment: { offset: 65_528, more: true },
    })
    expect({
      version: ipv4.version(b, 0),
      trafficClass: ipv4.trafficClass(b, 0),
      totalLength: ipv4.totalLength(b, 0),
      identification: ipv4.identification(b, 0),
      field: ipv4.fragmentField(b, 0),
      offset: ipv4.fragmentOffset(b, 0),
      timeToLive: ipv4.timeToLive(b, 0),
      protocol: ipv4.protocol(b, 0),
      source: ipv4.sourceAt(0),
      destination: ipv4.destinationAt(0),
    }).toEqual({
      version: 4,
      trafficClass: 0xb8,
      totalLength: 40,
      identification: 0xfedc,
      field: 0x3fff,
      offset: 65_528,
      timeToLive: 3,
      protocol: 6,
      source: 12,
      destination: 16,
    })
  })

  test('every header length x every total length near it', () => {
    for (let words = 0; words < 16; words++) {
      for (let total = 0; total <= 70; total++) {
        const b = new Uint8Array(80)
        b[0] = 0x40 | words
        b[3] = total
        const isSound = words >= 5 && (total === 0 || total >= words * 4)
        expect([words, total, ipv4.headerLength(b, 0, 80)]).toEqual([words, total, isSound ? words * 4 : 0])
        expect([words, total, ipv4.fault(b, 0, 80) === null]).toEqual([words, total, isSound])
      }
    }
  })

  test('faults', () => {
    expect(ipv4.fault(bytes(0x65, ...new Uint8Array(19)), 0, 20)).toEqual({
      layer: 'ipv4',
      at: 0,
      message: 'version is 6',
    })
    expect(ipv4.fault(bytes(0x44, ...new Uint8Array(19)), 0, 20)).toEqual({
      layer: 'ipv4',
      at: 0,
      message: 'header length 16 is below 20',
    })
    expect(ipv4.fault(bytes(0x45, 0, 0, 19, ...new Uint8Array(16)), 0, 20)).toEqual({
      layer: 'ipv4',
      at: 2,
      message: 'total length 19 is below the header length 20',
    })
  })
})

describe('IPv6', () => {
  test('every field', () => {
    const b = tcpFrame({ ...inIpv6, hopLimit: 7, trafficClass: 0xb8 })
    expect({
      version: ipv6.version(b, 0),
      trafficClass: ipv6.trafficClass(b, 0),
      payloadLength: ipv6.payloadLength(b, 0),
      nextHeader: ipv6.nextHeader(b, 0),
      hopLimit: ipv6.hopLimit(b, 0),
      source: ipv6.sourceAt(0),
      destination: ipv6.destinationAt(0),
    }).toEqual({
      version: 6,
      trafficClass: 0xb8,
      payloadLength: 20,
      nextHeader: 6,
      hopLimit: 7,
      source: 8,
      destination: 24,
    })
    expect(ipv6.fault(bytes(0x45, ...new Uint8Array(39)), 0, 40)).toEqual({
      layer: 'ipv6',
      at: 0,
      message: 'version is 4',
    })
  })

  test.each([
    ['hop-by-hop', ipv6.HOP_BY_HOP, 2, 24],
    ['routing', ipv6.ROUTING, 4, 40],
    ['destination', ipv6.DESTINATION_OPTIONS, 0, 8],
    ['authentication', ipv6.AUTHENTICATION, 4, 24],
    ['fragment, whose second octet is reserved', ipv6.FRAGMENT, 9, 8],
    ['shim6', ipv6.SHIM6, 1, 16],
  ])('extension length: %s', (_name, type, octet, length) => {
    const b = new Uint8Array(64)
    b[0] = 6
    b[1] = octet
    expect(ipv6.isExtension(type)).toBe(true)
    for (let cut = 0; cut < 64; cut++)
      expect([cut, ipv6.extensionLength(b, 0, cut, type)]).toEqual([cut, cut >= length ? length : 0])
    expect(ipv6.extensionNext(b, 0)).toBe(6)
  })

  test('what ends the chain', () => {
    expect([6, 17, 50, 58, 59, 135, 139, 253, 254].filter(ipv6.isExtension)).toEqual([])
  })

  test('faults of the chain', () => {
    const b = tcpFrame({
      ...inIpv6,
      extensions: [
        [60, new Uint8Array(6)],
        [0, new Uint8Array(14)],
      ],
    })
    expect(ipv6.fault(b, 0, b.length)).toBeNull()
    expect(ipv6.fault(b, 0, 50)).toEqual({
      layer: 'ipv6 extension 0',
      at: 48,
      message: 'header needs 8 octets, 2 are there',
    })
    expect(ipv6.fault(b, 0, 60)).toEqual({
      layer: 'ipv6 extension 0',
      at: 48,
      message: 'header needs 16 octets, 12 are there',
    })
    const many = tcpFrame({
      ...inIpv6,
      extensions: Array.from({ length: 33 }, () => [60, new Uint8Array(6)] as const),
    })
    expect(ipv6.fault(many, 0, many.length)).toEqual({
      layer: 'ipv6',
      at: 40 + 32 * 8,
      message: 'more than 32 extension headers',
    })
  })
})

describe('UDP', () => {
  test('fields, and where the payload ends', () => {
    const b = udpFrame({ ...tuple, payload: bytes(1, 2, 3, 4) })
    expect([udp.sourcePort(b, 20), udp.destinationPort(b, 20), udp.length(b, 20)]).toEqual([53, 4_000, 12])
    expect([udp.payloadEnd(b, 20, 40), udp.payloadEnd(b, 20, 30)]).toEqual([32, 30])
    b[25] = 0
    expect([udp.headerLength(b, 20, 32), udp.payloadEnd(b, 20, 32)]).toEqual([8, 32])
    b[25] = 7
    expect([udp.headerLength(b, 20, 32), udp.fault(b, 20, 32)]).toEqual([
      0,
      { layer: 'udp', at: 24, message: 'length 7 is below 8' },
    ])
  })
})

describe('ICMP', () => {
  test('errors are errors about a packet', () => {
    const errors = Array.from({ length: 256 }, (_, type) => type).filter((type) =>
      icmp.isError(bytes(type), 0),
    )
    expect(errors).toEqual([3, 4, 11, 12])
    const errors6 = Array.from({ length: 256 }, (_, type) => type).filter((type) =>
      icmpv6.isError(bytes(type), 0, 8),
    )
    expect(errors6).toEqual([1, 2, 3, 4])
    expect(icmpv6.isError(bytes(1), 0, 7)).toBe(false)
  })

  test('the path MTU', () => {
    expect(icmp.nextHopMtu(bytes(3, 4, 0, 0, 0, 0, 5, 0xb4), 0)).toBe(1460)
    expect(icmpv6.mtu(bytes(2, 0, 0, 0, 0, 0, 5, 0), 0)).toBe(1280)
    expect([
      icmp.type(bytes(3, 4), 0),
      icmp.code(bytes(3, 4), 0),
      icmpv6.type(bytes(1, 3), 0),
      icmpv6.code(bytes(1, 3), 0),
    ]).toEqual([3, 4, 1, 3])
  })
})

describe('MPLS', () => {
  test('labels are 20 bits; a stack deeper than the limit is refused', () => {
    expect(mpls.label(bytes(0xff, 0xff, 0xff, 0xff), 0)).toBe(0xfffff)
    expect(mpls.label(bytes(0, 0, 0x1f, 64), 0)).toBe(1)
    expect(mpls.stackLength(labels(16), 0, 64)).toBe(64)
    expect(mpls.stackLength(labels(17), 0, 68)).toBe(0)
    expect(mpls.fault(labels(17), 0, 68)).toEqual({ layer: 'mpls', at: 0, message: 'more than 16 labels' })
  })
})
