import { expect, test } from 'vitest'
import { Undecided } from '../../src/detectors/undecided.ts'
import { seconds } from '../../src/model/time.ts'

const HOUR = seconds(3600)

test('what waits for proof is asked once an hour, for two days, and at the end', () => {
  const asked: [string, boolean][] = []
  const undecided: Undecided<string> = new Undecided((one, isLast) => {
    asked.push([one, isLast])
    if (!isLast) undecided.add(one, 0)
  })
  undecided.add('a', 0)
  undecided.timePassed(HOUR)
  undecided.timePassed(1.5 * HOUR)
  undecided.timePassed(2 * HOUR)
  expect(asked).toEqual([
    ['a', false],
    ['a', false],
  ])
  undecided.timePassed(49 * HOUR)
  undecided.ended()
  expect(asked.slice(2)).toEqual([['a', true]])
})

test('the oldest goes where there are too many, if it is told to', () => {
  const asked: number[] = []
  const undecided = new Undecided<number>((one) => void asked.push(one))
  let n = 0
  while (!undecided.isFull) undecided.add(n++, 0)
  expect(n).toBe(4096)
  undecided.dropOldest()
  expect(undecided.isFull).toBe(false)
  undecided.ended()
  expect([asked[0], asked.length]).toEqual([1, 4095])
})
