/** What the two detectors of web sessions that change nodes share: the finding's facts and its words. */
import type { World } from '../model/event.ts'
import type { Actor, Finding, Severity } from '../model/incident.ts'
import { packetOf } from '../model/packet.ts'
import { relayAddress } from '../model/party.ts'
import type { SessionSwitched } from '../model/web.ts'
import { evidence, spoken, times } from './detector.ts'
import { about, agentOf, packets, serverOf } from './wording.ts'

interface SwitchVerdict {
  readonly severity: Severity
  readonly actor: Actor
  readonly confidence: number
  readonly cause: string
  readonly requirements: readonly string[]
}

/** The finding of either detector. A proxy that changes is not the server's doing: none is named. */
export function switchFinding(
  type: Finding['type'],
  event: SessionSwitched,
  verdict: SwitchVerdict,
): Finding {
  const { sighting, front, from, to, at, packet, target, status, symptom, what } = event
  return {
    type,
    severity: verdict.severity,
    at,
    ...about(sighting),
    agent: event.agent === null ? null : agentOf(front ?? sighting, event.agent),
    server: what === 'server' ? serverOf(sighting) : null,
    actor: verdict.actor,
    manner: null,
    confidence: verdict.confidence,
    details: {
      [what === 'server' ? 'previousServer' : 'previousNode']: from.name,
      [what === 'server' ? 'server' : 'node']: to.name,
      request: target,
      cookie: event.cookie,
      session: event.session,
      requestsBefore: event.requestsBefore,
      sameConnection: event.sameConnection,
      status,
      symptom,
    },
    evidence: packets(
      ...evidence(
        {
          ...from.packet,
          note: `${from.isBeginning ? 'the session begins' : 'the session'} at ${from.name}`,
        },
        { ...packetOf(sighting, packet, at), note: `${spoken(at - from.packet.at)} later at ${to.name}` },
      ),
    ),
    cause: verdict.cause,
    requirements: verdict.requirements,
  }
}

/** How often users were told what: of one user several sessions may have changed. */
export function switchedText(findings: readonly Finding[]): string {
  const told = (symptom: string): number => findings.filter((f) => f.details['symptom'] === symptom).length
  const parts = [
    told('login') > 0 ? `had to log in anew ${times(told('login'))}` : null,
    told('error') > 0 ? `met an error ${times(told('error'))}` : null,
  ].filter((part) => part !== null)
  return parts.length === 0 ? '' : ` Users ${parts.join(', and ')}.`
}

/** Who chose: the device that asked the server, if the configuration knows it; else something between. */
export function chooser({ sighting, front, what }: SessionSwitched, world: World): Actor {
  if (what === 'proxy') {
    const isKnown = world.devicesOf('load-balancer').length > 0
    return {
      role: isKnown ? 'load-balancer' : 'middlebox',
      address: front?.responder.address ?? null,
      confidence: isKnown ? 0.8 : 0.6,
    }
  }
  if (sighting.leg !== 'back') return { role: 'unknown', address: null, confidence: 0.3 }
  const address = relayAddress(sighting)
  const role = world.roleOf(address)
  if (role === 'load-balancer' || role === 'reverse-proxy') return { role, address, confidence: 0.95 }
  return { role: 'middlebox', address, confidence: 0.7 }
}
