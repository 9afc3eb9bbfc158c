/** What the sites of a simulated deployment have in common: who stands where, what the configuration says of
 * it, which servers are out when, and which hosts sleep when. */
import type { Endpoint } from '../../src/model/packet.ts'
import { SECOND, type Micros } from '../../src/model/time.ts'
import type { Random } from '../scenario/random.ts'
import type { Timeline } from './timeline.ts'
import type { Truth } from './truth.ts'
import type { Wire } from './wire.ts'

export const MINUTE: Micros = 60 * SECOND
export const HOUR: Micros = 60 * MINUTE
export const DAY: Micros = 24 * HOUR

/** What a configuration states of a site (contract, section 4). */
export interface SiteConfig {
  readonly service: Readonly<Record<string, unknown>>
  readonly devices?: readonly unknown[]
  readonly nat?: readonly unknown[]
  readonly locations?: readonly unknown[]
}

/** Where a site is put, and what it plays with. */
export interface Place {
  readonly index: number
  readonly name: string
  /** The number of its first agent, and how many it has. */
  readonly firstAgent: number
  readonly agents: number
  readonly until: Micros
  readonly timeline: Timeline
  readonly wire: Wire
  readonly truth: Truth
  readonly random: Random
}

export interface Site {
  readonly config: SiteConfig
  /** What happens at a time that the site put on the timeline. */
  step(party: number, step: number, at: Micros): void
  /** The capture ends: connections that are open, or not accounted for, are told of. */
  end(at: Micros): void
}

export interface Outage {
  readonly server: number
  readonly from: Micros
  readonly until: Micros
  readonly manner: 'refused' | 'unanswered'
}

export const isOut = (outages: readonly Outage[], server: number, at: Micros): Outage | undefined =>
  outages.find((o) => o.server === server && at >= o.from && at < o.until)

/** A span of time drawn evenly. */
export const between = (random: Random, low: Micros, high: Micros): Micros =>
  low + (random.bits() / 2 ** 32) * (high - low)

/** A span whose logarithm is drawn evenly: short ones are common, long ones are not. */
export const logBetween = (random: Random, low: Micros, high: Micros): Micros =>
  low * (high / low) ** (random.bits() / 2 ** 32)

export const agentName = (agent: number): string => `N${agent}`
export const agentNumber = (name: string): number => Number(name.slice(1))

/** A capture's table of addresses gives the same text each time. */
const texts = new Map<string, string>()
function kept(text: string): string {
  const known = texts.get(text)
  if (known === undefined) texts.set(text, text)
  return known ?? text
}

const octets = (n: number): string => `${n >> 8}.${n & 255}`
export const officeAddress = (site: number, agent: number): string => kept(`10.${site}.${octets(agent)}`)
/** Where laptops are at home, by way of a VPN. */
export const homeAddress = (site: number, agent: number): string => kept(`10.${100 + site}.${octets(agent)}`)
export const virtual = (site: number): string => kept(`172.16.${site}.10`)
export const relayAddress = (site: number): string => kept(`172.16.${site}.1`)
export const serverAt = (site: number, server: number, port: number): Endpoint => ({
  address: kept(`172.16.${site}.${20 + server}`),
  port,
})

export const serverConfig = (site: number, servers: number, more: (server: number) => object = () => ({})) =>
  Array.from({ length: servers }, (_, i) => ({
    name: `${site}-s${i}`,
    addresses: [serverAt(site, i, 0).address],
    ...more(i),
  }))

/** An agent's host that sleeps: from a time of each day, for so long; `wakes` is when it is up, at a time or
 * after. */
export function wakes(agent: number, at: Micros): Micros {
  const day = Math.floor(at / DAY)
  for (const d of [day - 1, day]) {
    const from = d * DAY + 17 * HOUR + ((agent * 7919 + d * 104_729) % (4 * 3600)) * SECOND
    const until = from + 9 * HOUR + ((agent * 6101 + d * 15_485) % (4 * 3600)) * SECOND
    if (at >= from && at < until) return until
  }
  return at
}
