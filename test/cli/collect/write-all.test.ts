/** What lasts of a collection on a full disk: as one counts a process that may write no file beyond 64 KB. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Checkpoint } from '../../../src/cli/collect/checkpoint-parts.ts'
import { readCheckpoint, writeCheckpoint } from '../../../src/cli/collect/checkpoint.ts'
import { Journal, journalEntries, NO_JOURNAL } from '../../../src/cli/collect/journal.ts'
import { ROOT } from '../../source-tree.ts'
import { folder } from '../../store/database.ts'

/** What a program prints, which is told the values and finds `large`, a text that does not fit. */
function confined(program: string, ...values: string[]): string {
  const limits = 'ulimit -f 64; exec "$0" --no-warnings --input-type=module --eval "$@"'
  const large = `import { randomBytes } from 'node:crypto'
    const large = randomBytes(100_000).toString('base64')`
  const args = ['-c', limits, process.execPath, `${large}\n${program}`, ...values]
  const { stdout, stderr } = spawnSync('bash', args, { cwd: ROOT, encoding: 'utf8' })
  return stdout + stderr
}

test('a checkpoint that does not fit leaves the one before where it is', () => {
  const base = join(folder(), 'c')
  const analysis = { run: { of: 'packets', connections: 'few' }, ledger: null, connections: 'few' }
  writeCheckpoint(base, { analysis, journal: NO_JOURNAL, reader: null, at: 1 } as unknown as Checkpoint)
  const program = `
    import { readCheckpoint, writeCheckpoint } from './src/cli/collect/checkpoint.ts'
    const [base] = process.argv.slice(1)
    const { found } = readCheckpoint(base)
    try { writeCheckpoint(base, { ...found, at: 2, day: large }) }
    catch (error) { console.log(error.code) }`
  expect(confined(program, base)).toBe('EFBIG\n')
  expect(readCheckpoint(base)).toMatchObject({ found: { at: 1 } })
})

test('a journal that does not fit ends where it did', () => {
  const base = join(folder(), 'j')
  const journal = new Journal(base, NO_JOURNAL)
  journal.add({ kind: 'tick', time: 1 })
  const end = journal.write()
  journal.close()
  const program = `
    import { Journal } from './src/cli/collect/journal.ts'
    const [base, end] = process.argv.slice(1)
    const journal = new Journal(base, JSON.parse(end))
    journal.add({ kind: 'connection-opened', large })
    try { journal.write() }
    catch (error) { console.log(error.code) }`
  expect(confined(program, base, JSON.stringify(end))).toBe('EFBIG\n')
  expect([...journalEntries(base, end)]).toEqual([{ kind: 'tick', time: 1 }])
})
