/** What the two cookie detectors share: the finding's facts, and who added what. */
import type { Exchange } from '../model/event.ts'
import { injectedByComparison } from '../model/cookie-comparison.ts'
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
  const { cookies, proven } = judged(response, behind?.transaction.response ?? null, expectedCookie(sighting))
  const names = cookies.map((c) => c.name)
  return {
    type,
    severity: verdict.severity,
    at: response.time,
    ...about(sighting),
    server: serverOf(behind?.sighting ?? sighting),
    actor: actorOf(sighting, cookies, proven, verdict.devices),
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
): { cookies: readonly JudgedCookie[]; proven: boolean } {
  const { injected } = injectedByComparison(response.setCookies, sent?.setCookies ?? [])
  const lines = new Set(sent === null ? [] : injected.map((c) => c.line))
  const cookies = response.setCookies.map(({ name, vendor, role, backend, line }) => {
    const isForeign = expected !== null && name !== expected
    const isDevices = (vendor !== null && role === 'persistence') || isForeign ? true : null
    return { name, vendor, backend, injected: sent === null ? isDevices : lines.has(line) }
  })
  return { cookies, proven: lines.size > 0 }
}

/** The one cookie that the server sets at enrolment, as configured, where a relay answers: what is beside it
 * is the relay's. */
const expectedCookie = ({ leg, service }: Sighting): string | null =>
  leg === 'front' ? (service.configured?.enrolment?.cookie ?? null) : null

/** `proven`: the server's side shows that it sent fewer lines. */
function actorOf(
  { leg, responder }: Sighting,
  cookies: readonly JudgedCookie[],
  proven: boolean,
  devices: readonly string[],
): Finding['actor'] {
  if (!cookies.some((c) => c.injected === true)) return { role: 'unknown', address: null, confidence: 0.3 }
  return {
    role: proven || devices.length > 0 ? 'load-balancer' : 'middlebox',
    address: leg === 'front' ? responder.address : null,
    confidence: proven ? 0.99 : 0.8,
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

export function injectedText(finding: Finding): string {
  const cookies = finding.details['cookies'] as readonly JudgedCookie[]
  const injected = cookies.filter((c) => c.injected === true)
  if (injected.length === 0)
    return 'Who added it, this capture does not show: capture behind the load balancer as well.'
  const what = injected.map(
    (c) =>
      `${shortName(c.name)}${c.vendor === null ? '' : ` (${c.vendor}${c.backend === null ? '' : `, backend ${c.backend}`})`}`,
  )
  return `${deviceName(finding.actor)} added ${listed(what)}.`
}
