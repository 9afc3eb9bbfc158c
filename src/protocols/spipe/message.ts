/**
 * SPIPE requests of ePO (KB66797; request lines of public agent sources):
 *
 *   POST /spipe/pkg?AgentGuid={...}&Source=Agent_3.0.0 HTTP/1.0
 *
 * to an agent handler, or, to wake an agent up, from a handler to the agent's own port. Content comes by GET
 * from a repository, which may be the handler or another agent (SuperAgent, on its own port).
 */
import type { AgentMessage, AgentOutcome, AgentPurpose } from '../../model/agent-message.ts'
import { parametersOf } from '../query.ts'

/** Where agents listen for wake-up calls unless told otherwise (KB66797). */
export const WAKE_UP_PORT = 8081

/** The purpose of what is asked under /spipe/, towards a handler. */
const PURPOSES: ReadonlyMap<string, AgentPurpose> = new Map([
  ['pkg', 'check-in'],
  ['agent', 'check-in'],
  ['agent2', 'check-in'],
  ['event', 'event'],
  ['file', 'content'],
])

const PATH = /^\/spipe\/([\w.-]*)/i
const CONTENT = /^\/Software\/(?:Current|Previous)\//i

/** What a request says; null if it is none of SPIPE's. `port` is the one that it was sent to. */
export function spipeMessage(method: string, target: string, port: number): AgentMessage | null {
  const path = PATH.exec(target)
  const isContent = path === null && CONTENT.test(target)
  if (path === null && !isContent) return null
  const parameters = parametersOf(target)
  const agentId = parameters.get('agentguid') ?? null
  // Others have folders of that name; an agent says who it is.
  if (isContent && agentId === null) return null
  return {
    protocol: 'spipe',
    purpose: path === null ? 'content' : purposeOf(method, path[1]!, port),
    agentId,
    source: parameters.get('source') ?? null,
    action: null,
    group: null,
    mode: null,
    obfuscated: false,
  }
}

/** On the port of the agents only a server speaks SPIPE. */
function purposeOf(method: string, path: string, port: number): AgentPurpose {
  if (port === WAKE_UP_PORT && method === 'POST') return 'wake-up'
  return PURPOSES.get(path.toLowerCase()) ?? 'other'
}

/**
 * What a status means to an agent. 202 with an empty body: no package to receive (also what scanners are
 * answered). 503: the handler is busy, or the package's sequence number is too small.
 */
export function spipeOutcome(status: number): AgentOutcome {
  if (status === 202 || status === 204) return 'nothing'
  if (status === 503) return 'busy'
  if (status === 401 || status === 403) return 'refused'
  return status >= 200 && status < 400 ? 'done' : 'failed'
}
