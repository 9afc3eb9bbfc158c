import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DATAGRAMS_MAX,
  FRAGMENT_OCTETS_MAX,
  Fragments,
  IPV4_TIMEOUT,
  IPV6_TIMEOUT,
  PIECES_MAX,
} from '../../src/connections/fragments.ts'
import type { FragmentCounters } from '../../src/connections/fragments.ts'
import { ipv4Text, ipv6Text } from '../../src/bytes/address.ts'
import { SECOND } from '../../src/model/time.ts'
import {
  BROKEN_TCP,
  FRAGMENT,
  locate,
  MALFORMED_TCP,
  OTHER_TRANSPORT,
  Place,
  TCP,
} from '../../src/wire/frame.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { ipFrame, tcpFragments } from '../scenario/frame-writer.ts'
import type { TcpFrame } from '../scenario/frame-writer.ts'

const payload = Uint8Array.from({ length: 60 }, (_, i) => i + 1)
const four: TcpFrame = {
  source: '10.0.0.1',
  destination: '10.0.0.2',
  sourcePort: 50_000,
  destinationPort: 443,
  hopLimit: 9,
  payload,
}
const six: TcpFrame = { ...four, source: '2001:db8::1', destination: '2001:db8::2' }
const both = [
  ['IPv4', four],
  ['IPv6', six],
] as const
const NONE: FragmentCounters = {
  fragments: 0,
  reassembled: 0,
  truncated: 0,
  malformed: 0,
  duplicates: 0,
  overlaps: 0,
  expired: 0,
  evicted: 0,
  dropped: 0,
}
const SIZE = 24 // octets a fragment: 20 of header and 60 of payload make four

/** Offers frames one after the other; tells what came of each, and the last segment's tuple and payload. */
function offered(frames: readonly Uint8Array[], fragments = new Fragments(), times: readonly number[] = []) {
  const place = new Place()
  const kinds = frames.map((frame, i) => {
    const kind = locate(frame, 0, frame.length, frame.length, 1, place)
    return kind === FRAGMENT ? fragments.offer(place, times[i] ?? 0) : kind
  })
  return { kinds, place, counters: fragments.counters, held: fragments.size }
}

function segmentAt(place: Place) {
  const { bytes, transportAt: at, networkAt: ip, end, wireEnd } = place
  const text =
    place.version === 4
      ? ipv4Text(bytes, ip + 12) + ipv4Text(bytes, ip + 16)
      : ipv6Text(bytes, ip + 8) + ipv6Text(bytes, ip + 24)
  return {
    text,
    port: tcp.sourcePort(bytes, at),
    payload: Array.from(bytes.subarray(at + 20, end)),
    isWhole: end === wireEnd,
    hopLimit: place.hopLimit,
  }
}
const segment = (tuple: TcpFrame) => ({
  text: `${tuple.source as string}${tuple.destination as string}`,
  port: 50_000,
  payload: [...payload],
  isWhole: true,
  hopLimit: 9,
})
const cut = (frame: Uint8Array, octets: number) => frame.slice(0, frame.length - octets)
const changed = (frame: Uint8Array) => {
  const copy = frame.slice()
  copy[copy.length - 1]! ^= 0xff
  return copy
}

