import { describe, expect, test } from 'vitest'
import { FURTHER_PATHS_MAX } from '../../src/connections/elsewhere.ts'
import type { Side } from '../../src/model/packet.ts'
import { erspan2, framed, gre, gtp, inIp, OUTER, vxlan } from '../wire/wrap.ts'
import { ACK, createWire, SYN } from './wire.ts'
import type { Wire } from './wire.ts'

type Wrap = (side: Side, packet: Uint8Array) => Uint8Array
const ENDS = '192.0.2.1 192.0.2.2'
const BACK = { source: OUTER.destination, destination: OUTER.source }
const inVxlan =
  (vni: number): Wrap =>
  (side, packet) =>
    vxlan(vni, framed(packet), side === 0 ? OUTER : BACK)
/** Another tunnel for each direction, as its receiver chose. */
const inGtp =
  (up: number, down: number): Wrap =>
  (side, packet) =>
    side === 0 ? gtp(up, packet) : gtp(down, packet, BACK)

/** Of each connection: stream, path, packets of either side. */
const accounts = (wire: Wire) =>
  wire
    .ends()
    .of('connection-closed')
    .map(({ summary: { stream, path, halves } }) => [stream, path, halves[0].packets, halves[1].packets])

test('a connection shows the path that it was found in; a plain one shows none', () => {
  const wire = createWire().opens()
  expect(wire.ends().summary.path).toEqual([])
  const inner = createWire({ wrap: (_side, packet) => erspan2(3, vxlan(42, framed(packet))) }).opens()
  expect(inner.ends().summary.path).toEqual([`erspan 3 ${ENDS}`, `vxlan 42 ${ENDS}`])
})

test('equal addresses in two tunnels are two connections, though each packet is the same', () => {
  const wire = createWire()
  const both = (side: Side, length: number, flags: number, at: number, acknowledges: number): void => {
    for (const vni of [1, 2]) wire.says(side, length, { flags, at, acknowledges, wrap: inVxlan(vni) })
  }
  both(0, 0, SYN, 0, -5_000)
  both(1, 0, SYN | ACK, 0, 1)
  both(0, 100, ACK, 1, 1)
  both(1, 50, ACK, 1, 101)
  expect(accounts(wire)).toEqual([
    [0, [`vxlan 1 ${ENDS}`], 2, 2],
    [0, [`vxlan 2 ${ENDS}`], 2, 2],
  ])
})

test('they have a number of their own where Wireshark gives one: to another SYN', () => {
  const wire = createWire({ wrap: inVxlan(1) }).opens()
  wire.numbers([77_000, 88_000])
  wire.says(0, 0, { flags: SYN, at: 0, acknowledges: -88_000, wrap: inVxlan(2) })
  expect(accounts(wire)).toEqual([
    [0, [`vxlan 1 ${ENDS}`], 2, 1],
    [1, [`vxlan 2 ${ENDS}`], 1, 0],
  ])
})

test('connections that share a number with Wireshark do not shift the next one', () => {
  const wire = createWire({ wrap: inVxlan(1) }).opens()
  wire.says(0, 0, { flags: SYN, at: 0, acknowledges: -5_000, wrap: inVxlan(2) })
  wire.says(0, 0, { flags: SYN, at: 0, acknowledges: -5_000, frame: { sourcePort: 1 } })
  expect(accounts(wire).map(([stream]) => stream)).toEqual([0, 0, 1])
  const ids = wire.of('connection-closed').map(({ summary }) => summary.connection)
  expect(new Set(ids).size).toBe(3)
})

