import { expect, test } from 'vitest'
import { Losses, silenceBeforeReturn } from '../../src/detectors/losses.ts'
import type { World } from '../../src/model/event.ts'
import { half, Parties, silence, summaryOf } from '../sessions/parties.ts'

const surviving = (...seconds: number[]): World => ({ survived: () => seconds }) as unknown as World

test('a timer explains a loss if more were lost after such a silence than survived it', () => {
  const parties = new Parties()
  const byTimer = (seconds: number, ...survived: number[]): boolean =>
    new Losses().isByTimer(parties.sighting(), seconds, surviving(...survived))
  expect(byTimer(300)).toBe(true)
  expect(byTimer(300, 299)).toBe(true)
  expect(byTimer(300, 300)).toBe(false)
  expect(byTimer(300, ...Array<number>(100).fill(299))).toBe(true)
})

test('losses after longer silences count with it, of the same service and leg', () => {
  const parties = new Parties()
  const losses = new Losses()
  const world = surviving(...Array<number>(2).fill(500))
  const lost = (seconds: number, port: number): boolean =>
    losses.isByTimer(parties.sighting({ to: { address: '192.0.2.10', port } }), seconds, world)
  expect([lost(300, 443), lost(400, 443), lost(200, 8443), lost(250, 443)]).toEqual([
    false,
    false,
    false,
    true,
  ])
})

test('the silence is known by the return where nothing else shows it', () => {
  const parties = new Parties()
  const next = parties.sighting({ start: 400 })
  const left = parties.sighting()
  expect(silenceBeforeReturn(left, next)).toBe(null)
  left.end.summary = summaryOf(left, { halves: [half({ lastPacketAt: 100e6 }), half()] })
  expect(silenceBeforeReturn(left, next)).toBe(300)
  left.end.silence = silence(left, 'reset')
  expect(silenceBeforeReturn(left, next)).toBe(null)
  const relayed = parties.sighting({ leg: 'back' })
  relayed.end.silence = silence(relayed, 'closed', { from: 10, to: 310 })
  expect(silenceBeforeReturn(relayed, next)).toBe(300)
  relayed.end.silence = silence(relayed, 'closed', { from: 10, to: 310, brokenBy: 1 })
  expect(silenceBeforeReturn(relayed, next)).toBe(null)
})
