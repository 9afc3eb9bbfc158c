import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import {
  CHANGES_MAX,
  changesAfter,
  firstChange,
  lastChange,
  pruneChanges,
  recordChange,
  watchChanges,
} from '../../src/store/changes.ts'
import { captured, database, NOW } from './database.ts'

test('changes are numbered in order, and read from anywhere', () => {
  const store = database()
  expect([lastChange(store), firstChange(store)]).toEqual([0, null])
  for (let i = 1; i <= 5; i++) recordChange(store, 'incident', i, i % 2 === 1, NOW + i)
  expect(changesAfter(store, 2, 2)).toEqual([
    { id: 3, at: NOW + 3, kind: 'incident', subject: 3, isNew: true },
    { id: 4, at: NOW + 4, kind: 'incident', subject: 4, isNew: false },
  ])
  expect([lastChange(store), firstChange(store)]).toEqual([5, 1])
})

test('old ones are dropped, and numbers never given again', () => {
  const store = database()
  store.db.prepare("INSERT INTO change VALUES (?, 0, 'capture', 1, 1)").run(CHANGES_MAX + 3)
  store.db.exec("INSERT INTO change VALUES (3, 0, 'capture', 1, 1), (4, 0, 'capture', 1, 1)")
  pruneChanges(store)
  expect([firstChange(store), lastChange(store)]).toEqual([4, CHANGES_MAX + 3])
  store.db.exec('DELETE FROM change')
  recordChange(store, 'capture', 1, true, NOW)
  expect(changesAfter(store, 0, 10).map((change) => change.id)).toEqual([CHANGES_MAX + 4])
})

test('a watcher hears of commits of its own process and of others, until it stops', async () => {
  const store = database()
  const heard: number[] = []
  const stop = watchChanges(store, (last) => heard.push(last), { everyMs: 5 })
  captured(store, 'a')
  await vi.waitFor(() => expect(heard).toEqual([1]))
  const other = fork(join(import.meta.dirname, 'crash', 'changer.ts'), [store.path])
  await once(other, 'exit')
  await vi.waitFor(() => expect(heard).toEqual([1, 2]))
  stop()
  captured(store, 'b')
  await sleep(50)
  expect(heard).toEqual([1, 2])
})
