/** A timer drawn as survived and severed silences on one axis of seconds. */
import type { TimerView } from '../../../model/view.ts'
import { count, counted, duration, intervalText } from '../../output/quantities.ts'
import { timerFigure, type TimerFigure, type Zoom } from '../timer-scale.ts'
import { html, type Markup } from './markup.ts'

/**
 * Pixels: where the axis line is, and how far rings and crosses are apart. Above them is room for three rows
 * of labels: what the data excludes above the interval, what fits, what it excludes below.
 */
const LINE = 176
const LABEL_ROWS = { above: 14, fits: 46, below: 78 } as const
const RING_STEP = 7
const CROSS_STEP = 7
const CROSS_BESIDE = 8
const ZOOM_LINE = 64

export function timerMarkup(timer: TimerView, roleClass: string): Markup | null {
  const figure = timerFigure(timer)
  if (figure === null) return null
  const rows = Math.max(...figure.crosses.map(({ row }) => row)) + 1
  const height = LINE + 34 + Math.max(30, rows * CROSS_STEP)
  return html`<figure class="timer">
    <svg class="chart" height="${height}" role="img" aria-label="${labelOf(timer)}">
      ${intervalMarkup(figure, roleClass)} ${devicesMarkup(figure, roleClass)}
      ${figure.rings.map(
        ({ x, row }) =>
          html`<circle
            cx="${x}%"
            cy="${LINE - 7 - row * RING_STEP}"
            r="2.7"
            class="s-good"
            stroke-width="1.4"
          />`,
      )}
      ${axisMarkup(figure)} ${crossesMarkup(figure, timer.severed)}
      <text class="tg" x="0" y="14">${counted(timer.survived, 'silence')} survived</text>
      <text x="0" y="28" class="wide">${ringText(figure)}</text>
    </svg>
    ${figure.zoom === null ? null : zoomMarkup(figure.zoom, timer, roleClass)}
  </figure>`
}

function labelOf({
  severed,
  severedSeconds,
  survived,
  survivedSeconds,
  lowerSeconds,
  upperSeconds,
}: TimerView): string {
  const cut = `${counted(severed, 'silence')} of ${duration(Math.min(...severedSeconds))} or more severed`
  const held =
    survivedSeconds.length === 0
      ? 'none survived'
      : `${count(survived)} of up to ${duration(Math.max(...survivedSeconds))} survived`
  const within =
    lowerSeconds === null || upperSeconds === null
      ? ''
      : `. The timer lies in ${intervalText(lowerSeconds, upperSeconds)}`
  return `${held}; ${cut}${within}.`
}

function ringText({ perRing, beyond }: TimerFigure): string {
  const each =
    perRing === 1
      ? "each ring is a connection's longest"
      : `each ring is up to ${perRing} connections' longest`
  return beyond === 0 ? each : `${each}; ${count(beyond)} more beyond the axis`
}

function intervalMarkup({ interval }: TimerFigure, roleClass: string): Markup | null {
  if (interval === null) return null
  const width = Math.max(0.4, interval.to - interval.from)
  return html`<rect
    class="still ${roleClass}"
    x="${interval.from}%"
    width="${width.toFixed(2)}%"
    y="100"
    height="${LINE - 100}"
  />`
}

function devicesMarkup({ devices }: TimerFigure, roleClass: string): Markup[] {
  return devices.map(({ x, name, verdict, place }) => {
    const y = LABEL_ROWS[place]
    const fits = place === 'fits'
    const isLeft = x > 45
    const side = html`dx="${isLeft ? -6 : 6}" text-anchor="${isLeft ? 'end' : 'start'}"`
    return html`<line
        x1="${x}%"
        x2="${x}%"
        y1="${y - 9}"
        y2="${LINE}"
        class="${fits ? `device ${roleClass}` : 'excluded wide'}"
      /><text class="${fits ? `dev ${roleClass}` : 'k2 wide'}" x="${x}%" y="${y}" ${side}>${name}</text
      ><text class="${fits ? '' : 'wide'}" x="${x}%" y="${y + 14}" ${side}>${verdict}</text>`
  })
}

