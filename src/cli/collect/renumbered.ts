/**
 * Connections were numbered otherwise in journals of formats 1 and 2, and in accounts of incidents of format
 * 1: by a stream's number times 2^16, plus the position of its tap. What an older version left is written
 * anew.
 */
import { Occurrences } from '../../incidents/occurrences.ts'
import type { SavedLedger } from '../../incidents/ledger.ts'
import { type ConnectionId, connectionNumber } from '../../model/connection.ts'
import type { Finding } from '../../model/incident.ts'
import type { JournalEntry } from '../../pipeline/live.ts'
import type { Part } from './checkpoint-parts.ts'
import { Journal, type JournalEnd, journalEntries, NO_JOURNAL } from './journal.ts'

/** The first formats with the numbers of today; other parts hold none. */
const RENUMBERED: Partial<Readonly<Record<Part, number>>> = { journal: 3, incidents: 2 }
const TAPS = 1 << 16

/** Whether a part of that format holds numbers of before. */
export const isNumberedOtherwise = (part: Part, format: number | undefined): boolean =>
  format !== undefined && format < (RENUMBERED[part] ?? 0)

/** Where the journal ends that says the same as the one up to `end`, in the next generation; that one stays
 * as it is. Null where it is damaged, or the new one cannot be written. */
export function renumberedJournal(base: string, end: JournalEnd): JournalEnd | null {
  const next = new Journal(base, { ...NO_JOURNAL, generation: end.generation + 1 })
  try {
    for (const entry of journalEntries(base, end)) next.add(renumbered(entry))
    return next.write()
  } catch {
    return null
  } finally {
    next.close()
  }
}

export const renumberedLedger = ({ cases, ...its }: SavedLedger): SavedLedger => ({
  ...its,
  cases: cases.map((one) => {
    const [first, ...others] = new Occurrences(one.findings).all().map(finding)
    const findings = new Occurrences({
      packed: [],
      latest: [first!],
      first: finding(one.findings.first),
      count: 1,
    })
    for (const other of others) findings.add(other)
    return { ...one, findings: findings.save() }
  }),
})

function renumbered(entry: JournalEntry): JournalEntry {
  if (!('connection' in entry) || entry.connection === null) return entry
  const its = { ...entry, connection: numberOf(entry.connection) }
  if ('summary' in its)
    return { ...its, summary: { ...its.summary, connection: numberOf(its.summary.connection) } }
  return 'previous' in its ? { ...its, previous: numberOf(its.previous) } : its
}

const finding = (one: Finding): Finding =>
  one.connection === null ? one : { ...one, connection: numberOf(one.connection) }

const numberOf = (number: ConnectionId): ConnectionId =>
  connectionNumber(Math.floor(number / TAPS), number % TAPS)
