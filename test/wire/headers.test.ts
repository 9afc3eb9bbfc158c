/** The contract of every header view: whole or 0. */
import { describe, expect, test } from 'vitest'
import * as ethernet from '../../src/wire/ethernet.ts'
import * as icmp from '../../src/wire/icmp.ts'
import * as icmpv6 from '../../src/wire/icmpv6.ts'
import * as ipv4 from '../../src/wire/ipv4.ts'
import * as ipv6 from '../../src/wire/ipv6.ts'
import * as mpls from '../../src/wire/mpls.ts'
import * as bsd from '../../src/wire/null.ts'
import * as ppp from '../../src/wire/ppp.ts'
import * as pppoe from '../../src/wire/pppoe.ts'
import * as sll from '../../src/wire/sll.ts'
import * as tags from '../../src/wire/tags.ts'
import * as udp from '../../src/wire/udp.ts'
import * as vlan from '../../src/wire/vlan.ts'
import { tcpFrame, udpFrame } from '../scenario/frame-writer.ts'

type Length = (b: Uint8Array, at: number, end: number) => number

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

describe.each<[name: string, whole: Uint8Array, length: number, of: Length]>([
  ['ethernet', new Uint8Array(14), 14, ethernet.headerLength],
  ['802.1Q', new Uint8Array(4), 4, (b, at, end) => vlan.headerLength(b, at, end, 0x8100)],
  ['VN-Tag', new Uint8Array(6), 6, (b, at, end) => vlan.headerLength(b, at, end, 0x8926)],
  ['SLL', new Uint8Array(16), 16, (b, at, end) => sll.headerLength(b, at, end, 1)],
  ['SLL2', new Uint8Array(20), 20, (b, at, end) => sll.headerLength(b, at, end, 2)],
  ['BSD loopback', new Uint8Array(4), 4, bsd.headerLength],
  ['PPP', bytes(0, 0x21), 2, ppp.headerLength],
  ['PPP, protocol compressed', bytes(0x21), 1, ppp.headerLength],
  ['PPP, framed', bytes(0xff, 3, 0, 0x21), 4, ppp.headerLength],
  ['PPP, framed and compressed', bytes(0xff, 3, 0x21), 3, ppp.headerLength],
  ['Cisco HDLC', bytes(0x0f, 0, 8, 0), 4, ppp.ciscoHeaderLength],
  ['PPPoE', bytes(0x11, 0, 0, 1, 0, 2), 6, pppoe.headerLength],
  ['MPLS, 3 labels', labels(3), 12, mpls.stackLength],
  ['IPv4', tcpFrame(tuple).slice(0, 20), 20, ipv4.headerLength],
  [
    'IPv4 with options',
    tcpFrame({ ...tuple, ipv4Options: new Uint8Array(40) }).slice(0, 60),
    60,
    ipv4.headerLength,
  ],
  ['IPv6', tcpFrame(inIpv6).slice(0, 40), 40, ipv6.headerLength],
  ['UDP', udpFrame(tuple).slice(20), 8, udp.headerLength],
])('%s', (name, whole, length, of) => {
  test('every cut', () => {
    const b = new Uint8Array(3 + whole.length + 3)
    b.set(whole, 3)
    for (let cut = 0; cut <= whole.length + 3; cut++) {
      // ff alone is a compressed protocol number, for all one can tell
      if (name.includes('framed') && cut === 1) continue
      const isWhole = cut >= length
      expect([cut, of(b, 3, 3 + cut)]).toEqual([cut, isWhole ? length : 0])
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
  expect([vlan.identifier(b, 0, 0x8100), tags.nextType(b, 0, 4)]).toEqual([0xfff, 0x0800])
  expect([
    vlan.identifier(bytes(0xff, 0xff, 0xff, 0xff, 0x81, 0), 0, 0x8926),
    tags.nextType(bytes(0, 0, 0, 0, 0x81, 0), 0, 6),
  ]).toEqual([0, 0x8100])
})

describe('IPv4', () => {
  test('every field', () => {
    const b = tcpFrame({
      ...tuple,
      hopLimit: 3,
      fragment: { offset: 65_528, more: true },
    })
    expect({
      version: ipv4.version(b, 0),
      totalLength: ipv4.totalLength(b, 0),
      field: ipv4.fragmentField(b, 0),
      offset: ipv4.fragmentOffset(b, 0),
      timeToLive: ipv4.timeToLive(b, 0),
      protocol: ipv4.protocol(b, 0),
      source: ipv4.sourceAt(0),
      destination: ipv4.destinationAt(0),
    }).toEqual({
      version: 4,
      totalLength: 40,
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
      }
    }
  })
})

describe('IPv6', () => {
  test('every field', () => {
    const b = tcpFrame({ ...inIpv6, hopLimit: 7 })
    expect({
      version: ipv6.version(b, 0),
      payloadLength: ipv6.payloadLength(b, 0),
      nextHeader: ipv6.nextHeader(b, 0),
      hopLimit: ipv6.hopLimit(b, 0),
      source: ipv6.sourceAt(0),
      destination: ipv6.destinationAt(0),
    }).toEqual({
      version: 6,
      payloadLength: 20,
      nextHeader: 6,
      hopLimit: 7,
      source: 8,
      destination: 24,
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
})

describe('UDP', () => {
  test('fields, and where the payload ends', () => {
    const b = udpFrame({ ...tuple, payload: bytes(1, 2, 3, 4) })
    expect([udp.sourcePort(b, 20), udp.destinationPort(b, 20), udp.length(b, 20)]).toEqual([53, 4_000, 12])
    expect([udp.payloadEnd(b, 20, 40), udp.payloadEnd(b, 20, 30)]).toEqual([32, 30])
    b[25] = 0
    expect([udp.headerLength(b, 20, 32), udp.payloadEnd(b, 20, 32)]).toEqual([8, 32])
    b[25] = 7
    expect(udp.headerLength(b, 20, 32)).toBe(0)
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
})

describe('MPLS', () => {
  test('labels are 20 bits; a stack deeper than the limit is refused', () => {
    expect(mpls.label(bytes(0xff, 0xff, 0xff, 0xff), 0)).toBe(0xfffff)
    expect(mpls.label(bytes(0, 0, 0x1f, 64), 0)).toBe(1)
    expect(mpls.stackLength(labels(16), 0, 64)).toBe(64)
    expect(mpls.stackLength(labels(17), 0, 68)).toBe(0)
  })
})
