/** Words and references that detectors share: who is named how, and which packets to look at. */
import type { Actor, EvidencePacket, Finding } from '../model/incident.ts'
import type { Endpoint } from '../model/packet.ts'
import type { Agent, Sighting } from '../model/party.ts'

/** The agent of a sighting as a finding names it; null where only a relay's address is known. */
export function agentOf(sighting: Sighting, agent: Agent | null = sighting.agent): Finding['agent'] {
  if (agent === null || !agent.nameable) return null
  const own =
    sighting.leg === 'back' ? (agent.addresses.at(-1)?.address ?? null) : sighting.originator.address
  return { id: agent.id, address: own }
}

/** The server of a sighting; null where only the relay in front of it is known. */
export function serverOf({ server }: Sighting): Finding['server'] {
  return server === null ? null : { name: server.name, address: server.address, port: server.port }
}

/** What a finding says of the connection that shows it. */
export const about = (
  sighting: Sighting,
): Pick<Finding, 'tap' | 'agent' | 'server' | 'service' | 'connection' | 'tuple'> => ({
  tap: sighting.tap,
  agent: agentOf(sighting),
  server: serverOf(sighting),
  service: sighting.service.name,
  connection: sighting.connection,
  tuple: [sighting.originator, sighting.responder],
})

const ROLE_NAMES: Readonly<Record<Actor['role'], string>> = {
  agent: 'The agent',
  server: 'The server',
  'load-balancer': 'The load balancer',
  firewall: 'The firewall',
  nat: 'The address translation',
  'reverse-proxy': 'The reverse proxy',
  dns: 'The name service',
  middlebox: 'A device on the path',
  unknown: 'Something on the path',
}

/** `The load balancer 10.10.2.10`. */
export const deviceName = (actor: Actor): string =>
  actor.address === null ? ROLE_NAMES[actor.role] : `${ROLE_NAMES[actor.role]} ${actor.address}`

/** Evidence as findings carry it: at least one packet, or it is our own mistake. */
export function packets(...list: readonly EvidencePacket[]): readonly [EvidencePacket, ...EvidencePacket[]] {
  const [first, ...rest] = list
  if (first === undefined) throw new Error('a finding without packets')
  return [first, ...rest]
}

/** Connections named in a filter; a longer one is cut by Wireshark's users before it is by Wireshark. */
const FILTERED_MAX = 8

/** A Wireshark display filter for the connections of these findings, by address and port: it holds in every
 * capture of them. */
export function connectionFilter(findings: readonly Finding[]): string {
  const terms = new Set<string>()
  for (const { tuple } of findings) {
    if (terms.size >= FILTERED_MAX) break
    if (tuple !== null) terms.add(`(${endFilter(tuple[0])} && ${endFilter(tuple[1])})`)
  }
  return [...terms].join(' || ')
}

const endFilter = (end: Endpoint): string =>
  `${end.address.includes(':') ? 'ipv6.addr' : 'ip.addr'} == ${end.address} && tcp.port == ${end.port}`
