/**
 * The records of an analysis, as `analyze --format ndjson` prints them and a store keeps them: the contract's
 * section 2 with times still in microseconds. A writer turns `Micros` fields (at, start, end) into ISO 8601
 * and empty taps into null.
 */
import type { ConnectionId, EndReason, FlowAccount, HandshakeSeen } from './connection.ts'
import type { Incident, Occurrence } from './incident.ts'
import type { Endpoint, Tap } from './packet.ts'
import type { CaptureQuality } from './quality.ts'
import type { Micros } from './time.ts'
import type { Certificate, OcspAnswer } from './tls.ts'
import type { WhatIfRecord } from './what-if.ts'

export interface CaptureRecord {
  readonly kind: 'capture'
  readonly tap: Tap
  readonly path: string
  readonly sha256: string | null
  readonly format: string
  readonly linkTypes: readonly string[]
  readonly packets: number
  readonly bytes: number
  readonly start: Micros | null
  readonly end: Micros | null
  readonly quality: CaptureQuality
  /** Unparsed and malformed frames by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** Packets that were read and are no TCP, by protocol. Absent: not counted. */
  readonly others?: Readonly<Record<string, number>>
  /** Packets that were left out because they passed outside of the time that was asked about, and when those
   * passed; absent: none. */
  readonly outside?: { readonly packets: number; readonly start: Micros; readonly end: Micros }
  /** Of flow records, where it holds any. */
  readonly flows?: CaptureFlows
}

/** What a source of flow records holds, and how much of the truth. */
export interface CaptureFlows {
  readonly records: number
  readonly tcpRecords: number
  /** Records of what another exporter or interface accounts for: not counted twice. */
  readonly duplicates: number
  /** Records that came after all of their time was taken to be known. */
  readonly late: number
  /** Records without addresses, ports or times that can be. */
  readonly incomplete: number
  /** The longest silence that a record may hide. */
  readonly hiddenSilenceSeconds: number
  /** Records of sampled packets: single packets prove nothing there. */
  readonly sampled: number
  /** The first ones. */
  readonly exporters: readonly FlowExporterRecord[]
  readonly exporterCount: number
  /** Logs that named its connections, by their paths. Absent: none could. */
  readonly beside?: readonly string[]
}

export interface FlowExporterRecord {
  /** Null where nothing tells: a log. */
  readonly address: string | null
  readonly domain: number
  readonly format: string
  readonly records: number
  /** Units that its sequence numbers say were lost. */
  readonly lost: number
  /** One packet of how many; null: not said. */
  readonly samplingInterval: number | null
  readonly activeTimeoutSeconds: number | null
  readonly inactiveTimeoutSeconds: number | null
  /** Whether the exporter says its timeouts, or its records do. */
  readonly timeouts: 'stated' | 'learned'
}

export type IdentifiedBy =
  | 'http-header'
  | 'url-parameter'
  | 'cookie'
  | 'payload-pattern'
  | 'client-certificate'
  | 'tls-session'
  | 'proxy-header'
  | 'forwarded-header'
  | 'inventory'
  | 'mac'
  | 'tls-fingerprint'
  | 'address'

export interface AgentRecord {
  readonly kind: 'agent'
  readonly id: string
  readonly identifiedBy: IdentifiedBy
  readonly confidence: number
  readonly addresses: readonly { readonly address: string; readonly start: Micros; readonly end: Micros }[]
}

export interface ServerRecord {
  readonly kind: 'server'
  readonly id: string
  readonly name: string
  readonly service: string
  readonly address: string
  readonly port: number
  readonly identifiedBy: 'config' | 'discovered'
}

export interface ConnectionTls {
  readonly version: string | null
  readonly sni: string | null
  readonly alpn: string | null
  readonly ja3: string | null
  readonly ja3s: string | null
  readonly ja4: string | null
  readonly resumed: boolean | null
  /** What became of the session, ticket or PSK that the client presented; null if it presented none, and if
   * the answer does not tell. */
  readonly resumption: 'accepted' | 'refused' | null
  readonly certificates: readonly Certificate[]
  /** What the server stapled to them; absent: nothing. */
  readonly ocsp?: readonly OcspAnswer[]
  readonly decrypted: boolean
}

