/**
 * A copy of the database while it is used: the online backup of SQLite (https://sqlite.org/backup.html), in
 * steps, so that neither readers nor writers wait. The copy appears under its name when it is whole.
 */
import { existsSync, renameSync, rmSync } from 'node:fs'
import { explanation, type Store, StoreError } from './store.ts'

/** Pages copied between two turns of the event loop: 4 MiB. */
const PAGES_AT_ONCE = 1_024

export interface BackupOptions {
  /** 0 to 1. Somebody who writes meanwhile lets it grow again only if that is another process. */
  onProgress?(fraction: number): void
}

/** Throws `StoreError` if there is such a file already, or it cannot be written. */
export async function backup(store: Store, path: string, { onProgress }: BackupOptions = {}): Promise<void> {
  if (existsSync(path)) throw new StoreError(`${path} is there already: a backup replaces nothing`)
  const partial = `${path}.partial`
  remove(partial)
  try {
    await store.db.backup(partial, {
      progress({ totalPages, remainingPages }) {
        if (totalPages > 0) onProgress?.(1 - remainingPages / totalPages)
        return PAGES_AT_ONCE
      },
    })
    renameSync(partial, path)
  } catch (error) {
    remove(partial)
    throw explanation(path, error) ?? new StoreError(`${path} cannot be written: ${(error as Error).message}`)
  }
}

const remove = (path: string): void => {
  for (const file of [path, `${path}-journal`]) rmSync(file, { force: true })
}
