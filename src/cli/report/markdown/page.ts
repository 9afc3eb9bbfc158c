/** The report as Markdown, for tickets and wikis: the same facts in the same order as the HTML. */
import { actorText, sureText } from '../../output/actor-text.ts'
import { STATUS_WORDS } from '../../output/words.data.ts'
import { momentText } from '../../../model/time.ts'
import { bytesText, count, counted, dayAndClock, packetTime, weightText } from '../../output/quantities.ts'
import { listed } from '../../../model/listed.ts'
import type { ReportData, ReportIncident, ReportInput } from '../data.ts'
import {
  hitText,
  brokenRequirements,
  coverOf,
  coverText,
  momentsOf,
  NO_VERDICTS,
  sentenceOf,
  shortcomings,
  timerFacts,
  timerTitle,
  UNSTATED_RELAYS,
  verdictOf,
  weightSum,
  whenText,
  withCode,
} from '../phrases.ts'
import { qualityCells, qualityCosts, unreadText } from '../quality.ts'
import { block, code, inline, paragraph, table } from './escape.ts'

export function reportMarkdown(data: ReportData): string {
  const parts = [
    ...verdict(data),
    '## Conformance',
    ...conformance(data),
    ...whatIfs(data),
    '## Incidents',
    ...incidents(data),
    '## Timeline',
    ...timeline(data),
    '## Inputs and their quality',
    ...inputs(data),
    '---',
    `Made by Holdfast ${inline(data.version)} on ${momentText(data.made)}. All times are UTC and the captures' own. ` +
      'Packet numbers count from 1 in the file of the tap, as in Wireshark.',
  ]
  return `${parts.join('\n\n')}\n`
}

function verdict(data: ReportData): string[] {
  const { sentence, rest } = verdictOf(data)
  const cover = coverOf(data)
  const limits = shortcomings(data)
  const about = `Forensic report on ${inline(data.source)}${cover === null ? '' : `, ${coverText(cover)}`}.`
  return [
    `# ${inline(sentence)}`,
    about,
    ...rest.map(paragraph),
    ...(limits.length === 0
      ? []
      : [`**What the captures cannot show**\n\n${limits.map((text) => `- ${inline(text)}`).join('\n')}`]),
  ]
}

const coded = (text: string): string =>
  withCode(text)
    .map(({ part, isCode }) => (isCode ? code(part, true) : inline(part)))
    .join('')

function conformance(data: ReportData): string[] {
  const { requirements } = data
  if (requirements !== null && requirements.length > 0) {
    const rows = requirements.map(({ id, title, status, service, observations, incidents: by, needs }) => [
      status === 'violated' ? `**${STATUS_WORDS[status]}**` : STATUS_WORDS[status],
      inline(id),
      inline(title),
      inline(service ?? 'all'),
      count(observations),
      [...by.map(inline), ...(needs === null ? [] : [`needs ${coded(needs)}`])].join(', '),
    ])
    return [table(['Verdict', 'Id', 'Requirement', 'Service', 'Seen', 'Rests on'], rows, [4])]
  }
  const broken = brokenRequirements(data)
  const rows = broken.map(({ id, incidents: by }) => [
    inline(id),
    by.map((incident) => `${inline(incident.id)} ${inline(incident.title)}`).join('<br>'),
  ])
  const text = NO_VERDICTS(broken.length > 0)
  return rows.length === 0 ? [text] : [text, table(['Requirement', 'Incidents that break it'], rows)]
}

function whatIfs({ whatIfs: groups }: ReportData): string[] {
  if (groups.length === 0) return []
  const parts = groups.flatMap(({ head, answers, rest }) => [
    `### ${inline(head)}`,
    table(
      ['Service', 'What it would have meant', 'For one, in UTC'],
      answers.map(({ service, sentences, examples }) => [
        inline(service),
        inline(sentences.join(' ')),
        examples.map(inline).join('<br>'),
      ]),
    ),
    ...(rest > 0 ? [`and ${counted(rest, 'more service')}`] : []),
  ])
  return ['## What if', ...parts]
}

function incidents({ incidents: full, listed: further, leftOut }: ReportData): string[] {
  if (full.length === 0) return ['There is none.']
  const rows = further.map(({ id, severity, title, occurrences, end }) => [
    severity,
    inline(id),
    inline(sentenceOf(title)),
    count(occurrences),
    momentText(end),
  ])
  return [
    ...full.flatMap(incident),
    ...(rows.length === 0
      ? []
      : [
          '### Further incidents, none of them worse',
          table(['Severity', 'Incident', 'What happened', 'Times', 'Last'], rows, [3]),
        ]),
    ...(leftOut > 0 ? [`and ${counted(leftOut, 'more incident')}`] : []),
  ]
}

function incident(one: ReportIncident): string[] {
  const { id, severity, type, state, title, summary, remedy, filter } = one
  return [
    `### ${inline(id)}: ${inline(sentenceOf(title))}`,
    `**${severity}**, ${inline(type)}${state === null ? '' : `, ${state}`}`,
    paragraph(summary),
    facts(one),
    `**What to do.** ${inline(remedy)}`,
    ...timer(one),
    ...evidence(one),
    ...proofs(one),
    ...agents(one),
    ...(filter === '' ? [] : ['#### Look for yourself (Wireshark display filter)', block(filter)]),
    ...history(one),
  ]
}

