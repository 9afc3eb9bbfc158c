/**
 * Under what addresses agents go on behind a translator that says so itself (flow records with the tuple
 * behind it, logs of translations): which of them change, and which several agents share.
 */
import { type AddressEvent, USERS_SHOWN, type UserShown } from '../../model/address-event.ts'
import type { MappingChanged } from '../../model/observation.ts'
import { packetOf, type PacketReference } from '../../model/packet.ts'
import { isAgentSide } from '../../model/party.ts'
import type { Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { type SharedAddresses, sharedAddresses } from './shared-addresses.ts'
import { Remembered } from '../../model/remembered.ts'
import type { TrackedSighting } from '../sighting.ts'
import { IN_TURN_WITHIN } from './tracked-agent.ts'

/** Agents and servers, and outer addresses, that are remembered; the one not met for longest is forgotten. */
const PLACES_MAX = 1 << 16
/** Inner addresses of one outer address that are told apart. */
const INNER_MAX = 4096

/** An agent's last connection with a server, and under which address it went on. */
interface Way {
  address: string
  sighting: TrackedSighting
  packet: number
  at: Micros
}

/** Who came under an outer address. */
interface Outer {
  readonly address: string
  readonly sighting: TrackedSighting
  /** By inner address: when it first and last came, and when its last connections were. */
  readonly inner: Map<string, Inner>
  last: string
  isShared: boolean
}

interface Inner {
  readonly first: PacketReference
  at: Micros
  start: Micros
  end: Micros
}

export function followTranslations(surroundings: Surroundings): Follower {
  const { tell } = surroundings
  const told = (event: AddressEvent): void => tell(event)
  const came = ways(surroundings)
  const shared = sharedAddresses(surroundings)
  const outers = outerAddresses(shared)
  return {
    observe: {
      'connection-opened'({ outer, start, packet }, sighting) {
        if (outer === undefined || sighting === null || !isAgentSide(sighting)) return
        came(sighting, outer.address, start, packet)
        outers.met(sighting, outer.address, start, packet)
      },
      'mapping-changed'(observation, sighting) {
        if (sighting === null || !isAgentSide(sighting)) return
        told({ kind: 'mapping-changed', sighting, observation })
        if (isMove(observation)) came(sighting, observation.to.address, observation.time, observation.packet)
      },
    },
    closed(sighting, { end }) {
      if (sighting.outerAddress !== null) outers.left(sighting, end)
    },
    ended: shared.ended,
  }
}

type Came = (sighting: TrackedSighting, address: string, at: Micros, packet: number) => void

/** Which way each agent went to each server last: another one is told. */
function ways({ tell, later, settle }: Surroundings): Came {
  const told = (event: AddressEvent): void => tell(event)
  const known = new Remembered<string, Way>(PLACES_MAX)
  return (sighting, to, at, packet) => {
    const { tap, service, originator, responder } = sighting
    const key = `${tap}|${service.name}|${originator.address}|${responder.address}`
    const last = known.get(key)
    known.set(key, { address: to, sighting, packet, at })
    if (last === undefined || last.address === to) return
    const { address: from, packet: lastPacket, at: lastToldAt, sighting: before } = last
    const lastAt = Math.min(at, before.closed ? Math.max(last.at, before.lastAt) : at)
    // Whose connections they are is known by then.
    later(at + settle, () =>
      told({
        kind: 'outer-address-changed',
        sighting,
        before,
        from,
        to,
        at,
        packet,
        lastAt,
        lastPacket,
        lastToldAt,
      }),
    )
  }
}

/** Who came under which outer address; those that several came under, at once or in turn, are shared. */
function outerAddresses(shared: SharedAddresses) {
  const outers = new Remembered<string, Outer>(PLACES_MAX)
  const keyOf = (tap: string, address: string | null): string => `${tap}|${address}`
  const noteShared = ({ address, sighting, inner, isShared }: Outer): void => {
    if (isShared) shared.note(address, sighting, inner.size, () => firstShown(inner))
  }
  return {
    met(sighting: TrackedSighting, address: string, at: Micros, packet: number): void {
      const { tap, originator } = sighting
      let outer = outers.get(keyOf(tap, address))
      if (outer === undefined) {
        outer = { address, sighting, inner: new Map(), last: '', isShared: false }
        outers.set(keyOf(tap, address), outer)
      }
      const { inner } = outer
      const own = inner.get(originator.address)
      const isBack = outer.last !== originator.address && own !== undefined
      if (isBack && at - own.at <= IN_TURN_WITHIN) outer.isShared = true
      outer.last = originator.address
      if (own !== undefined) own.at = at
      else if (inner.size < INNER_MAX) {
        const first = packetOf(sighting, packet, at)
        inner.set(originator.address, { first, at, start: NaN, end: NaN })
      }
      noteShared(outer)
    },
    /** Its time is known: whose connections were open at the same time share the address. */
    left({ tap, originator, outerAddress, start }: TrackedSighting, end: Micros): void {
      const outer = outers.get(keyOf(tap, outerAddress))
      const own = outer?.inner.get(originator.address)
      if (outer === undefined || own === undefined) return
      own.start = start
      own.end = end
      for (const [address, other] of outer.isShared ? [] : outer.inner)
        if (address !== originator.address && other.start < end && start < other.end) outer.isShared = true
      noteShared(outer)
    },
  }
}

const firstShown = (inner: Outer['inner']): UserShown[] =>
  [...inner].slice(0, USERS_SHOWN).map(([user, { first }]) => ({ user, packet: first }))

const isMove = ({ from, to }: MappingChanged): boolean => from.address !== to.address
