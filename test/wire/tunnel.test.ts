import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  AGGREGATE,
  ENCRYPTED,
  LINK_FRAGMENT,
  MALFORMED_LINK,
  MALFORMED_TUNNEL,
  TOO_DEEP,
  TRUNCATED_TUNNEL,
  unreadIn,
} from '../../src/wire/place.ts'
import { FRAGMENT, locate, Place, TCP, UDP } from '../../src/wire/frame.ts'
import { TUNNELS_MAX } from '../../src/wire/step.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { enterTunnels } from '../../src/wire/tunnel.ts'
import * as kinds from '../../src/wire/tunnels.data.ts'
import { tcpFrame, tcpFragments } from '../scenario/frame-writer.ts'
import { missing } from '../tools.ts'
import {
  ethernet,
  framed,
  geneve,
  gre,
  gtp,
  inIp,
  inUdp,
  octets,
  OUTER,
  pcapOf,
  TUPLE,
  vxlan,
  WRAPPED,
} from './wrap.ts'

function inside(frame: Uint8Array, linkType = 1, captured = frame.length) {
  const place = new Place()
  const kind = enterTunnels(locate(frame, 0, captured, frame.length, linkType, place), place)
  return { kind, place, path: place.paths.text(place.path) }
}

const packet = tcpFrame({ ...TUPLE, link: 'raw', payload: new Uint8Array(9) })

test.each(WRAPPED)('$name', ({ frame, path: expected, linkType }) => {
  const { kind, place, path } = inside(frame, linkType)
  const { bytes, transportAt, wireEnd } = place
  expect({
    kind,
    path,
    ports: [tcp.sourcePort(bytes, transportAt), tcp.destinationPort(bytes, transportAt)],
    payload: tcp.payloadLength(bytes, transportAt, wireEnd),
  }).toEqual({ kind: TCP, path: expected, ports: [50_000, 443], payload: 9 })
})

describe('frames in frames', () => {
  const nested = (frame: Uint8Array, type: number, header: Uint8Array, times: number): Uint8Array =>
    ethernet(type, octets(...new Array<Uint8Array>(times - 1).fill(header), frame))
  const bridged = ethernet(0x6558, new Uint8Array())
  const authenticated = octets([0, 0, 0, 0, 0, 1, 0x88, 0xe5])

  test('are read', () => {
    const { kind, place } = inside(nested(framed(packet), 0x6558, bridged, 3))
    expect([kind, place.sourceHardwareAt]).toEqual([TCP, 3 * 14 + 6])
  })

  test.each([
    ['frames', 0x6558, bridged],
    ['tags of MACsec', 0x88e5, authenticated],
  ])('are too many in a capture that consists of %s', (_name, type, header) => {
    const most = Math.floor(65_000 / header.length)
    expect(inside(nested(framed(packet), type, header, most)).kind).toBe(MALFORMED_LINK)
    // ... also where nothing says that frames follow, and they have to be found out.
    const labels = octets([0, 0, 0x11, 64], nested(framed(packet), type, header, most))
    expect(inside(ethernet(0x8847, labels)).kind).toBe(unreadIn(kinds.MPLS))
  })
})

describe('hardware addresses', () => {
  test("of a frame inside are its own, not the tunnel's", () => {
    const { place } = inside(vxlan(1, framed(packet)))
    expect(place.frame[place.sourceHardwareAt + 4]).toBe(9)
    expect(place.sourceHardwareAt).toBe(place.destinationHardwareAt + 6)
  })

  test('are unknown where the tunnel carries IP alone', () => {
    expect(inside(inIp(4, packet)).place).toMatchObject({ sourceHardwareAt: -1, destinationHardwareAt: -1 })
  })

  test.each([
    ['to the network', 1, [10, 16]],
    ['from the network', 2, [16, 4]],
    ['between stations', 0, [10, 4]],
  ])('of 802.11 %s', (_name, direction, expected) => {
    const frame = octets([8, direction], new Uint8Array(22), [0xaa, 0xaa, 3, 0, 0, 0, 8, 0], packet)
    const { place } = inside(frame, 105)
    expect([place.sourceHardwareAt, place.destinationHardwareAt]).toEqual(expected)
  })
})

