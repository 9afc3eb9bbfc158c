/**
 * Relays that a live capture shows and no configuration names. What comes through one is taken for agents of
 * its address meanwhile, so whoever watches is told, once for each, what would make it right.
 */
import type { Deployment } from '../../model/deployment.ts'
import { type Micros, SECOND } from '../../model/time.ts'
import type { Follower } from '../../sessions/follower.ts'
import { type OneSidedPool, OneSidedRelays, poolText } from '../analyze/one-sided-relays.ts'
import { mayShowRelays } from '../analyze/relays.ts'

/** The end of a connection is told four minutes later, and five checks may take two and a half: who makes
 * any has shown himself by then, twice over. */
const WATCHED_FOR: Micros = 15 * 60 * SECOND

/** Null where relays are stated, or none can be. */
export function unstatedRelays(deployment: Deployment, says: (sentence: string) => void): Follower | null {
  if (!mayShowRelays(deployment)) return null
  const told = new Set<string>()
  let relays: OneSidedRelays | null = new OneSidedRelays()
  let until: Micros = Infinity
  return {
    observe: {
      'connection-opened': (o) => relays?.observe['connection-opened'](o),
      'http-request': (o, sighting) => relays?.observe['http-request'](o, sighting),
    },
    closed: (sighting, summary) => relays?.closed(sighting, summary),
    timePassed(now) {
      if (relays === null) return
      for (const pool of relays.pools()) {
        if (told.has(pool.relay)) continue
        told.add(pool.relay)
        says(sentenceOf(pool))
      }
      until = Math.min(until, now + WATCHED_FOR)
      if (now >= until) relays = null
    },
  }
}

const sentenceOf = (pool: OneSidedPool): string =>
  `${poolText(pool)}; no configuration says so, and its clients are taken for it: "holdfast config suggest" makes one of a capture`
