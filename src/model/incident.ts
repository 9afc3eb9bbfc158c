/** Opinions and their proof: what detectors find, the incidents that findings of one cause share, and the
 * evidence that both rest on. */
import type { ConnectionId } from './connection.ts'
import type { Endpoint, PacketReference, Tap } from './packet.ts'
import type { Micros } from './time.ts'

/** The incident types that are raised; a test plays a story for each of them. */
export const INCIDENT_TYPES = [
  'severed-idle',
  'server-idle-close',
  'half-open-leftover',
  'reconnect-overhead',
  'server-hop',
  'persistence-expired-early',
  'persistence-cookie-ignored',
  'persistence-cookie-lost',
  'round-robin',
  'not-active-standby',
  'imbalance',
  'weight-mismatch',
  'dns-round-robin',
  'dns-change',
  'failover',
  'failback',
  'server-outage',
  'no-failover',
  'no-failback',
  'wrong-priority',
  'wrong-location',
  'off-list-server',
  'herd-move',
  'nat-change',
  'nat-rebind',
  'multiple-set-cookie',
  'duplicate-set-cookie',
  'missed-checkin',
  'wakeup-call',
  'wakeup-failed',
  'mass-disconnect',
  'reconnect-storm',
  'certificate-name-mismatch',
  'certificate-differs',
  'certificate-shared-replication',
  'certificate-untrusted',
  'tls-modified',
  'tls-terminated',
  'tls-passthrough',
  'cleartext',
  'protocol-mismatch',
  'replication-wrong-interface',
  'client-on-replication-interface',
  'replication-down',
  'replica-lag-read',
  'health-check-failed',
  'next-hop-down',
  'session-node-switch',
  'proxy-node-switch',
  'payload-modified',
  'csrf-modified',
  'cookie-rewritten',
  'enrolment-failed',
  'scan-at-risk',
  'vip-bypass',
  'return-path-bypass',
  'nat-shared',
  'snat-hides-agents',
  'severed-active',
  'timer-risk',
  'checkin-retries-exhausted',
  'assignment-not-applied',
  'content-bypass',
] as const
export type IncidentType = (typeof INCIDENT_TYPES)[number]

/** Types of incident that are about no agent in particular, though one connection shows them: a check,
 * members of a cluster among themselves, what a device or a certificate does to all. Whose connection it is
 * counts for nothing. */
const OF_NO_AGENT: ReadonlySet<IncidentType> = new Set<IncidentType>([
  'health-check-failed',
  'next-hop-down',
  'replication-down',
  'replication-wrong-interface',
  'certificate-shared-replication',
  'certificate-name-mismatch',
  'certificate-differs',
  'tls-modified',
  'tls-terminated',
  'tls-passthrough',
  'timer-risk',
  'snat-hides-agents',
])

/** Whether a finding is about somebody, known or not. */
export const isOfAgent = ({ type, agent }: Pick<Finding, 'type' | 'agent'>): boolean =>
  agent !== null || !OF_NO_AGENT.has(type)

export type Severity = 'critical' | 'warning' | 'info'

export type ActorRole =
  | 'agent'
  | 'server'
  | 'load-balancer'
  | 'firewall'
  | 'nat'
  | 'reverse-proxy'
  | 'dns'
  | 'middlebox'
  | 'unknown'

/** Who did it, as far as the evidence goes. `middlebox`: a device between is proven, but not which. */
export interface Actor {
  readonly role: ActorRole
  readonly address: string | null
  readonly confidence: number
}

export type Manner = 'fin' | 'rst' | 'silent'

/** A packet that proves something, and what it proves. */
export interface EvidencePacket extends PacketReference {
  readonly note: string
  /** Where a flow record proves it: which record of the message or line that `packet` counts, from 1. */
  readonly record?: number
  /** ... and who exported it; null where nothing tells. */
  readonly exporter?: string | null
}

