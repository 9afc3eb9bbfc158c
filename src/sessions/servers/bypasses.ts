/**
 * Agents that address a server where others address its relay. Only services whose configuration states a
 * virtual address.
 */
import type { VipBypassed } from '../../model/address-event.ts'
import { packetOf } from '../../model/packet.ts'
import type { Agent, Server } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'

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

export const followBypasses = (around: Surroundings): Follower => new Bypasses(around).follower

class Bypasses {
  private readonly around: Surroundings
  /** Connections through the relay, by tap and service: one of each. */
  private readonly relayed = new Map<string, Relayed>()
  /** When a client last opened a connection to a relay, by tap, service and address. */
  private readonly fronts = new Map<string, Micros>()
  private readonly waiting = new Map<string, Direct[]>()
  private readonly direct = new Set<string>()

  constructor(around: Surroundings) {
    this.around = around
  }

  readonly follower: Follower = {
    observe: {
      'connection-opened': (o, sighting) => {
        if (sighting === null || sighting.leg !== 'front' || !hasRelay(sighting)) return
        if (this.fronts.size >= CLIENTS_MAX) this.fronts.clear()
        this.fronts.set(`${placeOf(sighting)}|${sighting.originator.address}`, o.start)
        this.goesThrough(sighting)
      },
      // What a relay opens may be a check of the server's health: that it is none shows a little later.
      opening: (o, sighting) => {
        if (sighting === null || o.side !== 0 || sighting.leg !== 'back' || !hasRelay(sighting)) return
        if (this.relayed.has(placeOf(sighting))) return
        const { later, settle } = this.around
        later(o.time + settle, () => {
          if (sighting.leg === 'back') this.goesThrough(sighting)
        })
      },
    },
    visited: (sighting, agent) => {
      if (sighting.leg === 'direct' && hasRelay(sighting)) this.cameDirectly(sighting, agent)
    },
  }

  private goesThrough(sighting: TrackedSighting): void {
    const place = placeOf(sighting)
    if (this.relayed.has(place)) return
    const { originator, responder, startPacket, start } = sighting
    const proof = packetOf(sighting, startPacket, start)
    const by = { ...proof, from: originator.address, to: responder.address }
    this.relayed.set(place, by)
    for (const one of this.waiting.get(place) ?? []) this.bypassed(one, by)
    this.waiting.delete(place)
  }

  private cameDirectly(sighting: TrackedSighting, agent: Agent): void {
    const { server, tap } = sighting
    if (server === null || server.identifiedBy !== 'config' || this.isRelaysOwn(sighting)) return
    const key = `${tap}|${server.id}|${agent.id}`
    if (this.direct.has(key) || this.direct.size >= DIRECT_MAX) return
    this.direct.add(key)
    const place = placeOf(sighting)
    const by = this.relayed.get(place)
    if (by !== undefined) return this.bypassed({ sighting, agent, server }, by)
    this.waiting.set(place, [...(this.waiting.get(place) ?? []), { sighting, agent, server }])
  }

  /** A relay that keeps the clients' addresses looks like a client, but for the client's own connection. */
  private isRelaysOwn(sighting: TrackedSighting): boolean {
    const { originator, start, path } = sighting
    if (path.sightings.some(({ leg }) => leg === 'front')) return true
    const front = this.fronts.get(`${placeOf(sighting)}|${originator.address}`)
    return front !== undefined && Math.abs(start - front) <= RELAYED_WITHIN
  }

  private bypassed({ sighting, agent, server }: Direct, relayed: Relayed): void {
    this.around.tell({ kind: 'vip-bypassed', sighting, agent, server, relayed })
  }
}

const placeOf = ({ tap, service }: TrackedSighting): string => `${tap}|${service.name}`

const hasRelay = ({ service: { configured } }: TrackedSighting): boolean =>
  configured !== null && configured.vips.length > 0
