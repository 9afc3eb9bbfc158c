/** Words and references that detectors share: who is named how, and which packets to look at. */
import type { EvidencePacket, Finding } from '../model/incident.ts'
import { type Ends, endpointText } from '../model/packet.ts'
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

/** How many agents findings are about; of those without one, each connection counts. */
export const agentsAmong = (findings: readonly Finding[]): number =>
  new Set(findings.map((f) => f.agent?.id ?? f.connection)).size

/** The note of the packet after which nothing came, at whichever tap. */
export const LAST_BEFORE = 'last packet before the silence'

/** Evidence as findings carry it: at least one packet, or it is our own mistake; and nothing of what else an
 * event says of its packets. */
export function packets(...list: readonly EvidencePacket[]): readonly [EvidencePacket, ...EvidencePacket[]] {
  const [first, ...rest] = list.map(({ tap, packet, at, ends, note }) => ({ tap, packet, at, ends, note }))
  if (first === undefined) throw new Error('a finding without packets')
  return [first, ...rest]
}

/** Connections that a filter names one by one: those on both sides of a relay, before and after something.
 * More, and nobody reads it. */
const CONNECTIONS_NAMED = 4
/** Addresses, or ports, that a filter names; of more, it asks for none. */
const VALUES_NAMED = 16

/**
 * A Wireshark display filter for the connections of these findings and of every packet that they cite: those
 * of all taps, under the addresses of each. The few are named by address and port, the findings' own first;
 * many by where they lead and where they come from. It finds no packet less in any of their captures.
 */
export function connectionFilter(findings: readonly Finding[]): string {
  const all = findings.flatMap(endsOf)
  const named = new Map<string, Ends>()
  for (const ends of all) {
    const key = ends.map(endpointText).sort().join()
    if (!named.has(key)) named.set(key, ends)
    if (named.size > CONNECTIONS_NAMED)
      return [V4, V6]
        .map((ip) => setFilter(ip, all))
        .filter(isSome)
        .join(' || ')
  }
  return [...named.values()].map(oneFilter).join(' || ')
}

/** Packets with one of these TCP flags at the ports that the findings' connections lead to; empty if they
 * name no port. */
export function momentsFilter(findings: readonly Finding[], flags: readonly string[]): string {
  const ports = [...new Set(findings.flatMap(endsOf).map(([, { port }]) => port))]
  const moments = flags.map((flag) => `tcp.flags.${flag} == 1`).join(' || ')
  const at = ports.length === 0 ? null : anyOf('tcp.port', ports)
  return at === null ? '' : `${at} && (${moments})`
}

/** The ends of all connections that a finding shows, its own first. */
const endsOf = ({ tuple, evidence }: Finding): Ends[] =>
  [tuple, ...evidence.map(({ ends }) => ends)].filter((ends) => ends !== null)

const V4 = 'ip'
const V6 = 'ipv6'
const versionOf = ([{ address }]: Ends): string => (address.includes(':') ? V6 : V4)

/** One connection, by all that is known of its ends. */
function oneFilter(ends: Ends): string {
  const terms = ends.flatMap(({ address, port }) => [
    `${versionOf(ends)}.addr == ${address}`,
    ...(port === 0 ? [] : [`tcp.port == ${port}`]),
  ])
  return `(${terms.join(' && ')})`
}

/** The connections of one IP version by the sets of their addresses and of the ports that were asked for;
 * null if there are none. */
function setFilter(ip: string, all: readonly Ends[]): string | null {
  const own = all.filter((ends) => versionOf(ends) === ip)
  if (own.length === 0) return null
  const addresses = (end: 0 | 1): string | null =>
    anyOf(
      `${ip}.addr`,
      own.map((ends) => ends[end].address),
    )
  const ports = anyOf(
    'tcp.port',
    own.map(([, { port }]) => port),
  )
  const terms = [addresses(1), ports, addresses(0)].filter(isSome)
  return `(${terms.length === 0 ? ip : terms.join(' && ')})`
}

/** `tcp.port == 443`, `tcp.port in {80, 443}`; null if they are too many, or one of them is not known. */
function anyOf(field: string, values: readonly (string | number)[]): string | null {
  const distinct = [...new Set(values)]
  if (distinct.includes(0)) return null
  if (distinct.length === 1) return `${field} == ${distinct[0]}`
  if (distinct.length > VALUES_NAMED) return null
  const sorted = distinct.toSorted((a, b) => String(a).localeCompare(String(b), 'en', { numeric: true }))
  return `${field} in {${sorted.join(', ')}}`
}

const isSome = (term: string | null): term is string => term !== null

/** How long an agent was away from its server before: since its last packet there, as far as that connection
 * is known to its end; else since it came there. */
export function timeAway(visit: Visit, { sighting: { closed, lastAt }, at }: Visit) {
  const isSinceLast = closed && lastAt <= visit.at
  return { span: visit.at - (isSinceLast ? lastAt : at), isSinceLast }
}

/** Where an agent turned up, and how long it had been away. */
export function turnedUp(visit: Visit, previous: Visit, where = `at ${visit.server.name}`): string {
  const { span, isSinceLast } = timeAway(visit, previous)
  return `${where}, ${spoken(span)} after ${isSinceLast ? 'its last packet at' : 'it came to'} ${previous.server.name}`
}
