/** The mail server that mail is handed on to cannot be reached. */
import type { NextHopFailing } from '../../model/cluster-events.ts'
import type { Finding } from '../../model/incident.ts'
import { endpointText } from '../../model/packet.ts'
import { detector, suggested } from '../detector.ts'
import { connectionFilter, packets } from '../wording.ts'
import { asEvidence, inWords } from './shortcomings.ts'

export const nextHopDown = detector({
  type: 'next-hop-down',
  asserts:
    'A server could not hand mail on: its next hop refused it, did not answer, or says that it cannot.',
  notThis: [
    'a single refusal, or a SYN that was lost, after which it goes on',
    'a next hop that greets',
    'any other mail server: it is not in the configuration',
  ],
  requirements: ['S2-16', 'S2-18'],
  flows: suggested('what the next hop answered, if it did'),
  parameters: {},
  watch(_values, _world, raise) {
    return {
      'next-hop-failing'(event) {
        if (asEvidence(event.failures).length > 0) raise(finding(event))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { nextHop, answer } = first.details as Record<string, string>
    const from = [...new Set(findings.map((f) => String(f.details['from'])))]
    return {
      title: `The next hop ${nextHop} cannot be reached`,
      summary: `${from.join(', ')} tried to hand mail on to ${nextHop}: ${answer}.`,
      remedy:
        'See that the mail server runs and accepts these servers; until then their own SMTP port does not greet, and checks of it fail.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function finding({ service, nextHop, from, name, failures, attempts }: NextHopFailing): Finding {
  const first = failures[0]!
  return {
    type: 'next-hop-down',
    severity: 'warning',
    at: first.at,
    tap: first.tap,
    agent: null,
    server: name === null ? null : { name, address: from.address, port: nextHop.port },
    service: service.name,
    connection: first.connection,
    tuple: [from, nextHop],
    actor: { role: 'unknown', address: nextHop.address, confidence: 0.6 },
    manner: first.manner === 'refused' ? 'rst' : first.manner === 'unanswered' ? 'silent' : null,
    confidence: 0.95,
    details: {
      nextHop: endpointText(nextHop),
      from: name ?? from.address,
      failures: failures.length,
      attempts,
      answer: inWords(first),
    },
    evidence: packets(...asEvidence(failures)),
    cause: `${service.name}|${endpointText(nextHop)}`,
    requirements: ['S2-16', 'S2-18'],
  }
}
