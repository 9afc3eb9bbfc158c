/**
 * Agents that address a server where others address its relay. Only services whose configuration states a
 * virtual address.
 */
import type { AddressEvent, VipBypassed } from '../model/address-event.ts'
import type { Agent, Server } from '../model/party.ts'
import { seconds, type Micros } from '../model/time.ts'
import type { Follower, Surroundings } from './follower.ts'
import type { TrackedSighting } from './sighting.ts'

/** Agents that came to a server directly, of which that is remembered; of further ones none is told. */
const DIRECT_MAX = 1 << 14
/** A relay that keeps the client's address opens its own connection so soon after the client's. */
const RELAYED_WITHIN: Micros = seconds(2)
/** Clients whose last connection to a relay is remembered; the memory then starts anew. */
const CLIENTS_MAX = 1 << 16
type Relayed = VipBypassed['relayed']

interface Direct {
  readonly sighting: TrackedSighting
  readonly agent: Agent
  readonly server: Server
}

export function followBypasses({ tell }: Surroundings): Follower {
  const told = (event: AddressEvent): void => tell(event)
  /** Connections through the relay, by tap and service: one of each. */
  const relayed = new Map<string, Relayed>()
  /** When a client last opened a connection to a relay, by tap, service and address. */
  const fronts = new Map<string, Micros>()
  const waiting = new Map<string, Direct[]>()
  const direct = new Set<string>()

  function bypassed({ sighting, agent, server }: Direct, by: Relayed): void {
    told({ kind: 'vip-bypassed', sighting, agent, server, relayed: by })
  }

  /** A relay that keeps the clients' addresses looks like a client, but for the client's own connection. */
  function isRelaysOwn({ tap, service, originator, start, path }: TrackedSighting): boolean {
    if (path.sightings.some(({ leg }) => leg === 'front')) return true
    const front = fronts.get(`${tap}|${service.name}|${originator.address}`)
    return front !== undefined && Math.abs(start - front) <= RELAYED_WITHIN
  }

  function cameDirectly(sighting: TrackedSighting, agent: Agent): void {
    const { server, tap, service } = sighting
    if (server === null || server.identifiedBy !== 'config' || isRelaysOwn(sighting)) return
    const key = `${tap}|${server.id}|${agent.id}`
    if (direct.has(key) || direct.size >= DIRECT_MAX) return
    direct.add(key)
    const place = `${tap}|${service.name}`
    const by = relayed.get(place)
    if (by !== undefined) return bypassed({ sighting, agent, server }, by)
    waiting.set(place, [...(waiting.get(place) ?? []), { sighting, agent, server }])
  }

  return {
    observe: {
      'connection-opened'(o, sighting) {
        if (sighting === null || !hasRelay(sighting)) return
        const { tap, service, leg, originator, responder } = sighting
        if (leg !== 'front' && leg !== 'back') return
        if (leg === 'front') {
          if (fronts.size >= CLIENTS_MAX) fronts.clear()
          fronts.set(`${tap}|${service.name}|${originator.address}`, o.start)
        }
        const place = `${tap}|${service.name}`
        if (relayed.has(place)) return
        const by = { from: originator.address, to: responder.address, tap, packet: o.packet, at: o.start }
        relayed.set(place, by)
        for (const one of waiting.get(place) ?? []) bypassed(one, by)
        waiting.delete(place)
      },
    },
    visited(sighting, agent) {
      if (sighting.leg === 'direct' && hasRelay(sighting)) cameDirectly(sighting, agent)
    },
  }
}

const hasRelay = ({ service: { configured } }: TrackedSighting): boolean =>
  configured !== null && configured.vips.length > 0
