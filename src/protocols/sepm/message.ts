/**
 * Requests of Symantec Endpoint Protection clients to their manager (articles 158445 and 156653; request
 * lines of public sources):
 *
 *   POST /secars/secars.dll?h=<hex> HTTP/1.0      GET /secars/secars.dll?hello,secars
 *
 * `h` is the query itself, hidden by a key (Kcs in Sylink.xml) that the wire does not show. Where a query is
 * not hidden, its parameters are read by their names: `action` from a public source; hardware id, group and
 * mode recalled from client logs.
 */
import type { AgentMessage, AgentOutcome, AgentPurpose } from '../../model/agent-message.ts'
import { parametersOf } from '../query.ts'

const SECARS = /^\/secars\//i
const SECREG = /^\/secreg\//i
/** Definitions by the GUID of their kind, and the indexes of policies; others have such files, too. */
const CONTENT = /^\/content\/\{[0-9A-F-]{36}\}\/|\/index2?\.(?:dat|xml)(?:\?|$)/i
const HELLO = /\?hello,secars/i
/** All of the query, hidden: hexadecimal digits in pairs. */
const HIDDEN = /\?h=(?:[0-9a-f]{2})+$/i

const HARDWARE_IDS = ['hid', 'hk'] as const
/** The client's user agent, whose requests are all the product's. */
const CLIENT = 'Smc'

/** What a request says; null if it is none of the product's. `userAgent` is asked only where it decides. */
export function sepmMessage(target: string, userAgent: () => string | null): AgentMessage | null {
  const purpose = purposeOf(target, userAgent)
  if (purpose === null) return null
  const parameters = parametersOf(target)
  return {
    protocol: 'sepm',
    purpose,
    agentId: firstOf(parameters, HARDWARE_IDS),
    source: null,
    action: parameters.get('action') ?? null,
    group: parameters.get('groupid') ?? null,
    mode: modeOf(parameters.get('mode')),
    obfuscated: HIDDEN.test(target),
  }
}

function purposeOf(target: string, userAgent: () => string | null): AgentPurpose | null {
  if (SECREG.test(target)) return 'registration'
  if (SECARS.test(target)) return HELLO.test(target) ? 'liveness' : 'check-in'
  return CONTENT.test(target) && userAgent() === CLIENT ? 'content' : null
}

const modeOf = (text: string | undefined): AgentMessage['mode'] =>
  text === '0' ? 'push' : text === '1' ? 'pull' : null

function firstOf(parameters: ReadonlyMap<string, string>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = parameters.get(name)
    if (value !== undefined && value !== '') return value
  }
  return null
}

/**
 * What a status means to a client. 400: the query was hidden with another key. 468: it is not registered
 * (recalled). 304: nothing has changed.
 */
export function sepmOutcome(status: number): AgentOutcome {
  if (status === 304 || status === 204) return 'nothing'
  if (status === 468) return 'unknown-agent'
  if (status === 503) return 'busy'
  if (status === 400 || status === 401 || status === 403) return 'refused'
  return status >= 200 && status < 400 ? 'done' : 'failed'
}
