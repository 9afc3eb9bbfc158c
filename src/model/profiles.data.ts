/**
 * What each product does by default: filled in under what the operator wrote, and read by sessions and
 * detectors for services that were discovered. Sources: the vendor articles named at each value; "starting
 * value" marks those without one.
 *
 * Null always means: the product states no such value (a timeout that never fires, a check-in that does not
 * exist).
 */
import type { ConnectionStyle, IdentityRule, PersistencePolicy, ProfileName } from './deployment.ts'
import type { Micros } from './time.ts'
import { seconds } from './time.ts'

export interface ProductProfile {
  /** TCP ports that servers of this product listen on for agents; the first is the usual one. */
  readonly ports: readonly number[]
  readonly connections: ConnectionStyle | null
  readonly persistence: PersistencePolicy | null
  /** How long an agent must stay with its server; null: as long as the server lives. */
  readonly persistenceDuration: Micros | null
  /** A silence this long counts as idle. */
  readonly idleThreshold: Micros
  /** The server's own idle close, by design; null: never. */
  readonly serverIdleTimeout: Micros | null
  /** Between signs of life on an idle connection, for servers that do not close it; null: none. */
  readonly heartbeat: Micros | null
  /** Between regular contacts of one agent; null: it stays connected, or contacts at will. */
  readonly checkIn: Micros | null
  /** Agents return to the preferred server by themselves. */
  readonly failbackExpected: boolean
  /** How long they take for it; null: not stated. */
  readonly failbackDelay: Micros | null
  /** The enrolment response must carry exactly one Set-Cookie. */
  readonly singleSetCookie: boolean
  /** The longest silence that is normal on an open connection; null: no bound. */
  readonly longestLegitimateIdle: Micros | null
  /**
   * First that matches names the agent; what is not text on the wire (TLS resumption, address) is always
   * tried after these.
   */
  readonly identity: readonly IdentityRule[]
}

const MINUTE = seconds(60)
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * A silence of interest is longer than a minute: below it, think time and polling are common (starting value;
 * every service may set its own).
 */
export const IDLE_THRESHOLD: Micros = MINUTE

export const PROFILES: Readonly<Record<ProfileName, ProductProfile>> = {
  // Symantec DLP 12.0.1 and earlier (article 160568): one persistent connection, idle for long periods, never
  // closed by design.
  'symantec-dlp': {
    ports: [8000],
    connections: 'persistent',
    persistence: 'sticky',
    persistenceDuration: null,
    idleThreshold: IDLE_THRESHOLD,
    serverIdleTimeout: null,
    heartbeat: null,
    checkIn: null,
    failbackExpected: false,
    failbackDelay: null,
    singleSetCookie: false,
    longestLegitimateIdle: null,
    identity: [],
  },
  // Symantec DLP 12.5 and later (articles 173958, 207657).
  'symantec-dlp-12.5': {
    // 10443 by default; 443 recommended where firewalls are strict (173958).
    ports: [10443, 443],
    connections: 'polling',
    persistence: 'sticky',
    // MAX_SSL_SESSION_LIFETIME_SECONDS: source-address persistence of a load balancer has to equal it
    // (207657).
    persistenceDuration: DAY,
    idleThreshold: IDLE_THRESHOLD,
    // EndpointCommunications.IDLE_TIMEOUT_IN_SECONDS (207657).
    serverIdleTimeout: seconds(30),
    // HEARTBEAT_INTERVAL_IN_SECONDS; used only where the idle timeout is switched off (207657).
    heartbeat: seconds(270),
    // CONNECT_POLLING_INTERVAL_SECONDS (207657).
    checkIn: seconds(900),
    failbackExpected: false,
    // An agent tries its server for 60 min before it takes the next one (DLP 16.1, "About Endpoint Server
    // redundancy").
    failbackDelay: HOUR,
    singleSetCookie: false,
    longestLegitimateIdle: seconds(30),
    // Its client certificate names nobody: it is made with the agent package, for all who are given that
    // (DLP 16.1, "Secure Communications Between DLP Agents and Endpoint Servers"). Who has certificates of
    // his own says so.
    identity: [],
  },
  // Symantec Endpoint Protection Manager (articles 156653, 158445, 158744, 177570).
  'symantec-sepm': {
    ports: [8014, 443, 80],
    connections: 'polling',
    // Priorities of a management server list; within one priority rand() picks (158744).
    persistence: 'failover',
    persistenceDuration: DAY,
    idleThreshold: IDLE_THRESHOLD,
    // The client disconnects after each heartbeat in pull mode; in push mode the connection is held. No
    // server timer is known.
    serverIdleTimeout: null,
    heartbeat: null,
    // PushHeartbeatSeconds=300; RandomizationRange adds up to 300 s more (156653).
    checkIn: seconds(300),
    failbackExpected: true,
    // UseLastServer: 24 h of uninterrupted contact before a client returns (177570).
    failbackDelay: DAY,
    singleSetCookie: false,
    // Push mode holds its connection over heartbeat and randomisation.
    longestLegitimateIdle: seconds(600),
    identity: [],
  },
  // Symantec Encryption Management Server, PGP Universal (article 156803).
  'symantec-sems': {
    ports: [443],
    connections: 'web',
    // First alive or ordered list, failover, or a ratio as unequal as 10:1; never equal distribution
    // (156803).
    persistence: 'ordered',
    persistenceDuration: null,
    idleThreshold: IDLE_THRESHOLD,
    serverIdleTimeout: null,
    heartbeat: null,
    // Policy poll, configurable; starting value.
    checkIn: DAY,
    failbackExpected: false,
    failbackDelay: null,
    // Until 10.5.0; from 10.5.1 on the client looks for the one named ovidCookie (156803). Unknown versions
    // are taken as old ones, whose cookie has another name: so no name is filled in.
    singleSetCookie: true,
    // Browsers keep a connection open for 15 to 120 s; starting value.
    longestLegitimateIdle: seconds(120),
    identity: [],
  },
  // McAfee (Trellix) ePolicy Orchestrator and its agent handlers (KB66797, KB87820, MA 4.8 guide).
  'mcafee-epo': {
    ports: [443, 80],
    connections: 'polling',
    // Agents pick at random among handlers of one priority.
    persistence: 'random',
    persistenceDuration: null,
    idleThreshold: IDLE_THRESHOLD,
    serverIdleTimeout: null,
    heartbeat: null,
    // Agent-to-server communication interval: 60 min (MA 4.8 guide).
    checkIn: HOUR,
    failbackExpected: true,
    // Two check-ins: the list is used at the regular check-in after the one that brings it; starting value.
    failbackDelay: 2 * HOUR,
    singleSetCookie: false,
    // Each message has a connection of its own.
    longestLegitimateIdle: seconds(5),
    identity: [{ kind: 'url-parameter', name: 'AgentGuid' }],
  },
  // Nothing is known but what the traffic shows.
  generic: {
    ports: [],
    connections: null,
    persistence: null,
    persistenceDuration: null,
    idleThreshold: IDLE_THRESHOLD,
    serverIdleTimeout: null,
    heartbeat: null,
    checkIn: null,
    failbackExpected: false,
    failbackDelay: null,
    singleSetCookie: false,
    longestLegitimateIdle: null,
    identity: [],
  },
}
