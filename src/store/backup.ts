/**
 * A copy of the database while it is used: the online backup of SQLite (https://sqlite.org/backup.html), of
 * one moment. The copy appears under its name when it is whole, and is its owner's alone.
 *
 * All pages go in one step: it reads as any reader does, so nobody waits for it. Between several steps a
 * commit of another process would have the copy begin anew, and of a database that is written all the time it
 * would never come to an end. Whoever calls it waits: it is no work for the thread of a server.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { explanation, OWNER_ONLY, type Store, StoreError } from './store.ts'

/** More than any database has. */
const ALL_PAGES = 0x7fff_ffff

/** Throws `StoreError` if there is such a file already, or it cannot be written. */
export async function backup(store: Store, path: string): Promise<void> {
  if (existsSync(path)) throw new StoreError(`${path} is there already: a backup replaces nothing`)
  const partial = `${path}.partial`
  remove(partial)
  try {
    closeSync(openSync(partial, 'wx', OWNER_ONLY))
    await store.db.backup(partial, { progress: () => ALL_PAGES })
    renameSync(partial, path)
  } catch (error) {
    remove(partial)
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new StoreError(`${path}: there is no such folder`)
    throw explanation(path, error) ?? new StoreError(`${path} cannot be written: ${message}`)
  }
}

const remove = (path: string): void => {
  for (const file of [path, `${path}-journal`]) rmSync(file, { force: true })
}
