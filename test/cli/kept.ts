/** Commands on a fixture of two taps, and a database in a folder of the test's own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { run } from '../../src/cli/main.ts'
import { openStore } from '../../src/store/store.ts'
import { ROOT } from '../source-tree.ts'
import { recordedConsole } from './console.ts'

export const FIXTURE = join(ROOT, 'fixtures/severed-by-load-balancer')
export const inputs = ['client', 'server'].map((tap) => `${tap}=${join(FIXTURE, `${tap}.pcap.gz`)}`)
export const config = ['--config', join(FIXTURE, 'holdfast.yaml')]

export interface Kept {
  /** The folder. */
  readonly place: string
  /** The database in it, which need not exist yet. */
  readonly db: string
  rows(sql: string): unknown[]
  count(table: string): unknown
}

/** Within a test: gone when it has finished. */
export function kept(): Kept {
  const place = mkdtempSync(join(tmpdir(), 'holdfast-kept-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  const db = join(place, 'test.db')
  const rows = (sql: string): unknown[] => {
    const store = openStore(db)
    try {
      return store.db.prepare(sql).all()
    } finally {
      store.close()
    }
  }
  return {
    place,
    db,
    rows,
    count: (table) => (rows(`SELECT count(*) AS n FROM ${table}`)[0] as { n: number }).n,
  }
}

/** Runs a command line in this process. */
export async function holdfast(...words: string[]) {
  const console = recordedConsole()
  const exitCode = await run(words, console)
  return { ...console.written, exitCode }
}
