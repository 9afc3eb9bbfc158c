/**
 * The deployment as the operator states it: the configuration after validation, durations in microseconds,
 * profile defaults filled in. Every part is optional; what is absent is inferred from traffic.
 */
import type { ActorRole } from './incident.ts'
import type { Micros } from './time.ts'

export type ProfileName =
  | 'symantec-dlp'
  | 'symantec-dlp-12.5'
  | 'symantec-sepm'
  | 'symantec-sems'
  | 'mcafee-epo'
  | 'generic'

export type ConnectionStyle = 'persistent' | 'polling' | 'web'
export type PersistencePolicy = 'sticky' | 'failover' | 'ordered' | 'weighted' | 'random' | 'none'

/** Inclusive range of addresses of one family, as numbers that compare: see `addressNumber` in inventory
 * code. */
export interface AddressRange {
  /** As written: `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, `10.0.0.1`, `2001:db8::/32`. */
  readonly text: string
  readonly version: 4 | 6
  readonly first: bigint
  readonly last: bigint
}

export interface ConfiguredServer {
  readonly name: string
  readonly addresses: readonly AddressRange[]
  /** 1 is preferred; equal priorities are a group; null: not stated. */
  readonly priority: number | null
  readonly weight: number | null
  readonly replicationAddresses: readonly AddressRange[]
  /** Traffic shows it; the operator states no servers of the service. */
  readonly isSeen: boolean
}

/** How an agent names itself inside its traffic. */
export type IdentityRule =
  | { readonly kind: 'http-header'; readonly name: string }
  | { readonly kind: 'url-parameter'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string }
  /** Matched against the first octets that the agent sent, as Latin-1 text; the first group is the name. */
  | { readonly kind: 'payload-pattern'; readonly pattern: RegExp }
  | { readonly kind: 'client-certificate'; readonly field: string }

export interface ConfiguredService {
  readonly name: string
  /** Traffic shows it; the operator states nothing of it. Absent: it is stated. */
  readonly isSeen?: true
  readonly profile: ProfileName
  readonly fqdn: string | null
  readonly ports: readonly number[]
  readonly vips: readonly AddressRange[]
  readonly connections: ConnectionStyle | null
  readonly persistence: PersistencePolicy | null
  readonly persistenceDuration: Micros | null
  /** A silence this long counts as idle. */
  readonly idleThreshold: Micros | null
  /** The server's own idle close, by design; null: never. */
  readonly serverIdleTimeout: Micros | null
  readonly heartbeat: Micros | null
  readonly checkIn: Micros | null
  /** The operator wrote it; otherwise it is the product's own. */
  readonly isCheckInStated: boolean
  readonly servers: readonly ConfiguredServer[]
  readonly failback: { readonly expected: boolean; readonly delay: Micros | null } | null
  readonly tlsMode: 'passthrough' | 'termination' | 'any' | null
  readonly enrolment: {
    readonly paths: readonly string[]
    readonly singleSetCookie: boolean | null
    readonly cookie: string | null
  } | null
  readonly web: {
    readonly sessionCookies: readonly string[]
    readonly csrfFields: readonly string[]
    readonly proxies: readonly AddressRange[]
  } | null
  readonly smtp: { readonly ports: readonly number[]; readonly nextHops: readonly AddressRange[] } | null
  readonly replicationPorts: readonly number[]
  readonly wakeUp: { readonly port: number; readonly within: Micros | null } | null
  /** First that matches names the agent. */
  readonly identity: readonly IdentityRule[]
}

export interface ConfiguredDevice {
  readonly role: ActorRole
  readonly name: string | null
  readonly addresses: readonly AddressRange[]
  readonly idleTimeout: Micros | null
}

/** Whether the device asks the servers itself for those who call it. */
export const passesOn = ({ role }: ConfiguredDevice): boolean =>
  role === 'load-balancer' || role === 'reverse-proxy'

/** Whether agents have an address of their own outside, share one, or are given one of several. */
export type NatMapping = 'static' | 'shared' | 'pool'

/** Outside addresses of that kind stand for several agents; null: nothing is stated. */
export const isOfSeveral = (mapping: NatMapping | null): boolean => mapping === 'shared' || mapping === 'pool'

export interface Deployment {
  readonly services: readonly ConfiguredService[]
  readonly locations: readonly {
    readonly name: string
    readonly subnets: readonly AddressRange[]
    /** Service name -> groups of server names, in order of preference. */
    readonly servers: ReadonlyMap<string, readonly (readonly string[])[]>
  }[]
  readonly groups: readonly {
    readonly name: string
    readonly agents: readonly string[]
    readonly servers: ReadonlyMap<string, readonly (readonly string[])[]>
  }[]
  readonly devices: readonly ConfiguredDevice[]
  readonly nat: readonly {
    readonly inside: readonly AddressRange[]
    readonly outside: readonly AddressRange[]
    readonly mapping: NatMapping
  }[]
  readonly dnsNames: readonly string[]
  readonly agents: readonly { readonly id: string; readonly addresses: readonly AddressRange[] }[]
  /** Scanners and probes: never agents. */
  readonly ignore: readonly AddressRange[]
}

export const EMPTY_DEPLOYMENT: Deployment = {
  services: [],
  locations: [],
  groups: [],
  devices: [],
  nat: [],
  dnsNames: [],
  agents: [],
  ignore: [],
}
