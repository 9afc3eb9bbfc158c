/** An agent talks to a server that is on no list of its own. */
import { counted, detector, PROVED } from '../detector.ts'
import { strayFinding, strayKey } from '../outside-list.ts'
import { allOf, fact, requirementsFor } from '../policy-words.ts'
import { agentsAmong, connectionFilter } from '../wording.ts'

const REQUIREMENTS = {
  'symantec-dlp': ['S0-14'],
  'symantec-dlp-12.5': ['S0-14'],
  'symantec-sepm': ['S1-13'],
  'symantec-sems': ['S2-05'],
  'mcafee-epo': ['S4-04', 'S4-08'],
  generic: ['S0-14'],
}
/** Agents and servers told apart; further ones are not told. */
const TOLD_MAX = 1 << 16

export const offListServer = detector({
  type: 'off-list-server',
  asserts: "An agent talks to a server of its product that its group's or location's list does not name.",
  notThis: [
    'the list names it, at whatever priority',
    'a server of its list had failed for the agent shortly before: it may know of one more',
    "another location's list names the server: it follows the wrong list",
    'no list is stated for the agent',
    'a server of another product, or of none that is known',
  ],
  requirements: allOf(REQUIREMENTS),
  flows: PROVED,
  parameters: {},
  watch(_values, _world, raise) {
    const told = new Set<string>()
    return {
      'outside-list'(event) {
        if (event.afterFailure || event.elsewhere !== null) return
        const key = strayKey(event)
        if (told.has(key) || told.size >= TOLD_MAX) return
        told.add(key)
        const requirements = requirementsFor(event.service, REQUIREMENTS)
        const confidence = event.server === null ? 0.8 : 0.95
        raise(strayFinding(event, { type: 'off-list-server', at: event.at, confidence, requirements }))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const [contacted, list, order] = ['contacted', 'list', 'order'].map((name) => fact(first, name))
    const agents = agentsAmong(findings)
    return {
      title: `Agents talk to ${contacted}, which is not on their list`,
      summary: `${counted(agents, 'agent')} talked to ${contacted}, which is not on ${list} (${order}).`,
      remedy: `See which list these agents hold, and bring them the right one; or put ${contacted} on it, if it belongs there.`,
      filter: connectionFilter(findings),
      details: { contacted, list, order },
    }
  },
})
