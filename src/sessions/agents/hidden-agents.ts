/** Relays whose own address stands for all their agents towards the servers, so that nobody is told apart. */
import type { Service } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Relays and services that are followed. */
const RELAYS_MAX = 1024
/** Fewer connections may be one agent's, one after the other or a few at once. */
const HIDDEN_MIN = 3
/** How often it is looked at who is hidden, in a capture that goes on, and how many connections say so while
 * more of them come: after a few, those who name themselves may yet come. */
const LOOK_EVERY: Micros = seconds(3600)
const HIDDEN_SOON_MIN = 32

interface Hidden {
  readonly service: Service
  readonly relay: string
  readonly sighting: TrackedSighting
  connections: number
  known: number
  /** When hidden ones ended of which each began before any of the others was over: they were open at one
   * moment. */
  readonly ends: number[]
  atOnce: number
  /** The latest connection. */
  at: Micros
  /** Connections when it was told last, and when it is looked at again. */
  toldOf: number
  lookAt: Micros
}

export function followHiddenAgents({ tell, later, settle }: Surroundings): Follower {
  const relays = new Map<string, Hidden>()

  function note(sighting: TrackedSighting): void {
    const { service, originator, tap, agent } = sighting
    const key = `${tap}|${service.name}|${originator.address}`
    let known = relays.get(key)
    if (known === undefined) {
      if (relays.size >= RELAYS_MAX) return
      relays.set(key, (known = hiddenAt(sighting)))
    }
    known.at = sighting.lastAt
    if (agent !== null) return void known.known++
    known.connections++
    const open = known.ends.filter((end) => end > sighting.start)
    open.push(sighting.lastAt)
    known.ends.splice(0, known.ends.length, ...open.slice(-HIDDEN_MIN))
    known.atOnce = Math.max(known.atOnce, open.length)
  }

  function tellOf(hidden: Hidden): void {
    const { service, sighting, relay, connections, atOnce, known, toldOf } = hidden
    if (connections === toldOf || atOnce < HIDDEN_MIN || connections <= known) return
    hidden.toldOf = connections
    tell({ kind: 'agents-hidden', service, sighting, relay, connections, atOnce, known })
  }

  return {
    closed(sighting, summary) {
      if (sighting.leg === 'back' && isDlp(sighting.service) && isReadable(sighting))
        later(summary.end + settle, () => note(sighting))
    },
    timePassed(now) {
      for (const known of relays.values()) {
        if (now < known.lookAt) continue
        known.lookAt = now + LOOK_EVERY
        const isAtRest = now - known.at >= LOOK_EVERY
        if (isAtRest || known.connections >= Math.max(HIDDEN_SOON_MIN, 2 * known.toldOf)) tellOf(known)
      }
    },
    ended() {
      for (const known of relays.values()) tellOf(known)
    },
  }
}

const hiddenAt = (sighting: TrackedSighting): Hidden => ({
  service: sighting.service,
  relay: sighting.originator.address,
  sighting,
  connections: 0,
  known: 0,
  ends: [],
  atOnce: 0,
  at: sighting.start,
  toldOf: 0,
  lookAt: sighting.start + LOOK_EVERY,
})

/** The product whose vendor asks that every agent keep an address of its own. */
const isDlp = ({ profile }: Service): boolean => profile === 'symantec-dlp' || profile === 'symantec-dlp-12.5'

/** What an agent would be told by was there to be read. */
const isReadable = ({ requests, tls }: TrackedSighting): boolean => requests > 0 || tls?.client != null
