import { describe, expect, test } from 'vitest'
import {
  BROKEN_TCP,
  FRAGMENT,
  ICMP,
  ICMPV6,
  locate,
  MALFORMED_LINK,
  NOT_IP,
  OTHER_TRANSPORT,
  Place,
  reasonClass,
  REASONS,
  TCP,
  TRUNCATED_LINK,
  TRUNCATED_NETWORK,
  TUNNEL,
  UDP,
  UNKNOWN_LINK_TYPE,
} from '../../src/wire/frame.ts'
import { TAGS_MAX } from '../../src/wire/tags.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { icmpFrame, ipFrame, LINK_TYPE, tcpFrame, udpFrame } from '../scenario/frame-writer.ts'
import type { Link, LinkOptions } from '../scenario/frame-writer.ts'

const AT = 5
const ETHERNET = 1
const four = { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 50_000, destinationPort: 443 }
const six = { ...four, source: '2001:db8::1', destination: '2001:db8::2' }
const octets = (...parts: (readonly number[] | Uint8Array)[]) =>
  new Uint8Array(parts.flatMap((part) => [...part]))
const MACS = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]
const ip4 = tcpFrame({ ...four, link: 'raw' })
const ip6 = tcpFrame({ ...six, link: 'raw' })

/** The frame where batches have theirs: between other octets. */
function located(
  frame: Uint8Array,
  linkType = ETHERNET,
  wireLength = frame.length,
): { kind: number; place: Place } {
  const bytes = new Uint8Array(AT + frame.length + 30).fill(0x45)
  bytes.set(frame, AT)
  const place = new Place()
  return { kind: locate(bytes, AT, AT + frame.length, wireLength, linkType, place), place }
}

/** What a segment of ours must look like from wherever it was found. */
function segmentOf(frame: Uint8Array, linkType?: number) {
  const { kind, place } = located(frame, linkType)
  const { bytes, transportAt } = place
  return {
    kind,
    version: place.version,
    from: tcp.sourcePort(bytes, transportAt),
    to: tcp.destinationPort(bytes, transportAt),
  }
}
const segment = (version: number) => ({ kind: TCP, version, from: 50_000, to: 443 })

test('Ethernet, IPv4, TCP: every field of the place', () => {
  const frame = tcpFrame({
    ...four,
    hopLimit: 57,
    identification: 0xbeef,
    payload: new Uint8Array(10),
    padTo: 90,
  })
  const { kind, place } = located(frame)
  const { bytes, frame: own, paths, ...rest } = place
  expect(kind).toBe(TCP)
  expect(own).toBe(bytes)
  expect(paths.isUsed).toBe(false)
  expect(rest).toEqual({
    destinationHardwareAt: AT,
    sourceHardwareAt: AT + 6,
    tag: 0,
    path: 0,
    depth: 0,
    networkAt: AT + 14,
    version: 4,
    protocol: 6,
    hopLimit: 57,
    identification: 0xbeef,
    fragmentOffset: 0,
    moreFragments: 0,
    fragmentIdentification: 0,
    whole: 0,
    ownerAt: 0,
    ownerLength: 0,
    partsAt: 0,
    transportAt: AT + 34,
    end: AT + 64,
    wireEnd: AT + 64,
  })
})

test('Ethernet, IPv6, TCP: every field of the place', () => {
  const { kind, place } = located(tcpFrame({ ...six, hopLimit: 3, payload: new Uint8Array(10) }))
  const { bytes: _bytes, frame: _frame, paths: _paths, ...rest } = place
  expect(kind).toBe(TCP)
  expect(rest).toEqual({
    destinationHardwareAt: AT,
    sourceHardwareAt: AT + 6,
    tag: 0,
    path: 0,
    depth: 0,
    networkAt: AT + 14,
    version: 6,
    protocol: 6,
    hopLimit: 3,
    identification: 0,
    fragmentOffset: 0,
    moreFragments: 0,
    fragmentIdentification: 0,
    whole: 0,
    ownerAt: 0,
    ownerLength: 0,
    partsAt: 0,
    transportAt: AT + 54,
    end: AT + 84,
    wireEnd: AT + 84,
  })
})

