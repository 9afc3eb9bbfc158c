/** A web session was taken to another server while it lasted. */
import { openerKey } from '../actors.ts'
import { countedWas, detector, span, unseen } from '../detector.ts'
import { SECOND } from '../../model/time.ts'
import { keepsWebSessions } from '../../model/web.ts'
import { chooser, switchedText, switchFinding } from '../session-switch.ts'
import { connectionFilter } from '../wording.ts'

export const sessionNodeSwitch = detector({
  type: 'session-node-switch',
  asserts: 'A request of a web session reached another server than the session’s own.',
  notThis: [
    'the session was over: logged out, half an hour without requests, the login page again',
    'a new cookie: another session',
    'the session’s server had failed',
    'the other server did not answer, and the session went on at its own',
    'a service of which nobody said that it keeps sessions, unless users who had logged in must do so again',
    'new connections to the same server',
    'a cookie that names another server, where the one before is not seen to serve others: it may have failed',
  ],
  requirements: ['S2-06', 'S2-11', 'S2-28', 'S2-30'],
  flows: unseen('web sessions'),
  parameters: {
    failureWithin: span(
      30 * SECOND,
      'a failure of the session’s server this long before its last request there explains the change',
    ),
  },
  watch({ failureWithin }, world, raise) {
    return {
      'session-switched'(event) {
        const { what, from, at, sighting, symptom } = event
        if (what !== 'server') return
        // A server that only a cookie names is told of where it was seen to be well.
        if (from.server !== null && world.failureOf(from.server, from.packet.at - failureWithin, at) !== null)
          return
        const isStated = keepsWebSessions(sighting.service)
        raise(
          switchFinding('session-node-switch', event, {
            // Who knows only that a user had to log in again does not know that nothing else ended the
            // session.
            severity: symptom === null || !isStated ? 'warning' : 'critical',
            actor: chooser(event, world),
            confidence: from.server === null || !isStated ? 0.85 : from.isBeginning ? 0.98 : 0.95,
            cause: `${sighting.service.name}|${openerKey(sighting, world, 'clients')}`,
            requirements: symptom === null ? ['S2-11', 'S2-30'] : ['S2-11', 'S2-28', 'S2-30'],
          }),
        )
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    return {
      title: `Web sessions of ${first.service ?? 'the service'} change servers`,
      summary: `${countedWas(findings.length, 'web session')} taken to another server while ${findings.length === 1 ? 'it' : 'they'} lasted; the server before was not seen to fail.${switchedText(findings)}`,
      remedy:
        'Set persistence on the load balancer for the whole session: by a cookie of its own, or by source address, and not round robin; only after a logout may a user get another server.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})
