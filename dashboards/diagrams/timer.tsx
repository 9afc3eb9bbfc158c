/** The timer that severs: silences that survived and those that did not, the devices with such a default, and
 * under it what is still possible. */
import type { JSX } from 'preact'
import type { Actor, TimerView } from '../../src/api/contract.ts'
import { count, counted, decimal, interval, seconds } from '../text.ts'
import { block } from './buckets.ts'
import { roleClass } from './role.tsx'
import { across, type Range, shareOf } from './scale.ts'
import {
  type CandidateLine,
  type Columns,
  CROSSES_HIGH,
  excludedOf,
  layTimer,
  LINE_ROWS,
  lineWords,
  type TimerLayout,
  type Zoom,
} from './timer-layout.ts'
import { useWidth } from './width.ts'

const AXIS_Y = 176
const LINES_TOP = 14
const LINE_ROW = 32
const ZOOM_Y = 64
/** A block of crosses: in a row, and in all. */
const PER_ROW = 7
const BLOCK_MAX = PER_ROW * CROSSES_HIGH

interface TimerProps {
  readonly timer: TimerView
  readonly role: Actor['role']
}

export function TimerFigure({ timer, role }: TimerProps): JSX.Element {
  const { ref, width } = useWidth<HTMLDivElement>()
  const laid = layTimer(timer, excludedOf(timer), width)
  const below =
    laid.block === null
      ? Math.max(0, ...laid.crosses.columns.map(({ marks }) => marks))
      : Math.ceil(Math.min(timer.severedSeconds.length, BLOCK_MAX) / PER_ROW)
  const height = AXIS_Y + 36 + Math.max(3 * 14, below * 7)
  return (
    <div ref={ref} class={roleClass(role)}>
      <svg class="chart" height={height} role="img" aria-label={timerSentence(timer)}>
        <text class="tg fig-strong" x="0" y="20">
          {count(timer.survived)} survived
        </text>
        <text x="0" y="34">
          {timer.survived === 0 ? 'no silence was seen to survive' : each('ring', laid.rings.each)}
        </text>
        <Lines lines={laid.lines} />
        <Rings columns={laid.rings} base={AXIS_Y} />
        <Axis axis={laid.axis} ticks={laid.ticks} y={AXIS_Y} timer={timer} />
        <Crosses laid={laid} timer={timer} />
      </svg>
      {laid.zoom !== null && (
        <>
          <p class="note fig-gap">
            The same axis, {seconds(laid.zoom.axis.to - laid.zoom.axis.from)} of it: the shaded interval is
            all that remains possible.
          </p>
          <ZoomFigure zoom={laid.zoom} />
        </>
      )}
      <Remarks timer={timer} laid={laid} />
    </div>
  )
}

/** Of all analyses: the estimate knows the silences of its own, the occurrences those that are kept. */
export const severedOf = ({ severed, severedSeconds }: TimerView): number =>
  Math.max(severed, severedSeconds.length)

/** The finding, in words. */
export function timerSentence(timer: TimerView): string {
  const { survived, lowerSeconds: lower, upperSeconds: upper } = timer
  const cut = `${counted(severedOf(timer), 'silence')} severed`
  const between =
    upper === null
      ? 'The timer is not known.'
      : lower === null
        ? `The timer is at most ${seconds(upper)}.`
        : `The timer lies between ${seconds(lower)} and ${seconds(upper)}.`
  return `${counted(survived, 'silence')} survived, ${cut}. ${between}`
}

const each = (mark: string, values: number): string =>
  values === 1 ? `each ${mark} is one silence` : `each ${mark} stands for up to ${count(values)}`

function Rings({ columns, base }: { columns: Columns; base: number }): JSX.Element {
  return (
    <g class="fig-ring">
      {columns.columns.flatMap(({ share, marks }) =>
        Array.from({ length: marks }, (_, i) => (
          <circle key={`${share}/${i}`} cx={across(share)} cy={base - 5 - i * 7} r="2.6" />
        )),
      )}
    </g>
  )
}

const CROSS = 'M-2.3-2.3 2.3 2.3M2.3-2.3-2.3 2.3'

function CrossesAt({ columns, y }: { columns: Columns; y: (i: number) => number }): JSX.Element {
  return (
    <>
      {columns.columns.map(({ share, marks }) => (
        <svg key={share} x={across(share)} overflow="visible">
          {Array.from({ length: marks }, (_, i) => (
            <path key={i} class="s-crit fig-cross" d={CROSS} transform={`translate(0 ${y(i)})`} />
          ))}
        </svg>
      ))}
    </>
  )
}

