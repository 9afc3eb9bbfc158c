import { expect, test } from 'vitest'
import { estimatePersistence, persistenceTimer } from '../../../src/detectors/distribution/persistence.ts'

const stayed = (...list: readonly number[]) => list.map((seconds) => ({ seconds, stayed: true }))
const moved = (...list: readonly number[]) => list.map((seconds) => ({ seconds, stayed: false }))

test('a memory lies between the longest pause that it survived and the shortest that it did not', () => {
  expect(estimatePersistence([...moved(900, 310, 1200), ...stayed(60, 290, 120, 30, 10, 200, 100)])).toEqual({
    lowerSeconds: 290,
    upperSeconds: 310,
    stayed: 7,
    moved: 3,
    contradictions: 0,
    p: expect.closeTo(1 / 120, 9),
  })
})

test('who comes back by chance after a long pause contradicts nothing', () => {
  const found = estimatePersistence([...stayed(10, 20, 30, 40, 50, 60, 500, 700), ...moved(310, 900, 1000)])
  expect(found).toMatchObject({ lowerSeconds: 60, upperSeconds: 310, contradictions: 0 })
})

test('one move in ten may come early', () => {
  const long = Array.from({ length: 10 }, (_, i) => 310 + i)
  const short = Array.from({ length: 20 }, (_, i) => 10 + i * 10)
  const found = estimatePersistence([...moved(5, ...long), ...stayed(...short)])
  expect(found).toMatchObject({ lowerSeconds: 200, upperSeconds: 310, moved: 11, contradictions: 1 })
})

test('without moves there is nothing to bracket, without memory no timer', () => {
  expect(estimatePersistence(stayed(1, 2, 3))).toBeNull()
  const mixed = [...stayed(10, 30, 50, 70, 90), ...moved(20, 40, 60, 80, 100)]
  expect(persistenceTimer(mixed, mixed)).toBeNull()
})

test('the clock that explains more is the one', () => {
  const last = [...stayed(10, 60, 100, 30, 20, 15), ...moved(40, 12, 70)]
  const first = [...stayed(10, 20, 30, 40, 50, 60, 70), ...moved(310, 320, 330)]
  expect(persistenceTimer(last, first)).toMatchObject({ clock: 'first-contact', lowerSeconds: 70 })
  expect(persistenceTimer(first, last)).toMatchObject({ clock: 'last-contact', upperSeconds: 310 })
})
