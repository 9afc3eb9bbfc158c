/**
 * An alert as programs are given it, in the envelope that Standard Webhooks asks for (`type`, `timestamp`,
 * `data`; https://www.standardwebhooks.com). `data` is the incident as `analyze --format ndjson` and the API
 * write it. It is made once, when the alert is, and stays as it was through all attempts to deliver it.
 */
import type { Details, Manner } from '../model/incident.ts'
import { isoTime, type Micros } from '../model/time.ts'
import type { IncidentView, Instant, OccurrenceRow } from '../model/view.ts'
import type { Kind } from './decision.ts'

/** Octets of a record; the details of a longer one are left out. */
const RECORD_BYTES_MAX = 128 * 1024

export interface AlertRecord {
  readonly type: `incident.${Kind}` | 'test'
  readonly timestamp: Instant
  readonly data: AlertedIncident
}

export interface AlertedIncident extends Pick<
  IncidentView,
  | 'id'
  | 'severity'
  | 'state'
  | 'service'
  | 'title'
  | 'summary'
  | 'start'
  | 'end'
  | 'occurrences'
  | 'agents'
  | 'actor'
  | 'requirements'
  | 'remedy'
  | 'filter'
  | 'confidence'
> {
  readonly kind: 'incident'
  readonly type: string
  readonly details: Details
  /** Occurrences that this output was not told of before. */
  readonly newOccurrences: number
  /** The last occurrence; null if none is left. */
  readonly latest: {
    readonly at: Instant
    readonly sentence: string
    readonly agent: OccurrenceRow['agent']
    readonly server: OccurrenceRow['server']
    readonly manner: Manner | null
    readonly tap: string
  } | null
  /** Its page in the dashboards. */
  readonly url?: string
}

interface Parts {
  readonly kind: Kind
  readonly at: Micros
  readonly incident: Omit<
    IncidentView,
    'attribution' | 'timer' | 'history' | 'captures' | 'related' | 'packets' | 'trend' | 'created' | 'changed'
  >
  readonly latest: OccurrenceRow | null
  readonly newOccurrences: number
  readonly link: string | null
}

export function alertRecord({ kind, at, incident, latest, newOccurrences, link }: Parts): AlertRecord {
  const { id, type, severity, state, service, title, summary, start, end, occurrences, agents } = incident
  const { actor, requirements, remedy, filter, confidence, details } = incident
  const record: AlertRecord = {
    type: `incident.${kind}`,
    timestamp: isoTime(at),
    data: {
      kind: 'incident',
      id,
      type,
      severity,
      state,
      service,
      title,
      summary,
      start,
      end,
      occurrences,
      agents,
      actor,
      requirements,
      remedy,
      filter,
      confidence,
      details,
      newOccurrences,
      latest: latest === null ? null : latestOf(latest),
      ...(link === null ? {} : { url: `${link.replace(/\/+$/, '')}/incidents/${id}` }),
    },
  }
  if (Buffer.byteLength(JSON.stringify(record)) <= RECORD_BYTES_MAX) return record
  return { ...record, data: { ...record.data, details: {} } }
}

const latestOf = ({
  at,
  sentence,
  agent,
  server,
  manner,
  tap,
}: OccurrenceRow): AlertedIncident['latest'] => ({
  at,
  sentence,
  agent,
  server,
  manner,
  tap,
})

/** What a test sends: everything that an alert has, and nothing that happened. */
export function testRecord(at: Micros, link: string | null): AlertRecord {
  const now = isoTime(at)
  return {
    type: 'test',
    timestamp: now,
    data: {
      kind: 'incident',
      id: 'HF-0',
      type: 'test',
      severity: 'info',
      state: 'open',
      service: null,
      title: 'Test alert: nothing happened.',
      summary:
        'Somebody tests whether alerts of Holdfast arrive here. Nothing happened, and nothing is to be done.',
      start: now,
      end: now,
      occurrences: 0,
      agents: 0,
      actor: { role: 'unknown', address: null, name: null, confidence: 0 },
      requirements: [],
      remedy: 'Nothing is to be done.',
      filter: '',
      confidence: 1,
      details: {},
      newOccurrences: 0,
      latest: null,
      ...(link === null ? {} : { url: link }),
    },
  }
}
