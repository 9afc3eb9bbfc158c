/**
 * Octets of a file or a stream, in order, into the caller's buffer.
 *
 * Contract: files are read without copying and never whole. What the system has in memory is read at once: it
 * is then still in the processor's cache when it is looked at. What has to come from a disk is read by a
 * thread of the pool, and waited for while others work. A stream is asked for more only when somebody reads,
 * so that it holds no more than its high water mark. A failing disk or pipe is a `fault` and the end, not an
 * exception; only opening throws, with one sentence that names the path.
 */

import { closeSync, createReadStream, openSync, read, readSync, type Stats, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Fault } from '../src/model/fault.ts'

export interface ByteSource {
  /**
   * Puts octets into `into` from `at` on and answers how many; 0 is the end. Synchronous whenever nothing has
   * to be waited for. `into` is the source's until then; nobody asks again before.
   */
  read(into: Uint8Array, at: number): number | Promise<number>
  /** Octets delivered so far. */
  readonly position: number
  /** Octets taken from the file or stream itself: not `position` behind a decompressor. */
  readonly rawPosition: number
  /** Octets of the file on disk; NaN for a stream. */
  readonly rawSize: number
  /** `gzip`, `zstd`, `gzip in zstd`, ...; null if the octets are delivered as they are stored. */
  readonly compression: string | null
  /** Why the end is not the real one; known before `read` answers 0. */
  readonly fault: Fault | null
  /** Begins again with the first octet. A stream cannot. */
  rewind?(): void
  close(): void
}

/** An error for the person who named the input: its message is the whole explanation. */
export function inputError(message: string): Error {
  const error = new Error(message)
  error.name = 'InputError'
  return error
}

export const isInputError = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'InputError'

const OPEN_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

/** Opens a file, a named pipe, or `-` for standard input. Throws an input error. */
export function openSource(path: string): ByteSource {
  if (path === '-') return streamSource(process.stdin)
  const stat = explained(path, () => statSync(path))
  if (stat.isDirectory()) throw inputError(`${path} is a directory; a capture file is expected`)
  // Opening or reading a pipe that has nothing to say would block the event loop.
  if (!stat.isFile()) return streamSource(createReadStream(path))
  return fileSource(
    explained(path, () => openSync(path, 'r')),
    stat.size,
  )
}

/** Null where nothing can be told of it: who opens it says why. */
export function statOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

function explained<T>(path: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    const code = codeOf(error)
    throw inputError(`${path}: ${OPEN_ERRORS[code] ?? `cannot be opened (${code})`}`)
  }
}

/**
 * Octets that are read at once: they are still in the core's cache when they are looked at. Read by another
 * core, 2 GB in large packets took a tenth to a half longer (measured; 256 KiB to 1 MiB make no difference).
 */
export const AT_ONCE_BYTES = 1 << 19
/** After so many milliseconds of reads at once, one is left to the pool: the event loop gets its turn. */
export const TURN_MS = 50
/** Longer than any memory takes for AT_ONCE_BYTES: such a read at once waited for a disk, in milliseconds. */
export const WAITED_MS = 2
/** Then the pool reads for so many milliseconds, until it is tried again. */
export const DISK_MS = 1000

/** Since the process began. `performance` would have to be loaded first. */
const milliseconds = (): number => process.uptime() * 1000

/** When a file is read at once. `clock`: milliseconds that never run backwards. */
class Pace {
  private readonly clock: () => number
  private turnedAt: number
  private poolUntil = -Infinity

  constructor(clock: () => number) {
    this.clock = clock
    this.turnedAt = clock()
  }

  /** The event loop had its turn. */
  turned(): void {
    this.turnedAt = this.clock()
  }

  /** Octets read at once by `readNow`, whose errors are thrown on; -1 if the pool is to read. */
  atOnce(readNow: () => number): number {
    const from = this.clock()
    if (from < this.poolUntil || from - this.turnedAt >= TURN_MS) return -1
    const count = readNow()
    const to = this.clock()
    if (to - from > WAITED_MS) this.poolUntil = to + DISK_MS
    return count
  }
}

/** A regular file that is open for reading; `close` closes it. `clock`: see Pace. */
export function fileSource(fd: number, size: number, clock = milliseconds): ByteSource {
  const pace = new Pace(clock)
  let position = 0
  let open = true
  let reading = false
  let fault: Fault | null = null
  const failed = (error: unknown): number => {
    const message = `reading fails at offset ${position}: ${codeOf(error)}`
    fault = { layer: 'file', at: position, message }
    return 0
  }
  const took = (count: number): number => {
    position += count
    return count
  }
  const tookLater = (error: Error | null, count: number): number => {
    reading = false
    pace.turned()
    if (!open) closeSync(fd)
    if (error !== null) return failed(error)
    return open ? took(count) : 0
  }
  const readAtOnce = (into: Uint8Array, at: number): number => {
    const length = Math.min(into.length - at, AT_ONCE_BYTES)
    try {
      return pace.atOnce(() => took(readSync(fd, into, at, length, position)))
    } catch (error) {
      return failed(error)
    }
  }
  return {
    read(into, at) {
      if (!open || fault !== null) return 0
      const count = readAtOnce(into, at)
      if (count >= 0) return count
      reading = true
      return new Promise((resolve) => {
        read(fd, into, at, into.length - at, position, (error, more) => resolve(tookLater(error, more)))
      })
    },
    get position() {
      return position
    },
    get rawPosition() {
      return position
    },
    rawSize: size,
    compression: null,
    get fault() {
      return fault
    },
    rewind() {
      position = 0
      fault = null
    },
    close() {
      // Another file may get the number of one that is closed, and be read instead.
      if (open && !reading) closeSync(fd)
      open = false
    },
  }
}