describe.each(both)('%s', (_name, tuple) => {
  const [a, b, c, d] = tcpFragments(tuple, SIZE, 7) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]

  test('in order: the last one makes the segment', () => {
    const { kinds, place, counters, held } = offered([a, b, c, d])
    expect(kinds).toEqual([0, 0, 0, TCP])
    expect(segmentAt(place)).toEqual(segment(tuple))
    expect({ counters, held }).toEqual({ counters: { ...NONE, fragments: 4, reassembled: 1 }, held: 0 })
    expect([place.fragmentOffset, place.moreFragments]).toEqual([0, 0])
  })

  test('in any order, in any size, with any repeated', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.nat(999), { minLength: 40, maxLength: 40 }),
        (units, choices) => {
          const frames = tcpFragments(tuple, units * 8, 7)
          const drawn = choices.map((choice) => choice % frames.length)
          const order = [...new Set([...drawn, ...frames.keys()])]
          const missing = order.at(-1)!
          const repeated = drawn.filter((i) => i !== missing)
          const { kinds, place } = offered([...repeated, ...order].map((i) => frames[i]!))
          expect(kinds).toEqual([...Array.from({ length: kinds.length - 1 }, () => 0), TCP])
          expect(segmentAt(place)).toEqual(segment(tuple))
        },
      ),
      { numRuns: 100 },
    )
  })

  test("the hop limit is the first fragment's, and hardware addresses are the last frame's", () => {
    const others = tcpFragments({ ...tuple, hopLimit: 200 }, SIZE, 7)
    const { place } = offered([a, b, c, others[3]!])
    expect(segmentAt(place).hopLimit).toBe(9)
    expect([place.sourceHardwareAt, place.frame === others[3]]).toEqual([6, true])
  })

  test('a missing fragment: nothing, however many others come', () => {
    for (const some of [
      [a, b, c],
      [b, c, d],
      [a, b, d],
      [a, a, a],
    ]) {
      expect(offered(some)).toMatchObject({ kinds: [0, 0, 0], held: 1, counters: { reassembled: 0 } })
    }
  })

  test('datagrams are told apart by addresses, identification and VLAN', () => {
    const variants: [TcpFrame, number][] = [
      [tuple, 8],
      [{ ...tuple, source: tuple.destination, destination: tuple.source }, 7],
      [{ ...tuple, vlans: [5] }, 7],
    ]
    for (const [other, identification] of variants) {
      const last = tcpFragments(other, SIZE, identification)[3]!
      expect(offered([a, b, c, last])).toMatchObject({ kinds: [0, 0, 0, 0], held: 2 })
    }
  })

  test('a repetition is a duplicate; after the end, it begins a new datagram', () => {
    expect(offered([a, a, b, b, c, c, d])).toMatchObject({
      kinds: [0, 0, 0, 0, 0, 0, TCP],
      counters: { duplicates: 3, overlaps: 0 },
    })
    expect(offered([a, b, c, d, d])).toMatchObject({
      kinds: [0, 0, 0, TCP, 0],
      held: 1,
      counters: { duplicates: 0 },
    })
    expect(offered([a, b, c, d, a, b, c, d]).kinds).toEqual([0, 0, 0, TCP, 0, 0, 0, TCP])
  })

  test('a fragment that the snap length cut is counted, and the datagram stays incomplete', () => {
    const place = new Place()
    const fragments = new Fragments()
    const kinds = [a, b, c, d].map((frame) => {
      const captured = frame === b ? cut(frame, 1) : frame
      expect(locate(captured, 0, captured.length, frame.length, 1, place)).toBe(FRAGMENT)
      return fragments.offer(place, 0)
    })
    expect(kinds).toEqual([0, 0, 0, 0])
    expect(fragments.counters).toEqual({ ...NONE, fragments: 4, truncated: 1 })
  })

  test('no payload, or more than a datagram can hold, is malformed', () => {
    const at = (offset: number, octets: number) =>
      ipFrame({ ...tuple, fragment: { offset, more: offset === 0 } }, 6, new Uint8Array(octets))
    expect(offered([at(0, 0), at(8, 0), at(65_528, 8), at(65_520, 16)])).toMatchObject({
      kinds: [0, 0, 0, 0],
      held: 0,
      counters: { ...NONE, fragments: 4, malformed: 4 },
    })
    expect(offered([at(65_528, 7)])).toMatchObject({ held: 1, counters: { malformed: 0 } })
  })

  test('what the whole datagram is, is told like any other: broken, too short, unknown', () => {
    const whole = (protocol: number, octets: Uint8Array) => {
      const half = (offset: number) => ({ ...tuple, fragment: { offset, more: offset === 0 } })
      return offered([
        ipFrame(half(0), protocol, octets.subarray(0, 8)),
        ipFrame(half(8), protocol, octets.subarray(8)),
      ]).kinds[1]
    }
    expect([
      whole(6, new Uint8Array(30)),
      whole(6, new Uint8Array(15)),
      whole(132, new Uint8Array(20)),
    ]).toEqual([BROKEN_TCP, MALFORMED_TCP, OTHER_TRANSPORT])
  })
})

