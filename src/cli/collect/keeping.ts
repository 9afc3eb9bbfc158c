/**
 * Checkpoints of one collection: read at its start, written every so often and at its end.
 *
 * Contract: as large as they may be, they take no more than a twentieth of the time: the next one waits for
 * that. What is in the journal and not in a checkpoint is as if it had not been seen.
 */
import { isoTime, MILLISECOND, type Micros } from '../../model/time.ts'
import type { JournalEntry } from '../../pipeline/live.ts'
import type { LiveState } from '../../model/view.ts'
import { dropCheckpoints, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { Checkpoint, SavedReader } from './checkpoint.ts'
import { Journal, type JournalEnd, journalEntries, NO_JOURNAL } from './journal.ts'

/** At most this share of the time is spent on checkpoints. */
const SHARE_MAX = 1 / 20

export interface Keeping {
  /** What was left by the process before; null: nothing. */
  readonly before: Checkpoint | null
  /** Why what was left is of no use; null: it is, or nothing was. */
  readonly refused: string | null
  /** How far the source was read by then, even if all else is of no use; null: not at all. */
  readonly reader: SavedReader | null
  /** What happened until then. */
  entries(): Iterable<JournalEntry>
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

/** `base`: the path that all of its files begin with. */
export function keeping(base: string, every: Micros): Keeping {
  const read = readCheckpoint(base)
  const before = read !== null && 'found' in read ? read.found : null
  const refused = read !== null && 'refused' in read ? read.refused : null
  const reader = before?.reader ?? (read !== null && 'refused' in read ? read.reader : null)
  const journal = new Journal(base, before?.journal ?? NO_JOURNAL)
  let due = performance.now() + every / MILLISECOND
  let last: LiveState['checkpoint'] = null
  /** Where the journal ended in this checkpoint and in the one before. */
  const ends: JournalEnd[] = before === null ? [] : [before.journal]
  const write = (make: () => Omit<Checkpoint, 'journal' | 'at'>): void => {
    const began = performance.now()
    const end = journal.write()
    const at = Date.now() * 1000
    const bytes = writeCheckpoint(base, { ...make(), journal: end, at })
    ends.push(end)
    while (ends.length > 2) {
      const [old] = ends.splice(0, 1)
      if (ends.every(({ generation }) => generation !== old!.generation)) journal.forget(old!.generation)
    }
    const took = performance.now() - began
    due = performance.now() + Math.max(every / MILLISECOND, took / SHARE_MAX)
    last = { at: isoTime(at), bytes: bytes + end.bytes, seconds: Math.round(took) / 1000 }
    if (journal.isLarge) void journal.compact().catch(() => undefined)
  }
  return {
    before,
    refused,
    reader,
    entries: () => (before === null ? [] : journalEntries(base, before.journal)),
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
    close: () => journal.close(),
  }
}
