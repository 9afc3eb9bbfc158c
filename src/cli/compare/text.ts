/** A comparison for people: first what became worse, then what became better, then what else changed. */
import { shortName } from '../output/harmless.ts'
import { type Page, page, type Paint, type Style } from '../output/page.ts'
import { counted, elapsed } from '../output/quantities.ts'
import { listed } from '../../model/listed.ts'
import { STATUS_WORDS } from '../output/words.data.ts'
import type { Comparison, IncidentChange, TimerChange, Turn, VerdictChange } from './comparison.ts'
import type { Result } from './result.ts'

/** Changes of one kind that are told. */
const SHOWN = 40

const HEADS: readonly (readonly [Turn, string, Style])[] = [
  ['worse', 'Worse', 'red'],
  ['better', 'Better', 'green'],
  ['other', 'Different', 'dim'],
]

export function comparisonText(
  before: Result,
  after: Result,
  { verdicts, incidents, timers, shares }: Comparison,
  { columns, paint }: { readonly columns: number; readonly paint: Paint },
): string {
  const sheet = page(columns, paint)
  sheet.row('before', scopeOf(before))
  sheet.row('after', scopeOf(after))
  sheet.blank()
  sheet.paragraph(sentenceOf({ verdicts, incidents }), 0, ['bold'])
  for (const [turn, head] of HEADS) {
    const rows = [
      ...incidents.filter((change) => change.turn === turn && isChange(change)).map(incidentRow),
      ...verdicts.filter((change) => change.turn === turn).map(verdictRow),
    ]
    if (rows.length > 0) writeRows(sheet, head, rows)
  }
  if (timers.length > 0) writeRows(sheet, 'Timers', timers.map(timerRow))
  if (shares.length > 0)
    writeRows(
      sheet,
      'Shares of connections',
      shares.map(({ service, server, before: was, after: is }) => [
        shortName(service),
        `${shortName(server)}: ${percent(was)} before, ${percent(is)} after`,
      ]),
    )
  return sheet.text()
}

type Row = readonly [label: string, text: string]

function writeRows(sheet: Page, head: string, rows: readonly Row[]): void {
  sheet.blank()
  sheet.heading(head)
  for (const [label, text] of rows.slice(0, SHOWN)) sheet.row(label, text)
  if (rows.length > SHOWN) sheet.paragraph(`and ${rows.length - SHOWN} more (--format ndjson tells all)`)
}

const scopeOf = ({ name, seconds, connections, agents }: Result): string =>
  `${shortName(name, 200)}: ${counted(connections, 'connection')} of ${counted(agents, 'agent')} in ${elapsed(seconds)}`

function sentenceOf({ verdicts, incidents }: Pick<Comparison, 'verdicts' | 'incidents'>): string {
  const tell = (turn: Turn): string => {
    const requirements = verdicts.filter((change) => change.turn === turn).length
    const causes = incidents.filter((change) => change.turn === turn).length
    const parts = [
      ...(causes > 0 ? [counted(causes, 'cause of incidents', 'causes of incidents')] : []),
      ...(requirements > 0 ? [counted(requirements, 'requirement')] : []),
    ]
    return listed(parts)
  }
  const [worse, better] = [tell('worse'), tell('better')]
  if (worse === '' && better === '') return 'Nothing became better or worse.'
  return [
    ...(worse === '' ? [] : [`Worse: ${worse}.`]),
    ...(better === '' ? [] : [`Better: ${better}.`]),
  ].join(' ')
}

/** What merely goes on is no change. */
const isChange = ({ turn, before, after }: IncidentChange): boolean =>
  turn !== 'other' || before === null || after === null

function incidentRow({ incident, before, after }: IncidentChange): Row {
  const rate = (n: number): string => `${n < 10 ? n.toFixed(1) : Math.round(n)} an hour`
  const change =
    before === null
      ? `new, ${rate(after!)}`
      : after === null
        ? `gone, was ${rate(before)}`
        : `${rate(before)} before, ${rate(after)} after`
  return [incident.severity, `${incident.title} (${incident.type}): ${change}`]
}

function verdictRow({ id, title, service, before, after }: VerdictChange): Row {
  const word = (status: VerdictChange['before']): string =>
    status === null ? 'not judged' : STATUS_WORDS[status]
  const at = service === null ? '' : ` at ${shortName(service)}`
  return [id, `${word(before)} before, ${word(after)} after${at}: ${title}`]
}

function timerRow({ service, actor, before, after }: TimerChange): Row {
  const interval = ({ lowerSeconds, upperSeconds }: TimerChange['before']): string =>
    `[${lowerSeconds ?? 0}, ${upperSeconds ?? '∞'}] s`
  return [
    shortName(service ?? ''),
    `${shortName(actor)}: ${interval(before)} before, ${interval(after)} after`,
  ]
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
