/** What findings on a relay's choices have in common: who is to blame, which packets show it, a filter. */
import type { Assigned, Assignment, World } from '../../model/event.ts'
import type { EvidencePacket, Finding } from '../../model/incident.ts'
import { count } from '../../model/count.ts'
import { endsBetween } from '../../model/packet.ts'
import type { Server, Service } from '../../model/party.ts'
import { balancerActor } from '../actors.ts'
import { packets } from '../wording.ts'

/** Choices that stand as evidence: enough to see a pattern, few enough to read. */
const SHOWN_MAX = 8

/** Web users are told apart by sessions, not by connections, and mail is no agent's. */
export const isOfAgents = ({ configured }: Service): boolean =>
  configured?.web == null && configured?.smtp == null

/** A service whose agents must stay where they are. */
export function mustStay(service: Service): boolean {
  const { persistence } = service
  if (!isOfAgents(service)) return false
  return persistence === 'sticky' || persistence === 'ordered' || persistence === 'failover'
}

/** A finding about all agents of a relay: no agent, no server, no connection of its own. */
export const allAgentsFinding = (
  { service, relay, tap, assignments }: Pick<Assigned, 'service' | 'relay' | 'tap' | 'assignments'>,
  world: World,
): Pick<
  Finding,
  'tap' | 'agent' | 'server' | 'service' | 'connection' | 'tuple' | 'actor' | 'manner' | 'evidence' | 'cause'
> => ({
  tap,
  agent: null,
  server: null,
  service: service.name,
  connection: null,
  tuple: null,
  actor: balancerActor(relay, world),
  manner: null,
  evidence: packets(...choicesAsEvidence(assignments, { relay, tap })),
  cause: causeOf({ service, relay }),
})

export const causeOf = ({ service, relay }: Pick<Assigned, 'service' | 'relay'>): string =>
  `${service.name}|${relay}`

export const choicesAsEvidence = (
  assignments: readonly Assignment[],
  { relay, tap }: Pick<Assigned, 'relay' | 'tap'>,
): EvidencePacket[] =>
  assignments
    .filter(({ packet }) => packet > 0)
    .slice(0, SHOWN_MAX)
    .map(({ packet, at, agent, server }) => {
      const whose = agent === null ? 'a connection' : `a connection of ${agent.id}`
      return { tap, packet, at, ends: endsBetween(relay, server), note: `${whose} goes to ${server.name}` }
    })

/** `dlp1 12, dlp2 11`. */
export const sharesText = (servers: readonly Server[], counts: readonly number[]): string =>
  servers.map(({ name }, i) => `${name} ${counts[i]}`).join(', ')

/** Connections that a relay opens to servers. */
export function openingsFilter(from: string | null, ports: readonly number[]): string {
  const terms = ['tcp.flags.syn == 1', 'tcp.flags.ack == 0']
  if (from !== null) terms.unshift(`${from.includes(':') ? 'ipv6' : 'ip'}.src == ${from}`)
  const distinct = [...new Set(ports)].toSorted((a, b) => a - b)
  if (distinct.length > 0)
    terms.push(
      distinct.length === 1 ? `tcp.dstport == ${distinct[0]}` : `tcp.dstport in {${distinct.join(', ')}}`,
    )
  return terms.join(' && ')
}

/** A small probability as people read it: `one in 130,000`. */
export const chance = (p: number): string =>
  p < 1e-6 ? 'less than one in a million' : `one in ${count(Number((1 / p).toPrecision(2)))}`