export interface ConnectionRecord {
  readonly kind: 'connection'
  readonly id: ConnectionId
  readonly tap: Tap
  /** Wireshark's tcp.stream when one file is read; null otherwise. */
  readonly stream: number | null
  /** The tunnels that it was found in, outermost first: `vxlan 42 10.0.0.1 10.0.0.2`. Absent: none. */
  readonly path?: readonly string[]
  readonly service: string | null
  readonly agent: string | null
  readonly server: string | null
  readonly client: Endpoint
  readonly serverEndpoint: Endpoint
  /** The name that the client had resolved to the server's address, or asked it for, as a log of flows says;
   * absent or null if that was not seen. */
  readonly resolvedName?: string | null
  readonly start: Micros
  readonly end: Micros
  readonly handshake: HandshakeSeen
  readonly handshakeRttSeconds: number | null
  readonly clientPackets: number
  readonly serverPackets: number
  readonly clientBytes: number
  readonly serverBytes: number
  readonly clientUniqueBytes: number
  readonly serverUniqueBytes: number
  readonly retransmissions: number
  readonly outOfOrder: number
  readonly keepAlives: number
  readonly captureDuplicates: number
  readonly maxIdleSeconds: number
  readonly idleBeforeEndSeconds: number
  /** The longest silence after which it went on. Not in ndjson. */
  readonly longestSurvivedSeconds: number
  /** Null where flow records do not tell. */
  readonly endReason: EndReason | null
  /** Where flow records told of it: what they say besides, and a sign that other figures are estimates. */
  readonly flows?: FlowAccount
  readonly tls: ConnectionTls | null
  readonly http: { readonly requests: number; readonly responses: number } | null
}

export type SessionEnd =
  | 'open'
  | 'agent'
  | 'server'
  | 'severed'
  | 'hop'
  | 'failover'
  | 'failback'
  | 'capture-end'

export interface SessionRecord extends LastingSession {
  readonly kind: 'session'
  readonly id: string
}

/** A session as far as it is known: one that lasts has no number yet. */
export interface LastingSession {
  readonly service: string
  readonly agent: string
  readonly server: string
  readonly start: Micros
  readonly end: Micros
  readonly connections: number
  readonly bytes: number
  readonly endedBy: SessionEnd
}

export interface IncidentRecord extends Incident {
  readonly kind: 'incident'
}

export interface OccurrenceRecord extends Occurrence {
  readonly kind: 'occurrence'
}

/** `at-risk`: nothing broke yet. `not-observed`: the traffic cannot tell; `needs` says what could. */
export type RequirementStatus = 'met' | 'violated' | 'at-risk' | 'not-observed' | 'not-applicable'

/** What became of a requirement of the vendor, for one service. */
export interface RequirementRecord {
  readonly kind: 'requirement'
  readonly id: string
  readonly title: string
  readonly status: RequirementStatus
  readonly service: string | null
  /** How much traffic the verdict rests on: see `Basis`. */
  readonly observations: number
  /** Ids of incidents. */
  readonly incidents: readonly string[]
  /** What capture or configuration would decide it, as the end of a sentence; null if it is decided. */
  readonly needs: string | null
}

/** What found no room, by what it was: 0 unless a limit of memory was reached. */
export interface Forgotten {
  /** Times that an agent named itself that was not known, and was not remembered. */
  readonly agents: number
  /** Times that an agent named itself at an address of which it is not remembered who does. */
  readonly addresses: number
  /** Visits of agents that are not remembered, or use more services than are followed: they are part of no
   * session. */
  readonly visits: number
  /** Findings whose cause was one too many to be told apart: they are in no incident. */
  readonly findings: number
}

export interface SummaryRecord {
  readonly kind: 'summary'
  readonly captures: number
  readonly packets: number
  readonly connections: number
  readonly agents: number
  readonly servers: number
  readonly incidents: { readonly critical: number; readonly warning: number; readonly info: number }
  /** The longest silence on any connection, its last one included. */
  readonly longestSilenceSeconds: number
  /** The longest silence after which a connection is known to have gone on; 2^32 milliseconds stand for all
   * that are longer. */
  readonly longestSurvivedSeconds: number
  readonly forgotten: Forgotten
  /** A sentence for each relay that no configuration names, and that stands where the captures show it;
   * absent: none. */
  readonly relays?: readonly string[]
  /** A sentence for each part of the configuration that no traffic fits; absent: none. */
  readonly misfits?: readonly string[]
  /** Filled by whoever holds a clock. */
  readonly elapsedSeconds: number
}

export type AnalysisRecord =
  | CaptureRecord
  | AgentRecord
  | ServerRecord
  | ConnectionRecord
  | SessionRecord
  | IncidentRecord
  | OccurrenceRecord
  | RequirementRecord
  | WhatIfRecord
  | SummaryRecord
export type RecordKind = AnalysisRecord['kind']

/** Where an analysis puts its records: a file, a terminal, a database. */
export interface RecordSink {
  /** Kinds that this sink wants: making the others is saved. */
  readonly kinds: ReadonlySet<RecordKind>
  write(record: AnalysisRecord): void
}
