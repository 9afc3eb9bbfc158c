/** Words and references that detectors share: who is named how, and which packets to look at. */
import type { EvidencePacket, Finding } from '../model/incident.ts'
import type { Endpoint } from '../model/packet.ts'
import type { Agent, Sighting, Visit } from '../model/party.ts'
import { spoken } from './detector.ts'

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

/** The note of the packet after which nothing came, at whichever tap. */
export const LAST_BEFORE = 'last packet before the silence'

/** Evidence as findings carry it: at least one packet, or it is our own mistake. */
export function packets(...list: readonly EvidencePacket[]): readonly [EvidencePacket, ...EvidencePacket[]] {
  const [first, ...rest] = list
  if (first === undefined) throw new Error('a finding without packets')
  return [first, ...rest]
}

/** Connections that a filter names one by one: more, and nobody reads it. */
const CONNECTIONS_NAMED = 3
/** Addresses, or ports, that a filter names; of more, it asks for none. */
const VALUES_NAMED = 16

/**
 * A Wireshark display filter for the connections of these findings: the few by address and port, many by
 * where they lead and the agents' addresses. It holds in every capture of them, and finds no less than all.
 */
export function connectionFilter(findings: readonly Finding[]): string {
  const tuples = findings.map(({ tuple }) => tuple).filter((tuple) => tuple !== null)
  const terms = new Set<string>()
  for (const [from, to] of tuples) {
    terms.add(`(${endFilter(from)} && ${endFilter(to)})`)
    if (terms.size > CONNECTIONS_NAMED)
      return ['ip', 'ipv6']
        .map((ip) => setFilter(ip, tuples))
        .filter(isSome)
        .join(' || ')
  }
  return [...terms].join(' || ')
}

/** The connections of one IP version by the sets of their addresses and of the ports that were asked for;
 * null if there are none. */
function setFilter(ip: string, tuples: readonly (readonly [Endpoint, Endpoint])[]): string | null {
  const own = tuples.filter(([from]) => fieldPrefix(from) === ip)
  if (own.length === 0) return null
  const terms = [
    anyOf(
      `${ip}.addr`,
      own.map(([, to]) => to.address),
    ),
    anyOf(
      'tcp.port',
      own.map(([, to]) => to.port),
    ),
    anyOf(
      `${ip}.addr`,
      own.map(([from]) => from.address),
    ),
  ].filter(isSome)
  return `(${terms.length === 0 ? ip : terms.join(' && ')})`
}

/** `tcp.port == 443`, `tcp.port in {80, 443}`; null if they are too many. */
function anyOf(field: string, values: readonly (string | number)[]): string | null {
  const distinct = [...new Set(values)]
  if (distinct.length === 1) return `${field} == ${distinct[0]}`
  if (distinct.length > VALUES_NAMED) return null
  const sorted = distinct.toSorted((a, b) => String(a).localeCompare(String(b), 'en', { numeric: true }))
  return `${field} in {${sorted.join(', ')}}`
}

const isSome = (term: string | null): term is string => term !== null
const fieldPrefix = ({ address }: Endpoint): string => (address.includes(':') ? 'ipv6' : 'ip')
const endFilter = (end: Endpoint): string =>
  `${fieldPrefix(end)}.addr == ${end.address} && tcp.port == ${end.port}`

/**
 * Where an agent turned up, and how long after it was at its server before: since its last packet there, as
 * far as that connection is known to its end; else since it came there.
 */
export function turnedUp(visit: Visit, previous: Visit, where = `at ${visit.server.name}`): string {
  const { closed, lastAt } = previous.sighting
  const before = previous.server.name
  return closed && lastAt <= visit.at
    ? `${where}, ${spoken(visit.at - lastAt)} after its last packet at ${before}`
    : `${where}, ${spoken(visit.at - previous.at)} after it came to ${before}`
}
