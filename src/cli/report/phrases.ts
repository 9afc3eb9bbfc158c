/** Sentences of a report that HTML and Markdown share. Plain text, not yet escaped. */
import type { Severity } from '../../model/incident.ts'
import type { RequirementStatus, TimerView } from '../../model/view.ts'
import { SEVERITY_ORDER } from '../output/collected.ts'
import { clock, day } from '../../model/time.ts'
import { count, counted, duration, elapsed, intervalText, spanText } from '../output/quantities.ts'
import { listed } from '../../model/listed.ts'
import { noConnectionText, scopeText, silencesText } from '../output/report.ts'
import { STATUS_WORDS } from '../output/words.data.ts'
import type { IncidentFacts, ReportData, ReportIncident } from './data.ts'
import { qualityCosts } from './quality.ts'

/** The order in which verdicts are listed. */
export const STATUSES = Object.keys(STATUS_WORDS) as readonly RequirementStatus[]

/** The whole report in one sentence, and the one or two that follow it. */
export function verdictOf(data: ReportData): { readonly sentence: string; readonly rest: readonly string[] } {
  const { totals, silences, idleSeconds, incidents } = data
  const total = totalOf(totals.incidents)
  if (total === 0) {
    if (totals.connections === 0) {
      return { sentence: noConnectionText(totals.packets, data.inputs), rest: [] }
    }
    const rest = silences === null ? [] : [silencesText(silences, idleSeconds)]
    const isProven = silences === null || silences.survivedSeconds >= idleSeconds
    return { sentence: `${isProven ? 'Nothing broken' : 'No incident'} in ${scopeText(totals)}.`, rest }
  }
  const worst = incidents.find(({ state }) => state !== 'resolved')
  const across = `${counted(total, 'incident')} in ${scopeText(totals)}: ${severitiesText(totals.incidents)}.`
  return worst === undefined
    ? { sentence: `All ${counted(total, 'incident')} are resolved.`, rest: [across] }
    : { sentence: sentenceOf(worst.title), rest: [across] }
}

const totalOf = (by: ReportData['totals']['incidents']): number => by.critical + by.warning + by.info

function severitiesText(by: { readonly [severity in Severity]: number }): string {
  return listed(
    SEVERITY_ORDER.filter((severity) => by[severity] > 0).map(
      (severity) => `${count(by[severity])} ${severity}`,
    ),
  )
}

/** A title as a sentence. */
export const sentenceOf = (title: string): string => (/[.!?]$/.test(title) ? title : `${title}.`)

/** What the verdict does not rest on; empty if nothing is in its way. */
export function shortcomings({ inputs, misfits }: ReportData): readonly string[] {
  const costly = inputs.flatMap((input) => {
    const costs = qualityCosts(input)
    return costs.length === 0 ? [] : [`${input.tap === '' ? input.name : input.tap}: ${costs.join('; ')}`]
  })
  return [...misfits, ...costly]
}

/** The time that the inputs cover, or the incidents if no input says; null where nothing does. */
export function coverOf({ inputs, incidents }: ReportData): { start: number; end: number } | null {
  const spans = [
    ...inputs.flatMap(({ start, end }) => (start === null || end === null ? [] : [{ start, end }])),
    ...incidents,
  ]
  if (spans.length === 0) return null
  return {
    start: Math.min(...spans.map(({ start }) => start)),
    end: Math.max(...spans.map(({ end }) => end)),
  }
}

/** `21 Nov 2026 02:05:40 to 02:09:11 UTC (3 min 31 s)` */
export const coverText = ({ start, end }: { start: number; end: number }): string =>
  `${spanText(start, end)} (${elapsed((end - start) / 1e6)})`

/** `7 times, 21 Nov 2026 02:06:00 to 02:09:06 UTC` */
export function whenText({ start, end, occurrences }: IncidentFacts): string {
  if (occurrences <= 1 || start === end) return `${day(start)} ${clock(start, true)} UTC`
  return `${counted(occurrences, 'time')}, ${spanText(start, end)}`
}

