/**
 * `locate` reads nothing that it was not given, never throws, and its answer can be relied on: for any octets
 * at all.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fragments } from '../../src/connections/fragments.ts'
import { SynFactsReader } from '../../src/connections/syn-facts.ts'
import { visitParts } from '../../src/wire/aggregate.ts'
import {
  AGGREGATE,
  BROKEN_TCP,
  FRAGMENT,
  ICMP,
  ICMPV6,
  LINK_FRAGMENT,
  locate,
  OTHER_TRANSPORT,
  Place,
  REASONS,
  TCP,
  TCP_PORTS,
  TUNNEL,
  UDP,
} from '../../src/wire/frame.ts'
import { quotedPacket } from '../../src/wire/quoted.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { enterTunnels } from '../../src/wire/tunnel.ts'
import { icmpFrame, LINK_TYPE, tcpFrame, tcpFragments, udpFrame } from '../scenario/frame-writer.ts'
import type { Link } from '../scenario/frame-writer.ts'
import { aggregate, pieces } from './radio.ts'
import { WRAPPED } from './wrap.ts'

const LINK_TYPES = [...Object.values(LINK_TYPE), 12, 14, 51, 105, 119, 127, 163, 192, 219, 239]
const LEAST: Readonly<Record<number, number>> = {
  [TCP]: 16,
  [BROKEN_TCP]: 16,
  [UDP]: 8,
  [ICMP]: 8,
  [ICMPV6]: 4,
  [FRAGMENT]: 0,
  [OTHER_TRANSPORT]: 0,
}

const four = {
  source: '10.0.0.1',
  destination: '10.0.0.2',
  sourcePort: 50_000,
  destinationPort: 443,
  payload: new Uint8Array(30),
}
const six = { ...four, source: '2001:db8::1', destination: '2001:db8::2' }
const options = { mss: 1460, timestamps: [1, 2] as const }
const option = new Uint8Array(6)
const packet = tcpFrame({ ...four, link: 'raw' })
const links = ['ethernet', 'sll', 'sll2', 'null', 'ppp', 'ppp-hdlc', 'chdlc', 'raw'] as const satisfies Link[]
/** Frames that lead down every path: random octets alone would end at the first EtherType. */
const SEEDS: [linkType: number, frame: Uint8Array][] = [
  ...links.flatMap((link): [number, Uint8Array][] =>
    [four, six].map((tuple) => [LINK_TYPE[link], tcpFrame({ ...tuple, link, options })]),
  ),
  ...[
    tcpFrame({ ...four, vlans: [1, 2] }),
    tcpFrame({ ...six, mpls: [1, 2] }),
    tcpFrame({ ...four, pppoe: 1, mpls: [5] }),
    tcpFrame({
      ...six,
      extensions: [
        [0, option],
        [43, option],
        [51, new Uint8Array(22)],
        [60, option],
      ],
    }),
    udpFrame(four),
    udpFrame(six),
    icmpFrame({ ...four, type: 3, payload: tcpFrame({ ...four, link: 'raw' }) }),
    icmpFrame({ ...six, type: 1, payload: tcpFrame({ ...six, link: 'raw', extensions: [[60, option]] }) }),
    ...tcpFragments(four, 24, 7),
    ...tcpFragments(six, 24, 7),
  ].map((frame): [number, Uint8Array] => [1, frame]),
  ...[aggregate([packet, packet]), ...pieces(packet, 1, 30)].map((frame): [number, Uint8Array] => [
    105,
    frame,
  ]),
  ...WRAPPED.map(({ frame, linkType = 1 }): [number, Uint8Array] => [linkType, frame]),
]

const LABELS = 8
const labels = tcpFrame({ ...four, mpls: Array.from({ length: LABELS }, () => 5) }).slice(0, 14 + 4 * LABELS)

/** A frame out of a seed: some octets overwritten, cut anywhere; or octets at random. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    fc.nat(),
    fc.integer({ min: -20, max: 200 }),
  )
  .map(([[linkType, seed], edits, cut, longer]) => {
    const frame = seed.slice()
    for (const [at, octet] of edits) frame[at % frame.length] = octet
    const captured = cut % 3 === 0 ? frame.slice(0, cut % (frame.length + 1)) : frame
    return { linkType, frame: captured, wireLength: Math.max(0, frame.length + longer) }
  })
const random = fc
  .tuple(fc.constantFrom(...LINK_TYPES), fc.uint8Array({ maxLength: 120 }), fc.nat(200))
  .map(([linkType, frame, wireLength]) => ({ linkType, frame, wireLength }))
const frames = fc.oneof({ weight: 4, arbitrary: mutated }, { weight: 1, arbitrary: random })

const BEFORE = 6
/** The frame with `fill` before and after it. */
function guarded(frame: Uint8Array, fill: number): Uint8Array {
  const bytes = new Uint8Array(BEFORE + frame.length + 80).fill(fill)
  bytes.set(frame, BEFORE)
  return bytes
}