/** One signed item of the attribution sheet: positive weights point to a device between, negative ones to the
 * endpoint. */
export interface AttributionItem {
  readonly test: string
  readonly weight: number
  readonly observed: string
}

/**
 * What flow records can do for a type of incident, where no packets are: prove it, only suggest it, or not
 * show it at all. Where they fall short, what it is that they do not show, as the end of a sentence.
 */
export interface FlowShowing {
  readonly can: 'prove' | 'suggest' | 'not-show'
  readonly lack: string | null
}

/** Free-form facts by incident type, named as in the contract; JSON values only. */
export type Details = Readonly<Record<string, unknown>>

/** A detector's claim about one event. Claims with the same `cause` are occurrences of one incident. */
export interface Finding {
  readonly type: IncidentType
  readonly severity: Severity
  readonly at: Micros
  readonly tap: Tap
  /** Null where only a relay's address is known; without an address where the agent named itself behind a
   * relay. */
  readonly agent: { readonly id: string; readonly address: string | null } | null
  readonly server: { readonly name: string; readonly address: string; readonly port: number } | null
  readonly service: string | null
  readonly connection: ConnectionId | null
  /** The connection's ends at this tap, for filters; null where no single connection shows it. */
  readonly tuple: readonly [Endpoint, Endpoint] | null
  readonly actor: Actor
  readonly manner: Manner | null
  readonly confidence: number
  readonly details: Details
  /** At least one: a finding without packets is no finding. */
  readonly evidence: readonly [EvidencePacket, ...EvidencePacket[]]
  /** It rests on flow records, which suggest it and do not prove it. Absent: it is proven as far as
   * `confidence` says. */
  readonly suggested?: true
  /**
   * What capture would decide it: what was captured would look the same if nothing had gone wrong. It is told
   * as `info`, and the requirements that it names are neither met nor broken by it.
   */
  readonly needs?: string
  /** What makes two findings the same incident: service, path and actor; see each detector. */
  readonly cause: string
  readonly requirements: readonly string[]
  /** It says more of what was told before, at the same time on the same connection: no new occurrence. */
  readonly amends?: boolean
  /** It takes back what was told before: more observations do not bear it out. Only of one that amends. */
  readonly withdrawn?: true
}

/** How many agents a finding is about that is of none in particular; null if it is of one, or counts none. */
export function groupOf({ agent, details }: Pick<Finding, 'agent' | 'details'>): number | null {
  const { agents } = details
  return agent === null && typeof agents === 'number' ? agents : null
}

/** The silence that the details tell of began before the capture: it may have been longer. */
export const isAtLeast = (details: Details): boolean => details['silenceIsAtLeast'] === true

/** A value of the timer that severs, bracketed by what survived and what did not (domain: interval-censored
 * estimate). */
export interface TimerEstimate {
  readonly lowerSeconds: number | null
  readonly upperSeconds: number | null
  readonly survived: number
  readonly severed: number
  /** Devices whose documented default lies in the interval. */
  readonly candidates: readonly string[]
  /** 0.8 x the lower bound; null without one. */
  readonly safeKeepAliveSeconds: number | null
}

export interface Incident {
  readonly id: string
  readonly type: IncidentType
  readonly severity: Severity
  readonly service: string | null
  readonly title: string
  readonly summary: string
  readonly start: Micros
  readonly end: Micros
  readonly occurrences: number
  readonly agents: number
  readonly actor: Actor
  readonly requirements: readonly string[]
  readonly remedy: string
  readonly filter: string
  readonly confidence: number
  readonly details: Details
  /** All of it rests on flow records that only suggest it. */
  readonly suggested?: true
  /** All of it is undecided: what capture would decide it. */
  readonly needs?: string
  /** All of it was taken back: it was told while it happened, and more observations do not bear it out. */
  readonly withdrawn?: true
}

export interface Occurrence {
  readonly incident: string
  readonly finding: Finding
}
