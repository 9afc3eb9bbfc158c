/**
 * Where a collection stands, on the disk: columns of open connections, what is half received, incidents, how
 * far its source and its journal were read.
 *
 * Contract: a checkpoint is whole or it is not there: it is written beside the one before, forced to the
 * disk, and takes its place; the one before is kept as well, with what it needs, so that a damaged file costs
 * the time between two. Of one of another format only is taken how far the source was read.
 */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writevSync } from 'node:fs'
import { dirname } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { CaptureInterface } from '../../model/capture.ts'
import type { Micros } from '../../model/time.ts'
import type { SavedAnalysis } from '../../pipeline/live.ts'
import { syncFolder } from '../sync-folder.ts'
import type { JournalEnd } from './journal.ts'

/** Changed whenever what is saved changes its shape: a test compares the shapes. */
export const CHECKPOINT_FORMAT = 3

/** How far the source was read. */
export interface SavedReader {
  /** Of the next frame. */
  readonly number: number
  readonly interfaces: readonly CaptureInterface[]
  /** Of the source, which alone knows it; null where nothing can be read again. */
  readonly position: unknown
}

export interface Checkpoint {
  readonly analysis: SavedAnalysis
  readonly journal: JournalEnd
  /** Of the database. */
  readonly collection: number
  readonly reader: SavedReader
  readonly day: number | null
  /** By the wall's clock. */
  readonly at: Micros
}

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
  const body = serialize(checkpoint)
  const head = Buffer.alloc(BODY_AT)
  MAGIC.copy(head)
  head.writeUInt32LE(CHECKPOINT_FORMAT, FORMAT_AT)
  createHash('sha256').update(body).digest().copy(head, DIGEST_AT)
  const fresh = `${base}.checkpoint-new`
  const fd = openSync(fresh, 'w', OWNER_ONLY)
  try {
    writevSync(fd, [head, body])
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameIfThere(fileOf(base), beforeOf(base))
  renameSync(fresh, fileOf(base))
  syncFolder(dirname(base))
  return BODY_AT + body.length
}

export type ReadCheckpoint =
  | { readonly found: Checkpoint }
  | { readonly refused: string; readonly reader: SavedReader | null }
  | null

/** The latest one that is whole; null without any. */
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
    return { refused: `${file} is no checkpoint`, reader: null }
  const body = octets.subarray(BODY_AT)
  const digest = createHash('sha256').update(body).digest()
  if (!digest.equals(octets.subarray(DIGEST_AT, BODY_AT)))
    return { refused: `${file} is damaged`, reader: null }
  const format = octets.readUInt32LE(FORMAT_AT)
  if (format === CHECKPOINT_FORMAT) return { found: deserialize(body) as Checkpoint }
  const refused = `${file} is of another version of Holdfast (format ${format}, this one has ${CHECKPOINT_FORMAT})`
  return { refused, reader: readerOf(body) }
}

/** An upgrade must not tell again what was told: how far the source was read has the same shape since the
 * first format. */
function readerOf(body: Uint8Array): SavedReader | null {
  const { reader } = deserialize(body) as Partial<Checkpoint>
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
