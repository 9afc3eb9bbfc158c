/**
 * Journals of formats 1 and 2 are written anew, because connections were numbered otherwise then: a stream's
 * number times 2^16, plus the position of its tap.
 */
import { type ConnectionId, connectionNumber } from '../../model/connection.ts'
import type { JournalEntry } from '../../pipeline/live.ts'
import { Journal, type JournalEnd, journalEntries, NO_JOURNAL } from './journal.ts'

/** The first format with the numbers of today. */
export const RENUMBERED = 3
const TAPS = 1 << 16

/** Where the journal ends that says the same as the one up to `end`, in the next generation; that one stays
 * as it is. One that is damaged is left to who reads it. */
export function renumberedJournal(base: string, end: JournalEnd): JournalEnd {
  const next = new Journal(base, { ...NO_JOURNAL, generation: end.generation + 1 })
  try {
    for (const entry of journalEntries(base, end)) next.add(renumbered(entry))
    return next.write()
  } catch {
    return end
  } finally {
    next.close()
  }
}

function renumbered(entry: JournalEntry): JournalEntry {
  if (!('connection' in entry) || entry.connection === null) return entry
  const its = { ...entry, connection: numberOf(entry.connection) }
  if ('summary' in its)
    return { ...its, summary: { ...its.summary, connection: numberOf(its.summary.connection) } }
  return 'previous' in its ? { ...its, previous: numberOf(its.previous) } : its
}

const numberOf = (number: ConnectionId): ConnectionId =>
  connectionNumber(Math.floor(number / TAPS), number % TAPS)