/** All that is said of a frame: its kind and place, the packet it quotes, and what a TCP segment says. */
function everything(frame: Uint8Array, wireLength: number, linkType: number, fill: number) {
  const bytes = guarded(frame, fill)
  const end = BEFORE + frame.length
  const place = new Place()
  const inner = new Place()
  const kind = enterTunnels(locate(bytes, BEFORE, end, wireLength, linkType, place), place)
  const quoted = kind === ICMP || kind === ICMPV6 ? quotedPacket(place, inner) : 0
  const { bytes: _1, frame: _2, paths: _3, ...fields } = place
  const { bytes: _4, frame: _5, paths: _6, ...quotedFields } = inner
  const at = place.transportAt
  const found =
    kind === TCP
      ? [new SynFactsReader().of(place), tcp.payloadLength(bytes, at, place.wireEnd), tcp.window(bytes, at)]
      : []
  return { kind, quoted, fields, quotedFields, found }
}

describe('any octets', () => {
  test('nothing outside the frame matters', () => {
    fc.assert(
      fc.property(frames, ({ frame, wireLength, linkType }) => {
        const ones = everything(frame, wireLength, linkType, 0xff)
        expect(everything(frame, wireLength, linkType, 0x00)).toEqual(ones)
        expect(everything(frame, wireLength, linkType, 0x45)).toEqual(ones)
      }),
      {
        numRuns: 3_000,
        // Labels that fill the frame: what follows them lies outside.
        examples: [[{ linkType: 1, frame: labels, wireLength: 96 }]],
      },
    )
  })

  test('a kind means that its header is there', () => {
    fc.assert(
      fc.property(frames, ({ frame, wireLength, linkType }) => {
        const end = BEFORE + frame.length
        const { kind, quoted, fields, quotedFields } = everything(frame, wireLength, linkType, 0x45)
        expect(kind).not.toBe(0)
        expect(kind).toBeGreaterThan(-REASONS.length)
        expect(kind).not.toBe(TUNNEL)
        if (kind < 0 || kind === AGGREGATE) return
        if (kind === LINK_FRAGMENT) {
          expect(fields.transportAt).toBeLessThanOrEqual(fields.end)
          expect(fields.end).toBeLessThanOrEqual(Math.min(end, fields.wireEnd))
          expect(fields.ownerAt + fields.ownerLength).toBeLessThanOrEqual(fields.transportAt)
          return
        }
        expect(fields.transportAt + LEAST[kind]!).toBeLessThanOrEqual(fields.end)
        expect(fields.end).toBeLessThanOrEqual(Math.min(end, fields.wireEnd))
        expect(fields.networkAt + (fields.version === 4 ? 20 : 40)).toBeLessThanOrEqual(fields.transportAt)
        if (quoted > 0 && quoted !== TCP_PORTS)
          expect(quotedFields.transportAt + LEAST[quoted]!).toBeLessThanOrEqual(quotedFields.end)
        if (quoted > 0) expect(quotedFields.end).toBeLessThanOrEqual(end)
      }),
      { numRuns: 3_000 },
    )
  })

  test('reassembly takes whatever locate calls a fragment, and answers with a kind or a reason', () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 12 }), (sequence) => {
        const fragments = new Fragments()
        const place = new Place()
        for (const { frame, wireLength, linkType } of sequence) {
          const take = (kind: number): void => {
            if (kind <= 0) return
            expect(place.end).toBeLessThanOrEqual(place.bytes.length)
            if (kind === FRAGMENT) take(enterTunnels(fragments.offer(place, 0), place))
            else if (kind === LINK_FRAGMENT) take(enterTunnels(fragments.offerLink(place, 0), place))
            else if (kind === AGGREGATE) visitParts(place, take)
            else expect(place.transportAt + LEAST[kind]!).toBeLessThanOrEqual(place.end)
          }
          take(enterTunnels(locate(frame, 0, frame.length, wireLength, linkType, place), place))
        }
      }),
      { numRuns: 500 },
    )
  })
})
