/** An agent that had lost its connection came back and fetched again what it had been given before. */
import { counted, detector, octets, ratio, spoken, suggested, timesAmong } from '../detector.ts'
import { count } from '../../model/count.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import type { Service, Sighting } from '../../model/party.ts'
import { about, agentsAmong, connectionFilter, packets } from '../wording.ts'
import { mayHaveAnswered } from '../given-up.ts'
import { standsForMany } from '../many.ts'
import { isSeenElsewhere, Losses, silenceBeforeReturn } from '../losses.ts'
import { Suspicions } from '../suspicions.ts'

export const reconnectOverhead = detector({
  type: 'reconnect-overhead',
  asserts: 'After the loss of its connection an agent downloaded far more than it usually does.',
  notThis: [
    'the agent had closed its connection itself',
    'the first connection of an agent',
    'an address that stands for several agents: another one came',
    'what was sent is no more than a handshake takes',
    'it received little at first, and its heartbeats add up',
    'the agent usually receives as much',
    'a browser, or a service of which nothing is known: what is fetched next is whatever is wanted next',
    "it was the agent's host that was gone, asleep or off, or answers that do not pass the tap",
    'a host that failed or restarted: most connections survive such a silence',
  ],
  requirements: ['S0-05', 'S0-10'],
  flows: suggested('what was downloaded: octets alone are not a policy'),
  parameters: {
    leastBytes: octets(
      8192,
      'a TLS handshake with its certificates takes 4 to 6 kB; what is less is no download',
    ),
    timesUsual: ratio(5, 'how many times the usual minute of an agent of this service it must be'),
  },
  watch({ leastBytes, timesUsual }, world, raise) {
    const losses = new Losses()
    const suspicions = new Suspicions(raise)
    return {
      'connections-shared': ({ service, relay }) => suspicions.takeBack(service.name, relay),
      returned({ lost, sighting, bytes, usualBytes, duration }) {
        if (bytes < leastBytes || !isAgents(sighting.service) || isUnproven(lost)) return
        if (standsForMany({ agent: sighting.agent, sighting }, world)) return
        if (usualBytes !== null && bytes < timesUsual * usualBytes) return
        const silence = silenceBeforeReturn(lost, sighting)
        if (silence !== null && !losses.isByTimer(lost, silence, world)) return
        const found: Finding = {
          type: 'reconnect-overhead',
          severity: 'warning',
          at: sighting.start,
          ...about(sighting),
          actor: { role: 'unknown', address: null, confidence: 0.5 },
          manner: null,
          confidence: usualBytes === null ? 0.7 : 0.9,
          details: { bytes, usualBytes, seconds: Math.round(duration / 10_000) / 100 },
          evidence: packets(
            ...[
              {
                ...packetOf(
                  lost,
                  lost.ending?.silence?.endPacket ?? lost.startPacket,
                  lost.ending?.silence?.end ?? lost.start,
                ),
                note: 'the connection that was lost',
              },
              {
                ...packetOf(sighting, sighting.startPacket, sighting.start),
                note: `the agent comes back: ${count(bytes)} octets from the server in ${spoken(duration)}`,
              },
            ].filter((p) => p.packet > 0),
          ),
          cause: sighting.service.name,
          requirements: ['S0-05'],
        }
        // What was lost may have been the agent's own doing, and so what it cost.
        if (silence === null) raise(found)
        else suspicions.add(found, silence, lost)
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const total = findings.reduce((sum, f) => sum + (f.details['bytes'] as number), 0)
    const agents = agentsAmong(findings)
    return {
      title: `Reconnections cost ${Math.round(total / findings.length / 1000)} kB each`,
      summary: `${counted(agents, 'agent')} of ${first.service ?? 'the service'} came back ${timesAmong(findings.length, agents)} after a connection was lost, and downloaded ${Math.round(total / 1000)} kB in all, most of it what had been sent before.`,
      remedy:
        'Keep the connections from being lost (see the severings of the same service): each one costs the whole download again.',
      filter: connectionFilter(findings),
      details: { bytes: total, usualBytes: first.details['usualBytes'], seconds: first.details['seconds'] },
    }
  },
})

/** Agents fetch what they are given; people what they like. */
const isAgents = (service: Service): boolean =>
  service.style !== 'web' && (service.configured !== null || service.profile !== 'generic')

/** The server spoke and nobody answered, or the agent did and answers do not pass the tap; or nobody did. */
function isUnproven(lost: Sighting): boolean {
  const silence = lost.ending?.silence ?? null
  if (silence === null) return isSeenElsewhere(lost)
  return silence.outcome === 'unanswered' && (silence.brokenBy === 1 || mayHaveAnswered(lost, silence))
}
