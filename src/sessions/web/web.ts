/** Follows HTTP where servers keep sessions, and where a relay stands between: requests paired on both of its
 * sides, what it changed in them, and which server and proxy each request of a session reached. */
import type { WebEvent } from '../../model/web.ts'
import { alterations } from './alterations.ts'
import { type Exchanged, ExchangePairs } from './exchange-pairs.ts'
import type { Follower, Surroundings } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'
import { mayKeepSessions, WebSessions } from './web-sessions.ts'

export function followWeb({ inventory, agents, later, settle, severalTaps, tell }: Surroundings): Follower {
  const told = (event: WebEvent): void => tell(event)
  const seen = { front: false, back: false }
  const pairs = new ExchangePairs({ later, settle, paired: (front, back) => compare(front, back) })
  const sessions = new WebSessions({
    inventory,
    agents,
    later,
    settle,
    tell: told,
    frontOf: (connection, index) => pairs.frontOf(connection, index),
  })

  function compare(front: Exchanged, back: Exchanged): void {
    const fields = front.sighting.service.configured?.web?.csrfFields ?? []
    const [first, ...more] = alterations(front, back, fields)
    if (first === undefined) return
    told({
      kind: 'relay-altered',
      front: { sighting: front.sighting, transaction: front.transaction! },
      back: { sighting: back.sighting, transaction: back.transaction! },
      pairedBy: front.pairedBy,
      alterations: [first, ...more],
      clock:
        front.sighting.tap === back.sighting.tap
          ? null
          : pairs.clocks.between(front.sighting.tap, back.sighting.tap),
    })
  }

  /** Both sides of the relay pass by, or may: at several taps, or at one that sees both. */
  const isPaired = (sighting: TrackedSighting): boolean => {
    const { leg } = sighting
    if (leg !== 'front' && leg !== 'back') return false
    seen[leg] = true
    return severalTaps() || (seen.front && seen.back) || sighting.service.configured?.web != null
  }
  const isServers = ({ leg }: TrackedSighting): boolean => leg === 'back' || leg === 'direct'

  return {
    observe: {
      'http-request'(o, sighting) {
        if (sighting === null || o.requestFrom !== 0) return
        if (isPaired(sighting)) pairs.requested(sighting, o)
        if (mayKeepSessions(sighting) && isServers(sighting)) sessions.requested(sighting, o)
      },
      'http-transaction'(o, sighting) {
        if (sighting === null || o.requestFrom !== 0) return
        if (isPaired(sighting)) pairs.answered(sighting, o)
        if (mayKeepSessions(sighting) && isServers(sighting)) sessions.answered(sighting, o)
      },
      'http-body'(o, sighting) {
        if (sighting !== null && isPaired(sighting)) pairs.bodySeen(o)
      },
    },
  }
}
