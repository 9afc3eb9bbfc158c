/**
 * Captures of a lab with their truth: what the agents, servers and devices there logged, never read off the
 * captures. A scenario is NAME.truth.json beside its NAME.TAP.pcap files; an operator's configuration is made
 * of what the lab was set up to be, labels aside.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding, IncidentType, Manner } from '../../src/model/incident.ts'
import { ROOT } from '../source-tree.ts'

const FOLDER = join(ROOT, '..', 'shared', 'captures', 'lab')

export const isLabMissing = !existsSync(FOLDER)

export interface Label {
  readonly type: string
  /** Seconds since the epoch. */
  readonly at: number
  readonly until?: number
  readonly tolerance_s: number
  readonly agent?: string
  readonly agent_ip?: string
  readonly server?: string
  readonly manner?: Manner
  readonly optional?: boolean
}

interface LabService {
  readonly name: string
  readonly vip: string | null
  readonly port: number
  readonly backend_port?: number
  readonly fqdn?: string
  readonly servers?: readonly { readonly name: string; readonly ip: string }[]
  readonly failover_list?: readonly string[]
}

export interface Truth {
  readonly taps: Readonly<Record<string, string>>
  readonly expected: readonly Label[]
  readonly config: {
    readonly services: readonly LabService[]
    readonly connection_model?: string
    readonly idle_threshold_s?: number
    readonly server_idle_close_s?: number | null
    readonly nat?: { readonly pool?: readonly string[]; readonly shared?: boolean }
    readonly enrolment?: { readonly path: string; readonly expected_set_cookies: number }
  }
  readonly topology: {
    readonly subnets: { readonly ag: string }
    readonly fw_addresses?: readonly string[]
    readonly lb_address_client_side: string
    readonly lb_address_server_side: string
    readonly vip: string
  }
}

export const truthOf = (scenario: string): Truth =>
  JSON.parse(readFileSync(join(FOLDER, `${scenario}.truth.json`), 'utf8')) as Truth

/** The capture of each tap, packed or not. */
export function capturesOf({ taps }: Truth): [tap: string, path: string][] {
  return Object.entries(taps).map(([tap, file]) => {
    const path = join(FOLDER, file)
    return [tap, existsSync(path) ? path : `${path}.gz`]
  })
}

const PROFILES = [
  [/dlp/, 'symantec-dlp'],
  [/sepm/, 'symantec-sepm'],
  [/sems|pgp/, 'symantec-sems'],
  [/epo/, 'mcafee-epo'],
] as const

/** Agents of some services choose among servers themselves. */
const hasVip = ({ vip }: LabService): boolean => (vip ?? '') !== ''

function serviceOf(s: LabService, { config }: Truth): object {
  const { connection_model, idle_threshold_s, server_idle_close_s, enrolment } = config
  const profile = PROFILES.find(([pattern]) => pattern.test(s.name))?.[1] ?? 'generic'
  return {
    name: s.name,
    profile,
    ports: [...new Set([s.port, s.backend_port ?? s.port])],
    vips: hasVip(s) ? [s.vip] : [],
    ...(s.fqdn === undefined ? {} : { fqdn: s.fqdn }),
    connections: /poll|short/.test(connection_model ?? '') ? 'polling' : 'persistent',
    persistence: s.failover_list === undefined ? 'sticky' : 'failover',
    idleThreshold: `${idle_threshold_s ?? 10}s`,
    ...(server_idle_close_s == null ? {} : { serverIdleTimeout: `${server_idle_close_s}s` }),
    servers: (s.servers ?? []).map(({ name, ip }) => {
      const rank = s.failover_list?.indexOf(name) ?? -1
      return { name, addresses: [ip], ...(rank < 0 ? {} : { priority: rank + 1 }) }
    }),
    ...(enrolment === undefined
      ? {}
      : { enrolment: { paths: [enrolment.path], singleSetCookie: enrolment.expected_set_cookies === 1 } }),
    identity: [
      { httpHeader: 'X-Agent-Id' },
      { urlParameter: 'AgentGuid' },
      { urlParameter: 'hk' },
      { payloadPattern: '"agent": ?"([^"]+)"' },
    ],
  }
}

/** What an operator would have written for this deployment. */
export function configOf(truth: Truth): object {
  const { config, topology: t } = truth
  const balanced = config.services.some(hasVip)
  const balancer = [t.lb_address_client_side, t.lb_address_server_side, t.vip]
  return {
    services: config.services.map((service) => serviceOf(service, truth)),
    devices: [
      ...(balanced ? [{ role: 'load-balancer', addresses: balancer }] : []),
      ...(t.fw_addresses === undefined ? [] : [{ role: 'firewall', addresses: t.fw_addresses }]),
    ],
    ...(config.nat?.pool === undefined
      ? {}
      : {
          nat: [
            {
              inside: `${t.subnets.ag}.0/24`,
              outside: config.nat.pool,
              mapping: config.nat.shared === true ? 'shared' : 'static',
            },
          ],
        }),
  }
}

/** Label -> the types that answer it. */
export const ANSWERS: Readonly<Record<string, readonly IncidentType[]>> = {
  idle_severed: ['severed-idle'],
  server_idle_close: ['server-idle-close'],
  policy_redownload: ['reconnect-overhead'],
  half_open_leftover: ['half-open-leftover'],
  server_hop: ['server-hop'],
  persistence_expired: ['server-hop'],
  nat_address_change: ['nat-change'],
  nat_rebinding_mid_connection: ['nat-rebind'],
  duplicate_set_cookie: ['multiple-set-cookie', 'duplicate-set-cookie'],
}

/** Whether a finding is what the label says: the type, the time, the agent. */
export function answers(finding: Finding, label: Label): boolean {
  const slack = label.tolerance_s + 0.5
  const at = finding.at / 1e6
  const { agent } = finding
  return (
    (ANSWERS[label.type]?.includes(finding.type) ?? false) &&
    at >= label.at - slack &&
    at <= (label.until ?? label.at) + slack &&
    (agent === null ||
      label.agent === undefined ||
      agent.id === label.agent ||
      agent.address === label.agent_ip)
  )
}
