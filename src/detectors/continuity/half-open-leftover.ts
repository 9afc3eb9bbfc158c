/** A server still holds the connection of an agent that has gone to another server. */
import { isOfThisSegment } from '../../model/hop-limit.ts'
import { packetOf } from '../../model/packet.ts'
import type { Path } from '../../model/party.ts'
import { isRecordReference } from '../../model/record-reference.ts'
import { isoTime } from '../../model/time.ts'
import { counted, detector, evidence, suggested } from '../detector.ts'
import { standsForMany } from '../many.ts'
import { about, connectionFilter, packets } from '../wording.ts'

export const halfOpenLeftover = detector({
  type: 'half-open-leftover',
  asserts: 'The old server keeps a connection that its agent has left: half closed, or answered by nobody.',
  notThis: [
    'both sides closed the old connection',
    'the agent is still using it',
    'the agent came back to the same server',
    'an address that stands for several agents: another one is at the other server',
    'a product that polls: a FIN that this tap missed would look the same, and no connection is meant to last',
    "the tap is not on the server's segment: what the server said last may not have come this far",
  ],
  requirements: ['S0-11'],
  flows: suggested('what the server’s last packets are: probes, or data that was lost'),
  parameters: {},
  watch(_values, world, raise) {
    const told = new WeakSet<Path>()
    return {
      'left-open'({ sighting, elsewhere, at }) {
        const probes = sighting.ending?.unanswered[1] ?? null
        const lasting = sighting.service.style === 'persistent' || probes !== null
        const usual = sighting.ending?.summary?.halves[1].hopLimit
        const hopLimit = sighting.responderHopLimit ?? probes?.hopLimit ?? usual ?? null
        // Flow records hold no hop limit; that the server asks, and nobody answers, they show.
        const shown = isRecordReference(sighting.startPacket) ? probes !== null : isOfThisSegment(hopLimit)
        if (!lasting || told.has(sighting.path) || !shown || standsForMany(elsewhere, world)) return
        told.add(sighting.path)
        const fin = sighting.ending?.finished[0] ?? null
        raise({
          type: 'half-open-leftover',
          severity: 'warning',
          at,
          ...about(sighting),
          actor: { role: 'server', address: sighting.server?.address ?? null, confidence: 0.8 },
          manner: null,
          confidence: 0.85,
          details: { since: isoTime(fin?.time ?? probes?.since ?? at), probes: probes?.count ?? 0 },
          evidence: packets(
            ...evidence(
              fin === null
                ? null
                : {
                    ...packetOf(sighting, fin.packet, fin.time),
                    note: "the agent's FIN; the server never sends its own",
                  },
              probes === null
                ? null
                : {
                    ...packetOf(sighting, probes.packet, probes.time),
                    note: `${counted(probes.count, 'probe')} of the server, unanswered`,
                  },
              {
                ...packetOf(elsewhere.sighting, elsewhere.packet, elsewhere.at),
                note: `meanwhile the agent is at ${elsewhere.server.name}`,
              },
            ),
          ),
          cause: `${sighting.service.name}|${sighting.server?.name ?? ''}`,
          requirements: ['S0-11'],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const name = first.server?.name ?? 'The server'
    return {
      title: `${name} holds connections of agents that have left`,
      summary: `${counted(findings.length, 'connection')} to ${name} stayed open there after ${findings.length === 1 ? 'its agent' : 'their agents'} had gone to another server: the resources of ${name} are not released until its own timers fire.`,
      remedy: findings.every(({ details }) => details['probes'] !== 0)
        ? `Nobody told ${name} that the agents are gone: keep the path from severing connections. Its keep-alive probes find nobody; fewer of them, or at shorter intervals, end such connections sooner.`
        : `Let ${name} close when the agent does, and set TCP keep-alive on its sockets so that dead peers are noticed within minutes.`,
      filter: connectionFilter(findings),
      details: { since: first.details['since'], probes: first.details['probes'] },
    }
  },
})
