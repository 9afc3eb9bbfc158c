/** A web session went through another node of the proxies in front of its server. */
import { counted, detector, unseen } from '../detector.ts'
import { chooser, switchedText, switchFinding } from '../session-switch.ts'
import { connectionFilter } from '../wording.ts'

export const proxyNodeSwitch = detector({
  type: 'proxy-node-switch',
  asserts: 'A request of a web session came through another proxy node than the session’s requests before.',
  notThis: [
    'the session was over: logged out, half an hour without requests, the login page again',
    'several addresses of one load balancer',
    'a client whose own address changed',
    'a proxy that is not the service’s',
  ],
  requirements: ['S2-12'],
  flows: unseen('web sessions'),
  parameters: {},
  watch(_values, world, raise) {
    return {
      'session-switched'(event) {
        const { what, sighting } = event
        if (what !== 'proxy') return
        raise(
          switchFinding('proxy-node-switch', event, {
            severity: event.symptom === null ? 'warning' : 'critical',
            actor: chooser(event, world),
            confidence: 0.95,
            cause: sighting.service.name,
            requirements: ['S2-12'],
          }),
        )
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    return {
      title: `Web sessions of ${first.service ?? 'the service'} change proxy nodes`,
      summary: `${counted(findings.length, 'web session')} went through another proxy node while ${findings.length === 1 ? 'it' : 'they'} lasted, ${findings.length === 1 ? '' : 'the first '}from ${String(first.details['previousNode'])} to ${String(first.details['node'])}.${switchedText(findings)}`,
      remedy:
        'Have whatever spreads users over the proxies keep each session on one of them, from the login page to the logout: by a cookie, or by source address.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})
