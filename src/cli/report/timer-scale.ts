/**
 * Where a timer's figure has its marks: rings above the axis for silences that were survived, crosses below
 * for those that were severed, devices at their defaults, and the interval that is left.
 */
import type { TimerView } from '../../model/view.ts'
import { excludedDevices } from '../../store/queries/excluded-devices.ts'
import { count } from '../output/quantities.ts'
import { type Axis, axis, percent, roundAxis } from './axis.ts'

/** Columns that rings are piled up in, and how high a pile may be; beyond, a mark stands for several. */
const COLUMNS = 72
const RINGS_HIGH = 10
const CROSSES_HIGH = 9
/** Crosses of one length stand in rows of so many. */
const CROSSES_WIDE = 7
/** A silence that was survived this many times longer than the longest severed one is left off the axis. */
const REACH = 4
/** A default this close to the interval fits it: devices count in seconds. */
const TOLERANCE_SECONDS = 2

export interface Mark {
  /** Per cent of the axis. */
  readonly x: number
  /** Steps away from the axis line, from 0. */
  readonly row: number
}

export interface DeviceMark {
  readonly name: string
  readonly seconds: number
  readonly x: number
  /** What the data says of it. */
  readonly verdict: string
  /** Whether its default lies in the interval, or where else. */
  readonly place: 'fits' | 'below' | 'above'
}

export interface Interval {
  readonly from: number
  readonly to: number
}

export interface TimerFigure {
  readonly axis: Axis
  readonly rings: readonly Mark[]
  /** Silences that one ring stands for, at most. */
  readonly perRing: number
  /** `x` is the place of the pile; `column` steps beside it. */
  readonly crosses: readonly (Mark & { readonly column: number })[]
  readonly perCross: number
  /** Survived ones that are longer than the axis. */
  readonly beyond: number
  readonly devices: readonly DeviceMark[]
  /** Per cent; null where it is open at an end. */
  readonly interval: Interval | null
  readonly zoom: Zoom | null
}

/** A short piece of the axis around the interval. */
export interface Zoom {
  readonly axis: Axis
  readonly rings: readonly Mark[]
  readonly crosses: readonly Mark[]
  /** Silences that a mark stands for, at most. */
  readonly per: number
  readonly interval: Interval
}

/** Null without a silence to draw. */
export function timerFigure(timer: TimerView): TimerFigure | null {
  const { severedSeconds: severed, survivedSeconds: survived, lowerSeconds, upperSeconds } = timer
  if (severed.length === 0 || severed.length + survived.length === 0) return null
  const furthest = Math.max(...severed, lowerSeconds ?? 0, upperSeconds ?? 0)
  const within = survived.filter((seconds) => seconds <= REACH * furthest)
  const scale = roundAxis(0, Math.max(1.3 * furthest, ...within), 7)
  const rings = piled(scale, within, RINGS_HIGH, COLUMNS)
  const crosses = blocks(scale, severed)
  return {
    axis: scale,
    rings: rings.marks,
    perRing: rings.per,
    crosses: crosses.marks,
    perCross: crosses.per,
    beyond: survived.length - within.length,
    devices: devicesOf(timer, scale),
    interval: intervalOn(scale, timer),
    zoom: zoomOf(timer, scale),
  }
}

function intervalOn(scale: Axis, { lowerSeconds, upperSeconds }: TimerView): Interval | null {
  if (lowerSeconds === null || upperSeconds === null) return null
  return { from: percent(scale, lowerSeconds), to: percent(scale, upperSeconds) }
}

/** Values in piles, one for each column of the axis. */
function piled(scale: Axis, values: readonly number[], high: number, columns: number) {
  const piles = new Map<number, number>()
  for (const value of values) {
    const column = Math.round((percent(scale, value) / 100) * columns)
    piles.set(column, (piles.get(column) ?? 0) + 1)
  }
  const per = Math.max(1, Math.ceil(Math.max(0, ...piles.values()) / high))
  const marks: Mark[] = [...piles].flatMap(([column, n]) =>
    Array.from({ length: Math.ceil(n / per) }, (_, row) => ({
      x: Math.round((column / columns) * 10_000) / 100,
      row,
    })),
  )
  return { marks, per }
}

/**
 * Severed silences have often one length: they stand in a block, several beside each other, where there is
 * room.
 */
