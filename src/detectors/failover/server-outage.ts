/** A server served nobody for a while. One incident for each server and outage; those who met it are its
 * occurrences. */
import type { Outage, OutageMet, World } from '../../model/event.ts'
import type { Actor, Finding } from '../../model/incident.ts'
import { isoTime, momentText, toSeconds } from '../../model/time.ts'
import { counted, detector, PROVED, spoken, times } from '../detector.ts'
import { allOf, fact, named, requirementsFor, triedPacket } from '../policy-words.ts'
import { connectionFilter, packets } from '../wording.ts'
import { listed } from '../../model/listed.ts'

const REQUIREMENTS = {
  'symantec-dlp': ['S0-08', 'X-04'],
  'symantec-dlp-12.5': ['S0-08', 'X-04'],
  'symantec-sepm': ['S1-01', 'X-04'],
  'symantec-sems': ['S2-01', 'X-04'],
  'mcafee-epo': ['S4-10', 'X-04'],
  generic: ['S0-08'],
}

export const serverOutage = detector({
  type: 'server-outage',
  asserts: 'A server served nobody for a while: all who tried failed, or all who used to come stayed away.',
  notThis: [
    'one agent alone failed there: its own path may be at fault',
    'others were served in between',
    'nobody tried: a server that is taken out of service in an orderly way is missed by none',
    'a virtual address that refuses: that is its load balancer',
    'an address that nobody was ever seen to be served at',
    'a few seconds in which nobody answered: a SYN that is sent again gets through',
  ],
  requirements: allOf(REQUIREMENTS),
  flows: PROVED,
  parameters: {},
  watch(_values, world, raise) {
    return { 'outage-met': (event) => raise(finding(event, world)) }
  },
  describe(findings, world) {
    const first = findings[0]
    const name = first.server?.name ?? 'A server'
    const outage = outageOf(findings, `${first.service}/${name}`, world)
    const agents = new Set(findings.flatMap((f) => f.agent?.id ?? [])).size
    const relays = findings.some((f) => f.agent === null)
    const met = [agents > 0 ? counted(agents, 'agent') : null, relays ? 'its load balancer' : null]
    return {
      title: `${name} was out`,
      summary: `${windowWords(name, outage)} Met by ${listed(met.filter((word) => word !== null))}${attemptWords(outage)}: ${fact(first, 'failure')}.`,
      remedy: `Look at ${name} at that time: whether it was restarted, its service stopped, or the way to it cut.`,
      filter: connectionFilter(findings),
      details: {
        start: outage === null ? isoTime(first.at) : isoTime(outage.from),
        end: outage?.until == null ? null : isoTime(outage.until),
        seconds: outage?.until == null ? null : toSeconds(outage.until - outage.from),
        attempts: outage?.attempts ?? findings.length,
      },
    }
  },
})

/** A try that is told late may have begun before the first that was told. */
function outageOf(findings: readonly Finding[], server: string, world: World): Outage | null {
  for (const { at } of findings) {
    const outage = world.outageAt(server, at)
    if (outage !== null) return outage
  }
  return null
}

function finding({ outage, agent, failure }: OutageMet, world: World): Finding {
  const { server } = outage
  const relay = agent === null ? failure.by : null
  return {
    type: 'server-outage',
    severity: 'info',
    at: failure.at,
    tap: failure.tap,
    agent: agent === null || !agent.nameable ? null : { id: agent.id, address: failure.by },
    server: named(server),
    service: server.service.name,
    connection: null,
    tuple: null,
    actor: actorOf(outage),
    manner: outage.manner === 'refused' ? 'rst' : outage.manner === 'unanswered' ? 'silent' : null,
    confidence: outage.isInferred ? 0.6 : 0.9,
    details: {
      failure: failure.what,
      start: isoTime(outage.from),
      relay: relay === null ? null : { address: relay, role: world.roleOf(relay) },
    },
    evidence: packets(triedPacket(failure)),
    cause: `${server.id}|${outage.from}`,
    requirements: requirementsFor(server.service, REQUIREMENTS),
  }
}

/** Who refuses speaks; what nobody answers may have been lost on the way. */
const actorOf = ({ server, manner }: Outage): Actor =>
  manner === 'unanswered'
    ? { role: 'unknown', address: null, confidence: 0.5 }
    : { role: 'server', address: server.address, confidence: 0.85 }

function windowWords(name: string, outage: Outage | null): string {
  if (outage === null) return `${name} served nobody for a while.`
  if (outage.until === null) return `${name} served nobody from ${momentText(outage.from)} to the end.`
  return `${name} served nobody for ${spoken(outage.until - outage.from)}, from ${momentText(outage.from)} on.`
}

const attemptWords = (outage: Outage | null): string =>
  outage === null || outage.attempts === 0 ? '' : `, who tried ${times(outage.attempts)}`
