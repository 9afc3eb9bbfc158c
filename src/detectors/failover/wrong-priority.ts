/** An agent uses a server of lower priority although one of a higher priority is well. */
import { counted, detector, PROVED } from '../detector.ts'
import { belowFinding } from '../below-preference.ts'
import { allOf, fact, requirementsFor } from '../policy-words.ts'
import { agentsAmong, connectionFilter } from '../wording.ts'

const REQUIREMENTS = {
  'symantec-sepm': ['S1-14'],
  'mcafee-epo': ['S4-09', 'S4-15'],
  'symantec-sems': ['S2-51'],
  generic: ['S1-14'],
}

export const wrongPriority = detector({
  type: 'wrong-priority',
  asserts:
    'An agent uses a server of lower priority, and has for longer than its failback delay, while one of a higher priority served others all the time.',
  notThis: [
    'it came there because a server failed for it: that it stays is a failback missed',
    'it was seen to leave the better server for no reason: that is a hop, and told as one',
    'it may still return: not for as long as its failback delay has the better server been seen to be well',
    'servers of one priority',
    'another list holds where it is',
    'nobody shows that the better server is well',
  ],
  requirements: allOf(REQUIREMENTS),
  flows: PROVED,
  parameters: {},
  watch(_values, world, raise) {
    return {
      'below-preference'(event) {
        if (event.arrivedBy !== 'unknown' && event.arrivedBy !== 'failback') return
        const requirements = requirementsFor(event.server.service, REQUIREMENTS)
        raise(
          belowFinding(
            event,
            { type: 'wrong-priority', at: event.first.at, confidence: 0.85, requirements },
            world,
          ),
        )
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const [preferredServer, order, list] = ['preferredServer', 'order', 'list'].map((name) =>
      fact(first, name),
    )
    const agents = agentsAmong(findings)
    return {
      title: `Agents use ${first.server?.name} although ${preferredServer} comes first`,
      summary: `${counted(agents, 'agent')} used ${first.server?.name} although ${preferredServer} was well; by ${list} the order is ${order}.`,
      remedy: `See which list these agents were given, and whether their own network reaches ${preferredServer}.`,
      filter: connectionFilter(findings),
      details: { preferredServer, order, list },
    }
  },
})
