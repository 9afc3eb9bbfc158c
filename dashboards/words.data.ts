/** What the machine's names are called in a sentence. */
import type { ActorRole, IncidentState, RequirementStatus, Severity } from './vocabulary.ts'
import type { ConnectionEnd, IncidentType } from './vocabulary.ts'

export const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info']

export const ROLE_WORDS: Readonly<Record<ActorRole, string>> = {
  agent: 'agent',
  server: 'server',
  'load-balancer': 'load balancer',
  firewall: 'firewall',
  nat: 'NAT',
  'reverse-proxy': 'reverse proxy',
  dns: 'DNS',
  middlebox: 'some device in between',
  unknown: 'not identified',
}

export const STATUS_WORDS: Readonly<Record<RequirementStatus, string>> = {
  violated: 'violated',
  'at-risk': 'at risk',
  met: 'met',
  'not-observed': 'not observed',
  'not-applicable': 'not applicable',
}

export const STATES: readonly IncidentState[] = ['open', 'acknowledged', 'reopened', 'resolved']

export const END_WORDS: Readonly<Record<ConnectionEnd, string>> = {
  'client-fin': 'closed by the client',
  'server-fin': 'closed by the server',
  'client-rst': 'reset by the client',
  'server-rst': 'reset by the server',
  'middlebox-rst': 'reset by a device between',
  silent: 'unanswered until given up',
  superseded: 'replaced by a new one',
  open: 'open at the end of the capture',
  evicted: 'given up: memory limit',
}
/** What flow records do not tell. */
export const END_NOT_KNOWN = 'ended, not known by whom'

/** What can be asked for as a type, in the order of a select. */
export const TYPES: readonly IncidentType[] = [
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
]
