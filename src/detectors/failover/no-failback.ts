/** An agent stays where it failed over to, although the server that it prefers is back. */
import { counted, detector, PROVED } from '../detector.ts'
import { belowFinding } from '../below-preference.ts'
import { allOf, fact, requirementsFor } from '../policy-words.ts'
import { agentsAmong, connectionFilter } from '../wording.ts'

const REQUIREMENTS = {
  'symantec-sepm': ['S1-02'],
  'mcafee-epo': ['S4-16'],
  'symantec-sems': ['S2-51'],
  generic: ['S1-02'],
}

export const noFailback = detector({
  type: 'no-failback',
  asserts:
    'After a failover an agent stayed at its substitute for longer than its failback delay, while the server that it prefers served others.',
  notThis: [
    'the agent returned in time',
    'the server that it prefers has failed again meanwhile, for whomever',
    'nobody shows that the server that it prefers is well',
    'agents of this service need not return by themselves',
    'it was there from the beginning: how it came there is not known',
  ],
  requirements: allOf(REQUIREMENTS),
  flows: PROVED,
  parameters: {},
  watch(_values, world, raise) {
    return {
      'below-preference'(event) {
        if (event.arrivedBy !== 'failover') return
        const requirements = requirementsFor(event.server.service, REQUIREMENTS)
        raise(
          belowFinding(event, { type: 'no-failback', at: event.at, confidence: 0.9, requirements }, world),
        )
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const [preferredServer, order] = ['preferredServer', 'order'].map((name) => fact(first, name))
    const agents = agentsAmong(findings)
    return {
      title: `Agents of ${first.service} do not return to ${preferredServer}`,
      summary: `${counted(agents, 'agent')} stayed at ${first.server?.name} after a failover, although ${preferredServer} serves others again. The order is ${order}.`,
      remedy: `Restart the agents' service or push the list again, and see what keeps them: a cached last server (SEP: UseLastServer), or a load balancer without preemption.`,
      filter: connectionFilter(findings),
      details: { preferredServer, order },
    }
  },
})
