/**
 * The protocols of management products lie inside HTTP: requests that are theirs are told as such, whatever
 * carried them (HTTP/1 or 2, TLS, a tunnel). Most requests are nobody's, and a look at the target tells it.
 */
import type {
  AgentAnswer,
  AgentMessage,
  AgentOutcome,
  AgentPackage,
  AgentRequest,
} from '../model/agent-message.ts'
import { headerValue, type HttpRequest } from '../model/http.ts'
import type { HttpBodySeen, HttpRequestSeen, HttpTransaction, Observation } from '../model/observation.ts'
import { sepmMessage, sepmOutcome } from './sepm/message.ts'
import { spipeMessage, spipeOutcome } from './spipe/message.ts'
import { PACKAGE_HEADER_BYTES, readPackage } from './spipe/package.ts'

const SLASH = 47
/** A small letter's bit. */
const SMALL = 0x20
const C = 99
const I = 105
const S = 115

/**
 * `/spipe/`, `/secars/`, `/secreg/`, `/Software/`; `/content/`; `/index2.dat`, with folders before it or not.
 */
function mayBeAgents(target: string): boolean {
  if (target.charCodeAt(0) !== SLASH) return false
  const first = target.charCodeAt(1) | SMALL
  return first === S || first === C || first === I || target.includes('/index', 1)
}

/** What an observation of HTTP is besides; null for most, and for all others. `port` is the responder's. */
export function agentObservation(
  o: Observation,
  port: number,
): AgentRequest | AgentAnswer | AgentPackage | null {
  if (o.kind === 'http-request') return agentRequest(o, port)
  if (o.kind === 'http-transaction') return agentAnswer(o, port)
  return o.kind === 'http-body' ? agentPackage(o) : null
}

/** What a request says of an agent; null if it is no product's. `port` is the one that it was sent to. */
function agentMessage(request: HttpRequest, port: number): AgentMessage | null {
  const { method, target } = request
  if (!mayBeAgents(target)) return null
  return spipeMessage(method, target, port) ?? sepmMessage(target, () => headerValue(request, 'user-agent'))
}

function agentRequest(o: HttpRequestSeen, port: number): AgentRequest | null {
  const message = agentMessage(o.request, port)
  if (message === null) return null
  const { time, tap, connection, requestFrom, index, decrypted } = o
  const { packet } = o.request
  return { kind: 'agent-request', time, tap, connection, packet, requestFrom, message, index, decrypted }
}

function agentAnswer(o: HttpTransaction, port: number): AgentAnswer | null {
  const message = o.request === null ? null : agentMessage(o.request, port)
  if (message === null) return null
  const { time, tap, connection, requestFrom, index, decrypted, response } = o
  const { packet: requestPacket, time: requested } = o.request!
  return {
    kind: 'agent-answer',
    time,
    tap,
    connection,
    packet: response?.packet ?? requestPacket,
    requestFrom,
    message,
    requestPacket,
    requested,
    outcome: outcomeOf(message, response?.status ?? null),
    status: response?.status ?? null,
    index,
    decrypted,
  }
}

function agentPackage(o: HttpBodySeen): AgentPackage | null {
  const { excerpt } = o.body
  if (excerpt === null || !/^(?:PO|\xfa\xe5)/.test(excerpt)) return null
  const beginning = Buffer.from(excerpt.slice(0, PACKAGE_HEADER_BYTES), 'latin1')
  const read = readPackage(beginning, 0, beginning.length)
  // Texts begin with these two letters, too.
  if (read === null || (!read.masked && read.agentGuid === null)) return null
  const { time, tap, connection, from, of, packet, index, decrypted } = o
  return { kind: 'agent-package', time, tap, connection, from, of, packet, package: read, index, decrypted }
}

function outcomeOf({ protocol }: AgentMessage, status: number | null): AgentOutcome {
  if (status === null) return 'unanswered'
  return protocol === 'spipe' ? spipeOutcome(status) : sepmOutcome(status)
}
