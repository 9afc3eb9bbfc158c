/**
 * Where a collection stands, on the disk: columns of open connections, what is half received, incidents, how
 * far its source and its journal were read.
 *
 * Contract: a checkpoint is whole or it is not there: it is written beside the one before, forced to the
 * disk, and takes its place; the one before is kept as well, with what it needs, so that a damaged file costs
 * the time between two. An upgrade must not lose connections that are open: what a checkpoint holds is in
 * parts with formats of their own, and those that this version reads are taken. Of one whose connections it
 * does not read, only how far the source was read.
 */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { syncFolder } from '../sync-folder.ts'
import { type Checkpoint, FORMATS, type Part, type Parted, type SavedReader } from './checkpoint-parts.ts'
import { inParts, WHOLE_FORMATS } from './checkpoint-whole.ts'
import type { JournalEnd } from './journal.ts'
import { writeAll } from './write-all.ts'

/** How the file is made: what follows its head is parts, and says their formats. */
export const FILE_FORMAT = 4

/** `HFCP`, the format, the SHA-256 of what follows. */
const MAGIC = Buffer.from('HFCP')
const FORMAT_AT = 4
const DIGEST_AT = 8
const BODY_AT = 40
const OWNER_ONLY = 0o600

const fileOf = (base: string): string => `${base}.checkpoint`
const beforeOf = (base: string): string => `${base}.checkpoint-before`

/** Answers the octets written. */
export function writeCheckpoint(base: string, checkpoint: Checkpoint): number {
  const body = serialize({ ...checkpoint, formats: formatsIn(checkpoint) } satisfies Parted)
  const head = Buffer.alloc(BODY_AT)
  MAGIC.copy(head)
  head.writeUInt32LE(FILE_FORMAT, FORMAT_AT)
  createHash('sha256').update(body).digest().copy(head, DIGEST_AT)
  const fresh = `${base}.checkpoint-new`
  const fd = openSync(fresh, 'w', OWNER_ONLY)
  try {
    writeAll(fd, head, 0)
    writeAll(fd, body, BODY_AT)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameIfThere(fileOf(base), beforeOf(base))
  renameSync(fresh, fileOf(base))
  syncFolder(dirname(base))
  return BODY_AT + body.length
}

function formatsIn({ analysis }: Checkpoint): Parted['formats'] {
  const parts: Part[] = [analysis.run.of, 'passing', 'incidents', 'journal']
  return Object.fromEntries(parts.map((part) => [part, FORMATS[part].at(-1)!]))
}

export interface FoundCheckpoint {
  /** Without the parts that are lost. */
  readonly found: Checkpoint
  /** Parts of formats that this version does not read. */
  readonly lost: readonly Part[]
  /** Of the parts, as they were written. */
  readonly formats: Parted['formats']
}

export interface RefusedCheckpoint {
  /** Why nothing else of it is of use. */
  readonly refused: string
  /** How far the source was read; null: nobody can tell. */
  readonly reader: SavedReader | null
  /** Where its journal ends. */
  readonly journal: JournalEnd | null
}

export type ReadCheckpoint = FoundCheckpoint | RefusedCheckpoint | null

/** The latest one that is whole and has connections that can be read; null without any. */
export function readCheckpoint(base: string): ReadCheckpoint {
  const answers = [fileOf(base), beforeOf(base)].map(readOne)
  const found = answers.find((answer) => answer !== null && 'found' in answer)
  return found ?? answers.find((answer) => answer !== null) ?? null
}

/** Nothing of it is needed any more: what it was of is over. */
export function dropCheckpoints(base: string): void {
  for (const file of [fileOf(base), beforeOf(base)]) rmSync(file, { force: true })
}

function readOne(file: string): ReadCheckpoint {
  let octets: Buffer
  try {
    octets = readFileSync(file)
  } catch {
    return null
  }
  if (octets.length < BODY_AT || !octets.subarray(0, MAGIC.length).equals(MAGIC))
    return refused(`${file} is no checkpoint`)
  const body = octets.subarray(BODY_AT)
  const digest = createHash('sha256').update(body).digest()
  if (!digest.equals(octets.subarray(DIGEST_AT, BODY_AT))) return refused(`${file} is damaged`)
  let its: Partial<Parted>
  try {
    its = deserialize(body) as Partial<Parted>
  } catch {
    // The engine reads what older ones wrote.
    return refused(`${file} was written under a newer Node.js`)
  }
  return fromBody(file, octets.readUInt32LE(FORMAT_AT), its)
}

const refused = (why: string, its: Partial<Checkpoint> = {}): RefusedCheckpoint => ({
  refused: why,
  reader: readerIn(its),
  journal: its.journal ?? null,
})

function fromBody(file: string, format: number, body: Partial<Parted>): ReadCheckpoint {
  const other = `${file} is of another version of Holdfast`
  const isWhole = WHOLE_FORMATS.includes(format)
  if (!isWhole && format !== FILE_FORMAT)
    return refused(`${other} (format ${format}, this one has ${FILE_FORMAT})`, body)
  const { formats, ...checkpoint } = isWhole ? inParts(body, format) : (body as Parted)
  const { of } = checkpoint.analysis.run
  const parts = [of, 'passing', 'incidents', 'journal'] as const
  const lost = parts.filter((part) => !isRead(part, formats[part]))
  if (!lost.includes(of)) return { found: without(checkpoint, lost), lost, formats }
  const its = `open connections have format ${formats[of]}, this one reads ${FORMATS[of].join(', ')}`
  return refused(`${other} (${its})`, body)
}

const isRead = (part: Part, format: number | undefined): boolean =>
  format !== undefined && FORMATS[part].includes(format)

function without(checkpoint: Checkpoint, lost: readonly Part[]): Checkpoint {
  const { run, ledger, connections } = checkpoint.analysis
  const analysis = {
    run: lost.includes('passing') ? { ...run, passing: null } : run,
    ledger: lost.includes('incidents') ? null : ledger,
    connections,
  }
  return { ...checkpoint, analysis }
}

/** An upgrade must not tell again what was told: how far the source was read has the same shape since the
 * first format. */
function readerIn({ reader }: Partial<Checkpoint>): SavedReader | null {
  if (reader === undefined || !Number.isSafeInteger(reader.number) || !Array.isArray(reader.interfaces))
    return null
  return reader
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
