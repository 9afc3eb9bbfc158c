import Sqlite from 'better-sqlite3'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { APPLICATION_ID, MIGRATIONS } from '../../src/store/schema.data.ts'
import { atomically, durably, explained, explanation, openStore, StoreError } from '../../src/store/store.ts'
import { database, folder, one } from './database.ts'

const refusal = (path: string, readOnly = false): string => {
  try {
    openStore(path, { readOnly }).close()
  } catch (error) {
    if (error instanceof StoreError) return error.message
    throw error
  }
  return 'opened'
}

function fresh(): string {
  const path = join(folder(), 'holdfast.db')
  openStore(path).close()
  return path
}

describe('a new database', () => {
  test('is for its owner alone, with what stands beside it', () => {
    const { path } = database()
    for (const file of [path, `${path}-wal`, `${path}-shm`])
      expect.soft([file, statSync(file).mode & 0o777]).toEqual([file, 0o600])
  })

  test('has the version, the identifier and the modes that the rest relies on', () => {
    const { db } = database()
    const pragmas = [
      'user_version',
      'application_id',
      'journal_mode',
      'synchronous',
      'foreign_keys',
      'auto_vacuum',
    ]
    expect(pragmas.map((name) => db.pragma(name, { simple: true }))).toEqual([
      MIGRATIONS.length,
      APPLICATION_ID,
      'wal',
      1,
      1,
      2,
    ])
    const lax =
      "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'"
    expect(db.prepare(lax).all()).toEqual([])
  })

  test('is the same when it is opened again', () => {
    const path = fresh()
    const before = readFileSync(path)
    openStore(path).close()
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('is made once by two processes that come at the same time', async () => {
    const path = join(folder(), 'holdfast.db')
    const opener = join(import.meta.dirname, 'crash', 'opener.ts')
    const processes = Array.from({ length: 4 }, () => fork(opener, [path]))
    const codes = await Promise.all(processes.map((process) => once(process, 'exit')))
    expect(codes.map(([code]) => code as number)).toEqual([0, 0, 0, 0])
    expect(refusal(path)).toBe('opened')
  })
})

describe('what is refused, and how', () => {
  test('a newer version', () => {
    const path = fresh()
    const db = new Sqlite(path)
    db.pragma(`user_version = ${MIGRATIONS.length + 1}`)
    db.close()
    const known = `schema ${MIGRATIONS.length + 1}; this one knows ${MIGRATIONS.length}`
    expect(refusal(path)).toBe(`${path} was written by a newer Holdfast (${known}): update Holdfast`)
  })

  test.each([
    ['with an identifier', `PRAGMA application_id = 7`],
    ['without', 'CREATE TABLE theirs (x)'],
  ])("another program's database %s", (_, sql) => {
    const path = join(folder(), 'other.db')
    const db = new Sqlite(path)
    db.exec(sql)
    db.close()
    const before = readFileSync(path)
    expect(refusal(path)).toBe(`${path} is a database of another program, not of Holdfast`)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('a file that is no database', () => {
    const path = join(folder(), 'notes.txt')
    writeFileSync(path, 'not a database at all, but long enough to have a header of some kind: '.repeat(9))
    expect(refusal(path)).toContain('is no database')
  })

  test('a damaged one, when the damage is met', () => {
    const path = fresh()
    const db = new Sqlite(path)
    const page = db
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'incident'")
      .pluck()
      .get() as number
    db.close()
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.alloc(4096, 0xa5), 0, undefined, (page - 1) * 4096)
    closeSync(file)
    const store = openStore(path)
    const ask = (): unknown => explained(path, () => one(store, 'SELECT title FROM incident'))
    expect(ask).toThrow(new StoreError(explanation(path, { code: 'SQLITE_CORRUPT' })?.message))
    store.close()
  })

  test('one of which the schema cannot be read', () => {
    const path = fresh()
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.alloc(3_900, 0xa5), 0, undefined, 100)
    closeSync(file)
    expect(refusal(path)).toContain(`${path} is damaged`)
  })

  test('a shortened one', () => {
    const path = fresh()
    truncateSync(path, 4096)
    expect(refusal(path)).toContain(`${path} is damaged`)
  })

  test('a folder that is not there, and reading what is not there', () => {
    const path = join(folder(), 'missing', 'holdfast.db')
    expect(refusal(path)).toBe(`${path}: there is no such folder`)
    expect(refusal(path, true)).toBe(`${path}: there is no such database`)
  })

  test('a folder in its place', () => {
    const path = folder()
    expect(refusal(path)).toBe(`${path} is a directory; a database file is expected`)
  })

  test('writing through a read-only store', () => {
    const store = openStore(fresh(), { readOnly: true })
    expect(() => store.db.exec("INSERT INTO setting VALUES ('a', 'b')")).toThrow(/readonly/)
    store.close()
  })
})

describe('transactions', () => {
  test('are all or nothing, also one within another', () => {
    const store = database()
    const insert = (name: string): void =>
      void store.db.prepare('INSERT INTO setting VALUES (?, ?)').run(name, 'x')
    const attempt = (): void =>
      atomically(store, () => {
        insert('a')
        durably(store, () => insert('b'))
        throw new Error('no')
      })
    expect(attempt).toThrow('no')
    expect(one(store, "SELECT count(*) FROM setting WHERE name IN ('a', 'b')")).toBe(0)
    expect(store.db.inTransaction).toBe(false)
  })

  test('that must last are synchronised, others are not', () => {
    const store = database()
    const mode = (): unknown => store.db.pragma('synchronous', { simple: true })
    expect(durably(store, mode)).toBe(2)
    expect(atomically(store, mode)).toBe(1)
  })

  test('wait for another writer', async () => {
    const store = database()
    const holder = fork(join(import.meta.dirname, 'crash', 'opener.ts'), [store.path, '300'])
    await once(holder, 'message')
    // What the other one wrote is there: it was first.
    expect(atomically(store, () => one(store, "SELECT value FROM setting WHERE name = 'held'"))).toBe('yes')
    await once(holder, 'exit')
  })
})
