/** Every detector there is: a table, compared with the folder by a test. */
import { natChange } from './address/nat-change.ts'
import { natRebind } from './address/nat-rebind.ts'
import { natShared } from './address/nat-shared.ts'
import { returnPathBypass } from './address/return-path-bypass.ts'
import { snatHidesAgents } from './address/snat-hides-agents.ts'
import { vipBypass } from './address/vip-bypass.ts'
import { persistenceCookieIgnored } from './affinity/persistence-cookie-ignored.ts'
import { persistenceCookieLost } from './affinity/persistence-cookie-lost.ts'
import { persistenceExpiredEarly } from './affinity/persistence-expired-early.ts'
import { proxyNodeSwitch } from './affinity/proxy-node-switch.ts'
import { scanAtRisk } from './affinity/scan-at-risk.ts'
import { serverHop } from './affinity/server-hop.ts'
import { assignmentNotApplied } from './cadence/assignment-not-applied.ts'
import { checkinRetriesExhausted } from './cadence/checkin-retries-exhausted.ts'
import { contentBypass } from './cadence/content-bypass.ts'
import { missedCheckin } from './cadence/missed-checkin.ts'
import { wakeupCall } from './cadence/wakeup-call.ts'
import { wakeupFailed } from './cadence/wakeup-failed.ts'
import { clientOnReplicationInterface } from './cluster/client-on-replication-interface.ts'
import { healthCheckFailed } from './cluster/health-check-failed.ts'
import { nextHopDown } from './cluster/next-hop-down.ts'
import { replicaLagRead } from './cluster/replica-lag-read.ts'
import { replicationDown } from './cluster/replication-down.ts'
import { replicationWrongInterface } from './cluster/replication-wrong-interface.ts'
import { sessionNodeSwitch } from './affinity/session-node-switch.ts'
import { halfOpenLeftover } from './continuity/half-open-leftover.ts'
import { massDisconnect } from './continuity/mass-disconnect.ts'
import { reconnectOverhead } from './continuity/reconnect-overhead.ts'
import { reconnectStorm } from './continuity/reconnect-storm.ts'
import { serverIdleClose } from './continuity/server-idle-close.ts'
import { severedActive } from './continuity/severed-active.ts'
import { severedIdle } from './continuity/severed-idle.ts'
import { timerRisk } from './continuity/timer-risk.ts'
import type { Detector } from './detector.ts'
import { dnsChange } from './distribution/dns-change.ts'
import { dnsRoundRobin } from './distribution/dns-round-robin.ts'
import { imbalance } from './distribution/imbalance.ts'
import { notActiveStandby } from './distribution/not-active-standby.ts'
import { roundRobin } from './distribution/round-robin.ts'
import { weightMismatch } from './distribution/weight-mismatch.ts'
import { failback } from './failover/failback.ts'
import { failover } from './failover/failover.ts'
import { herdMove } from './failover/herd-move.ts'
import { noFailback } from './failover/no-failback.ts'
import { noFailover } from './failover/no-failover.ts'
import { offListServer } from './failover/off-list-server.ts'
import { serverOutage } from './failover/server-outage.ts'
import { wrongLocation } from './failover/wrong-location.ts'
import { wrongPriority } from './failover/wrong-priority.ts'
import { cookieRewritten } from './http/cookie-rewritten.ts'
import { csrfModified } from './http/csrf-modified.ts'
import { duplicateSetCookie } from './http/duplicate-set-cookie.ts'
import { enrolmentFailed } from './http/enrolment-failed.ts'
import { multipleSetCookie } from './http/multiple-set-cookie.ts'
import { payloadModified } from './http/payload-modified.ts'
import { protocolMismatch } from './http/protocol-mismatch.ts'
import { certificateDiffers } from './tls/certificate-differs.ts'
import { certificateNameMismatch } from './tls/certificate-name-mismatch.ts'
import { certificateSharedReplication } from './tls/certificate-shared-replication.ts'
import { certificateUntrusted } from './tls/certificate-untrusted.ts'
import { cleartext } from './tls/cleartext.ts'
import { tlsModified } from './tls/tls-modified.ts'
import { tlsPassthrough } from './tls/tls-passthrough.ts'
import { tlsTerminated } from './tls/tls-terminated.ts'

export const DETECTORS: readonly Detector[] = [
  severedIdle,
  serverIdleClose,
  halfOpenLeftover,
  reconnectOverhead,
  serverHop,
  persistenceExpiredEarly,
  persistenceCookieIgnored,
  persistenceCookieLost,
  roundRobin,
  notActiveStandby,
  imbalance,
  weightMismatch,
  dnsRoundRobin,
  dnsChange,
  failover,
  failback,
  serverOutage,
  noFailover,
  noFailback,
  wrongPriority,
  wrongLocation,
  offListServer,
  herdMove,
  natChange,
  natRebind,
  multipleSetCookie,
  duplicateSetCookie,
  severedActive,
  timerRisk,
  massDisconnect,
  reconnectStorm,
  missedCheckin,
  checkinRetriesExhausted,
  assignmentNotApplied,
  contentBypass,
  wakeupCall,
  wakeupFailed,
  certificateNameMismatch,
  certificateDiffers,
  certificateSharedReplication,
  certificateUntrusted,
  tlsModified,
  tlsTerminated,
  tlsPassthrough,
  cleartext,
  protocolMismatch,
  replicationWrongInterface,
  clientOnReplicationInterface,
  replicationDown,
  replicaLagRead,
  healthCheckFailed,
  nextHopDown,
  sessionNodeSwitch,
  proxyNodeSwitch,
  payloadModified,
  csrfModified,
  cookieRewritten,
  enrolmentFailed,
  scanAtRisk,
  vipBypass,
  returnPathBypass,
  natShared,
  snatHidesAgents,
]
