/**
 * Servers of one service among themselves: connections of replication, those that do not come about, the
 * certificates that members show each other, and who else comes to an address that is theirs alone.
 */
import type { Member } from '../../model/cluster-events.ts'
import type { ConnectionFailed } from '../../model/observation.ts'
import { type Endpoint, packetOf, type PacketReference } from '../../model/packet.ts'
import { seconds, type Micros } from '../../model/time.ts'
import { certificateIn } from './certificates.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { isReplicationPort, Members } from './members.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Pairs of members whose failures are counted: of 6 members (KB 154069) there are 30. */
const PAIRS_MAX = 1024
/** A SYN that stays without an answer for so long was repeated three times (RFC 6298: after 1, 2 and 4 s). */
const UNANSWERED: Micros = seconds(8)
/** Clients remembered as told of. */
const CLIENTS_MAX = 4096

interface Failing {
  count: number
  first: PacketReference
}

export function followReplication(around: Surroundings): Follower {
  const members = new Members(around.inventory, around.services)
  if (!members.areKnown) return {}
  const replicating: Replicating = (from, to) => {
    const pair = members.between(from, to)
    return pair !== null && isReplicationPort(pair[1], to.port) ? pair : null
  }
  return {
    observe: {
      ...followTries(around, replicating),
      'tls-handshake'(o, sighting) {
        const certificate = o.certificates[0]
        if (sighting === null || certificate === undefined) return
        const pair = replicating(sighting.originator, sighting.responder)
        if (pair === null) return
        const [from, to] = pair
        const { connection } = o
        const proof = certificateIn(o, sighting)
        around.tell({ kind: 'replication-certificate', ...proof, connection, from, to, certificate })
      },
      opening: followStrangers(around, members),
    },
  }
}

type Observe = NonNullable<Follower['observe']>
/** The members between which a connection of replication runs; null for other connections. */
type Replicating = (from: Endpoint, to: Endpoint) => readonly [Member, Member] | null

/** Connections that come about, and those that do not. */
function followTries({ tell, later }: Surroundings, replicating: Replicating): Observe {
  const failing = new Map<string, Failing>()
  const failed = (pair: readonly [Member, Member], o: ConnectionFailed, manner: Manner): void => {
    const { connection, tap, start: at, attempts } = o
    const proof = packetOf(o, o.packet, at)
    const [from, to] = pair
    const key = pairKey(from, to)
    let known = failing.get(key)
    if (known === undefined) {
      known = { count: 0, first: proof }
      if (failing.size < PAIRS_MAX) failing.set(key, known)
    }
    // Another tap sees the same try.
    if (known.first.tap !== tap) return
    known.count++
    const { count: failures, first } = known
    const event = { ...proof, connection, from, to, manner, failures, first, attempts }
    tell({ kind: 'replication-failed', ...event, isLasting: false })
    if (manner === 'refused' || failures > 1) return
    // A late answer opens it yet.
    later(at + UNANSWERED, () => {
      if (failing.get(key) === known) tell({ kind: 'replication-failed', ...event, isLasting: true })
    })
  }
  return {
    'connection-opened'(o) {
      const pair = replicating(o.originator, o.responder)
      if (pair === null) return
      const [from, to] = pair
      failing.delete(pairKey(from, to))
      const proof = packetOf(o, o.packet, o.start)
      tell({ kind: 'replication-opened', ...proof, connection: o.connection, from, to })
    },
    'connection-failed'(o) {
      const pair = o.manner === 'aborted' ? null : replicating(o.originator, o.responder)
      if (pair !== null && o.manner !== 'aborted') failed(pair, o, o.manner)
    },
  }
}
type Manner = Exclude<ConnectionFailed['manner'], 'aborted'>

/** Who talks to an address that is for members alone, and is none. */
function followStrangers(
  { inventory, tell, later, settle }: Surroundings,
  members: Members,
): NonNullable<Observe['opening']> {
  const told = new Set<string>()
  const strange = (sighting: TrackedSighting, member: Member, at: Micros, packet: number): void => {
    const key = `${member.service.name}|${member.server.name}|${sighting.originator.address}`
    if (sighting.leg === 'probe' || told.has(key) || told.size >= CLIENTS_MAX) return
    told.add(key)
    tell({ kind: 'replication-interface-used', sighting, member, at, packet })
  }
  return (o, sighting) => {
    if (sighting === null || o.side !== 0) return
    const { originator, responder } = sighting
    const { serverOf, replicationOf } = inventory.rolesOf(responder.address)
    // What serves clients as well is no interface of its own.
    if (replicationOf.length === 0 || serverOf.length > 0) return
    const from = inventory.rolesOf(originator.address)
    if (from.ignored || from.serverOf.length + from.replicationOf.length > 0) return
    const member = members.at(responder)[0]!
    const ports = member.service.configured?.ports ?? []
    if (!ports.includes(responder.port) && !isReplicationPort(member, responder.port)) return
    // Checks of its relay ask there as well.
    later(o.time + settle, () => strange(sighting, member, o.packetTime, o.packet))
  }
}

const pairKey = (from: Member, to: Member): string =>
  `${from.service.name}|${from.server.name}|${to.server.name}`
