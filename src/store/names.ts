/**
 * Names that recur are rows of their own: services, servers, agents. A name that is met for the first time
 * gets its row at once, with what is known; the records that say more come later and complete it.
 *
 * Numbers are remembered for as long as the writer lives. They hold only if what was written with them is
 * committed: a writer whose transaction failed is not used any more.
 */
import type { Micros } from '../model/time.ts'
import { prepared, type Store } from './store.ts'

/** Agents remembered; beyond it all are asked of the database anew. */
const AGENTS_MAX = 1 << 18

export interface Names {
  /** First and last are widened at `seen`. */
  service(name: string, seen: Micros): number
  server(service: number, name: string, address: string, port: number): number
  agent(name: string, seen: Micros): number
}

export function storedNames(store: Store): Names {
  const services = new Map<string, number>()
  const servers = new Map<number, Map<string, number>>()
  const agents = new Map<string, number>()
  const selectService = prepared<{ id: number }>(store, 'SELECT id FROM service WHERE name = ?')
  const insertService = prepared(store, 'INSERT INTO service (name, first_seen, last_seen) VALUES (?, ?, ?)')
  const selectServer = prepared<{ id: number }>(store, 'SELECT id FROM server WHERE service = ? AND name = ?')
  const insertServer = prepared(store, INSERT_SERVER)
  const selectAgent = prepared<{ id: number }>(store, 'SELECT id FROM agent WHERE name = ?')
  const insertAgent = prepared(store, INSERT_AGENT)
  return {
    service: (name, seen) =>
      remembered(services, name, () => {
        const id = selectService.get(name)?.id
        return id ?? insertService.run(name, seen, seen).lastInsertRowid
      }),
    server(service, name, address, port) {
      let ofService = servers.get(service)
      if (ofService === undefined) servers.set(service, (ofService = new Map()))
      return remembered(ofService, name, () => {
        const id = selectServer.get(service, name)?.id
        return id ?? insertServer.run(service, name, address, port).lastInsertRowid
      })
    },
    agent(name, seen) {
      if (agents.size >= AGENTS_MAX) agents.clear()
      return remembered(agents, name, () => {
        const id = selectAgent.get(name)?.id
        return id ?? insertAgent.run(name, seen, seen).lastInsertRowid
      })
    },
  }
}

const INSERT_SERVER = `INSERT INTO server (service, name, address, port, identified_by, last_seen)
  VALUES (?, ?, ?, ?, 'discovered', 0)`
const INSERT_AGENT = `INSERT INTO agent (name, identified_by, confidence, first_seen, last_seen)
  VALUES (?, 'address', 0, ?, ?)`

function remembered(known: Map<string, number>, name: string, find: () => number | bigint): number {
  const id = known.get(name)
  if (id !== undefined) return id
  const found = Number(find())
  known.set(name, found)
  return found
}
