/**
 * An alert in words, for people who read mail and chats: a line that says what it is about, sentences, and
 * facts. Text that came from traffic is made harmless: no control or format character survives.
 */
import type { AlertRecord } from './record.ts'

/** Characters of a subject; more is cut. */
const SUBJECT_MAX = 200

const OBEYED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu

/** On one line, and nothing that a reader's program would obey. */
export const plain = (text: string): string => text.replace(OBEYED, ' ').trim()

/** What the alert is, before its title: `Resolved: `. */
const BEFORE: Readonly<Record<AlertRecord['type'], string>> = {
  'incident.opened': '',
  'incident.updated': 'Again: ',
  'incident.resolved': 'Resolved: ',
  'incident.reopened': 'Reopened: ',
  test: '',
}

/** `Resolved: The load balancer 10.10.2.10 cut 18 idle agents after 300 s.` */
export function headline({ type, data }: AlertRecord): string {
  const line = plain(`${BEFORE[type]}${data.title}`)
  return line.length <= SUBJECT_MAX ? line : `${line.slice(0, SUBJECT_MAX - 3)}...`
}

/** `[critical] dlp-endpoint: ...` */
export const subject = (record: AlertRecord): string => {
  const { severity, service } = record.data
  return `[Holdfast ${record.type === 'test' ? 'test' : severity}] ${service === null ? '' : `${plain(service)}: `}${headline(record)}`
}

/** Name and value of what is worth knowing besides the sentences. */
export function facts({ data }: AlertRecord): (readonly [name: string, value: string])[] {
  const { service, id, type, severity, state, occurrences, newOccurrences, agents, start, end } = data
  const counts = `${occurrences}${newOccurrences > 0 && newOccurrences < occurrences ? ` (${newOccurrences} new)` : ''}`
  return [
    ['Incident', `${id} (${type})`],
    ['Severity', severity],
    ['State', state],
    ...(service === null ? [] : [['Service', plain(service)] as const]),
    ['Occurrences', counts],
    ['Agents', String(agents)],
    ['First', moment(start)],
    ['Last', moment(end)],
  ]
}

/** `2026-11-21 02:08:06 UTC` */
const moment = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`

/** The sentences: what happened, the last time, what to do. */
export function paragraphs({ data }: AlertRecord): string[] {
  const { summary, latest, remedy, url } = data
  return [
    summary,
    ...(latest === null ? [] : [`Last: ${latest.sentence}`]),
    ...(remedy === '' ? [] : [`Do: ${remedy}`]),
    ...(url === undefined ? [] : [url]),
  ].map(plain)
}
