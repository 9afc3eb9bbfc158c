import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { createWire, RST, STEP } from './wire.ts'
import type { Wire } from './wire.ts'

/** Packets 1 to 6; all is acknowledged. */
const exchange = (): Wire => createWire().opens().sends(0, 10).sends(1, 20).acknowledges(0)
/** A RST of the responder, 100 octets off; and the challenge that it draws. */
const doubtful = (): Wire => exchange().resets(1, { at: 121, flags: RST }).acknowledges(0)
const later = { after: seconds(5) }
const challenged = (wire: Wire) =>
  wire.of('reset-challenged').map(({ from, reset, packet }) => [from, reset, packet])

describe('a reset that is not exactly where its receiver stands did not end the connection', () => {
  test.each<[string, (wire: Wire) => Wire, number]>([
    ['its receiver sends, and is answered', (w) => w.sends(0, 10, later).sends(1, 10), 10],
    ['its sender sends, and is answered', (w) => w.sends(1, 10).acknowledges(0), 10],
    ['its receiver sends again what was lost', (w) => w.repeats(0, 10, later).acknowledges(1), 10],
    ['its receiver probes, and is answered', (w) => w.probes(0, 0, later).acknowledges(1), 10],
    ['its sender probes, and is answered', (w) => w.probes(1, 0, later).acknowledges(0), 10],
  ])('where %s', (_what, goesOn, packet) => {
    const wire = goesOn(doubtful())
    expect(challenged(wire)).toEqual([[1, 7, packet]])
    expect(wire.tracker.counters.invalidResets).toBe(1)
    wire.tracker.tick(wire.time + seconds(3_600))
    expect(wire.ends().summary).toMatchObject({
      endReason: 'open',
      endedBy: null,
      halves: [{}, { rstAt: null }],
    })
  })

  test('what becomes of it later is told', () => {
    const wire = doubtful().sends(0, 10, later).sends(1, 10).acknowledges(0)
    wire.sends(0, 10, { after: seconds(700) })
    for (let i = 0; i < 4; i++) wire.repeats(0, 10, { after: seconds(2) })
    expect(wire.of('silence')).toMatchObject([{ brokenBy: 0, outcome: 'unanswered' }])
    expect(wire.ends().summary.endReason).toBe('silent')
  })

  test('it closes in order', () => {
    const wire = doubtful().finishes(0, later).finishes(1).acknowledges(0)
    expect(challenged(wire)).toEqual([[1, 7, 10]])
    expect(wire.ends().summary).toMatchObject({ endReason: 'client-fin', endedBy: 0 })
  })

  test('a FIN before it stays the first end', () => {
    const wire = exchange().finishes(0).acknowledges(1).resets(1, { at: 121, flags: RST })
    wire.sends(1, 10).acknowledges(0).ends()
    expect(wire.summary).toMatchObject({ endReason: 'client-fin', endedBy: 0, idleBeforeEnd: STEP })
  })

  test('of both sides, both are challenged', () => {
    const wire = exchange().resets(1, { at: 121, flags: RST }).resets(0, { at: 111, flags: RST })
    wire.sends(0, 10, later).sends(1, 10)
    expect(challenged(wire)).toEqual([
      [0, 8, 10],
      [1, 7, 10],
    ])
  })
})

describe('a reset stays the end', () => {
  test.each<[string, (wire: Wire) => Wire]>([
    ['nobody is heard any more', (w) => w],
    ['its receiver asks in vain', (w) => w.sends(0, 10, later).repeats(0, 10, later).repeats(0, 10, later)],
    ['its sender, who knows nothing of it, goes on', (w) => w.sends(1, 10).repeats(1, 10, later)],
    ['and draws a reset', (w) => w.sends(1, 10).resets(0, { flags: RST })],
    ['what was on its way passes', (w) => w.sends(0, 10).acknowledges(1).sends(1, 10)],
    ['what is stored late passed before', (w) => w.sends(1, 10, { after: -3 * STEP }).acknowledges(0)],
    [
      'another one lies where its receiver stands',
      (w) => w.resets(1, { flags: RST }).sends(1, 10).acknowledges(0),
    ],
    ['the answer is to something else', (w) => w.sends(1, 10).acknowledges(0, { acknowledges: 21 })],
  ])('where %s', (_what, goesOn) => {
    const wire = goesOn(doubtful()).ends()
    expect(challenged(wire)).toEqual([])
    expect(wire.summary).toMatchObject({ endReason: 'server-rst', endedBy: 1 })
  })

  test.each<[string, Wire]>([
    ['where its sender goes on', exchange()],
    ['where its receiver stands', exchange().sends(1, 10)],
  ])('that is exactly %s', (_where, wire) => {
    wire.resets(1, { at: 21, flags: RST })
    wire.sends(0, 10, later).sends(1, 10).acknowledges(0).ends()
    expect(wire.summary.endReason).toBe('server-rst')
  })
})