/** `3 agents` */
export const hitText = ({ agents }: IncidentFacts): string =>
  agents === 0 ? 'no agent in particular' : counted(agents, 'agent')

/** `between 299.9 and 300.1 s`, as a headline says it. */
export function timerTitle({ lowerSeconds: lower, upperSeconds: upper }: TimerView): string {
  if (lower !== null && upper !== null) return `The timer: in ${intervalText(lower, upper)}`
  if (upper !== null) return `The timer: at most ${duration(upper)}`
  return lower === null ? 'The timer: not bounded' : `The timer: more than ${duration(lower)}`
}

/** What the timer rests on, and what follows from it. */
export function timerFacts({ survived, severed, candidates, safeKeepAliveSeconds }: TimerView): string[] {
  const facts = [`${counted(severed, 'silence')} severed, ${count(survived)} survived.`]
  if (candidates.length > 0) facts.push(`Devices with such a default: ${listed(candidates)}.`)
  if (safeKeepAliveSeconds !== null)
    facts.push(`Something on the connection every ${duration(safeKeepAliveSeconds)} or less keeps it open.`)
  return facts
}

export const weightSum = (incident: ReportIncident): number =>
  incident.attribution.reduce((sum, { weight }) => sum + weight, 0)

export interface Moment {
  readonly at: number
  readonly what: string
  readonly severity: Severity | null
  /** The incident that it belongs to. */
  readonly incident: string | null
}

const MOMENTS_MAX = 80

/** What happened in order of time: captures begin and end, incidents begin and are seen for the last time. */
export function momentsOf({ inputs, incidents }: ReportData): {
  readonly shown: readonly Moment[]
  readonly rest: number
} {
  const moments: Moment[] = inputs.flatMap(({ start, end, tap, name }) => {
    const what = tap === '' ? name : `${tap} (${name})`
    if (start === null || end === null) return []
    return [
      { at: start, what: `The capture ${what} begins.`, severity: null, incident: null },
      { at: end, what: `The capture ${what} ends.`, severity: null, incident: null },
    ]
  })
  for (const incident of incidents) {
    const { id, severity, title, start, end, occurrences } = incident
    const isOne = occurrences <= 1 || start === end
    const first = `${isOne ? '' : 'First: '}${sentenceOf(title)}`
    moments.push({ at: start, what: first, severity, incident: id })
    if (!isOne) {
      const what = `Last of ${count(occurrences)} times.`
      moments.push({ at: end, what, severity, incident: id })
    }
  }
  const shown = moments.toSorted((a, b) => a.at - b.at).slice(0, MOMENTS_MAX)
  return { shown, rest: moments.length - shown.length }
}

/** Requirements that incidents name, with the incidents; by id. */
export function brokenRequirements({ incidents }: ReportData) {
  const pairs = incidents.flatMap((incident) => incident.requirements.map((id) => ({ id, incident })))
  return [...Map.groupBy(pairs, ({ id }) => id)]
    .map(([id, of]) => ({ id, incidents: of.map(({ incident }) => incident) }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

export const NO_VERDICTS = (isAnyBroken: boolean): string =>
  'No verdict per requirement is at hand: what this traffic proves as met, and what it cannot show, was not judged.' +
  (isAnyBroken ? ' The incidents break these requirements:' : ' No incident breaks one.')

/** Above the relays that an analysis found by itself. */
export const UNSTATED_RELAYS =
  'The captures show them. What is said of load balancers here rests on it: a configuration that names them leaves no doubt.'

/** Prose in which keys of the configuration stand between backticks, in order. */
export const withCode = (text: string): { readonly part: string; readonly isCode: boolean }[] =>
  text.split('`').map((part, i) => ({ part, isCode: i % 2 === 1 }))
