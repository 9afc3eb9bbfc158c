/** What `holdfast analyze` was asked to do, checked: wrong usage is told before anything is opened. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Tap } from '../../model/packet.ts'
import type { RecordKind } from '../../model/record.ts'
import type { Micros } from '../../model/time.ts'
import { usageFailure } from '../failure.ts'
import { inputName } from '../input-name.ts'
import { wordOf } from '../nearest.ts'
import { refuseOverwriting } from '../output/overwriting.ts'
import type { AnalyzeArguments } from './arguments.ts'
import type { BesideLogName } from './beside.ts'
import { momentOf } from './time-text.ts'
import { isFile } from './is-file.ts'

export interface InputName {
  readonly tap: Tap
  readonly path: string
}

export interface Plan {
  readonly inputs: readonly InputName[]
  /** Logs that only name connections of an input. */
  readonly beside: readonly BesideLogName[]
  readonly config: string | null
  readonly keylogs: readonly string[]
  readonly format: Format
  /** Null or `-`: standard output. */
  readonly output: string | null
  readonly kinds: ReadonlySet<RecordKind>
  /** Where the result is kept as well; null: nowhere. */
  readonly database: string | null
  /** Cookie values and the like are stored as they are, not hashed. */
  readonly plainSecrets: boolean
  readonly from: Micros | null
  readonly to: Micros | null
  readonly failOn: FailOn | null
  readonly quiet: boolean
  /** Other timers that are asked about, as written: `idle-timeout=240s`. */
  readonly whatIfs: readonly string[]
}

export const FORMATS = ['text', 'ndjson', 'html', 'markdown'] as const
export type Format = (typeof FORMATS)[number]
export const FAIL_ON = ['critical', 'warning'] as const
export type FailOn = (typeof FAIL_ON)[number]

/** In the order of the contract; complete by type. */
export const RECORD_KINDS = Object.keys({
  capture: true,
  agent: true,
  server: true,
  connection: true,
  session: true,
  incident: true,
  occurrence: true,
  requirement: true,
  'what-if': true,
  summary: true,
} satisfies Record<RecordKind, true>) as readonly RecordKind[]

/** What was asked, once it is known which of several inputs only name connections of others. Throws a usage
 * failure. */
export async function plannedOf({ inputs, options }: AnalyzeArguments): Promise<Plan> {
  const given = inputs.map((text) => splitInput(text, existsSync))
  const apart = given.length < 2 ? given.map(() => false) : await Promise.all(given.map(isBeside))
  const rest = inputs.filter((_, i) => apart[i] !== true)
  // Without a log of connections they are what was named, and cannot be read.
  if (rest.length === 0) return planOf({ inputs, options })
  return planOf(
    { inputs: rest, options },
    given.filter((_, i) => apart[i] === true),
  )
}

/** Only logs and what is packed are looked into: the others are told by an octet. */
async function isBeside({ path }: { readonly path: string }): Promise<boolean> {
  if (path === '-' || !LOG_BEGINS.has(firstOctet(path))) return false
  const { isBesideFile } = await import('./beside.ts')
  return isBesideFile(path)
}

/** `#` of TSV, `{` and `[` of JSON, white space before them, gzip and zstd; the mark of UTF-8. */
const LOG_BEGINS: ReadonlySet<number> = new Set([0x23, 0x7b, 0x5b, 0x20, 0x0a, 0x1f, 0x28, 0xef])

/** Of a file; -1 for anything else. */
function firstOctet(path: string): number {
  if (!isFile(path)) return -1
  try {
    const file = openSync(path, 'r')
    try {
      const octet = Buffer.alloc(1)
      return readSync(file, octet, 0, 1, 0) === 1 ? octet[0]! : -1
    } finally {
      closeSync(file)
    }
  } catch {
    // Opening it will say why.
    return -1
  }
}

