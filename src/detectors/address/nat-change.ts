/** Address translation gave an agent another outer address than before. */
import { areNeighbours } from '../../model/address.ts'
import type { OuterAddressChanged } from '../../model/address-event.ts'
import type { AddressChanged, World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import { isNearerServer, type Sighting } from '../../model/party.ts'
import { seconds } from '../../model/time.ts'
import { counted, detector, evidence, PROVED, span, timesAmong } from '../detector.ts'
import { Undecided } from '../undecided.ts'
import { about, agentsAmong, connectionFilter, packets } from '../wording.ts'
import type { IdentifiedBy } from '../../model/record.ts'

export const natChange = detector({
  type: 'nat-change',
  asserts: 'The same agent arrives from another outer address, though it did not move itself.',
  notThis: [
    "the agent's own address changed: DHCP, roaming, VPN",
    'many agents behind one address that stays',
    'an identity that is only an address, or a guess, where no other tap shows that address unchanged',
    'nothing shows that addresses are translated on this path',
    'an inner address that another host may have by now',
    'another way to another server',
  ],
  requirements: ['S0-19'],
  flows: PROVED,
  parameters: {
    keptWithin: span(
      seconds(14_400),
      'whoever comes from an inner address this soon after it was last connected is the same agent: a lease lasts longer',
    ),
  },
  watch({ keptWithin }, world, raise) {
    const judge = (event: AddressChanged, last: boolean): void => {
      if (!CERTAIN.has(event.agent.identifiedBy) && !isSeenUntranslated(event)) return
      const proof = proofOfTranslation(event, world)
      if (proof !== null) raise(finding(event, proof))
      // Of a larger move, the first ones tell.
      else if (!last && mayBeShown(event) && !undecided.isFull) undecided.add(event, event.at)
    }
    const undecided = new Undecided(judge)
    return {
      'address-changed': (event) => judge(event, false),
      'outer-address-changed'(event) {
        if (event.at - event.lastAt <= keptWithin) raise(statedFinding(event))
      },
      'time-passed': ({ at }) => undecided.timePassed(at),
      // The others that share the new address may have come later.
      'captures-ended': () => undecided.ended(),
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = agentsAmong(findings)
    const addresses = new Set(findings.flatMap((f) => [f.details['from'], f.details['to']])).size
    return {
      title: 'Address translation changes the addresses of agents',
      summary: `${counted(agents, 'agent')} of ${first.service ?? 'the service'} came from another outer address than before ${timesAmong(findings.length, agents)}, without having moved; ${counted(addresses, 'address')} took turns.`,
      remedy:
        'Map each agent, or the whole site, to one outer address statically, and keep the mapping when connections end.',
      filter: connectionFilter(findings),
      details: {
        from: first.details['from'],
        to: first.details['to'],
        identityEvidence: first.details['identityEvidence'],
      },
    }
  },
})

interface Proof {
  readonly what: string
  readonly confidence: number
}

function finding({ agent, sighting, from, to, at, packet, last }: AddressChanged, proof: Proof): Finding {
  return {
    type: 'nat-change',
    severity: 'warning',
    at,
    ...about(sighting),
    agent: { id: agent.id, address: to },
    actor: { role: 'nat', address: null, confidence: proof.confidence },
    manner: null,
    confidence: agent.confidence * proof.confidence,
    details: { from, to, identityEvidence: `${agent.identifiedBy} ${agent.id}`, translation: proof.what },
    evidence: packets(
      ...evidence(
        { ...last, note: `${agent.id} from ${from}` },
        { ...packetOf(sighting, packet, at), note: `${agent.id} from ${to}` },
      ),
    ),
    cause: sighting.service.name,
    requirements: ['S0-19'],
  }
}

/** The translator itself says under which address the agent's own one goes on. */
function statedFinding(event: OuterAddressChanged): Finding {
  const { sighting, before, from, to, at, packet, lastPacket, lastToldAt } = event
  const { agent, originator } = sighting
  const inner = originator.address
  return {
    type: 'nat-change',
    severity: 'warning',
    at,
    ...about(sighting),
    agent: { id: agent?.id ?? inner, address: to },
    actor: { role: 'nat', address: null, confidence: 0.99 },
    manner: null,
    confidence: 0.9,
    details: {
      from,
      to,
      identityEvidence: `the agent's own address, ${inner}`,
      translation: 'the translator says so',
    },
    evidence: packets(
      ...evidence(
        { ...packetOf(before, lastPacket, lastToldAt), note: `${inner} goes on as ${from}` },
        { ...packetOf(sighting, packet, at), note: `${inner} goes on as ${to}` },
      ),
    ),
    cause: sighting.service.name,
    requirements: ['S0-19'],
  }
}

/** Identities that an agent carries with it, whatever its address. */
const CERTAIN: ReadonlySet<IdentifiedBy> = new Set([
  'http-header',
  'url-parameter',
  'cookie',
  'payload-pattern',
  'client-certificate',
])

/** Another tap shows both connections under one address: whoever has it is one agent, by whatever name. */
function isSeenUntranslated({ sighting, before }: AddressChanged): boolean {
  const then = before === null ? [] : addressesElsewhere(before)
  return addressesElsewhere(sighting).some((address) => then.includes(address))
}

/** What shows that the address is a translator's, not the agent's own. */
function proofOfTranslation(event: AddressChanged, world: World): Proof | null {
  const { from, to, tap, sighting, before } = event
  if (event.continued) return { what: 'the same connection goes on', confidence: 0.95 }
  // What is translated behind this tap is not yet, here.
  if (isTranslatedBehind(sighting)) return null
  const now = addressesElsewhere(sighting)
  const then = before === null ? [] : addressesElsewhere(before)
  if (now.length > 0 && then.length > 0) {
    return now.some((a) => then.includes(a))
      ? { what: 'another tap shows its own address unchanged', confidence: 0.99 }
      : null
  }
  // Of a network of IPv6 a host takes one address after the other by itself (RFC 8981).
  const ofOneBlock = areNeighbours(from, to)
  if (ofOneBlock && from.includes(':')) return null
  const stated = [from, to].filter((address) => world.natMapping(address) !== null).length
  if (world.areOfOneTranslator(from, to) || (stated === 1 && ofOneBlock)) {
    return { what: 'the configuration names the address as translated', confidence: 0.9 }
  }
  // A host that leaves one site and turns up at another was translated at both. Within one block, it is one
  // translator's pool, unless two are stated.
  if (ofOneBlock && stated === 0 && world.isShared(tap, from) && world.isShared(tap, to)) {
    return { what: 'other agents use the same addresses at the same time', confidence: 0.8 }
  }
  return null
}

/** Others may yet turn up at both addresses; whoever came from another network has moved. */
const mayBeShown = ({ from, to }: AddressChanged): boolean => areNeighbours(from, to)

/** What other taps, on the agent's side of a relay, show as the connection's origin. A tap that is nearer to
 * the server shows less of the agent's own address, not more. */
const addressesElsewhere = (sighting: Sighting): string[] =>
  sameLegs(sighting)
    .filter((other) => !isNearerServer(other, sighting))
    .map(({ originator }) => originator.address)

const isTranslatedBehind = (sighting: Sighting): boolean =>
  sameLegs(sighting).some(
    (other) => isNearerServer(other, sighting) && other.originator.address !== sighting.originator.address,
  )

/** The connection at other taps, on the agent's side of a relay. */
const sameLegs = ({ tap, path }: Sighting): readonly Sighting[] =>
  path.sightings.filter((other) => other.tap !== tap && other.leg !== 'back')
