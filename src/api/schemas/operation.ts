/** Captures, analyses, the overview and the server itself, as answers; and the bodies of requests. */
import { z } from 'zod'
import type { CaptureQuality } from '../../model/quality.ts'
import type {
  AnalysisRequest,
  AnalysisRow,
  CaptureRow,
  Counts,
  Health,
  LiveState,
  Overview,
  RequirementRow,
  SessionView,
  StateRequest,
  TapRow,
} from '../../model/view.ts'
import { incidentRow } from './incidents.ts'
import { serviceRow } from './parties.ts'
import {
  bySeverity,
  count,
  instant,
  jobStage,
  jobState,
  number,
  page,
  requirementStatus,
  role,
  secondsSpan,
  share,
  trendBySeverity,
} from './values.ts'

const quality = z
  .object({
    truncatedPackets: count,
    malformedPackets: count,
    unparsedPackets: count,
    missingSegments: count,
    oneWayConnections: count,
    outOfOrderPackets: count,
    clockSteps: count,
    evictedConnections: count,
    untrackedSegments: count,
    invalidResets: count,
    interfaceDrops: count,
    clockOffsetSeconds: z
      .number()
      .meta({ description: "what its clock is ahead of the first capture's, by which its times are given" })
      .optional(),
    directions: z
      .array(z.tuple([z.string(), z.string()]).readonly())
      .readonly()
      .meta({ description: 'taps or interfaces that show a direction each, and are read as one tap' })
      .optional(),
    continues: z
      .string()
      .meta({ description: 'the tap of the capture that ended where this one goes on: both are read as one' })
      .optional(),
    blindSeconds: secondsSpan.optional(),
    withoutAcknowledgments: count.optional(),
    withoutData: count.optional(),
    withoutHandshakes: count.optional(),
    unread: z.record(z.string(), count).optional(),
    readError: z.string().nullable(),
  })
  .meta({ id: 'CaptureQuality' }) satisfies z.ZodType<CaptureQuality>

const liveState = z
  .object({
    stopped: z.string().nullable().meta({ description: 'why nothing is collected; null while it is' }),
    packets: count,
    bytes: count,
    packetsPerSecond: z.number(),
    bytesPerSecond: z.number(),
    kernelDrops: count.nullable(),
    interfaceDrops: count.nullable(),
    flows: z
      .object({ records: count, recordsPerSecond: z.number(), lost: count, exporters: count })
      .optional()
      .meta({ description: 'where flow records are collected' }),
    lagSeconds: secondsSpan,
    queuedBytes: count,
    openConnections: count,
    blind: z.array(z.object({ start: instant, end: instant, why: z.string() })),
    blindSeconds: secondsSpan,
    checkpoint: z.object({ at: instant, bytes: count, seconds: secondsSpan }).nullable(),
  })
  .meta({ id: 'LiveState' }) satisfies z.ZodType<LiveState>

export const captureRow = z
  .object({
    id: number,
    name: z.string(),
    sha256: z.string(),
    sizeBytes: count,
    uploaded: instant,
    kept: z.boolean().meta({ description: 'the octets can still be read' }),
    analyses: z.array(number),
    tap: z.string().nullable(),
    format: z.string().nullable(),
    packets: count.nullable(),
    start: instant.nullable(),
    end: instant.nullable(),
    quality: quality.nullable(),
    incidents: count,
    live: liveState.nullable().meta({ description: 'how a live capture stands; null for a file' }),
  })
  .meta({ id: 'CaptureRow' }) satisfies z.ZodType<CaptureRow>

export const analysisRow = z
  .object({
    id: number,
    state: jobState,
    stage: jobStage,
    fraction: share,
    secondsLeft: secondsSpan.nullable(),
    packets: count,
    created: instant,
    finished: instant.nullable(),
    error: z.string().nullable(),
    inputs: z.array(z.object({ capture: number, name: z.string(), tap: z.string() })),
    summary: z.record(z.string(), z.unknown()).nullable(),
    incidents: bySeverity.nullable(),
    relays: z
      .array(z.string())
      .meta({ description: 'relays that no configuration names and the captures show, a sentence each' }),
    misfits: z
      .array(z.string())
      .meta({ description: 'what of the configuration no traffic fits, a sentence each' }),
  })
  .meta({ id: 'AnalysisRow' }) satisfies z.ZodType<AnalysisRow>

