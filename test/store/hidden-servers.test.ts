/** Agents of a service whose servers a relay hides: they are known to use it, and no server of them is. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AnalysisRecord, SessionRecord } from '../../src/model/record.ts'
import { deleteAnalysis } from '../../src/store/analyses.ts'
import { listAgents } from '../../src/store/queries/agents.ts'
import { serviceView } from '../../src/store/queries/service-view.ts'
import { listServices } from '../../src/store/queries/services.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { agents, connection } from '../cli/output/story.ts'
import { analysed, database } from './database.ts'

let store: Store
beforeEach(() => {
  store = database()
})
afterEach(() => store.close())

const NAMES = ['EPA-0017', 'EPA-0020'] as const
const SERVICE = 'dlp-endpoint'
const known = agents.filter(({ id }) => NAMES.some((name) => name === id))
const at = (server: string | null): AnalysisRecord[] => [
  ...known,
  ...NAMES.flatMap((agent, i) => [
    connection({ id: 2 * i, agent, server }),
    connection({ id: 2 * i + 1, agent, server }),
  ]),
]
const session = (agent: string): SessionRecord => {
  const { start, end } = connection()
  return {
    kind: 'session',
    id: 'S1',
    service: SERVICE,
    agent,
    server: 'dlp1',
    start,
    end,
    connections: 2,
    bytes: 9,
    endedBy: 'server',
  }
}
const told = () =>
  listAgents(store, { service: [SERVICE] }, { limit: 9 }).items.map(({ id, services, server }) => [
    id,
    services,
    server,
  ])
const hidden = NAMES.map((name) => [name, [SERVICE], null])

test('they are counted and listed at their service', () => {
  analysed(store, ['client'], at(null))
  expect(told()).toEqual(hidden)
  const [service] = listServices(store)
  expect(service).toMatchObject({ agents: 2, servers: 0, connections: 4 })
  expect(service!.verdict).toBe(
    'Nothing broken was seen in 4 connections of 2 agents; which server took them was not seen.',
  )
  expect(serviceView(store, SERVICE)!.places).toEqual([])
})

test('a session tells more, until it goes', () => {
  const client = analysed(store, ['client'], at(null))
  const both = analysed(store, ['client', 'server'], [...at('dlp1'), session('EPA-0017')])
  expect(client).not.toBe(both)
  expect(told()).toEqual([['EPA-0017', [SERVICE], 'dlp1']])
  const again = analysed(store, ['other'], at(null))
  expect(told()).toEqual([['EPA-0017', [SERVICE], 'dlp1'], hidden[1]])
  deleteAnalysis(store, both)
  expect(told()).toEqual(hidden)
  deleteAnalysis(store, again)
  expect([told(), listAgents(store, {}, { limit: 9 }).items, listServices(store)]).toEqual([[], [], []])
  expect(store.db.pragma('foreign_key_check')).toEqual([])
})

test('those of before are placed when a database is opened', () => {
  analysed(store, ['client'], at(null))
  const { path } = store
  store.db.exec('DELETE FROM placement')
  store.db.pragma('user_version = 5')
  store.close()
  let waits = 0
  store = openStore(path, { onMigration: () => void waits++ })
  expect(told()).toEqual(hidden)
  // Who waits is told why, and only then.
  expect(waits).toBe(1)
  openStore(path, { onMigration: () => void waits++ }).close()
  expect(waits).toBe(1)
})
