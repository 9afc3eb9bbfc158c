/**
 * What people and programs are shown of what is stored: the API answers these shapes, the dashboards draw
 * them, `tail` and `report` print them. Paths are those of the API, all under `/api/v1`.
 *
 * Times are ISO 8601 UTC with microseconds; durations are seconds in fields that end in `Seconds`; sizes are
 * octets in fields that end in `Bytes`. A list is a `Page`: hand its `next` back as `cursor` for the rest.
 * Errors are `Problem` (RFC 9457, `application/problem+json`).
 */
import type { ConnectionRecord, RequirementStatus, SessionEnd } from './record.ts'

export type { RequirementStatus } from './record.ts'
export type * from './alert-view.ts'
export type * from './live-view.ts'
import type { LiveState } from './live-view.ts'
import type { ActorRole, AttributionItem, Details, IncidentType, Manner, Severity } from './incident.ts'
import type { Endpoint } from './packet.ts'
import type { CaptureQuality } from './quality.ts'

/** ISO 8601 UTC with microseconds: `2026-11-21T02:08:06.123456Z`. */
export type Instant = string

export interface Page<T> {
  readonly items: readonly T[]
  /** Hand it back as `cursor` for what follows; null at the end. Opaque. */
  readonly next: string | null
  /** How many match in all; null where counting would cost more than the answer. */
  readonly total: number | null
}

/** RFC 9457. `field` names the parameter or member at fault. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly field?: string
}

export type IncidentState = 'open' | 'acknowledged' | 'resolved' | 'reopened'

export interface Actor {
  readonly role: ActorRole
  readonly address: string | null
  /** The configured device's name. */
  readonly name: string | null
  readonly confidence: number
}

/** `GET /incidents`: filters state, severity, type, service, agent, server, capture, from, to, text; each but
 * the times and the text may be given several times. Newest `end` first. */
export interface IncidentRow {
  /** `HF-2041` */
  readonly id: string
  readonly type: IncidentType
  readonly severity: Severity
  readonly state: IncidentState
  readonly service: string | null
  readonly title: string
  readonly summary: string
  readonly actor: Actor
  readonly requirements: readonly string[]
  readonly occurrences: number
  readonly agents: number
  readonly start: Instant
  readonly end: Instant
  /** When the incident was first stored, and last changed (by traffic or by a person). */
  readonly created: Instant
  readonly changed: Instant
  readonly confidence: number
  /** Occurrences in each of 24 equal steps of the asked time, or of start to end. */
  readonly trend: readonly number[]
}

/** `GET /incidents/:id` */
export interface IncidentView extends IncidentRow {
  readonly remedy: string
  /** A Wireshark display filter. */
  readonly filter: string
  readonly details: Details
  /** The evidence sheet: signed weights, for and against. */
  readonly attribution: readonly AttributionItem[]
  readonly timer: TimerView | null
  readonly history: readonly StateChange[]
  readonly captures: readonly {
    readonly id: number
    readonly name: string
    readonly tap: string
    /** Collected, and no file. */
    readonly isLive: boolean
  }[]
  readonly related: readonly Pick<IncidentRow, 'id' | 'type' | 'severity' | 'state' | 'title'>[]
  /** Packets of which the octets are kept: what carving would write. */
  readonly packets: number
}

/** What is known of a timer that severs: the interval, and the silences that bound it. */
export interface TimerView {
  readonly lowerSeconds: number | null
  readonly upperSeconds: number | null
  readonly survived: number
  readonly severed: number
  readonly candidates: readonly string[]
  readonly safeKeepAliveSeconds: number | null
  /** Devices with a documented default near the interval that the silences rule out, by their values. */
  readonly excluded?: readonly { readonly device: string; readonly seconds: number }[]
  /** Lengths that were severed, and the longest survived one of each connection; at most 2,000 of each, the
   * longest survived ones first. */
  readonly severedSeconds: readonly number[]
  readonly survivedSeconds: readonly number[]
}

export interface StateChange {
  readonly at: Instant
  readonly state: IncidentState
  /** Who: a token's name; `holdfast` if traffic reopened it. */
  readonly by: string
  readonly note: string
}

