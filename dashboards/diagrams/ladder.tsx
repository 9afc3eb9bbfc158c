/** The packets that prove one occurrence, between the agent, the device and the server, and beside them a bar
 * that has one scale throughout. */
import type { JSX } from 'preact'
import type { OccurrenceView } from '../../src/api/contract.ts'
import { bytes, clock, counted, duration, elapsed, seconds } from '../text.ts'
import { deviceName, roleClass, RoleShape } from './role.tsx'
import {
  type Half,
  HEAD,
  type Ladder,
  type LadderArrow,
  type LadderRow,
  layLadder,
  originOf,
} from './ladder-layout.ts'
import { shortened, textWidth } from './labels.ts'
import { across, secondTicks } from './scale.ts'
import { useWidth } from './width.ts'

/** Per cent of the width. */
const X = { agent: 18, device: [53, 61], server: 94, tapAgent: 30, tapServer: 81, tapWhole: 42 } as const

/** The middle of the device. */
const DEVICE_AT = (X.device[0] + X.device[1]) / 2
/** Names above the lines: their letters at most, and what lies between two, in px. */
const NAME_CHARACTERS = 17
const WORDS_APART = 8
const NAME_SIZE = 12

/** Half-bold digits of the system faces are as wide as monospace. */
const nameWidth = (name: string): number => textWidth(shortened(name, NAME_CHARACTERS), NAME_SIZE, true)

const at = (x: number): string => `${x}%`

const spanOf = (half: Half): readonly [number, number] =>
  half === 'agent'
    ? [X.agent, X.device[0]]
    : half === 'server'
      ? [X.device[1], X.server]
      : [X.agent, X.server]

const textX = (half: Half): number => (half === 'agent' ? 41 : half === 'server' ? 71.5 : 60)

/** Where a tap's line stands; two taps that both see the whole path stand at its ends. */
function tapX({ taps }: Ladder, name: string): number {
  const index = taps.findIndex((tap) => tap.name === name)
  const half = taps[index]?.half ?? 'whole'
  if (half !== 'whole') return half === 'agent' ? X.tapAgent : X.tapServer
  return taps.length === 1 ? X.tapWhole : index === 0 ? X.tapAgent : X.tapServer
}

export function LadderFigure({ occurrence }: { occurrence: OccurrenceView }): JSX.Element {
  const ladder = layLadder(occurrence, bytes)
  const { ref, width } = useWidth<HTMLDivElement>()
  return (
    <>
      <div class="lad">
        <div class="lad-scale">{ladder.break !== null && <ScaleBar ladder={ladder} />}</div>
        <div ref={ref}>
          <svg class="chart" height={ladder.height} role="img" aria-label={labelOf(occurrence, ladder)}>
            <Heads occurrence={occurrence} ladder={ladder} width={width} />
            <Lifelines occurrence={occurrence} ladder={ladder} />
            {ladder.break !== null && <Break ladder={ladder} />}
            {ladder.rows.map((row) => (
              <Row
                key={row.y}
                row={row}
                ladder={ladder}
                width={width}
                device={roleClass(occurrence.actor.role)}
              />
            ))}
          </svg>
        </div>
      </div>
      {ladder.left > 0 && (
        <p class="note">{counted(ladder.left, 'packet')} between these: in the list below.</p>
      )}
    </>
  )
}

function labelOf(occurrence: OccurrenceView, { rows, break: gap }: Ladder): string {
  const culprits = rows.flatMap(({ arrows }) => arrows.filter((arrow) => arrow.isCulprit))
  const proof = culprits.map((c) => `${c.label}, packet ${c.packet} at tap ${c.tap || 'one'}`).join('; ')
  const pause = gap === null ? '' : ` ${breakTitle(gap.seconds, gap.isSilence)}.`
  return `${occurrence.sentence}${pause}${proof === '' ? '' : ` ${proof}.`}`
}

const breakTitle = (length: number, isSilence: boolean): string =>
  isSilence ? `${seconds(length)} of silence` : `${length < 60 ? duration(length) : elapsed(length)} later`

function Heads({
  occurrence,
  ladder,
  width,
}: {
  occurrence: OccurrenceView
  ladder: Ladder
  width: number
}): JSX.Element {
  const { server, actor } = occurrence
  const origin = originOf(occurrence)
  const device = deviceName(actor)
  const target = server?.name ?? 'server'
  const isNarrow = width < 520
  // Where the server's words begin, those of the device have ended.
  const deviceEnd = width - nameWidth(target) - WORDS_APART
  const isCrowded = isNarrow && (width * DEVICE_AT) / 100 + nameWidth(device) / 2 > deviceEnd
  return (
    <>
      <Head x={X.agent} role="agent" name={origin.name} address={origin.address} />
      {ladder.hasDevice && (
        <Head
          x={DEVICE_AT}
          end={isCrowded ? deviceEnd : null}
          role={actor.role}
          name={device}
          address={actor.name === null ? null : actor.address}
        />
      )}
      <Head
        x={X.server}
        end={isNarrow ? width : null}
        role="server"
        name={target}
        address={server === null || server.name.startsWith(server.address) ? null : server.address}
      />
      {ladder.taps.map(({ name }) => (
        <text key={name} class="ta" x={at(tapX(ladder, name))} y={HEAD - 6} text-anchor="middle">
          <tspan class="wide">tap </tspan>
          {shortened(name, 14)}
        </text>
      ))}
    </>
  )
}

