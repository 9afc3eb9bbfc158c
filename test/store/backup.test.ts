import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { backup } from '../../src/store/backup.ts'
import { openStore, StoreError } from '../../src/store/store.ts'
import { connection, STORY } from '../cli/output/story.ts'
import { analysed, captured, database, folder, one } from './database.ts'

test('a copy is whole, though somebody writes meanwhile', async () => {
  const store = database()
  const many = Array.from({ length: 60_000 }, (_, id) => connection({ id, agent: `agent-${id}` }))
  analysed(store, ['a'], [...many, ...STORY])
  const path = join(folder(), 'copy.db')
  const told: number[] = []
  let more = 0
  const onProgress = (fraction: number): void => {
    told.push(fraction)
    captured(store, `meanwhile ${more++}`)
    expect(existsSync(path)).toBe(false)
  }
  await backup(store, path, { onProgress })
  expect(told.length).toBeGreaterThan(1)
  const copy = openStore(path, { readOnly: true })
  expect(copy.db.pragma('integrity_check', { simple: true })).toBe('ok')
  for (const table of ['connection', 'occurrence', 'agent'])
    expect(one(copy, `SELECT count(*) FROM ${table}`)).toBe(one(store, `SELECT count(*) FROM ${table}`))
  copy.close()
})

test('nothing is replaced, and nothing left behind', async () => {
  const store = database()
  const path = join(folder(), 'copy.db')
  writeFileSync(path, 'mine')
  await expect(backup(store, path)).rejects.toThrow(
    new StoreError(`${path} is there already: a backup replaces nothing`),
  )
  await expect(backup(store, '/nowhere/copy.db')).rejects.toThrow(StoreError)
  expect(existsSync(`${path}.partial`)).toBe(false)
})
