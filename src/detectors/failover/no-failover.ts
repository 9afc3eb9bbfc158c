/** An agent keeps trying a server that fails for it, although another one would serve it. */
import type { AttemptFailed } from '../../model/event.ts'
import type { Service } from '../../model/party.ts'
import { contactInterval } from '../../model/policy.ts'
import { isoTime, seconds, toSeconds, type Micros } from '../../model/time.ts'
import { counted, detector, evidence, PROVED, span, spoken } from '../detector.ts'
import { allOf, fact, named, requirementsFor, triedPacket } from '../policy-words.ts'
import { agentsAmong, connectionFilter, packets } from '../wording.ts'

const REQUIREMENTS = {
  'symantec-dlp': ['S0-08'],
  'symantec-dlp-12.5': ['S0-08'],
  'symantec-sepm': ['S1-01'],
  'symantec-sems': ['S2-02', 'S2-20'],
  'mcafee-epo': ['S4-10'],
  generic: ['S0-08'],
}

/** Agents told of: the others of one outage fare alike. */
const TOLD_MAX = 1 << 16

export const noFailover = detector({
  type: 'no-failover',
  asserts:
    'An agent went on trying a server that failed for it, and did not try another one that served others.',
  notThis: [
    'it tried the others, too: they failed for it as well',
    'no other server is known to have been well meanwhile',
    'the product tries its own server for a while before it takes the next one',
    'it reached a server in between',
  ],
  requirements: allOf(REQUIREMENTS),
  flows: PROVED,
  parameters: {
    attemptsMin: {
      value: 3,
      unit: 'count',
      meaning: 'tries in a row that fail: fewer are an accident (domain 7.3, S1-01: none in 3 heartbeats)',
    },
    patience: span(
      seconds(300),
      'how long an agent without a regular interval may go on (starting value; a health check of 30 s that has to fail three times, and as much again, is over by then)',
    ),
    patienceDlp: span(
      seconds(3600),
      'how long a DLP agent tries its own server (DLP 16.1, "About Endpoint Server redundancy")',
    ),
  },
  watch({ attemptsMin, patience, patienceDlp }, _world, raise) {
    const told = new Set<string>()
    return {
      'attempt-failed'(event) {
        const { agent, server, failure, run, alternative } = event
        if (alternative === null || run.attempts < attemptsMin) return
        if (failure.at - run.since < patienceOf(server.service, patience, patienceDlp)) return
        const key = `${agent.id}|${server.service.name}|${run.since}`
        if (told.has(key) || told.size >= TOLD_MAX) return
        told.add(key)
        raise(finding(event, alternative))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = agentsAmong(findings)
    const { server, details } = first
    return {
      title: `Agents of ${first.service} did not fail over from ${server?.name}`,
      summary: `${counted(agents, 'agent')} went on trying ${server?.name} for up to ${spoken(Math.max(...findings.map((f) => Number(f.details['seconds']) * 1e6)))}, although ${fact(first, 'alternative')} served others.`,
      remedy: `Give these agents a list with ${fact(first, 'alternative')} in it, or a name behind a load balancer that leads to servers that are well.`,
      filter: connectionFilter(findings),
      details: { alternative: details['alternative'], attempts: details['attempts'] },
    }
  },
})

/** Three contacts of its own that fail, or as long as the product takes for it. */
function patienceOf(service: Service, otherwise: Micros, dlp: Micros): Micros {
  const { profile } = service
  if (profile === 'symantec-dlp' || profile === 'symantec-dlp-12.5') return dlp
  const interval = contactInterval(service)
  return interval === null ? otherwise : 3 * interval
}

function finding(
  { agent, server, failure, run }: AttemptFailed,
  alternative: NonNullable<AttemptFailed['alternative']>,
) {
  return {
    type: 'no-failover',
    severity: 'critical',
    at: run.since,
    tap: failure.tap,
    agent: agent.nameable ? { id: agent.id, address: failure.by } : null,
    server: named(server),
    service: server.service.name,
    connection: null,
    tuple: null,
    actor: { role: 'agent', address: failure.by, confidence: 0.7 },
    manner: null,
    confidence: agent.confidence * 0.9,
    details: {
      attempts: run.attempts,
      tried: run.servers,
      seconds: toSeconds(failure.at - run.since),
      since: isoTime(run.since),
      failure: failure.what,
      alternative: alternative.server.name,
    },
    evidence: packets(
      ...evidence(triedPacket(failure), {
        ...alternative.proof,
        note: `meanwhile ${alternative.server.name} serves others`,
      }),
    ),
    cause: `${server.id}|${alternative.server.id}`,
    requirements: requirementsFor(server.service, REQUIREMENTS),
  } as const
}
