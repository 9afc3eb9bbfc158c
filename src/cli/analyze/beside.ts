/**
 * Zeek keeps the names of connections in logs of their own: ssl.log, http.log and dns.log beside conn.log.
 * Which of the named files are such logs, told by content, and whose connections each names: those of the
 * conn.log of its tap; of its name but for the one word; of its folder; of any.
 */
import { readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { openSource } from '../../../collectors/byte-source.ts'
import { type BesideSource, isBesideLog } from '../../../collectors/index.ts'
import { besideNames } from '../../../collectors/logs/zeek-names.ts'
import type { Tap } from '../../model/packet.ts'
import { isFile } from './is-file.ts'

/** A log that names connections. */
export interface BesideLogName {
  /** Null: no tap is named for it. */
  readonly tap: Tap | null
  readonly path: string
}

/** Whether the file at `path` is such a log: a pipe is not looked into. */
export async function isBesideFile(path: string): Promise<boolean> {
  return isFile(path) && (await isBesideLog(() => openSource(path)))
}

/** Those of the given logs that may name the connections of the input at `path`, one of `all`. */
export function givenBeside(
  { tap, path }: { readonly tap: Tap; readonly path: string },
  all: readonly { readonly path: string }[],
  given: readonly BesideLogName[],
): BesideLogName[] {
  return given.filter((log) => {
    if (log.tap !== null) return log.tap === tap
    const isOf = ([areNamedAlike, areTogether] as const).find((is) =>
      all.some((one) => is(one.path, log.path)),
    )
    return isOf === undefined || isOf(path, log.path)
  })
}

const areNamedAlike = (path: string, log: string): boolean =>
  besideNames(basename(path)).some((names) =>
    names.some((name) => resolve(dirname(path), name) === resolve(log)),
  )

const areTogether = (path: string, log: string): boolean => resolve(dirname(path)) === resolve(dirname(log))

/** Paths of logs that stand beside the one at `path` under Zeek's names. */
export function foundBeside(path: string): string[] {
  const kinds = path === '-' ? [] : besideNames(basename(path))
  if (kinds.length === 0) return []
  const folder = dirname(path)
  const names = new Set(namesIn(folder))
  return kinds.flatMap((candidates) => {
    const name = candidates.find((candidate) => names.has(candidate))
    return name === undefined ? [] : [join(folder, name)]
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // It may be entered and not be listed: nothing is found there.
    return []
  }
}

/** What there is to open beside an input: what was given for it, then what stands in its folder. */
export function besideSources(path: string, given: readonly BesideLogName[]): BesideSource[] {
  const paths = [...given.map((log) => log.path), ...foundBeside(path)]
  const isFirst = (one: string, i: number): boolean =>
    paths.findIndex((other) => resolve(other) === resolve(one)) === i
  return paths.filter(isFirst).map((one) => ({ path: one, open: () => openSource(one) }))
}
