/**
 * What a change made better or worse: two results of analyses, before and after it, side by side.
 *
 * Contract: pure. What is counted is compared as a rate, because two captures seldom last equally long; a
 * verdict that could not be reached on one side is neither better nor worse.
 */
import type { RequirementStatus } from '../../model/record.ts'
import type { ComparedIncident, ComparedVerdict, Result } from './result.ts'

export type Turn = 'better' | 'worse' | 'other'

export interface VerdictChange {
  readonly id: string
  readonly title: string
  readonly service: string | null
  /** Null: it was not judged. */
  readonly before: RequirementStatus | null
  readonly after: RequirementStatus | null
  readonly turn: Turn
}

export interface IncidentChange {
  /** As it was last. */
  readonly incident: ComparedIncident
  /** Occurrences in an hour; null: it was not there. */
  readonly before: number | null
  readonly after: number | null
  readonly turn: Turn
}

export interface TimerChange {
  readonly service: string | null
  readonly actor: string
  readonly before: NonNullable<ComparedIncident['timer']>
  readonly after: NonNullable<ComparedIncident['timer']>
}

export interface ShareChange {
  readonly service: string
  readonly server: string
  /** 0 to 1. */
  readonly before: number
  readonly after: number
}

export interface Comparison {
  readonly verdicts: readonly VerdictChange[]
  readonly incidents: readonly IncidentChange[]
  readonly timers: readonly TimerChange[]
  readonly shares: readonly ShareChange[]
}

/** A rate that changed by less is as good as equal: a factor of two is beyond the spread of small counts. */
const RATE_FACTOR = 2
/** Shares that differ by less are not told. */
const SHARE_MIN = 0.05

export const comparisonOf = (before: Result, after: Result): Comparison => ({
  verdicts: verdictChanges(before.verdicts, after.verdicts),
  incidents: incidentChanges(before, after),
  timers: timerChanges(before, after),
  shares: shareChanges(before, after),
})

/** The worse the higher; what was not seen, or does not apply, says nothing. */
const RANK: Readonly<Partial<Record<RequirementStatus, number>>> = { met: 0, 'at-risk': 1, violated: 2 }

function verdictChanges(
  before: readonly ComparedVerdict[],
  after: readonly ComparedVerdict[],
): VerdictChange[] {
  const key = ({ id, service }: ComparedVerdict): string => JSON.stringify([service, id])
  const old = new Map(before.map((verdict) => [key(verdict), verdict]))
  const now = new Map(after.map((verdict) => [key(verdict), verdict]))
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((one) => {
    const [was, is] = [old.get(one), now.get(one)]
    if (was?.status === is?.status) return []
    const { id, title, service } = (is ?? was)!
    const turn = turnOf(rankOf(was), rankOf(is))
    return [{ id, title, service, before: was?.status ?? null, after: is?.status ?? null, turn }]
  })
}

const rankOf = (verdict: ComparedVerdict | undefined): number | null =>
  verdict === undefined ? null : (RANK[verdict.status] ?? null)

const turnOf = (before: number | null, after: number | null): Turn =>
  before === null || after === null || before === after ? 'other' : after < before ? 'better' : 'worse'

const causeOf = ({ type, service, actor }: ComparedIncident): string =>
  JSON.stringify([type, service, actor.role, actor.address])

function incidentChanges(before: Result, after: Result): IncidentChange[] {
  const [old, now] = [byCause(before), byCause(after)]
  return [...new Set([...now.keys(), ...old.keys()])].map((cause) => {
    const [was, is] = [old.get(cause), now.get(cause)]
    const [rateBefore, rateAfter] = [rateOf(was, before), rateOf(is, after)]
    const incident = (is ?? was)!
    const turn = incident.severity === 'info' ? 'other' : rateTurn(rateBefore, rateAfter)
    return { incident, before: rateBefore, after: rateAfter, turn }
  })
}

function rateTurn(before: number | null, after: number | null): Turn {
  if (before === null) return 'worse'
  if (after === null) return 'better'
  if (after >= before * RATE_FACTOR) return 'worse'
  return after * RATE_FACTOR <= before ? 'better' : 'other'
}

/** Of several incidents of one cause the counts are added up. */
function byCause({ incidents }: Result): Map<string, ComparedIncident> {
  const groups = Map.groupBy(incidents, causeOf)
  return new Map(
    [...groups].map(([cause, list]) => {
      const occurrences = list.reduce((sum, incident) => sum + incident.occurrences, 0)
      return [cause, { ...list[0]!, occurrences }]
    }),
  )
}

const HOUR_SECONDS = 3600
/** Of a capture that lasts no time, everything is told as if it lasted a second. */
const rateOf = (incident: ComparedIncident | undefined, { seconds }: Result): number | null =>
  incident === undefined ? null : (incident.occurrences * HOUR_SECONDS) / Math.max(1, seconds)

function timerChanges(before: Result, after: Result): TimerChange[] {
  const old = byCause(before)
  return [...byCause(after)].flatMap(([cause, { service, actor, timer }]) => {
    const was = old.get(cause)?.timer ?? null
    if (timer === null || was === null || overlap(timer, was)) return []
    return [{ service, actor: [actor.role, actor.address ?? ''].join(' ').trim(), before: was, after: timer }]
  })
}

type Timer = TimerChange['before']
/** One value may lie in both intervals. */
const overlap = (a: Timer, b: Timer): boolean =>
  (a.lowerSeconds ?? 0) < (b.upperSeconds ?? Infinity) && (b.lowerSeconds ?? 0) < (a.upperSeconds ?? Infinity)

function shareChanges(before: Result, after: Result): ShareChange[] {
  return [...after.shares].flatMap(([service, servers]) => {
    const old = before.shares.get(service)
    if (old === undefined) return []
    return [...new Set([...old.keys(), ...servers.keys()])].flatMap((server) => {
      const change = { service, server, before: shareOf(old, server), after: shareOf(servers, server) }
      return Math.abs(change.after - change.before) < SHARE_MIN ? [] : [change]
    })
  })
}

function shareOf(servers: ReadonlyMap<string, number>, server: string): number {
  const total = [...servers.values()].reduce((sum, n) => sum + n, 0)
  return total === 0 ? 0 : (servers.get(server) ?? 0) / total
}
