/** What `holdfast watch` was asked to do, checked: wrong usage is told before anything is opened. */
import type { Deployment } from '../../model/deployment.ts'
import type { Micros } from '../../model/time.ts'
import { TAP_NAME } from '../analyze/plan.ts'
import { captureFilter } from '../collect/filter.ts'
import type { FlowsSource, SourceSpec } from '../collect/source.ts'
import { duration, flowAddress, hostAndPort } from '../config/values.ts'
import { usageFailure } from '../failure.ts'
import { type TailPlan, tailPlan } from '../tail/plan.ts'
import { WATCH_DEFAULTS } from './defaults.data.ts'
import type { WatchOptions } from './options.ts'

export interface WatchPlan {
  readonly source: SourceSpec
  readonly tap: string
  readonly config: string | null
  /** Null: a database that is thrown away. */
  readonly database: string | null
  readonly resolveAfter: Micros
  readonly plainSecrets: boolean
  /** Which alerts are shown, and how. */
  readonly shown: TailPlan
}

/** Throws a usage failure for what cannot be meant. `deployment` is the configuration's. */
export function watchPlan(options: WatchOptions, deployment: Deployment, now: Micros): WatchPlan {
  const { tap = '', db, severity, type, format, config, plainSecrets = false } = options
  if (tap !== '' && !TAP_NAME.test(tap))
    throw usageFailure(`--tap ${tap} is no name; write letters, digits, dots, - and _`)
  return {
    source: sourceOf(options, deployment),
    tap,
    config: config ?? null,
    database: db ?? null,
    resolveAfter: timeOf('--resolve-after', options.resolveAfter ?? WATCH_DEFAULTS.resolveAfter),
    plainSecrets,
    shown: tailPlan(
      {
        db: db ?? '-',
        follow: true,
        ...(severity === undefined ? {} : { severity }),
        ...(type === undefined ? {} : { type }),
        ...(format === undefined ? {} : { format }),
      },
      { now, token: undefined },
    ),
  }
}

const SOURCES = ['interface', 'read', 'follow', 'connect', 'accept', 'flows'] as const

function sourceOf(options: WatchOptions, deployment: Deployment): SourceSpec {
  const given = SOURCES.filter((name) => options[name] !== undefined)
  if (given.length !== 1)
    throw usageFailure(
      'name one source: -i INTERFACE, -r - (standard input), --follow DIR, --connect or --accept HOST:PORT, --flows HOST:PORT',
    )
  const { read, follow, connect, accept, flows, activeTimeout, allTraffic = false } = options
  if (options.filter !== undefined && options.interface === undefined)
    throw usageFailure('--filter is for -i: what comes otherwise was filtered by whoever captured it')
  if (flows === undefined && (activeTimeout !== undefined || allTraffic))
    throw usageFailure('--active-timeout and --all-traffic are for --flows')
  if (flows !== undefined)
    return { ...flowsSource(flows, activeTimeout ?? WATCH_DEFAULTS.activeTimeout), allTraffic }
  if (options.interface !== undefined) return interfaceSource(options, options.interface, deployment)
  if (read !== undefined) {
    if (read === '-') return { kind: 'input' }
    throw usageFailure(`-r ${read}: only - (standard input) is watched; holdfast analyze reads files`)
  }
  if (follow !== undefined) return { kind: 'folder', path: follow }
  return connect === undefined
    ? { kind: 'listen', ...addressOf('--accept', accept!) }
    : { kind: 'connect', ...addressOf('--connect', connect) }
}

function flowsSource(text: string, activeTimeout: string): Omit<FlowsSource, 'allTraffic'> {
  const read = flowAddress(text)
  if ('wrong' in read) throw usageFailure(`--flows ${text} ${read.wrong}`)
  return { kind: 'flows', ...read.value, activeTimeout: timeOf('--active-timeout', activeTimeout) }
}

function interfaceSource(
  { filter, captureWith, snapLength, buffer }: WatchOptions,
  interfaces: readonly string[],
  deployment: Deployment,
): SourceSpec {
  const program = captureWith ?? null
  if (program !== null && program !== 'tcpdump' && program !== 'dumpcap')
    throw usageFailure(`--capture-with ${program} is not known; it is tcpdump or dumpcap`)
  if (program === 'tcpdump' && interfaces.length > 1)
    throw usageFailure('tcpdump captures at one interface; leave --capture-with out, or write dumpcap')
  return {
    kind: 'interface',
    interfaces,
    filter: filter ?? captureFilter(deployment),
    program,
    snapLength: wholeOf('--snap-length', snapLength ?? WATCH_DEFAULTS.snapLength, 0, 262_144),
    bufferMib: wholeOf('--buffer', buffer ?? WATCH_DEFAULTS.buffer, 1, 2_000),
  }
}

function wholeOf(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw usageFailure(`${option} ${text} is no whole number from ${least} to ${most}`)
  return value
}

function timeOf(option: string, text: string): Micros {
  const read = duration(text)
  if ('wrong' in read) throw usageFailure(`${option} ${text} ${read.wrong}`)
  return read.value
}

function addressOf(option: string, text: string): { host: string; port: number } {
  const read = hostAndPort(text)
  if ('wrong' in read) throw usageFailure(`${option} ${text} ${read.wrong}`)
  return read.value
}
