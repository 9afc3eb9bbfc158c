/** What is told of web sessions, enrolments and requests that a relay passes on: events for detectors. */
import type { HttpTransaction } from './observation.ts'
import type { PacketReference } from './packet.ts'
import type { Agent, Server, Service, Sighting } from './party.ts'
import type { Micros } from './time.ts'

/**
 * A request of a web session came to another node than the session's: told once per session, for the first
 * such request, once its response is known. Where nobody says that sessions stay on one server, for the first
 * that shows it: a user who had logged in at one was asked by another to log in again.
 */
export interface SessionSwitched {
  readonly kind: 'session-switched'
  /** Another server; or another node of the proxies in front of it. */
  readonly what: 'server' | 'proxy'
  /** The connection behind the relay, or the client's own, that carried the request. */
  readonly sighting: Sighting
  /** The client's side of the same request; null if it was not captured. */
  readonly front: Sighting | null
  /** Who asked: the client's own side shows it, or the request itself; null: a relay's connection is many
   * clients'. */
  readonly agent: Agent | null
  readonly cookie: string
  /** The first digits of the hash of the cookie's value. */
  readonly session: string
  readonly from: SessionNode
  readonly to: SessionNode
  /** How many requests of the session were seen before. */
  readonly requestsBefore: number
  readonly at: Micros
  readonly packet: number
  readonly target: string
  /** The client asked on the connection that it had used before; null: its side was not captured. */
  readonly sameConnection: boolean | null
  /** Null: no answer was seen. */
  readonly status: number | null
  /** What the client was told: to log in anew, or of an error; null: neither. */
  readonly symptom: 'login' | 'error' | null
}

/** Whether sessions of this service stay on one server: it says so, or is a product that needs it. Of others
 * nobody knows: their servers may share what they know of sessions. */
export const keepsWebSessions = ({ configured, profile }: Service): boolean =>
  configured !== null && (configured.web !== null || profile === 'symantec-sems')

/** A node that a session's request came to, or through. */
export interface SessionNode {
  readonly name: string
  /** Null: a proxy. */
  readonly server: Server | null
  /** The session's last request there, or the response that began it. */
  readonly packet: PacketReference
  /** ... is that response. */
  readonly isBeginning: boolean
}

/** A client asked to be enrolled, and what it did within a minute of the answer shows how it went. */
export interface EnrolmentFailed {
  readonly kind: 'enrolment-failed'
  readonly sighting: Sighting
  readonly transaction: HttpTransaction
  /** `repeated`: it asked for the same again, and for nothing else; `refused`: an error was the answer, and
   * it did not get further; `reset`: it broke the connection off, and did not come back. */
  readonly how: 'repeated' | 'refused' | 'reset'
  /** The packet that shows it; null for an answer that is an error. */
  readonly proof: PacketReference | null
  readonly attempts: number
}

/** What of a message differs on the two sides of a relay, beyond what relays may change. */
export type Alteration = CookieAltered | TokenAltered | BodyAltered

interface Altered {
  readonly direction: 'request' | 'response'
}

export interface CookieAltered extends Altered {
  readonly what: 'set_cookie' | 'request_cookie'
  readonly name: string
  /** `hardened`: nothing but Secure, HttpOnly or SameSite was added. */
  readonly manner: 'value' | 'attributes' | 'hardened' | 'removed' | 'folded'
}

/** A token against forged requests (CSRF); the values are hashed, being secrets. */
export interface TokenAltered extends Altered {
  readonly what: 'csrf_token' | 'csrf_header'
  readonly field: string
  readonly originalHash: string
  readonly seenHash: string | null
  readonly originalLength: number
  readonly seenLength: number | null
}

export interface BodyAltered extends Altered {
  readonly what: 'request_body' | 'response_body'
  readonly originalBytes: number
  readonly seenBytes: number
  /** Where the two differ first, content coding undone; null if that was not kept. */
  readonly offset: number | null
  /** A little of both from there on, tokens left out. */
  readonly original: string | null
  readonly seen: string | null
}

/** One side of an exchange that a relay passed on. */
export interface ExchangeSide {
  readonly sighting: Sighting
  readonly transaction: HttpTransaction
}

/** What the second tap's clock is ahead of the first's, in microseconds; `residual` to either side. */
export interface ClockDifference {
  readonly offset: Micros
  readonly residual: Micros
}

/** A request and its response are on both sides of a relay, and not the same. */
export interface RelayAltered {
  readonly kind: 'relay-altered'
  readonly front: ExchangeSide
  readonly back: ExchangeSide
  /** What shows that the two are one. */
  readonly pairedBy: string
  readonly alterations: readonly [Alteration, ...Alteration[]]
  /** Null: one tap saw both. */
  readonly clock: ClockDifference | null
}

export type WebEvent = SessionSwitched | EnrolmentFailed | RelayAltered
