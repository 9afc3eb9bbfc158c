/**
 * A valid configuration as a Deployment: what the operator wrote, and under it what the product's profile
 * says.
 */
import type { ConfiguredServer, ConfiguredService, Deployment, IdentityRule } from '../../model/deployment.ts'
import { PROFILES, type ProductProfile } from '../../model/profiles.data.ts'
import type { Config, ConfiguredServiceKeys } from './schema.ts'

export function deploymentOf(config: Config): Deployment {
  return {
    services: (config.services ?? []).map(serviceOf),
    locations: (config.locations ?? []).map((location) => ({
      name: location.name,
      subnets: location.subnets ?? [],
      servers: preference(location.servers),
    })),
    groups: (config.groups ?? []).map((group) => ({
      name: group.name,
      agents: group.agents ?? [],
      servers: preference(group.servers),
    })),
    devices: (config.devices ?? []).map((device) => ({
      role: device.role,
      name: device.name ?? null,
      addresses: device.addresses ?? [],
      idleTimeout: device.idleTimeout ?? null,
    })),
    nat: (config.nat ?? []).map((rule) => ({
      inside: rule.inside,
      outside: rule.outside,
      mapping: rule.mapping ?? 'static',
    })),
    dnsNames: config.dns?.names ?? [],
    agents: (config.agents ?? []).map((agent) => ({ id: agent.id, addresses: agent.addresses ?? [] })),
    ignore: config.ignore ?? [],
  }
}

const preference = (servers: Readonly<Record<string, string[][]>> | undefined) =>
  new Map(Object.entries(servers ?? {}))

function serviceOf(keys: ConfiguredServiceKeys): ConfiguredService {
  const profile = PROFILES[keys.profile ?? 'generic']
  return {
    name: keys.name,
    profile: keys.profile ?? 'generic',
    fqdn: keys.fqdn ?? null,
    ports: keys.ports ?? profile.ports,
    vips: keys.vips ?? [],
    connections: keys.connections ?? profile.connections,
    persistence: keys.persistence ?? profile.persistence,
    persistenceDuration: keys.persistenceDuration ?? profile.persistenceDuration,
    idleThreshold: keys.idleThreshold ?? profile.idleThreshold,
    ...timersOf(keys, profile),
    servers: (keys.servers ?? []).map(serverOf),
    failback: failbackOf(keys, profile),
    tlsMode: keys.tls?.mode ?? null,
    enrolment: enrolmentOf(keys, profile),
    web: keys.web === undefined ? null : webOf(keys.web),
    smtp:
      keys.smtp === undefined ? null : { ports: keys.smtp.ports ?? [25], nextHops: keys.smtp.nextHops ?? [] },
    replicationPorts: keys.replication?.ports ?? [],
    wakeUp: keys.wakeUp === undefined ? null : { port: keys.wakeUp.port, within: keys.wakeUp.within ?? null },
    identity: keys.identity?.map(identityRule) ?? profile.identity,
  }
}

/**
 * A server that closes idle connections needs no heartbeat: a profile's heartbeat counts only without an idle
 * close.
 */
function timersOf(keys: ConfiguredServiceKeys, profile: ProductProfile) {
  // Vendors write 0 for never.
  const written = keys.serverIdleTimeout === 0 ? null : keys.serverIdleTimeout
  const serverIdleTimeout = written === undefined ? profile.serverIdleTimeout : written
  const heartbeat = keys.heartbeat ?? (serverIdleTimeout === null ? profile.heartbeat : null)
  const isCheckInStated = keys.checkIn !== undefined
  return { serverIdleTimeout, heartbeat, checkIn: keys.checkIn ?? profile.checkIn, isCheckInStated }
}

function failbackOf(keys: ConfiguredServiceKeys, profile: ProductProfile): ConfiguredService['failback'] {
  if (keys.failback === undefined && !profile.failbackExpected) return null
  return { expected: keys.failback?.expected ?? true, delay: keys.failback?.delay ?? profile.failbackDelay }
}

function enrolmentOf(keys: ConfiguredServiceKeys, profile: ProductProfile): ConfiguredService['enrolment'] {
  if (keys.enrolment === undefined && !profile.singleSetCookie) return null
  return {
    paths: keys.enrolment?.paths ?? [],
    singleSetCookie: keys.enrolment?.singleSetCookie ?? profile.singleSetCookie,
    cookie: keys.enrolment?.cookie ?? null,
  }
}

const webOf = (web: NonNullable<ConfiguredServiceKeys['web']>): ConfiguredService['web'] => ({
  sessionCookies: web.sessionCookies ?? [],
  csrfFields: web.csrfFields ?? [],
  proxies: web.proxies ?? [],
})

const serverOf = (server: NonNullable<ConfiguredServiceKeys['servers']>[number]): ConfiguredServer => ({
  name: server.name,
  addresses: server.addresses ?? [],
  priority: server.priority ?? null,
  weight: server.weight ?? null,
  replicationAddresses: server.replicationAddresses ?? [],
  isSeen: false,
})

function identityRule(rule: NonNullable<ConfiguredServiceKeys['identity']>[number]): IdentityRule {
  if (rule.httpHeader !== undefined) return { kind: 'http-header', name: rule.httpHeader }
  if (rule.urlParameter !== undefined) return { kind: 'url-parameter', name: rule.urlParameter }
  if (rule.cookie !== undefined) return { kind: 'cookie', name: rule.cookie }
  if (rule.payloadPattern !== undefined) return { kind: 'payload-pattern', pattern: rule.payloadPattern }
  return { kind: 'client-certificate', field: rule.clientCertificate ?? 'subject' }
}
