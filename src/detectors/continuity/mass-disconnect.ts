/** A device or server ended its connections all at once, as a restart does: one event, whatever it hit. */
import { EVERYBODY, type MassEnd } from '../../model/cadence.ts'
import { deviceName } from '../../model/device-name.ts'
import type { World } from '../../model/event.ts'
import type { Actor, ActorRole, Finding } from '../../model/incident.ts'
import type { Service } from '../../model/party.ts'
import { momentText, seconds, toSeconds, type Micros } from '../../model/time.ts'
import { counted, detector, PROVED, spokenHundredths, times } from '../detector.ts'
import { undecided } from '../suspicions.ts'
import { about, momentsFilter, packets } from '../wording.ts'
import { listed } from '../../model/listed.ts'

/** What one device ends, it ends within moments. Agents that leave by the clock do so by clocks of their own,
 * which agree to tens of milliseconds (RFC 5905), and are not equally fast. */
const AT_ONCE: Micros = seconds(0.1)

export const massDisconnect = detector({
  type: 'mass-disconnect',
  asserts:
    'Many connections of agents, or all of those there, were ended at the same moment by one device or server.',
  notThis: [
    'agents that close their own connections',
    'a timer that many connections reached together',
    'a few connections, or a small share of those open',
    'all of a few agents that do not come back: their work is done, or the capture is over',
    'an agent that has several connections',
    'connections that had just begun: agents that poll come and go',
    'browsers, whose connections end when the page is done',
    'agents that leave together, as for an upgrade, where their own side is not captured',
  ],
  requirements: ['S0-04', 'S0-15', 'S1-19', 'X-04'],
  flows: PROVED,
  parameters: {},
  watch(_values, world, raise) {
    return {
      'mass-end'(event) {
        const { service, sighting, first, last, ends, agents, open, servers, manner } = event
        const actor = actorOf(event, world)
        const found: Finding = {
          ...about(sighting),
          type: 'mass-disconnect',
          severity: 'critical',
          at: first.at,
          agent: null,
          connection: null,
          server: event.isServer ? about(sighting).server : null,
          actor,
          manner,
          confidence: 0.9,
          details: {
            connections: ends,
            agents,
            open,
            share: Math.round((ends / open) * 100) / 100,
            seconds: Math.round(toSeconds(last.at - first.at) * 100) / 100,
            servers,
          },
          evidence: packets(
            { ...first, note: 'the first connection that was ended' },
            ...(last.packet === first.packet && last.tap === first.tap
              ? []
              : [{ ...last, note: `the last of ${ends}` }]),
          ),
          cause: `${service.name}|${world.deviceOf(event.address)}`,
          requirements: requirementsOf(service, actor),
        }
        const mayBeAgents = event.isBehindOnly && last.at - first.at > AT_ONCE
        raise(mayBeAgents ? undecided(found, NEEDS_AGENTS) : found)
      },
    }
  },
  describe(findings) {
    const largest = findings.reduce((a, b) =>
      (b.details['connections'] as number) > (a.details['connections'] as number) ? b : a,
    )
    const {
      connections,
      agents,
      open,
      seconds: within,
      servers,
    } = largest.details as Record<string, number> & {
      servers: readonly string[]
    }
    const isSure = findings.some(({ needs }) => needs === undefined)
    return {
      title: `${counted(agents!, 'agent')} of ${largest.service ?? 'the service'} disconnected at once`,
      summary:
        `${actorText(largest.actor)} ended ${connections === open ? 'all' : `${connections} of`} ${open} open connections` +
        `${servers.length === 0 ? '' : ` to ${listed(servers)}`} within ${spokenHundredths(within!)}, at ${momentText(largest.at)}` +
        `${findings.length === 1 ? '' : `; that happened ${times(findings.length)}`}.${isSure ? '' : AGENTS_MAY_HAVE}`,
      remedy:
        'Look for a restart, reload, failover or change of this device or server at that time. Where it was planned, drain it first, so that agents leave one after the other.',
      filter: momentsFilter(findings, ['fin', 'reset']),
      details: largest.details,
    }
  },
})

const NEEDS_AGENTS =
  'a capture on the agents’ side of the same time: whether the agents closed their connections first'
const AGENTS_MAY_HAVE =
  ' Whether it did so by itself, or because all those agents had closed, its side towards the servers does not show.'

const actorText = ({ role, address }: Actor): string =>
  role === 'server' && address === null ? 'The servers' : deviceName({ role, address })

/** Roles of devices that stand between agents and servers. */
const BETWEEN: ReadonlySet<ActorRole> = new Set([
  'load-balancer',
  'reverse-proxy',
  'firewall',
  'nat',
  'middlebox',
])

/** What a device between ends, it severs; a server's own end is none of the path's. */
function requirementsOf({ profile }: Service, { role }: Actor): readonly string[] {
  if (profile === 'generic') return []
  if (!BETWEEN.has(role)) return ['X-04']
  if (profile === 'symantec-sepm') return ['S1-19', 'X-04']
  const isDlp = profile === 'symantec-dlp' || profile === 'symantec-dlp-12.5'
  return isDlp ? ['S0-04', 'S0-15', 'X-04'] : ['X-04']
}

/** Behind a virtual address the load balancer ended them, unless only those of one server of several
 * ended. */
function actorOf(end: MassEnd, world: World): Actor {
  const { leg, address, isServer, isPassedOn, ends, open, servers } = end
  if (isServer) return { role: 'server', address, confidence: 0.8 }
  const role = world.roleOf(address)
  if (leg === 'back')
    return role === 'load-balancer' || role === 'reverse-proxy'
      ? { role, address, confidence: 0.9 }
      : { role: 'middlebox', address, confidence: 0.8 }
  if (isPassedOn) return { role: 'server', address: null, confidence: 0.8 }
  if (servers.length === 1 && ends < EVERYBODY * open)
    return { role: 'unknown', address: null, confidence: 0.5 }
  return {
    role: role === 'reverse-proxy' || role === 'firewall' ? role : 'load-balancer',
    address,
    confidence: ends >= EVERYBODY * open ? 0.85 : 0.7,
  }
}
