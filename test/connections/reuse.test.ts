import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { createWire, RST } from './wire.ts'
import type { Wire } from './wire.ts'

const unseen = { unseen: true } as const
const ended = (): Wire =>
  createWire().opens().sends(0, 10).sends(1, 20).finishes(0).finishes(1).acknowledges(0)
const told = (wire: Wire): readonly unknown[] =>
  wire
    .of('connection-closed')
    .map(({ summary: s }) => [s.stream, s.firstPacket, s.halves.map((half) => half.uniqueBytes), s.endReason])

describe('a port is used again, and the SYN was not captured', () => {
  test.each<[string, Wire, string]>([
    ['closed', ended(), 'client-fin'],
    ['reset', createWire().opens().sends(0, 10).sends(1, 20).resets(0).acknowledges(1), 'client-rst'],
    ['open', createWire().opens().sends(0, 10).sends(1, 20).acknowledges(0).acknowledges(1), 'superseded'],
  ])('the SYN/ACK answers another SYN: the one that was %s is not it', (_what, wire, endReason) => {
    const first = wire.packet + 1
    wire.numbers([900_000, 70_000]).opens([unseen, { after: seconds(2) }])
    wire.sends(0, 30).sends(1, 40).ends()
    // Wireshark takes both for one stream.
    expect(told(wire)).toEqual([
      [0, 1, [10, 20], endReason],
      [0, first, [30, 40], 'open'],
    ])
    expect(new Set(wire.of('connection-closed').map((o) => o.connection)).size).toBe(2)
  })

  test('nor anything else of its side', () => {
    const wire = createWire()
    for (const n of [1, 2, 3]) {
      wire.numbers([n * 1_000_000, n * 3_000_000]).opens([unseen, { after: seconds(5) }, unseen])
      wire.sends(0, 10, unseen).sends(1, 20).finishes(0, unseen).finishes(1)
    }
    expect(told(wire.ends())).toEqual([
      [0, 1, [0, 20], 'client-fin'],
      [0, 4, [0, 20], 'client-fin'],
      [0, 7, [0, 20], 'client-fin'],
    ])
  })

  test('nor the SYN/ACK: octets far from where the one before ended are not its', () => {
    const wire = ended().numbers([0x5000_0000, 0x2000_0000]).opens([unseen, unseen, unseen])
    wire
      .sends(0, 30, { after: seconds(100) })
      .sends(1, 40)
      .ends()
    expect(told(wire)).toEqual([
      [0, 1, [10, 20], 'client-fin'],
      [0, 9, [30, 40], 'open'],
    ])
    expect(wire.of('silence')).toEqual([])
  })

  test.each<[string, (wire: Wire) => Wire]>([
    ['a straggler', (w) => w.says(0, 10, { at: 1 }).says(1, 20, { at: 1 })],
    ['octets far away that acknowledge what it sent', (w) => w.says(1, 20, { at: 0x2000_0000 })],
    ['a FIN far away', (w) => w.numbers([0x5000_0000, 0x2000_0000]).finishes(1)],
    ['a RST far away', (w) => w.numbers([0x5000_0000, 0x2000_0000]).resets(1, { flags: RST })],
  ])('%s begins no other one', (_what, comes) => {
    expect(told(comes(ended()).ends())).toMatchObject([[0, 1, {}, 'client-fin']])
  })
})
