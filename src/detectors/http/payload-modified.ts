/** A relay changed the body of a request or a response. */
import { deviceName } from '../../model/device-name.ts'
import type { Alteration, BodyAltered } from '../../model/web.ts'
import { detector, times, unseen } from '../detector.ts'
import { byDirection, clockText, relayFinding } from '../relay-finding.ts'
import { connectionFilter } from '../wording.ts'

export const payloadModified = detector({
  type: 'payload-modified',
  asserts: 'The body of a message differs on the two sides of a relay.',
  notThis: [
    'another coding of the same body: chunks, compression',
    'header lines that relays add: Via, forwarded addresses, cookies of their own',
    'a token against forged requests, and nothing else: csrf-modified',
    'an answer of the relay itself',
    'a body that was not captured whole',
    'another request for the same',
  ],
  requirements: ['S2-10'],
  flows: unseen('what requests and responses hold'),
  parameters: {},
  watch(_values, world, raise) {
    return {
      'relay-altered'(event) {
        for (const alterations of byDirection(event.alterations, isBody)) {
          const [{ originalBytes, seenBytes, offset, original, seen }] = alterations
          raise(
            relayFinding('payload-modified', event, {
              severity: 'warning',
              details: { originalBytes, seenBytes, offset, original, seen },
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
    const direction = first.details['direction'] === 'request' ? 'requests' : 'responses'
    return {
      title: `Bodies of ${direction} are modified on their way`,
      summary: `${deviceName(first.actor)} changed the body of ${direction} of ${first.service ?? 'the service'} ${times(findings.length)}: what arrived is not what was sent.${clockText(findings)}`,
      remedy:
        'Switch off whatever rewrites content on the proxy (substitutions, link rewriting, injected scripts) for this service: it may filter, not modify.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

const isBody = (alteration: Alteration): alteration is BodyAltered =>
  alteration.what === 'request_body' || alteration.what === 'response_body'