/** `POST /incidents/:id/state`; answers the `IncidentView`. */
export interface StateRequest {
  readonly state: 'open' | 'acknowledged' | 'resolved'
  readonly note?: string
}

/** `GET /occurrences` (the filters of incidents, newest first) and `GET /incidents/:id/occurrences`. */
export interface OccurrenceRow {
  readonly id: number
  readonly incident: string
  readonly type: IncidentType
  readonly severity: Severity
  readonly at: Instant
  readonly tap: string
  readonly service: string | null
  readonly agent: { readonly id: string; readonly address: string | null } | null
  readonly server: { readonly name: string; readonly address: string; readonly port: number } | null
  readonly actor: Actor
  readonly manner: Manner | null
  /** One sentence: what happened to whom, by which box, after how long. */
  readonly sentence: string
  /** What to do, short: the incident's remedy. */
  readonly remedy: string
  readonly confidence: number
  readonly details: Details
  /** The stored connection; null where no single one shows it. */
  readonly connection: number | null
}

/** `GET /occurrences/:id` */
export interface OccurrenceView extends OccurrenceRow {
  readonly evidence: readonly EvidenceView[]
  /** The neighbours within the incident, by time. */
  readonly previous: number | null
  readonly next: number | null
}

export interface EvidenceView {
  readonly tap: string
  /** Number in its file, from 1. */
  readonly packet: number
  readonly at: Instant
  readonly note: string
  /** What the packet is; null where its octets were not kept. */
  readonly segment: SegmentView | null
}

/** A TCP segment as a ladder draws it. */
export interface SegmentView {
  readonly source: Endpoint
  readonly destination: Endpoint
  /** In the order of the header: `SYN`, `ACK`, `FIN`, `RST`, `PSH`, ... */
  readonly flags: readonly string[]
  readonly payloadBytes: number
  readonly hopLimit: number
  readonly sequence: number
  readonly acknowledgment: number
  readonly window: number
  readonly wireBytes: number
}

/** `GET /agents`: filters text, service, server. Most occurrences first. */
export interface AgentRow {
  readonly id: string
  readonly identifiedBy: string
  readonly confidence: number
  readonly addresses: readonly string[]
  readonly services: readonly string[]
  /** The server of its latest session. */
  readonly server: string | null
  readonly occurrences: number
  readonly worst: Severity | null
  readonly firstSeen: Instant
  readonly lastSeen: Instant
}

/** `GET /agents/:id?from&to` : one agent's swimlane. Without times: the last 24 h in which it was seen. */
export interface AgentView extends Omit<AgentRow, 'addresses'> {
  readonly from: Instant
  readonly to: Instant
  readonly addresses: readonly AddressStay[]
  readonly stays: readonly StayView[]
  /** The connections that carry them: bars, with the silences that can be told. At most 2,000. */
  readonly connections: readonly AgentConnection[]
  readonly happenings: readonly OccurrenceRow[]
  /** Occurrences an hour over the seven days before `to`: 168 counts. */
  readonly week: readonly number[]
}

export interface AddressStay {
  readonly address: string
  readonly start: Instant
  readonly end: Instant
}

/** A session: attached to one server. */
export interface StayView {
  readonly server: string
  readonly service: string
  readonly start: Instant
  readonly end: Instant
  readonly connections: number
  readonly bytes: number
  readonly endedBy: SessionEnd
}

export interface AgentConnection {
  readonly id: number
  readonly server: string | null
  readonly start: Instant
  readonly end: Instant
  readonly endReason: ConnectionRecord['endReason']
  readonly maxIdleSeconds: number
  readonly idleBeforeEndSeconds: number
}

/** `GET /services` */
export interface ServiceRow {
  readonly name: string
  /** The worst open incident's sentence; what holds if there is none. */
  readonly verdict: string
  readonly worst: Severity | null
  readonly agents: number
  readonly servers: number
  readonly connections: number
  readonly openIncidents: number
  readonly occurrences: number
  /** A connection was seen to survive a silence that counts as idle: without one, nothing shows that idle
   * connections hold. */
  readonly holdsIdle: boolean
  readonly firstSeen: Instant
  readonly lastSeen: Instant
  /** Agents attached and occurrences in each of 48 equal steps of the asked time (default: the last 24 h
   * seen). */
  readonly attached: readonly number[]
  readonly trend: { readonly [severity in Severity]: readonly number[] }
}

