/**
 * The report for people: what was read and how good it is, what came of it, who is who, and each incident
 * with its cause, its proof and its remedy. Nothing in it grows with the traffic; what is left out is counted
 * and the way to see it is told.
 */
import { LONGEST_SURVIVED_MAX } from '../../model/connection.ts'
import type { DeviceAt } from '../../model/device-name.ts'
import { endpointText } from '../../model/packet.ts'
import type { SummaryRecord, CaptureRecord, ServerRecord } from '../../model/record.ts'
import { clockWords, joinedWords } from '../../model/quality.ts'
import { toSeconds } from '../../model/time.ts'
import type { Collected } from './collected.ts'
import { bySeverity, SEVERITY_ORDER } from './collected.ts'
import { writeConformance } from './conformance-text.ts'
import { inputName } from '../input-name.ts'
import { shortName } from './harmless.ts'
import { writeIncident } from './incident-text.ts'
import { type Page, page, type Paint } from './page.ts'
import { count, counted, duration, elapsed, mostFirst, numbered, spanText } from './quantities.ts'
import { firstFew, listed } from '../../model/listed.ts'
import { writeWhatIfs } from './what-if-text.ts'
import { FORGOTTEN_WORDS, IDENTIFIED_WORDS, QUALITY_WORDS } from './words.data.ts'

/** Incidents that are told in full. */
const INCIDENTS_SHOWN = 20
const CAPTURES_SHOWN = 20
const SERVICES_SHOWN = 12
const SERVERS_SHOWN = 6
/** Servers of services that have no name but their address. */
const NAMELESS_SHOWN = 10
/** Reasons for unread packets that are named. */
const REASONS_SHOWN = 4
const RELAYS_SHOWN = 8
const MISFITS_SHOWN = 8

/** Longer silences are not told apart. */
const LONGEST_TOLD = toSeconds(LONGEST_SURVIVED_MAX)

export interface ReportOptions {
  /** Columns of the reader's terminal. */
  readonly columns: number
  readonly paint: Paint
  /** The shortest silence that counts as idle for any service. */
  readonly idleSeconds: number
  readonly deviceAt: DeviceAt
}

export function reportText(collected: Collected, options: ReportOptions): string {
  const { columns, paint, idleSeconds, deviceAt } = options
  const sheet = page(columns, paint)
  writeCaptures(sheet, collected)
  writeVerdict(sheet, collected, idleSeconds)
  writeForgotten(sheet, collected)
  for (const misfit of (collected.summary?.misfits ?? []).slice(0, MISFITS_SHOWN)) sheet.warning(misfit)
  writeWho(sheet, collected)
  writeConformance(sheet, collected.requirements, collected.incidents)
  writeWhatIfs(sheet, collected.whatIfs, isSeveralTaps(collected))
  writeIncidents(sheet, collected, deviceAt)
  return sheet.text()
}

function writeCaptures(sheet: Page, { captures, capturesDropped }: Collected): void {
  const shown = inSeries(captures).slice(0, CAPTURES_SHOWN)
  const rest = captures.length - shown.flat().length + capturesDropped
  sheet.heading(captures.length + capturesDropped === 1 ? 'Capture' : 'Captures')
  for (const [capture, ...more] of shown) {
    writeCapture(sheet, capture)
    if (more.length === 0) continue
    sheet.paragraph(seriesText(more), 4)
    for (const next of more)
      for (const warning of warningsOf(next)) sheet.warning(`${shortName(next.tap)}: ${warning}`)
  }
  if (rest > 0) sheet.paragraph(`and ${count(rest)} more (--format ndjson --include capture lists all)`)
  sheet.blank()
}

function writeCapture(sheet: Page, capture: CaptureRecord): void {
  const name = capture.tap === '' ? '' : `${shortName(capture.tap)}: `
  sheet.paragraph(`${name}${shortName(inputName(capture.path), 200)}`)
  sheet.paragraph(`${capture.format}, ${amountOf(capture)}${timesOf(capture)}`, 4)
  for (const words of joinedWords(capture.quality)) sheet.paragraph(`${words}.`, 4)
  if (capture.outside !== undefined) sheet.paragraph(outsideText(capture.outside), 4)
  for (const text of flowTexts(capture)) sheet.paragraph(text, 4)
  for (const warning of warningsOf(capture)) sheet.warning(warning)
  if (capture.quality.unparsedPackets > 0) sheet.paragraph(skippedText(capture), 4)
  const unread = unreadText(capture)
  if (unread !== null) sheet.paragraph(unread, 4)
}

