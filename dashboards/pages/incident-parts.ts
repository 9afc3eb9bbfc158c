/** What the page of one incident works out from what it reads. Pure. */
import type { IncidentView, OccurrenceRow } from '../../src/api/contract.ts'
import { harmless } from '../harmless.ts'
import { href } from '../router.ts'
import { confidence, counted, span } from '../text.ts'
import { ROLE_WORDS } from '../words.data.ts'

export interface AgentHits {
  readonly id: string
  /** ISO times, newest first. */
  readonly times: readonly string[]
  readonly last: string
}

/** Agents by how often they were hit, those with the latest hit first among equals. */
export function agentsOf(occurrences: readonly OccurrenceRow[]): AgentHits[] {
  const times = new Map<string, string[]>()
  for (const { agent, at } of occurrences) {
    if (agent === null) continue
    times.set(agent.id, [...(times.get(agent.id) ?? []), at])
  }
  return [...times]
    .map(([id, all]) => ({ id, times: all, last: all.reduce((a, b) => (a > b ? a : b)) }))
    .sort((a, b) => b.times.length - a.times.length || (a.last < b.last ? 1 : -1))
}

/** A remedy as steps: one for each thing to do. */
export function remedySteps(remedy: string): string[] {
  return remedy
    .split(/; (?=until then\b|or\b)|(?<=\.) (?=Or\b)/i)
    .map((step) => step.trim().replace(/;$/, ''))
    .filter((step) => step !== '')
    .map((step) => {
      const sentence = step.charAt(0).toUpperCase() + step.slice(1)
      return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
    })
}

/** A text cut where it names a number with its unit: every second part is one. */
export const quantities = (text: string): string[] =>
  text.split(/((?<![\w.,])\d[\d.,]*(?: (?:s|h|min|ms|kB|MB|GB))(?![\w]))/)

/** A title as a sentence. */
export const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

/** An incident for a mail or a ticket to those who own the box: all that one has to know, and where the proof
 * is. */
export function incidentText(incident: IncidentView, origin: string): string {
  const { id, severity, title, summary, actor, requirements, remedy, filter, start, end } = incident
  const who = [ROLE_WORDS[actor.role], actor.name, actor.address].filter((part) => part !== null)
  const hit = incident.agents === 0 ? [] : [counted(incident.agents, 'agent')]
  const lines = [
    `${id}, ${severity}: ${sentence(title)}`,
    summary,
    '',
    `When: ${[span(start, end, 'second'), counted(incident.occurrences, 'time'), ...hit].join(', ')}`,
    `By: ${who.join(' ')}, confidence ${confidence(actor.confidence)}`,
    requirements.length === 0 ? '' : `Breaks: ${requirements.join(', ')}`,
    `What to do: ${remedy}`,
    filter === '' ? '' : `Wireshark: ${filter}`,
    `Proof: ${origin}${href({ page: 'incident', id })}`,
  ]
  return harmless(
    lines
      .filter((line, i) => line !== '' || i === 2)
      .join('\n')
      .replaceAll('\u00a0', ' '),
  )
}

/** What the list of candidates says of one: `Azure Load Balancer (240 s, unconfirmed)`. */
export const isUnconfirmed = (candidate: string): boolean => candidate.endsWith(', unconfirmed)')