interface HeadProps {
  readonly x: number
  readonly role: OccurrenceView['actor']['role']
  readonly name: string
  readonly address: string | null
  /** No room to centre the words: they end there, in px. */
  readonly end?: number | null
}

function Head({ x, role, name, address, end = null }: HeadProps): JSX.Element {
  const place =
    end === null
      ? ({ x: at(x), 'text-anchor': 'middle' } as const)
      : ({ x: end, 'text-anchor': 'end' } as const)
  return (
    <>
      <RoleShape role={role} x={at(x)} y={2} />
      <text class="k" y="32" {...place}>
        {shortened(name, NAME_CHARACTERS)}
      </text>
      {address !== null && address !== name && (
        <text class="m" y="47" {...place}>
          {shortened(address, 15)}
        </text>
      )}
    </>
  )
}

function Lifelines({ occurrence, ladder }: { occurrence: OccurrenceView; ladder: Ladder }): JSX.Element {
  const bottom = ladder.height - 8
  const sees = (half: Half): boolean => ladder.taps.some((tap) => tap.half === half || tap.half === 'whole')
  const lines: [number, boolean][] = [
    [X.agent, sees('agent')],
    [X.server, sees('server')],
  ]
  if (ladder.hasDevice) lines.push([X.device[0], sees('agent')], [X.device[1], sees('server')])
  return (
    <g class={roleClass(occurrence.actor.role)}>
      {ladder.hasDevice && (
        <rect
          class="lad-band"
          x={at(X.device[0])}
          width={at(X.device[1] - X.device[0])}
          y={HEAD - 4}
          height={bottom - HEAD + 4}
        />
      )}
      {lines.map(([x, isSeen]) => (
        <line
          key={x}
          class={isSeen ? 'lad-life' : 'lad-life lad-unseen'}
          x1={at(x)}
          x2={at(x)}
          y1={HEAD}
          y2={bottom}
        />
      ))}
      {ladder.taps.map(({ name }) => (
        <line
          key={name}
          class="lad-tap"
          x1={at(tapX(ladder, name))}
          x2={at(tapX(ladder, name))}
          y1={HEAD}
          y2={bottom}
        />
      ))}
      {ladder.hasDevice && !sees('agent') && <Uncaptured half="agent" ladder={ladder} />}
      {ladder.hasDevice && !sees('server') && <Uncaptured half="server" ladder={ladder} />}
    </g>
  )
}

function Uncaptured({ half, ladder }: { half: Half; ladder: Ladder }): JSX.Element {
  const [from, to] = spanOf(half)
  return (
    <text class="lad-note" x={at((from + to) / 2)} y={ladder.rows[0]!.y + 4} text-anchor="middle">
      not captured
    </text>
  )
}

function Break({ ladder }: { ladder: Ladder }): JSX.Element {
  const { top, bottom, seconds: length, isSilence } = ladder.break!
  const middle = (top + bottom) / 2
  const taps = ladder.taps.map(({ name }) => name)
  return (
    <>
      <rect x="12%" width="88%" y={top + 3} height={bottom - top - 6} class="lad-gap" />
      {[top, bottom].map((y) => (
        <g key={y}>
          <line x1="0" x2="14%" y1={y} y2={y} class="lad-lead wide" />
          <svg x="14%" y={y - 5} width="84%" height="10" viewBox="0 0 480 10" preserveAspectRatio="none">
            <path class="lad-zig" d={ZIGZAG} vector-effect="non-scaling-stroke" />
          </svg>
        </g>
      ))}
      <text class="lad-big" x="56%" y={middle + 2} text-anchor="middle">
        {breakTitle(length, isSilence)}
      </text>
      <text x="56%" y={middle + 22} text-anchor="middle">
        {!isSilence
          ? 'between the packets that prove it'
          : taps.length > 1
            ? 'no packet at either tap'
            : `no packet at the tap${taps[0] ? ` ${shortened(taps[0], 14)}` : ''}`}
      </text>
    </>
  )
}

const ZIGZAG = `M0 5${Array.from({ length: 30 }, (_, i) => `L${i * 16 + 4} 1L${i * 16 + 12} 9`).join('')}L480 5`

