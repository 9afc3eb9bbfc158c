/**
 * Relays that keep connections to servers for whoever asks next: HAProxy's `http-reuse`, keep-alive upstreams
 * of nginx. When such a relay closes one of them, or the server does, no agent lost anything; and what such
 * a connection survives, no agent's does.
 */
import type { DetectorEvent } from '../../model/event.ts'
import type { Agent } from '../../model/party.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Relays and services that are remembered; the connections of further ones count as an agent's own. */
const POOLS_MAX = 1024

export class Pools {
  private readonly shared = new Set<string>()
  private readonly tell: (event: DetectorEvent) => void

  constructor(tell: (event: DetectorEvent) => void) {
    this.tell = tell
  }

  /**
   * Another agent speaks where one spoke before: the relay shares its connections. Names of two kinds may be
   * one agent's: a certificate says one, the request behind it another.
   */
  spoke(sighting: TrackedSighting, agent: Agent): void {
    const { speaker, service, originator } = sighting
    if (!isRelays(sighting) || speaker === null || speaker === agent) return
    if (speaker.identifiedBy !== agent.identifiedBy || this.holds(sighting)) return
    if (this.shared.size >= POOLS_MAX) return
    this.shared.add(keyOf(sighting))
    this.tell({ kind: 'connections-shared', service, relay: originator.address })
  }

  /** The connection is a relay's that is known to share them. */
  holds(sighting: TrackedSighting): boolean {
    return isRelays(sighting) && this.shared.size > 0 && this.shared.has(keyOf(sighting))
  }
}

/** A relay opened it. */
const isRelays = ({ leg, isBetweenRelays }: TrackedSighting): boolean => leg === 'back' || isBetweenRelays

const keyOf = ({ service, originator }: TrackedSighting): string => `${service.name}|${originator.address}`