/** `GET /services/:name?from&to` */
export interface ServiceView extends ServiceRow {
  readonly from: Instant
  readonly to: Instant
  readonly serverList: readonly ServerRow[]
  readonly silences: SilenceHistogram
  readonly shares: ShareSeries
  /** Who is where: agents by network (/24, /64) and server; at most the 12 largest networks and `other`. */
  readonly places: readonly { readonly network: string; readonly server: string; readonly agents: number }[]
  readonly incidents: readonly IncidentRow[]
}

export interface ServerRow {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly address: string
  readonly port: number
  readonly identifiedBy: string
  /** Agents whose latest session is with it, connections in all and those still open at the end of what was
   * seen. */
  readonly agents: number
  readonly connections: number
  readonly open: number
  readonly medianHandshakeSeconds: number | null
  readonly lastSeen: Instant
}

/** Lengths of silence in steps that grow by a quarter decade, from 1 s on. */
export interface SilenceHistogram {
  readonly bins: readonly {
    readonly fromSeconds: number
    readonly toSeconds: number
    readonly survived: number
    readonly severed: number
  }[]
  /** The suspected timer, of the worst open severing incident. */
  readonly timer: {
    readonly incident: string
    readonly lowerSeconds: number | null
    readonly upperSeconds: number | null
    readonly role: ActorRole
  } | null
}

/** How the attached agents divide among the servers, over time. */
export interface ShareSeries {
  readonly servers: readonly string[]
  readonly points: readonly { readonly at: Instant; readonly agents: readonly number[] }[]
}

/** `GET /connections`: filters service, agent, server, capture, endReason, from, to. Newest start first. */
export interface ConnectionRow {
  readonly id: number
  readonly capture: number
  readonly tap: string
  readonly stream: number | null
  readonly communityId: string
  readonly service: string | null
  readonly agent: string | null
  readonly server: string | null
  readonly client: Endpoint
  readonly serverEndpoint: Endpoint
  /** The name that the client had resolved to the server's address; null if that was not seen. */
  readonly resolvedName: string | null
  /** The tunnels that its first packet came through, outermost first; empty: none. */
  readonly path: readonly string[]
  readonly start: Instant
  readonly end: Instant
  readonly endReason: ConnectionRecord['endReason']
  readonly clientBytes: number
  readonly serverBytes: number
  readonly maxIdleSeconds: number
}

/** `GET /connections/:id` */
export interface ConnectionView extends ConnectionRow {
  /** All that the analysis says of it: contract of `analyze --format ndjson`. */
  readonly record: object
  /** The octets of its capture can still be read: its packets can be carved. */
  readonly isKept: boolean
  readonly occurrences: readonly OccurrenceRow[]
}

/** `GET /captures`: newest first. `PUT /captures?name=...` with the octets as the body answers one, 201, or
 * 200 if the same octets are there already. */
export interface CaptureRow {
  readonly id: number
  readonly name: string
  readonly sha256: string
  readonly sizeBytes: number
  readonly uploaded: Instant
  /** The octets can still be read; without, what was found in them stays. */
  readonly kept: boolean
  readonly analyses: readonly number[]
  readonly tap: string | null
  readonly format: string | null
  readonly packets: number | null
  readonly start: Instant | null
  readonly end: Instant | null
  readonly quality: CaptureQuality | null
  readonly incidents: number
  /** How a live capture stands; null for a file. */
  readonly live: LiveState | null
}

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
export type JobStage = 'receive' | 'read' | 'store' | 'prove'

/** `GET /analyses`, `GET /analyses/:id`. `POST /analyses/:id/cancel` answers one. */
export interface AnalysisRow {
  readonly id: number
  readonly state: JobState
  readonly stage: JobStage
  /** 0 to 1 of the stage. */
  readonly fraction: number
  /** Null while nothing can be told. */
  readonly secondsLeft: number | null
  readonly packets: number
  readonly created: Instant
  readonly finished: Instant | null
  /** Why it failed, in one sentence. */
  readonly error: string | null
  readonly inputs: readonly { readonly capture: number; readonly name: string; readonly tap: string }[]
  /** What the summary record says; null before the end. */
  readonly summary: object | null
  readonly incidents: { readonly [severity in Severity]: number } | null
  /** Relays that no configuration names and the captures show, a sentence each. */
  readonly relays: readonly string[]
  /** What of the configuration no traffic fits, a sentence each. */
  readonly misfits: readonly string[]
}

