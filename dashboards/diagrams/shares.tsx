/** Shares of the attached agents per server over time, with what happened marked on the time axis. */
import type { JSX } from 'preact'
import type { ServiceView } from '../../src/api/contract.ts'
import { clock, day, percent, zoneName } from '../text.ts'
import { beside, rowsOf, shortened, textWidth } from './labels.ts'
import { across, clockPrecision, shareOf } from './scale.ts'
import { type Layer, layShares, NAME_MAX } from './shares-layout.ts'
import { Times } from './times.tsx'
import { useWidth } from './width.ts'

const HEIGHT = 190
const MARKS_HEIGHT = 34
const FILLS = ['f-s1', 'f-s2', 'f-s3', 'f-s4', 'f-rest'] as const
const MARKS_MAX = 4

interface SharesProps {
  readonly service: ServiceView
  readonly sentence: string
}

export function SharesFigure({ service, sentence }: SharesProps): JSX.Element {
  const { ref, width } = useWidth<HTMLDivElement>(640)
  const layers = layShares(service.shares, service.from, service.to, width)
  return (
    <div ref={ref}>
      <svg class="chart" height={HEIGHT + MARKS_HEIGHT + 22} role="img" aria-label={sentence}>
        <svg y={MARKS_HEIGHT} height={HEIGHT} overflow="visible">
          <svg width="100%" height={HEIGHT} viewBox="0 0 1000 1000" preserveAspectRatio="none">
            {layers.map((layer, i) =>
              layer.areas.map((area, n) => (
                <polygon
                  key={n}
                  class={`fig-layer ${fill(layer, i)}`}
                  points={pointsOf(area)}
                  vector-effect="non-scaling-stroke"
                />
              )),
            )}
          </svg>
          {[0.25, 0.5, 0.75].map((share) => (
            <line key={share} class="fig-quarter" x1="0" x2="100%" y1={share * HEIGHT} y2={share * HEIGHT} />
          ))}
          {layers.map((layer, i) =>
            layer.label === null ? null : (
              <text
                key={layer.name}
                class={`fig-name on-${fill(layer, i)}`}
                x={across(layer.label.x)}
                dx="12"
                y={layer.label.y * HEIGHT + 4}
              >
                {shortened(layer.name, NAME_MAX)}
              </text>
            ),
          )}
        </svg>
        <Marks service={service} width={width} />
        <Times from={service.from} to={service.to} width={width} y={MARKS_HEIGHT + HEIGHT + 17} />
      </svg>
    </div>
  )
}

/** Servers that are drawn by themselves, in the order of their tones. */
export const ownTones = (service: ServiceView): string[] =>
  layShares(service.shares, service.from, service.to)
    .filter(({ servers }) => servers === 1)
    .map(({ name }) => name)

const fill = (layer: Layer, index: number): string =>
  layer.servers > 1 ? 'f-rest' : FILLS[Math.min(index, FILLS.length - 1)]!

const pointsOf = (area: Layer['areas'][number]): string =>
  area.map(([x, y]) => `${Math.round(x * 10_000) / 10},${Math.round(y * 10_000) / 10}`).join(' ')

/** The first moments of the worst incidents: what a step in the shares may come from. */
function Marks({ service, width }: { service: ServiceView; width: number }): JSX.Element {
  const range = { from: Date.parse(service.from), to: Date.parse(service.to) }
  const marks = service.incidents
    .filter(
      ({ start, severity }) =>
        severity !== 'info' && Date.parse(start) > range.from && Date.parse(start) < range.to,
    )
    .slice(0, MARKS_MAX)
    .map(({ id, title, start }) => ({
      id,
      text: shortened(title, Math.floor(width / 9)),
      share: shareOf(Date.parse(start), range),
    }))
  const boxes = marks.map(({ text, share }) => beside(share * width, textWidth(text), width, 4))
  const rows = rowsOf(boxes, 2)
  return (
    <>
      {marks.map(({ id, text, share }, i) => (
        <g key={id}>
          <line
            class="fig-moment"
            x1={across(share)}
            x2={across(share)}
            y1={4 + (rows[i] ?? 2) * 14}
            y2={MARKS_HEIGHT + HEIGHT}
          />
          {rows[i] !== null && (
            <text
              class="k2"
              x={across(share)}
              dx={boxes[i]!.anchor === 'start' ? 4 : -4}
              y={12 + rows[i]! * 14}
              text-anchor={boxes[i]!.anchor}
            >
              {text}
            </text>
          )}
        </g>
      ))}
    </>
  )
}

/** The same numbers for those who do not see the figure: shares at a few moments. */
export function SharesTable({ service }: { service: ServiceView }): JSX.Element {
  const layers = layShares(service.shares, service.from, service.to)
  const { points } = service.shares
  const precision = clockPrecision({ from: Date.parse(service.from), to: Date.parse(service.to) })
  const step = Math.max(1, Math.floor(points.length / 8))
  const chosen = points.map((_, i) => i).filter((i) => i % step === 0 || i === points.length - 1)
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Shares as a table">
      <table>
        <thead>
          <tr>
            <th>Time, {zoneName(service.to)}</th>
            {layers.map(({ name }) => (
              <th key={name} class="num">
                {shortened(name, NAME_MAX)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {chosen.map((i) => {
            const total = layers.reduce((sum, { agents }) => sum + agents[i]!, 0)
            return (
              <tr key={i}>
                <td class="nw">
                  {day(points[i]!.at)} {clock(points[i]!.at, precision)}
                </td>
                {layers.map(({ name, agents }) => (
                  <td key={name} class="num">
                    {total === 0 ? '–' : `${agents[i]} · ${percent(agents[i]! / total)}`}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
