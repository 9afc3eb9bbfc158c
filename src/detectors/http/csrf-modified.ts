/** A relay changed the token that protects a web session against forged requests. */
import { listed } from '../../model/listed.ts'
import { deviceName } from '../../model/device-name.ts'
import type { Alteration, TokenAltered } from '../../model/web.ts'
import { detector, times, unseen } from '../detector.ts'
import { byDirection, clockText, relayFinding } from '../relay-finding.ts'
import { shortName } from '../../model/short-name.ts'
import { connectionFilter } from '../wording.ts'

export const csrfModified = detector({
  type: 'csrf-modified',
  asserts: 'A token against forged requests differs on the two sides of a relay.',
  notThis: [
    'two tabs, two logins: another page has another token',
    'a token that the server itself gave anew',
    'a change elsewhere in the page',
  ],
  requirements: ['S2-10', 'S2-14'],
  flows: unseen('what pages hold'),
  parameters: {},
  watch(_values, world, raise) {
    return {
      'relay-altered'(event) {
        for (const alterations of byDirection(event.alterations, isToken)) {
          const [{ field, originalHash, seenHash, originalLength, seenLength }] = alterations
          raise(
            relayFinding('csrf-modified', event, {
              severity: 'warning',
              details: { field, originalHash, seenHash, originalLength, seenLength },
              alterations,
              requirements: ['S2-10', 'S2-14'],
              world,
            }),
          )
        }
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const fields = listed([...new Set(findings.map((f) => shortName(String(f.details['field']))))])
    return {
      title: 'Tokens against forged requests are modified on their way',
      summary: `${deviceName(first.actor)} changed ${fields} of ${first.service ?? 'the service'} ${times(findings.length)}: the server ends a session whose token is not the one that it gave.${clockText(findings)}`,
      remedy: 'Switch off whatever rewrites forms and header lines on the proxy for this service.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

const isToken = (alteration: Alteration): alteration is TokenAltered =>
  alteration.what === 'csrf_token' || alteration.what === 'csrf_header'