/** `POST /analyses`: captures of one time, analysed together. */
export interface AnalysisRequest {
  readonly captures: readonly { readonly id: number; readonly tap?: string }[]
  /** NSS key log text; used, never stored. */
  readonly keylog?: string
  /** The text of a holdfast.yaml; absent: the server's own. */
  readonly config?: string
}

/** `GET /overview?since` : `since` is the last visit. */
export interface Overview {
  /** What the numbers cover: the last 24 h that were seen. Null without any capture. */
  readonly from: Instant | null
  readonly to: Instant | null
  readonly services: readonly ServiceRow[]
  /** Occurrences in each of 48 equal steps from `from` to `to`. */
  readonly trend: { readonly [severity in Severity]: readonly number[] }
  /** First stored since the last visit, or without one what is open: the worst first, of these the latest. */
  readonly fresh: Page<IncidentRow>
  readonly open: { readonly [severity in Severity]: number }
  readonly counts: Counts
  readonly captures: readonly CaptureRow[]
  readonly jobs: readonly AnalysisRow[]
}

/** What the rail shows. */
export interface Counts {
  readonly openIncidents: number
  readonly criticalIncidents: number
  readonly agents: number
  readonly services: number
  readonly captures: number
  readonly runningJobs: number
  readonly requirements: number
}

/** `GET /taps`: what is being read, live captures first; as it has been in the last minute. */
export interface TapRow {
  readonly capture: number
  /** What people call it: a file's name, an interface. */
  readonly name: string
  /** Empty: it has no name. */
  readonly tap: string
  readonly isLive: boolean
  /** Null while nothing can be told. */
  readonly packetsPerSecond: number | null
  /** Packets lost in capturing, in all; null where nobody says. */
  readonly drops: number | null
  /** By how much what is looked at is older than what arrives; null for a file. */
  readonly lagSeconds: number | null
  /** Null while it is read; else why it is not. */
  readonly stopped: string | null
}

/** `GET /requirements`: what was judged; sorted by service, then by status, then by id. */
export interface RequirementRow {
  readonly id: string
  readonly title: string
  readonly status: RequirementStatus
  readonly service: string | null
  readonly observations: number
  readonly incidents: readonly string[]
  readonly needs: string | null
}

/** `GET /events`, as server-sent events; `Last-Event-ID` or `?after=ID` resumes. The event's name is
 * `kind`. */
export type LiveEvent =
  /** Null: nothing that is stored tells of it any more, and it has gone. */
  | {
      readonly kind: 'incident'
      readonly incident: IncidentRow | null
      readonly id: string
      readonly isNew: boolean
    }
  | { readonly kind: 'occurrence'; readonly occurrence: OccurrenceRow }
  | { readonly kind: 'analysis'; readonly analysis: AnalysisRow }
  | { readonly kind: 'capture'; readonly capture: CaptureRow | null; readonly id: number }
  /** Every 15 s, without an id. */
  | { readonly kind: 'heartbeat'; readonly at: Instant }
  /** Older events than asked for are gone: load the lists again. */
  | { readonly kind: 'lost'; readonly from: number; readonly to: number }

export type Role = 'viewer' | 'operator' | 'admin'

/** `GET /session`: who asks. `POST /session` {token} logs a browser in, `DELETE /session` out. */
export interface SessionView {
  /** Null: nobody is logged in, and must be. */
  readonly role: Role | null
  readonly name: string | null
  /** Loopback without tokens: everybody here is admin. */
  readonly open: boolean
  /** Hand it back as `X-CSRF-Token` with every request that changes something. */
  readonly csrfToken: string | null
  readonly version: string
}

/** `GET /healthz` (not under /api/v1). */
export interface Health {
  readonly status: 'ok' | 'degraded'
  readonly version: string
  readonly uptimeSeconds: number
  readonly database: { readonly path: string; readonly sizeBytes: number; readonly schema: number }
  readonly jobs: { readonly running: number; readonly queued: number }
}