/** Something that several may wait for at once. */
export interface Signal {
  notify(): void
  wait(): Promise<void>
}

export function signal(): Signal {
  let waiting: (() => void)[] = []
  return {
    notify() {
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    wait: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
      }),
  }
}

/** A piece that arrived, and how much of it was delivered; and of everything. */
export interface Piece {
  bytes: Uint8Array
  used: number
  position: number
}

export const noPiece = (): Piece => ({ bytes: new Uint8Array(0), used: 0, position: 0 })

/** Delivers what fits of the rest of the piece. */
export function deliver(piece: Piece, into: Uint8Array, at: number): number {
  const count = Math.min(piece.bytes.length - piece.used, into.length - at)
  into.set(piece.bytes.subarray(piece.used, piece.used + count), at)
  piece.used += count
  piece.position += count
  return count
}

interface StreamState extends Piece {
  readonly stream: Readable
  readonly changed: Signal
  over: boolean
  closed: boolean
  fault: Fault | null
}

/** A Readable of octets, for example standard input; `close` destroys it. */
export function streamSource(stream: Readable): ByteSource {
  const state: StreamState = {
    ...noPiece(),
    stream,
    changed: signal(),
    over: stream.readableEnded,
    closed: false,
    fault: null,
  }
  stream.on('readable', state.changed.notify)
  stream.on('end', () => stopStream(state, null))
  stream.on('error', (error) => stopStream(state, `the stream fails (${codeOf(error)})`))
  stream.on('close', () => stopStream(state, CLOSED))
  if (stream.destroyed) stopStream(state, CLOSED)
  return {
    read(into, at) {
      const count = takeFromStream(state, into, at)
      return count > 0 || state.over ? count : waitForStream(state, into, at)
    },
    get position() {
      return state.position
    },
    get rawPosition() {
      return state.position
    },
    rawSize: NaN,
    compression: null,
    get fault() {
      return state.fault
    },
    close() {
      state.closed = true
      stopStream(state, null)
      stream.destroy()
    },
  }
}

const CLOSED = 'the stream is closed before its end'

/** The end; what has arrived before is still delivered. */
function stopStream(state: StreamState, why: string | null): void {
  if (!state.over && why !== null) {
    const at = state.position + state.bytes.length - state.used + state.stream.readableLength
    state.fault = { layer: 'stream', at, message: `${why} at offset ${at}` }
  }
  state.over = true
  state.changed.notify()
}

/** What is there without waiting; 0 if nothing is. */
function takeFromStream(state: StreamState, into: Uint8Array, at: number): number {
  while (state.used === state.bytes.length) {
    const more: Uint8Array | string | null = state.closed ? null : state.stream.read()
    if (more === null) return 0
    state.bytes = typeof more === 'string' ? Buffer.from(more) : more
    state.used = 0
  }
  return deliver(state, into, at)
}

async function waitForStream(state: StreamState, into: Uint8Array, at: number): Promise<number> {
  for (;;) {
    const count = takeFromStream(state, into, at)
    if (count > 0 || state.over) return count
    await state.changed.wait()
  }
}

/** Octets to tell a format by. */
export const HEAD_BYTES = 64

export interface Peeked {
  /** The first octets: as many as asked for, or what arrived first if that is at least `enough`, or all. */
  readonly head: Uint8Array
  /** Delivers everything, the head included. */
  readonly source: ByteSource
}

/** Looks at the beginning without losing it. */
export async function peek(source: ByteSource, enough: number, bytes = HEAD_BYTES): Promise<Peeked> {
  const buffer = new Uint8Array(bytes)
  let length = 0
  while (length < enough) {
    const answer = source.read(buffer, length)
    const got = typeof answer === 'number' ? answer : await answer
    if (got === 0) break
    length += got
  }
  const head = buffer.subarray(0, length)
  return { head, source: withHead(head, source) }
}

function withHead(head: Uint8Array, source: ByteSource): ByteSource {
  let used = 0
  const behind = source.position
  const whole: ByteSource = {
    read(into, at) {
      if (used === head.length) return source.read(into, at)
      const count = Math.min(head.length - used, into.length - at)
      into.set(head.subarray(used, used + count), at)
      used += count
      return count
    },
    get position() {
      return source.position - behind + used
    },
    get rawPosition() {
      return source.rawPosition
    },
    rawSize: source.rawSize,
    compression: source.compression,
    get fault() {
      return source.fault
    },
    close: () => source.close(),
  }
  if (source.rewind !== undefined) {
    whole.rewind = () => {
      source.rewind?.()
      used = head.length
    }
  }
  return whole
}