describe('one connection by several paths', () => {
  const crossing: readonly (readonly [string, Wrap])[] = [
    ['another TEID each way', inGtp(8, 9)],
    ['a mirror session each way', (side, packet) => erspan2(1 + side, framed(packet))],
    [
      'a network each way, as routers forward into the receiver’s',
      (side, packet) => inVxlan(10 + side)(side, packet),
    ],
    [
      'one way through a tunnel, the answers direct',
      (side, packet) => (side === 0 ? inIp(4, packet) : framed(packet)),
    ],
    [
      'the answers through a tunnel',
      (side, packet) => (side === 0 ? framed(packet) : gre(0, 0x800, [], packet, BACK)),
    ],
  ]
  test.each(crossing)('%s', (_name, wrap) => {
    const wire = createWire({ wrap }).opens().sends(0, 100).sends(1, 200).acknowledges(0)
    wire.finishes(0).finishes(1)
    const [[stream, , ...packets], ...others] = accounts(wire) as [unknown[], ...unknown[]]
    expect({ stream, packets, others }).toEqual({ stream: 0, packets: [5, 3], others: [] })
  })

  test('equal addresses and numbers in two pairs: the first answer is the first opening’s', () => {
    const wire = createWire()
    for (const [up, down] of [
      [1, 2],
      [3, 4],
    ] as const)
      wire.says(0, 0, { flags: SYN, at: 0, acknowledges: -5_000, wrap: inGtp(up, down) })
    for (const [up, down] of [
      [1, 2],
      [3, 4],
    ] as const)
      wire.says(1, 0, { flags: SYN | ACK, at: 0, acknowledges: 1, wrap: inGtp(up, down) })
    expect(accounts(wire)).toEqual([
      [0, [`gtp 1 ${ENDS}`], 1, 1],
      [0, [`gtp 3 ${ENDS}`], 1, 1],
    ])
  })

  test('an answer to something else is none', () => {
    const wire = createWire().says(0, 0, { flags: SYN, at: 0, acknowledges: -5_000, wrap: inGtp(1, 2) })
    wire.says(1, 0, { flags: SYN | ACK, at: 0, acknowledges: 5_000_000, wrap: inGtp(3, 4) })
    expect(accounts(wire)).toEqual([
      [0, [`gtp 1 ${ENDS}`], 1, 0],
      [0, [`gtp 4 ${ENDS}`], 0, 1],
    ])
  })

  test('it moves with what goes on where it stands: data, an advancing acknowledgment, a FIN', () => {
    const wire = createWire({ wrap: inGtp(1, 2) }).opens()
    wire.sends(0, 100, { wrap: inGtp(3, 4) })
    wire.acknowledges(1, { wrap: inGtp(3, 4) })
    wire.finishes(0, { wrap: inGtp(5, 6) })
    wire.finishes(1, { wrap: inGtp(5, 6) })
    expect(accounts(wire)).toEqual([[0, [`gtp 1 ${ENDS}`], 4, 3]])
  })

  test.each<[string, (wire: Wire) => Wire]>([
    ['what is there already', (wire) => wire.repeats(0, 100, { wrap: inGtp(3, 2) })],
    ['octets further on', (wire) => wire.says(0, 10, { at: 5_000, wrap: inGtp(3, 2) })],
    ['an acknowledgment that says nothing new', (wire) => wire.acknowledges(0, { wrap: inGtp(3, 2) })],
    ['a reset', (wire) => wire.resets(0, { wrap: inGtp(3, 2) })],
  ])('not with %s', (_name, next) => {
    const wire = createWire({ wrap: inGtp(1, 2) })
      .opens()
      .sends(0, 100)
      .acknowledges(1)
    expect(accounts(next(wire)).map(([, , ...packets]) => packets)).toEqual([
      [3, 2],
      [1, 0],
    ])
  })

  test('of more paths than are remembered, the oldest is found again by numbers', () => {
    const wire = createWire({ wrap: inGtp(1, 2) }).opens()
    for (let up = 10; up < 10 + 2 * FURTHER_PATHS_MAX; up++) wire.sends(0, 10, { wrap: inGtp(up, 2) })
    wire.sends(0, 10, { wrap: inGtp(10, 2) })
    expect(accounts(wire)).toEqual([[0, [`gtp 1 ${ENDS}`], 3 + 2 * FURTHER_PATHS_MAX, 1]])
  })

  test('a port that is used again through another pair is another connection', () => {
    const wire = createWire({ wrap: inGtp(1, 2) }).opens()
    wire.numbers([77_000, 88_000])
    wire.says(0, 0, { flags: SYN, at: 0, acknowledges: -88_000, wrap: inGtp(3, 4) })
    wire.says(1, 0, { flags: SYN | ACK, at: 0, acknowledges: 1, wrap: inGtp(3, 4) })
    expect(accounts(wire)).toEqual([
      [0, [`gtp 1 ${ENDS}`], 2, 1],
      [1, [`gtp 3 ${ENDS}`], 1, 1],
    ])
  })
})
