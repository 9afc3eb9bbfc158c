/**
 * A folder into which a capture ring writes (dumpcap -b, tcpdump -C -W -G, netsniff-ng): files that grow, are
 * finished, packed and removed while they are read as one capture.
 *
 * Contract: files are read in the order of their first packets, then of their names, whatever they are
 * called. A file is over once it has ended and a later one is there, or it is gone; a ring that writes into
 * an old file again has made a new one of it. Files that vanish before they are read leave a gap. Nothing in
 * the folder is changed.
 */
import { accessSync, closeSync, constants, fstatSync, openSync, read, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { FrameBatch } from '../src/bytes/frame-batch.ts'
import type { Fault } from '../src/model/fault.ts'
import type { Micros } from '../src/model/time.ts'
import { type ByteSource, inputError, statOf } from './byte-source.ts'
import { openCapture, openCaptureFile } from './index.ts'
import type { Drops, LivePart, LiveSource } from './live-reader.ts'

/** How often the folder and a file that grows are looked at. */
const LOOK_MS = 100
/** Files of a folder that are looked at: the first ones, by name. */
const FILES_MAX = 65_536
/** Where a folder was read to. */
export interface FolderPosition {
  readonly file: string
  /** Time of the file's first packet: its name may have changed, and other files may bear it. */
  readonly first: Micros
  /** Packets of it that were read. */
  readonly packets: number
}

interface Candidate {
  readonly file: string
  readonly inode: number
  readonly size: number
  readonly changedMs: number
  readonly first: Micros
}

interface First {
  readonly first: Micros
  readonly inode: number
  readonly size: number
  readonly changedMs: number
}

interface Folder {
  readonly path: string
  /** First packets by file, inode and beginning: found once. */
  readonly firsts: Map<string, First>
  /** Packed files as of the last look: one that grows is not whole yet. */
  readonly packed: Map<string, string>
  /** The one that is read, or was read last. */
  current: Candidate | null
  /** Files that wait, as of the last look: whether one was lost. */
  waiting: Set<string>
  lost: string | null
  /** Files that this user may not read, and when they last changed. */
  readonly forbidden: Map<string, number>
  readonly says: (sentence: string) => void
  closed: boolean
  wake: (() => void) | null
}

/** Throws an input error if there is no such folder. `partPackets`: of the present part that were read;
 * `says` is told what somebody has to mend. */
export function folderSource(
  path: string,
  resume: FolderPosition | null,
  partPackets: () => number,
  says: (sentence: string) => void = () => {},
): LiveSource {
  const folder: Folder = {
    path,
    firsts: new Map(),
    packed: new Map(),
    current: null,
    waiting: new Set(),
    lost: null,
    forbidden: new Map(),
    says,
    closed: false,
    wake: null,
  }
  if (!isFolder(path)) throw inputError(`${path}: there is no such folder`)
  if (!isReadable(path)) throw inputError(`${path}: permission denied`)
  let from = resume
  return {
    name: path,
    async next() {
      for (;;) {
        const found = folder.closed ? null : await nextFile(folder, from)
        if (found === null) return null
        const part = await opened(folder, found, from)
        if (part === null) continue
        from = null
        return part
      }
    },
    over(fault: Fault | null) {
      if (fault !== null && folder.current !== null)
        folder.lost ??= `${folder.current.file} is damaged at octet ${fault.at} (${fault.message})`
    },
    drops: { kernel: null, interface: null, queued: 0 } satisfies Drops,
    position(): FolderPosition | null {
      const { current } = folder
      return current === null ? from : { file: current.file, first: current.first, packets: partPackets() }
    },
    close() {
      folder.closed = true
      folder.wake?.()
    },
  }
}

const isFolder = (path: string): boolean => statOf(path)?.isDirectory() ?? false

function isReadable(path: string, way = constants.R_OK | constants.X_OK): boolean {
  try {
    accessSync(path, way)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EACCES' // it may be gone
  }
}

const pause = (folder: Folder): Promise<void> =>
  new Promise((resolve) => {
    // A look costs a call of the system for each file.
    const timer = setTimeout(resolve, Math.max(LOOK_MS, folder.firsts.size))
    folder.wake = () => {
      clearTimeout(timer)
      resolve()
    }
  })

/** Waits for the file that comes next; null once it is closed. */
async function nextFile(folder: Folder, from: FolderPosition | null): Promise<Candidate | null> {
  while (!folder.closed) {
    const files = await filesOf(folder)
    const after = files.filter((file) => comesAfter(file, folder.current, from))
    const [first] = after
    // At the beginning one that is packed may be the first of all.
    const isSettled = folder.current !== null || folder.packed.size === 0
    if (first !== undefined && isSettled) {
      noteLost(folder, files)
      folder.waiting = new Set(after.slice(1).map(({ file }) => file))
      return first
    }
    await pause(folder)
  }
  return null
}

/** A file that waited was removed by the ring before its turn came. */
function noteLost(folder: Folder, files: readonly Candidate[]): void {
  const there = new Set(files.map(({ file }) => file))
  const gone = [...folder.waiting].filter((file) => !there.has(file))
  if (gone.length > 0) folder.lost = `${gone[0]} was removed before it was read`
}

function comesAfter(file: Candidate, current: Candidate | null, from: FolderPosition | null): boolean {
  if (current !== null) {
    if (file.first !== current.first) return file.first > current.first
    return file.inode !== current.inode && file.file > current.file
  }
  return from === null || file.first >= from.first
}

async function opened(
  folder: Folder,
  file: Candidate,
  from: FolderPosition | null,
): Promise<LivePart | null> {
  const { lost } = folder
  const isSame = from !== null && from.first === file.first
  const removed = from === null || isSame ? null : `${from.file} was removed before it was read`
  const gap = lost ?? forbiddenBefore(folder, file) ?? removed
  try {
    const source = growing(folder, file)
    const reader = await openCapture(source, { path: file.file })
    folder.lost = null
    folder.current = file
    return { reader, skip: isSame ? from.packets : 0, gap }
  } catch {
    // It was removed meanwhile, or is no capture after all.
    folder.firsts.delete(file.file)
    return null
  }
}

/** Those that hold a packet, in the order in which they are to be read. */
async function filesOf(folder: Folder): Promise<Candidate[]> {
  const found: Candidate[] = []
  let names: string[] = []
  try {
    names = readdirSync(folder.path).toSorted().slice(0, FILES_MAX)
  } catch {
    return []
  }
  for (const name of names) {
    const candidate = await candidateOf(folder, name)
    if (candidate !== null) found.push(candidate)
  }
  for (const known of folder.firsts.keys()) if (!names.includes(known)) folder.firsts.delete(known)
  for (const known of folder.forbidden.keys()) if (!names.includes(known)) folder.forbidden.delete(known)
  return found.toSorted((a, b) => a.first - b.first || (a.file < b.file ? -1 : 1))
}

async function candidateOf(folder: Folder, file: string): Promise<Candidate | null> {
  const path = join(folder.path, file)
  const stat = statOf(path)
  if (stat === null || !stat.isFile() || stat.size === 0) {
    folder.firsts.delete(file)
    return null
  }
  const { ino: inode, size, mtimeMs: changedMs } = stat
  const known = folder.firsts.get(file)
  const isSame = known !== undefined && known.inode === inode && known.size <= size
  // One that was read, or waits, and changes may have been begun anew.
  if (isSame && (known.changedMs === changedMs || folder.current?.file === file)) {
    folder.firsts.set(file, { ...known, size, changedMs })
    return { file, inode, size, changedMs, first: known.first }
  }
  if (isForbidden(folder, file, changedMs)) return null
  const isWhole = !PACKED.test(file) || folder.packed.get(file) === `${size} ${changedMs}`
  if (!isWhole) folder.packed.set(file, `${size} ${changedMs}`)
  const first = isWhole ? await firstTime(path) : null
  if (first === null) return null
  folder.packed.delete(file)
  folder.firsts.set(file, { first, inode, size, changedMs })
  return { file, inode, size, changedMs, first }
}

/** A ring that another user writes may be for that user alone: told once, as long as there is such a file. */
function isForbidden(folder: Folder, file: string, changedMs: number): boolean {
  if (isReadable(join(folder.path, file), constants.R_OK)) {
    folder.forbidden.delete(file)
    return false
  }
  if (folder.forbidden.size === 0)
    folder.says(
      `${file} in ${folder.path}, and perhaps others, may not be read by this user: tcpdump writes as the user that -Z names, and chmod g+r lets a group read`,
    )
  folder.forbidden.set(file, changedMs)
  return true
}

/** What was written between the file that was read last and this one, and may not be read; null: nothing. */
function forbiddenBefore({ forbidden, current }: Folder, { changedMs }: Candidate): string | null {
  if (current === null) return null
  const [between] = [...forbidden].find(([, at]) => at > current.changedMs && at <= changedMs) ?? []
  return between === undefined ? null : `${between} may not be read`
}

const PACKED = /\.(?:gz|zst|zstd)$/

/** The time of its first packet; null while it has none, or is no capture. */
async function firstTime(path: string): Promise<Micros | null> {
  try {
    const reader = await openCaptureFile(path)
    try {
      const batch = new FrameBatch()
      return (await reader.next(batch)) ? batch.time[0]! : null
    } finally {
      reader.close()
    }
  } catch {
    return null
  }
}

/** The octets of a file that may still grow: its end is waited for. */
function growing(folder: Folder, file: Candidate): ByteSource {
  const fd = openSync(join(folder.path, file.file), 'r')
  let position = 0
  let open = true
  let fault: Fault | null = null
  const take = (into: Uint8Array, at: number): Promise<number> =>
    new Promise((resolve) => {
      read(fd, into, at, into.length - at, position, (error, count) => {
        if (error !== null)
          fault = { layer: 'file', at: position, message: `reading fails: ${error.message}` }
        resolve(error === null ? count : 0)
      })
    })
  return {
    async read(into, at) {
      for (;;) {
        if (!open || fault !== null) return 0
        const count = await take(into, at)
        position += count
        if (count > 0) return count
        if (await isOver(folder, file, fd, position)) return 0
        await pause(folder)
      }
    },
    get position() {
      return position
    },
    get rawPosition() {
      return position
    },
    rawSize: NaN,
    compression: null,
    get fault() {
      return fault
    },
    close() {
      if (open) closeSync(fd)
      open = false
    },
  }
}

/** Nothing more will come: it was removed, begun anew, or a later file is there and this one stays as it
 * is. */
async function isOver(folder: Folder, file: Candidate, fd: number, position: number): Promise<boolean> {
  if (folder.closed) return true
  const { size, nlink } = fstatSync(fd)
  if (size < position) {
    folder.lost = `${file.file} was begun anew before it was read to its end`
    return true
  }
  if (size > position) return false
  if (nlink === 0) return true
  const files = await filesOf(folder)
  // Meanwhile it may have been closed.
  if (folder.closed) return true
  const isFollowed = files.some((other) => comesAfter(other, file, null))
  return isFollowed && fstatSync(fd).size === position
}
