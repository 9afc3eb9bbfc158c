/** Address translation gave an agent another outer address than before. */
import type { AddressChanged, World } from '../../model/event.ts'
import { seconds, type Micros } from '../../model/time.ts'
import { counted, detector, evidence } from '../detector.ts'
import { connectionFilter, packets, serverOf } from '../wording.ts'
import type { IdentifiedBy } from '../../model/record.ts'

export const natChange = detector({
  type: 'nat-change',
  asserts: 'The same agent arrives from another outer address, though it did not move itself.',
  notThis: [
    "the agent's own address changed: DHCP, roaming, VPN",
    'many agents behind one address that stays',
    'an identity that is only an address, or a guess',
    'nothing shows that addresses are translated on this path',
  ],
  requirements: ['S0-19'],
  parameters: {},
  watch(_values, world, raise) {
    return {
      'address-changed'(event) {
        const proof = proofOfTranslation(event, world)
        if (!CERTAIN.has(event.agent.identifiedBy) || proof === null) return
        const { agent, sighting, from, to } = event
        raise({
          type: 'nat-change',
          severity: 'warning',
          at: event.at,
          tap: event.tap,
          agent: { id: agent.id, address: to },
          server: serverOf(sighting),
          service: sighting.service.name,
          connection: sighting.connection,
          tuple: [sighting.originator, sighting.responder],
          actor: { role: 'nat', address: null, confidence: proof.confidence },
          manner: null,
          confidence: agent.confidence * proof.confidence,
          details: { from, to, identityEvidence: `${agent.identifiedBy} ${agent.id}`, translation: proof.what },
          evidence: packets(
            ...evidence(
              { tap: event.tap, packet: event.lastPacket, at: event.lastAt, note: `${agent.id} from ${from}` },
              { tap: event.tap, packet: event.packet, at: event.at, note: `${agent.id} from ${to}` },
            ),
          ),
          cause: sighting.service.name,
          requirements: ['S0-19'],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = new Set(findings.map((f) => f.agent?.id)).size
    const addresses = new Set(findings.flatMap((f) => [f.details['from'], f.details['to']])).size
    return {
      title: 'Address translation changes the addresses of agents',
      summary: `${counted(agents, 'agent')} of ${first.service ?? 'the service'} changed ${counted(findings.length, 'time')} among ${counted(addresses, 'outer address')}.`,
      remedy: 'Map each agent, or the whole site, to one outer address statically, and keep the mapping when connections end.',
      filter: connectionFilter(findings),
      details: { from: first.details['from'], to: first.details['to'], identityEvidence: first.details['identityEvidence'] },
    }
  },
})

/** Two agents at one address this close in time share it; later, the address may have been given to another host. */
const SHARED_WITHIN: Micros = seconds(60)

/** Identities that an agent carries with it, whatever its address. */
const CERTAIN: ReadonlySet<IdentifiedBy> = new Set([
  'http-header',
  'url-parameter',
  'cookie',
  'payload-pattern',
  'client-certificate',
])

/** What shows that the address is a translator's, not the agent's own. */
function proofOfTranslation(event: AddressChanged, world: World): { what: string; confidence: number } | null {
  const { agent, from, to, tap } = event
  const elsewhere = agent.addresses.filter((a) => a.tap !== tap && a.end >= event.at)
  if (elsewhere.some((a) => a.address === to)) return null
  if (elsewhere.some((a) => a.start <= event.lastAt)) return { what: 'another tap shows its own address unchanged', confidence: 0.99 }
  if (world.natMapping(from) !== null || world.natMapping(to) !== null) {
    return { what: 'the configuration names the address as translated', confidence: 0.9 }
  }
  const recent = event.lastAt - SHARED_WITHIN
  if (world.agentsAt(tap, from, recent, event.at) > 1 || world.agentsAt(tap, to, recent, event.at) > 1) {
    return { what: 'other agents use the same address at the same time', confidence: 0.8 }
  }
  const back = agent.addresses.filter((a) => a.tap === tap && a.address === to && a.start < event.lastAt)
  return back.length > 0 ? { what: 'it alternates between addresses', confidence: 0.7 } : null
}
