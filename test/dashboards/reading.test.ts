/** One thing read again and again: how many requests are on their way, and whose answer stands. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startReading } from '../../dashboards/reading.ts'
import type { Reading, Told } from '../../dashboards/reading.ts'

interface Story {
  readonly reading: Reading<number[]>
  /** The latest that was told. */
  told(): Told<number[]>
  /** Of each request, oldest first. */
  readonly signals: AbortSignal[]
  readonly known: (number[] | null)[]
  answer(data: number[]): Promise<void>
  fail(): Promise<void>
}

function begin(known: number[] | null = null): Story {
  const signals: AbortSignal[] = []
  const asked: (number[] | null)[] = []
  const settles: { resolve: (data: number[]) => void; reject: (error: Error) => void }[] = []
  const told: Told<number[]>[] = []
  const reading = startReading<number[]>(
    (signal, had) => {
      signals.push(signal)
      asked.push(had)
      return new Promise((resolve, reject) => settles.push({ resolve, reject }))
    },
    { data: known, readAt: 0 },
    (now) => told.push(now),
  )
  const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0)
  return {
    reading,
    told: () => told.at(-1)!,
    signals,
    known: asked,
    answer: async (data) => (settles.at(-1)!.resolve(data), void (await settled())),
    fail: async () => (settles.at(-1)!.reject(new Error('no answer')), void (await settled())),
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('requests', () => {
  test('are one at a time: what asks meanwhile gets one afterwards, and ends none', async () => {
    const { reading, told, signals, answer } = begin()
    reading.reload()
    reading.reload()
    expect(signals).toHaveLength(1)
    await answer([1])
    expect(told()).toMatchObject({ data: [1], isLoading: true })
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
    await answer([2])
    expect(told()).toMatchObject({ data: [2], isLoading: false, error: null })
    expect(signals).toHaveLength(2)
  })

  test('one that nobody answers is given up when it is asked for anew', async () => {
    const { reading, told, signals, answer } = begin()
    await vi.advanceTimersByTimeAsync(20_000)
    reading.reload()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    await answer([1])
    expect(told()).toMatchObject({ data: [1], isLoading: false })
    expect(signals).toHaveLength(2)
  })

  test('one that fails leaves what was known', async () => {
    const { told, fail, known } = begin([1])
    await fail()
    expect(told()).toMatchObject({ data: [1], error: new Error('no answer'), isLoading: false })
    expect(known).toEqual([[1]])
  })

  test('after the end nothing is told', async () => {
    const { reading, told, signals, answer } = begin([1])
    const before = told()
    reading.end()
    await answer([2])
    expect(told()).toBe(before)
    expect(signals[0]?.aborted).toBe(true)
  })
})

describe('changes in place', () => {
  const add = (n: number) => (list: number[]) => (list.includes(n) ? list : [...list, n])

  test('are seen at once, and stay when an answer comes that is older', async () => {
    const { reading, told, answer } = begin([1])
    reading.change(add(2))
    expect(told().data).toEqual([1, 2])
    reading.change(() => [3])
    reading.change(add(4))
    await answer([1])
    expect(told().data).toEqual([3, 4])
  })

  test('before the first answer are done to that', async () => {
    const { reading, told, answer } = begin()
    reading.change(add(2))
    expect(told().data).toBe(null)
    await answer([1])
    expect(told().data).toEqual([1, 2])
  })

  test('are not done again to an answer that was asked for after them', async () => {
    const { reading, told, answer } = begin([1])
    reading.change(add(2))
    await answer([1])
    reading.reload()
    await answer([1])
    expect(told().data).toEqual([1])
  })
})
