/** What findings on members of a cluster have in common: no agent, a server, and a connection between two. */
import type { Member } from '../../model/cluster-events.ts'
import type { Finding } from '../../model/incident.ts'
import type { PacketReference } from '../../model/packet.ts'

interface Told extends PacketReference {
  readonly connection: number
  readonly from: Member
  readonly to: Member
}

/** `of`: the member that it is about. */
export const memberFinding = (
  of: Member,
  { connection, tap, at, from, to }: Told,
): Pick<
  Finding,
  'at' | 'tap' | 'agent' | 'server' | 'service' | 'connection' | 'tuple' | 'actor' | 'manner'
> => ({
  at,
  tap,
  agent: null,
  server: { name: of.server.name, address: of.endpoint.address, port: to.endpoint.port },
  service: of.service.name,
  connection,
  tuple: [from.endpoint, to.endpoint],
  actor: { role: 'server', address: of.endpoint.address, confidence: 0.95 },
  manner: null,
})

/** Two members, in whichever order they meet. */
export const pairKey = (from: Member, to: Member): string =>
  `${from.service.name}|${[from.server.name, to.server.name].toSorted().join('|')}`
