/**
 * What the requests of management products say in the clear: ePO's SPIPE and SEPM's secars and secreg, both
 * inside HTTP. Their bodies are encrypted; purpose, sender and outcome are not.
 */
import type { ConnectionId } from './connection.ts'
import type { Side, Tap } from './packet.ts'
import type { Micros } from './time.ts'

export type AgentProtocol = 'spipe' | 'sepm'

/**
 * What a request is for: `check-in`, an agent's regular contact; `event`, it reports; `registration`;
 * `content`, it fetches policies, packages or definitions; `liveness`, somebody asks whether the server is
 * there; `wake-up`, the server asks an agent to come; `other` is not known.
 */
export type AgentPurpose =
  | 'check-in'
  | 'event'
  | 'registration'
  | 'content'
  | 'liveness'
  | 'wake-up'
  | 'other'

export interface AgentMessage {
  readonly protocol: AgentProtocol
  readonly purpose: AgentPurpose
  /** The agent that asks, or is woken: AgentGuid or the hardware id, as sent; null where it is hidden. */
  readonly agentId: string | null
  /** What the sender calls its software (`Agent_3.0.0`); null without. */
  readonly source: string | null
  /** SEPM: the number or name of the action, and the group's id; null where they are hidden. */
  readonly action: string | null
  readonly group: string | null
  /** SEPM: the client keeps a connection open for orders, or comes to ask for them; null where hidden. */
  readonly mode: 'push' | 'pull' | null
  /** Its parameters are hidden: they need the key that the clients were given. */
  readonly obfuscated: boolean
}

/**
 * What came of a request: `done`; `nothing`, it was taken, and nothing was to be given in return; `busy`, the
 * agent is to come again later; `unknown-agent`, it has to register or take another id; `refused`; `failed`;
 * `unanswered`.
 */
export type AgentOutcome = 'done' | 'nothing' | 'busy' | 'unknown-agent' | 'refused' | 'failed' | 'unanswered'

/** The beginning of a SPIPE package, which is not encrypted. */
export interface SpipePackage {
  /** Octets 2 to 5, in hex: `01000050` and `01000060` are known, by the version of SPIPE. */
  readonly type: string
  /** Octets of both headers, and of the compressed data behind them, as it says. */
  readonly headerBytes: number
  readonly dataBytes: number
  /** In braces; null if there is none. */
  readonly agentGuid: string | null
  readonly computerName: string | null
  /** It was masked, as agents send it; some servers and tools do not. */
  readonly masked: boolean
}

interface OnConnection {
  readonly time: Micros
  readonly tap: Tap
  readonly connection: ConnectionId
}

/** A request of a management product's own protocol: told right before the `http-request` of the same
 * index. */
export interface AgentRequest extends OnConnection {
  readonly kind: 'agent-request'
  /** The packet that held the end of its head. */
  readonly packet: number
  readonly requestFrom: Side
  readonly message: AgentMessage
  readonly index: number
  readonly decrypted: boolean
}

/** What came of it: told right before the `http-transaction` of the same index. */
export interface AgentAnswer extends OnConnection {
  readonly kind: 'agent-answer'
  /** That of the response's head; of the request's, if nothing was answered. */
  readonly packet: number
  readonly requestFrom: Side
  readonly message: AgentMessage
  readonly requestPacket: number
  readonly requested: Micros
  readonly outcome: AgentOutcome
  /** Null: unanswered. */
  readonly status: number | null
  readonly index: number
  readonly decrypted: boolean
}

/** A body is a SPIPE package: told right before the `http-body` of the same index, where its beginning is
 * wanted. */
export interface AgentPackage extends OnConnection {
  readonly kind: 'agent-package'
  readonly from: Side
  readonly of: 'request' | 'response'
  readonly packet: number
  readonly package: SpipePackage
  readonly index: number
  readonly decrypted: boolean
}
