/** An agent's time at one server, while it lasts: what becomes a session record. */
import type { ConnectionId } from '../model/connection.ts'
import type { Agent, Server, Visit } from '../model/party.ts'
import type { SessionEnd } from '../model/record.ts'
import type { Micros } from '../model/time.ts'
import type { Attachment } from './attachment.ts'

export interface Stay {
  readonly attachment: Attachment
  readonly agent: Agent
  readonly server: Server
  /** The latest visit: evidence names the last contact, not the first. */
  visit: Visit | null
  /** ... or the number of its connection, while nothing is known of that but that it opened. */
  quiet: ConnectionId
  readonly start: Micros
  connections: number
  end: Micros
  bytes: number
  open: number
  endedBy: SessionEnd
}
