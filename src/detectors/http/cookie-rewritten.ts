/** A relay changed a cookie of the application, on its way to the client or back. */
import { listed } from '../../model/listed.ts'
import type { Severity } from '../../model/incident.ts'
import { deviceName } from '../../model/device-name.ts'
import type { Alteration, CookieAltered } from '../../model/web.ts'
import { detector, times, unseen } from '../detector.ts'
import { byDirection, clockText, relayFinding } from '../relay-finding.ts'
import { shortName } from '../../model/short-name.ts'
import { connectionFilter } from '../wording.ts'

export const cookieRewritten = detector({
  type: 'cookie-rewritten',
  asserts: 'A cookie of the application differs on the two sides of a relay.',
  notThis: [
    'a cookie that the relay adds under a name of its own',
    'the server’s name before the value, as prefix mode writes it: the remedy for strict clients',
    'a cookie of another load balancer behind',
    'a cookie that the relay does not pass back to the server: its own',
  ],
  requirements: ['S2-10'],
  flows: unseen('cookies'),
  parameters: {},
  watch(_values, world, raise) {
    return {
      'relay-altered'(event) {
        for (const alterations of byDirection(event.alterations, isCookie)) {
          const cookies = alterations.map(({ name, manner }) => ({ name, manner }))
          raise(
            relayFinding('cookie-rewritten', event, {
              severity: severityOf(alterations),
              details: { cookies },
              alterations,
              requirements: ['S2-10'],
              world,
            }),
          )
        }
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const cookies = findings.flatMap((f) => f.details['cookies'] as readonly { readonly name: string }[])
    const names = listed([...new Set(cookies.map(({ name }) => shortName(name)))])
    return {
      title: `Cookies of the application are rewritten: ${names}`,
      summary: `${deviceName(first.actor)} changed ${names} of ${first.service ?? 'the service'} ${times(findings.length)}.${clockText(findings)}`,
      remedy:
        'Let the proxy pass cookies of the application as they are; where the load balancer needs one, give it a name of its own, or let it put a prefix before the value.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

/** Protection that was added harms nobody. */
const severityOf = (alterations: readonly CookieAltered[]): Severity =>
  alterations.every(({ manner }) => manner === 'hardened') ? 'info' : 'warning'

const isCookie = (alteration: Alteration): alteration is CookieAltered =>
  alteration.what === 'set_cookie' || alteration.what === 'request_cookie'
