/** What comes once a connection is over, and how long it stays in the table. */
import { describe, expect, test } from 'vitest'
import { LINGER } from '../../src/connections/lifecycle.ts'
import { seconds } from '../../src/model/time.ts'
import { createWire, half } from './wire.ts'
import type { Wire } from './wire.ts'

/** Packets 1 to 5; the responder spoke last. */
const exchange = (): Wire => createWire().opens().sends(0, 10).sends(1, 20)

describe('after the end', () => {
  const closed = (): Wire => exchange().finishes(0).finishes(1).acknowledges(0)

  test.each<[string, Wire]>([
    ['closed', closed()],
    ['reset', exchange().resets(1)],
  ])('what comes later ends no silence of a connection that was %s', (_how, wire) => {
    wire.acknowledges(0).waits(seconds(20)).probes(0).ends()
    expect(wire.summary.maxIdle).toBeLessThan(seconds(1))
  })

  test.each<[string, (wire: Wire) => Wire]>([
    ['a FIN', (wire) => wire.finishes(0).finishes(1).acknowledges(0)],
    ['a RST', (wire) => wire.resets(0)],
  ])('the silence before %s is one of it', (_what, end) => {
    const wire = end(exchange().waits(seconds(20)))
    wire.waits(seconds(25)).probes(0).ends()
    expect(wire.summary.maxIdle).toBe(seconds(20))
  })

  test('the record stays for stragglers, then goes', () => {
    const wire = closed()
    const over = wire.time
    wire.acknowledges(1, { after: seconds(60) })
    wire.tracker.tick(over + LINGER - 1)
    expect([wire.tracker.size, wire.of('connection-closed')]).toEqual([1, []])
    wire.tracker.tick(over + LINGER)
    expect(wire.tracker.size).toBe(0)
    expect(wire.of('connection-closed')[0]).toMatchObject({
      time: over + LINGER,
      summary: { lastPacket: wire.packet },
    })
  })

  test('it stays for as long as packets come', () => {
    const wire = closed()
    for (let i = 0; i < 20; i++) wire.acknowledges(1, { after: seconds(100) }).tracker.tick(wire.time)
    expect(wire.of('connection-closed')).toEqual([])
    wire.tracker.tick(wire.time + 2 * LINGER)
    expect(wire.of('connection-closed')).toMatchObject([{ summary: { halves: [{}, { packets: 23 }] } }])
  })

  test('a flood of resets does not fill the list of those that linger', () => {
    const wire = exchange().resets(1)
    for (let i = 0; i < 100; i++) wire.resets(1)
    wire.tracker.tick(wire.time + LINGER)
    expect(wire.of('connection-closed')).toHaveLength(1)
  })

  describe('where one side is captured alone, its FIN tells by what it acknowledges', () => {
    /** The responder's side of an exchange; half a minute later it closes. */
    const closing = (before: (wire: Wire) => Wire): Wire => {
      const unseen = { unseen: true } as const
      const wire = createWire().opens([unseen, {}, unseen]).sends(0, 10, unseen).sends(1, 10)
      return before(wire.waits(seconds(40)))
        .finishes(1)
        .ends()
    }
    const told = (wire: Wire) => ({
      finished: wire.of('finished').map(({ from }) => from),
      silences: wire.of('silence').map(({ brokenBy, outcome }) => `${brokenBy} ${outcome}`),
    })

    test('it was the first', () => {
      expect(told(closing((wire) => wire))).toEqual({ finished: [1], silences: ['1 closed'] })
    })

    test('it answers the other one', () => {
      const wire = closing((w) => w.finishes(0, { unseen: true }))
      expect(told(wire)).toEqual({ finished: [0, 1], silences: ['0 closed'] })
    })

    test('it answers data: there was no silence', () => {
      const wire = closing((w) => w.sends(0, 20, { unseen: true }))
      expect(told(wire)).toEqual({ finished: [1], silences: [] })
    })
  })

  test('where one side is captured alone, its FIN is the end', () => {
    const wire = createWire().sends(0, 10).finishes(0)
    wire.tracker.tick(wire.time + LINGER)
    expect(wire.summary).toMatchObject({ endReason: 'client-fin', halves: [{ packets: 2 }, half()] })
    expect(wire.tracker.counters.oneWayConnections).toBe(1)
  })
})
