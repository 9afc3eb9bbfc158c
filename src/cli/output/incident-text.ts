/** One incident for people: the sentence, the explanation, who did it, the timer, the proof, the remedy. */
import {
  groupOf,
  isOfAgent,
  type AttributionItem,
  type Finding,
  type TimerEstimate,
} from '../../model/incident.ts'
import type { IncidentRecord } from '../../model/record.ts'
import type { DeviceAt } from '../../model/device-name.ts'
import { firstFew } from '../../model/listed.ts'
import { actorText, sureText } from './actor-text.ts'
import { type Examples, OCCURRENCES_SHOWN } from './collected.ts'
import { shortName } from './harmless.ts'
import type { Page, Style } from './page.ts'
import { clock, day } from '../../model/time.ts'
import { count, counted, dayAndClock, duration, intervalText, spanText } from './quantities.ts'

const AGENTS_SHOWN = 5
const REASONS_SHOWN = 3
/** Packets that are listed for one occurrence. */
const PACKETS_SHOWN = 6

const SEVERITY_STYLE: Readonly<Record<IncidentRecord['severity'], Style>> = {
  critical: 'red',
  warning: 'yellow',
  info: 'cyan',
}

export function writeIncident(
  sheet: Page,
  incident: IncidentRecord,
  examples: Examples | null,
  { severalTaps, deviceAt }: { readonly severalTaps: boolean; readonly deviceAt: DeviceAt },
): void {
  sheet.title(incident.severity.toUpperCase(), SEVERITY_STYLE[incident.severity], incident.title)
  sheet.paragraph(incident.summary)
  sheet.blank()
  sheet.row(
    'type',
    `${incident.type}${incident.service === null ? '' : ` at ${shortName(incident.service)}`}, incident ${incident.id}`,
  )
  sheet.row('when', whenText(incident))
  sheet.row('by', byText(incident, deviceAt))
  const reasons = attributionTexts(incident.details['attribution'])
  if (reasons.length > 0) sheet.row('because', reasons)
  const timer = timerOf(incident.details['timer'])
  if (timer !== null) sheet.row('timer', timerTexts(timer))
  if (incident.agents > 0) sheet.row('agents', agentsText(incident, examples))
  if (examples !== null) sheet.row('evidence', evidenceTexts(incident, examples.findings, severalTaps))
  sheet.row('remedy', incident.remedy)
  if (incident.requirements.length > 0) sheet.row('requirement', incident.requirements.join(', '))
  if (incident.filter !== '') sheet.verbatim('Wireshark', incident.filter)
}

function whenText({ start, end, occurrences }: IncidentRecord): string {
  const times = counted(occurrences, 'time')
  if (occurrences === 1 || start === end) return `${day(start)} ${clock(start, true)} UTC`
  return `${times}, ${spanText(start, end)}`
}

function byText({ actor }: IncidentRecord, deviceAt: DeviceAt): string {
  const name = actor.address === null ? null : deviceAt(actor.address)
  const sure = sureText(actor)
  return `${actorText({ ...actor, name })}${sure === '' ? '' : `, ${sure}`}`
}

function agentsText(incident: IncidentRecord, examples: Examples | null): string {
  const names = [...(examples?.agents ?? [])].map((name) => shortName(name))
  if (names.length > 0) return firstFew(names, AGENTS_SHOWN, incident.agents)
  // A relay's connections may be of fewer agents than they are.
  const isKnown = examples?.findings.every((f) => groupOf(f) !== null || !isOfAgent(f)) ?? true
  return isKnown ? counted(incident.agents, 'agent') : `not known; ${count(incident.agents)} at most`
}

/** `details` is free in form: what is not a timer estimate is not shown as one. */
function timerOf(value: unknown): TimerEstimate | null {
  const {
    lowerSeconds = null,
    upperSeconds = null,
    survived,
    severed,
    candidates = [],
    safeKeepAliveSeconds = null,
  } = (value ?? {}) as Partial<TimerEstimate>
  if (typeof survived !== 'number' || typeof severed !== 'number') return null
  return { lowerSeconds, upperSeconds, survived, severed, candidates, safeKeepAliveSeconds }
}

function timerTexts(timer: TimerEstimate): string[] {
  const { lowerSeconds, upperSeconds, survived, severed, candidates, safeKeepAliveSeconds } = timer
  const texts = [
    `${boundsText(lowerSeconds, upperSeconds)}: ${counted(severed, 'silence')} cut, ${count(survived)} survived`,
  ]
  if (candidates.length > 0) texts.push(`default of ${firstFew(candidates, 4)}`)
  if (safeKeepAliveSeconds !== null)
    texts.push(`something on the connection every ${duration(safeKeepAliveSeconds)} keeps it`)
  return texts
}

function boundsText(lower: number | null, upper: number | null): string {
  if (lower !== null && upper !== null) return intervalText(lower, upper)
  if (upper !== null) return `at most ${duration(upper)}`
  return lower === null ? 'not bounded' : `more than ${duration(lower)}`
}

/** The weightiest items of the attribution sheet. */
function attributionTexts(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  const items = (value as Partial<AttributionItem>[]).filter(
    (item): item is AttributionItem =>
      typeof item?.test === 'string' &&
      typeof item.weight === 'number' &&
      typeof item.observed === 'string' &&
      item.weight !== 0,
  )
  return items
    .toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, REASONS_SHOWN)
    .map(
      ({ test, weight, observed }) =>
        `${weight > 0 ? '+' : '-'}${Math.abs(weight).toFixed(1)} ${test}: ${observed}`,
    )
}

function evidenceTexts(
  incident: IncidentRecord,
  findings: readonly Finding[],
  severalTaps: boolean,
): string[] {
  const oneDay = day(incident.start) === day(incident.end)
  const texts = findings.slice(0, OCCURRENCES_SHOWN).flatMap((finding) => [
    `${partiesText(finding)}${finding.manner === null ? '' : `, ${MANNER_WORDS[finding.manner]}`}`,
    ...finding.evidence.slice(0, PACKETS_SHOWN).map((item) => {
      const tap = severalTaps && item.tap !== '' ? `${shortName(item.tap)} ` : ''
      const time = oneDay ? clock(item.at, true) : dayAndClock(item.at, true)
      return `  ${tap}#${item.packet} ${time} ${item.note}`
    }),
    ...(finding.evidence.length > PACKETS_SHOWN
      ? [`  and ${counted(finding.evidence.length - PACKETS_SHOWN, 'more packet')}`]
      : []),
  ])
  const rest = incident.occurrences - findings.length
  if (rest > 0) texts.push(`and ${count(rest)} more (--format ndjson --include occurrence lists all)`)
  return texts
}

const MANNER_WORDS = { fin: 'closed by FIN', rst: 'reset', silent: 'dropped without a word' } as const

function partiesText(finding: Finding): string {
  const { agent, server } = finding
  const group = groupOf(finding)
  const client = finding.tuple?.[0].address ?? null
  const from = client === null ? '' : `, from ${client}`
  const nobody = isOfAgent(finding) ? `agent not known${from}` : 'no agent in particular'
  const unnamed = group === null ? nobody : counted(group, 'agent')
  const who = agent === null ? unnamed : named(agent.id, agent.address)
  return server === null ? who : `${who} and ${named(server.name, server.address)}`
}

const named = (name: string, address: string | null): string =>
  address === null || name === address ? shortName(name) : `${shortName(name)} (${address})`
