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

/** By the side that the packet came from: a device on the way to a server may have sent it in its name. */
export const END_WORDS: Readonly<Record<ConnectionEnd, string>> = {
  'client-fin': 'closed from the client’s side',
  'server-fin': 'closed from the server’s side',
  'client-rst': 'reset from the client’s side',
  'server-rst': 'reset from the server’s side',
  'middlebox-rst': 'reset by a device between',
  silent: 'unanswered until given up',
  superseded: 'replaced by a new one',
  open: 'open at the end of the capture',
  evicted: 'given up: memory limit',
}
/** What flow records do not tell. */
export const END_NOT_KNOWN = 'ended, not known by whom'

/** In the order of a select: what is cut off first, then what moves. A type that is missing does not
 * compile. */
const EACH_TYPE: Readonly<Record<IncidentType, true>> = {
  'severed-idle': true,
  'severed-active': true,
  'server-idle-close': true,
  'half-open-leftover': true,
  'reconnect-overhead': true,
  'reconnect-storm': true,
  'mass-disconnect': true,
  'timer-risk': true,
  'server-hop': true,
  'session-node-switch': true,
  'proxy-node-switch': true,
  'persistence-expired-early': true,
  'persistence-cookie-ignored': true,
  'persistence-cookie-lost': true,
  'scan-at-risk': true,
  'round-robin': true,
  'not-active-standby': true,
  imbalance: true,
  'weight-mismatch': true,
  'dns-round-robin': true,
  'dns-change': true,
  'nat-change': true,
  'nat-rebind': true,
  'nat-shared': true,
  'snat-hides-agents': true,
  'vip-bypass': true,
  'return-path-bypass': true,
  failover: true,
  failback: true,
  'server-outage': true,
  'no-failover': true,
  'no-failback': true,
  'wrong-priority': true,
  'wrong-location': true,
  'off-list-server': true,
  'herd-move': true,
  'multiple-set-cookie': true,
  'duplicate-set-cookie': true,
  'cookie-rewritten': true,
  'csrf-modified': true,
  'payload-modified': true,
  'enrolment-failed': true,
  'protocol-mismatch': true,
  'tls-modified': true,
  'tls-terminated': true,
  'tls-passthrough': true,
  cleartext: true,
  'certificate-name-mismatch': true,
  'certificate-differs': true,
  'certificate-shared-replication': true,
  'certificate-untrusted': true,
  'replication-wrong-interface': true,
  'client-on-replication-interface': true,
  'replication-down': true,
  'replica-lag-read': true,
  'health-check-failed': true,
  'next-hop-down': true,
  'missed-checkin': true,
  'checkin-retries-exhausted': true,
  'assignment-not-applied': true,
  'wakeup-call': true,
  'wakeup-failed': true,
  'content-bypass': true,
}

/** What can be asked for as a type. */
export const TYPES = Object.keys(EACH_TYPE) as readonly IncidentType[]
