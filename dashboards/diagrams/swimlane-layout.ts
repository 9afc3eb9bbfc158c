/**
 * One agent over time: a lane for each server, bars while it was attached, hollow while nothing was sent
 * before an end, cuts, and the way from one lane to the next. Pure: shares of the width, pixels down.
 */
import type { AgentView } from '../../src/api/contract.ts'
import { lanesOf, merged } from './buckets.ts'
import { clusters } from './labels.ts'
import { type Range, shareOf } from './scale.ts'

export interface Lane {
  readonly server: string
  readonly y: number
  readonly attachedSeconds: number
  readonly times: number
}

/** Shares of the width. */
export interface Piece {
  readonly from: number
  readonly to: number
  readonly y: number
}

export interface Cut {
  readonly at: number
  readonly y: number
  /** Cuts too close to one another to be told apart. */
  readonly count: number
  /** There is room to say how many. */
  readonly isTold: boolean
}

export interface Hop {
  readonly from: number
  readonly fromY: number
  readonly to: number
  readonly toY: number
  /** The server before had stopped answering. */
  readonly isFailover: boolean
}

export interface AddressPiece extends Range {
  readonly address: string
  readonly row: number
  /** Another tone than its neighbour: a change is seen without reading. */
  readonly isOdd: boolean
}

export interface Swimlane {
  readonly lanes: readonly Lane[]
  /** Servers beyond `LANES_MAX`: their time is on the last lane. */
  readonly others: number
  readonly bars: readonly Piece[]
  readonly silences: readonly Piece[]
  readonly cuts: readonly Cut[]
  readonly hops: readonly Hop[]
  readonly addresses: readonly AddressPiece[]
  /** Addresses without a row: more at one time than rows. */
  readonly hiddenAddresses: number
  readonly bottom: number
}

export const LANES_MAX = 8
export const LANE_PITCH = 54
export const LANE_FIRST = 38
export const BAR = 16
const ADDRESS_ROWS = 3
/** Closer than this on the screen is drawn as one. */
const BAR_APART = 1
const CUT_APART = 10
const COUNT_ROOM = 16
const SILENCE_LEAST = 2
/** More connectors than this are a scribble; the cuts and the table still tell them. */
const HOPS_MAX = 120

const CUTTING: ReadonlySet<string> = new Set(['severed-idle', 'server-idle-close'])

export function laySwimlane(agent: AgentView, width: number): Swimlane {
  const range = { from: Date.parse(agent.from), to: Date.parse(agent.to) }
  const share = (at: string): number => shareOf(Date.parse(at), range)
  const stays = agent.stays.filter(
    (stay) => Date.parse(stay.end) >= range.from && Date.parse(stay.start) <= range.to,
  )
  const { lanes, laneOf, others } = lanesFor(stays)
  const pixel = 1 / Math.max(1, width)
  const bars = lanes.flatMap(({ y, server }) =>
    merged(
      stays
        .filter((stay) => laneOf(stay.server)?.server === server)
        .map((stay) => ({ from: share(stay.start), to: share(stay.end) })),
      BAR_APART * pixel,
    ).map((piece) => ({ ...piece, y })),
  )
  return {
    lanes,
    others,
    bars,
    silences: silencesOf(agent, laneOf, share, SILENCE_LEAST * pixel, range),
    cuts: cutsOf(agent, laneOf, range, pixel),
    hops: hopsOf(stays, laneOf, share),
    ...addressesOf(agent, range),
    bottom: LANE_FIRST + Math.max(1, lanes.length) * LANE_PITCH - 14,
  }
}

type Stays = AgentView['stays']
type LaneOf = (server: string | null) => Lane | undefined

