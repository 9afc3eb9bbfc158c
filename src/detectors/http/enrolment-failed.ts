/** A client was not enrolled: it asks for the same again, or leaves. */
import { packetOf } from '../../model/packet.ts'
import type { Finding } from '../../model/incident.ts'
import { counted, detector, evidence, timesAmong, unseen } from '../detector.ts'
import { about, agentsAmong, connectionFilter, packets } from '../wording.ts'

export const enrolmentFailed = detector({
  type: 'enrolment-failed',
  asserts: 'A client that asked to be enrolled did not get further than that.',
  notThis: [
    'the client went on to something else: it is enrolled',
    'a challenge, or another place to ask: a step of the dialogue',
    'several messages of one dialogue, each another',
    'a client that rests after it was enrolled',
    'the capture ended before the client could go on',
    'a request that is no enrolment',
    'several clients behind one translated address, each of which asks once',
  ],
  requirements: ['S2-33', 'S2-34'],
  flows: unseen('requests and their answers'),
  parameters: {},
  watch(_values, _world, raise) {
    return {
      'enrolment-failed'({ sighting, transaction, how, proof, attempts }) {
        const request = transaction.request!
        const response = transaction.response!
        const names = response.setCookies.map(({ name }) => name)
        const isNew = names.includes('ovidCookie')
        raise({
          type: 'enrolment-failed',
          severity: 'critical',
          at: response.time,
          ...about(sighting),
          actor: { role: 'unknown', address: null, confidence: 0.3 },
          manner: null,
          confidence: how === 'repeated' ? 0.9 : 0.8,
          details: { request: request.target, status: response.status, how, attempts, cookies: names },
          evidence: packets(
            ...evidence(
              {
                ...packetOf(sighting, response.packet, response.time),
                note: answerNote(response.status, names),
              },
              proof === null
                ? null
                : { ...proof, note: how === 'reset' ? 'the client breaks off' : 'it asks again' },
            ),
          ),
          cause: `${sighting.service.name}|${how}|${response.status}`,
          requirements: names.length > 1 ? [isNew ? 'S2-34' : 'S2-33'] : [],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = agentsAmong(findings)
    return {
      title: `Enrolment fails at ${first.service ?? 'the service'}`,
      summary: `${counted(agents, 'client')} asked to be enrolled ${timesAmong(findings.length, agents)} and did not get further: ${WHY[String(first.details['how'])]}.${cookieText(first)}`,
      remedy:
        'Look at the answer first: an error names its reason in the server’s log; a second cookie stops clients before 10.5.1: use persistence by source address, or prefix mode.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

const WHY: Readonly<Record<string, string>> = {
  repeated: 'they asked for the same again, and for nothing else',
  refused: 'an error was the answer',
  reset: 'they broke the connection off right after the answer',
}

const answerNote = (status: number, cookies: readonly string[]): string =>
  `the answer: status ${status}, ${counted(cookies.length, 'cookie')}`

function cookieText({ details }: Finding): string {
  const cookies = details['cookies'] as readonly string[]
  return cookies.length > 1
    ? ` The answer set ${cookies.length} cookies, and older clients take but one.`
    : ''
}
