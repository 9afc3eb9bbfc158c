/** When what happened: a lane for each input and each incident over one axis of time. */
import { day, type Micros } from '../../../model/time.ts'
import { counted } from '../../output/quantities.ts'
import { type Axis, axis, percent } from '../axis.ts'
import type { ReportData, ReportIncident, ReportInput } from '../data.ts'
import { coverOf } from '../phrases.ts'
import { html, type Markup } from './markup.ts'
import { SEVERITY_CLASS, severitySign } from './signs.ts'

const INPUT_LANES = 6
const INCIDENT_LANES = 20
/** Ticks of one lane; nearer ones than a share of the axis fall together. */
const PLACES = 400

/** Null where nothing has a time. */
export function timelineMarkup(data: ReportData): Markup | null {
  const cover = coverOf(data)
  if (cover === null || cover.end <= cover.start) return null
  const scale = axis(cover.start / 1e6, cover.end / 1e6, 5)
  const inputs = data.inputs.filter(({ start, end }) => start !== null && end !== null)
  return html`<figure class="timeline" aria-label="${labelOf(data)}">
    ${inputs.slice(0, INPUT_LANES).map((input) => inputLane(input, scale))}
    ${data.incidents.slice(0, INCIDENT_LANES).map((incident) => incidentLane(incident, scale))}
    <div class="lane">
      <span class="note">UTC</span
      ><svg class="chart" aria-hidden="true" height="22">
        <line x1="0" x2="100%" y1="0" y2="0" class="axis" />
        ${scale.ticks.map((tick) => tickMarkup(tick, scale))}
      </svg>
    </div>
  </figure>`
}

const labelOf = ({ inputs, incidents }: ReportData): string =>
  `${counted(incidents.length, 'incident')} over the time of ${counted(inputs.length, 'capture')}; the table below lists the moments.`

const place = (scale: Axis, at: Micros): number => percent(scale, at / 1e6)

function inputLane({ tap, name, start, end }: ReportInput, scale: Axis): Markup {
  const from = place(scale, start ?? 0)
  const width = Math.max(0.3, place(scale, end ?? 0) - from)
  return html`<div class="lane">
    <span class="name mid">${tap === '' ? name : tap}</span
    ><svg class="chart" aria-hidden="true" height="18">
      <line x1="0" x2="100%" y1="9.5" y2="9.5" class="gridl" />
      <rect class="f-mute" x="${from}%" width="${width.toFixed(2)}%" y="7" height="5" rx="1" />
    </svg>
  </div>`
}

function incidentLane({ id, severity, times, start, end }: ReportIncident, scale: Axis): Markup {
  const places = new Set(
    [...times, start, end].map((at) => Math.round((place(scale, at) / 100) * PLACES) / (PLACES / 100)),
  )
  const colour = SEVERITY_CLASS[severity]
  const from = place(scale, start)
  return html`<div class="lane">
    <a class="name" href="#${id}">${severitySign(severity)} ${id}</a
    ><svg class="chart" aria-hidden="true" height="22">
      <line x1="0" x2="100%" y1="11.5" y2="11.5" class="gridl" />
      <line x1="${from}%" x2="${place(scale, end)}%" y1="11.5" y2="11.5" class="s-${colour}" />
      ${[...places].map((x) => html`<line x1="${x}%" x2="${x}%" y1="4" y2="19" class="s-${colour}" stroke-width="1.6" />`)}
    </svg>
  </div>`
}

function tickMarkup(tick: number, scale: Axis): Markup {
  const x = percent(scale, tick)
  const anchor = x < 6 ? 'start' : x > 94 ? 'end' : 'middle'
  return html`<line x1="${x}%" x2="${x}%" y1="0" y2="4" class="axis" /><text
      class="m"
      x="${x}%"
      y="16"
      text-anchor="${anchor}"
      >${tickText(tick, scale.step)}</text
    >`
}

/** `02:06:30`, `02:06` or `21 Nov`, as fine as the steps are. */
function tickText(seconds: number, step: number): string {
  const date = new Date(seconds * 1000)
  if (step >= 86_400 || seconds % 86_400 === 0) return day(seconds * 1e6).slice(0, -5)
  const text = date.toISOString()
  return step < 1 ? text.slice(11, 22) : text.slice(11, step < 60 ? 19 : 16)
}
