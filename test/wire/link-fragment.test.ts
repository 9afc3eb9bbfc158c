import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Fragments, LINK_TIMEOUT } from '../../src/connections/fragments.ts'
import { tcpFrame, tcpFragments } from '../scenario/frame-writer.ts'
import { missing } from '../tools.ts'
import { aggregate, pieces, segmentsOf } from './radio.ts'
import { framed, inUdp, octets, OUTER, pcapOf, TUPLE } from './wrap.ts'

const DOT11 = 105
const ETHERNET = 1
const SIZE = 32
const packet = (sourcePort: number, length = 70): Uint8Array =>
  tcpFrame({ ...TUPLE, sourcePort, link: 'raw', payload: new Uint8Array(length).fill(65) })

const FRAGMENT = 0x80
const LAST = 0x40
/** A frame in CAPWAP, in pieces of 32 octets. */
function capwap(frame: Uint8Array, id: number, binding: number, port = 49_999): Uint8Array[] {
  const count = Math.ceil(frame.length / SIZE)
  return Array.from({ length: count }, (_, i) => {
    const flags = FRAGMENT | (i + 1 === count ? LAST : 0)
    const header = [0, 0x10, binding, flags, id >> 8, id & 255, (i * SIZE) >> 8, (i * SIZE) & 255]
    return inUdp(5247, octets(header, frame.subarray(i * SIZE, (i + 1) * SIZE)), OUTER, port)
  })
}
const AS_802_3 = 0x40
const AS_802_11 = 0x43
/** As Cisco's access points send it. */
const swapped = (frame: Uint8Array): Uint8Array => octets([frame[1]!, frame[0]!], frame.subarray(2))
const whole = (port: number): Uint8Array => pieces(packet(port), 0, 1_000)[0]!

describe('802.11', () => {
  test('the last piece makes the packet whole', () => {
    const frames = pieces(packet(1), 7, SIZE)
    expect(frames).toHaveLength(4)
    expect(segmentsOf(frames, DOT11)).toEqual(['4 1 70'])
  })

  test('packets of two sequence numbers do not mix; a piece that comes again is passed over', () => {
    const [a, b] = [pieces(packet(1), 7, SIZE), pieces(packet(2), 8, SIZE)]
    const fragments = new Fragments()
    const mixed = [a[0]!, b[0]!, a[1]!, a[1]!, b[1]!, a[2]!, b[2]!, b[3]!, a[3]!]
    expect(segmentsOf(mixed, DOT11, fragments)).toEqual(['8 2 70', '9 1 70'])
    expect(fragments.counters).toMatchObject({ fragments: 9, reassembled: 2, duplicates: 1 })
  })

  test('with a piece missed there is no packet, and the next one is none of its', () => {
    const frames = pieces(packet(1), 7, SIZE)
    const fragments = new Fragments()
    const again = pieces(packet(2), 7, SIZE)
    expect(segmentsOf([frames[0]!, frames[2]!, frames[3]!], DOT11, fragments)).toEqual([])
    expect(fragments.counters).toMatchObject({ fragments: 3, reassembled: 0, dropped: 1 })
    expect(segmentsOf(again, DOT11, fragments, LINK_TIMEOUT + 1)).toEqual([])
    expect(segmentsOf(again, DOT11, new Fragments(), LINK_TIMEOUT / 4)).toEqual(['4 2 70'])
  })
})

describe('CAPWAP', () => {
  test.each([
    ['a frame of 802.3', framed(packet(1)), AS_802_3],
    ['a frame of 802.11', whole(1), AS_802_11],
    ["a frame of 802.11 in Cisco's order", swapped(whole(1)), AS_802_11],
  ])('%s, in any order', (_name, frame, binding) => {
    const frames = capwap(frame, 9, binding)
    const inOrder = segmentsOf(frames, ETHERNET)
    expect(inOrder).toEqual([`${frames.length} 1 70`])
    expect(segmentsOf(frames.toReversed(), ETHERNET)).toEqual(inOrder)
  })

  test('two access points behind one address are two', () => {
    const [a, b] = [
      capwap(framed(packet(1)), 9, AS_802_3, 1_000),
      capwap(framed(packet(2)), 9, AS_802_3, 1_001),
    ]
    const frames = a.flatMap((frame, i) => [frame, b[i]!])
    expect(segmentsOf(frames, ETHERNET)).toEqual([`${2 * a.length - 1} 1 70`, `${2 * a.length} 2 70`])
  })

  test('a datagram in pieces, each of them a frame in pieces', () => {
    const inner = tcpFragments({ ...TUPLE, payload: new Uint8Array(70) }, 48, 7)
    const frames = inner.flatMap((frame, i) => capwap(frame, i, AS_802_3))
    expect(segmentsOf(frames, ETHERNET)).toEqual([`${frames.length} 50000 70`])
  })
})

const absent = ['tshark'].filter(missing)
describe.skipIf(absent.length > 0)(`tshark (missing: ${absent.join(', ') || 'nothing'})`, () => {
  test.each<[string, number, Uint8Array[]]>([
    ['fragments of 802.11', DOT11, [...pieces(packet(1), 7, SIZE), ...pieces(packet(2), 8, 40)]],
    ['aggregates', DOT11, [aggregate([packet(1), packet(2, 3), packet(3, 0)]), aggregate([packet(4)])]],
    ['fragments of CAPWAP', ETHERNET, [...capwap(swapped(whole(1)), 9, AS_802_11)]],
  ])('reads the same segments: %s', { timeout: 60_000 }, (_name, linkType, frames) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
    const file = join(folder, 'made.pcap')
    writeFileSync(file, pcapOf(linkType, frames))
    const fields = ['frame.number', 'tcp.srcport', 'tcp.len'].flatMap((field) => ['-e', field])
    const text = execFileSync('tshark', ['-n', '-r', file, '-Y', 'tcp', '-T', 'fields', ...fields], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    rmSync(folder, { recursive: true })
    const theirs = text
      .trimEnd()
      .split('\n')
      .flatMap((line) => {
        const [number, ports = '', lengths = ''] = line.split('\t')
        return ports.split(',').map((port, i) => `${number} ${port} ${lengths.split(',')[i]}`)
      })
    expect(theirs).toEqual(segmentsOf(frames, linkType))
  })
})
