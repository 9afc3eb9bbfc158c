/** A server called an agent: normal, and worth seeing. */
import { counted, detector, PROVED, times } from '../detector.ts'
import { connectionFilter } from '../wording.ts'
import { called, isFailed } from './call.ts'

export const wakeupCall = detector({
  type: 'wakeup-call',
  asserts: 'A server called an agent, so that it checks in at once.',
  notThis: [
    'somebody who is no server asks at that port',
    'a server connects to another port of the agent',
    'the same call at a second tap',
  ],
  requirements: ['S4-11'],
  flows: PROVED,
  parameters: {},
  watch(_values, _world, raise) {
    return {
      woken(event) {
        raise({
          ...called(event),
          type: 'wakeup-call',
          severity: 'info',
          confidence: 0.9,
          requirements: [],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const followed = findings.filter((f) => f.details['followed'] === true).length
    return {
      title: `${counted(findings.length, 'wake-up call')} to agents of ${first.service ?? 'the service'}`,
      summary:
        `${findings.length === 1 ? 'A server called an agent' : `Servers called agents ${times(findings.length)}`}; ` +
        `${followedText(followed, findings.length)} followed by a check-in in time.`,
      remedy: followed === findings.length ? 'None is needed.' : 'See the calls that had no effect.',
      filter: connectionFilter(findings),
      details: { calls: findings.length, followed, failed: findings.filter(isFailed).length },
    }
  },
})

/** `that was`, `all were`, `none of them was`, `2 of them were`. */
function followedText(followed: number, calls: number): string {
  if (calls === 1) return followed === 1 ? 'that was' : 'that was not'
  if (followed === calls) return 'all were'
  return followed === 0 ? 'none of them was' : `${followed} of them ${followed === 1 ? 'was' : 'were'}`
}
