import { expect, test } from 'vitest'
import { visitParts } from '../../src/wire/aggregate.ts'
import { AGGREGATE, locate, MALFORMED_LINK, Place, TCP, TRUNCATED_LINK } from '../../src/wire/frame.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { tcpFrame } from '../scenario/frame-writer.ts'
import { aggregate } from './radio.ts'
import { gre, TUPLE } from './wrap.ts'

const packet = (sourcePort: number, length: number): Uint8Array =>
  tcpFrame({ ...TUPLE, sourcePort, link: 'raw', payload: new Uint8Array(length) })
const PACKETS = [packet(1, 5), packet(2, 0), packet(3, 8)]

function partsOf(frame: Uint8Array, captured = frame.length, wireLength = frame.length) {
  const place = new Place()
  expect(locate(frame, 0, captured, wireLength, 105, place)).toBe(AGGREGATE)
  const parts: unknown[] = []
  visitParts(place, (kind) => {
    const { bytes, transportAt, wireEnd, sourceHardwareAt: from, destinationHardwareAt: to, path } = place
    const segment = {
      port: tcp.sourcePort(bytes, transportAt),
      payload: tcp.payloadLength(bytes, transportAt, wireEnd),
      hardware: [bytes[from + 5], bytes[to + 5]],
      path: place.paths.text(path),
    }
    parts.push(kind === TCP ? segment : kind)
  })
  return parts
}

const segment = (port: number, payload: number, to: number) => ({
  port,
  payload,
  hardware: [1, to],
  path: [],
})

test('each packet is read, with the addresses of its own', () => {
  expect(partsOf(aggregate(PACKETS))).toEqual([segment(1, 5, 16), segment(2, 0, 17), segment(3, 8, 18)])
})

test('what the snap length cut is the last, and what contradicts the frame', () => {
  const frame = aggregate(PACKETS)
  expect(partsOf(frame, frame.length - 60)).toEqual([segment(1, 5, 16), segment(2, 0, 17), TRUNCATED_LINK])
  const broken = frame.slice()
  broken[24 + 2 + 12] = 0xff
  // its own length says that there is no other, so that it is no aggregate of several
  expect(() => partsOf(broken)).toThrow()
  const later = aggregate(PACKETS.toReversed())
  const second = 24 + 2 + ((14 + 8 + PACKETS[2]!.length + 3) & ~3)
  later[second + 12] = 0xff
  expect(partsOf(later)).toEqual([segment(3, 8, 16), MALFORMED_LINK])
})

test('a packet in a tunnel takes its path with it, and no other', () => {
  const inner = gre(0, 0x0800, [], packet(4, 1)).subarray(14)
  const at = { port: 4, payload: 1, path: ['gre 192.0.2.1 192.0.2.2'] }
  expect(partsOf(aggregate([inner, PACKETS[0]!]))).toMatchObject([at, segment(1, 5, 17)])
})
