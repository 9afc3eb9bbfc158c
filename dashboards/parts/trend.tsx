/** Small figures in rows: occurrences as bars, agents as a line. They only repeat what the row says. */
import type { JSX } from 'preact'
import type { Severity } from '../vocabulary.ts'
import { SEVERITY_MARKS } from './marks.tsx'

/** Equal steps as bars over a line. */
export function Bars({ values, severity }: { values: readonly number[]; severity: Severity }): JSX.Element {
  const most = Math.max(1, ...values)
  const step = 100 / Math.max(1, values.length)
  return (
    <svg class="chart bars" height="16" aria-hidden="true">
      <line x1="0" x2="100%" y1="13.5" y2="13.5" class="gridl" />
      {values.map((value, index) =>
        value === 0 ? null : (
          <rect
            key={index}
            x={`${index * step}%`}
            width={`${step * 0.72}%`}
            y={13 - Math.max(2, (value / most) * 11)}
            height={Math.max(2, (value / most) * 11)}
            class={`f-${SEVERITY_MARKS[severity].tone}`}
          />
        ),
      )}
    </svg>
  )
}

/** Critical and warning above the line, info below. */
export function SeverityBars({
  trend,
}: {
  trend: Readonly<Record<Severity, readonly number[]>>
}): JSX.Element {
  const steps = trend.critical.length
  const most = Math.max(4, ...trend.critical.map((n, i) => n + (trend.warning[i] ?? 0)), ...trend.info)
  const width = 100 / Math.max(1, steps)
  const bar = (index: number, from: number, n: number, tone: string): JSX.Element | null =>
    n === 0 ? null : (
      <rect
        key={`${tone}${index}`}
        x={`${index * width}%`}
        width={`${width * 0.72}%`}
        y={from}
        height={Math.max(1.5, (n / most) * 14)}
        class={`f-${tone}`}
      />
    )
  const height = (n: number): number => (n === 0 ? 0 : Math.max(1.5, (n / most) * 14))
  return (
    <svg class="chart" height="26" aria-hidden="true">
      <line x1="0" x2="100%" y1="16.5" y2="16.5" class="axis" />
      {trend.critical.map((n, i) => bar(i, 16 - height(n), n, 'crit'))}
      {trend.warning.map((n, i) => bar(i, 16 - height(trend.critical[i] ?? 0) - height(n), n, 'warn'))}
      {trend.info.map((n, i) => bar(i, 17, Math.min(n, most / 2), 'info'))}
    </svg>
  )
}

/** A line from the most downwards: a service that lost its agents shows a notch. */
export function Line({ values }: { values: readonly number[] }): JSX.Element {
  const most = Math.max(1, ...values)
  const points = values.map(
    (value, index) =>
      `${((index * 100) / Math.max(1, values.length - 1)).toFixed(1)},${(26 - (value / most) * 22).toFixed(1)}`,
  )
  return (
    <svg class="chart" height="30" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
      <polyline
        points={points.join(' ')}
        class="s-ink"
        stroke-width="1.4"
        vector-effect="non-scaling-stroke"
      />
    </svg>
  )
}
