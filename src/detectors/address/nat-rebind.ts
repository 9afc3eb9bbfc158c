/** Address translation lost the mapping of an open connection and made another: the connection goes on under a strange tuple. */
import type { World } from '../../model/event.ts'
import type { Reset } from '../../model/observation.ts'
import type { Path, Sighting } from '../../model/party.ts'
import { SECOND, seconds } from '../../model/time.ts'
import { resetSheet } from '../attribution.ts'
import { counted, detector, evidence, span } from '../detector.ts'
import { agentOf, connectionFilter, packets, serverOf } from '../wording.ts'

export const natRebind = detector({
  type: 'nat-rebind',
  asserts: 'Segments of an open connection arrive from another address or port without a handshake.',
  notThis: [
    'a new connection: it begins with a SYN',
    'a device on the path that resets after an idle timeout',
    'a server that aborts: its socket still acknowledges',
    'a server that restarted or failed',
    'no address translation is known on the path',
  ],
  requirements: ['S0-19'],
  parameters: {
    backWithin: span(seconds(60), 'the server answers others, or the same agent, this soon: it has not failed'),
  },
  watch({ backWithin }, world, raise) {
    const told = new WeakSet<Path>()
    return {
      'path-continued'({ observation: o, before, after }) {
        if (told.has(after.path)) return
        told.add(after.path)
        if (before !== null) told.add(before.path)
        raise({
          type: 'nat-rebind',
          severity: 'critical',
          at: o.time,
          tap: o.tap,
          agent: agentOf(after),
          server: serverOf(after),
          service: after.service.name,
          connection: after.connection,
          tuple: [after.originator, after.responder],
          actor: { role: 'nat', address: null, confidence: 0.9 },
          manner: null,
          confidence: 0.95,
          details: {
            from: `${o.previousOriginator.address}:${o.previousOriginator.port}`,
            to: `${o.originator.address}:${o.originator.port}`,
            identityEvidence: `sequence ${o.sequenceOffset} and acknowledgment ${o.acknowledgmentOffset} octets from where the old connection stood`,
          },
          evidence: packets(
            ...evidence(
              { tap: o.tap, packet: o.previousPacket, at: o.previousAt, note: 'last packet under the old address' },
              { tap: o.tap, packet: o.packet, at: o.time, note: 'the same bytes go on under the new one, without a SYN' },
            ),
          ),
          cause: after.service.name,
          requirements: ['S0-19'],
        })
      },
      'path-ended'(event) {
        const { path } = event
        if (told.has(path)) return
        const sighting = path.sightings.find((s) => s.leg !== 'back' && isStatelessReset(s.ending?.resets[1] ?? null, s))
        const reset = sighting?.ending?.resets[1]
        if (sighting === undefined || reset == null || !isTranslated(sighting, world)) return
        const from = event.at - backWithin
        const { server } = sighting
        if (server !== null && world.failureOf(server, from, event.at + backWithin) !== null) return
        const lives = event.next !== null || world.pathAlive(sighting, event.at - 30 * SECOND, event.at + 30 * SECOND) !== null
        const sheet = resetSheet(path, sighting, reset, 1)
        if (!lives || sheet.reduce((sum, item) => sum + item.weight, 0) > 0) return
        told.add(path)
        raise({
          type: 'nat-rebind',
          severity: 'critical',
          at: reset.time,
          tap: sighting.tap,
          agent: agentOf(sighting),
          server: serverOf(sighting),
          service: sighting.service.name,
          connection: sighting.connection,
          tuple: [sighting.originator, sighting.responder],
          actor: { role: 'nat', address: null, confidence: 0.6 },
          manner: null,
          confidence: 0.6,
          details: {
            from: sighting.originator.address,
            to: null,
            identityEvidence: 'the server, alive and with its own hop limit, no longer knew a connection that it had just served',
            attribution: sheet,
          },
          evidence: packets(
            ...evidence(
              { tap: sighting.tap, packet: reset.provokedBy ?? 0, at: reset.time - (reset.sinceProvocation ?? 0), note: 'a segment of a healthy connection' },
              { tap: sighting.tap, packet: reset.packet, at: reset.time, note: 'the server has no such connection: RST without ACK' },
            ),
          ),
          cause: sighting.service.name,
          requirements: ['S0-19'],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    return {
      title: 'Address translation rebinds open connections',
      summary: `${counted(findings.length, 'open connection')} of ${first.service ?? 'the service'} lost ${findings.length === 1 ? 'its' : 'their'} mapping: the server met segments from an address or port that it did not know.`,
      remedy: 'Keep the mapping for as long as the connection lives (RFC 5382 asks for 2 h 4 min at least), and do not reload the rules of address translation while agents are connected.',
      filter: connectionFilter(findings),
      details: { from: first.details['from'], to: first.details['to'], identityEvidence: first.details['identityEvidence'] },
    }
  },
})

/** The answer of a host without state to an ordinary segment: RST, its number that of the segment's ACK, no ACK (RFC 9293 §3.10.7.1). */
function isStatelessReset(reset: Reset | null, sighting: Sighting): boolean {
  if (reset === null || reset.acknowledges || reset.afterFin || reset.provokedBy === null) return false
  return reset.sequenceOffset === 0 && reset.idleBefore < sighting.service.idleThreshold
}

const isTranslated = (sighting: Sighting, world: World): boolean =>
  world.translatesFor(sighting.originator.address) || world.natMapping(sighting.originator.address) !== null