/** Captures that go on from each other stand together. */
function inSeries(captures: readonly CaptureRecord[]): (readonly [CaptureRecord, ...CaptureRecord[]])[] {
  const series = new Map<string | undefined, [CaptureRecord, ...CaptureRecord[]]>()
  for (const capture of captures.toSorted((a, b) => (a.start ?? 0) - (b.start ?? 0))) {
    const { continues } = capture.quality
    const before = continues === undefined ? undefined : series.get(continues)
    before?.push(capture)
    series.set(capture.tap, before ?? [capture])
  }
  return [...new Set(series.values())].toSorted((a, b) => captures.indexOf(a[0]) - captures.indexOf(b[0]))
}

/** Those that go on from the first of a series. */
function seriesText(more: readonly CaptureRecord[]): string {
  const packets = more.reduce((sum, capture) => sum + capture.packets, 0)
  const [first, last] = [more[0]!, more.at(-1)!]
  const files =
    more.length === 1 ? `${shortName(last.tap)} goes` : `${more.length} more, to ${shortName(last.tap)}, go`
  return `${files} on where it ended, ${counted(packets, 'packet')}${timesOf({ ...first, end: last.end })}: read as one tap.`
}

function amountOf({ packets, flows }: CaptureRecord): string {
  if (flows === undefined) return counted(packets, 'packet')
  const { records, exporterCount } = flows
  return `${counted(records, 'flow record')} of ${counted(exporterCount, 'exporter')} in ${counted(packets, 'message')}`
}

const outsideText = ({ packets, start, end }: NonNullable<CaptureRecord['outside']>): string =>
  `${counted(packets, 'packet')} outside of the time asked about: ${spanText(start, end)}.`

/** What of the traffic flow records may hide, and why. */
function flowTexts({ flows }: CaptureRecord): string[] {
  if (flows === undefined) return []
  const { exporters, hiddenSilenceSeconds: hidden, duplicates, late, sampled, beside = [] } = flows
  const spans = exporters.flatMap(
    ({ activeTimeoutSeconds: active, inactiveTimeoutSeconds: inactive, timeouts }) => {
      const said = [
        active === null ? '' : `active ${duration(active)}`,
        inactive === null ? '' : `inactive ${duration(inactive)}`,
      ].filter((text) => text !== '')
      return said.length === 0
        ? []
        : [`${listed(said)} (${timeouts === 'stated' ? 'as stated' : 'as its records show'})`]
    },
  )
  return [
    ...(beside.length === 0
      ? []
      : [`Names of connections are from ${listed(beside.map((path) => shortName(path, 200)))}.`]),
    ...(spans.length === 0
      ? []
      : [`Timeouts of exporters: ${firstFew([...new Set(spans)], REASONS_SHOWN)}.`]),
    ...(hidden >= 1 ? [`Silences of up to ${duration(hidden)} may lie hidden inside of records.`] : []),
    ...(duplicates > 0
      ? [`${counted(duplicates, 'record')} tell what another exporter counts: not counted twice.`]
      : []),
    ...(late > 0 ? [`${counted(late, 'record')} came later than any exporter should tell.`] : []),
    ...(sampled > 0 ? ['Packets were sampled: resets, tries and silences are not shown.'] : []),
  ]
}

function timesOf({ start, end }: CaptureRecord): string {
  return start === null || end === null ? '' : `, ${spanText(start, end)} (${elapsed((end - start) / 1e6)})`
}

function warningsOf({ quality }: CaptureRecord): string[] {
  const warnings = QUALITY_WORDS.flatMap(([key, one, many]) => {
    const n = quality[key] ?? 0
    return n > 0 ? [`${n === 1 ? one : many.replace('N', count(Math.ceil(n)))}.`] : []
  })
  const clock = clockWords(quality)
  const told = clock === null ? warnings : [`${clock}.`, ...warnings]
  return quality.readError === null
    ? told
    : [`Reading stopped before the end: ${quality.readError}.`, ...told]
}