function facts(one: ReportIncident): string {
  const { actor, requirements, service } = one
  const at = service === null ? '' : ` of ${inline(service)}`
  return [
    `- Who did it: ${[inline(actorText(actor)), sureText(actor)].filter((text) => text !== '').join(', ')}`,
    `- When: ${whenText(one)}`,
    `- Hit: ${hitText(one)}${at}`,
    `- Breaks: ${requirements.length === 0 ? 'no requirement' : inline(requirements.join(', '))}`,
  ].join('\n')
}

const timer = ({ timer: known }: ReportIncident): string[] =>
  known === null ? [] : [`**${inline(timerTitle(known))}.** ${timerFacts(known).map(inline).join(' ')}`]

function evidence(one: ReportIncident): string[] {
  const { attribution } = one
  if (attribution.length === 0) return []
  const rows = attribution
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ test, weight, observed }) => [weightText(weight), inline(test), inline(observed)])
  const sum = weightText(weightSum(one))
  return [
    `#### Evidence (weights add up to ${sum})`,
    table(['Weight', 'What was tested', 'Observed'], rows, [0]),
  ]
}

function proofs({ proofs: all, occurrences }: ReportIncident): string[] {
  if (all.length === 0) return []
  const texts = all.flatMap(({ at, sentence, packets, packetsLeftOut }) => [
    `${dayAndClock(at, true)} ${inline(sentence)}`,
    table(
      ['Tap', 'Packet', 'Time', 'What it shows'],
      packets.map(({ tap, number, at: seen, note, segment }) => [
        inline(tap),
        `#${number}`,
        packetTime(seen),
        `${inline(note)}${segment === null ? '' : `<br>${code(segment, true)}`}`,
      ]),
      [1],
    ),
    ...(packetsLeftOut > 0 ? [`and ${counted(packetsLeftOut, 'more packet')}`] : []),
  ])
  const rest = occurrences - all.length
  return [
    '#### Packets that prove it (times in UTC)',
    ...texts,
    ...(rest > 0 ? [`and ${counted(rest, 'more occurrence')}`] : []),
  ]
}

function agents({ agentList, agents: hit }: ReportIncident): string[] {
  if (agentList.length === 0) return []
  const rows = agentList.map(({ id, address, occurrences, last }) => [
    inline(id),
    address === null ? '' : code(address, true),
    count(occurrences),
    dayAndClock(last, false),
  ])
  const rest = hit - agentList.length
  return [
    '#### Agents hit',
    table(['Agent', 'Address', 'Times', 'Last, UTC'], rows, [2]),
    ...(rest > 0 ? [`and ${count(rest)} more`] : []),
  ]
}

function history({ history: all }: ReportIncident): string[] {
  if (all.length === 0) return []
  const lines = all.map(
    ({ at, state, by, note }) =>
      `- ${momentText(Date.parse(at) * 1000)} ${state} by ${inline(by)}${note === '' ? '' : `: ${inline(note)}`}`,
  )
  return ['#### History', lines.join('\n')]
}

function timeline(data: ReportData): string[] {
  const { shown, rest } = momentsOf(data)
  if (shown.length === 0) return ['Nothing in it has a time.']
  const rows = shown.map(({ at, what, severity, incident: id }) => [
    packetTime(at),
    severity ?? '',
    inline(id ?? ''),
    inline(what),
  ])
  const lines = table(['Time, UTC', 'Severity', 'Incident', 'What happened'], rows)
  return rest > 0 ? [lines, `and ${counted(rest, 'later moment')}`] : [lines]
}

function inputs({ inputs: all, inputsLeftOut, relays }: ReportData): string[] {
  if (all.length === 0) return ['No capture is stored.']
  return [
    ...all.flatMap(input),
    ...(inputsLeftOut > 0 ? [`and ${counted(inputsLeftOut, 'more capture')}`] : []),
    ...(relays.length > 0 ? ['### Relays that no configuration names', UNSTATED_RELAYS, list(relays)] : []),
  ]
}

const list = (lines: readonly string[]): string => lines.map((line) => `- ${inline(line)}`).join('\n')

function input(one: ReportInput): string[] {
  const { name, tap, sha256, sizeBytes, format, packets, start, end, quality } = one
  const size = [
    ...(format === null ? [] : [inline(format)]),
    ...(sizeBytes === null ? [] : [`${bytesText(sizeBytes)} (${count(sizeBytes)} octets)`]),
    ...(packets === null ? [] : [counted(packets, 'packet')]),
  ]
  const cells = quality === null ? [] : qualityCells(quality)
  const costs = qualityCosts(one)
  const unread = unreadText(one)
  return [
    `### ${inline(name)}${tap === '' ? '' : ` (tap ${inline(tap)})`}`,
    [
      `- SHA-256: ${sha256 === null ? 'not known' : code(sha256)}`,
      `- Size: ${size.length === 0 ? 'not known' : listed(size)}`,
      `- Covers: ${start === null || end === null ? 'not known' : coverText({ start, end })}`,
      ...(cells.length === 0 ? [] : [`- Quality: ${cells.map(({ words }) => words).join(', ')}`]),
      ...costs.map((cost) => `- ${inline(cost)}`),
      ...(unread === null ? [] : [`- Not read: ${inline(unread)}`]),
    ].join('\n'),
  ]
}
