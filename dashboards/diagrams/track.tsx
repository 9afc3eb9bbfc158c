/** A small track: when something happened to one agent, between two times. */
import type { JSX } from 'preact'
import { clusters } from './labels.ts'
import { across, shareOf } from './scale.ts'

interface TrackProps {
  readonly times: readonly string[]
  readonly from: string
  readonly to: string
}

/** Ticks closer than this are one. */
const APART = 0.008

export function Track({ times, from, to }: TrackProps): JSX.Element {
  const range = { from: Date.parse(from), to: Math.max(Date.parse(to), Date.parse(from) + 1) }
  const places = clusters(
    times.map((at) => shareOf(Date.parse(at), range)),
    APART,
  )
  return (
    <svg class="chart" height="16" aria-hidden="true">
      <line class="gridl" x1="0" x2="100%" y1="8" y2="8" />
      {places.map(({ at }) => (
        <line key={at} class="s-crit fig-tick" x1={across(at)} x2={across(at)} y1="3" y2="13" />
      ))}
    </svg>
  )
}
