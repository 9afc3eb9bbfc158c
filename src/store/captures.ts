/**
 * Captures: files of octets, known by their SHA-256. The store knows names in a folder beside the database
 * and never touches the files: whoever keeps them writes the octets first and the row then, and removes the
 * row's claim first and the octets then.
 */
import type { Micros } from '../model/time.ts'
import { recordChange } from './changes.ts'
import { atomically, durably, prepared, type Store } from './store.ts'

export interface NewCapture {
  /** Lower case hexadecimal; null where nobody hashed it: such a capture is never recognised again. */
  readonly sha256: string | null
  /** What people call it; a label, never a path. */
  readonly name: string
  readonly size: number
  /** Its name in the folder; null if the octets are not kept. */
  readonly stored: string | null
  readonly at: Micros
}

export interface CaptureFile {
  readonly id: number
  readonly name: string
  readonly stored: string | null
  readonly size: number
  readonly sha256: string | null
}

/**
 * Stores a capture; on the disk when it returns. `isNew`: its octets were not kept before, so `stored` is
 * now their place; if not, the known capture keeps its name and place, and the caller's copy is not needed.
 */
export function addCapture(store: Store, capture: NewCapture): { id: number; isNew: boolean } {
  return durably(store, () => {
    const known = capture.sha256 === null ? null : captureOfHash(store, capture.sha256)
    if (known !== null) {
      const isNew = known.stored === null && capture.stored !== null
      if (isNew) {
        const again = 'UPDATE capture SET stored = ?, name = ?, uploaded = ? WHERE id = ?'
        prepared(store, again).run(capture.stored, capture.name, capture.at, known.id)
        recordChange(store, 'capture', known.id, false, capture.at)
      }
      return { id: known.id, isNew }
    }
    const { sha256, name, size, stored, at } = capture
    const insert = 'INSERT INTO capture (sha256, name, size, stored, uploaded) VALUES (?, ?, ?, ?, ?)'
    const id = Number(prepared(store, insert).run(sha256, name, size, stored, at).lastInsertRowid)
    recordChange(store, 'capture', id, true, at)
    return { id, isNew: true }
  })
}

/**
 * The octets of a capture that was added without a hash turn out to have this one. A capture that is known
 * by it takes its place; answers the number that remains. Before its packets are kept.
 */
export function identifyCapture(
  store: Store,
  id: number,
  { sha256, size }: { readonly sha256: string; readonly size: number },
): number {
  return atomically(store, () => {
    const known = captureOfHash(store, sha256)
    if (known === null) {
      prepared(store, 'UPDATE capture SET sha256 = ?, size = ? WHERE id = ?').run(sha256, size, id)
      return id
    }
    if (known.id === id) return id
    prepared(store, 'UPDATE analysis_input SET capture = ? WHERE capture = ?').run(known.id, id)
    prepared(store, 'DELETE FROM capture WHERE id = ?').run(id)
    return known.id
  })
}

const FILE = 'SELECT id, name, stored, size, sha256 FROM capture'

export const captureFile = (store: Store, id: number): CaptureFile | null =>
  prepared<CaptureFile>(store, `${FILE} WHERE id = ?`).get(id) ?? null

export const captureOfHash = (store: Store, sha256: string): CaptureFile | null =>
  prepared<CaptureFile>(store, `${FILE} WHERE sha256 = ?`).get(sha256) ?? null

/** The captures of which the octets are kept, by id. */
export const keptCaptures = (store: Store): CaptureFile[] =>
  prepared<CaptureFile>(store, `${FILE} WHERE stored IS NOT NULL ORDER BY id`).all()

/** The octets are not kept any more. The row stays while an analysis or a kept packet refers to it. */
export function forgetCapture(store: Store, id: number, at: Micros): void {
  durably(store, () => {
    const { changes } = prepared(store, 'UPDATE capture SET stored = NULL WHERE id = ?').run(id)
    if (changes === 0) return
    dropUnused(store, id)
    recordChange(store, 'capture', id, false, at)
  })
}

/** Rows of captures that are neither kept nor referred to go. */
export function dropUnusedCaptures(store: Store): void {
  atomically(store, () => prepared(store, UNUSED).run())
}

const UNUSED = `DELETE FROM capture WHERE stored IS NULL
  AND NOT EXISTS (SELECT 1 FROM analysis_input WHERE analysis_input.capture = capture.id)
  AND NOT EXISTS (SELECT 1 FROM packet WHERE packet.capture = capture.id)`

const dropUnused = (store: Store, id: number): void => void prepared(store, `${UNUSED} AND id = ?`).run(id)
