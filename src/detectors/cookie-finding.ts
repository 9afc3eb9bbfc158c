/** What the two cookie detectors share: the finding's facts, and who added what. */
import type { Exchange } from '../model/event.ts'
import { isDevices, type SetCookie } from '../model/cookie.ts'
import { injectedByComparison, sameNames } from '../model/cookie-comparison.ts'
import type { HttpResponse } from '../model/http.ts'
import type { EvidencePacket, Finding, Severity } from '../model/incident.ts'
import type { Sighting } from '../model/party.ts'
import { deviceName } from '../model/device-name.ts'
import { shortName } from '../model/short-name.ts'
import { about, packets, serverOf } from './wording.ts'
import { listed } from '../model/listed.ts'
import { packetOf } from '../model/packet.ts'

interface CookieVerdict {
  readonly severity: Severity
  /** Load balancers that the configuration names. */
  readonly devices: readonly string[]
}

/** A line of the response, and who added it. */
interface JudgedCookie {
  readonly name: string
  readonly vendor: string | null
  readonly backend: string | null
  /** A device added it; null if that is not known. */
  readonly injected: boolean | null
}

/** The finding of either cookie detector. */
export function cookieFinding(type: Finding['type'], event: Exchange, verdict: CookieVerdict): Finding {
  const { sighting, transaction, behind, next } = event
  const response = transaction.response!
  const cookies = judged(response, behind?.transaction.response ?? null, expectedCookie(sighting))
  const names = cookies.map((c) => c.name)
  const concerned = type === 'duplicate-set-cookie' ? cookies.filter(isRepeated) : cookies
  return {
    type,
    severity: verdict.severity,
    at: response.time,
    ...about(sighting),
    server: serverOf(behind?.sighting ?? sighting),
    actor: actorOf(event, concerned, verdict.devices),
    manner: null,
    confidence: 0.98,
    details: {
      request: transaction.request?.target ?? null,
      status: response.status,
      cookies,
      clientContinued: next !== null ? true : event.watched ? false : null,
    },
    evidence: packets(
      {
        ...packetOf(sighting, response.packet, response.time),
        note: `${cookies.length} Set-Cookie lines: ${names.map(shortName).join(', ')}`,
      },
      ...(behind === null ? [] : [sentBehind(behind)]),
    ),
    cause: `${sighting.service.name}|${names.toSorted().join(',')}`,
    requirements: ['S2-33'],
    ...(event.amends === true ? { amends: true } : {}),
  }
}

/**
 * Who added which line: the server's side of the exchange proves it. Without that, a persistence cookie of a
 * known device is taken for added.
 */
function judged(
  response: HttpResponse,
  sent: HttpResponse | null,
  expected: string | null,
): readonly JudgedCookie[] {
  const { injected } = injectedByComparison(response.setCookies, sent?.setCookies ?? [])
  const lines = new Set(injected.map((c) => c.line))
  return response.setCookies.map((cookie) => {
    const { name, vendor, backend, line } = cookie
    const isForeign = expected !== null && name !== expected
    const isTaken = isDevices(cookie) || isForeign ? true : null
    return { name, vendor, backend, injected: sent === null ? isTaken : lines.has(line) }
  })
}

const isRepeated = ({ name }: JudgedCookie, i: number, all: readonly JudgedCookie[]): boolean =>
  all.some((other, j) => j !== i && other.name === name)

/** The one cookie that the server sets at enrolment, as configured, where a relay answers: what is beside it
 * is the relay's. */
const expectedCookie = ({ leg, service }: Sighting): string | null =>
  leg === 'front' ? (service.configured?.enrolment?.cookie ?? null) : null

/** Who is to blame for the lines that are concerned: whoever added one, as the server's side shows or as its
 * name suggests; the server, where its side shows that it sent them all. */
function actorOf(
  { sighting: { leg, responder }, behind }: Exchange,
  concerned: readonly JudgedCookie[],
  devices: readonly string[],
): Finding['actor'] {
  const isAdded = concerned.some((c) => c.injected === true)
  if (!isAdded && behind !== null)
    return { role: 'server', address: behind.sighting.responder.address, confidence: 0.99 }
  if (!isAdded) return { role: 'unknown', address: null, confidence: 0.3 }
  return {
    role: behind !== null || devices.length > 0 ? 'load-balancer' : 'middlebox',
    address: leg === 'front' ? responder.address : null,
    confidence: behind !== null ? 0.99 : 0.8,
  }
}

function sentBehind({ sighting, transaction }: NonNullable<Exchange['behind']>): EvidencePacket {
  const { packet, time, setCookies } = transaction.response!
  const names = setCookies.map((c) => shortName(c.name)).join(', ')
  return { ...packetOf(sighting, packet, time), note: `the server sent ${names || 'none'}` }
}

const namesIn = ({ details }: Finding): readonly string[] =>
  (details['cookies'] as readonly JudgedCookie[]).map(({ name }) => name)

const listedOnce = (names: readonly string[]): string => [...new Set(names)].map(shortName).join(', ')

export const cookieNames = (finding: Finding): string => listedOnce(namesIn(finding))

/** Those of which the response has several lines. */
export const repeatedNames = (finding: Finding): string =>
  listedOnce(namesIn(finding).filter((name, i, all) => all.indexOf(name) !== i))

/** How bad it is that a response sets one cookie twice, by the worst pair of lines; null: no pair matters. */
export function repetition(cookies: readonly SetCookie[], target: string | null): Severity | null {
  let worst: Severity | null = null
  for (const { kind } of sameNames(cookies, target)) {
    if (kind === 'last-wins') return 'warning'
    if (kind === 'identical-line') worst = 'info'
  }
  return worst
}

export function injectedText(finding: Finding): string {
  if (finding.actor.role === 'server') return `${deviceName(finding.actor)} itself sent them.`
  const cookies = finding.details['cookies'] as readonly JudgedCookie[]
  const injected = cookies.filter((c) => c.injected === true)
  if (finding.actor.role === 'unknown')
    return 'Who added it is not shown: that takes the same exchange behind the load balancer.'
  const what = injected.map(
    (c) =>
      `${shortName(c.name)}${c.vendor === null ? '' : ` (${c.vendor}${c.backend === null ? '' : `, backend ${c.backend}`})`}`,
  )
  return `${deviceName(finding.actor)} added ${listed(what)}.`
}
