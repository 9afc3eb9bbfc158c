/** The server itself closed an idle connection, as its own timeout says: normal, and not the network's
 * doing. */
import { packetOf } from '../../model/packet.ts'
import { isAtLeast, type Finding } from '../../model/incident.ts'
import type { Path } from '../../model/party.ts'
import { judge } from '../attribution.ts'
import { silenceDetails, silenceOf, spokenSilence, spokenSilences } from '../silence-length.ts'
import { counted, detector, evidence, suggested } from '../detector.ts'
import { areUnanswered, unansweredDetails, unansweredText } from '../unanswered.ts'
import { loreText } from '../reset-lore.ts'
import { about, connectionFilter, LAST_BEFORE, packets } from '../wording.ts'

export const serverIdleClose = detector({
  type: 'server-idle-close',
  asserts: 'The server closed an idle connection itself.',
  notThis: [
    'a device on the path closed it',
    'the agent closed it',
    'what the agent sends does not pass the tap: it may have closed first',
    'the server restarted and closed all its connections at once',
    'address translation lost its mapping: the server resets what it does not know',
  ],
  requirements: ['S0-01'],
  flows: suggested('what tells the server’s own close from that of a device before it'),
  parameters: {},
  watch(_values, world, raise) {
    const judged = new WeakSet<Path>()
    return {
      // The server was asked under a tuple that it does not know.
      'path-continued'({ before }) {
        if (before !== null) judged.add(before.path)
      },
      'path-ended'(event) {
        if (judged.has(event.path)) return
        const end = judge(event, world)
        if (end === null || end.by !== 'server') return
        judged.add(event.path)
        const { sighting, silence } = end
        raise({
          type: 'server-idle-close',
          severity: 'info',
          at: end.at,
          ...about(sighting),
          actor: end.actor,
          manner: end.manner,
          confidence: end.confidence,
          details: {
            ...silenceDetails(silence),
            ...unansweredDetails(sighting, silence),
            attribution: end.sheet,
          },
          evidence: packets(
            ...evidence(
              {
                ...packetOf(sighting, silence.startPacket, silence.start),
                note: LAST_BEFORE,
              },
              {
                ...(silence.outcome === 'reset' && silence.outcomePacket !== null
                  ? packetOf(sighting, silence.outcomePacket, silence.outcomeAt ?? end.at)
                  : packetOf(sighting, silence.endPacket, silence.end)),
                note: `${end.manner === 'fin' ? 'FIN' : 'RST'} of the server after ${spokenSilence(silence)}`,
              },
            ),
          ),
          cause: `${sighting.service.name}|${sighting.responder.address}`,
          requirements: [],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const gaps = findings.map((f) => f.details['silenceSeconds'] as number)
    const after = spokenSilences(findings)
    const isWaitedFor = areUnanswered(findings)
    return {
      title: `${first.server?.name ?? 'The server'} closes ${isWaitedFor ? 'connections without an answer' : 'idle connections itself'} after ${after}`,
      summary: `${counted(findings.length, 'connection')} ended by the server's own ${mannersText(findings)} after ${after} without a packet.${unansweredText(findings)} ${blameText(first)}${loreText(findings)}`,
      remedy: isWaitedFor
        ? 'Look in the log of the server at that time for what kept it from answering.'
        : `If agents are to stay connected, raise the server's idle timeout above ${Math.ceil(Math.max(...gaps))} s; if they poll, this is as designed.`,
      filter: connectionFilter(findings),
      details: silenceOf(findings.find(({ details }) => !isAtLeast(details)) ?? first),
    }
  },
})

const mannersText = (findings: readonly Finding[]): string =>
  [...new Set(findings.map(({ manner }) => (manner === 'rst' ? 'RST' : 'FIN')))].join(' or ')

/** An address that the configuration does not explain may be a load balancer's. */
function blameText({ server }: Finding): string {
  if (server === null) return "It is when the server's own timeout is due; the load balancer passed it on."
  return server.name.endsWith(`:${server.port}`)
    ? `If ${server.address} is a load balancer's address, the load balancer may have done it: name it in the configuration (vips).`
    : 'No device on the path is to blame.'
}