export const counts = z
  .object({
    openIncidents: count,
    criticalIncidents: count,
    agents: count,
    services: count,
    captures: count,
    runningJobs: count,
    requirements: count,
  })
  .meta({ id: 'Counts' }) satisfies z.ZodType<Counts>

export const tapRow = z
  .object({
    capture: number,
    name: z.string(),
    tap: z.string(),
    isLive: z.boolean(),
    packetsPerSecond: count.nullable().meta({ description: 'null while nothing can be told' }),
    drops: count.nullable().meta({ description: 'packets lost in capturing; null where nobody says' }),
    lagSeconds: secondsSpan.nullable().meta({ description: 'null for a file' }),
    stopped: z.string().nullable().meta({ description: 'null while it is read; else why it is not' }),
  })
  .meta({ id: 'TapRow' }) satisfies z.ZodType<TapRow>

export const overviewView = z
  .object({
    from: instant.nullable(),
    to: instant.nullable(),
    services: z.array(serviceRow),
    trend: trendBySeverity,
    fresh: page(incidentRow).meta({
      description: 'incidents first stored after `since`, or without it those that are open: the worst first',
    }),
    open: bySeverity,
    counts,
    captures: z.array(captureRow),
    jobs: z.array(analysisRow),
  })
  .meta({ id: 'Overview' }) satisfies z.ZodType<Overview>

export const requirementRow = z
  .object({
    id: z.string(),
    title: z.string(),
    status: requirementStatus,
    service: z.string().nullable(),
    observations: count,
    incidents: z.array(z.string()),
    needs: z.string().nullable(),
  })
  .meta({ id: 'RequirementRow' }) satisfies z.ZodType<RequirementRow>

export const sessionView = z
  .object({
    role: role.nullable(),
    name: z.string().nullable(),
    open: z.boolean(),
    csrfToken: z.string().nullable(),
    version: z.string(),
  })
  .meta({ id: 'Session' }) satisfies z.ZodType<SessionView>

export const healthView = z
  .object({
    status: z.enum(['ok', 'degraded']),
    version: z.string(),
    uptimeSeconds: secondsSpan,
    database: z.object({ path: z.string(), sizeBytes: count, schema: count }),
    jobs: z.object({ running: count, queued: count }),
  })
  .meta({ id: 'Health' }) satisfies z.ZodType<Health>

/** What a note may hold, in characters. */
const NOTE_MAX = 4_000
/** Captures in one analysis. */
const INPUTS_MAX = 64
/** Characters of a tap's name. */
const TAP_MAX = 64
/** Characters of a key log and of a configuration; the limit of the body holds besides. */
const KEYLOG_MAX = 32 * 1024 * 1024
const CONFIG_MAX = 1024 * 1024
/** A token's characters; ours are 43 (32 octets in base64url) and a prefix. */
const TOKEN_MAX = 256

export const stateRequest = z
  .strictObject({
    state: z.enum(['open', 'acknowledged', 'resolved'] satisfies StateRequest['state'][]),
    note: z.string().max(NOTE_MAX).optional(),
  })
  .meta({ id: 'StateRequest' })

export const analysisRequest = z
  .strictObject({
    captures: z
      .array(
        z.strictObject({
          id: number,
          // a tap is printed in tables and file names of exports: printable text only
          tap: z
            .string()
            .min(1)
            .max(TAP_MAX)
            .regex(/^[^\p{C}]+$/u, 'must be printable text')
            .optional(),
        }),
      )
      .min(1)
      .max(INPUTS_MAX),
    keylog: z.string().max(KEYLOG_MAX).optional().meta({ description: 'NSS key log; used, never stored' }),
    config: z.string().max(CONFIG_MAX).optional().meta({ description: 'the text of a holdfast.yaml' }),
  })
  .meta({ id: 'AnalysisRequest' })

export const loginRequest = z
  .strictObject({ token: z.string().min(1).max(TOKEN_MAX) })
  .meta({ id: 'LoginRequest' })

/** A body after validation: what zod calls optional may be undefined, which the model's types do not
 * allow. */
export function withoutUndefined(request: z.output<typeof analysisRequest>): AnalysisRequest {
  const { captures, keylog, config } = request
  return {
    captures: captures.map(({ id, tap }) => (tap === undefined ? { id } : { id, tap })),
    ...(keylog === undefined ? {} : { keylog }),
    ...(config === undefined ? {} : { config }),
  }
}
