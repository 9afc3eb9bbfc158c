/** Where one agent was: a lane for each server, cuts, hops, its addresses below, and a week of cuts. */
import type { JSX } from 'preact'
import type { AgentView } from '../../src/api/contract.ts'
import { clock, counted, day, elapsed, span, zoneName } from '../text.ts'
import { zone } from '../settings.ts'
import { shortened, textWidth } from './labels.ts'
import { RoleShape } from './role.tsx'
import { across, clockPrecision, shareOf, timeTicks } from './scale.ts'
import { BAR, type Hop, laySwimlane, type Swimlane } from './swimlane-layout.ts'
import { useWidth } from './width.ts'

const ADDRESS_ROW = 24
const WEEK_HEIGHT = 56
const HOUR = 3_600_000

export function SwimlaneFigure({ agent, sentence }: { agent: AgentView; sentence: string }): JSX.Element {
  const { ref, width } = useWidth<HTMLDivElement>(900)
  const lane = laySwimlane(agent, width)
  const rows = Math.max(0, ...lane.addresses.map(({ row }) => row + 1))
  const bandTop = lane.bottom + 14
  const axisY = bandTop + rows * ADDRESS_ROW + 8
  const height = axisY + 22
  return (
    <>
      <div class="lanes">
        <LaneNames lane={lane} bandTop={bandTop} rows={rows} height={height} />
        <div ref={ref}>
          <svg class="chart" height={height} role="img" aria-label={sentence}>
            <TimeGrid agent={agent} width={width} bottom={axisY} />
            {lane.lanes.map(({ y, server }) => (
              <line key={server} class="gridl" x1="0" x2="100%" y1={y} y2={y} />
            ))}
            <Bars lane={lane} />
            {lane.hops.map((hop) => (
              <Connector key={`${hop.from}/${hop.fromY}/${hop.to}`} hop={hop} />
            ))}
            <Cuts lane={lane} />
            <Addresses lane={lane} top={bandTop} width={width} />
          </svg>
        </div>
      </div>
      <Week agent={agent} width={width} />
    </>
  )
}

function LaneNames({
  lane,
  bandTop,
  rows,
  height,
}: {
  lane: Swimlane
  bandTop: number
  rows: number
  height: number
}): JSX.Element {
  return (
    <svg class="chart" height={height} aria-hidden="true">
      {lane.lanes.map(({ server, y, attachedSeconds, times }) => (
        <g key={server}>
          <RoleShape role="server" x="7" y={y - 7} />
          <text class="k" x="17" y={y + 4}>
            <tspan class="wide">{shortened(server, 16)}</tspan>
            <tspan class="narrow fig-short">{shortened(server, 6)}</tspan>
          </text>
          <text class="wide" x="0" y={y + 21}>
            {elapsed(attachedSeconds)}, {times === 1 ? 'once' : `${times} times`}
          </text>
        </g>
      ))}
      {rows > 0 && (
        <>
          <RoleShape role="agent" x="7" y={bandTop} />
          <text class="k2 wide" x="20" y={bandTop + 11}>
            its address
          </text>
        </>
      )}
    </svg>
  )
}

function TimeGrid({
  agent,
  width,
  bottom,
}: {
  agent: AgentView
  width: number
  bottom: number
}): JSX.Element {
  const range = { from: Date.parse(agent.from), to: Date.parse(agent.to) }
  const offset = zone.value === 'utc' ? 0 : -new Date(range.from).getTimezoneOffset() * 60_000
  const ticks = timeTicks(range, Math.max(3, Math.floor(width / 110)), offset)
  const isDays = range.to - range.from > 60 * HOUR
  const precision = clockPrecision(range)
  const end = `${clock(range.to, precision)} ${zoneName(range.to)}`
  const free = 1 - (textWidth(end, 10.5, true) + 28) / width
  return (
    <>
      {ticks.map((tick) => {
        const share = shareOf(tick, range)
        const text = clock(tick, precision)
        const isMidnight = clock(tick, 'second') === '00:00:00'
        if (share > free) return null
        return (
          <g key={tick}>
            <line
              class={isMidnight && !isDays ? 'axis' : 'gridl'}
              x1={across(share)}
              x2={across(share)}
              y1="10"
              y2={bottom}
            />
            <text class="m" x={across(share)} y={bottom + 14} text-anchor={share < 0.03 ? 'start' : 'middle'}>
              {isDays ? day(tick) : text}
            </text>
            {isMidnight && !isDays && (
              <text x={across(share)} dx="5" y="12">
                {day(tick)}
              </text>
            )}
          </g>
        )
      })}
      <line class="axis" x1="0" x2="100%" y1={bottom} y2={bottom} />
      <text class="m fig-now" x="100%" y={bottom + 14} text-anchor="end">
        {end}
      </text>
    </>
  )
}

function Bars({ lane }: { lane: Swimlane }): JSX.Element {
  return (
    <>
      {lane.bars.map(({ from, to, y }) => (
        <svg
          key={`${from}/${y}`}
          x={across(from)}
          width={across(Math.max(0.0015, to - from))}
          y={y - BAR / 2}
          height={BAR}
        >
          <rect class="f-s1" width="100%" height={BAR} rx="1" />
        </svg>
      ))}
      {lane.silences.map(({ from, to, y }) => (
        <rect
          key={`${from}/${y}`}
          class="fig-hollow"
          x={across(from)}
          width={across(to - from)}
          y={y - BAR / 2 + 0.75}
          height={BAR - 1.5}
        />
      ))}
    </>
  )
}

