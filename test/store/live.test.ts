import { expect, test } from 'vitest'
import { beginCollection, latestCollection, noteLive } from '../../src/store/live.ts'
import { prepared } from '../../src/store/store.ts'
import type { LiveState } from '../../src/model/view.ts'
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
