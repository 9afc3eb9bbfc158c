/** SQLite's lock of a file: the system takes it back when the process ends, by whatever signal. */
import Sqlite from 'better-sqlite3'

/** Locks a file, which is made where it is missing; the answer unlocks it. Null if another one holds it. */
export function lockFile(file: string): (() => void) | null {
  const db = new Sqlite(file, { timeout: 0 })
  try {
    db.pragma('locking_mode = EXCLUSIVE')
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) return null
    throw error
  }
  return () => void db.close()
}