function Connector({ hop }: { hop: Hop }): JSX.Element {
  const down = hop.toY > hop.fromY ? 1 : -1
  return (
    <>
      <line
        class={hop.isFailover ? 'fig-hop fig-failover' : 'fig-hop'}
        x1={across(hop.from)}
        x2={across(hop.to)}
        y1={hop.fromY + (down * BAR) / 2}
        y2={hop.toY - (down * BAR) / 2}
      />
      <circle class="fig-arrival" cx={across(hop.to)} cy={hop.toY - (down * BAR) / 2} r="3" />
    </>
  )
}

function Cuts({ lane }: { lane: Swimlane }): JSX.Element {
  return (
    <>
      {lane.cuts.map(({ at, y, count, isTold }) => (
        <svg key={`${at}/${y}`} x={across(at)} y={y} overflow="visible">
          <path class="fig-cut" d="M0-13V13M-4-13H4M-4 13H4" />
          {isTold && (
            <text class="tc" y="-17" text-anchor={at > 0.96 ? 'end' : at < 0.04 ? 'start' : 'middle'}>
              {count}
            </text>
          )}
        </svg>
      ))}
    </>
  )
}

function Addresses({ lane, top, width }: { lane: Swimlane; top: number; width: number }): JSX.Element {
  return (
    <>
      {lane.addresses.map(({ address, from, to, row, isOdd }) => {
        const room = (to - from) * width - 10
        return (
          <g key={`${from}/${row}/${address}`}>
            <rect
              class={isOdd ? 'fig-address fig-odd' : 'fig-address'}
              x={across(from)}
              width={across(Math.max(0.002, to - from))}
              y={top + row * ADDRESS_ROW}
              height="18"
            />
            {room >= textWidth(shortened(address, 8), 10.5, true) && (
              <text class="m fig-inside" x={across(from)} dx="5" y={top + row * ADDRESS_ROW + 13}>
                {shortened(address, Math.floor(room / 6.5))}
              </text>
            )}
          </g>
        )
      })}
    </>
  )
}

/** Occurrences an hour over seven days, and the time that the figure above shows. */
function Week({ agent, width }: { agent: AgentView; width: number }): JSX.Element {
  const { week } = agent
  const to = Date.parse(agent.to)
  const range = { from: to - week.length * HOUR, to }
  const most = Math.max(1, ...week)
  const total = week.reduce((sum, n) => sum + n, 0)
  const from = shareOf(Date.parse(agent.from), range)
  const first = week.findIndex((n) => n > 0)
  const quiet = first < 0 ? 1 : first / week.length
  const offset = zone.value === 'utc' ? 0 : -new Date(to).getTimezoneOffset() * 60_000
  const since = range.from + first * HOUR
  return (
    <div class="lanes fig-gap">
      <p class="note fig-week">
        <span class="wide">occurrences an hour, 7 days</span>
        <span class="narrow">7 days</span>
      </p>
      <svg
        class="chart"
        height={WEEK_HEIGHT}
        role="img"
        aria-label={`${counted(total, 'occurrence')} in ${span(range.from, range.to)}${first > 0 ? `, none before ${span(since, since)}` : ''}`}
      >
        <rect
          class="fig-window"
          x={across(from)}
          width={across(Math.max(0.004, 1 - from))}
          y="1"
          height="34"
        />
        {week.map((n, i) =>
          n === 0 ? null : (
            <rect
              key={i}
              class="f-crit"
              x={across(i / week.length)}
              width={across(0.8 / week.length)}
              y={35 - Math.max(2, (n / most) * 32)}
              height={Math.max(2, (n / most) * 32)}
            />
          ),
        )}
        <line class="axis" x1="0" x2="100%" y1="35" y2="35" />
        {timeTicks(range, width < 480 ? 4 : 8, offset).map((tick) =>
          shareOf(tick, range) > 0.94 ? null : (
            <g key={tick}>
              <line
                class="axis"
                x1={across(shareOf(tick, range))}
                x2={across(shareOf(tick, range))}
                y1="35"
                y2="39"
              />
              <text class="m" x={across(shareOf(tick, range))} dx="3" y="49">
                {day(tick)}
              </text>
            </g>
          ),
        )}
        {quiet > 0.3 && (
          <text x="4" y="28">
            {first < 0 ? 'nothing happened in these seven days' : `none before ${day(since)} ${clock(since)}`}
          </text>
        )}
      </svg>
    </div>
  )
}

/** What the shapes mean: they are known from nowhere else. */
export function SwimlaneLegend(): JSX.Element {
  return (
    <span class="legend wide end" aria-hidden="true">
      <span>
        <svg width="22" height="12">
          <rect width="22" height="10" y="1" class="f-s1" />
        </svg>
        attached
      </span>
      <span>
        <svg width="22" height="12">
          <rect width="22" height="10" y="1" class="f-s1" />
          <rect x="8" y="1.75" width="13" height="8.5" class="fig-hollow" />
        </svg>
        silent until the end
      </span>
      <span>
        <svg width="10" height="14">
          <path d="M5 1v12M1 1h8M1 13h8" class="fig-cut" />
        </svg>
        cut
      </span>
      <span>
        <svg width="14" height="12">
          <path d="M1 1l10 9" class="fig-hop" />
          <circle cx="11" cy="10" r="2" class="fig-arrival" />
        </svg>
        hop
      </span>
      <span>
        <svg width="14" height="12">
          <path d="M1 1l10 9" class="fig-hop fig-failover" />
        </svg>
        failover
      </span>
    </span>
  )
}
