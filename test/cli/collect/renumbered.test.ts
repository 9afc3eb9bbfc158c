import { existsSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Journal, journalEntries, NO_JOURNAL } from '../../../src/cli/collect/journal.ts'
import { renumberedJournal } from '../../../src/cli/collect/journal-renumbered.ts'
import { connectionNumber } from '../../../src/model/connection.ts'
import type { JournalEntry } from '../../../src/pipeline/live.ts'
import { folder } from '../../store/database.ts'

/** The number of a connection in formats 1 and 2. */
const old = (stream: number, tap: number): number => stream * 65_536 + tap
const LATE = 3_000_000_000

const entry = (its: object): JournalEntry => its as JournalEntry
const OLD = [
  { kind: 'tick', time: 1 },
  { kind: 'connection-opened', connection: old(7, 0) },
  { kind: 'continuation', connection: old(LATE, 65_535), previous: old(0, 2) },
  { kind: 'connection-closed', connection: old(8, 1), summary: { connection: old(8, 1), stream: 8 } },
  { kind: 'dns-answer', connection: null },
  { kind: 'capture-blind', time: 5 },
].map(entry)
const NEW = [
  { kind: 'tick', time: 1 },
  { kind: 'connection-opened', connection: 7 },
  { kind: 'continuation', connection: connectionNumber(LATE, 65_535), previous: connectionNumber(0, 2) },
  {
    kind: 'connection-closed',
    connection: connectionNumber(8, 1),
    summary: { connection: connectionNumber(8, 1), stream: 8 },
  },
  { kind: 'dns-answer', connection: null },
  { kind: 'capture-blind', time: 5 },
]

function written(base: string): ReturnType<Journal['write']> {
  const journal = new Journal(base, NO_JOURNAL)
  for (const one of OLD) journal.add(one)
  const end = journal.write()
  journal.close()
  return end
}

test('connections have the numbers of today, and the file of before stays for who goes back to it', () => {
  const base = join(folder(), 'j')
  const end = written(base)
  const again = renumberedJournal(base, end)
  expect(again).toMatchObject({ generation: 1, entries: OLD.length })
  expect([...journalEntries(base, again)]).toEqual(NEW)
  expect([...journalEntries(base, end)]).toEqual(OLD)
})

test('one that is damaged is left as it is', () => {
  const base = join(folder(), 'j')
  const end = written(base)
  truncateSync(`${base}.journal-0`, end.bytes - 1)
  expect(renumberedJournal(base, end)).toBe(end)
  expect(existsSync(`${base}.journal-0`)).toBe(true)
})
