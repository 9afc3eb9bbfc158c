/**
 * What is known of a timer, as marks on axes of seconds: rings for silences that survived, crosses for those
 * that were severed, lines for devices, and one small stretch of the axis around the interval. Pure.
 */
import type { TimerView } from '../../src/api/contract.ts'
import { decimal } from '../text.ts'
import { columnsOf, stacked } from './buckets.ts'
import { type Beside, beside, type LabelBox, shortened, textWidth } from './labels.ts'
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
/** Rows of words, from the top. A line begins in the row of its words; one without words below all. */
export const LINE_ROWS = 3
const NAME_MAX = 40 // characters
const WORDS_APART = 8 // px between words of one row
const LINE_APART = 2 // px between words and another line
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

/** What stands beside a line: the name and its value, and under it whether it fits. */
export const lineWords = ({ name, seconds, why }: Candidate): readonly [string, string] => [
  `${shortened(name, NAME_MAX)} ${decimal(seconds)} s`,
  why ?? 'fits',
]

interface Placed {
  readonly at: number
  /** Null: a line without words. */
  readonly words: (Beside & { readonly row: number }) | null
}

/** Those that fit first: they get their words sooner. */
function lay(candidates: readonly Candidate[], axis: Range, width: number): CandidateLine[] {
  const inside = candidates
    .filter(({ seconds }) => seconds <= axis.to)
    .sort((a, b) => Number(a.isExcluded) - Number(b.isExcluded) || a.seconds - b.seconds)
  // Words of what is excluded keep clear of the lines that fit.
  const fitting = inside.find(({ isExcluded }) => !isExcluded)?.seconds ?? axis.to
  const placed: Placed[] = []
  return inside.map((candidate) => {
    const { seconds, isExcluded } = candidate
    const share = shareOf(seconds, axis)
    const wished = isExcluded && seconds < fitting ? 'end' : 'start'
    const longest = Math.max(...lineWords(candidate).map((text) => textWidth(text)))
    const words = placeOf({ at: share * width, longest, width, wished }, placed)
    placed.push({ at: share * width, words })
    return { ...candidate, share, row: words?.row ?? null, anchor: words?.anchor ?? wished }
  })
}

interface Wanted {
  /** px, of the line. */
  readonly at: number
  /** px, of the words. */
  readonly longest: number
  readonly width: number
  readonly wished: 'start' | 'end'
}

/** The topmost row, on the wished side if that goes, in which words and line cross no others. */
function placeOf({ at, longest, width, wished }: Wanted, placed: readonly Placed[]): Placed['words'] {
  const other = wished === 'start' ? 'end' : 'start'
  const sides = [wished, other].map((side) => beside(at, longest, width, 6, side as 'start' | 'end'))
  for (let row = 0; row < LINE_ROWS; row++) {
    const side = sides.find((box) => isFree({ ...box, row }, at, width, placed))
    if (side !== undefined) return { ...side, row }
  }
  return null
}

function isFree(
  box: LabelBox & { readonly row: number },
  at: number,
  width: number,
  placed: readonly Placed[],
): boolean {
  if (box.left < 0 || box.right > width) return false
  // The first row begins with the count of what survived.
  if (box.row === 0 && box.left < HEAD_WIDTH + WORDS_APART) return false
  const holds = ({ left, right }: LabelBox, x: number): boolean =>
    x > left - LINE_APART && x < right + LINE_APART
  return placed.every(({ at: line, words }) => {
    if (words === null) return true
    if (words.row <= box.row && holds(box, line)) return false
    if (box.row <= words.row && holds(words, at)) return false
    const isApart = box.right + WORDS_APART <= words.left || words.right + WORDS_APART <= box.left
    return words.row !== box.row || isApart
  })
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
