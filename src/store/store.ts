/**
 * The database file: opened, brought up to date, refused if it is not ours.
 *
 * Contract: one process may write and any number may read while it does (WAL, https://sqlite.org/wal.html).
 * With `synchronous=NORMAL` a commit survives the death of the process; `durably` makes one survive the
 * loss of power as well, for what somebody was told is kept. Migrations run in one transaction each, so a
 * database has a version whole or not at all.
 */
import Sqlite from 'better-sqlite3'
import type { Database, Statement } from 'better-sqlite3'
import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { APPLICATION_ID, MIGRATIONS } from './schema.data.ts'
import { columnsPacker } from './unpacked-connections.ts'

export interface Store {
  readonly db: Database
  readonly path: string
  readonly readOnly: boolean
  close(): void
}

/** What is wrong with a database file, in one sentence. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

export interface StoreOptions {
  /** Nothing is created or migrated: the file must exist and have this version. */
  readonly readOnly?: boolean
  /** A database of an older version is about to be brought up to date, which may take minutes. */
  onMigration?(): void
}

/** How long a statement waits for another writer. */
const BUSY_TIMEOUT_MS = 5_000
/** Pages held in memory per connection, in KiB; the indexes of 10 million connections take about 1 GiB. */
const CACHE_KIB = 65_536
/** The journal is cut back to this after a checkpoint, so that one large commit does not keep its space. */
const JOURNAL_BYTES_MAX = 64 << 20
/** Pages in the journal that set a checkpoint off: 16 MiB. */
const CHECKPOINT_PAGES = 4_096

/**
 * Opens the database at `path`; makes it if it does not exist.
 *
 * Throws `StoreError` if the file is no SQLite database, damaged, another program's, of a newer version, or
 * cannot be reached; if read-only, also if it does not exist or still has to be migrated.
 */
export function openStore(path: string, options: StoreOptions = {}): Store {
  const readOnly = options.readOnly ?? false
  if (readOnly && !existsSync(path)) throw new StoreError(`${path}: there is no such database`)
  return explained(path, () => {
    if (!readOnly) makeFor(path)
    const db = new Sqlite(path, { readonly: readOnly, fileMustExist: readOnly, timeout: BUSY_TIMEOUT_MS })
    try {
      prepareConnection(db, path, options)
      return { db, path, readOnly, close: () => void db.close() }
    } catch (error) {
      db.close()
      throw error
    }
  })
}

/** It holds packets, as a capture does; what SQLite puts beside it has the same mode. */
export const OWNER_ONLY = 0o600

/** Makes the file where it is missing. Why it cannot be, SQLite says better. */
function makeFor(path: string): void {
  if (path === ':memory:' || existsSync(path)) return
  try {
    closeSync(openSync(path, 'ax', OWNER_ONLY))
  } catch {
    // Another process may have made it meanwhile.
  }
}

function prepareConnection(
  db: Database,
  path: string,
  { readOnly = false, onMigration }: StoreOptions,
): void {
  db.pragma('trusted_schema = OFF')
  db.pragma(`cache_size = -${CACHE_KIB}`)
  db.pragma('temp_store = MEMORY')
  checkOwner(db, path)
  if (!readOnly) {
    // Only before the first table is made: freed pages can then be given back to the file system in steps.
    if (versionOf(db) === 0) db.pragma('auto_vacuum = INCREMENTAL')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    db.pragma(`journal_size_limit = ${JOURNAL_BYTES_MAX}`)
    if (versionOf(db) > 0 && versionOf(db) < MIGRATIONS.length) onMigration?.()
    migrate(db, path)
  }
  checkVersion(db, path)
  db.pragma('foreign_keys = ON')
}

const versionOf = (db: Database): number => db.pragma('user_version', { simple: true }) as number

/** Refuses what another program made: its identifier differs, or it has tables and no identifier. */
function checkOwner(db: Database, path: string): void {
  const application = db.pragma('application_id', { simple: true }) as number
  if (application === APPLICATION_ID) return
  const objects = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number
  if (application !== 0 || objects > 0 || versionOf(db) !== 0)
    throw new StoreError(`${path} is a database of another program, not of Holdfast`)
}

function checkVersion(db: Database, path: string): void {
  const version = versionOf(db)
  const latest = MIGRATIONS.length
  if (version > latest)
    throw new StoreError(
      `${path} was written by a newer Holdfast (schema ${version}; this one knows ${latest}): update Holdfast`,
    )
  if (version < latest)
    throw new StoreError(
      `${path} is of an older version (schema ${version} of ${latest}): open it once with 'holdfast serve'`,
    )
}

