/** A time axis: its ends in full, round times between. */
import type { JSX } from 'preact'
import { zone } from '../settings.ts'
import { clock, day, zoneName } from '../text.ts'
import { textWidth } from './labels.ts'
import { across, clockPrecision, shareOf, timeTicks } from './scale.ts'

interface TimesProps {
  /** ISO times. */
  readonly from: string
  readonly to: string
  /** Of the figure, in px. */
  readonly width: number
  readonly y: number
}

/** Marks of a time axis under a figure. */
export function Times({ from, to, width, y }: TimesProps): JSX.Element {
  const range = { from: Date.parse(from), to: Date.parse(to) }
  const offset = zone.value === 'utc' ? 0 : -new Date(range.from).getTimezoneOffset() * 60_000
  const precision = clockPrecision(range)
  const end = `${clock(range.to, precision)} ${zoneName(range.to)}`
  const isDays = range.to - range.from > 3 * 86_400_000
  const start = `${day(range.from)} ${clock(range.from, precision)}`
  const free = {
    from: (textWidth(start, 10.5, true) + 28) / width,
    to: 1 - (textWidth(end, 10.5, true) + 28) / width,
  }
  return (
    <>
      <text class="m" x="0" y={y}>
        {start}
      </text>
      {timeTicks(range, Math.max(3, Math.floor(width / 100)), offset).map((tick) => {
        const share = shareOf(tick, range)
        if (share < free.from || share > free.to) return null
        return (
          <text key={tick} class="m" x={across(share)} y={y} text-anchor="middle">
            {isDays ? day(tick) : clock(tick, precision)}
          </text>
        )
      })}
      <text class="m" x="100%" y={y} text-anchor="end">
        {end}
      </text>
    </>
  )
}
