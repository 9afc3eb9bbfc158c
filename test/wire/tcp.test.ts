import { describe, expect, test } from 'vitest'
import * as tcp from '../../src/wire/tcp.ts'
import { tcpFrame } from '../scenario/frame-writer.ts'
import type { TcpOptions } from '../scenario/frame-writer.ts'

const OFFSET = 7
const tuple = {
  link: 'raw' as const,
  source: '10.0.0.1',
  destination: '10.0.0.2',
  sourcePort: 49_152,
  destinationPort: 443,
}

/** A TCP header at `OFFSET`, with 0xee around it. */
function header(options: TcpOptions = {}, payload = new Uint8Array(0)): { b: Uint8Array; end: number } {
  const segment = tcpFrame({
    ...tuple,
    sequence: 0xfffffff0,
    acknowledgment: 0x80000001,
    flags: tcp.PSH | tcp.ACK | tcp.CWR,
    window: 65_535,
    urgent: 513,
    options,
    payload,
  }).subarray(20)
  const b = new Uint8Array(OFFSET + segment.length + 9).fill(0xee)
  b.set(segment, OFFSET)
  return { b, end: OFFSET + segment.length }
}

test('every field', () => {
  const { b, end } = header({}, new Uint8Array([1, 2, 3]))
  expect({
    sourcePort: tcp.sourcePort(b, OFFSET),
    destinationPort: tcp.destinationPort(b, OFFSET),
    sequence: tcp.sequence(b, OFFSET),
    acknowledgment: tcp.acknowledgment(b, OFFSET),
    flags: tcp.flags(b, OFFSET),
    window: tcp.window(b, OFFSET),
    urgentPointer: tcp.urgentPointer(b, OFFSET),
    headerSize: tcp.headerSize(b, OFFSET),
    headerLength: tcp.headerLength(b, OFFSET, end),
    payloadLength: tcp.payloadLength(b, OFFSET, end),
  }).toEqual({
    sourcePort: 49_152,
    destinationPort: 443,
    sequence: 0xfffffff0,
    acknowledgment: 0x80000001,
    flags: 0x98,
    window: 65_535,
    urgentPointer: 513,
    headerSize: 20,
    headerLength: 20,
    payloadLength: 3,
  })
  const checksum = tcp.checksum(b, OFFSET)
  b[OFFSET + 16]! ^= 0xff
  expect(tcp.checksum(b, OFFSET)).toBe(checksum ^ 0xff00)
})

test('every cut x every data offset: whole, or 0', () => {
  for (let cut = 0; cut <= 64; cut++) {
    for (let words = 0; words < 16; words++) {
      const b = new Uint8Array(64)
      b[12] = words << 4
      const isSound = words >= 5 && words * 4 <= cut
      expect([cut, words, tcp.headerLength(b, 0, cut)]).toEqual([cut, words, isSound ? words * 4 : 0])
      expect([cut, words, tcp.fault(b, 0, cut, cut) === null]).toEqual([cut, words, isSound])
      expect(tcp.payloadLength(b, 0, cut)).toBe(Math.max(0, cut - words * 4))
    }
  }
})

test('a fault says what is wrong and where', () => {
  const { b, end } = header()
  expect(tcp.fault(b, OFFSET, OFFSET + 15, end)).toEqual({
    layer: 'tcp',
    at: OFFSET,
    message: 'header needs 16 octets, 15 are there',
  })
  b[OFFSET + 12] = 0x40
  expect(tcp.fault(b, OFFSET, end, end)).toEqual({
    layer: 'tcp',
    at: OFFSET + 12,
    message: 'data offset 16 is below 20',
  })
  b[OFFSET + 12] = 0x60
  expect(tcp.fault(b, OFFSET, end, end)).toEqual({
    layer: 'tcp',
    at: OFFSET + 12,
    message: "data offset 24 is past the datagram's 20 octets",
  })
})

