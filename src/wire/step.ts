/** One tunnel further inside: what `place` notes of it before what it carries is looked at. */
import type { Place } from './place.ts'

/**
 * Tunnels inside each other that are read. Mirrors put one or two around what an overlay, an access network
 * and a provider have put around a packet already; a packet with more is made to keep its readers busy, and
 * is counted.
 */
export const TUNNELS_MAX = 8

/** Into a tunnel between the two ends of the IP header that `place` is at; false: too deep. */
export function stepBetween(place: Place, kind: number, id: number): boolean {
  place.depth = place.path === 0 ? 1 : place.depth + 1
  if (place.depth > TUNNELS_MAX) return false
  place.path = place.paths.between(place.path, kind, id, place.bytes, place.networkAt, place.version)
  // whose they are says the frame inside, if there is one
  place.sourceHardwareAt = place.destinationHardwareAt = -1
  return true
}

/** Into what a link header names: a label, a session, a service; false: too deep. */
export function stepAlong(place: Place, kind: number, id: number): boolean {
  place.depth = place.path === 0 ? 1 : place.depth + 1
  if (place.depth > TUNNELS_MAX) return false
  place.path = place.paths.along(place.path, kind, id)
  return true
}