/** Other protocols are no shortcoming, unless the one that matters is among them. */
function skippedText({ quality, skipped }: CaptureRecord): string {
  const reasons = mostFirst(Object.entries(skipped))
  return `${counted(quality.unparsedPackets, 'packet')} not read${reasons.length > 0 ? `: ${named(reasons)}` : ''}.`
}

/** Inside connections that were followed. */
function unreadText({ quality: { unread = {} } }: CaptureRecord): string | null {
  const reasons = numbered(unread)
  return reasons.length === 0 ? null : `Not read, or only so far: ${firstFew(reasons, REASONS_SHOWN)}.`
}

/** What the packets are instead, so that nobody looks for a mistake in the capture. */
export function noConnectionText(
  packets: number,
  inputs: readonly Pick<CaptureRecord, 'skipped' | 'others'>[],
): string {
  const sums = new Map<string, number>()
  for (const { skipped, others } of inputs)
    for (const [what, n] of Object.entries({ ...others, ...skipped }))
      sums.set(what, (sums.get(what) ?? 0) + n)
  const sorted = mostFirst(sums)
  const instead = sorted.length === 0 ? '' : ` (${named(sorted)})`
  return `No TCP connection in ${counted(packets, 'packet')}${instead}: there is nothing to judge.`
}

const named = (counts: readonly (readonly [string, number])[]): string =>
  firstFew(
    counts.map(([what, n]) => `${count(n)} ${what}`),
    REASONS_SHOWN,
  )

function writeVerdict(sheet: Page, collected: Collected, idleSeconds: number): void {
  const { incidents, incidentsDropped, summary } = collected
  const connections = summary?.connections ?? 0
  const total = incidents.length + incidentsDropped
  if (connections === 0 && total === 0) {
    const packets = collected.captures.reduce((sum, capture) => sum + capture.packets, 0)
    sheet.paragraph(noConnectionText(packets, collected.captures), 0, ['bold'])
  } else if (total === 0) {
    const isProven = (summary?.longestSurvivedSeconds ?? 0) >= idleSeconds
    sheet.paragraph(
      // Nothing that fell idle long enough: then nothing shows that it would hold, either.
      `${isProven ? 'Nothing broken: no' : 'No'} incident in ${scopeOf(collected)}.`,
      0,
      isProven ? ['bold', 'green'] : ['bold'],
    )
    if (summary !== null) sheet.paragraph(silencesText(silencesOf(summary), idleSeconds), 0)
  } else {
    sheet.paragraph(
      `${counted(total, 'incident')} in ${scopeOf(collected)}: ${severitiesOf(collected)}.`,
      0,
      ['bold'],
    )
  }
}

export interface Silences {
  readonly longestSeconds: number
  readonly survivedSeconds: number
}

export const silencesOf = (summary: SummaryRecord): Silences => ({
  longestSeconds: summary.longestSilenceSeconds,
  survivedSeconds: summary.longestSurvivedSeconds,
})

/** What the verdict does not rest on, because there was no room for it. */
function writeForgotten(sheet: Page, { summary }: Collected): void {
  for (const [what, one, many] of FORGOTTEN_WORDS) {
    const n = summary?.forgotten[what] ?? 0
    if (n > 0) sheet.warning(`${n === 1 ? one : many.replace('N', count(n))}.`)
  }
}

/** How much idleness the verdict rests on. */
export function silencesText(
  { longestSeconds: longestSilence, survivedSeconds: longestSurvived }: Silences,
  idleSeconds: number,
): string {
  if (longestSilence < idleSeconds) {
    return (
      `The longest silence lasted ${duration(longestSilence)}; from ${duration(idleSeconds)} on a connection counts as idle ` +
      '(idleThreshold in the configuration), so this capture does not show whether idle connections hold.'
    )
  }
  if (longestSurvived >= LONGEST_TOLD) return 'Silences of more than 49 d were survived.'
  if (longestSurvived >= idleSeconds) return `Silences up to ${duration(longestSurvived)} were survived.`
  const longest = `The longest silence lasted ${duration(longestSilence)}; being its connection's last or the whole tap's, or not seen whole, it proves nothing.`
  return longestSurvived > 0 ? `${longest} Up to ${duration(longestSurvived)} were survived.` : longest
}

