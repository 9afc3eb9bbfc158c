/** What a server relies on itself cannot be reached, or is too far away: the mail server that mail is handed
 * on to, a handler's core server and database. */
import { listed } from '../../model/listed.ts'
import type { NextHopFailing, SlowHop } from '../../model/cluster-events.ts'
import type { Finding } from '../../model/incident.ts'
import { endpointText } from '../../model/packet.ts'
import type { Service } from '../../model/party.ts'
import { toSeconds } from '../../model/time.ts'
import { detector, spoken, suggested } from '../detector.ts'
import { connectionFilter, packets } from '../wording.ts'
import { asEvidence, inWords } from './shortcomings.ts'

export const nextHopDown = detector({
  type: 'next-hop-down',
  asserts:
    'A server could not reach what it relies on itself: its next hop for mail, its core server or database refused it, did not answer, says that it cannot, or answers more slowly than its vendor allows.',
  notThis: [
    'a single refusal, or a SYN that was lost, after which it goes on',
    'a next hop that greets',
    'any other mail server: it is not in the configuration',
    'a database that answers slowly now and then',
    'whoever else turns to a database',
  ],
  requirements: ['S2-16', 'S2-18', 'S4-02'],
  flows: suggested('what the next hop answered, if it did'),
  parameters: {},
  watch(_values, _world, raise) {
    return {
      'next-hop-failing'(event) {
        if (asEvidence(event.failures).length > 0) raise(finding(event))
      },
      'next-hop-slow'(event) {
        if (event.samples.some(({ packet }) => packet > 0)) raise(slowFinding(event))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { nextHop, answer, medianSeconds } = first.details as Record<string, string>
    const from = listed([...new Set(findings.map((f) => String(f.details['from'])))])
    const common = { filter: connectionFilter(findings), details: first.details }
    if (medianSeconds !== undefined)
      return {
        title: `${nextHop} is too far from its handlers`,
        summary: `The database ${nextHop} answers ${from} after ${spoken(Number(medianSeconds) * 1e6)}, by the median of ${String(first.details['connections'])} connections; 10 ms are allowed.`,
        remedy:
          'Put the handler where the database is near: it asks it many times for each agent. Agents far away are served better by a repository of their own.',
        ...common,
      }
    return {
      title: `The next hop ${nextHop} cannot be reached`,
      summary: isEpo(first)
        ? `${from} tried to reach ${nextHop}, without which a handler serves no agent: ${answer}.`
        : `${from} tried to hand mail on to ${nextHop}: ${answer}.`,
      remedy: isEpo(first)
        ? 'See that the core server and its database run, and that no firewall stands between them and the handlers.'
        : 'See that the mail server runs and accepts these servers; until then their own SMTP port does not greet, and checks of it fail.',
      ...common,
    }
  },
})

const isEpo = ({ requirements }: Finding): boolean => requirements.includes('S4-02')

function about(
  service: Service,
  { nextHop, from, name }: Pick<NextHopFailing, 'nextHop' | 'from' | 'name'>,
): Pick<Finding, 'type' | 'severity' | 'agent' | 'server' | 'service' | 'tuple' | 'actor' | 'requirements'> {
  return {
    type: 'next-hop-down',
    severity: 'warning',
    agent: null,
    server: name === null ? null : { name, address: from.address, port: nextHop.port },
    service: service.name,
    tuple: [from, nextHop],
    actor: { role: 'unknown', address: nextHop.address, confidence: 0.6 },
    requirements: service.profile === 'mcafee-epo' ? ['S4-02'] : ['S2-16', 'S2-18'],
  }
}

function finding({ service, nextHop, from, name, failures, attempts }: NextHopFailing): Finding {
  const first = failures[0]!
  return {
    ...about(service, { nextHop, from, name }),
    at: first.at,
    tap: first.tap,
    connection: first.connection,
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
  }
}

function slowFinding({ service, nextHop, from, name, median, samples }: SlowHop): Finding {
  const last = samples.at(-1)!
  return {
    ...about(service, { nextHop, from, name }),
    at: samples[0]!.at,
    tap: last.tap,
    connection: last.connection,
    manner: null,
    confidence: 0.9,
    details: {
      nextHop: endpointText(nextHop),
      from: name ?? from.address,
      medianSeconds: toSeconds(median),
      connections: samples.length,
    },
    evidence: packets(
      ...samples
        .filter(({ packet }) => packet > 0)
        .map(({ tap, packet, at, ends, rtt }) => {
          return { tap, packet, at, ends, note: `answered after ${spoken(rtt)}` }
        }),
    ),
    cause: `${service.name}|${endpointText(nextHop)}|slow`,
  }
}
