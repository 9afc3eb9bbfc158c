/**
 * Where a command's output goes: standard output, or a file.
 *
 * Contract: `write` returns when everything is handed over, so a slow reader slows the analysis down instead
 * of filling memory. A regular file appears under its name when it is whole (`commit`) and not at all
 * otherwise; an older one stays until then. A full disk is a failure of one line. A reader that has gone is
 * `OutputClosed`, which ends the command quietly.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isatty } from 'node:tty'
import { failure, systemReason } from '../failure.ts'

export interface Destination {
  readonly isTerminal: boolean
  write(content: string | Uint8Array): void
  /** All is written: the file is there. */
  commit(): void
  /** Something went wrong: what was written is removed, as far as it can be. */
  abandon(): void
}

const STDOUT = 1
const STDERR = 2

/** Nobody reads any more (`| head`). */
export const outputClosed = (): Error =>
  Object.assign(new Error('nobody reads the output any more'), { name: 'OutputClosed' })
export const isOutputClosed = (error: unknown): boolean =>
  error instanceof Error && error.name === 'OutputClosed'

export const standardOutput = (): Destination => stream(STDOUT, 'standard output')

/** Standard error never fails: if nobody can be told, nobody is told. */
export function standardError(): Destination {
  const { write, ...rest } = stream(STDERR, 'standard error')
  return { ...rest, write: (content) => quietly(() => write(content)) }
}

function stream(fd: number, name: string): Destination {
  return {
    isTerminal: isTerminal(fd),
    write: (content) => writeAll(fd, content, name),
    commit: () => undefined,
    abandon: () => undefined,
  }
}

/** False for what is closed. A file, a pipe or the null device is not asked further: that would load what
 * sockets need. */
function isTerminal(fd: number): boolean {
  try {
    const found = fstatSync(fd)
    return found.isCharacterDevice() && !isNullDevice(found.rdev) && isatty(fd)
  } catch {
    return false
  }
}

const isNullDevice = (device: number): boolean =>
  statSync('/dev/null', { throwIfNoEntry: false })?.rdev === device

/** Null and `-` are `standard`. Throws a failure if the file cannot be made. */
export function openDestination(path: string | null, standard: Destination): Destination {
  if (path === null || path === '-') return standard
  try {
    return isReplaceable(path) ? replacement(resolved(path), path) : inPlace(path)
  } catch (error) {
    throw failure(`cannot write ${path}: ${systemReason(error)}`)
  }
}

/** One that is there when `fill` has written all of it, and not at all where that throws. */
export function writeDestination(
  path: string | null,
  standard: Destination,
  fill: (destination: Destination) => void,
): void {
  const destination = openDestination(path, standard)
  try {
    fill(destination)
    destination.commit()
  } catch (error) {
    destination.abandon()
    throw error
  }
}

/**
 * A regular file in a folder that takes new files, or nothing yet. Devices and pipes are written as they are.
 */
function isReplaceable(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? true
}

/** The file behind symbolic links: they stay what they are. */
function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function replacement(target: string, named: string): Destination {
  const partial = join(dirname(target), `.${basename(target)}.${process.pid}.partial`)
  const mode = statSync(target, { throwIfNoEntry: false })?.mode ?? 0o666
  let fd: number
  try {
    fd = openSync(partial, 'wx', mode)
  } catch (error) {
    // The folder takes no new files; the file itself may still be writable.
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '') && mode !== 0o666)
      return inPlace(target)
    throw error
  }
  return {
    isTerminal: false,
    write: (content) => writeAll(fd, content, named),
    commit() {
      finish(named, () => closeSync(fd))
      finish(named, () => renameSync(partial, target))
    },
    abandon: () =>
      quietly(
        () => closeSync(fd),
        () => unlinkSync(partial),
      ),
  }
}

function inPlace(path: string): Destination {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o666)
  return {
    isTerminal: isTerminal(fd),
    write: (content) => writeAll(fd, content, path),
    commit: () => finish(path, () => closeSync(fd)),
    abandon: () => quietly(() => closeSync(fd)),
  }
}

function finish(name: string, step: () => void): void {
  try {
    step()
  } catch (error) {
    throw failure(`cannot write ${name}: ${systemReason(error)}`)
  }
}

function quietly(...steps: (() => void)[]): void {
  for (const step of steps) {
    try {
      step()
    } catch {
      // The first failure has been told; this one would only hide it.
    }
  }
}

/** Between two tries on a pipe that is full and was made non-blocking by whoever started us. */
const FULL_PIPE_WAIT_MS = 2
const never = new Int32Array(new SharedArrayBuffer(4))

function writeAll(fd: number, content: string | Uint8Array, name: string): void {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at, bytes.length - at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') throw outputClosed()
      if (code !== 'EAGAIN') throw failure(`cannot write ${name}: ${systemReason(error)}`)
      Atomics.wait(never, 0, 0, FULL_PIPE_WAIT_MS)
    }
  }
}