function blocks(scale: Axis, values: readonly number[]) {
  const { marks, per } = piled(scale, values, CROSSES_HIGH, COLUMNS)
  const places = [...new Set(marks.map(({ x }) => x))].sort((a, b) => a - b)
  const areNear = (places.at(-1) ?? 0) - (places[0] ?? 0) <= (100 / COLUMNS) * 3
  if (!areNear) return { marks: marks.map((mark) => ({ ...mark, column: 0 })), per }
  const x = percent(scale, values.reduce((sum, value) => sum + value, 0) / values.length)
  const most = CROSSES_WIDE * CROSSES_HIGH
  const each = Math.max(1, Math.ceil(values.length / most))
  const drawn = Math.ceil(values.length / each)
  const wide = Math.min(CROSSES_WIDE, drawn)
  const block = Array.from({ length: drawn }, (_, i) => ({
    x,
    row: Math.floor(i / wide),
    column: (i % wide) - (wide - 1) / 2,
  }))
  return { marks: block, per: each }
}

const CANDIDATE = /^(.*) \((\d+) s(?:, unconfirmed)?\)$/

/** Devices whose default fits, and the nearest documented ones on either side that the data excludes. */
function devicesOf(timer: TimerView, scale: Axis) {
  const { candidates, lowerSeconds, upperSeconds, survivedSeconds } = timer
  const fitting = Map.groupBy(
    candidates.flatMap((text) => {
      const [, name, seconds] = CANDIDATE.exec(text) ?? []
      return name === undefined ? [] : [{ name, seconds: Number(seconds) }]
    }),
    ({ seconds }) => seconds,
  )
  const marks: DeviceMark[] = [...fitting].slice(0, 1).map(([seconds, all]) => {
    const name = `${shortName(all[0]!.name)} ${seconds} s`
    const verdict = all.length > 1 ? `fits, so do ${all.length - 1} more` : 'fits'
    return { name, seconds, x: percent(scale, seconds), verdict, place: 'fits' }
  })
  const excluded = timer.excluded ?? excludedDevices(timer)
  const below = excluded.findLast(({ seconds }) => seconds < (lowerSeconds ?? 0))
  if (below !== undefined) {
    const longer = survivedSeconds.filter((seconds) => seconds > below.seconds + TOLERANCE_SECONDS).length
    const verdict = `${count(longer)} longer survived`
    if (longer > 0) marks.push(excludedMark(below, verdict, 'below', scale))
  }
  const above = excluded.find(({ seconds }) => seconds > (upperSeconds ?? Infinity))
  if (above !== undefined && above.seconds <= scale.to)
    marks.push(excludedMark(above, 'all were severed sooner', 'above', scale))
  return marks
}

/** Without the remark in brackets: the sentence below the figure has it. */
const shortName = (name: string): string => name.replace(/ \(.*\)$/, '')

const excludedMark = (
  { device, seconds }: { readonly device: string; readonly seconds: number },
  verdict: string,
  place: 'below' | 'above',
  scale: Axis,
): DeviceMark => ({
  name: `${shortName(device)} ${seconds} s`,
  seconds,
  x: percent(scale, seconds),
  verdict,
  place,
})

const ZOOM_COLUMNS = 80
const ZOOM_HIGH = 7

/** Only where the interval is too small to be seen on the whole axis. */
function zoomOf(
  { lowerSeconds, upperSeconds, survivedSeconds, severedSeconds }: TimerView,
  whole: Axis,
): Zoom | null {
  if (lowerSeconds === null || upperSeconds === null) return null
  const width = upperSeconds - lowerSeconds
  const span = Math.max(1, 4 * width)
  if (span > (whole.to - whole.from) / 5) return null
  const middle = (lowerSeconds + upperSeconds) / 2
  const scale = axis(Math.max(0, middle - span / 2), middle + span / 2, 6)
  const within = (seconds: number): boolean => seconds >= scale.from && seconds <= scale.to
  const rings = piled(scale, survivedSeconds.filter(within), ZOOM_HIGH, ZOOM_COLUMNS)
  const crosses = piled(scale, severedSeconds.filter(within), ZOOM_HIGH, ZOOM_COLUMNS)
  return {
    axis: scale,
    rings: rings.marks,
    crosses: crosses.marks,
    per: Math.max(rings.per, crosses.per),
    interval: { from: percent(scale, lowerSeconds), to: percent(scale, upperSeconds) },
  }
}