test('sequence numbers compare on the circle', () => {
  expect(tcp.sequenceDistance(0, 0xffffffff)).toBe(1)
  expect(tcp.sequenceDistance(0xffffffff, 0)).toBe(-1)
  expect(tcp.sequenceDistance(0x7fffffff, 0)).toBe(0x7fffffff)
})

describe('options', () => {
  const all = (b: Uint8Array, end: number) => ({
    mss: tcp.maximumSegmentSize(b, OFFSET, end),
    scale: tcp.windowScale(b, OFFSET, end),
    sackPermitted: tcp.sackPermitted(b, OFFSET, end),
    timestamps: tcp.timestampsAt(b, OFFSET, end) >= 0,
    sack: tcp.sackAt(b, OFFSET, end) >= 0,
  })
  const none = { mss: -1, scale: -1, sackPermitted: false, timestamps: false, sack: false }
  const syn = {
    mss: 1460,
    sackPermitted: true,
    timestamps: [0xfffffffe, 0x80000000] as const,
    windowScale: 7,
  }

  test('of a SYN', () => {
    const { b, end } = header(syn)
    expect(all(b, end)).toEqual({ mss: 1460, scale: 7, sackPermitted: true, timestamps: true, sack: false })
    const option = tcp.timestampsAt(b, OFFSET, end)
    expect([tcp.timestampValue(b, option), tcp.timestampEcho(b, option)]).toEqual([0xfffffffe, 0x80000000])
  })

  test('selective acknowledgments, after padding', () => {
    const { b, end } = header({
      raw: new Uint8Array([1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 9, 0xff, 0, 0, 0, 0xff, 0, 0, 8]),
    })
    const option = tcp.sackAt(b, OFFSET, end)
    expect(tcp.sackBlocks(b, option)).toBe(2)
    expect([0, 1].map((i) => [tcp.sackLeft(b, option, i), tcp.sackRight(b, option, i)])).toEqual([
      [1, 9],
      [0xff000000, 0xff000008],
    ])
  })

  test.each([
    ['end of options hides what follows', [0, 2, 4, 5, 0xb4, 0, 0, 0], {}],
    ['a length of 0 ends the walk', [9, 0, 2, 4, 5, 0xb4, 1, 1], {}],
    ['a length of 1 ends the walk', [9, 1, 2, 4, 5, 0xb4, 1, 1], {}],
    ['a length past the header ends the walk', [9, 9, 2, 4, 5, 0xb4, 1, 1], {}],
    ['a kind in the last octet has no length', [1, 1, 1, 2], {}],
    ['an option too short for its kind counts as none', [2, 3, 5, 1, 3, 2, 1, 1], {}],
    ['an unknown option is stepped over', [254, 4, 0, 0, 2, 4, 5, 0xb4], { mss: 1460 }],
    ['the first of two is taken', [2, 4, 0, 1, 2, 4, 0, 2], { mss: 1 }],
    ['a scale above 14 is 14 (RFC 7323 2.3)', [3, 3, 255, 1], { scale: 14 }],
    ['a scale of 0 is there', [3, 3, 0, 1], { scale: 0 }],
  ])('%s', (_why, octets, found) => {
    const { b, end } = header({ raw: new Uint8Array(octets) })
    expect(all(b, end)).toEqual({ ...none, ...found })
  })

  test('a capture cut inside the options keeps those before the cut', () => {
    const { b, end } = header(syn)
    const found = (cut: number) =>
      Object.values(all(b, OFFSET + cut)).filter((v) => v !== false && v !== -1).length
    expect([16, 20, 23, 24, 25, 26, 35, 36, 37, 38, 39, 40].map(found)).toEqual([
      0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 4,
    ])
    expect(end).toBe(OFFSET + 40)
  })

  test('octets after the header are no options', () => {
    const { b, end } = header({}, new Uint8Array([2, 4, 5, 0xb4]))
    expect(all(b, end)).toEqual(none)
  })
})
