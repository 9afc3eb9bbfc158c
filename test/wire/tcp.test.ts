import { expect, test } from 'vitest'
import * as tcp from '../../src/wire/tcp.ts'
import { tcpFrame } from '../scenario/frame-writer.ts'

const OFFSET = 7
const tuple = {
  link: 'raw' as const,
  source: '10.0.0.1',
  destination: '10.0.0.2',
  sourcePort: 49_152,
  destinationPort: 443,
}

/** A TCP header at `OFFSET`, with 0xee around it. */
function header(payload: Uint8Array): { b: Uint8Array; end: number } {
  const segment = tcpFrame({
    ...tuple,
    sequence: 0xfffffff0,
    acknowledgment: 0x80000001,
    flags: tcp.PSH | tcp.ACK | tcp.CWR,
    window: 65_535,
    payload,
  }).subarray(20)
  const b = new Uint8Array(OFFSET + segment.length + 9).fill(0xee)
  b.set(segment, OFFSET)
  return { b, end: OFFSET + segment.length }
}

test('every field', () => {
  const { b, end } = header(new Uint8Array([1, 2, 3]))
  expect({
    sourcePort: tcp.sourcePort(b, OFFSET),
    destinationPort: tcp.destinationPort(b, OFFSET),
    sequence: tcp.sequence(b, OFFSET),
    acknowledgment: tcp.acknowledgment(b, OFFSET),
    flags: tcp.flags(b, OFFSET),
    window: tcp.window(b, OFFSET),
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
    headerSize: 20,
    headerLength: 20,
    payloadLength: 3,
  })
})

test('every cut x every data offset: whole, or 0', () => {
  for (let cut = 0; cut <= 64; cut++) {
    for (let words = 0; words < 16; words++) {
      const b = new Uint8Array(64)
      b[12] = words << 4
      const isSound = words >= 5 && words * 4 <= cut
      expect([cut, words, tcp.headerLength(b, 0, cut)]).toEqual([cut, words, isSound ? words * 4 : 0])
      expect(tcp.payloadLength(b, 0, cut)).toBe(Math.max(0, cut - words * 4))
    }
  }
})

test('sequence numbers compare on the circle', () => {
  expect(tcp.sequenceDistance(0, 0xffffffff)).toBe(1)
  expect(tcp.sequenceDistance(0xffffffff, 0)).toBe(-1)
  expect(tcp.sequenceDistance(0x7fffffff, 0)).toBe(0x7fffffff)
})