test('a place is overwritten whole: nothing of a fragment or a tagged frame stays', () => {
  const place = new Place()
  const run = (frame: Uint8Array) => locate(frame, 0, frame.length, frame.length, ETHERNET, place)
  expect(run(tcpFrame({ ...six, vlans: [7], fragment: { offset: 80, more: true, identification: 9 } }))).toBe(
    FRAGMENT,
  )
  expect([place.tag, place.fragmentOffset, place.moreFragments, place.fragmentIdentification]).toEqual([
    7, 80, 1, 9,
  ])
  expect(run(tcpFrame({ ...four, identification: 5 }))).toBe(TCP)
  expect([place.tag, place.fragmentOffset, place.moreFragments, place.identification]).toEqual([0, 0, 0, 5])
  expect(run(tcpFrame(six))).toBe(TCP)
  expect(place.identification).toBe(0)
})

describe('link types', () => {
  const links: Link[] = ['ethernet', 'sll', 'sll2', 'null', 'loop', 'ppp', 'ppp-hdlc', 'chdlc', 'raw']
  test.each(links)('%s carries both versions', (link) => {
    expect(segmentOf(tcpFrame({ ...four, link }), LINK_TYPE[link])).toEqual(segment(4))
    expect(segmentOf(tcpFrame({ ...six, link }), LINK_TYPE[link])).toEqual(segment(6))
  })

  test.each([
    ['raw, as live systems call it', 12, ip4, 4],
    ['raw, as OpenBSD calls it', 14, ip6, 6],
    ['raw IPv4', 228, ip4, 4],
    ['raw IPv6', 229, ip6, 6],
    ['PPPoE without Ethernet', 51, octets([0x11, 0, 0, 1, 0, 42, 0, 0x21], ip4), 4],
    ['BSD loopback, big-endian host', 0, octets([0, 0, 0, 2], ip4), 4],
    ['BSD loopback, IPv6 of Linux', 0, octets([10, 0, 0, 0], ip6), 6],
    ['BSD loopback, IPv6 of NetBSD', 0, octets([24, 0, 0, 0], ip6), 6],
    ['BSD loopback, IPv6 of FreeBSD', 0, octets([28, 0, 0, 0], ip6), 6],
    ['PPP with framing, although the link type has none', 9, octets([0xff, 3, 0, 0x21], ip4), 4],
    ['PPP without framing, although the link type has it', 50, octets([0, 0x57], ip6), 6],
    ['PPP, protocol compressed', 9, octets([0x21], ip4), 4],
    ['PPP, framing and protocol compressed', 50, octets([0xff, 3, 0x57], ip6), 6],
    ['Cisco HDLC in a PPP capture', 50, octets([0x0f, 0, 8, 0], ip4), 4],
    ['Cisco HDLC, multicast', 104, octets([0x8f, 0, 0x86, 0xdd], ip6), 6],
    ['PPP with MPLS', 9, octets([0x02, 0x81, 0, 1, 1, 64], ip4), 4],
    ['SLL with a VLAN tag', 113, octets(new Uint8Array(14), [0x81, 0, 0, 5, 8, 0], ip4), 4],
    ['SLL with LLC', 113, octets(new Uint8Array(14), [0, 4, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], ip4), 4],
    [
      'SLL2 with PPPoE',
      276,
      octets([0x88, 0x64], new Uint8Array(18), [0x11, 0, 0, 1, 0, 42, 0, 0x21], ip4),
      4,
    ],
  ])('%s', (_name, linkType, frame, version) => {
    expect(segmentOf(frame, linkType)).toEqual(segment(version))
  })

  test('hardware addresses, where the link has them', () => {
    const at = (link: Link) => {
      const { place } = located(tcpFrame({ ...four, link }), LINK_TYPE[link])
      return [place.sourceHardwareAt, place.destinationHardwareAt]
    }
    expect(links.map(at)).toEqual([
      [AT + 6, AT],
      [AT + 6, -1],
      [AT + 12, -1],
      [-1, -1],
      [-1, -1],
      [-1, -1],
      [-1, -1],
      [-1, -1],
      [-1, -1],
    ])
    const loopback = tcpFrame({ ...four, link: 'sll' })
    loopback[5] = 0 // no address
    expect(located(loopback, 113).place.sourceHardwareAt).toBe(-1)
  })

  test('unknown ones, and families and protocols that are not IP', () => {
    expect(located(ip4, 107).kind).toBe(UNKNOWN_LINK_TYPE)
    expect(located(octets([7, 0, 0, 0], ip4), 0).kind).toBe(NOT_IP)
    expect(located(octets([0xc0, 0x21, 1, 1, 0, 4]), 9).kind).toBe(NOT_IP)
    expect(located(octets([0x0f, 0, 0x80, 0x35, 0, 0]), 104).kind).toBe(NOT_IP)
    expect(located(octets(new Uint8Array(14), [0, 1], ip4), 113).kind).toBe(NOT_IP)
  })
})

