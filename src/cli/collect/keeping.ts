/**
 * Checkpoints of one collection: read at its start, written every so often and at its end.
 *
 * Contract: as large as they may be, they take no more than a twentieth of the time: the next one waits for
 * that. What is in the journal and not in a checkpoint is as if it had not been seen.
 */
import { isoTime, MILLISECOND, type Micros } from '../../model/time.ts'
import type { JournalEntry } from '../../pipeline/live.ts'
import type { LiveState } from '../../model/view.ts'
import { systemReason } from '../failure.ts'
import { wallClock } from '../wall-clock.ts'
import { dropCheckpoints, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { Checkpoint, Part, SavedReader } from './checkpoint-parts.ts'
import type { FoundCheckpoint, ReadCheckpoint } from './checkpoint.ts'
import { Journal, type JournalEnd, journalEntries, NO_JOURNAL } from './journal.ts'
import { isOfBefore, renewedJournal, renewedLedger } from './renewed.ts'

/** At most this share of the time is spent on checkpoints. */
const SHARE_MAX = 1 / 20

export interface Keeping {
  /** What was left by the process before; null: nothing. */
  readonly before: Checkpoint | null
  /** Parts of it that another version of Holdfast kept otherwise, and that are made anew. */
  readonly lost: readonly Part[]
  /** Why what was left is of no use; null: it is, or nothing was. */
  readonly refused: string | null
  /** How far the source was read by then, even if all else is of no use; null: not at all. */
  readonly reader: SavedReader | null
  /** What happened until then; null: nobody can say. Throws where the journal is damaged. */
  entries(): Iterable<JournalEntry> | null
  /** What happened until then is of no use: it is written anew from now on. */
  renounce(): void
  add(entry: JournalEntry): void
  /** Writes one if it is time. */
  perhaps(make: () => Omit<Checkpoint, 'journal' | 'at'>): void
  /** Writes one. */
  write(make: () => Omit<Checkpoint, 'journal' | 'at'>): void
  /** The last one that was written. */
  readonly last: LiveState['checkpoint']
  /** It is over for good, and nothing is to be taken up. */
  forget(): void
  close(): void
}

/** `base`: the path that all of its files begin with; `says` is told what somebody has to mend. */
export function keeping(base: string, every: Micros, says: (sentence: string) => void): Keeping {
  const { before, lost, refused, reader, end } = leftBy(base, readCheckpoint(base))
  const isReplayed = before !== null && !lost.includes('journal')
  let journal = (isReplayed ? openedAt(base, before.journal) : null) ?? begunAfter(base, end)
  let due = performance.now() + every / MILLISECOND
  let last: LiveState['checkpoint'] = null
  let isClosed = false
  /** Where the journal ended in this checkpoint and in the one before. */
  const ends: JournalEnd[] = end === null ? [] : [end]
  const write = (make: () => Omit<Checkpoint, 'journal' | 'at'>): void => {
    const began = performance.now()
    const written = journal.write()
    const at = wallClock()
    const bytes = writeCheckpoint(base, { ...make(), journal: written, at })
    ends.push(written)
    while (ends.length > 2) {
      const [old] = ends.splice(0, 1)
      if (ends.every(({ generation }) => generation !== old!.generation)) journal.forget(old!.generation)
    }
    const took = performance.now() - began
    due = performance.now() + Math.max(every / MILLISECOND, took / SHARE_MAX)
    last = { at: isoTime(at), bytes: bytes + written.bytes, seconds: Math.round(took) / 1000 }
    if (journal.isLarge) compact(journal)
  }
  const compact = (large: Journal): void => {
    large.compact().catch((error: unknown) => {
      if (isClosed || journal !== large) return // it was closed meanwhile
      says(`its journal goes on growing, because it cannot be written anew: ${systemReason(error)}`)
    })
  }
  return {
    before,
    lost,
    refused,
    reader,
    entries: () => (isReplayed ? journalEntries(base, before.journal) : null),
    renounce() {
      journal.close()
      journal = begunAfter(base, end)
    },
    add: (entry) => journal.add(entry),
    perhaps(make) {
      if (performance.now() >= due) write(make)
    },
    write,
    get last() {
      return last
    },
    forget() {
      dropCheckpoints(base)
      for (const { generation } of ends) journal.forget(generation)
    },
    close() {
      isClosed = true
      journal.close()
    },
  }
}

interface Left extends Pick<Keeping, 'before' | 'lost' | 'refused' | 'reader'> {
  /** Of its journal, be it of use or not. */
  readonly end: JournalEnd | null
}

function leftBy(base: string, read: ReadCheckpoint): Left {
  if (read === null) return { before: null, lost: [], refused: null, reader: null, end: null }
  if ('refused' in read) return { before: null, lost: [], ...read, end: read.journal }
  const { found } = read
  return { ...renewed(base, read), refused: null, reader: found.reader, end: found.journal }
}

/** As it is written today. */
function renewed(base: string, { found, lost, formats }: FoundCheckpoint): Pick<Left, 'before' | 'lost'> {
  let { journal, analysis } = found
  if (analysis.ledger !== null && isOfBefore('incidents', formats.incidents))
    analysis = { ...analysis, ledger: renewedLedger(analysis.ledger, formats.incidents!) }
  if (!lost.includes('journal') && isOfBefore('journal', formats.journal)) {
    const again = renewedJournal(base, journal, formats.journal!)
    if (again === null) return { before: { ...found, analysis }, lost: [...lost, 'journal'] }
    journal = again
  }
  return { before: { ...found, analysis, journal }, lost }
}

/** Null where the file is gone. */
function openedAt(base: string, end: JournalEnd): Journal | null {
  try {
    return new Journal(base, end)
  } catch {
    return null
  }
}

/** In a file of its own: who goes back to the version before finds what that one wrote. */
const begunAfter = (base: string, end: JournalEnd | null): Journal =>
  new Journal(base, end === null ? NO_JOURNAL : { ...NO_JOURNAL, generation: end.generation + 1 })
