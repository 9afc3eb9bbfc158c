import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { backup } from '../../src/store/backup.ts'
import { openStore, StoreError } from '../../src/store/store.ts'
import { connection, STORY } from '../cli/output/story.ts'
import { analysed, database, folder, one } from './database.ts'

/** Commits as often as it can, from elsewhere, until its thread is ended. */
const WRITER = `
  const Sqlite = require('better-sqlite3')
  const { parentPort, workerData } = require('node:worker_threads')
  const db = new Sqlite(workerData, { timeout: 5000 })
  const write = db.prepare("INSERT INTO capture (name, size, uploaded) VALUES ('meanwhile', 1, 1)")
  for (let i = 0; ; i++) {
    write.run()
    if (i === 10) parentPort.postMessage('writes')
  }`

test('a copy is whole, though another process writes all the time', async () => {
  const store = database()
  const many = Array.from({ length: 30_000 }, (_, id) => connection({ id, agent: `agent-${id}` }))
  analysed(store, ['a'], [...many, ...STORY])
  const path = join(folder(), 'copy.db')
  const writer = new Worker(WRITER, { eval: true, workerData: store.path })
  try {
    await new Promise((resolve) => writer.once('message', resolve))
    await backup(store, path)
  } finally {
    await writer.terminate()
  }
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const copy = openStore(path, { readOnly: true })
  expect(copy.db.pragma('integrity_check', { simple: true })).toBe('ok')
  for (const table of ['connection', 'occurrence', 'agent'])
    expect(one(copy, `SELECT count(*) FROM ${table}`)).toBe(one(store, `SELECT count(*) FROM ${table}`))
  copy.close()
}, 60_000)

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
