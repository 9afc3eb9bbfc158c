/** A database that a command works with, and what is wrong with it as a failure of one line. */
import { existsSync } from 'node:fs'
import { openStore, type Store, StoreError, type StoreOptions } from '../store/store.ts'
import { failure } from './failure.ts'

/** Runs `work` with the database open, and closes it. Throws a failure if it cannot be opened or used. */
export async function withStore<T>(
  path: string,
  options: StoreOptions & { readonly mustExist?: boolean },
  work: (store: Store) => T | Promise<T>,
): Promise<T> {
  const store = openedStore(path, options)
  try {
    return await work(store)
  } catch (error) {
    throw asFailure(error)
  } finally {
    store.close()
  }
}

/** Opens a database; throws a failure. */
export function openedStore(
  path: string,
  { mustExist = false, ...options }: StoreOptions & { readonly mustExist?: boolean } = {},
): Store {
  if (mustExist && !existsSync(path)) throw failure(`${path}: there is no such database`)
  try {
    return openStore(path, options)
  } catch (error) {
    throw asFailure(error)
  }
}

/** What is wrong with the database, for the caller to be told in one line; any other error as it is. */
export const asFailure = (error: unknown): unknown =>
  error instanceof StoreError ? failure(error.message) : error