function Row({
  row,
  ladder,
  width,
  device,
}: {
  row: LadderRow
  ladder: Ladder
  width: number
  device: string
}): JSX.Element {
  return (
    <>
      <text class="m wide" x="0" y={row.y + 4}>
        {clock(row.at, 'millisecond')}
      </text>
      <text class="m narrow" x="0" y={row.y + 4}>
        {clock(row.at, 'millisecond').slice(6)}
      </text>
      {row.arrows.map((arrow) => (
        <Arrow key={`${arrow.tap}${arrow.packet}`} arrow={arrow} ladder={ladder} width={width} />
      ))}
      {row.apartMicros !== null && row.arrows.every(({ direction }) => direction !== null) && (
        <g class={`wide ${device}`}>
          <text class="lad-apart" x={at(DEVICE_AT)} y={row.y + 3} text-anchor="middle">
            {row.apartMicros === 0 ? 'at once' : duration(row.apartMicros / 1e6)}
          </text>
          {row.apartMicros > 0 && (
            <text x={at(DEVICE_AT)} y={row.y + 16} text-anchor="middle">
              apart
            </text>
          )}
        </g>
      )}
    </>
  )
}

function Arrow({ arrow, ladder, width }: { arrow: LadderArrow; ladder: Ladder; width: number }): JSX.Element {
  const [left, right] = spanOf(arrow.half)
  const { direction, y, isCulprit } = arrow
  const tap = tapX(ladder, arrow.tap)
  const kind = isCulprit ? 'lad-arrow lad-culprit' : 'lad-arrow'
  if (direction === null) {
    const room = Math.floor((((right - left) / 100) * width - 16) / 6.2)
    return (
      <g class={kind}>
        <circle cx={at(tap)} cy={y} r="3" />
        <text class="lab" x={at((left + right) / 2)} y={y - 8} text-anchor="middle">
          {shortened(arrow.label, Math.max(8, room - (width > 520 ? String(arrow.packet).length + 2 : 0)))}
          <Number packet={arrow.packet} />
        </text>
      </g>
    )
  }
  const toRight = direction === 'right'
  const [from, to] = toRight ? [left, right] : [right, left]
  const seen = y + (5 * (tap - from)) / (to - from)
  return (
    <g class={kind}>
      <line x1={at(from)} x2={at(to)} y1={y} y2={y + 5} />
      <svg x={at(to)} y={y + 5} overflow="visible">
        <path d={toRight ? 'M-.5 0-8.5-4V4Z' : 'M.5 0 8.5-4V4Z'} />
      </svg>
      <circle cx={at(tap)} cy={seen} r="3" />
      <text class="lab" x={at(textX(arrow.half))} y={y - 5} text-anchor="middle">
        {arrow.label}
        <Number packet={arrow.packet} />
      </text>
    </g>
  )
}

function Number({ packet }: { packet: number }): JSX.Element {
  return (
    <tspan class="m wide lad-number" dx="5">
      #{packet}
    </tspan>
  )
}

/** The same time on one scale, with leaders to the rows. */
function ScaleBar({ ladder }: { ladder: Ladder }): JSX.Element {
  const { rows, break: gap, height } = ladder
  const first = rows[0]!.micros
  const last = rows.at(-1)!.micros
  const bottom = height - 32
  const total = (last - first) / 1e6
  const y = (micros: number): number => 76 + ((micros - first) / (last - first)) * (bottom - 76)
  const culprit = rows.find((row) => row.arrows.some((arrow) => arrow.isCulprit))
  const leaders = [
    ...rows
      .filter((row) => row === rows[0] || row === rows.at(-1) || row === culprit)
      .map((row) => ({ micros: row.micros, to: row.y, isCulprit: row === culprit })),
    { micros: gap!.fromMicros, to: gap!.top, isCulprit: false },
    { micros: gap!.toMicros, to: gap!.bottom, isCulprit: false },
  ]
  const unit = total > 7200 ? 3600 : total > 1200 ? 60 : 1
  return (
    <svg class="chart" height={height} aria-hidden="true">
      <text class="k" x="0" y="32">
        to scale
      </text>
      <text x="0" y="47">
        {unit === 3600 ? 'hours' : unit === 60 ? 'minutes' : 'seconds'}
      </text>
      <rect class="lad-rule" x="34" y="76" width="12" height={bottom - 76} />
      {rows.map((row) => (
        <rect
          key={row.y}
          x={row === culprit ? 30 : 34}
          width={row === culprit ? 20 : 12}
          y={y(row.micros) - 1.5}
          height="3"
          class={row === culprit ? 'f-crit' : 'lad-tick'}
        />
      ))}
      {secondTicks({ from: 0, to: total / unit }, 7).map((mark) => {
        const top = y(first + mark * unit * 1e6)
        return (
          <g key={mark}>
            <text class="m" x="26" y={top + 3.5} text-anchor="end">
              {mark}
            </text>
            <line class="axis" x1="29" x2="34" y1={top} y2={top} />
          </g>
        )
      })}
      {leaders.map(({ micros, to, isCulprit: isRed }) => (
        <line
          key={to}
          x1="50"
          x2={across(0.95)}
          y1={y(micros)}
          y2={to}
          class={isRed ? 'lad-lead lad-lead-culprit' : 'lad-lead'}
        />
      ))}
    </svg>
  )
}
