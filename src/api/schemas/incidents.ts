/** Incidents and their occurrences, as answers. */
import { z } from 'zod'
import type {
  EvidenceView,
  IncidentRow,
  IncidentView,
  OccurrenceRow,
  OccurrenceView,
  SegmentView,
  StateChange,
  TimerView,
} from '../../model/view.ts'
import {
  actor,
  count,
  endpoint,
  incidentState,
  incidentType,
  instant,
  manner,
  number,
  secondsSpan,
  severity,
  share,
} from './values.ts'

const details = z.record(z.string(), z.unknown())

export const incidentRow = z
  .object({
    id: z.string().meta({ examples: ['HF-2041'] }),
    type: incidentType,
    severity,
    state: incidentState,
    service: z.string().nullable(),
    title: z.string(),
    summary: z.string(),
    actor,
    requirements: z.array(z.string()),
    occurrences: count,
    agents: count,
    start: instant,
    end: instant,
    created: instant,
    changed: instant,
    confidence: share,
    trend: z.array(count).meta({ description: 'occurrences in 24 equal steps of the asked time' }),
  })
  .meta({ id: 'IncidentRow' }) satisfies z.ZodType<IncidentRow>

const timer = z
  .object({
    lowerSeconds: secondsSpan.nullable(),
    upperSeconds: secondsSpan.nullable(),
    survived: count,
    severed: count,
    candidates: z.array(z.string()),
    safeKeepAliveSeconds: secondsSpan.nullable(),
    excluded: z.array(z.object({ device: z.string(), seconds: secondsSpan })).exactOptional(),
    severedSeconds: z.array(secondsSpan),
    survivedSeconds: z.array(secondsSpan),
  })
  .meta({ id: 'Timer' }) satisfies z.ZodType<TimerView>

const stateChange = z.object({
  at: instant,
  state: incidentState,
  by: z.string(),
  note: z.string(),
}) satisfies z.ZodType<StateChange>

export const incidentView = incidentRow
  .extend({
    remedy: z.string(),
    filter: z.string().meta({ description: 'a Wireshark display filter' }),
    details,
    attribution: z.array(z.object({ test: z.string(), weight: z.number(), observed: z.string() })),
    timer: timer.nullable(),
    history: z.array(stateChange),
    captures: z.array(z.object({ id: number, name: z.string(), tap: z.string(), isLive: z.boolean() })),
    related: z.array(incidentRow.pick({ id: true, type: true, severity: true, state: true, title: true })),
    packets: count.meta({ description: 'packets of which the octets are kept' }),
  })
  .meta({ id: 'Incident' }) satisfies z.ZodType<IncidentView>

export const occurrenceRow = z
  .object({
    id: number,
    incident: z.string(),
    type: incidentType,
    severity,
    at: instant,
    tap: z.string(),
    service: z.string().nullable(),
    agent: z.object({ id: z.string(), address: z.string().nullable() }).nullable(),
    server: z.object({ name: z.string(), address: z.string(), port: count }).nullable(),
    actor,
    manner: manner.nullable(),
    sentence: z.string(),
    remedy: z.string(),
    confidence: share,
    details,
    connection: number.nullable(),
  })
  .meta({ id: 'OccurrenceRow' }) satisfies z.ZodType<OccurrenceRow>

const segment = z
  .object({
    source: endpoint,
    destination: endpoint,
    flags: z.array(z.string()),
    payloadBytes: count,
    hopLimit: count,
    sequence: count,
    acknowledgment: count,
    window: count,
    wireBytes: count,
  })
  .meta({ id: 'Segment' }) satisfies z.ZodType<SegmentView>

const evidence = z
  .object({ tap: z.string(), packet: number, at: instant, note: z.string(), segment: segment.nullable() })
  .meta({ id: 'Evidence' }) satisfies z.ZodType<EvidenceView>

export const occurrenceView = occurrenceRow
  .extend({ evidence: z.array(evidence), previous: number.nullable(), next: number.nullable() })
  .meta({ id: 'Occurrence' }) satisfies z.ZodType<OccurrenceView>
