/** One response sets a cookie of the same name twice. */
import { counted, detector, unseen } from '../detector.ts'
import { cookieFinding, injectedText, repeatedNames, repetition } from '../cookie-finding.ts'
import { connectionFilter } from '../wording.ts'

export const duplicateSetCookie = detector({
  type: 'duplicate-set-cookie',
  asserts:
    'A response carries two Set-Cookie lines of one name (RFC 6265 §4.1.1: should not; its successor: must not).',
  notThis: [
    'a cookie that is deleted and set anew in one response: a common idiom, and harmless',
    'names that differ in case: two cookies',
    'the same name with another path or domain: two cookies, legal',
  ],
  requirements: ['S2-33'],
  flows: unseen('cookies'),
  parameters: {},
  watch(_values, world, raise) {
    return {
      exchange(event) {
        const { sighting, transaction } = event
        if (transaction.response === null || sighting.leg === 'back') return
        const severity = repetition(transaction.response.setCookies, transaction.request?.target ?? null)
        if (severity === null) return
        raise(
          cookieFinding('duplicate-set-cookie', event, {
            severity,
            devices: world.devicesOf('load-balancer'),
          }),
        )
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    return {
      title: `Responses set one cookie twice: ${repeatedNames(first)}`,
      summary: `${counted(findings.length, 'response')} of ${first.service ?? 'the service'} set the same cookie twice; the client keeps the last. ${injectedText(first)}`,
      remedy:
        first.actor.role === 'server'
          ? 'Have the server set the cookie once: its application, or a module in front of it, sets it again.'
          : 'Give the cookie of the load balancer a name of its own, or use persistence by source address.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})
