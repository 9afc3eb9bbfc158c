/**
 * What the generated database is about: a month of six services on a campus. Everything scales with the
 * number of connections and occurrences; proportions stay.
 */
import { SECOND } from '../../../src/model/time.ts'
import type { Micros } from '../../../src/model/time.ts'

export interface Plan {
  readonly connections: number
  readonly occurrences: number
  readonly incidents: number
  readonly agents: number
  readonly analyses: number
  readonly from: Micros
  readonly to: Micros
}

export const HOUR: Micros = 3600 * SECOND
const DAYS = 30
const END: Micros = Date.parse('2026-11-21T03:12:00Z') * 1000

export const planOf = (connections: number, occurrences: number): Plan => ({
  connections,
  occurrences,
  incidents: Math.max(20, Math.round(occurrences / 100)),
  agents: Math.max(50, Math.round(connections / 500)),
  analyses: Math.max(4, Math.min(DAYS * 8, Math.round(connections / 2_000))),
  from: END - DAYS * 24 * HOUR,
  to: END,
})

export interface ServicePlan {
  readonly name: string
  readonly port: number
  /** Share of the connections. */
  readonly weight: number
  /** Share of each server; the last one of each service is a standby that is hardly used. */
  readonly servers: readonly { readonly name: string; readonly address: string; readonly weight: number }[]
}

export const SERVICES: readonly ServicePlan[] = [
  service('dlp-endpoint', 10443, 30, 'dlp', 3, 4),
  service('sepm', 8014, 30, 'sepm', 4, 3),
  service('epo', 443, 25, 'ah', 5, 4),
  service('sems-keys', 443, 10, 'keys', 6, 3),
  service('sems-web', 8443, 4, 'fesa', 7, 2),
  service('smtp', 25, 1, 'mx', 8, 2),
]

function service(
  name: string,
  port: number,
  weight: number,
  prefix: string,
  network: number,
  count: number,
): ServicePlan {
  const servers = Array.from({ length: count }, (_, place) => ({
    name: `${prefix}${place + 1}`,
    address: `10.10.${network}.${11 + place}`,
    weight: place === count - 1 ? 0.0005 : 1 / (place + 1),
  }))
  return { name, port, weight, servers }
}

/** The server's number in the database, from 1, of a place in a service. */
export const serverNumber = (service: number, place: number): number =>
  1 + place + SERVICES.slice(0, service).reduce((sum, { servers }) => sum + servers.length, 0)

export const agentName = (agent: number): string => `EPA-${String(agent).padStart(6, '0')}`
/** An agent has three addresses, and takes turns at them. */
export function agentOctets(agent: number, lease: number): Buffer {
  const host = agent * 3 + (lease % 3)
  return Buffer.from([10, 20 + ((host >> 16) & 127), (host >> 8) & 255, host & 255])
}

export const agentAddress = (agent: number, lease: number): string => agentOctets(agent, lease).join('.')

export const analysisAt = ({ from, to, analyses }: Plan, at: Micros): number =>
  1 + Math.min(analyses - 1, Math.floor(((at - from) / (to - from)) * analyses))
