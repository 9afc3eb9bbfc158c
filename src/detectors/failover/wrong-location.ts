/** An agent in one location uses the servers of another. */
import type { OutsideList } from '../../model/event.ts'
import { contactInterval } from '../../model/policy.ts'
import { seconds, type Micros } from '../../model/time.ts'
import { counted, detector, PROVED, span } from '../detector.ts'
import { strayFinding, strayKey } from '../outside-list.ts'
import { fact } from '../policy-words.ts'
import { agentsAmong, connectionFilter } from '../wording.ts'

/** Agents and servers watched; further ones are not told. */
const WATCHED_MAX = 1 << 16
/** Heartbeats after which a client that moved uses its new location's list (domain 7.3, S1-06: normal is
 * one or two). */
const HEARTBEATS = 3

interface Stray {
  /** Since when it goes on, and the latest sign of it. */
  first: OutsideList
  last: OutsideList
  isTold: boolean
}

export const wrongLocation = detector({
  type: 'wrong-location',
  asserts: "An agent goes on using servers of another location: its own location's list does not name them.",
  notThis: [
    'it has just come: for a few heartbeats it may go on with the list of the place that it comes from',
    'its own location names the server, too, at whatever priority',
    'a server of its own location had failed for it shortly before',
    'no location names the server: it is on no list at all',
    'its group has a list of its own, wherever it is',
  ],
  requirements: ['S1-03', 'S1-06', 'S1-08'],
  flows: PROVED,
  parameters: {
    settled: span(
      seconds(900),
      'how long an agent without a known interval may go on (three heartbeats of SEP: 3 x 300 s, article 156653)',
    ),
  },
  watch({ settled }, _world, raise) {
    const strays = new Map<string, Stray>()
    return {
      'outside-list'(event) {
        if (event.elsewhere === null || event.afterFailure) return
        const key = strayKey(event)
        let stray = strays.get(key)
        if (stray === undefined) {
          if (strays.size >= WATCHED_MAX) return
          strays.set(key, (stray = { first: event, last: event, isTold: false }))
        }
        const span = settledAfter(event, settled)
        // Who was elsewhere meanwhile has come anew.
        if (event.sighting !== stray.last.sighting && event.at - stray.last.at > span) stray.first = event
        stray.last = event
        const { first } = stray
        if (stray.isTold || event.at - first.at <= span) return
        stray.isTold = true
        const requirements = ['S1-03']
        raise(strayFinding(event, { type: 'wrong-location', at: first.at, confidence: 0.85, requirements }))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const [contacted, list, order, listedFor] = ['contacted', 'list', 'order', 'listedFor'].map((name) =>
      fact(first, name),
    )
    const agents = agentsAmong(findings)
    return {
      title: `Agents use ${contacted} of location ${listedFor}, where they are not`,
      summary: `${counted(agents, 'agent')} used ${contacted}, a server of location ${listedFor}, which is not on ${list} (${order}), where they are.`,
      remedy: `See by which criteria these agents tell where they are, and whether the networks of the locations are stated rightly.`,
      filter: connectionFilter(findings),
      details: { contacted, list, order, listedFor },
    }
  },
})

function settledAfter({ service }: OutsideList, otherwise: Micros): Micros {
  const interval = contactInterval(service)
  return interval === null ? otherwise : HEARTBEATS * interval
}
