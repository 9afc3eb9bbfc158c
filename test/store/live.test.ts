import { expect, test } from 'vitest'
import { beginCollection, latestCollection, nextStream, noteLive } from '../../src/store/live.ts'
import { prepared } from '../../src/store/store.ts'
import type { LiveState } from '../../src/model/view.ts'
import { connectionNumber } from '../../src/model/connection.ts'
import { database, NOW } from './database.ts'

const facts = { collector: 'c', name: 'eth0', tap: 'client', at: NOW, config: null }
const live = { packets: 1, bytes: 60 } as LiveState

test('a collection that ended before it told anything leaves nothing behind; any other one stays', () => {
  const store = database()
  const states = (): unknown[] => prepared(store, 'SELECT state FROM analysis ORDER BY id').all()
  const first = beginCollection(store, facts)
  const second = beginCollection(store, facts)
  expect(states()).toEqual([{ state: 'running' }])
  expect(second.capture).toBe(first.capture)
  noteLive(store, second, live, NOW)
  beginCollection(store, facts)
  expect(states()).toEqual([{ state: 'done' }, { state: 'running' }])
  expect(latestCollection(store, 'c')).toEqual({ analysis: expect.any(Number), capture: first.capture })
})

test('streams go on behind the last one that was written, of whichever tap', () => {
  const store = database()
  const { analysis } = beginCollection(store, facts)
  expect(nextStream(store, analysis)).toBe(0)
  const insert = `INSERT INTO connection (analysis, input, number, start, "end", end_reason, survived, tap, facts)
    VALUES (?, 0, ?, 0, 0, 0, 0, '', x'')`
  const wrote = (stream: number, tap: number): void =>
    void prepared(store, insert).run(analysis, connectionNumber(stream, tap))
  wrote(70_000, 0)
  expect(nextStream(store, analysis)).toBe(70_001)
  wrote(70_005, 1)
  wrote(9, 3)
  expect(nextStream(store, analysis)).toBe(70_006)
})
