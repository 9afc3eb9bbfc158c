/**
 * Agents behind a relay that speak TLS: their addresses are hidden, their names encrypted. What is left is
 * the session that they resume (RFC 5246 §7.3, RFC 5077, RFC 8446 §2.2), and, weaker, the fingerprint of
 * their ClientHello with a steady beat.
 */
import type { TlsHandshake } from '../../model/observation.ts'
import type { Agent } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Agents } from './agents.ts'
import { agentOf } from './path-agent.ts'
import { Remembered } from '../../model/remembered.ts'
import type { TrackedSighting } from '../sighting.ts'

const SESSION_CONFIDENCE = 0.85
const FINGERPRINT_CONFIDENCE = 0.5
/** Tickets and session ids remembered; the oldest is forgotten. A ticket is good for a week at most (RFC 8446
 * §4.6.1). */
const SESSIONS_MAX = 1 << 17
/** Connections that must beat alike before a fingerprint passes for one agent. */
const BEATS_MIN = 4
/** ... and their intervals may vary by this much of their mean: polls with the usual jitter. Two agents'
 * beats mixed vary more. */
const BEAT_VARIATION_MAX = 0.35
/** An interval shorter than this is no beat but a burst of one agent's parallel connections. */
const BEAT_MIN: Micros = seconds(0.5)
const FINGERPRINTS_MAX = 1 << 12
const BEATS_KEPT = 64

/** A connection turned out to be an agent's. */
interface Claim {
  readonly sighting: TrackedSighting
  readonly agent: Agent
}

interface Fingerprint {
  /** The name of the agent that it may turn out to be. */
  readonly id: string
  readonly sightings: TrackedSighting[]
  overlaps: boolean
}

export class TlsIdentity {
  private readonly agents: Agents
  /** Who was given a session: the connection that got it. */
  private readonly bySession = new Remembered<string, TrackedSighting>(SESSIONS_MAX)
  private readonly fingerprints = new Map<string, Fingerprint>()
  /** Fingerprints of a JA4. */
  private readonly made = new Map<string, number>()
  private unnamed = 0

  constructor(agents: Agents) {
    this.agents = agents
  }

  /** Connections that a handshake of a nameless agent tells the agent of: by the session that it resumes, or
   * by its fingerprint. */
  claims(sighting: TrackedSighting, handshake: TlsHandshake): Claim[] {
    const origin = this.byResumption(handshake)
    if (origin === null) return this.byFingerprint(sighting, handshake)
    const agent = agentOf(origin, this.agents) ?? this.stranger()
    const found = origin.agent === null ? [origin, sighting] : [sighting]
    return found.map((one) => ({ sighting: one, agent }))
  }

  /** What the server gave a connection for later, and what it presents itself: whoever presents it again is
   * the same agent. */
  issued(sighting: TrackedSighting, handshake: TlsHandshake): void {
    const id = handshake.server?.sessionId ?? ''
    const keys = id === '' ? handshake.issuedTicketHashes : [...handshake.issuedTicketHashes, id]
    for (const key of [...keys, ...presentedSessions(handshake)]) this.bySession.set(key, sighting)
  }

  ticket(sighting: TrackedSighting, hash: string): void {
    this.bySession.set(hash, sighting)
  }

  /** The connection that got the session which this one presents; null if it presents none that is known. */
  private byResumption(handshake: TlsHandshake): TrackedSighting | null {
    for (const key of presentedSessions(handshake)) {
      const origin = this.bySession.get(key)
      if (origin !== undefined) return origin
    }
    return null
  }

  /** An agent of whom nothing is known but that it resumes its sessions. */
  private stranger(): Agent {
    return this.agents.unnamed(`tls-session-${++this.unnamed}`, 'tls-session', SESSION_CONFIDENCE)
  }

  /**
   * The sightings of one fingerprint at one relay, once they beat as one agent does: never two at a time, at
   * steady intervals. Empty before that, and for a fingerprint that several agents share.
   */
  private byFingerprint(sighting: TrackedSighting, handshake: TlsHandshake): Claim[] {
    const hello = handshake.client
    if (hello === null) return []
    const key = `${sighting.originator.address}|${sighting.service.name}|${hello.ja4}|${hello.ja3}|${hello.serverName}`
    let seen = this.fingerprints.get(key)
    if (seen === undefined) {
      if (this.fingerprints.size >= FINGERPRINTS_MAX) return []
      this.fingerprints.set(key, (seen = { id: this.idFor(hello.ja4), sightings: [], overlaps: false }))
    }
    if (seen.overlaps) return []
    const last = seen.sightings.at(-1)
    if (last !== undefined && !last.closed && last.ending === null) {
      // Several share it: nobody asks for its connections any more.
      seen.overlaps = true
      seen.sightings.length = 0
      return []
    }
    seen.sightings.push(sighting)
    if (seen.sightings.length > BEATS_KEPT) seen.sightings.shift()
    if (!isSteady(seen.sightings.map((s) => s.start))) return []
    const agent = this.agents.unnamed(seen.id, 'tls-fingerprint', FINGERPRINT_CONFIDENCE)
    return seen.sightings.map((one) => ({ sighting: one, agent }))
  }

  /** Clients of one make behind two relays, or of two services, are two agents. */
  private idFor(ja4: string): string {
    const number = (this.made.get(ja4) ?? 0) + 1
    this.made.set(ja4, number)
    return number === 1 ? `tls-client-${ja4}` : `tls-client-${ja4}-${number}`
  }
}

/** Session ids, tickets and PSK identities that a client presents. */
export function presentedSessions(handshake: TlsHandshake): string[] {
  const hello = handshake.client
  if (hello === null) return []
  const keys = [...hello.pskIdentityHashes]
  if (hello.ticketHash !== null) keys.push(hello.ticketHash)
  // In TLS 1.3 the session id is a random value for middleboxes (RFC 8446 §4.1.2): nobody was given it.
  if (hello.sessionId !== '' && (handshake.server?.version ?? hello.version) < 0x0304)
    keys.push(hello.sessionId)
  return keys
}

/** Intervals that vary as one agent's polls do. */
function isSteady(times: readonly Micros[]): boolean {
  if (times.length < BEATS_MIN) return false
  const intervals = times.slice(1).map((t, i) => t - times[i]!)
  if (intervals.some((interval) => interval < BEAT_MIN)) return false
  const mean = intervals.reduce((sum, x) => sum + x, 0) / intervals.length
  const variance = intervals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / intervals.length
  return Math.sqrt(variance) <= BEAT_VARIATION_MAX * mean
}
