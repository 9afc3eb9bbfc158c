/**
 * What recurs at a service: how often agents come, for how long their connections last and how long they are
 * silent, as far as several agents agree.
 */
import type { ConnectionSummary } from '../../model/connection.ts'
import { endpointText } from '../../model/packet.ts'
import { type Micros, SECOND, seconds } from '../../model/time.ts'
import { Cadence, INTERVALS_MAX, MISTAKE_MAX } from '../../sessions/agents/cadence.ts'
import type { TrackedSighting } from '../../sessions/sighting.ts'

/** Clients at a listener whose intervals are kept; connections of each listener. */
const CLIENTS_MAX = 8192
const CONNECTIONS_MAX = 1024

export interface Learned {
  readonly value: Micros
  /** Agents or connections that agree on it, and those that were asked. */
  readonly agreeing: number
  readonly of: number
  readonly isStrong: boolean
}

export interface RhythmFacts {
  readonly checkIn: Learned | null
  readonly heartbeat: Learned | null
  /** How connections are used, if that can be told; the median of how long they lasted. */
  readonly style: 'persistent' | 'polling' | null
  readonly median: Micros
  readonly perClient: number
  readonly connections: number
}

export interface RhythmSurvey {
  connection(sighting: TrackedSighting, summary: ConnectionSummary): void
  of(listeners: ReadonlySet<string>, relays: ReadonlySet<string>): RhythmFacts
}

interface Visitor {
  readonly listener: string
  readonly client: string
  last: Micros
  readonly intervals: Micros[]
}

interface Lasted {
  readonly client: string
  readonly duration: Micros
  /** The longest silence in it; 0 if that is not known. */
  readonly longest: Micros
}

/** Connections of one address that begin closer together are one visit. */
const APART: Micros = seconds(5)
/** Values that differ by less are one. */
const ALIKE = 0.05
const AGREEING_MIN = 5
/** Shorter rhythms are those of a protocol, not of an agent. */
const HEARTBEAT_MIN: Micros = seconds(5)
/** A connection that outlasts so many heartbeats shows them. */
const HEARTBEATS = 3
/** Connections that last so long are meant to; those that last less are made for a request. */
const LASTING: Micros = seconds(600)
const PASSING: Micros = seconds(60)

export function rhythmSurvey(): RhythmSurvey {
  const visitors = new Map<string, Visitor>()
  const lasted = new Map<string, Lasted[]>()
  return {
    connection({ originator, responder, ending }, summary) {
      const listener = endpointText(responder)
      const client = originator.address
      visit(visitors, listener, client, summary.start)
      const list = lasted.get(listener) ?? []
      if (list.length < CONNECTIONS_MAX)
        list.push({
          client,
          duration: summary.end - summary.start,
          // A silence that ended it is somebody's timer, and no sign of life.
          longest: (ending?.silence ?? null) !== null || isClosedIdle(summary) ? 0 : summary.maxIdle,
        })
      lasted.set(listener, list)
    },
    of(listeners, relays) {
      const isOwn = (client: string): boolean => !relays.has(client)
      const those = [...visitors.values()].filter((one) => listeners.has(one.listener) && isOwn(one.client))
      const all = [...listeners].flatMap((one) => lasted.get(one) ?? []).filter(({ client }) => isOwn(client))
      return factsOf(those, all)
    },
  }
}

const isClosedIdle = ({ endedBy, idleBeforeEnd, maxIdle }: ConnectionSummary): boolean =>
  endedBy !== null && idleBeforeEnd >= (1 - ALIKE) * maxIdle

/** Connections close in another order than they began: intervals are taken from their beginnings in order. */
function visit(visitors: Map<string, Visitor>, listener: string, client: string, at: Micros): void {
  const key = `${listener} ${client}`
  const known = visitors.get(key)
  if (known === undefined) {
    if (visitors.size < CLIENTS_MAX) visitors.set(key, { listener, client, last: at, intervals: [] })
    return
  }
  const interval = at - known.last
  if (interval < APART) return
  known.last = at
  if (known.intervals.length < INTERVALS_MAX) known.intervals.push(interval)
}

function factsOf(visitors: readonly Visitor[], connections: readonly Lasted[]): RhythmFacts {
  const clients = new Set(connections.map(({ client }) => client)).size
  const durations = connections.map(({ duration }) => duration).toSorted((a, b) => a - b)
  const median = durations[durations.length >> 1] ?? 0
  const perClient = clients === 0 ? 0 : connections.length / clients
  const isEnough = connections.length >= AGREEING_MIN
  const style = !isEnough
    ? null
    : median >= LASTING
      ? 'persistent'
      : median < PASSING && perClient >= 3
        ? 'polling'
        : null
  const cadence = new Cadence()
  const learned = visitors.flatMap(({ intervals }) =>
    cadence.chanceOf(intervals, APART) * visitors.length <= MISTAKE_MAX
      ? (cadence.middleOf(intervals) ?? [])
      : [],
  )
  return {
    checkIn: agreed(learned, visitors.length),
    heartbeat: agreed(
      connections.flatMap(({ duration, longest }) =>
        longest >= HEARTBEAT_MIN && duration >= HEARTBEATS * longest ? [longest] : [],
      ),
      connections.length,
    ),
    style,
    median,
    perClient,
    connections: connections.length,
  }
}

/** The value that most agree on; null if there is none. */
function agreed(values: readonly Micros[], of: number): Learned | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const median = sorted[sorted.length >> 1]!
  const agreeing = sorted.filter((value) => Math.abs(value - median) <= ALIKE * median).length
  if (2 * agreeing <= sorted.length) return null
  const isStrong = agreeing >= AGREEING_MIN && agreeing >= 0.8 * of
  return { value: rounded(median), agreeing, of, isStrong }
}

/** To the second, and to what a person would have set where that is as near. */
function rounded(value: Micros): Micros {
  const steps = [3600, 900, 300, 60, 30, 10, 5].map((step) => step * SECOND)
  for (const step of steps) {
    const near = Math.round(value / step) * step
    if (near > 0 && Math.abs(near - value) <= 0.01 * value) return near
  }
  return Math.max(SECOND, Math.round(value / SECOND) * SECOND)
}
