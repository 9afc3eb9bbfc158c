/**
 * What a live analysis observed, written down so that a restart can replay it: who is who, what detectors
 * remember and what is on the agenda are nothing but that. Observations are immutable and replay by design.
 *
 * Contract: blocks are appended, packed, and on the disk when `write` returns; a checkpoint says up to which
 * octet it goes, and what lies behind is cut off by who reads it. It is bounded: once it holds twice what
 * must be kept and no less than `ENTRIES_MAX`, it is compacted into the file of the next generation. Kept for
 * good are observations of open connections, of the last connection of each client to each server, and the
 * latest `ENTRIES_KEPT`; so nothing is lost of a silence that lasts, of where agents are, and of who they
 * are. What detectors had counted over longer than that begins anew, if there was a restart.
 *
 * It holds what passed, headers of requests included, as a capture does: only its owner may read it.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, rmSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Observation } from '../../model/observation.ts'
import type { JournalEntry } from '../../pipeline/live.ts'
import { writeAll } from './write-all.ts'

/** Entries that are kept whatever they are about, and from which number on it is compacted. */
export const ENTRIES_KEPT = 200_000
export const ENTRIES_MAX = 500_000
/** Entries of a block: what waits in memory, and what is unpacked at once. */
const BLOCK_ENTRIES = 4_096
/** Octets before a block: its length. */
const HEAD_BYTES = 4
const OWNER_ONLY = 0o600

/** Where a journal ends, as a checkpoint remembers it. */
export interface JournalEnd {
  readonly generation: number
  readonly bytes: number
  readonly entries: number
}

export const NO_JOURNAL: JournalEnd = { generation: 0, bytes: 0, entries: 0 }

const fileOf = (base: string, generation: number): string => `${base}.journal-${generation}`

export class Journal {
  private readonly base: string
  private fd: number
  private end: JournalEnd
  private waiting: JournalEntry[] = []
  private tick: JournalEntry | null = null
  /** Entries after the last compaction: what must be kept. */
  private kept: number
  private isCompacting = false

  /** Goes on behind `end`; what lies there is cut off. */
  constructor(base: string, end: JournalEnd) {
    this.base = base
    this.end = end
    this.kept = end.entries
    this.fd = openSync(fileOf(base, end.generation), end.bytes === 0 ? 'w+' : 'r+', OWNER_ONLY)
    ftruncateSync(this.fd, end.bytes)
  }

  /** Of times that came without anything, the last one before something says it all. */
  add(entry: JournalEntry): void {
    if (entry.kind === 'tick') {
      this.tick = entry
      return
    }
    if (this.tick !== null) this.waiting.push(this.tick)
    this.tick = null
    if (this.waiting.push(entry) >= BLOCK_ENTRIES) this.append()
  }

  /** Everything so far is on the disk when it returns. */
  write(): JournalEnd {
    if (this.tick !== null) this.waiting.push(this.tick)
    this.tick = null
    this.append()
    fsyncSync(this.fd)
    return this.end
  }

  close(): void {
    closeSync(this.fd)
  }

  /** The checkpoint that named earlier generations is not needed any more. */
  forget(generation: number): void {
    rmSync(fileOf(this.base, generation), { force: true })
  }

  /** Whether it is time to compact it. */
  get isLarge(): boolean {
    return !this.isCompacting && this.end.entries >= Math.max(ENTRIES_MAX, 2 * this.kept)
  }

  /**
   * Writes what must be kept into the next generation, a block at a time, so that others get their turn; what
   * was added meanwhile is copied at the end, and it goes on there. Rejects where that fails, and goes on as
   * it was: the next try is when there is twice as much.
   */
  async compact(entriesKept = ENTRIES_KEPT): Promise<void> {
    this.isCompacting = true
    let next: Journal | null = null
    try {
      this.append()
      const until = this.end
      this.kept = until.entries
      const isKept = await keeper(this.base, until, entriesKept)
      next = new Journal(this.base, { ...NO_JOURNAL, generation: until.generation + 1 })
      let number = 0
      for (const block of blocksOf(this.base, until)) {
        for (const entry of block) if (isKept(entry, number++)) next.add(entry)
        await pause()
      }
      next.append()
      this.append()
      for (const block of blocksOf(this.base, this.end, until.bytes))
        for (const entry of block) next.add(entry)
      next.append()
      const old = this.fd
      this.fd = next.fd
      this.end = next.end
      this.kept = next.end.entries
      next = null
      closeSync(old)
    } finally {
      this.isCompacting = false
      next?.close()
      if (next !== null) this.forget(next.end.generation)
    }
  }

  private append(): void {
    if (this.waiting.length === 0) return
    const packed = zstdCompressSync(serialize(this.waiting), {
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
    })
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUInt32LE(packed.length)
    writeAll(this.fd, Buffer.concat([head, packed]), this.end.bytes)
    const { generation, bytes, entries } = this.end
    this.end = {
      generation,
      bytes: bytes + HEAD_BYTES + packed.length,
      entries: entries + this.waiting.length,
    }
    this.waiting = []
  }
}

/** All entries up to where a checkpoint says that it ends. Throws where the file is not as it says. */
export function* journalEntries(base: string, end: JournalEnd): Generator<JournalEntry> {
  for (const block of blocksOf(base, end)) yield* block
}

function* blocksOf(base: string, { generation, bytes }: JournalEnd, from = 0): Generator<JournalEntry[]> {
  if (bytes === 0) return
  const fd = openSync(fileOf(base, generation), 'r')
  try {
    for (let at = from; at < bytes;) {
      const head = exactly(fd, HEAD_BYTES, at)
      const length = head.readUInt32LE()
      if (at + HEAD_BYTES + length > bytes) throw new Error('the journal is damaged')
      yield deserialize(zstdDecompressSync(exactly(fd, length, at + HEAD_BYTES))) as JournalEntry[]
      at += HEAD_BYTES + length
    }
  } finally {
    closeSync(fd)
  }
}

function exactly(fd: number, length: number, at: number): Buffer {
  const into = Buffer.alloc(length)
  if (readSync(fd, into, 0, length, at) < length) throw new Error('the journal is damaged')
  return into
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What is to be kept, by the entry and its number: found by a first look at all of it. */
async function keeper(
  base: string,
  end: JournalEnd,
  entriesKept: number,
): Promise<(entry: JournalEntry, number: number) => boolean> {
  const open = new Set<number>()
  const last = new Map<string, number>()
  const answering = new Map<number, number>()
  let count = 0
  for (const block of blocksOf(base, end)) {
    for (const entry of block) {
      const number = count++
      if (entry.kind === 'answering') answering.set(entry.connection, number)
      if (entry.kind === 'connection-opened') {
        open.add(entry.connection)
        last.set(pairOf(entry), entry.connection)
      } else if (entry.kind === 'connection-closed') open.delete(entry.connection)
    }
    await pause()
  }
  const latest = new Set(last.values())
  return (entry, number) => {
    if (number >= end.entries - entriesKept) return true
    const connection = 'connection' in entry ? entry.connection : null
    // Of a connection that is open for long, there are ever more.
    if (entry.kind === 'answering' && answering.get(entry.connection) !== number) return false
    return connection !== null && (open.has(connection) || latest.has(connection))
  }
}

const pairOf = ({ tap, originator, responder }: Observation & { kind: 'connection-opened' }): string =>
  `${tap}|${originator.address}|${responder.address}|${responder.port}`