function Crosses({ laid, timer }: { laid: TimerLayout; timer: TimerView }): JSX.Element | null {
  const { severedSeconds: all } = timer
  if (all.length === 0) return null
  const spreads = Math.max(...all) - Math.min(...all)
  const middle = laid.block ?? laid.crosses.columns[0]!.share
  const drawn = block(all.length, PER_ROW, { x: 8, y: 7 }, BLOCK_MAX)
  const half = laid.block === null ? 4 : Math.min(PER_ROW, all.length) * 4
  const isLeft = middle > 0.45
  const words = [
    laid.block !== null && all.length > 1
      ? `all within ${seconds(Math.max(0.01, Math.ceil(spreads * 100) / 100))}`
      : '',
    laid.block !== null && drawn.length < all.length ? 'as many as fit are drawn' : '',
    laid.block === null && laid.crosses.each > 1 ? each('cross', laid.crosses.each) : '',
  ].filter((text) => text !== '')
  return (
    <>
      {laid.block === null ? (
        <CrossesAt columns={laid.crosses} y={(i) => AXIS_Y + 32 + i * 7} />
      ) : (
        <svg x={across(laid.block)} overflow="visible">
          {drawn.map(({ dx, dy }) => (
            <path
              key={`${dx}/${dy}`}
              class="s-crit fig-cross"
              d={CROSS}
              transform={`translate(${dx} ${AXIS_Y + 32 + dy})`}
            />
          ))}
        </svg>
      )}
      {[`${count(severedOf(timer))} severed`, ...words].map((text, i) => (
        <text
          key={text}
          class={i === 0 ? 'tc' : ''}
          x={across(middle)}
          dx={isLeft ? -half - 8 : half + 8}
          y={AXIS_Y + 42 + i * 14}
          text-anchor={isLeft ? 'end' : 'start'}
        >
          {text}
        </text>
      ))}
    </>
  )
}

function Lines({ lines }: { lines: readonly CandidateLine[] }): JSX.Element {
  const top = (row: number | null): number => LINES_TOP + (row ?? LINE_ROWS) * LINE_ROW
  return (
    <>
      {lines.map(({ name, seconds: value, isExcluded, share, row }) => (
        <line
          key={`${name}${value}`}
          class={isExcluded ? 'fig-excluded' : 'fig-candidate'}
          x1={across(share)}
          x2={across(share)}
          y1={top(row) - 8}
          y2={AXIS_Y}
        />
      ))}
      {lines.map((line) => {
        const { isExcluded, share, row, anchor } = line
        if (row === null) return null
        const [name, verdict] = lineWords(line)
        const side = { x: across(share), dx: anchor === 'start' ? 6 : -6, 'text-anchor': anchor }
        return (
          <g key={name}>
            <text class={isExcluded ? 'k2 lab' : 'fig-role lab'} y={top(row)} {...side}>
              {name}
            </text>
            <text class="lab" y={top(row) + 13} {...side}>
              {verdict}
            </text>
          </g>
        )
      })}
    </>
  )
}

function Axis({
  axis,
  ticks,
  y,
  timer,
}: {
  axis: Range
  ticks: readonly number[]
  y: number
  timer: TimerView | null
}): JSX.Element {
  const hit = (tick: number): boolean =>
    timer?.upperSeconds != null && Math.abs(tick - timer.upperSeconds) <= (axis.to - axis.from) * 0.004
  return (
    <>
      <line class="axis" x1="0" x2="100%" y1={y} y2={y} />
      {ticks.map((tick, i) => {
        const share = shareOf(tick, axis)
        const anchor = share < 0.02 ? 'start' : share > 0.97 ? 'end' : 'middle'
        return (
          <g key={tick}>
            <line class="axis" x1={across(share)} x2={across(share)} y1={y} y2={y + 4} />
            <text class={hit(tick) ? 'm tc' : 'm'} x={across(share)} y={y + 16} text-anchor={anchor}>
              {decimal(tick, 3)}
              {i === 0 && tick === 0 ? ' s' : ''}
            </text>
          </g>
        )
      })}
    </>
  )
}

function ZoomFigure({ zoom }: { zoom: Zoom }): JSX.Element {
  const low = shareOf(zoom.lower ?? zoom.axis.from, zoom.axis)
  const high = shareOf(zoom.upper, zoom.axis)
  return (
    <svg class="chart" height="88" aria-hidden="true">
      <rect
        class="fig-possible"
        x={across(low)}
        width={across(Math.max(0.002, high - low))}
        y="6"
        height={ZOOM_Y - 6}
      />
      <Rings columns={zoom.rings} base={ZOOM_Y} />
      <CrossesAt columns={zoom.crosses} y={(i) => ZOOM_Y - 6 - i * 6.6} />
      <text
        class="fig-role lab"
        x={across(low)}
        dx={low > 0.3 ? -6 : 6}
        y="16"
        text-anchor={low > 0.3 ? 'end' : 'start'}
      >
        {interval(zoom.lower, zoom.upper)}
      </text>
      <Axis axis={zoom.axis} ticks={zoom.ticks} y={ZOOM_Y} timer={null} />
    </svg>
  )
}

/** What the figure cannot show, or what speaks against it. */
function Remarks({ timer, laid }: { timer: TimerView; laid: TimerLayout }): JSX.Element | null {
  const remarks: string[] = []
  if (laid.contradictions > 0 && timer.upperSeconds !== null)
    remarks.push(
      `${counted(laid.contradictions, 'silence')} of ${seconds(timer.upperSeconds)} or more survived all the same, of ${count(timer.survived)}: another path, or something kept the connection busy.`,
    )
  if (laid.beyond !== null)
    remarks.push(
      `${counted(laid.beyond.count, 'silence')} beyond the axis survived, up to ${seconds(laid.beyond.longest)}.`,
    )
  if (timer.survivedSeconds.length < timer.survived || timer.severedSeconds.length < timer.severed)
    remarks.push(
      `Drawn: the ${count(timer.survivedSeconds.length)} longest of ${count(timer.survived)} that survived, ${count(timer.severedSeconds.length)} of ${count(timer.severed)} severed.`,
    )
  return remarks.length === 0 ? null : <p class="note">{remarks.join(' ')}</p>
}
