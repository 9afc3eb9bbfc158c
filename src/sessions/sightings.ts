/** The sightings of open connections, by number: as objects while there is something to say of them, as rows
 * of columns while there is not. */
import type { ConnectionId } from '../model/connection.ts'
import { Oldest } from './oldest.ts'
import { Quiet } from './quiet.ts'
import type { TrackedSighting } from './sighting.ts'
import type { Stay } from './stay.ts'

/** Objects kept at once; beyond it, the oldest that says nothing but its addresses is forgotten and made anew
 * when it speaks. */
const SIGHTINGS_MAX = 1 << 14
/** Sightings looked at to find one that can be forgotten. */
const FORGET_TRIES = 8

export class Sightings {
  private readonly known = new Map<ConnectionId, TrackedSighting>()
  private readonly oldest = new Oldest(this.known)
  private readonly quiet = new Quiet(this.known)

  get(connection: ConnectionId): TrackedSighting | undefined {
    const known = this.known.get(connection)
    if (known !== undefined) return known
    const quiet = this.quiet.take(connection)
    if (quiet === null) return undefined
    this.add(quiet)
    return quiet
  }

  add(sighting: TrackedSighting): void {
    if (this.known.size >= SIGHTINGS_MAX) this.forget()
    this.known.set(sighting.connection, sighting)
  }

  /** The sighting of a connection that is over: it is not kept any longer. */
  take(connection: ConnectionId): TrackedSighting | null {
    const known = this.known.get(connection)
    if (known === undefined) return this.quiet.take(connection)
    this.known.delete(connection)
    return known
  }

  /** Whether a row would say all of a sighting: nothing but that it opened, and that its agent is there. */
  canRest(sighting: TrackedSighting): boolean {
    return (
      sighting.leg === 'direct' &&
      sighting.handshake !== null &&
      sighting.requests + sighting.responses === 0 &&
      sighting.initialBytes === null &&
      isPlain(sighting) &&
      !sighting.path.hasNext &&
      this.known.get(sighting.connection) === sighting
    )
  }

  /** Keeps a sighting as a row, the latest visit of a stay: nobody else may hold it. */
  rest(sighting: TrackedSighting, stay: Stay): void {
    this.known.delete(sighting.connection)
    this.quiet.keep(sighting, stay)
  }

  /** Forgets the oldest sighting about which its addresses say all; those with more to say go to the end of
   * the line. */
  private forget(): void {
    for (let tries = FORGET_TRIES; tries > 0; tries--) {
      const connection = this.oldest.next()!
      const sighting = this.known.get(connection)!
      this.known.delete(connection)
      if (isPlain(sighting) || this.known.size >= 4 * SIGHTINGS_MAX) return
      this.known.set(connection, sighting)
    }
  }
}

/** Made anew from its addresses, it would be the same. */
const isPlain = (sighting: TrackedSighting): boolean =>
  sighting.visited &&
  sighting.speaker === null &&
  sighting.ending === null &&
  sighting.tls === null &&
  !sighting.path.isJoined