describe('Ethernet', () => {
  const tagged = (options: LinkOptions, of: typeof four = four) => {
    const { kind, place } = located(tcpFrame({ ...of, ...options }))
    return { kind, tag: place.tag }
  }

  test('VLAN tags are stepped over, and told', () => {
    expect(tagged({ vlans: [5] })).toEqual({ kind: TCP, tag: 5 })
    expect(tagged({ vlans: [0xe005] })).toEqual({ kind: TCP, tag: 5 }) // priority 7
    expect(tagged({ vlans: [0] })).toEqual({ kind: TCP, tag: 0 })
    expect(tagged({ vlans: [0, 5] })).toEqual({ kind: TCP, tag: 5 })
    const stacked = [
      [5, 6],
      [6, 5],
      [5, 6, 6],
      [[0x88a8, 7], 6],
      [[0x9100, 8], 6],
    ] as const
    const tags = stacked.map((vlans) => tagged({ vlans: [...vlans] }, six))
    expect(tags.map(({ kind }) => kind)).toEqual([TCP, TCP, TCP, TCP, TCP])
    expect(new Set(tags.map(({ tag }) => tag)).size).toBe(5)
    expect(tags.map(({ tag }) => tag)).not.toContain(0)
  })

  test('a label is not the VLAN of the same number', () => {
    const labelled = tagged({ mpls: [5] })
    expect(labelled.kind).toBe(TCP)
    expect([0, 5]).not.toContain(labelled.tag)
  })

  test.each<[name: string, frame: Uint8Array, version: number]>([
    ['802.3 with SNAP', octets(MACS, [0, ip4.length + 8, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], ip4), 4],
    ['802.3 with LLC alone', octets(MACS, [0, ip4.length + 3, 6, 6, 3], ip4), 4],
    [
      '802.1Q, then 802.3 with SNAP',
      octets(MACS, [0x81, 0, 0, 5, 0, 68, 0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd], ip6),
      6,
    ],
    ['VN-Tag', octets(MACS, [0x89, 0x26, 0, 1, 0, 2, 8, 0], ip4), 4],
    ['VN-Tag and VLAN', octets(MACS, [0x89, 0x26, 0, 1, 0, 2, 0x81, 0, 0, 5, 8, 0], ip4), 4],
    ['MPLS', tcpFrame({ ...four, mpls: [16, 17, 18] }), 4],
    ['MPLS, 16 labels', tcpFrame({ ...six, mpls: Array.from({ length: 16 }, (_, i) => i + 16) }), 6],
    ['MPLS upstream-assigned', octets(MACS, [0x88, 0x48, 0, 1, 1, 64], ip4), 4],
    ['PPPoE', tcpFrame({ ...four, pppoe: 1 }), 4],
    ['PPPoE with padding', tcpFrame({ ...six, pppoe: 1, padTo: 200 }), 6],
    ['QinQ, PPPoE, MPLS', tcpFrame({ ...four, vlans: [[0x88a8, 1], 2], pppoe: 1, mpls: [3] }), 4],
    ['EtherType IPv4 before IPv6, as Wireshark reads it', octets(MACS, [8, 0], ip6), 6],
  ])('%s', (_name, frame, version) => {
    expect(segmentOf(frame)).toEqual(segment(version))
  })

  test.each([
    ['ARP', octets(MACS, [8, 6], new Uint8Array(28)), NOT_IP],
    ['spanning tree', octets(MACS, [0, 38, 0x42, 0x42, 3], new Uint8Array(35)), NOT_IP],
    ['SNAP with a length for a type', octets(MACS, [0, 38, 0xaa, 0xaa, 3, 0, 0, 0, 0, 38], ip4), NOT_IP],
    ['PPPoE discovery', octets(MACS, [0x88, 0x63, 0x11, 9, 0, 0, 0, 0], new Uint8Array(20)), NOT_IP],
    [
      'an Ethernet pseudo-wire over MPLS',
      octets(MACS, [0x88, 0x47, 0, 1, 1, 64, 0, 0, 0, 0], MACS, [8, 0], ip4),
      TCP,
    ],
    ['Ethernet in something', octets(MACS, [0x65, 0x58], MACS, [8, 0], ip4), TCP],
    [
      'too many tags',
      tcpFrame({ ...four, vlans: Array.from({ length: TAGS_MAX + 1 }, () => 1) }),
      MALFORMED_LINK,
    ],
    ['too many labels', tcpFrame({ ...four, mpls: Array.from({ length: 17 }, () => 16) }), MALFORMED_LINK],
  ])('%s', (_name, frame, code) => {
    expect(located(frame).kind).toBe(code)
  })

  test('as many tags as the limit are read', () => {
    expect(tagged({ vlans: Array.from({ length: TAGS_MAX }, () => 1) }).kind).toBe(TCP)
  })
})

