/** Fills a new database for load tests: written straight into the tables, the same for the same numbers. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { openStore } from '../../../src/store/store.ts'
import { fillConnections, fillSessions } from './connections.ts'
import { fillFindings } from './findings.ts'
import { fillParties } from './parties.ts'
import type { Plan } from './plan.ts'

/** Makes the database, or brings it up to date if it is there; an unfinished one is made anew. */
export function generate(path: string, plan: Plan): void {
  if (existsSync(path)) return openStore(path).close()
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.draft`
  for (const tail of ['', '-wal', '-shm']) rmSync(draft + tail, { force: true })
  const store = openStore(draft)
  const { db } = store
  db.pragma('journal_mode = DELETE')
  db.pragma('journal_mode = OFF')
  db.pragma('synchronous = OFF')
  db.pragma('foreign_keys = OFF')
  db.pragma('cache_size = -1000000')
  const steps: readonly [string, () => void][] = [
    ['parties', () => fillParties(db, plan)],
    ['connections', () => fillConnections(db, plan, (done) => console.log(`  ${done} connections`))],
    ['sessions', () => fillSessions(db, plan)],
    ['findings', () => fillFindings(store, plan)],
    ['statistics', () => void db.exec('PRAGMA analysis_limit = 1000; ANALYZE')],
  ]
  for (const [name, step] of steps) {
    const begun = performance.now()
    db.transaction(step)()
    console.log(`${name}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  }
  db.pragma('journal_mode = WAL')
  store.close()
  renameSync(draft, path)
  console.log(`${path}: ${(statSync(path).size / 1e9).toFixed(2)} GB`)
}
