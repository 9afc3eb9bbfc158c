import { describe, expect, test } from 'vitest'
import { ACK, createWire, FIN } from './wire.ts'
import type { Said, Wire } from './wire.ts'

const scaled = (windowScale: number): Said => ({ frame: { options: { windowScale } } })
/** All is acknowledged, and windows are known: the responder's octets 1 to 20. */
const exchange = (): Wire => createWire().opens().sends(0, 10).sends(1, 20).acknowledges(0)
const FAR = 100_000
/** Lost to the tap, by either side. */
const lost = { unseen: true } as const

describe('a FIN that cannot be its sender’s last is not believed', () => {
  test.each([-FAR, -2, 0x2000_0000, 0x6000_0000])('%i from where it stands', (away) => {
    const wire = exchange().says(1, 0, { at: 21 + away, flags: FIN | ACK })
    wire.sends(0, 10).sends(1, 30).acknowledges(0)
    expect(wire.of('finished')).toEqual([])
    expect(wire.streams[0]!.told.filter((told) => /^(finish|segment 1)/.test(told))).toEqual([
      `segment 1 5001 ${'B'.repeat(20)}`,
      `segment 1 5021 ${'B'.repeat(30)}`,
    ])
    expect(wire.ends().summary).toMatchObject({
      endReason: 'open',
      halves: [{}, { uniqueBytes: 50, missingBytes: 0, retransmissions: 0, finAt: null }],
    })
  })

  test('one after octets that the tap missed is', () => {
    const wire = exchange().sends(1, 500, lost).finishes(1)
    expect(wire.of('finished')).toMatchObject([{ from: 1 }])
  })

  test('one that was acknowledged before it was stored is', () => {
    const wire = exchange().finishes(1, lost).acknowledges(0)
    wire.says(1, 0, { at: 21, flags: FIN | ACK, after: -500 })
    expect(wire.of('finished')).toMatchObject([{ from: 1 }])
  })
})

describe('a segment far ahead', () => {
  test('that strayed here changes nothing', () => {
    const wire = exchange().says(1, 50, { at: 21 + FAR })
    for (let i = 0; i < 3; i++) wire.sends(1, 10).acknowledges(0)
    expect(wire.streams[0]!.told.filter((told) => told.startsWith('segment 1'))).toHaveLength(4)
    expect(wire.ends().summary.halves[1]).toMatchObject({
      bytes: 100,
      uniqueBytes: 50,
      missingBytes: 0,
      retransmissions: 0,
    })
  })

  test('within the window, where that is scaled, is believed at once', () => {
    const wire = createWire()
      .opens([scaled(7), scaled(7)])
      .sends(1, FAR, lost)
      .sends(1, 10)
      .acknowledges(0)
    expect(wire.ends().summary.halves[1]).toMatchObject({ uniqueBytes: 10, missingBytes: FAR })
  })

  test('is believed at once where nobody told how large the window is', () => {
    const wire = createWire().sends(1, 10).sends(1, FAR, lost).sends(1, 10).acknowledges(0)
    expect(wire.ends().summary.halves[1]).toMatchObject({ uniqueBytes: 20, missingBytes: FAR })
  })

  test.each<[string, (wire: Wire) => Wire]>([
    ['the next one goes on there', (w) => w.sends(1, 10).sends(1, 10).acknowledges(0)],
    ['it is acknowledged', (w) => w.sends(1, 10).acknowledges(0).sends(1, 10).acknowledges(0)],
    ['its receiver acknowledged what came before', (w) => w.acknowledges(0).sends(1, 10).sends(1, 10)],
  ])('is believed once %s', (_what, goesOn) => {
    const wire = goesOn(exchange().sends(1, FAR, lost))
      .sends(1, 10)
      .acknowledges(0)
      .ends()
    expect(wire.summary.halves[1].missingBytes).toBeGreaterThanOrEqual(FAR)
    expect(wire.summary.halves[1].retransmissions).toBe(0)
    expect(wire.streams[0]!.told.at(-3)).toMatch(/^segment 1/)
  })

  test('two of them from different places confirm nothing', () => {
    const wire = exchange()
      .says(1, 50, { at: 21 + FAR })
      .says(1, 50, { at: 21 + 4 * FAR })
    wire.sends(1, 10).acknowledges(0).ends()
    expect(wire.summary.halves[1]).toMatchObject({ uniqueBytes: 30, missingBytes: 0, retransmissions: 0 })
  })
})

describe('an acknowledgment of octets far beyond what was sent', () => {
  test('is not believed: what is sent then is new', () => {
    const wire = exchange().acknowledges(0, { acknowledges: 21 + FAR })
    for (let i = 0; i < 9; i++) wire.sends(1, 10)
    expect(wire.of('unanswered')).toEqual([])
    expect(wire.ends().summary.halves[1]).toMatchObject({
      uniqueBytes: 110,
      missingBytes: 0,
      retransmissions: 0,
      unanswered: 0,
    })
  })

  test('is, once another one goes on from there', () => {
    const wire = exchange().sends(1, FAR, lost).acknowledges(0).sends(1, 10, lost).acknowledges(0).ends()
    expect(wire.summary.halves[1]).toMatchObject({ missingBytes: FAR + 10 })
  })
})