/** Each missing migration in a transaction of its own; another process may be doing the same. */
function migrate(db: Database, path: string): void {
  if (versionOf(db) === MIGRATIONS.length) return
  db.function('connection_facts', { deterministic: true }, columnsPacker())
  const step = db.transaction(() => {
    const version = versionOf(db)
    const sql = MIGRATIONS[version]
    if (sql === undefined) return false
    checkOwner(db, path)
    db.exec(sql)
    db.pragma(`application_id = ${APPLICATION_ID}`)
    db.pragma(`user_version = ${version + 1}`)
    return true
  })
  // Indexes are sorted: those of 10 million connections in 1.35 GB of memory otherwise, and in 0.2 so.
  db.pragma('temp_store = FILE')
  while (versionOf(db) < MIGRATIONS.length) if (!step.immediate()) break
  db.pragma('temp_store = MEMORY')
}

const statements = new WeakMap<Database, Map<string, Statement>>()

/** A statement, compiled once per connection. `sql` is a constant of the program: what differs is bound. */
export function prepared<Row = unknown>({ db }: Pick<Store, 'db'>, sql: string): Statement<unknown[], Row> {
  let known = statements.get(db)
  if (known === undefined) statements.set(db, (known = new Map()))
  let statement = known.get(sql)
  if (statement === undefined) known.set(sql, (statement = db.prepare(sql)))
  return statement as Statement<unknown[], Row>
}

/** All that `work` writes, or nothing of it. Within another transaction it is part of that one. */
export function atomically<T>({ db }: Pick<Store, 'db'>, work: () => T): T {
  if (db.inTransaction) return work()
  begin(db)
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite has rolled back by itself where it could not go on.
    if (db.inTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/**
 * Between two tries to be the one that writes. Whoever writes much pauses longer than this between
 * transactions: the wait of SQLite itself, up to 100 ms a step, would miss the pauses.
 */
const TRY_EVERY_MS = 1
const never = new Int32Array(new SharedArrayBuffer(4))

/** Waits for other writers as long as any statement does. */
function begin(db: Database): void {
  db.pragma('busy_timeout = 0')
  try {
    for (let tries = BUSY_TIMEOUT_MS / TRY_EVERY_MS; ; tries--) {
      try {
        db.exec('BEGIN IMMEDIATE')
        return
      } catch (error) {
        if (tries <= 0 || (error as { code?: string }).code !== 'SQLITE_BUSY') throw error
        Atomics.wait(never, 0, 0, TRY_EVERY_MS)
      }
    }
  } finally {
    db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }
}

/** How long a writer of much pauses between two transactions, so that others get a turn. */
const TURN_MS = 3
export const giveTurn = (): void => void Atomics.wait(never, 0, 0, TURN_MS)

/** Like `atomically`, but where somebody else writes just now nothing is done, and nobody waits. */
export function unlessBusy({ db }: Pick<Store, 'db'>, work: () => void): void {
  db.pragma('busy_timeout = 0')
  try {
    db.transaction(work).immediate()
  } catch (error) {
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error
  } finally {
    db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }
}

/** Like `atomically`, and on the disk when it returns, whatever happens to the machine. */
export function durably<T>(store: Pick<Store, 'db'>, work: () => T): T {
  const { db } = store
  if (db.inTransaction) return work()
  db.pragma('synchronous = FULL')
  try {
    return atomically(store, work)
  } finally {
    db.pragma('synchronous = NORMAL')
  }
}

/** Runs `work`; what SQLite has against the file is thrown as a `StoreError`. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explanation(path, error) ?? error
  }
}

/** What an error of SQLite means for whoever named the file; null if it is not about the file. */
export function explanation(path: string, error: unknown): StoreError | null {
  const { code, message } = error as { code?: unknown; message?: string }
  if (error instanceof TypeError && message?.includes('directory does not exist'))
    return new StoreError(`${path}: there is no such folder`)
  if (typeof code !== 'string') return null
  const reason = REASONS.find(([prefix]) => code.startsWith(prefix))?.[1]
  return reason === undefined ? null : new StoreError(reason(path))
}

const REASONS: readonly (readonly [string, (path: string) => string])[] = [
  ['SQLITE_NOTADB', (path) => `${path} is no database: another kind of file, or its beginning is damaged`],
  [
    'SQLITE_CORRUPT',
    (path) =>
      `${path} is damaged: restore a backup, or save what can be read with 'sqlite3 ${path} .recover'`,
  ],
  [
    'SQLITE_CANTOPEN',
    (path) =>
      statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
        ? `${path} is a directory; a database file is expected`
        : `${path} cannot be opened: is the folder there and writable?`,
  ],
  ['SQLITE_READONLY', (path) => `${path} cannot be written: it or its folder is read-only`],
  ['SQLITE_FULL', (path) => `${path} cannot grow: no space left on its file system`],
  ['SQLITE_IOERR', (path) => `${path} cannot be read or written: the file system reports an error`],
  ['SQLITE_BUSY', (path) => `${path} is held by another program that does not let go`],
  ['SQLITE_PERM', (path) => `${path} may not be opened: permission denied`],
]