function axisMarkup({ axis }: TimerFigure): Markup {
  const span = axis.to - axis.from
  const last = axis.ticks.length - 1
  return html`<line x1="0" x2="100%" y1="${LINE}" y2="${LINE}" class="axis" />${axis.ticks.map((tick, i) => {
      const x = ((tick - axis.from) / span) * 100
      const anchor = i === 0 ? 'start' : i === last ? 'end' : 'middle'
      const text = i === 0 || i === last ? `${count(tick)} s` : count(tick)
      return html`<line
          x1="${x.toFixed(2)}%"
          x2="${x.toFixed(2)}%"
          y1="${LINE}"
          y2="${LINE + 4}"
          class="axis"
        /><text class="m" x="${x.toFixed(2)}%" y="${LINE + 16}" text-anchor="${anchor}">${text}</text>`
    })}`
}

const CROSS = 'l4.6 4.6m0-4.6-4.6 4.6'

function crossesMarkup({ crosses, perCross }: TimerFigure, severed: number): Markup {
  const x = crosses.reduce((sum, mark) => sum + mark.x, 0) / crosses.length
  const left = Math.min(...crosses.map(({ column }) => column)) * CROSS_BESIDE - 8
  const isLeft = x > 30
  const dx = isLeft ? left : -left + 4
  const each = perCross === 1 ? '' : `, up to ${perCross} a cross`
  return html`${crosses.map(
      (mark) =>
        html`<svg x="${mark.x}%" y="${LINE + 26 + mark.row * CROSS_STEP}" class="free">
          <path
            d="M${(mark.column * CROSS_BESIDE - 2.3).toFixed(1)} 0${CROSS}"
            class="s-crit"
            stroke-width="1.5"
          />
        </svg>`,
    )}<text
      class="tc"
      x="${(isLeft ? Math.min(...crosses.map((mark) => mark.x)) : Math.max(...crosses.map((mark) => mark.x))).toFixed(2)}%"
      dx="${dx.toFixed(1)}"
      y="${LINE + 36}"
      text-anchor="${isLeft ? 'end' : 'start'}"
      >${count(severed)} severed${each}</text
    >`
}

function zoomMarkup(
  { axis, rings, crosses, per, interval }: Zoom,
  timer: TimerView,
  roleClass: string,
): Markup {
  const { lowerSeconds, upperSeconds } = timer
  const span = axis.to - axis.from
  const width = Math.max(0.4, interval.to - interval.from)
  const digits = axis.step < 0.1 ? 2 : axis.step < 1 ? (axis.step === 0.25 ? 2 : 1) : 0
  return html`<p class="note">
      A piece of the same axis: the shaded interval is all that is
      left.${per > 1 ? ` A mark is up to ${per} silences.` : null}
    </p>
    <svg class="chart" height="86" aria-hidden="true">
      <rect
        class="still ${roleClass}"
        x="${interval.from}%"
        width="${width.toFixed(2)}%"
        y="6"
        height="${ZOOM_LINE - 6}"
      />
      <text class="dev ${roleClass}" x="${interval.from}%" dx="-6" y="16" text-anchor="end">
        ${intervalText(lowerSeconds ?? 0, upperSeconds ?? 0)}
      </text>
      ${rings.map(({ x, row }) => html`<circle cx="${x}%" cy="${ZOOM_LINE - 7 - row * 7}" r="2.7" class="s-good" stroke-width="1.4" />`)}
      ${crosses.map(
        ({ x, row }) =>
          html`<svg x="${x}%" y="${ZOOM_LINE - 10 - row * 7}" class="free">
            <path d="M-2.3 0${CROSS}" class="s-crit" stroke-width="1.4" />
          </svg>`,
      )}
      <line x1="0" x2="100%" y1="${ZOOM_LINE}" y2="${ZOOM_LINE}" class="axis" />
      ${axis.ticks.map((tick) => {
        const x = ((tick - axis.from) / span) * 100
        const anchor = x < 4 ? 'start' : x > 96 ? 'end' : 'middle'
        return html`<text class="m" x="${x.toFixed(2)}%" y="${ZOOM_LINE + 16}" text-anchor="${anchor}"
          >${tick.toFixed(digits)}</text
        >`
      })}
    </svg>`
}
