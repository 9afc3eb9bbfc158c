import { expect, test } from 'vitest'
import type { Observation } from '../../src/model/observation.ts'
import { BlindTimes } from '../../src/sessions/blind-times.ts'

const blind = (...spans: [number, number][]): BlindTimes => {
  const times = new BlindTimes()
  for (const [start, end] of spans)
    times.isShown({ kind: 'capture-blind', tap: 'client', time: end, start, end })
  return times
}

test('what of a span was not seen, and what it may hide', () => {
  const times = blind([10, 20], [40, 41])
  expect([times.touches(0, 10), times.touches(0, 11), times.touches(20, 40), times.touches(15, 16)]).toEqual([
    false,
    true,
    false,
    true,
  ])
  // With each time goes one interval.
  expect([times.hiding(0, 50, 5), times.hiding(12, 30, 5), times.hiding(20, 40, 5)]).toEqual([21, 13, 0])
})

test('of many times the latest are known', () => {
  const times = blind(...Array.from({ length: 300 }, (_, i): [number, number] => [10 * i, 10 * i + 1]))
  expect([times.touches(0, 5), times.touches(440, 441), times.touches(2990, 2991)]).toEqual([
    false,
    true,
    true,
  ])
})

test('times that touch are one, however many they are', () => {
  const times = blind([5, 8], ...Array.from({ length: 300 }, (_, i): [number, number] => [20 + i, 22 + i]))
  expect([times.touches(6, 7), times.touches(8, 20), times.touches(20, 21), times.touches(320, 321)]).toEqual(
    [true, false, true, true],
  )
  expect(times.hiding(0, 400, 5)).toBe(3 + 5 + (321 - 20) + 5)
})

test('a try that nobody was seen to answer says nothing if somebody may have', () => {
  const times = blind([10, 20])
  const failed = (manner: string, start: number, time: number): boolean =>
    times.isShown({ kind: 'connection-failed', manner, start, time } as Observation)
  expect([
    failed('unanswered', 5, 12),
    failed('unanswered', 21, 30),
    failed('refused', 5, 12),
    failed('unanswered', 1, 9),
  ]).toEqual([false, true, true, true])
})
