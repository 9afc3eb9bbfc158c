/**
 * What older versions left is written anew as it is today. Connections were numbered otherwise in journals of
 * formats 1 and 2, and in accounts of incidents of format 1: by a stream's number times 2^16, plus the
 * position of its tap. Journals up to format 4 do not say when the packets of openings and TLS
 * handshakes passed, and accounts up to format 2 not whose connections evidence is of.
 */
import { Occurrences } from '../../incidents/occurrences.ts'
import type { SavedLedger } from '../../incidents/ledger.ts'
import { type ConnectionId, connectionNumber } from '../../model/connection.ts'
import type { Finding } from '../../model/incident.ts'
import type { JournalEntry } from '../../pipeline/live.ts'
import type { Part } from './checkpoint-parts.ts'
import { Journal, type JournalEnd, journalEntries, NO_JOURNAL } from './journal.ts'

/** The formats of today, and the first ones with its numbers; of other parts nothing is written anew. */
const TODAY: Partial<Readonly<Record<Part, number>>> = { journal: 5, incidents: 3 }
const RENUMBERED = { journal: 3, incidents: 2 }
const TAPS = 1 << 16

/** Whether a part of that format is to be written anew. */
export const isOfBefore = (part: Part, format: number | undefined): boolean =>
  format !== undefined && format < (TODAY[part] ?? 0)

/** Where the journal ends that says the same as the one of that format up to `end`, in the next generation;
 * that one stays as it is. Null where it is damaged, or the new one cannot be written. */
export function renewedJournal(base: string, end: JournalEnd, format: number): JournalEnd | null {
  const next = new Journal(base, { ...NO_JOURNAL, generation: end.generation + 1 })
  try {
    for (const entry of journalEntries(base, end))
      next.add(completed(format < RENUMBERED.journal ? renumbered(entry) : entry))
    return next.write()
  } catch {
    return null
  } finally {
    next.close()
  }
}

export function renewedLedger({ cases, ...its }: SavedLedger, format: number): SavedLedger {
  const renewed = (one: Finding): Finding => withEnds(format < RENUMBERED.incidents ? withNumber(one) : one)
  return {
    ...its,
    cases: cases.map((one) => {
      const [first, ...others] = new Occurrences(one.findings).all().map(renewed)
      const findings = new Occurrences({
        packed: [],
        latest: [first!],
        first: renewed(one.findings.first),
        count: 1,
      })
      for (const other of others) findings.add(other)
      return { ...one, findings: findings.save() }
    }),
  }
}

/** They were told when they were known: their packets had passed by then, and shortly before. */
function completed(entry: JournalEntry): JournalEntry {
  if (entry.kind === 'opening') return { ...entry, packetTime: entry.time }
  if (entry.kind !== 'tls-handshake') return entry
  const { time } = entry
  const client = entry.client === null ? null : { ...entry.client, time }
  return { ...entry, client, certificatesIn: null, packetTime: time }
}

/** Nobody knows them; the finding's own stand beside. */
function withEnds(one: Finding): Finding {
  const [first, ...others] = one.evidence.map((item) => ({ ...item, ends: null }))
  return { ...one, evidence: [first!, ...others] }
}

function renumbered(entry: JournalEntry): JournalEntry {
  if (!('connection' in entry) || entry.connection === null) return entry
  const its = { ...entry, connection: numberOf(entry.connection) }
  if ('summary' in its)
    return { ...its, summary: { ...its.summary, connection: numberOf(its.summary.connection) } }
  return 'previous' in its ? { ...its, previous: numberOf(its.previous) } : its
}

const withNumber = (one: Finding): Finding =>
  one.connection === null ? one : { ...one, connection: numberOf(one.connection) }

const numberOf = (number: ConnectionId): ConnectionId =>
  connectionNumber(Math.floor(number / TAPS), number % TAPS)
