/** Values that recur in answers, as zod schemas: what the OpenAPI document says of `src/model/view.ts`.
 * Each schema of this folder `satisfies` the type that it describes; a test holds real answers against
 * them. */
import { z } from 'zod'
import { INCIDENT_TYPES } from '../../model/incident.ts'
import type { EndReason } from '../../model/connection.ts'
import type { ActorRole, Manner, Severity } from '../../model/incident.ts'
import type { Endpoint } from '../../model/packet.ts'
import type { SessionEnd } from '../../model/record.ts'
import type {
  Actor,
  IncidentState,
  JobStage,
  JobState,
  Page,
  Problem,
  RequirementStatus,
  Role,
} from '../../model/view.ts'

export const instant = z.string().meta({
  id: 'Instant',
  description: 'ISO 8601, UTC, microseconds',
  examples: ['2026-11-21T02:08:06.123456Z'],
})

export const count = z.number().int().min(0)
export const number = z.number().int().min(1)
export const secondsSpan = z.number().min(0)
export const share = z.number().min(0).max(1)

export const severity = z.enum(['critical', 'warning', 'info'] satisfies Severity[])
export const incidentType = z.enum(INCIDENT_TYPES)
export const incidentState = z.enum([
  'open',
  'acknowledged',
  'resolved',
  'reopened',
] satisfies IncidentState[])
export const manner = z.enum(['fin', 'rst', 'silent'] satisfies Manner[])
export const role = z.enum(['viewer', 'operator', 'admin'] satisfies Role[])
export const jobState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled'] satisfies JobState[])
export const jobStage = z.enum(['receive', 'read', 'store', 'prove'] satisfies JobStage[])
export const requirementStatus = z.enum([
  'met',
  'violated',
  'at-risk',
  'not-observed',
  'not-applicable',
] satisfies RequirementStatus[])

export const actorRole = z.enum([
  'agent',
  'server',
  'load-balancer',
  'firewall',
  'nat',
  'reverse-proxy',
  'dns',
  'middlebox',
  'unknown',
] satisfies ActorRole[])

export const endReason = z.enum([
  'client-fin',
  'server-fin',
  'client-rst',
  'server-rst',
  'middlebox-rst',
  'silent',
  'superseded',
  'open',
  'evicted',
] satisfies EndReason[])

export const sessionEnd = z.enum([
  'open',
  'agent',
  'server',
  'severed',
  'hop',
  'failover',
  'failback',
  'capture-end',
] satisfies SessionEnd[])

export const bySeverity = z.object({ critical: count, warning: count, info: count })
export const trendBySeverity = z.object({
  critical: z.array(count),
  warning: z.array(count),
  info: z.array(count),
})

export const endpoint = z
  .object({ address: z.string(), port: count })
  .meta({ id: 'Endpoint' }) satisfies z.ZodType<Endpoint>

export const actor = z
  .object({
    role: actorRole,
    address: z.string().nullable(),
    name: z.string().nullable(),
    confidence: share,
  })
  .meta({ id: 'Actor', description: 'Who did it, as far as the evidence goes' }) satisfies z.ZodType<Actor>

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    field: z.string().optional().meta({ description: 'the parameter or member at fault' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' }) as unknown as z.ZodType<Problem>

/** A page of a list. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().meta({ description: 'hand it back as `cursor`; null at the end' }),
    total: count
      .nullable()
      .meta({ description: 'how many match in all; null where counting costs too much' }),
  }) satisfies z.ZodType<Page<z.output<T>>>
}