function scopeOf({ summary, agentsBy, servers, serversDropped }: Collected): string {
  const agents = [...agentsBy.values()].reduce((sum, n) => sum + n, 0)
  const connections = summary?.connections ?? 0
  return scopeText({ connections, agents, servers: servers.length + serversDropped })
}

/** `30 connections of 7 agents with 3 servers`; where something on the way hides either of them, that. */
export function scopeText(of: {
  readonly connections: number
  readonly agents: number
  readonly servers: number
}): string {
  const party = (n: number, one: string): string =>
    n === 0 && of.connections > 0 ? `${one}s that were not seen` : counted(n, one)
  return `${counted(of.connections, 'connection')} of ${party(of.agents, 'agent')} with ${party(of.servers, 'server')}`
}

function severitiesOf({ summary, incidents }: Collected): string {
  const counts = SEVERITY_ORDER.map((severity) => {
    const n =
      summary?.incidents[severity] ?? incidents.filter((incident) => incident.severity === severity).length
    return n === 0 ? '' : `${count(n)} ${severity}`
  })
  return listed(counts.filter((text) => text !== ''))
}

function writeWho(sheet: Page, { servers, serversDropped, agentsBy, summary }: Collected): void {
  if (servers.length === 0 && agentsBy.size === 0) return
  sheet.blank()
  sheet.heading('Who is who')
  const [nameless, named] = partition(servers, (server) => serverText(server) === server.service)
  const services = [...Map.groupBy(named, (server) => server.service)]
  for (const [service, members] of services.slice(0, SERVICES_SHOWN)) {
    const endpoints = firstFew(members.map(serverText), SERVERS_SHOWN)
    sheet.row('service', `${shortName(service)}: ${endpoints} ${originOf(members)}`)
  }
  if (nameless.length > 0) {
    const endpoints = firstFew(nameless.map(serverText), NAMELESS_SHOWN)
    sheet.row('servers', `${endpoints} ${originOf(nameless)}`)
  }
  const beyond = services.slice(SERVICES_SHOWN).map(([, members]) => members.length)
  const rest = beyond.reduce((sum, n) => sum + n, serversDropped)
  const hint = '(--format ndjson --include server lists all)'
  if (rest > 0) sheet.row('', `and ${counted(rest, 'more server')} ${hint}`)
  const relays = summary?.relays ?? []
  for (const relay of relays.slice(0, RELAYS_SHOWN)) sheet.row('relay', relay)
  if (relays.length > RELAYS_SHOWN) sheet.row('', `and ${count(relays.length - RELAYS_SHOWN)} more`)
  const ways = mostFirst(agentsBy)
  const texts = ways.map(
    ([way, n], i) => `${count(n)}${i === 0 ? ' identified' : ''} ${IDENTIFIED_WORDS[way]}`,
  )
  if (texts.length > 0) sheet.row('agents', listed(texts))
}

function partition<T>(all: readonly T[], belongs: (one: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))]
}

function serverText({ name, address, port }: ServerRecord): string {
  const endpoint = endpointText({ address, port })
  return name === address || name === endpoint ? endpoint : `${shortName(name)} ${endpoint}`
}

const originOf = (members: readonly ServerRecord[]): string =>
  members.every((server) => server.identifiedBy === 'config') ? '(as configured)' : '(seen in traffic)'

export const isSeveralTaps = ({ captures }: Pick<Collected, 'captures'>): boolean =>
  new Set(captures.map((capture) => capture.tap)).size > 1

function writeIncidents(sheet: Page, collected: Collected, deviceAt: DeviceAt): void {
  const { incidents, incidentsDropped, examples } = collected
  const severalTaps = isSeveralTaps(collected)
  const sorted = bySeverity(incidents)
  const shown = sorted.slice(0, INCIDENTS_SHOWN)
  for (const incident of shown) {
    sheet.blank()
    writeIncident(sheet, incident, examples.get(incident.id) ?? null, { severalTaps, deviceAt })
  }
  const rest = sorted.length - shown.length + incidentsDropped
  if (rest === 0) return
  sheet.blank()
  sheet.paragraph(
    `${counted(rest, 'more incident')}, none of them worse: --format ndjson --include incident lists all.`,
    0,
  )
}
