/** An agent tried to check in as often as its product does, and reached nobody. */
import type { AttemptFailed, World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import type { Service } from '../../model/party.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import { toSeconds } from '../../model/time.ts'
import { counted, detector, evidence, PROVED, spoken, times } from '../detector.ts'
import { allOf, named, requirementsFor, triedPacket } from '../policy-words.ts'
import { agentsAmong, connectionFilter, packets } from '../wording.ts'
import { listed } from '../../model/listed.ts'

const REQUIREMENTS = { 'mcafee-epo': ['S4-10', 'S4-20'], 'symantec-sepm': ['S1-18'], generic: [] }

/** Runs of tries that were told: the others of one outage fare alike. */
const TOLD_MAX = 1 << 16

export const checkinRetriesExhausted = detector({
  type: 'checkin-retries-exhausted',
  asserts:
    'An agent tried all servers that it knows, as often as its product does or for several intervals, and reached none.',
  notThis: [
    'it reached a server in between',
    'a server that it did not try was well: that is a missing failover',
    'it has not tried for long enough, nor often enough',
    'it has not tried all servers of its list yet',
  ],
  requirements: allOf(REQUIREMENTS),
  flows: PROVED,
  parameters: {
    roundsEpo: {
      value: 18,
      unit: 'count',
      meaning:
        'tries of an ePO agent at each server: by address, full name and short name, six rounds (MA 4.8 guide)',
    },
    intervals: {
      value: 3,
      unit: 'count',
      meaning:
        'intervals over which an agent of another product tries (domain 7.3, S1-01: none in 3 heartbeats)',
    },
    attemptsMin: { value: 3, unit: 'count', meaning: 'tries in a row: fewer are an accident' },
  },
  watch({ roundsEpo, intervals, attemptsMin }, world, raise) {
    const told = new Set<string>()
    const isExhausted = ({ server: { service }, failure, run }: AttemptFailed): boolean => {
      if (service.profile === 'mcafee-epo' && run.attempts >= roundsEpo * run.servers.length) return true
      const interval = service.configured?.checkIn ?? PROFILES[service.profile].checkIn
      return (
        interval !== null && run.attempts >= attemptsMin && failure.at - run.since >= intervals * interval
      )
    }
    return {
      'attempt-failed'(event) {
        const { agent, server, run, alternative } = event
        if (alternative !== null || !isExhausted(event) || !hasTriedAll(event, world)) return
        const key = `${agent.id}|${server.service.name}|${run.since}`
        if (told.has(key) || told.size >= TOLD_MAX) return
        told.add(key)
        raise(finding(event))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = agentsAmong(findings)
    const longest = Math.max(...findings.map((f) => Number(f.details['seconds'])))
    const most = Math.max(...findings.map((f) => Number(f.details['attempts'])))
    const servers = listed(first.details['servers'] as readonly string[])
    return {
      title: `${counted(agents, 'agent')} of ${first.service} reached no server`,
      summary: `${counted(agents, 'agent')} tried ${servers} up to ${times(most)} within ${spoken(longest * 1e6)}, and reached none. Until the next regular check-in they have no contact.`,
      remedy: `See whether ${servers} can be reached from these agents (routes, firewalls, names), and whether they serve others; give the agents a list with further servers.`,
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

/** All that the agent's list, or else the service, names. */
function hasTriedAll({ agent, server, failure, run }: AttemptFailed, world: World): boolean {
  const { service } = server
  const list = world.preferenceOf(agent, service, failure.by)?.flat() ?? namesOf(service)
  return list.every((name) => run.servers.includes(name))
}

/** Behind a virtual address the agent knows that alone. */
const namesOf = ({ configured }: Service): readonly string[] =>
  configured === null || configured.vips.length > 0 ? [] : configured.servers.map(({ name }) => name)

function finding({ agent, server, failure, run }: AttemptFailed): Finding {
  const { service } = server
  return {
    type: 'checkin-retries-exhausted',
    severity: 'critical',
    at: failure.at,
    tap: failure.tap,
    agent: { id: agent.id, address: failure.by },
    server: named(server),
    service: service.name,
    connection: null,
    tuple: null,
    actor: { role: 'unknown', address: null, confidence: 0.5 },
    manner: null,
    confidence: 0.85,
    details: {
      attempts: run.attempts,
      servers: run.servers,
      seconds: Math.round(toSeconds(failure.at - run.since) * 100) / 100,
      failure: failure.manner,
    },
    evidence: packets(...evidence(triedPacket(failure))),
    cause: service.name,
    requirements: requirementsFor(service, REQUIREMENTS),
  }
}