describe('what is not read is counted by its reason', () => {
  const arp = ethernet(0x0806, new Uint8Array(28))
  test.each<[string, Uint8Array, number, number?]>([
    ['ARP in VXLAN', vxlan(1, arp), unreadIn(kinds.VXLAN)],
    ['ARP in GENEVE', geneve(1, 0x6558, [], arp), unreadIn(kinds.GENEVE)],
    ['a keepalive of GRE', gre(0, 0, [], new Uint8Array(0)), unreadIn(kinds.GRE)],
    [
      'link control in PPTP',
      gre(0x2001, 0x880b, [0, 4, 0, 1], octets([0xc0, 0x21, 1, 1])),
      unreadIn(kinds.PPTP),
    ],
    [
      'an acknowledgment of PPTP',
      gre(0x2081, 0x880b, [0, 0, 0, 1, 0, 0, 0, 1], octets([])),
      unreadIn(kinds.PPTP),
    ],
    [
      'an ERSPAN version of the future',
      gre(0x1000, 0x22eb, [0, 0, 0, 1], new Uint8Array(60).fill(0x70)),
      unreadIn(kinds.ERSPAN),
    ],
    ['a frame in GTP that is none', gtp(1, new Uint8Array(40)), unreadIn(kinds.GTP)],
    ['ESP', inIp(50, new Uint8Array(40)), ENCRYPTED],
    ['DTLS in CAPWAP', inUdp(5247, octets([1, 0, 0, 0], new Uint8Array(40))), ENCRYPTED],
    [
      'a fragment in CAPWAP',
      inUdp(5247, octets([0, 0x10, 0x40, 0x80, 0, 1, 0, 0], new Uint8Array(40))),
      LINK_FRAGMENT,
    ],
    ['protected 802.11', octets([8, 0x41], new Uint8Array(60)), ENCRYPTED, 105],
    ['a fragment of 802.11', octets([8, 5], new Uint8Array(60)), LINK_FRAGMENT, 105],
    [
      'an aggregate of two',
      octets([0x88, 1], new Uint8Array(22), [0x80, 0], new Uint8Array(90)),
      AGGREGATE,
      105,
    ],
    ['encrypted MACsec', ethernet(0x88e5, octets([0x0c, 0, 0, 0, 0, 1, 8, 0], packet)), ENCRYPTED],
    ['a GRE header that says more than there is', inIp(47, octets([0x20, 0, 8, 0])), MALFORMED_TUNNEL],
    ['GRE routes without an end', gre(0x4000, 0x800, [0, 0, 0, 0, 0, 0, 0, 9], octets([])), MALFORMED_TUNNEL],
    [
      'GTP extension headers without a length',
      gtp(1, octets([0, 0, 0, 0x85, 0, 0, 0, 0]), OUTER, { flags: 0x34 }),
      MALFORMED_TUNNEL,
    ],
  ])('%s', (_name, frame, code, linkType) => {
    expect(inside(frame, linkType).kind).toBe(code)
  })

  test('a tunnel header that the snap length cut', () => {
    expect(inside(gre(0x2000, 0x800, [0, 0, 0, 1], packet), 1, 14 + 20 + 6).kind).toBe(TRUNCATED_TUNNEL)
  })
})

