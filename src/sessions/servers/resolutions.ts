/**
 * What name servers answer for the names that lead to configured services: those that the configuration
 * lists, and those whose answers hold an address of a service. Names of the rest of the world change and
 * rotate as they like, and nobody is told.
 */
import type { ObservationOf } from '../../model/observation.ts'
import type { Service } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { Remembered } from '../../model/remembered.ts'

/** An answer that several taps see: its id, client and name are the same, and it passes within this time. */
const SAME_ANSWER: Micros = seconds(2)
/** Answers remembered for that; the oldest is forgotten. */
const REMEMBERED_MAX = 4096

type DnsAnswer = ObservationOf<'dns-answer'>

export function followResolutions(surroundings: Surroundings): Follower {
  const { inventory, services, tell, severalTaps } = surroundings
  const listed = new Map<string, Service | null>()
  for (const name of inventory.deployment.dnsNames) listed.set(name.toLowerCase(), null)
  for (const { name, fqdn } of inventory.deployment.services)
    if (fqdn !== null) listed.set(fqdn.toLowerCase(), services.configured(name))
  const serviceOf = (o: DnsAnswer): Service | null | undefined => {
    const known = listed.get(o.name.toLowerCase())
    if (known !== undefined && known !== null) return known
    for (const { address } of o.addresses) {
      const { vipOf, serverOf } = inventory.rolesOf(address)
      const owner = vipOf[0] ?? serverOf[0]?.service
      if (owner !== undefined) return services.configured(owner.name)
    }
    return known
  }
  const seen = new Remembered<string, { readonly tap: string; readonly at: Micros }>(REMEMBERED_MAX)
  const isSeenTwice = ({ tap, time, client, id, name, type }: DnsAnswer): boolean => {
    const key = `${client.address}|${client.port}|${id}|${type}|${name}`
    const other = seen.get(key)
    if (other !== undefined && other.tap !== tap && Math.abs(other.at - time) <= SAME_ANSWER) return true
    seen.set(key, { tap, at: time })
    return false
  }
  return {
    observe: {
      'dns-answer'(o) {
        if (o.addresses.length === 0 || (o.type !== 'A' && o.type !== 'AAAA')) return
        const service = serviceOf(o)
        if (service === undefined || (severalTaps() && isSeenTwice(o))) return
        tell({
          kind: 'resolved',
          name: o.name.toLowerCase(),
          type: o.type,
          service,
          client: o.client.address,
          resolver: o.server.address,
          addresses: o.addresses.map(({ address }) => address),
          ttlSeconds: Math.min(...o.addresses.map(({ ttl }) => ttl)),
          tap: o.tap,
          at: o.time,
          packet: o.packet,
        })
      },
    },
  }
}
