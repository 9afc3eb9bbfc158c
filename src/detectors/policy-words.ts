/** What detectors of failover and policy share: who moved an agent, how a list is called, and which of a
 * vendor's requirements it answers. */
import type { ServerFailure, World } from '../model/event.ts'
import type { Actor, EvidencePacket, Finding } from '../model/incident.ts'
import { relayAddress, type Server, type Service, type Visit } from '../model/party.ts'
import type { PreferenceList } from '../model/policy.ts'
import { balancerActor } from './actors.ts'

/** Behind a relay, it is the relay that picks the server. */
export function moverOf({ sighting }: Visit, world: World): Actor {
  if (sighting.leg !== 'back') return { role: 'agent', address: null, confidence: 0.9 }
  return balancerActor(relayAddress(sighting), world)
}

export const named = ({ name, address, port }: Server): NonNullable<Finding['server']> => ({
  name,
  address,
  port,
})

export const triedPacket = ({ tap, packet, at, ends, what }: ServerFailure): EvidencePacket => ({
  tap,
  packet,
  at,
  ends,
  note: what,
})

/** A fact of a finding, as text. */
export function fact({ details }: Finding, name: string): string {
  const value = details[name]
  return typeof value === 'string' ? value : 'another'
}

/** `the list of group A`, `the list of location Office`, `the priorities of sepm`. */
export function listWords({ source, name }: PreferenceList, { name: service }: Service): string {
  return source === 'service' ? `the priorities of ${service}` : `the list of ${source} ${name}`
}

/** `sepm1, then sepm2 or sepm3`. */
export const orderWords = ({ groups }: PreferenceList): string =>
  groups.map((group) => group.join(' or ')).join(', then ')

type ByVendor = Readonly<Record<string, readonly string[]>>

/** The requirements of the service's vendor; the general ones for others. */
export const requirementsFor = ({ profile }: Service, table: ByVendor): readonly string[] =>
  table[profile] ?? table['generic'] ?? []

/** All that a table may name. */
export const allOf = (table: ByVendor): readonly string[] => [...new Set(Object.values(table).flat())].sort()
