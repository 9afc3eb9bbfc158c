/** What the detectors that compare both sides of a relay share: the finding's facts, and who changed it. */
import type { World } from '../model/event.ts'
import { packetOf } from '../model/packet.ts'
import type { Actor, Details, EvidencePacket, Finding, Severity } from '../model/incident.ts'
import { SECOND, toSeconds } from '../model/time.ts'
import { relayAddress } from '../model/party.ts'
import type { Alteration, RelayAltered } from '../model/web.ts'
import { spoken } from './detector.ts'
import { agentOf, about, packets, serverOf } from './wording.ts'

interface RelayVerdict {
  readonly severity: Severity
  readonly details: Details
  /** The changes that it is about, all of one direction. */
  readonly alterations: readonly [Alteration, ...Alteration[]]
  readonly requirements: readonly string[]
  readonly world: World
}

/** The finding of a change, at the message that the client's side saw. */
export function relayFinding(type: Finding['type'], event: RelayAltered, verdict: RelayVerdict): Finding {
  const { front, back, pairedBy, clock } = event
  const { direction, what } = verdict.alterations[0]
  const seen = direction === 'request' ? front.transaction.request! : front.transaction.response!
  return {
    type,
    severity: verdict.severity,
    at: seen.time,
    ...about(front.sighting),
    agent: agentOf(front.sighting),
    server: serverOf(back.sighting),
    actor: relayOf(event, verdict.world),
    manner: null,
    confidence: pairedBy.startsWith('nothing') ? 0.8 : 0.97,
    details: {
      what,
      direction,
      request: front.transaction.request?.target ?? null,
      status: front.transaction.response?.status ?? null,
      ...verdict.details,
      pairedBy,
      clockOffsetSeconds: clock === null ? null : toSeconds(clock.offset),
      clockResidualSeconds: clock === null ? null : toSeconds(clock.residual),
    },
    evidence: packets(...bothSides(event, direction)),
    cause: `${front.sighting.service.name}|${verdict.world.deviceOf(relayAddress(back.sighting))}|${direction}`,
    requirements: verdict.requirements,
  }
}

/** Alterations by direction: a request and its response are two messages. */
export function byDirection<A extends Alteration>(
  all: readonly Alteration[],
  is: (alteration: Alteration) => alteration is A,
): readonly (readonly [A, ...A[]])[] {
  const own = all.filter(is)
  return (['request', 'response'] as const)
    .map((direction) => own.filter((a) => a.direction === direction))
    .filter((list): list is [A, ...A[]] => list.length > 0)
}

function bothSides({ front, back }: RelayAltered, direction: Alteration['direction']): EvidencePacket[] {
  const [sent, received] = direction === 'request' ? [front, back] : [back, front]
  return [
    { side: sent, note: `the ${direction} as it was sent` },
    { side: received, note: `the ${direction} as it arrived` },
  ].map(({ side: { sighting, transaction }, note }) => {
    const { packet, time } = direction === 'request' ? transaction.request! : transaction.response!
    return { ...packetOf(sighting, packet, time), note }
  })
}

/** Both sides of it were seen: it is the device, and what passes on HTTP is a proxy, whatever else it is. */
function relayOf({ back }: RelayAltered, world: World): Actor {
  const address = relayAddress(back.sighting)
  const role = world.roleOf(address)
  const isNamed = role === 'load-balancer' || role === 'reverse-proxy'
  return { role: isNamed ? role : 'reverse-proxy', address, confidence: 0.97 }
}

/** What the comparison of two taps rests on, in a sentence; empty where one tap saw both. */
export function clockText(findings: readonly Finding[]): string {
  const offset = findings.at(-1)!.details['clockOffsetSeconds']
  const residual = findings.at(-1)!.details['clockResidualSeconds']
  if (typeof offset !== 'number' || typeof residual !== 'number') return ''
  const within = spoken(residual * SECOND)
  if (Math.abs(offset) <= residual) return ` The clocks of the two taps agree to within ${within}.`
  return ` The clocks of the two taps are ${spoken(Math.abs(offset) * SECOND)} apart (to within ${within}), which was taken into account.`
}
