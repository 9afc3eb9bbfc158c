import { afterAll, beforeAll, expect, test } from 'vitest'
import { refreshText } from '../../../src/store/incident-text.ts'
import { listOccurrences, occurrenceRow, occurrenceView } from '../../../src/store/queries/occurrences.ts'
import { at, readStore } from './small-store.ts'
import type { SmallStore } from './small-store.ts'

let store: SmallStore
beforeAll(() => {
  store = readStore()
  store.add('service', { name: 'dlp' })
  store.add('server', { service: 1, name: 'dlp1' })
  for (const name of ['EPA-1', 'EPA-2']) store.add('agent', { name })
  for (const cause of ['a', 'b']) store.add('incident', { cause, service: 1, start: at(0), end: at(30) })
  store.add('connection', { number: 77, start: at(0), end: at(9) })
  const server = { server: 1, server_name: 'dlp1', server_address: '10.10.3.11', server_port: 443 }
  const first = { agent: 1, agent_address: '10.10.1.101', connection_number: 77, manner: 'fin', ...server }
  store.add('occurrence', {
    incident: 1,
    service: 1,
    at: at(10),
    ...first,
    details: '{"silenceSeconds":300}',
  })
  store.add('occurrence', { incident: 1, service: 1, at: at(20), agent: 2, actor_address: '10.9.9.9' })
  store.add('occurrence', { incident: 1, service: 1, at: at(20), agent: null })
  store.add('occurrence', { incident: 2, service: 1, at: at(15), agent: 2 })
  const segment = { source: { address: '10.10.1.101', port: 1 }, flags: ['FIN'] }
  const packet = {
    capture: 1,
    time: at(0),
    nanoseconds: 0,
    link_type: 1,
    wire_length: 60,
    bytes: Buffer.alloc(60),
  }
  store.add('packet', { ...packet, number: 7, segment: JSON.stringify(segment) })
  const proof = { occurrence: 1, tap: 'client', at: at(10) }
  store.add('evidence', { ...proof, ordinal: 1, packet: 7, note: 'the FIN', kept: 1 })
  store.add('evidence', { ...proof, ordinal: 0, packet: 5, note: 'the last data' })
  store.add('incident_agent', { incident: 2, agent: 2, occurrences: 1, last: at(15) })
  for (const id of [1, 2]) refreshText(store, id)
})
afterAll(() => store.close())

test('one occurrence as a row', () => {
  expect(occurrenceRow(store, 1)).toEqual({
    id: 1,
    incident: 'HF-1',
    type: 'severed-idle',
    severity: 'critical',
    tap: 'client',
    service: 'dlp',
    at: '2026-11-21T00:00:10.000000Z',
    agent: {
      id: 'EPA-1',
      address: '10.10.1.101',
    },
    server: {
      name: 'dlp1',
      address: '10.10.3.11',
      port: 443,
    },
    actor: {
      role: 'load-balancer',
      address: '10.10.2.10',
      name: 'lb1',
      confidence: 0.9,
    },
    manner: 'fin',
    sentence: 'Cut.',
    remedy: 'Raise it.',
    confidence: 0.8,
    details: { silenceSeconds: 300 },
    connection: 1,
  })
  expect(occurrenceRow(store, 99)).toBeNull()
})

test('a device bears the name of its own address only; what is unknown is null', () => {
  const { actor, server, connection, agent } = occurrenceRow(store, 2)!
  expect({ actor, server, connection, agent }).toEqual({
    actor: { role: 'load-balancer', address: '10.9.9.9', name: null, confidence: 0.9 },
    server: null,
    connection: null,
    agent: { id: 'EPA-2', address: null },
  })
  expect(occurrenceRow(store, 3)!.agent).toBeNull()
})

test('evidence in its order, with what the kept packets are', () => {
  expect(occurrenceView(store, 1)!.evidence).toEqual([
    { tap: 'client', packet: 5, at: '2026-11-21T00:00:10.000000Z', note: 'the last data', segment: null },
    {
      tap: 'client',
      packet: 7,
      at: '2026-11-21T00:00:10.000000Z',
      note: 'the FIN',
      segment: {
        source: {
          address: '10.10.1.101',
          port: 1,
        },
        flags: ['FIN'],
      },
    },
  ])
})

test('neighbours are those of the incident, by time', () => {
  const neighbours = [1, 2, 3, 4].map((id) => {
    const { previous, next } = occurrenceView(store, id)!
    return [previous, next]
  })
  expect(neighbours).toEqual([
    [null, 2],
    [1, 3],
    [2, null],
    [null, null],
  ])
  expect(occurrenceView(store, 99)).toBeNull()
})

test('of one incident, all are counted', () => {
  const { items, total } = listOccurrences(store, { incident: 1 }, { limit: 2 })
  expect({ ids: items.map(({ id }) => id), total }).toEqual({ ids: [3, 2], total: 3 })
  expect(listOccurrences(store, { incident: 9 }, { limit: 2 })).toEqual({ items: [], next: null, total: 0 })
  expect(listOccurrences(store, { incident: 1, agent: ['EPA-1'] }, { limit: 2 }).total).toBeNull()
})

test('the id of an agent asks for what happened to it', () => {
  const ids = (text: string) => listOccurrences(store, { text }, { limit: 9 }).items.map(({ id }) => id)
  expect(ids(' EPA-2 ')).toEqual([2, 4])
  expect(ids('lb1 nowhere')).toEqual([])
  expect(ids('cut')).toEqual([3, 2, 4, 1])
})
