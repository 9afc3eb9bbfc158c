/**
 * Who is where: the agents of a service by the network of their latest address and the server of their
 * latest session.
 */
import { networkOf } from '../../model/address.ts'
import type { ServiceView } from '../../model/view.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'

/** Networks told apart, the largest; the agents of the others are added up. */
const NETWORKS_MAX = 12
const OTHER = 'other'
/** Behind a relay agents may be known by name alone. */
const UNKNOWN = 'not seen'

const PLACES = `
  SELECT p.server, (
    SELECT address FROM agent_address x WHERE x.agent = p.agent ORDER BY start DESC LIMIT 1) AS address
  FROM placement p WHERE p.service = ? AND p.server <> ''`

/** Sorted by network, the largest first, `other` and `not seen` last, then by server. */
export function placesOf(store: Store, service: number): ServiceView['places'] {
  const networks = new Map<string, Map<string, number>>()
  type Place = { readonly server: string; readonly address: string | null }
  for (const { server, address } of prepared<Place>(store, PLACES).iterate(service))
    count(networks, address === null ? UNKNOWN : networkOf(address), server, 1)
  const size = (network: string): number => sum(networks.get(network)?.values() ?? [])
  const order = [...networks.keys()]
    .filter((network) => network !== UNKNOWN)
    .sort((a, b) => size(b) - size(a) || (a < b ? -1 : 1))
  const others = new Map<string, Map<string, number>>()
  for (const network of order.slice(NETWORKS_MAX))
    for (const [server, agents] of networks.get(network) ?? []) count(others, OTHER, server, agents)
  return [...order.slice(0, NETWORKS_MAX), OTHER, UNKNOWN].flatMap((network) =>
    [...(networks.get(network) ?? others.get(network) ?? [])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([server, agents]) => ({ network, server, agents })),
  )
}

function count(
  into: Map<string, Map<string, number>>,
  network: string,
  server: string,
  agents: number,
): void {
  const servers = into.get(network) ?? new Map<string, number>()
  into.set(network, servers.set(server, (servers.get(server) ?? 0) + agents))
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, n) => total + n, 0)
