/** Occurrences in 48 equal steps, stacked by severity, critical at the bottom; the last visit is marked. */
import type { JSX } from 'preact'
import type { Overview } from '../../src/api/contract.ts'
import { countTicks } from '../diagrams/scale.ts'
import { Times } from '../diagrams/times.tsx'
import { useWidth } from '../diagrams/width.ts'
import { SeverityMark } from '../parts/marks.tsx'
import { counted, elapsed, secondsBetween, time, zoneName } from '../text.ts'
import type { Severity } from '../vocabulary.ts'
import { SEVERITIES } from '../words.data.ts'

const HEIGHT = 240
const LINES = 3 // at most, above the axis
const BASE = 208 // y of the axis
const TOP = 19 // y of the highest value
const TONES: Readonly<Record<Severity, string>> = { critical: 'f-crit', warning: 'f-warn', info: 'f-info' }

interface ChartProps {
  readonly overview: Overview
  readonly lastVisit: string | null
}

export function OccurrenceChart({ overview, lastVisit }: ChartProps): JSX.Element {
  const { from, to, trend } = overview
  const { ref, width } = useWidth<SVGSVGElement>(640)
  if (from === null || to === null) return <></>
  const steps = trend.critical.length
  const stepSeconds = secondsBetween(from, to) / Math.max(1, steps)
  const isHalfHours = Math.abs(stepSeconds - 1800) < 60
  const total = SEVERITIES.reduce((sum, severity) => sum + trend[severity].reduce((a, b) => a + b, 0), 0)
  return (
    <>
      <header>
        <h2>{isHalfHours ? 'Occurrences per half hour' : 'Occurrences over time'}</h2>
        <span class="note">
          {elapsed(secondsBetween(from, to))}, {zoneName(to)}
          {!isHalfHours && `, a bar is ${elapsed(Math.max(1, stepSeconds))}`}
        </span>
        <span class="legend end">
          {SEVERITIES.map((severity) => (
            <SeverityMark key={severity} severity={severity} word />
          ))}
        </span>
      </header>
      <svg ref={ref} class="chart axised" height={HEIGHT} role="img" aria-label={finding(overview, total)}>
        <Grid most={most(trend)} />
        <Stacks trend={trend} />
        <line x1="0" x2="100%" y1={BASE} y2={BASE} class="axis" />
        <LastVisit from={from} to={to} at={lastVisit} />
        <Times from={from} to={to} width={width} y={BASE + 16} />
      </svg>
    </>
  )
}

const sums = (trend: Overview['trend']): number[] =>
  trend.critical.map((n, index) => n + (trend.warning[index] ?? 0) + (trend.info[index] ?? 0))

const most = (trend: Overview['trend']): number => Math.max(3, ...sums(trend))

/** What the figure shows, for those who cannot see it. */
function finding({ from, to, trend, services }: Overview, total: number): string {
  const all = sums(trend)
  const peak = all.indexOf(Math.max(...all))
  if (total === 0 || from === null || to === null) return 'No occurrence in this time'
  const at = new Date(from).getTime() + (peak / all.length) * secondsBetween(from, to) * 1000
  const critical = trend.critical.reduce((a, b) => a + b, 0)
  return `${counted(total, 'occurrence')} at ${counted(services.length, 'service')}, ${critical} of them critical; most, ${all[peak]}, from ${time(at, 'minute')} on`
}

function Grid({ most: highest }: { most: number }): JSX.Element {
  const [, ...lines] = countTicks(highest, LINES + 1)
  return (
    <>
      {lines.map((value) => {
        const y = BASE - (value / highest) * (BASE - TOP)
        return (
          <g key={value}>
            <line x1="0" x2="100%" y1={y} y2={y} class="gridl" />
            <text class="m" x="100%" dx="6" y={y + 4}>
              {value}
            </text>
          </g>
        )
      })}
    </>
  )
}

function Stacks({ trend }: { trend: Overview['trend'] }): JSX.Element {
  const highest = most(trend)
  const width = 100 / trend.critical.length
  const tall = (n: number): number => (n / highest) * (BASE - TOP)
  return (
    <>
      {trend.critical.map((_, index) => {
        const lower = { y: BASE }
        return SEVERITIES.map((severity) => {
          const n = trend[severity][index] ?? 0
          if (n === 0) return null
          lower.y -= tall(n)
          return (
            <rect
              key={`${severity}${index}`}
              x={`${index * width}%`}
              width={`${width * 0.78}%`}
              y={lower.y}
              height={Math.max(1, tall(n) - 0.8)}
              class={TONES[severity]}
            />
          )
        })
      })}
    </>
  )
}

function LastVisit({ from, to, at }: { from: string; to: string; at: string | null }): JSX.Element | null {
  if (at === null) return null
  const share = secondsBetween(from, at) / secondsBetween(from, to)
  if (share < 0 || share > 1) return null
  const isLeft = share > 0.5
  return (
    <>
      <line
        x1={`${share * 100}%`}
        x2={`${share * 100}%`}
        y1="4"
        y2={BASE}
        class="s-acc"
        stroke-dasharray="3 3"
      />
      <text
        class="ta"
        x={`${share * 100}%`}
        dx={isLeft ? -6 : 6}
        y="14"
        text-anchor={isLeft ? 'end' : 'start'}
      >
        your last visit<tspan class="wide">, {time(at, 'minute')}</tspan>
      </text>
    </>
  )
}
