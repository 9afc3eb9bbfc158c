import { appendFileSync, existsSync, mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Journal, journalEntries, NO_JOURNAL } from '../../../src/cli/collect/journal.ts'
import type { JournalEntry } from '../../../src/pipeline/live.ts'
import { folder } from '../../store/database.ts'

const entry = (kind: string, connection: number, time: number, address = '10.0.0.1'): JournalEntry =>
  ({
    kind,
    tap: '',
    connection,
    time,
    originator: { address, port: connection },
    responder: { address: '192.0.2.1', port: 443 },
  }) as unknown as JournalEntry

const tick = (time: number): JournalEntry => ({ kind: 'tick', time })
const times = (entries: Iterable<JournalEntry>): number[] => [...entries].map(({ time }) => time)

test('what a checkpoint names is replayed; what lies behind is cut off', () => {
  const base = join(folder(), 'j')
  const journal = new Journal(base, NO_JOURNAL)
  for (const time of [1, 2, 3]) journal.add(tick(time))
  journal.add(entry('connection-opened', 1, 4))
  const end = journal.write()
  journal.add(entry('connection-closed', 1, 5))
  journal.write()
  journal.close()
  appendFileSync(`${base}.journal-0`, 'half a block')
  expect(times(journalEntries(base, end))).toEqual([3, 4])
  const again = new Journal(base, end)
  again.add(tick(6))
  expect(times(journalEntries(base, again.write()))).toEqual([3, 4, 6])
  again.close()
  expect(statSync(`${base}.journal-0`).mode & 0o077).toBe(0)
})

test('one that is shorter than it should be is an error', () => {
  const base = join(folder(), 'j')
  const journal = new Journal(base, NO_JOURNAL)
  journal.add(entry('connection-opened', 1, 1))
  const end = journal.write()
  journal.close()
  truncateSync(`${base}.journal-0`, end.bytes - 1)
  expect(() => times(journalEntries(base, end))).toThrow('the journal is damaged')
})

test('compacted, it keeps open connections, the last of each pair, and the latest entries', async () => {
  const base = join(folder(), 'j')
  const journal = new Journal(base, NO_JOURNAL)
  journal.add(entry('connection-opened', 1, 1, '10.0.0.9'))
  for (let n = 2; n < 50; n++) {
    journal.add(entry('connection-opened', n, 10 * n))
    journal.add(entry('silence', n, 10 * n + 1))
    journal.add(entry('connection-closed', n, 10 * n + 2))
  }
  for (const time of [600, 601, 602]) journal.add(entry('dns-answer', 1_000, time))
  const compacting = journal.compact(2)
  journal.add(entry('connection-opened', 60, 700))
  await compacting
  journal.add(entry('connection-opened', 61, 701))
  const end = journal.write()
  expect(end).toMatchObject({ generation: 1, entries: 8 })
  expect(times(journalEntries(base, end))).toEqual([1, 490, 491, 492, 601, 602, 700, 701])
  journal.forget(0)
  expect(existsSync(`${base}.journal-0`)).toBe(false)
  journal.close()
})

test('that an open connection goes on is kept once', async () => {
  const base = join(folder(), 'j')
  const journal = new Journal(base, NO_JOURNAL)
  journal.add(entry('connection-opened', 1, 1))
  for (let time = 10; time < 60; time++) journal.add(entry('answering', 1, time))
  await journal.compact(2)
  const end = journal.write()
  expect(times(journalEntries(base, end))).toEqual([1, 58, 59])
  journal.add(entry('silence', 1, 60))
  journal.add(entry('silence', 1, 61))
  await journal.compact(2)
  expect(times(journalEntries(base, journal.write()))).toEqual([1, 59, 60, 61])
  journal.close()
})

test('where it cannot be written anew, it goes on as it was, and leaves nothing behind', async () => {
  const base = join(folder(), 'j')
  const journal = new Journal(base, NO_JOURNAL)
  for (let n = 1; n <= 5; n++) journal.add(entry('connection-opened', n, n))
  const end = journal.write()
  truncateSync(`${base}.journal-0`, end.bytes - 1)
  const open = readdirSync('/proc/self/fd').length
  await expect(journal.compact(2)).rejects.toThrow('the journal is damaged')
  expect(existsSync(`${base}.journal-1`)).toBe(false)
  mkdirSync(`${base}.journal-1`)
  await expect(journal.compact(2)).rejects.toThrow()
  expect(readdirSync('/proc/self/fd')).toHaveLength(open)
  journal.add(entry('connection-opened', 6, 6))
  expect(journal.write().generation).toBe(0)
  journal.close()
})