test('the other kinds', () => {
  const kindOf = (frame: Uint8Array) => {
    const { kind, place } = located(frame)
    return [kind, place.protocol]
  }
  expect(kindOf(udpFrame(four))).toEqual([UDP, 17])
  expect(kindOf(icmpFrame({ ...four, type: 8 }))).toEqual([ICMP, 1])
  expect(kindOf(icmpFrame({ ...six, type: 128 }))).toEqual([ICMPV6, 58])
  expect(kindOf(ipFrame(four, 132, new Uint8Array(12)))).toEqual([OTHER_TRANSPORT, 132])
  expect(kindOf(ipFrame(six, 59, new Uint8Array(0)))).toEqual([OTHER_TRANSPORT, 59])
  expect(
    [4, 41, 47, 50, 94, 97, 115, 137, 143].map((protocol) => kindOf(ipFrame(four, protocol, ip4))),
  ).toEqual([4, 41, 47, 50, 94, 97, 115, 137, 143].map((protocol) => [TUNNEL, protocol]))
  const broken = tcpFrame(four)
  broken[46] = 0x40
  expect(kindOf(broken)).toEqual([BROKEN_TCP, 6])
})

test('a link header that the snap length cut is truncated; one that was never longer is malformed', () => {
  const links: [Link, number, number][] = [
    ['ethernet', 14, 0],
    ['sll', 16, 0],
    ['sll2', 20, 0],
    ['null', 4, 0],
    ['ppp', 2, 0],
    ['ppp-hdlc', 4, 1],
    ['chdlc', 4, 0],
    ['raw', 1, 0],
  ]
  for (const [link, length, from] of links) {
    const frame = tcpFrame({ ...four, link })
    for (let cut = from === 1 ? 2 : 0; cut < length; cut++) {
      const codes = [frame.length, cut].map(
        (wire) => located(frame.slice(0, cut), LINK_TYPE[link], wire).kind,
      )
      expect([link, cut, ...codes]).toEqual([link, cut, TRUNCATED_LINK, MALFORMED_LINK])
    }
    const code = located(frame.slice(0, length), LINK_TYPE[link], frame.length).kind
    expect([link, code]).toEqual([link, TRUNCATED_NETWORK])
  }
  for (const cut of [0, 3]) {
    const tagged = tcpFrame({ ...four, vlans: [5] })
    expect(located(tagged.slice(0, 14 + cut), 1, tagged.length).kind).toBe(TRUNCATED_LINK)
    expect(located(tagged.slice(0, 14 + cut), 1).kind).toBe(MALFORMED_LINK)
    const labelled = tcpFrame({ ...four, mpls: [5] })
    expect(located(labelled.slice(0, 14 + cut), 1, labelled.length).kind).toBe(TRUNCATED_LINK)
    expect(located(labelled.slice(0, 14 + cut), 1).kind).toBe(MALFORMED_LINK)
    const session = tcpFrame({ ...four, pppoe: 5 })
    expect(located(session.slice(0, 14 + cut), 1, session.length).kind).toBe(TRUNCATED_LINK)
    expect(located(session.slice(0, 14 + cut), 1).kind).toBe(MALFORMED_LINK)
  }
})

test('a record that claims less than was captured, or more than anything holds, does no harm', () => {
  const frame = tcpFrame({ ...four, payload: new Uint8Array(10) })
  expect(located(frame, ETHERNET, 20)).toMatchObject({ kind: TCP, place: { end: AT + 64, wireEnd: AT + 64 } })
  frame[16] = frame[17] = 0 // total length 0: up to the frame's end
  expect(located(frame, ETHERNET, 0xffffffff)).toMatchObject({
    kind: TCP,
    place: { end: AT + 64, wireEnd: AT + 262_144 },
  })
})

test('every reason has a name and a class', () => {
  const codes = Array.from({ length: REASONS.length - 1 }, (_, i) => -1 - i)
  expect(new Set(codes.map((code) => REASONS[-code])).size).toBe(codes.length)
  const classes = codes.map(reasonClass)
  const of = (wanted: string) => codes.filter((_, i) => classes[i] === wanted)
  expect(of('truncated')).toEqual([-4, -5, -6, -13])
  expect(of('malformed')).toEqual([-7, -8, -9, -10, -11, -12, -14])
  expect(of('unparsed').length).toBe(codes.length - 11)
})