test('IPv4: protocols are told apart; IPv6: the first fragment says what it is', () => {
  const fragment = (tuple: TcpFrame, offset: number, protocol: number) =>
    ipFrame({ ...tuple, fragment: { offset, more: offset === 0 } }, protocol, new Uint8Array(8))
  expect(offered([fragment(four, 0, 132), fragment(four, 8, 17)])).toMatchObject({ kinds: [0, 0], held: 2 })
  expect(offered([fragment(six, 0, 132), fragment(six, 8, 17)])).toMatchObject({
    kinds: [0, OTHER_TRANSPORT],
    place: { protocol: 132 },
  })
})

test('IPv4 options stay out of the payload', () => {
  const frames = tcpFragments({ ...four, ipv4Options: new Uint8Array([7, 7, 4, 0, 0, 0, 0, 0]) }, SIZE, 7)
  const { kinds, place } = offered(frames)
  expect(kinds.at(-1)).toBe(TCP)
  expect(segmentAt(place)).toEqual(segment(four))
})

test('IPv6 extension headers before and behind the fragment header are read through', () => {
  const behind = new Uint8Array([6, 0, 0, 0, 0, 0, 0, 0]) // destination options, then TCP
  const octets = new Uint8Array([...behind, ...new Uint8Array(20).fill(0x50)])
  const part = (offset: number, more: boolean) =>
    ipFrame(
      { ...six, extensions: [[0, new Uint8Array(6)]], fragment: { offset, more } },
      60,
      octets.subarray(offset, offset + 16),
    )
  const { kinds, place } = offered([part(0, true), part(16, false)])
  expect({ kinds, protocol: place.protocol }).toEqual({ kinds: [0, TCP], protocol: 6 })
})

test('a fragment within the fragments is refused', () => {
  const inner = new Uint8Array([6, 0, 0, 1, 0, 0, 0, 9, ...new Uint8Array(16)]) // a fragment header again
  const part = (offset: number) =>
    ipFrame({ ...six, fragment: { offset, more: offset === 0 } }, 44, inner.subarray(offset, offset + 16))
  expect(offered([part(0), part(16)])).toMatchObject({
    kinds: [0, 0],
    held: 0,
    counters: { reassembled: 1, malformed: 1 },
  })
})

describe('overlaps', () => {
  const at = (tuple: TcpFrame, offset: number, octets: number, fill: number, more = true) =>
    ipFrame(
      { ...tuple, identification: 7, fragment: { offset, more } },
      132,
      new Uint8Array(octets).fill(fill),
    )
  const contents = (place: Place) => Array.from(place.bytes.subarray(place.transportAt, place.end))

  test('IPv4 keeps what came first', () => {
    const { kinds, place, counters } = offered([
      at(four, 8, 8, 2),
      at(four, 0, 24, 1),
      at(four, 16, 16, 3, false),
    ])
    expect(kinds).toEqual([0, 0, OTHER_TRANSPORT])
    expect(contents(place)).toEqual([
      ...Array(8).fill(1),
      ...Array(8).fill(2),
      ...Array(8).fill(1),
      ...Array(8).fill(3),
    ])
    expect(counters).toEqual({ ...NONE, fragments: 3, reassembled: 1, overlaps: 2 })
  })

  test('IPv4 keeps what came first, although it is repeated with other octets', () => {
    const frames = tcpFragments(four, SIZE, 7)
    const { kinds, place, counters } = offered([
      frames[0]!,
      frames[1]!,
      changed(frames[1]!),
      frames[2]!,
      frames[3]!,
    ])
    expect(kinds).toEqual([0, 0, 0, 0, TCP])
    expect(segmentAt(place)).toEqual(segment(four))
    expect(counters).toMatchObject({ duplicates: 0, overlaps: 1, dropped: 0 })
  })

  test('IPv6 drops the datagram and all that belongs to it (RFC 5722)', () => {
    const frames = tcpFragments(six, SIZE, 7)
    const { kinds, counters, held } = offered([
      frames[0]!,
      frames[1]!,
      changed(frames[1]!),
      frames[2]!,
      frames[3]!,
      ...frames,
    ])
    expect(kinds).toEqual(Array(9).fill(0))
    expect({ counters, held }).toEqual({
      counters: { ...NONE, fragments: 9, overlaps: 1, dropped: 1 },
      held: 1,
    })
  })

  test.each<[why: string, frames: (tuple: TcpFrame) => Uint8Array[], counted: number]>([
    ['two ends', (t) => [at(t, 8, 8, 1, false), at(t, 16, 8, 1, false), at(t, 0, 8, 1)], 1],
    ['a fragment past the end', (t) => [at(t, 8, 8, 1, false), at(t, 16, 8, 1), at(t, 0, 8, 1)], 1],
    ['an end before what came', (t) => [at(t, 16, 8, 1), at(t, 8, 4, 1, false), at(t, 0, 8, 1)], 1],
  ])('%s: IPv4 ignores it, IPv6 drops the datagram', (_why, frames, overlaps) => {
    const [in4, in6] = [offered(frames(four)), offered(frames(six))]
    expect(in4.counters).toMatchObject({ overlaps, dropped: 0 })
    expect(in6.counters).toMatchObject({ overlaps, dropped: 1, reassembled: 0 })
  })
})

