/**
 * What is known of a timer, as marks on axes of seconds: rings for silences that survived, crosses for those
 * that were severed, lines for devices, and one small stretch of the axis around the interval. Pure.
 */
import type { TimerView } from '../../src/api/contract.ts'
import { columnsOf, stacked } from './buckets.ts'
import { beside, type LabelBox, rowsOf, textWidth } from './labels.ts'
import { type Range, roundUp, secondTicks, shareOf } from './scale.ts'

export interface Candidate {
  readonly name: string
  readonly seconds: number
  readonly isExcluded: boolean
  /** Why it is excluded; null for one that fits. */
  readonly why: string | null
}

export interface CandidateLine extends Candidate {
  readonly share: number
  /** Null: no room for its words; they are in the list beside the figure. */
  readonly row: number | null
  readonly anchor: 'start' | 'end'
}

/** Columns of marks: where, and how many. */
export interface Columns {
  /** Values that one mark stands for. */
  readonly each: number
  readonly columns: readonly { readonly share: number; readonly marks: number }[]
}

export interface TimerLayout {
  readonly axis: Range
  readonly ticks: readonly number[]
  readonly rings: Columns
  readonly crosses: Columns
  /** The severed ones lie in one narrow place: drawn as a block, whose share this is. */
  readonly block: number | null
  readonly lines: readonly CandidateLine[]
  /** Survived silences beyond the axis, and the longest of them. */
  readonly beyond: { readonly count: number; readonly longest: number } | null
  /** Survived silences at least as long as the timer: they contradict it, or took another path. */
  readonly contradictions: number
  readonly zoom: Zoom | null
}

export interface Zoom {
  readonly axis: Range
  readonly ticks: readonly number[]
  readonly lower: number | null
  readonly upper: number
  readonly rings: Columns
  readonly crosses: Columns
}

export const RING = 8 // px between columns
export const RINGS_HIGH = 14
export const CROSSES_HIGH = 9
const ZOOM_HIGH = 7
const HEAD_WIDTH = 170 // px of the words above the rings
const NOWHERE: LabelBox = { left: -1e6, right: 1e6 }
/** Severed silences that share a stretch of this part of the axis are one block. */
const BLOCK_SHARE = 0.06
/** An interval wider than this part of the axis is seen without a glass. */
const ZOOM_SHARE = 0.1

/** `Azure Load Balancer (240 s)` -> its parts; null for what is written otherwise. */
export function parseCandidate(text: string): { name: string; seconds: number } | null {
  const found = /^(.*) \((\d+(?:\.\d+)?) s(, unconfirmed)?\)$/.exec(text)
  return found === null ? null : { name: found[1]!, seconds: Number(found[2]) }
}

/** Fitting devices of one value as one line: their names share it. */
export function candidatesOf(timer: TimerView): Candidate[] {
  const at = new Map<number, string[]>()
  for (const text of timer.candidates) {
    const candidate = parseCandidate(text)
    if (candidate === null) continue
    at.set(candidate.seconds, [...(at.get(candidate.seconds) ?? []), candidate.name])
  }
  return [...at].map(([seconds, names]) => ({
    seconds,
    name: names.length === 1 ? names[0]! : `${names[0]!} and ${names.length - 1} more`,
    isExcluded: false,
    why: null,
  }))
}

/** Defaults that the silences rule out, and by what. */
export function excludedOf({ excluded = [], lowerSeconds, survivedSeconds }: TimerView): Candidate[] {
  return excluded.map(({ device, seconds }) => {
    const longer = survivedSeconds.filter((s) => s > seconds).length
    const isBelow = lowerSeconds !== null && seconds < lowerSeconds
    const why =
      isBelow && longer > 0
        ? `${longer} longer ${longer === 1 ? 'silence' : 'silences'} survived`
        : isBelow
          ? 'a longer silence survived'
          : 'none got this far'
    return { name: device, seconds, isExcluded: true, why }
  })
}

