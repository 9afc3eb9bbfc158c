/** What the two cookie detectors share: the finding's facts, and who added what. */
import type { Exchange } from '../model/event.ts'
import { injectedByComparison } from '../model/cookie-comparison.ts'
import type { Finding, Severity } from '../model/incident.ts'
import { agentOf, deviceName, packets, serverOf } from './wording.ts'

interface CookieVerdict {
  readonly severity: Severity
  /** Load balancers that the configuration names. */
  readonly devices: readonly string[]
}

/** The finding of either cookie detector. */
export function cookieFinding(type: Finding['type'], event: Exchange, verdict: CookieVerdict): Finding {
  const { sighting, transaction, behind, next } = event
  const response = transaction.response!
  const behindCookies = behind?.transaction.response?.setCookies ?? null
  const lines = new Set(behindCookies === null ? [] : injectedByComparison(response.setCookies, behindCookies).injected.map((c) => c.line))
  const cookies = response.setCookies.map((c) => ({
    name: c.name,
    vendor: c.vendor,
    backend: c.backend,
    injected: behindCookies === null ? (c.vendor !== null && c.role === 'persistence' ? true : null) : lines.has(c.line),
  }))
  const byDevice = lines.size > 0 || cookies.some((c) => c.injected === true)
  return {
    type,
    severity: verdict.severity,
    at: response.time,
    tap: sighting.tap,
    agent: agentOf(sighting),
    server: serverOf(behind?.sighting ?? sighting),
    service: sighting.service.name,
    connection: sighting.connection,
    tuple: [sighting.originator, sighting.responder],
    actor: {
      role: byDevice ? (verdict.devices.length > 0 || lines.size > 0 ? 'load-balancer' : 'middlebox') : 'unknown',
      address: byDevice && sighting.leg === 'front' ? sighting.responder.address : null,
      confidence: lines.size > 0 ? 0.99 : byDevice ? 0.8 : 0.3,
    },
    manner: null,
    confidence: 0.98,
    details: {
      request: transaction.request?.target ?? null,
      status: response.status,
      cookies,
      clientContinued: next !== null,
    },
    evidence: packets(
      { tap: sighting.tap, packet: response.packet, at: response.time, note: `${response.setCookies.length} Set-Cookie lines: ${cookies.map((c) => c.name).join(', ')}` },
      ...(behind === null
        ? []
        : [{ tap: behind.sighting.tap, packet: behind.transaction.response!.packet, at: behind.transaction.response!.time, note: `the server sent ${behind.transaction.response!.setCookies.map((c) => c.name).join(', ') || 'none'}` }]),
    ),
    cause: `${sighting.service.name}|${cookies.map((c) => c.name).sort().join(',')}`,
    requirements: ['S2-33'],
  }
}

export function cookieNames(findings: readonly Finding[]): string {
  const cookies = findings[0]!.details['cookies'] as readonly { name: string }[]
  return cookies.map((c) => c.name).join(', ')
}

export function injectedText(finding: Finding): string {
  const cookies = finding.details['cookies'] as readonly { name: string; vendor: string | null; backend: string | null; injected: boolean | null }[]
  const injected = cookies.filter((c) => c.injected === true)
  if (injected.length === 0) return 'Who added it, this capture does not show: capture behind the load balancer as well.'
  const what = injected.map((c) => `${c.name}${c.vendor === null ? '' : ` (${c.vendor}${c.backend === null ? '' : `, backend ${c.backend}`})`}`)
  return `${deviceName(finding.actor)} added ${what.join(' and ')}.`
}