/** Servers in the order of their first stay; the busiest if there are too many, and one lane for the rest. */
function lanesFor(stays: Stays): { lanes: Lane[]; laneOf: LaneOf; others: number } {
  const sums = new Map<string, { seconds: number; times: number }>()
  for (const { server, start, end } of [...stays].sort((a, b) => (a.start < b.start ? -1 : 1))) {
    const sum = sums.get(server) ?? { seconds: 0, times: 0 }
    sum.seconds += Math.max(0, Date.parse(end) - Date.parse(start)) / 1000
    sum.times++
    sums.set(server, sum)
  }
  const isMany = sums.size > LANES_MAX
  const busiest = new Set(
    [...sums]
      .sort(([, a], [, b]) => b.seconds - a.seconds)
      .slice(0, isMany ? LANES_MAX - 1 : LANES_MAX)
      .map(([s]) => s),
  )
  const own = [...sums].filter(([server]) => busiest.has(server))
  const rest = [...sums].filter(([server]) => !busiest.has(server))
  const rows =
    rest.length === 0 ? own : [...own, [`${rest.length} others`, totalOf(rest)] as (typeof own)[number]]
  const lanes = rows.map(([server, { seconds, times }], i) => ({
    server,
    y: LANE_FIRST + i * LANE_PITCH,
    attachedSeconds: seconds,
    times,
  }))
  const byServer = new Map(lanes.map((lane) => [lane.server, lane]))
  const last = lanes.at(-1)
  const laneOf: LaneOf = (server) =>
    server === null
      ? undefined
      : (byServer.get(server) ?? (rest.some(([name]) => name === server) ? last : undefined))
  return { lanes, laneOf, others: rest.length }
}

const totalOf = (rest: readonly [string, { seconds: number; times: number }][]) => ({
  seconds: rest.reduce((n, [, sum]) => n + sum.seconds, 0),
  times: rest.reduce((n, [, sum]) => n + sum.times, 0),
})

/** The silence before each end: the only one whose place is known. */
function silencesOf(
  agent: AgentView,
  laneOf: LaneOf,
  share: (at: string) => number,
  least: number,
  range: Range,
): Piece[] {
  return agent.connections.flatMap(({ server, end, idleBeforeEndSeconds }) => {
    const lane = laneOf(server)
    if (lane === undefined || !(idleBeforeEndSeconds > 0)) return []
    const to = share(end)
    const from = shareOf(Date.parse(end) - idleBeforeEndSeconds * 1000, range)
    return to - from < least ? [] : [{ from, to, y: lane.y }]
  })
}

function cutsOf(agent: AgentView, laneOf: LaneOf, range: Range, pixel: number): Cut[] {
  const byLane = new Map<number, number[]>()
  for (const { type, at, server } of agent.happenings) {
    const y = laneOf(server?.name ?? null)?.y
    const time = Date.parse(at)
    if (!CUTTING.has(type) || y === undefined || time < range.from || time > range.to) continue
    byLane.set(y, [...(byLane.get(y) ?? []), shareOf(time, range)])
  }
  return [...byLane].flatMap(([y, places]) => {
    const groups = clusters(places, CUT_APART * pixel)
    return groups.map(({ at, indices }, i) => ({
      at,
      y,
      count: indices.length,
      isTold: indices.length > 1 && (groups[i + 1]?.at ?? 2) - at > COUNT_ROOM * pixel,
    }))
  })
}

function hopsOf(stays: Stays, laneOf: LaneOf, share: (at: string) => number): Hop[] {
  const ordered = [...stays].sort((a, b) => (a.start < b.start ? -1 : 1))
  const hops: Hop[] = []
  const latest = new Map<string, Stays[number]>()
  for (const next of ordered) {
    const before = latest.get(next.service)
    latest.set(next.service, next)
    const from = laneOf(before?.server ?? null)
    const to = laneOf(next.server)
    if (before === undefined || from === undefined || to === undefined || from === to) continue
    hops.push({
      from: share(before.end < next.start ? before.end : next.start),
      fromY: from.y,
      to: share(next.start),
      toY: to.y,
      isFailover: before.endedBy === 'failover',
    })
  }
  return hops.length > HOPS_MAX ? [] : hops
}

function addressesOf(
  { addresses }: AgentView,
  range: Range,
): Pick<Swimlane, 'addresses' | 'hiddenAddresses'> {
  const ordered = addresses
    .map(({ address, start, end }) => ({ address, from: Date.parse(start), to: Date.parse(end) }))
    .filter(({ from, to }) => to >= range.from && from <= range.to)
    .sort((a, b) => a.from - b.from)
  const rows = lanesOf(ordered, ADDRESS_ROWS)
  const seen: number[] = []
  const pieces = ordered.flatMap(({ address, from, to }, i): AddressPiece[] => {
    const row = rows[i]
    if (row == null) return []
    seen[row] = (seen[row] ?? 0) + 1
    return [{ address, row, from: shareOf(from, range), to: shareOf(to, range), isOdd: seen[row] % 2 === 0 }]
  })
  return { addresses: pieces, hiddenAddresses: rows.filter((row) => row === null).length }
}