describe('limits', () => {
  const first = (identification: number, octets = 8) =>
    ipFrame({ ...four, identification, fragment: { offset: 0, more: true } }, 17, new Uint8Array(octets))

  test.each([
    ['IPv4', four, IPV4_TIMEOUT],
    ['IPv6', six, IPV6_TIMEOUT],
  ] as const)("%s fragments wait so long, by the capture's time", (_name, tuple, timeout) => {
    const frames = tcpFragments(tuple, 40, 7)
    expect(offered(frames, new Fragments(), [SECOND, SECOND + timeout]).kinds).toEqual([0, TCP])
    const late = offered(frames, new Fragments(), [SECOND, SECOND + timeout + 1])
    expect(late).toMatchObject({ kinds: [0, 0], held: 1, counters: { expired: 1, reassembled: 0 } })
    expect(offered(frames, new Fragments(), [SECOND, 0]).kinds).toEqual([0, TCP]) // a clock that was set back
  })

  test('what expired makes room when others come, also behind what waits longer', () => {
    const fragments = new Fragments()
    offered([tcpFragments(six, 40, 1)[0]!, first(1), first(2)], fragments)
    expect(fragments.size).toBe(3)
    offered([first(3)], fragments, [IPV6_TIMEOUT + 1])
    expect(fragments.size).toBe(1)
    expect(fragments.counters.expired).toBe(3)
  })

  test('datagrams: the longest untouched goes', () => {
    const fragments = new Fragments()
    const kept = tcpFragments(four, 40, 60_000)
    offered([kept[0]!], fragments)
    for (let i = 0; i < DATAGRAMS_MAX - 1; i++) offered([first(i)], fragments)
    expect([fragments.size, fragments.counters.evicted]).toEqual([DATAGRAMS_MAX, 0])
    offered([kept[0]!, first(50_000), first(50_001)], fragments) // touched: no longer the oldest
    expect([fragments.size, fragments.counters.evicted]).toEqual([DATAGRAMS_MAX, 2])
    expect(offered([kept[1]!], fragments).kinds).toEqual([TCP])
  })

  test('octets: the longest untouched goes, and what was given up is given back', () => {
    const fragments = new Fragments()
    const large = 32_760 // takes 65,536 with the header's room
    for (let i = 0; i < 200; i++) offered([first(i, large)], fragments)
    expect([fragments.size, fragments.counters.evicted]).toEqual([FRAGMENT_OCTETS_MAX / 65_536, 136])
    for (let i = 0; i < 400; i++) offered(tcpFragments(four, 40, 1_000 + i), fragments)
    expect(fragments.counters.reassembled).toBe(400)
  })

  test('pieces that do not touch: the datagram is dropped', () => {
    const piece = (i: number) =>
      ipFrame({ ...four, fragment: { offset: 16 * i, more: true } }, 17, new Uint8Array(8))
    const pieces = Array.from({ length: PIECES_MAX }, (_, i) => piece(i))
    expect(offered(pieces).counters).toMatchObject({ dropped: 0 })
    expect(offered([...pieces, piece(PIECES_MAX)]).counters).toMatchObject({ dropped: 1 })
  })
})
