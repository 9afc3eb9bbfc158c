import { expect, test } from 'vitest'
import { explain } from '../../src/wire/explain.ts'
import { linkTypeName } from '../../src/wire/link-types.ts'
import { icmpFrame, ipFrame, LINK_TYPE, tcpFrame, udpFrame } from '../scenario/frame-writer.ts'
import type { Link } from '../scenario/frame-writer.ts'

const AT = 4
const four = { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 1, destinationPort: 2 }
const six = { ...four, source: '2001:db8::1', destination: '2001:db8::2' }

function faultOf(frame: Uint8Array, { cut = frame.length, wire = frame.length, linkType = 1 } = {}) {
  const bytes = new Uint8Array(AT + frame.length + 4)
  bytes.set(frame, AT)
  return explain(bytes, AT, AT + cut, wire, linkType)
}
const edited = (frame: Uint8Array, at: number, ...octets: number[]) => {
  frame.set(octets, at)
  return frame
}
const cutAfter = (frame: Uint8Array, cut: number, linkType = 1) => faultOf(frame, { cut, linkType })

test('nothing to explain', () => {
  expect(faultOf(tcpFrame(four))).toBeNull()
  expect(faultOf(tcpFrame({ ...six, vlans: [1], mpls: [2] }))).toBeNull()
  expect(faultOf(ipFrame(four, 132, new Uint8Array(4)))).toBeNull()
})

test.each([
  [{ linkType: 107 }, { layer: 'link', at: AT, message: 'LINKTYPE_FRELAY (107) is not read' }],
  [{ linkType: 9_999 }, { layer: 'link', at: AT, message: '9999 is not read' }],
])('link types that are not read: %j', (options, fault) => {
  expect(faultOf(tcpFrame(four), options)).toEqual(fault)
})

test('what is not IP, or a tunnel', () => {
  expect(faultOf(edited(tcpFrame(four), 12, 8, 6))).toEqual({ layer: 'link', at: AT, message: 'not IP' })
  expect(faultOf(ipFrame(four, 47, new Uint8Array(4)))).toEqual({
    layer: 'tunnel',
    at: AT + 34,
    message: 'no IP in gre',
  })
  expect(faultOf(ipFrame(four, 47, new Uint8Array(3)))).toEqual({
    layer: 'tunnel',
    at: AT + 34,
    message: 'malformed tunnel header',
  })
  expect(faultOf(ipFrame(four, 50, new Uint8Array(8)))).toEqual({
    layer: 'tunnel',
    at: AT + 34,
    message: 'encrypted below TCP',
  })
})

const short = (layer: string, at: number, needed: number, had: number) => ({
  layer,
  at: AT + at,
  message: `header needs ${needed} octets, ${had} are there`,
})

test.each<[link: Link, cut: number, layer: string, needed: number]>([
  ['ethernet', 13, 'ethernet', 14],
  ['sll', 15, 'sll1', 16],
  ['sll2', 3, 'sll2', 20],
  ['null', 2, 'null', 4],
  ['loop', 0, 'null', 4],
  ['ppp', 1, 'ppp', 2],
  ['ppp-hdlc', 3, 'ppp', 4],
  ['chdlc', 3, 'chdlc', 4],
  ['raw', 0, 'link', 1],
])('a cut link header: %s after %d octets', (link, cut, layer, needed) => {
  expect(cutAfter(tcpFrame({ ...four, link }), cut, LINK_TYPE[link])).toEqual(short(layer, 0, needed, cut))
})

test('a fault inside tags, labels and sessions', () => {
  expect(cutAfter(tcpFrame({ ...four, vlans: [1, 2] }), 20)).toEqual(short('vlan', 18, 4, 2))
  expect(cutAfter(tcpFrame({ ...four, vlans: [1], mpls: [2, 3] }), 24)).toEqual(short('mpls', 18, 8, 6))
  expect(cutAfter(tcpFrame({ ...four, pppoe: 1 }), 17)).toEqual(short('pppoe', 14, 6, 3))
  expect(cutAfter(tcpFrame({ ...four, pppoe: 1 }), 21)).toEqual(short('ppp', 20, 2, 1))
  const deep = tcpFrame({ ...four, vlans: Array.from({ length: 9 }, () => 1) })
  expect(faultOf(deep)).toEqual({ layer: 'vlan', at: AT + 14 + 32, message: 'more than 8 tags' })
  expect(cutAfter(tcpFrame({ ...four, link: 'sll', mpls: [1] }), 17, 113)).toEqual(short('mpls', 16, 4, 1))
})

test('nothing is left behind labels', () => {
  expect(cutAfter(tcpFrame({ ...four, mpls: [1] }), 18)).toEqual(short('network', 18, 1, 0))
  expect(cutAfter(tcpFrame({ ...four, pppoe: 1, mpls: [5] }), 26)).toEqual(short('network', 26, 1, 0))
})

test('a fault in IP', () => {
  expect(cutAfter(tcpFrame(four), 30)).toEqual(short('ipv4', 14, 20, 16))
  expect(faultOf(edited(tcpFrame(four), 14, 0x44))).toEqual({
    layer: 'ipv4',
    at: AT + 14,
    message: 'header length 16 is below 20',
  })
  expect(cutAfter(tcpFrame(six), 50)).toEqual(short('ipv6', 14, 40, 36))
  const extended = tcpFrame({ ...six, extensions: [[60, new Uint8Array(6)]] })
  expect(faultOf(edited(extended, 55, 9))).toEqual(short('ipv6 extension 60', 54, 80, 28))
})

test('a fault in the transport header', () => {
  expect(cutAfter(tcpFrame(four), 40)).toEqual(short('tcp', 34, 16, 6))
  expect(faultOf(edited(tcpFrame(four), 46, 0x40))).toEqual({
    layer: 'tcp',
    at: AT + 46,
    message: 'data offset 16 is below 20',
  })
  expect(cutAfter(udpFrame(four), 40)).toEqual(short('udp', 34, 8, 6))
  expect(faultOf(edited(udpFrame(four), 38, 0, 3))).toEqual({
    layer: 'udp',
    at: AT + 38,
    message: 'length 3 is below 8',
  })
  expect(cutAfter(icmpFrame({ ...four, type: 8 }), 40)).toEqual(short('icmp', 34, 8, 6))
  expect(cutAfter(icmpFrame({ ...six, type: 128 }), 56)).toEqual(short('icmpv6', 54, 4, 2))
})

test('link type names are those of the registry', () => {
  expect([0, 1, 12, 101, 113, 228, 276, 147].map(linkTypeName)).toEqual([
    'LINKTYPE_NULL (0)',
    'LINKTYPE_ETHERNET (1)',
    'LINKTYPE_RAW (12)',
    'LINKTYPE_RAW (101)',
    'LINKTYPE_LINUX_SLL (113)',
    'LINKTYPE_IPV4 (228)',
    'LINKTYPE_LINUX_SLL2 (276)',
    '147',
  ])
})
