/** An agent's time at one server, while it lasts: what becomes a session record. */
import type { Visit } from '../model/party.ts'
import type { SessionEnd } from '../model/record.ts'
import type { Micros } from '../model/time.ts'

export interface Stay {
  /** The latest visit: evidence names the last contact, not the first. */
  visit: Visit
  readonly start: Micros
  connections: number
  end: Micros
  bytes: number
  open: number
  endedBy: SessionEnd
}
