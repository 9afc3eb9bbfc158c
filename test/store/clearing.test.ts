import { afterEach, beforeEach, expect, test } from 'vitest'
import { dropUnusedPackets } from '../../src/store/clearing.ts'
import type { Store } from '../../src/store/store.ts'
import { analysed, captured, database, found, one } from './database.ts'
import { cut } from '../cli/output/story.ts'

let store: Store
beforeEach(() => {
  store = database()
})
afterEach(() => store.close())

test('packets that prove nothing go in short transactions, the others stay', () => {
  analysed(store, ['a'], found([cut()]))
  const capture = captured(store, 'b')
  const insert = store.db.prepare(`INSERT INTO packet
    (id, capture, number, time, nanoseconds, link_type, wire_length, bytes) VALUES (?, ?, ?, 0, 0, 1, 1, x'00')`)
  for (const id of [1, 4_999, 5_000, 5_001, 12_000]) insert.run(id, capture, id)
  store.db.exec('UPDATE evidence SET kept = 5000 WHERE ordinal = 0')
  const changes: unknown[] = []
  const exec = store.db.exec.bind(store.db)
  store.db.exec = (sql) => {
    const answer = exec(sql)
    if (sql === 'COMMIT') changes.push(one(store, 'SELECT count(*) FROM packet'))
    return answer
  }
  dropUnusedPackets(store)
  expect(changes).toEqual([3, 2, 1])
  expect(one(store, 'SELECT id FROM packet')).toBe(5_000)
})
