/**
 * What a detector is: one file that states what it asserts and what it must not be confused with, its
 * parameters, and how its incidents read. Help, configuration and the API take their texts from the
 * declaration; there is no second list.
 */
import { count } from '../model/count.ts'
import type { EventKind, EventOf, World } from '../model/event.ts'
import type { Details, EvidencePacket, Finding, FlowShowing, IncidentType } from '../model/incident.ts'
import { SECOND, type Micros } from '../model/time.ts'

/** A number that a detector can be told, with its unit and its reason. */
export interface Parameter {
  readonly value: number
  readonly unit: 'microseconds' | 'octets' | 'count' | 'ratio'
  readonly meaning: string
}

export type Parameters = Readonly<Record<string, Parameter>>
export type ParameterValues<P extends Parameters> = { readonly [K in keyof P]: number }

export type Handlers = { readonly [K in EventKind]?: (event: EventOf<K>) => void }

/** How an incident reads: plain sentences with its numbers. */
export interface Description {
  readonly title: string
  readonly summary: string
  readonly remedy: string
  /** A Wireshark display filter that shows it in the capture. */
  readonly filter: string
  readonly details: Details
}

/** What flow records, without packets, can do for a detector. */
export const PROVED: FlowShowing = { can: 'prove', lack: null }
export const suggested = (lack: string): FlowShowing => ({ can: 'suggest', lack })
export const unseen = (lack: string): FlowShowing => ({ can: 'not-show', lack })

export interface Detector {
  readonly type: IncidentType
  readonly asserts: string
  /** What looks like it and is not, one clause each: every clause has a test that it keeps the detector
   * quiet. */
  readonly notThis: readonly string[]
  /** Requirements of the vendors that it answers. */
  readonly requirements: readonly string[]
  readonly flows: FlowShowing
  readonly parameters: Parameters
  /** Inert until an event comes; its state is its own. */
  watch(world: World, raise: (finding: Finding) => void): Handlers
  /** `findings` are the occurrences of one incident, in order of time; never empty. */
  describe(findings: readonly [Finding, ...Finding[]], world: World): Description
}

interface Declaration<P extends Parameters> extends Omit<Detector, 'watch' | 'parameters'> {
  readonly parameters: P
  watch(values: ParameterValues<P>, world: World, raise: (finding: Finding) => void): Handlers
}

/** A detector out of its declaration: parameters arrive as plain numbers. */
export function detector<const P extends Parameters>(declaration: Declaration<P>): Detector {
  const values = Object.fromEntries(
    Object.entries(declaration.parameters).map(([name, parameter]) => [name, parameter.value]),
  ) as ParameterValues<P>
  return { ...declaration, watch: (world, raise) => declaration.watch(values, world, raise) }
}

export const span = (value: Micros, meaning: string): Parameter => ({ value, unit: 'microseconds', meaning })
export const octets = (value: number, meaning: string): Parameter => ({ value, unit: 'octets', meaning })
export const ratio = (value: number, meaning: string): Parameter => ({ value, unit: 'ratio', meaning })

/** Evidence out of packet references; those without a packet (0 or null) are left out. */
export function evidence(...packets: readonly (EvidencePacket | null)[]): EvidencePacket[] {
  return packets.filter((p): p is EvidencePacket => p !== null && p.packet > 0)
}

/** `40 ms`, `15.0 s`, `15 min 10 s`, `15 min`, `2 h 5 min`: as people say it. */
export function spoken(span: Micros): string {
  const s = span / SECOND
  if (s < 0.0005) return 'less than 1 ms'
  if (s < 0.9995) return `${Math.round(s * 1000)} ms`
  if (s < 600) return `${s.toFixed(1)} s`
  const minutes = Math.floor(Math.round(s) / 60)
  if (minutes < 120) return withRest(`${minutes} min`, Math.round(s) % 60, 's')
  const whole = Math.round(s / 60)
  return withRest(`${Math.floor(whole / 60)} h`, whole % 60, 'min')
}

const withRest = (large: string, rest: number, unit: string): string =>
  rest === 0 ? large : `${large} ${rest} ${unit}`

/** The same of seconds that are kept in hundredths: what is less than half of one is none. */
export const spokenHundredths = (seconds: number): string =>
  seconds === 0 ? 'less than 5 ms' : spoken(seconds * SECOND)

/** `1 agent`, `3 agents`, `2 addresses`. */
export const counted = (n: number, noun: string): string =>
  `${count(n)} ${noun}${n === 1 ? '' : noun.endsWith('s') ? 'es' : 's'}`

/** `1 agent was`, `3 agents were`. */
export const countedWas = (n: number, noun: string): string =>
  `${counted(n, noun)} ${n === 1 ? 'was' : 'were'}`

/** `once`, `twice`, `3 times`. */
export const times = (n: number): string => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`)

/** How often something happened to so many together: `twice` to one, `once each`, `7 times in all`. */
export const timesAmong = (n: number, whom: number): string =>
  whom <= 1 ? times(n) : n === whom ? 'once each' : `${times(n)} in all`

/** `75.0 s`, or `75.0 to 78.2 s`. */
export function spokenRange(seconds: readonly number[]): string {
  const low = Math.min(...seconds).toFixed(1)
  const high = Math.max(...seconds).toFixed(1)
  return low === high ? `${low} s` : `${low} to ${high} s`
}