/** Throws a usage failure for what cannot be meant. */
export function planOf({ inputs, options }: AnalyzeArguments, beside: readonly BesideLogName[] = []): Plan {
  const format = wordOf('--format', options.format ?? 'text', FORMATS)
  if (options.include !== undefined && format !== 'ndjson')
    throw usageFailure('--include works with --format ndjson only')
  const from = timeOf('--from', options.from)
  const to = timeOf('--to', options.to)
  if (from !== null && to !== null && from >= to) throw usageFailure('--from is not before --to')
  if (options.plainSecrets === true && options.db === undefined)
    throw usageFailure('--plain-secrets works with --db only')
  const names = inputNames(inputs)
  const read = [
    ...[...names, ...beside].map(({ path }) => path),
    options.config ?? '-',
    ...(options.keylog ?? []),
    options.db ?? '-',
  ]
  refuseOverwriting(options.output ?? '-', read)
  return {
    inputs: names,
    beside,
    config: options.config ?? null,
    keylogs: options.keylog ?? [],
    format,
    output: options.output ?? null,
    kinds: kindsOf(options.include),
    database: options.db ?? null,
    plainSecrets: options.plainSecrets ?? false,
    from,
    to,
    failOn: options.failOn === undefined ? null : wordOf('--fail-on', options.failOn, FAIL_ON),
    quiet: options.quiet ?? false,
    whatIfs: options.whatIf ?? [],
  }
}

function kindsOf(include: string | undefined): ReadonlySet<RecordKind> {
  if (include === undefined) return new Set(RECORD_KINDS)
  const names = include.split(',').map((name) => name.trim())
  return new Set(names.map((name) => wordOf('--include', name, RECORD_KINDS)))
}

function timeOf(option: string, text: string | undefined): Micros | null {
  if (text === undefined) return null
  const moment = momentOf(text)
  if ('at' in moment) return moment.at
  throw usageFailure(`${option} ${text} ${moment.wrong}`)
}

/** Letters, digits and `._-`, so that a tap's name can stand anywhere. */
export const TAP_NAME = /^[A-Za-z0-9][\w.-]{0,63}$/

/**
 * `PATH`, `TAP=PATH` or `-`. An existing file is a path, whatever its name. One unnamed input is the unnamed
 * tap; of several, those without a name are called after their files.
 */
export function inputNames(
  texts: readonly string[],
  exists: (path: string) => boolean = existsSync,
): InputName[] {
  const given = texts.map((text) => splitInput(text, exists))
  const named = given.map(({ tap, path }) => ({
    tap: tap ?? (given.length === 1 ? '' : fileTap(path)),
    path,
  }))
  const samePath = doubleOf(named, ({ path }) => (path === '-' ? path : resolve(path)))
  if (samePath !== undefined) throw usageFailure(`${inputName(samePath.path)} is given twice`)
  const sameTap = doubleOf(named, ({ tap }) => tap)
  if (sameTap === undefined) return named
  const isMeant = given.filter(({ tap }) => tap === sameTap.tap).length > 1
  const advice = isMeant
    ? `number its files, as in ${sameTap.tap}-1=FILE ${sameTap.tap}-2=FILE: those that go on from each other are read as one tap`
    : `name taps as in client=${sameTap.path}`
  throw usageFailure(`tap ${sameTap.tap} is named twice; ${advice}`)
}

function splitInput(text: string, exists: (path: string) => boolean): { tap: Tap | null; path: string } {
  const equals = text.indexOf('=')
  if (text === '-' || equals < 0 || exists(text)) return { tap: null, path: text }
  const [tap, path] = [text.slice(0, equals), text.slice(equals + 1)]
  if (path === '') throw usageFailure(`${text} names a tap but no file`)
  if (TAP_NAME.test(tap)) return { tap, path }
  if (!exists(path)) return { tap: null, path: text }
  throw usageFailure(
    `${tap === '' ? 'an empty name' : tap} is no name for a tap; use letters, digits, dots, - and _`,
  )
}

/** The file's name without the endings that tell its format. */
export function fileTap(path: string): Tap {
  if (path === '-') return 'stdin'
  const name = basename(path)
    .replace(/\.(?:gz|zst)$/, '')
    .replace(/\.(?:pcap|pcapng|cap|dmp)$/, '')
  return (
    name
      .replace(/[^\w.-]/g, '_')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 64) || 'capture'
  )
}

/** The first entry that has the key of an earlier one. */
function doubleOf<T>(entries: readonly T[], keyOf: (entry: T) => string): T | undefined {
  const keys = entries.map(keyOf)
  return entries.find((_, i) => keys.indexOf(keys[i] ?? '') < i)
}