describe('no tunnel, but UDP', () => {
  test.each<[string, Uint8Array]>([
    ['VXLAN without its bit', inUdp(4789, octets([0, 0, 0, 0, 0, 0, 1, 0], framed(packet)))],
    [
      'VXLAN on a port of its own, with a wrong checksum inside',
      vxlan(1, edited(framed(packet), 24), OUTER, 7777),
    ],
    ['VXLAN on a port of its own, with ARP', vxlan(1, ethernet(0x0806, new Uint8Array(28)), OUTER, 7777)],
    ['control messages of L2TP', inUdp(1701, octets([0xc8, 2, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0]))],
    ['an echo of GTP', inUdp(2152, octets([0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]))],
    [
      'GTP on a port of its own, with another length',
      gtp(1, octets(packet, [0]), OUTER, { port: 7777 }).slice(0, -1),
    ],
    ['control messages of GENEVE', edited(geneve(1, 0x800, [], packet), 14 + 20 + 8 + 1, 0x80)],
    ['a keep-alive of CAPWAP', inUdp(5247, octets([0, 0x10, 0x40, 8, 0, 0, 0, 0]))],
    ['an indication of TZSP', inUdp(37_008, octets([1, 4, 0, 1, 1]))],
    ['text', inUdp(7777, octets([...Buffer.from('hello')]))],
    ['nothing', inUdp(4789, octets([]))],
  ])('%s', (_name, frame) => {
    const { kind, path } = inside(frame)
    expect({ kind, path }).toEqual({ kind: UDP, path: [] })
  })
})

function edited(frame: Uint8Array, at: number, value = frame[at]! ^ 0xff): Uint8Array {
  frame[at] = value
  return frame
}

test('as many tunnels as the limit are read, and no more', () => {
  const nested = (depth: number): Uint8Array =>
    Array.from({ length: depth }).reduce<Uint8Array>((frame) => inIp(4, frame.subarray(14)), framed(packet))
  expect(inside(nested(TUNNELS_MAX))).toMatchObject({ kind: TCP, place: { depth: TUNNELS_MAX } })
  expect(inside(nested(TUNNELS_MAX + 1)).kind).toBe(TOO_DEEP)
})

test('a fragment inside is told as such, with its path', () => {
  const [first] = tcpFragments({ ...TUPLE, link: 'raw', payload: new Uint8Array(60) }, 24, 7)
  expect(inside(inIp(4, first!))).toMatchObject({ kind: FRAGMENT, path: ['ipip 192.0.2.1 192.0.2.2'] })
})

test('the ends of a tunnel are one pair in both directions, and ports are no part of it', () => {
  const place = new Place()
  const back = { source: OUTER.destination, destination: OUTER.source }
  const path = (frame: Uint8Array): number => {
    enterTunnels(locate(frame, 0, frame.length, frame.length, 1, place), place)
    return place.path
  }
  const there = path(vxlan(1, framed(packet)))
  expect(path(vxlan(1, framed(packet), back))).toBe(there)
  expect(path(inUdp(4789, octets([8, 0, 0, 0, 0, 0, 1, 0], framed(packet)), OUTER, 12_345))).toBe(there)
  expect(path(vxlan(2, framed(packet)))).not.toBe(there)
  expect(path(vxlan(1, framed(packet), { ...OUTER, source: '192.0.2.9' }))).not.toBe(there)
  expect(path(framed(packet))).toBe(0)
})

const absent = ['tshark'].filter(missing)
describe.skipIf(absent.length > 0)(
  `tshark reads the same (missing: ${absent.join(', ') || 'nothing'})`,
  () => {
    test('in every tunnel that it looks into by itself', { timeout: 60_000 }, () => {
      const shown = WRAPPED.filter(({ toTshark }) => toTshark !== false)
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
      const linkTypes = [...new Set(shown.map(({ linkType = 1 }) => linkType))]
      const unread = linkTypes.flatMap((linkType) => {
        const of = shown.filter((one) => (one.linkType ?? 1) === linkType)
        const file = join(folder, `${linkType}.pcap`)
        writeFileSync(
          file,
          pcapOf(
            linkType,
            of.map(({ frame }) => frame),
          ),
        )
        const arguments_ = [
          '-n',
          '-r',
          file,
          '-T',
          'fields',
          '-E',
          'occurrence=l',
          '-e',
          'tcp.srcport',
          '-e',
          'tcp.len',
        ]
        const text = execFileSync('tshark', arguments_, {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        })
        const lines = text.trimEnd().split('\n')
        return of.filter((_, i) => lines[i] !== '50000\t9').map(({ name }) => name)
      })
      rmSync(folder, { recursive: true })
      expect(unread).toEqual([])
    })
  },
)
