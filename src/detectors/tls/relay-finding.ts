/** What findings on a relay's treatment of TLS have in common. */
import type { World } from '../../model/event.ts'
import type { Actor, EvidencePacket, Finding } from '../../model/incident.ts'
import { endpointText, packetOf } from '../../model/packet.ts'
import { relayAddress } from '../../model/party.ts'
import type { TlsRelayed } from '../../model/tls-events.ts'
import { packets } from '../wording.ts'

/** A finding about all agents of a relay: it does the same with each. */
export const relayedFinding = (
  event: TlsRelayed,
  world: World,
): Pick<
  Finding,
  'at' | 'tap' | 'agent' | 'server' | 'service' | 'connection' | 'tuple' | 'actor' | 'manner' | 'evidence'
> => {
  const { front, at } = event
  return {
    at,
    tap: front.tap,
    agent: null,
    server: null,
    service: front.service.name,
    connection: front.connection,
    tuple: [front.originator, front.responder],
    actor: relayOf(event, world),
    manner: null,
    evidence: packets(...bothLegs(event)),
  }
}

export const relayKey = ({ front: { service, responder } }: TlsRelayed): string =>
  `${service.name}|${endpointText(responder)}`

function relayOf({ front, back }: TlsRelayed, world: World): Actor {
  const role = world.roleOf(front.responder.address) ?? world.roleOf(relayAddress(back))
  const isStated = role === 'load-balancer' || role === 'reverse-proxy'
  return {
    role: isStated ? role : 'middlebox',
    address: front.responder.address,
    confidence: isStated ? 0.97 : 0.85,
  }
}

function bothLegs({ front, back, hello, backHello, outcome }: TlsRelayed): EvidencePacket[] {
  const told = (random: string | undefined): string => `ClientHello ${random?.slice(0, 16) ?? ''}`
  const legs: EvidencePacket[] = [
    { ...packetOf(front, hello.client!.packet, hello.client!.time), note: told(hello.client?.random) },
  ]
  if (backHello !== null)
    legs.push({
      ...packetOf(back, backHello.client!.packet, backHello.client!.time),
      note: `${told(backHello.client?.random)} to the server`,
    })
  else if (outcome === 'offloaded')
    legs.push({ ...packetOf(back, back.startPacket, back.start), note: 'in clear to the server' })
  return legs
}
