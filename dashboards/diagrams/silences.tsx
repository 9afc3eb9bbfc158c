/** Silences of a service by their length, and the timer that is suspected. */
import type { JSX } from 'preact'
import type { ServiceView } from '../../src/api/contract.ts'
import { count, elapsed, interval, seconds } from '../text.ts'
import { roleClass } from './role.tsx'
import { across, logShareOf, logTicks } from './scale.ts'
import { laySilences, type SilenceBar, type SilenceLayout, timerValue } from './silences-layout.ts'

const BASE = 196
const TOP = 52
const CROSS = 'M-3-1.6 3 1.6M3-1.6-3 1.6'

export function SilencesFigure({
  silences,
  asked = null,
}: {
  silences: ServiceView['silences']
  /** An idle timeout that is asked about, in seconds. */
  asked?: number | null
}): JSX.Element {
  const laid = laySilences(silences)
  return (
    <svg class="chart" height="216" role="img" aria-label={silencesSentence(silences)}>
      {laid.ticks.map((tick) => {
        const y = BASE - (tick / laid.most) * (BASE - TOP)
        return (
          <g key={tick}>
            <line class="gridl" x1="0" x2="100%" y1={y} y2={y} />
            <text class="m" x="100%" y={y - 3} text-anchor="end">
              {count(tick)}
            </text>
          </g>
        )
      })}
      <Marks laid={laid} />
      <Timer silences={silences} laid={laid} />
      {asked !== null && <Asked share={logShareOf(asked, laid.axis)} />}
      <line class="axis" x1="0" x2="100%" y1={BASE} y2={BASE} />
      {logTicks(laid.axis).map((mark) => {
        const share = logShareOf(mark, laid.axis)
        return (
          <g key={mark}>
            <line class="axis" x1={across(share)} x2={across(share)} y1={BASE} y2={BASE + 4} />
            <text
              class="m"
              x={across(share)}
              y={BASE + 16}
              text-anchor={share < 0.02 ? 'start' : share > 0.97 ? 'end' : 'middle'}
            >
              {mark < 3600 ? (mark === 1 ? '1 s' : mark) : elapsed(mark)}
            </text>
          </g>
        )
      })}
    </svg>
  )
}

function Marks({ laid }: { laid: SilenceLayout }): JSX.Element {
  return (
    <>
      {laid.bars.map((bar) => (
        <g key={bar.from}>
          {bar.survived > 0 && (
            <rect
              class="f-good fig-bar"
              x={across(bar.from)}
              width={across(bar.to - bar.from)}
              y={BASE - Math.max(1.5, bar.height * (BASE - TOP))}
              height={Math.max(1.5, bar.height * (BASE - TOP))}
            />
          )}
          {bar.severed > 0 && (
            <svg x={across(bar.crossesAt)} overflow="visible">
              {Array.from({ length: bar.crosses }, (_, i) => (
                <path key={i} class="fig-halo" d={CROSS} transform={`translate(0 ${BASE - 5 - i * 5})`} />
              ))}
              {Array.from({ length: bar.crosses }, (_, i) => (
                <path
                  key={i}
                  class="s-crit fig-cross"
                  d={CROSS}
                  transform={`translate(0 ${BASE - 5 - i * 5})`}
                />
              ))}
              {bar.told !== null && (
                <text class="tc lab" {...numberPlace(bar)}>
                  {count(bar.severed)}
                </text>
              )}
            </svg>
          )}
        </g>
      ))}
    </>
  )
}

function numberPlace({ told, crosses, crossesAt }: SilenceBar) {
  if (told === 'above') return { y: BASE - 8 - crosses * 5, 'text-anchor': 'middle' } as const
  return crossesAt > 0.9
    ? ({ x: -7, y: BASE - 8, 'text-anchor': 'end' } as const)
    : ({ x: 7, y: BASE - 8, 'text-anchor': 'start' } as const)
}

function Timer({
  silences,
  laid,
}: {
  silences: ServiceView['silences']
  laid: SilenceLayout
}): JSX.Element | null {
  const { timer } = silences
  const value = timerValue(timer)
  if (timer === null || value === null || laid.timer === null) return null
  const side =
    laid.timer > 0.5
      ? ({ dx: -8, 'text-anchor': 'end' } as const)
      : ({ dx: 8, 'text-anchor': 'start' } as const)
  return (
    <g class={roleClass(timer.role)}>
      <line class="fig-candidate" x1={across(laid.timer)} x2={across(laid.timer)} y1="6" y2={BASE} />
      <text class="fig-role lab" x={across(laid.timer)} y="16" {...side}>
        suspected timer {rounded(value)}
      </text>
      <text class="lab" x={across(laid.timer)} y="31" {...side}>
        {interval(timer.lowerSeconds, timer.upperSeconds)}
      </text>
    </g>
  )
}

/** The asked value, and all that is longer. */
function Asked({ share }: { share: number }): JSX.Element {
  const at = Math.min(1, Math.max(0, share))
  return (
    <g>
      <rect class="fig-asked" x={across(at)} width={across(1 - at)} y={TOP} height={BASE - TOP} />
      <line class="fig-asked-edge" x1={across(at)} x2={across(at)} y1={TOP - 8} y2={BASE} />
    </g>
  )
}

const rounded = (value: number): string => seconds(value, value < 10 ? 1 : 0)

/** The finding, in words. */
export function silencesSentence(silences: ServiceView['silences']): string {
  const { survived, severed } = laySilences(silences)
  const value = timerValue(silences.timer)
  const suspected = value === null ? 'no timer is suspected' : `the suspected timer is ${rounded(value)}`
  return `${count(survived)} silences survived, ${count(severed)} were severed; ${suspected}.`
}

/** The same as a table. */
export function SilencesTable({ silences }: { silences: ServiceView['silences'] }): JSX.Element {
  return (
    <table>
      <thead>
        <tr>
          <th>Length of silence</th>
          <th class="num">Survived</th>
          <th class="num">Severed</th>
        </tr>
      </thead>
      <tbody>
        {silences.bins
          .filter(({ survived, severed }) => survived + severed > 0)
          .map(({ fromSeconds, toSeconds, survived, severed }) => (
            <tr key={fromSeconds}>
              <td class="nw">
                {seconds(fromSeconds, 1)} to {seconds(toSeconds, 1)}
              </td>
              <td class="num">{count(survived)}</td>
              <td class={severed > 0 ? 'num crit' : 'num'}>{count(severed)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  )
}
