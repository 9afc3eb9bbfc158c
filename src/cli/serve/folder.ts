/**
 * The folder beside the database in which captures are kept, each under its SHA-256.
 *
 * Contract: no name from outside ever becomes a path: files are called by 64 hexadecimal digits, or by a
 * random name while they arrive. One process owns the folder at a time; the lock goes with the process,
 * however it ends.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFile } from '../../store/file-lock.ts'
import { failure, systemReason } from '../failure.ts'
import { syncFolder } from '../sync-folder.ts'

export interface CaptureFolder {
  readonly path: string
  /** A new name for octets that arrive. */
  arriving(): string
  /** The path of what is kept under a name that `place` gave. */
  pathOf(stored: string): string
  holds(stored: string): boolean
  /** Octets that arrived whole get their lasting name, which is answered, safely on the disk. */
  place(arrived: string, sha256: string): string
  remove(stored: string): void
  /** Octets that may still be written: what is free less a reserve, so that the database can go on. */
  room(): Promise<number>
  /** Removes what no row speaks of: uploads that were never acknowledged. */
  tidy(isKnown: (stored: string) => boolean): number
  unlock(): void
}

const ARRIVING = /^\.arriving-/
const KEPT = /^[0-9a-f]{64}$/
const LOCK = '.lock'
/** Left free on the disk: this, or a twentieth of a small disk. */
const RESERVE_BYTES = 1 << 30
const RESERVE_SHARE = 1 / 20

/** Makes the folder where it is missing and locks it. Throws a failure. */
export function openFolder(path: string): CaptureFolder {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw failure(`cannot make the folder ${path}: ${systemReason(error)}`)
  }
  const unlock = lockFile(join(path, LOCK))
  if (unlock === null) throw failure(`${path} is in use by another holdfast serve`)
  const pathOf = (stored: string): string => {
    if (!KEPT.test(stored)) throw new Error('not the name of a kept capture')
    return join(path, stored)
  }
  return {
    path,
    arriving: () => join(path, `.arriving-${randomUUID()}`),
    pathOf,
    holds: (stored) => existsSync(pathOf(stored)),
    place(arrived, sha256) {
      renameSync(arrived, pathOf(sha256))
      syncFolder(path)
      return sha256
    },
    remove: (stored) => rmSync(pathOf(stored), { force: true }),
    room: () => roomIn(path),
    tidy: (isKnown) => tidy(path, isKnown),
    unlock,
  }
}

async function roomIn(path: string): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(path)
  return bavail * bsize - Math.min(RESERVE_BYTES, blocks * bsize * RESERVE_SHARE)
}

function tidy(path: string, isKnown: (stored: string) => boolean): number {
  const left = readdirSync(path).filter((name) => ARRIVING.test(name) || (KEPT.test(name) && !isKnown(name)))
  for (const name of left) rmSync(join(path, name), { force: true })
  return left.length
}
