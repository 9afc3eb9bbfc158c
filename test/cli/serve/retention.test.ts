import assert from 'node:assert'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pino } from 'pino'
import { keepRetention } from '../../../src/cli/serve/retention.ts'
import type { CaptureFolder } from '../../../src/cli/serve/folder.ts'
import type { ThreadEnd, ThreadListener } from '../../../src/cli/serve/thread.ts'
import { database } from '../../store/database.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function kept() {
  const threads: { readonly wishes: string[]; end(end: ThreadEnd): void; listener: ThreadListener }[] = []
  const keep = { maxAgeSeconds: 1, maxBytes: null }
  const stop = keepRetention({
    plan: { captures: keep, rows: keep },
    store: database(),
    folder: { remove: () => assert.fail('permission denied') } as unknown as CaptureFolder,
    logger: pino({ level: 'silent' }),
    startThread(_, listener) {
      const { promise, resolve } = Promise.withResolvers<ThreadEnd>()
      const wishes: string[] = []
      threads.push({ wishes, end: resolve, listener })
      return { end: promise, wish: (wish) => void wishes.push(wish) }
    },
  })
  return { threads, stop }
}

test('one pass at a time, from time to time', async () => {
  const { threads, stop } = kept()
  await vi.advanceTimersByTimeAsync(60_000)
  await vi.advanceTimersByTimeAsync(1_200_000)
  expect(threads).toHaveLength(1)
  threads[0]!.end({ state: 'died', reason: 'no memory' })
  await vi.advanceTimersByTimeAsync(600_000)
  expect(threads).toHaveLength(2)
  threads[1]!.end({ state: 'done' })
  await stop()
  await vi.advanceTimersByTimeAsync(1_200_000)
  expect(threads).toHaveLength(2)
})

test('stopping breaks a pass off, and waits until its thread has gone', async () => {
  const { threads, stop } = kept()
  await vi.advanceTimersByTimeAsync(60_000)
  let isOver = false
  const stopped = stop().then(() => (isOver = true))
  await vi.advanceTimersByTimeAsync(0)
  expect([threads[0]!.wishes, isOver]).toEqual([['leave'], false])
  threads[0]!.end({ state: 'died', reason: 'ended' })
  await stopped
  expect(isOver).toBe(true)
})

test('a file that cannot be removed takes nothing else with it', async () => {
  const { threads, stop } = kept()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(() => threads[0]!.listener.onUnkept!('0'.repeat(64))).not.toThrow()
  threads[0]!.end({ state: 'done' })
  await stop()
})
