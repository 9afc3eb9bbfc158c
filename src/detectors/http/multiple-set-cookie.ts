/** A client that expects exactly one cookie was sent several: enrolment fails on it. */
import type { Exchange } from '../../model/event.ts'
import type { Finding, Severity } from '../../model/incident.ts'
import type { Service } from '../../model/party.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import { isEnrolment, isEnrolmentStated } from '../../model/request-path.ts'
import { counted, type Detector, detector, unseen } from '../detector.ts'
import { agentsAmong, connectionFilter } from '../wording.ts'
import { cookieFinding, cookieNames, injectedText, repetition } from '../cookie-finding.ts'

export const multipleSetCookie = detector({
  type: 'multiple-set-cookie',
  asserts:
    'The response to an enrolment carries more than one Set-Cookie, for a client that expects one; or, where nobody states the paths of enrolment, a device adds a cookie to the first response of a program.',
  notThis: [
    'a response outside enrolment: several cookies are legal there',
    'a product or version that looks for its cookie by name, and goes on',
    'a browser',
    'several cookies of the application itself, where nobody states what enrolment is',
    'nobody states what enrolment is: what a device adds is told for what it is, and no alarm',
    'one cookie set twice: duplicate-set-cookie says more',
  ],
  requirements: ['S2-33', 'S2-34'],
  flows: unseen('cookies'),
  parameters: {},
  watch(_values, world, raise) {
    return {
      exchange(event) {
        const { sighting, transaction } = event
        const { response, request } = transaction
        if (response === null || request === null || sighting.leg === 'back') return
        const isStated = isEnrolmentStated(sighting.service)
        if (isStated && !expectsOne(sighting.service, request.target)) return
        const { setCookies } = response
        if (setCookies.length < 2 || repetition(setCookies, request.target) === 'warning') return
        const finding = cookieFinding('multiple-set-cookie', event, {
          severity: isStated ? severityOf(event) : 'info',
          devices: world.devicesOf('load-balancer'),
        })
        if (isStated) raise(finding)
        else if (isOfDevice(finding))
          raise({ ...finding, details: { ...finding.details, enrolmentStated: false } })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const names = cookieNames(first)
    if (first.details['enrolmentStated'] === false) return unstated(findings, names)
    return {
      title: `Enrolment responses carry a second cookie: ${names}`,
      summary:
        `${counted(findings.length, 'enrolment response')} of ${first.service ?? 'the service'} set more than one cookie (${names}). ` +
        `${injectedText(first)} ${continued(findings)}`,
      remedy: `${remedyFor(first)}; clients from 10.5.1 on look for ovidCookie by name and no longer mind.`,
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

const remedyFor = ({ actor }: Finding): string =>
  actor.role === 'server'
    ? 'Have the server itself set one cookie at enrolment'
    : 'Use persistence by source address for this service, or prefix mode, which adds to the existing cookie instead of setting a second one'

/** A device added one, and not all: the application has one of its own that it expects back. */
function isOfDevice({ details }: Finding): boolean {
  const cookies = details['cookies'] as readonly { injected: boolean | null }[]
  const added = cookies.filter(({ injected }) => injected === true).length
  return added > 0 && added < cookies.length
}

/** Nobody said what enrolment is: whether it matters, the reader has to know. */
function unstated(
  findings: readonly [Finding, ...Finding[]],
  names: string,
): ReturnType<Detector['describe']> {
  const [first] = findings
  const service = first.service ?? 'the service'
  return {
    title: `Programs are sent a second cookie: ${names}`,
    summary:
      `${counted(findings.length, 'first response')} of ${service} set more than one cookie (${names}). ` +
      `${injectedText(first)} Clients that expect exactly one, such as Encryption Desktop up to 10.5.0 at enrolment, fail on it; others do not mind. ${continued(findings)}`,
    remedy:
      'If such clients enrol here: persistence by source address, or prefix mode, which adds to the existing cookie instead of setting a second one. State enrolment paths in the configuration (enrolment.paths) to have every enrolment judged.',
    filter: connectionFilter(findings),
    details: first.details,
  }
}

/** The strict rule holds for the enrolment paths of a configured service, or for a product that is known to
 * be strict. */
function expectsOne(service: Service, target: string): boolean {
  const strict = service.configured?.enrolment?.singleSetCookie ?? PROFILES[service.profile].singleSetCookie
  return strict && isEnrolment(service, target)
}

/** Tolerated where the product's own named cookie is there and the client went on: that version looks for it
 * by name. */
function severityOf({ transaction, next, watched }: Exchange): Severity {
  const named = transaction.response!.setCookies.some((c) => c.name === 'ovidCookie')
  if (next === null) return named || !watched ? 'warning' : 'critical'
  const same = next.request?.target === transaction.request?.target
  if (same) return 'critical'
  return named ? 'info' : 'warning'
}

/** What the agents did with it, as far as the capture shows. */
function continued(findings: readonly Finding[]): string {
  const aborted = findings.filter((f) => f.details['clientContinued'] === false)
  if (aborted.length > 0) return `${counted(agentsAmong(aborted), 'agent')} did not go on afterwards.`
  const all = findings.every((f) => f.details['clientContinued'] === true)
  return all ? 'The agents went on all the same.' : 'The capture ends before it shows whether they go on.'
}
