/** Responses take another way than requests: past the device that has to see both. */
import { packetOf } from '../../model/packet.ts'
import { detector, evidence, suggested } from '../detector.ts'
import { about, connectionFilter, packets } from '../wording.ts'

export const returnPathBypass = detector({
  type: 'return-path-bypass',
  asserts: 'Responses of a server reach its clients without passing where the requests pass.',
  notThis: [
    'a server that does not answer',
    'a capture of one direction only',
    'one connection among many: a capture that missed it',
    'a service without a load balancer',
    'the hardware address of several routers, or of a cloud, which says nothing of the way',
  ],
  requirements: ['S0-16', 'S0-18'],
  flows: suggested('on which way each packet came back'),
  parameters: {},
  watch(_values, _world, raise) {
    return {
      'return-bypassed'({ sighting, elsewhere, oneWay, twoWay, stations }) {
        const { start, startPacket } = sighting
        const note =
          stations === null
            ? 'requests pass here, and no response'
            : `requests come from ${stations.asked}, and are answered to ${stations.answered}`
        raise({
          type: 'return-path-bypass',
          severity: 'warning',
          at: start,
          ...about(sighting),
          actor: { role: 'unknown', address: null, confidence: 0.3 },
          manner: null,
          confidence: elsewhere === null && stations === null ? 0.7 : 0.9,
          details: {
            oneWayConnections: oneWay,
            twoWayConnections: twoWay,
            seenElsewhere: elsewhere?.tap ?? null,
            ...(stations === null ? {} : { requestsFrom: stations.asked, responsesTo: stations.answered }),
          },
          evidence: packets(
            ...evidence(
              { ...packetOf(sighting, startPacket, start), note },
              elsewhere === null ? null : { ...elsewhere.packet, note: 'both directions pass here' },
            ),
          ),
          cause: `${sighting.service.name}|${sighting.responder.address}`,
          requirements: ['S0-16', 'S0-18'],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { oneWayConnections, twoWayConnections, requestsFrom, responsesTo } =
      first.details as unknown as Details
    const to = first.tuple?.[1].address ?? 'the server'
    return {
      title: `Responses of ${first.service ?? 'the service'} take another way than requests`,
      summary:
        requestsFrom === undefined
          ? `${oneWayConnections} connections or more to ${to} were answered, but no answer passed here, while ${twoWayConnections} others showed both directions.`
          : `${oneWayConnections} connections or more came to ${to} from the hardware address of the load balancer, ${requestsFrom}, and were answered to another one, ${responsesTo}.`,
      remedy:
        'Make the load balancer the servers’ gateway towards agents, or let it use its own address towards them; if direct server return is meant, capture both ways.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

interface Details {
  readonly oneWayConnections: number
  readonly twoWayConnections: number
  readonly requestsFrom?: string
  readonly responsesTo?: string
}