export function layTimer(timer: TimerView, excluded: readonly Candidate[], width: number): TimerLayout {
  const { survivedSeconds: survived, severedSeconds: severed } = timer
  const upper = timer.upperSeconds ?? Math.max(0, ...severed)
  const axis = axisOf(timer, upper)
  const columns = Math.max(1, Math.floor(width / RING))
  const beyond = survived.filter((seconds) => seconds > axis.to)
  return {
    axis,
    ticks: secondTicks(axis, Math.max(3, Math.floor(width / 70))),
    rings: columnsIn(survived, axis, columns, RINGS_HIGH),
    crosses: columnsIn(severed, axis, columns, CROSSES_HIGH),
    block: blockOf(severed, axis),
    lines: lay([...candidatesOf(timer), ...excluded], axis, width),
    beyond: beyond.length === 0 ? null : { count: beyond.length, longest: Math.max(...beyond) },
    contradictions: upper > 0 ? survived.filter((seconds) => seconds >= upper).length : 0,
    zoom: zoomOf(timer, axis, columns),
  }
}

/** From zero to well beyond the timer; survived silences of hours would press all else together. */
function axisOf({ survivedSeconds, severedSeconds }: TimerView, upper: number): Range {
  const most = Math.max(upper * 1.35, ...severedSeconds.map((s) => s * 1.05))
  const longest = Math.max(0, ...survivedSeconds)
  const to = most > 0 ? Math.max(most, Math.min(longest * 1.05, upper * 2.4)) : longest * 1.05
  return { from: 0, to: roundUp(to) }
}

function columnsIn(values: readonly number[], axis: Range, columns: number, most: number): Columns {
  const { each, marks } = stacked(columnsOf(values, axis, columns), most)
  return {
    each,
    columns: marks
      .map((n, i) => ({ share: (i + 0.5) / columns, marks: n }))
      .filter((column) => column.marks > 0),
  }
}

function blockOf(severed: readonly number[], axis: Range): number | null {
  if (severed.length < 2) return null
  const low = Math.min(...severed)
  const high = Math.max(...severed)
  return high - low <= BLOCK_SHARE * (axis.to - axis.from) ? shareOf((low + high) / 2, axis) : null
}

function lay(candidates: readonly Candidate[], axis: Range, width: number): CandidateLine[] {
  const inside = candidates
    .filter(({ seconds }) => seconds <= axis.to)
    .sort((a, b) => Number(a.isExcluded) - Number(b.isExcluded) || a.seconds - b.seconds)
  // Words of what is excluded keep clear of the lines that fit.
  const fitting = inside.find(({ isExcluded }) => !isExcluded)?.seconds ?? axis.to
  const boxes = inside.map(({ name, seconds, why, isExcluded }) => {
    const words = Math.max(textWidth(`${name} ${seconds} s`), textWidth(why ?? 'fits'))
    return beside(
      shareOf(seconds, axis) * width,
      words,
      width,
      6,
      isExcluded && seconds < fitting ? 'end' : 'start',
    )
  })
  const isInside = ({ left, right }: LabelBox): boolean => left >= 0 && right <= width
  // The first row begins with the count of what survived.
  const [, ...rows] = rowsOf(
    [{ left: 0, right: HEAD_WIDTH }, ...boxes.map((box) => (isInside(box) ? box : NOWHERE))],
    3,
  )
  return inside.map((candidate, i) => ({
    ...candidate,
    share: shareOf(candidate.seconds, axis),
    row: isInside(boxes[i]!) ? rows[i]! : null,
    anchor: boxes[i]!.anchor,
  }))
}

/** One second around the interval, or as much more as it takes. */
function zoomOf(timer: TimerView, axis: Range, columns: number): Zoom | null {
  const { lowerSeconds: lower, upperSeconds: upper } = timer
  if (upper === null || lower === null || upper < lower) return null
  if (upper - lower > ZOOM_SHARE * (axis.to - axis.from)) return null
  const span = roundUp(Math.max(1, (upper - lower) * 4))
  const middle = Math.round(((lower + upper) / 2) * 4) / 4
  const around = { from: Math.max(0, middle - span / 2), to: middle + span / 2 }
  return {
    axis: around,
    ticks: secondTicks(around, 5),
    lower,
    upper,
    rings: columnsIn(timer.survivedSeconds, around, columns, ZOOM_HIGH),
    crosses: columnsIn(timer.severedSeconds, around, columns, ZOOM_HIGH),
  }
}
