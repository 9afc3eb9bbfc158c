/**
 * Which quotations in ICMP errors are read, and how far; the rows marked T are where tshark 4.0.17 numbers a
 * stream.
 */
import { describe, expect, test } from 'vitest'
import { BROKEN_TCP, locate, Place, TCP, TCP_PORTS, UDP } from '../../src/wire/frame.ts'
import { quotedPacket } from '../../src/wire/quoted.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { icmpFrame, ipFrame, tcpFrame, udpFrame } from '../scenario/frame-writer.ts'

const four = {
  link: 'raw' as const,
  source: '10.0.0.1',
  destination: '10.0.0.2',
  sourcePort: 50_000,
  destinationPort: 443,
  sequence: 0xdeadbeef,
  options: { timestamps: [1, 2] as const },
  payload: new Uint8Array(60),
}
const six = { ...four, source: '2001:db8::1', destination: '2001:db8::2' }
const router = { source: '10.9.0.1', destination: '10.0.0.1' }
const router6 = { source: '2001:db8::9', destination: '2001:db8::1' }

function quotedIn(frame: Uint8Array, cut = frame.length) {
  const place = new Place()
  const inner = new Place()
  locate(frame, 0, cut, frame.length, 1, place)
  const kind = quotedPacket(place, inner)
  return {
    kind,
    inner,
    ports:
      kind > 0
        ? [
            tcp.sourcePort(inner.bytes, inner.transportAt),
            tcp.destinationPort(inner.bytes, inner.transportAt),
          ]
        : [],
  }
}
const by4 = (type: number, payload: Uint8Array) =>
  quotedIn(icmpFrame({ ...router, type, code: 1, payload })).kind
const by6 = (type: number, payload: Uint8Array) => quotedIn(icmpFrame({ ...router6, type, payload })).kind
const segment4 = tcpFrame(four)
const segment6 = tcpFrame(six)

test('the inner place describes the quoted packet', () => {
  const { kind, inner, ports } = quotedIn(
    icmpFrame({ ...router, vlans: [9], type: 3, code: 3, payload: segment4 }),
  )
  expect({ kind, ports }).toEqual({ kind: TCP, ports: [50_000, 443] })
  expect({ ...inner, bytes: 0, frame: 0 }).toMatchObject({
    sourceHardwareAt: -1,
    destinationHardwareAt: -1,
    tag: 9,
    version: 4,
    networkAt: 46,
    transportAt: 66,
    end: 158,
    wireEnd: 158,
  })
  expect(tcp.sequence(inner.bytes, inner.transportAt)).toBe(0xdeadbeef)
})

describe('types', () => {
  test('of ICMP: errors quote, redirects and queries do not (T)', () => {
    const types = [0, 3, 4, 5, 8, 9, 11, 12, 13, 40]
    expect(types.filter((type) => by4(type, segment4) !== 0)).toEqual([3, 4, 11, 12])
  })

  test('of ICMPv6: the four errors (T)', () => {
    const types = [0, 1, 2, 3, 4, 5, 100, 127, 128, 137]
    expect(types.filter((type) => by6(type, segment6) !== 0)).toEqual([1, 2, 3, 4])
  })
})

describe('length', () => {
  test.each([
    [0, 0],
    [19, 0],
    [20, 0],
    [23, 0],
    [24, TCP_PORTS],
    [28, TCP_PORTS],
    [35, TCP_PORTS],
    [36, TCP],
    [40, TCP],
    [52, TCP],
    [112, TCP],
  ])('%d octets quoted by ICMP: kind %d (T from 36 on)', (length, kind) => {
    expect(by4(3, segment4.subarray(0, length))).toBe(kind)
  })

  test.each([
    [0, 0],
    [39, 0],
    [43, 0],
    [44, TCP_PORTS],
    [55, TCP_PORTS],
    [56, TCP],
    [132, TCP],
  ])('%d octets quoted by ICMPv6: kind %d (T from 56 on)', (length, kind) => {
    expect(by6(1, segment6.subarray(0, length))).toBe(kind)
  })

  test('a quotation cut by the snap length counts as far as it goes (T)', () => {
    const frame = icmpFrame({ ...router, type: 3, payload: segment4 })
    expect([42, 65, 66, 70, 77, 78, 90].map((cut) => quotedIn(frame, cut).kind)).toEqual([
      0,
      0,
      TCP_PORTS,
      TCP_PORTS,
      TCP_PORTS,
      TCP,
      TCP,
    ])
  })
})

describe('content', () => {
  const edited = (edit: (ip: Uint8Array) => void) => {
    const ip = segment4.slice()
    edit(ip)
    return ip
  }

  test('other protocols', () => {
    expect(by4(3, udpFrame({ ...four, payload: new Uint8Array(4) }))).toBe(UDP)
    expect(by4(3, ipFrame(four, 47, new Uint8Array(20)))).toBe(0)
  })

  test('headers that contradict themselves (T)', () => {
    expect(
      by4(
        3,
        edited((ip) => (ip[32] = 0x30)),
      ),
    ).toBe(BROKEN_TCP)
    expect(
      by4(
        3,
        edited((ip) => ip.set([0, 0], 2)),
      ),
    ).toBe(TCP)
    expect(
      by4(
        3,
        edited((ip) => ip.set([0, 21], 2)),
      ),
    ).toBe(0)
    expect(
      by4(
        3,
        edited((ip) => (ip[0] = 0x44)),
      ),
    ).toBe(0)
  })

  test('IPv6 quoted by ICMP is read, IPv4 quoted by ICMPv6 is not (T)', () => {
    expect(by4(3, segment6)).toBe(TCP)
    expect(by6(1, segment4)).toBe(0)
  })

  test('fragments: a first one that is quoted in part has its header (T)', () => {
    const first = tcpFrame({ ...four, fragment: { offset: 0, more: true } })
    const later = tcpFrame({ ...four, fragment: { offset: 80, more: true } })
    expect([
      by4(3, first.subarray(0, 44)),
      by4(3, first.subarray(0, 28)),
      by4(3, first),
      by4(3, later),
      by4(3, later.subarray(0, 28)),
    ]).toEqual([TCP, TCP_PORTS, 0, 0, 0])
  })

  test('what is no ICMP quotes nothing', () => {
    // type 3, or of ICMPv6, code 1
    const disguised = { ...four, link: 'ethernet' as const, sourcePort: 0x0301 }
    expect(quotedIn(tcpFrame({ ...disguised, payload: segment4 })).kind).toBe(0)
    expect(
      quotedIn(
        tcpFrame({ ...disguised, sourcePort: 0x0100, options: {}, sequence: 0x60000000, payload: segment6 }),
      ).kind,
    ).toBe(0)
  })
})
