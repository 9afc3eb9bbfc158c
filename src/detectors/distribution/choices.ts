/** A relay's choices as numbers: what the statistics of its algorithm work on. */
import type { Assignment } from '../../model/event.ts'
import type { Server } from '../../model/party.ts'
import { SECOND } from '../../model/time.ts'

export interface Choice {
  /** Position among the servers, from 0, in order of name. */
  readonly server: number
  /** The agent's number; null where it cannot be told apart. */
  readonly client: number | null
  /** The server where this agent was before; null: first contact, or not known. */
  readonly previous: number | null
  /** Seconds since the agent was last and first heard of there. */
  readonly sinceLast: number | null
  readonly sinceFirst: number | null
  /** The relay's cookie in the first request; null without one. */
  readonly cookie: string | null
  /** Servers to choose from, those with the fewest open connections, and whether this is one of them. */
  readonly among: number
  readonly fewest: number
  readonly isFewest: boolean
}

export interface Choices {
  readonly servers: readonly Server[]
  readonly list: readonly Choice[]
}

/** Several detectors look at the same choices. */
const known = new WeakMap<readonly Assignment[], Choices>()

export function choicesOf(assignments: readonly Assignment[]): Choices {
  let choices = known.get(assignments)
  if (choices === undefined) known.set(assignments, (choices = numbered(assignments)))
  return choices
}

function numbered(assignments: readonly Assignment[]): Choices {
  const servers = [...new Set(assignments.map((a) => a.server))].toSorted((a, b) =>
    a.name.localeCompare(b.name, 'en', { numeric: true }),
  )
  const serverNumbers = new Map(servers.map((server, i) => [server, i]))
  const clients = new Map<string, number>()
  const list = assignments.map((a) => {
    if (a.agent !== null && !clients.has(a.agent.id)) clients.set(a.agent.id, clients.size)
    return {
      server: serverNumbers.get(a.server)!,
      client: a.agent === null ? null : clients.get(a.agent.id)!,
      previous: a.previous === null ? null : (serverNumbers.get(a.previous) ?? null),
      sinceLast: a.sinceLast === null ? null : a.sinceLast / SECOND,
      sinceFirst: a.sinceFirst === null ? null : a.sinceFirst / SECOND,
      cookie: a.cookie,
      among: a.among,
      fewest: a.fewest,
      isFewest: a.isFewest,
    }
  })
  return { servers, list }
}

/** How often each server was chosen. */
export function countsOf(list: readonly Choice[], servers: number): number[] {
  const counts = Array<number>(servers).fill(0)
  for (const { server } of list) counts[server]!++
  return counts
}
