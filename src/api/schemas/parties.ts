/** Agents, services, servers and connections, as answers. */
import { z } from 'zod'
import type {
  AgentRow,
  AgentView,
  ConnectionRow,
  ConnectionView,
  ServerRow,
  ServiceRow,
  ServiceView,
  ShareSeries,
  SilenceHistogram,
} from '../../model/view.ts'
import { incidentRow, occurrenceRow } from './incidents.ts'
import {
  actorRole,
  count,
  endReason,
  endpoint,
  instant,
  number,
  secondsSpan,
  sessionEnd,
  severity,
  share,
  trendBySeverity,
} from './values.ts'

export const agentRow = z
  .object({
    id: z.string(),
    identifiedBy: z.string(),
    confidence: share,
    addresses: z.array(z.string()),
    services: z.array(z.string()),
    server: z.string().nullable(),
    occurrences: count,
    worst: severity.nullable(),
    firstSeen: instant,
    lastSeen: instant,
  })
  .meta({ id: 'AgentRow' }) satisfies z.ZodType<AgentRow>

const stay = z.object({
  server: z.string(),
  service: z.string(),
  start: instant,
  end: instant,
  connections: count,
  bytes: count,
  endedBy: sessionEnd,
})

const agentConnection = z.object({
  id: number,
  server: z.string().nullable(),
  start: instant,
  end: instant,
  endReason: endReason.nullable(),
  maxIdleSeconds: secondsSpan,
  idleBeforeEndSeconds: secondsSpan,
})

export const agentView = agentRow
  .omit({ addresses: true })
  .extend({
    from: instant,
    to: instant,
    addresses: z.array(z.object({ address: z.string(), start: instant, end: instant })),
    stays: z.array(stay),
    connections: z.array(agentConnection),
    happenings: z.array(occurrenceRow),
    week: z.array(count),
  })
  .meta({ id: 'Agent' }) satisfies z.ZodType<AgentView>

export const serviceRow = z
  .object({
    name: z.string(),
    verdict: z.string(),
    worst: severity.nullable(),
    agents: count,
    servers: count,
    connections: count,
    openIncidents: count,
    occurrences: count,
    holdsIdle: z.boolean(),
    firstSeen: instant,
    lastSeen: instant,
    attached: z.array(count),
    trend: trendBySeverity,
  })
  .meta({ id: 'ServiceRow' }) satisfies z.ZodType<ServiceRow>

export const serverRow = z
  .object({
    id: z.string(),
    name: z.string(),
    service: z.string(),
    address: z.string(),
    port: count,
    identifiedBy: z.string(),
    agents: count,
    connections: count,
    open: count,
    medianHandshakeSeconds: secondsSpan.nullable(),
    lastSeen: instant,
  })
  .meta({ id: 'ServerRow' }) satisfies z.ZodType<ServerRow>

const silences = z
  .object({
    bins: z.array(
      z.object({ fromSeconds: secondsSpan, toSeconds: secondsSpan, survived: count, severed: count }),
    ),
    timer: z
      .object({
        incident: z.string(),
        lowerSeconds: secondsSpan.nullable(),
        upperSeconds: secondsSpan.nullable(),
        role: actorRole,
      })
      .nullable(),
  })
  .meta({ id: 'Silences' }) satisfies z.ZodType<SilenceHistogram>

const shares = z
  .object({
    servers: z.array(z.string()),
    points: z.array(z.object({ at: instant, agents: z.array(count) })),
  })
  .meta({ id: 'Shares' }) satisfies z.ZodType<ShareSeries>

export const serviceView = serviceRow
  .extend({
    from: instant,
    to: instant,
    serverList: z.array(serverRow),
    silences,
    shares,
    places: z.array(z.object({ network: z.string(), server: z.string(), agents: count })),
    incidents: z.array(incidentRow),
  })
  .meta({ id: 'Service' }) satisfies z.ZodType<ServiceView>

export const connectionRow = z
  .object({
    id: number,
    capture: count,
    tap: z.string(),
    stream: count.nullable(),
    communityId: z.string(),
    service: z.string().nullable(),
    agent: z.string().nullable(),
    server: z.string().nullable(),
    client: endpoint,
    serverEndpoint: endpoint,
    resolvedName: z.string().nullable().meta({
      description: "the name that the client had resolved to the server's address; null if that was not seen",
    }),
    path: z.array(z.string()).meta({
      description: 'the tunnels that it came through, outermost first: `vxlan 42 10.0.0.1 10.0.0.2`',
    }),
    start: instant,
    end: instant,
    endReason: endReason.nullable(),
    clientBytes: count,
    serverBytes: count,
    maxIdleSeconds: secondsSpan,
  })
  .meta({ id: 'ConnectionRow' }) satisfies z.ZodType<ConnectionRow>

export const connectionView = connectionRow
  .extend({
    record: z
      .record(z.string(), z.unknown())
      .meta({ description: 'the record of `analyze --format ndjson`' }),
    isKept: z
      .boolean()
      .meta({ description: 'the octets of its capture can be read: its packets can be carved' }),
    occurrences: z.array(occurrenceRow),
  })
  .meta({ id: 'Connection' }) satisfies z.ZodType<ConnectionView>
