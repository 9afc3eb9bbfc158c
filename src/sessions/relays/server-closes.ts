/**
 * Servers that ended idle connections of relays, where it is not known whose they were: what a relay does in
 * front at the same moment, after a silence as long, it passes on.
 */
import { isBehindOnly, type Service } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower } from '../follower.ts'
import { CLOCKS_AGREE } from '../paths.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Ends that are kept of a service: the latest. */
const KEPT = 256
/** Silences of both legs are as long but for what relay and clocks add. */
const AS_LONG: Micros = seconds(1)

interface ServerClose {
  readonly sighting: TrackedSighting
  readonly at: Micros
  readonly idle: Micros
}

export interface ServerCloses extends Follower {
  /** Whether a server of the service ended a connection behind a relay at that time, after a silence as
   * long, and nothing says whose it was. */
  fit(service: Service, at: Micros, idle: Micros): boolean
}

export function followServerCloses(): ServerCloses {
  const byService = new WeakMap<Service, ServerClose[]>()
  const note = (sighting: TrackedSighting | null, at: Micros, idle: Micros): void => {
    if (sighting?.leg !== 'back') return
    const closes = byService.get(sighting.service) ?? []
    byService.set(sighting.service, closes)
    if (closes.length >= KEPT) closes.shift()
    closes.push({ sighting, at, idle })
  }
  return {
    observe: {
      finished(o, sighting) {
        if (o.first && o.from === 1 && o.orderKnown !== false) note(sighting, o.time, o.idleBefore)
      },
      reset(o, sighting) {
        if (!o.afterFin && o.from === 1 && o.orderKnown !== false) note(sighting, o.time, o.idleBefore)
      },
    },
    fit: (service, at, idle) =>
      (byService.get(service) ?? []).some(
        (close) =>
          Math.abs(close.at - at) <= CLOCKS_AGREE &&
          Math.abs(close.idle - idle) <= AS_LONG &&
          isBehindOnly(close.sighting.path),
      ),
  }
}
