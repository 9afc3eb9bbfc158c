import { afterAll, beforeAll, expect, test } from 'vitest'
import { addressText } from '../../../src/store/queries/address-text.ts'
import { connectionView, listConnections } from '../../../src/store/queries/connections.ts'
import type { EndReason } from '../../../src/model/connection.ts'
import { at, facts, readStore } from './small-store.ts'
import type { SmallStore } from './small-store.ts'

const PATH = ['vxlan 42 192.0.2.1 192.0.2.2', 'geneve 43 10.0.0.1 10.0.0.2']
let store: SmallStore
beforeAll(() => {
  store = readStore()
  store.add('service', { name: 'dlp' })
  store.add('server', { service: 1, name: 'dlp1' })
  store.add('agent', { name: 'EPA-1' })
  const times = { maxIdle: 2_500_000, idleBeforeEnd: 1_000, handshakeRtt: 14_000 }
  const packets = { handshake: 2, clientPackets: 3, serverPackets: 2, retransmissions: 1, keepAlives: 4 }
  const octets = { clientUniqueBytes: 10, serverUniqueBytes: 20 }
  const numbers = { ...times, ...packets, ...octets, stream: 4, requests: 1, responses: 1 }
  const packed = facts(numbers, PATH, undefined, 'dlp.example.com')
  const parties = { service: 1, server: 1, agent: 1 }
  store.add('connection', { ...parties, number: 77, start: at(0), end: at(9), facts: packed })
  store.add('connection', { number: 78, start: at(1), end: at(9), tap: '', end_reason: 0 })
  store.add('incident', { cause: 'a', service: 1, start: at(0), end: at(9) })
  for (const number of [77, 77, 78])
    store.add('occurrence', { incident: 1, at: at(5), connection_number: number })
  const tally = { analysis: 1, service: 1, open: 0, handshakes: '{}' }
  store.add('tally', { ...tally, server: 0, connections: 5 })
  store.add('tally', { ...tally, server: 1, connections: 7 })
})
afterAll(() => store.close())

test('one connection in full', () => {
  const { record, occurrences, ...row } = connectionView(store, 1)!
  const shared = {
    tap: 'client',
    stream: 4,
    service: 'dlp',
    agent: 'EPA-1',
    server: 'dlp1',
    communityId: '1:foa/N2IZiNwwRIwaq6vNOMKQs/k=',
    client: {
      address: '10.10.1.101',
      port: 5e4,
    },
    serverEndpoint: {
      address: '10.10.3.11',
      port: 443,
    },
    resolvedName: 'dlp.example.com',
    start: '2026-11-21T00:00:00.000000Z',
    end: '2026-11-21T00:00:09.000000Z',
    endReason: 'client-fin',
    clientBytes: 10,
    serverBytes: 20,
    maxIdleSeconds: 2.5,
  }
  expect(row).toEqual({ id: 1, capture: 1, ...shared, path: PATH, isKept: true })
  expect(record).toEqual({
    kind: 'connection',
    id: 77,
    ...shared,
    handshake: 'complete',
    handshakeRttSeconds: 0.014,
    clientPackets: 3,
    serverPackets: 2,
    clientUniqueBytes: 10,
    serverUniqueBytes: 20,
    retransmissions: 1,
    outOfOrder: 0,
    keepAlives: 4,
    captureDuplicates: 0,
    idleBeforeEndSeconds: 0.001,
    tls: null,
    http: {
      requests: 1,
      responses: 1,
    },
    path: PATH,
  })
  expect(occurrences.map(({ id }) => id)).toEqual([2, 1])
  expect(connectionView(store, 99)).toBeNull()
})

test('the tap without a name is null in the record, and what is not known as well', () => {
  const { record, service, agent, server, path } = connectionView(store, 2)!
  expect(record).toMatchObject({ tap: null, stream: null, endReason: 'open', handshake: 'none' })
  expect({ service, agent, server, path }).toEqual({ service: null, agent: null, server: null, path: [] })
  expect(record).toMatchObject({ resolvedName: null })
})

test('of one end are those of any service, and of none', () => {
  const ofEnd = (reason: EndReason): number[] =>
    listConnections(store, { endReason: [reason] }, { limit: 5 }).items.map(({ id }) => id)
  expect([ofEnd('client-fin'), ofEnd('open')]).toEqual([[1], [2]])
})

test('totals come from the tallies, where they know', () => {
  const total = (filter: Parameters<typeof listConnections>[1]) =>
    listConnections(store, filter, { limit: 1 }).total
  expect(total({})).toBe(12)
  expect(total({ service: ['dlp'] })).toBe(12)
  expect(total({ service: ['dlp'], server: ['dlp1'] })).toBe(7)
  expect(total({ server: ['nobody'] })).toBe(0)
  expect(total({ agent: ['EPA-1'] })).toBeNull()
  expect(total({ endReason: ['open'] })).toBeNull()
})

test.each([
  ['0a0a0165', '10.10.1.101'],
  ['', ''],
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['20010db8000000000000000000000000', '2001:db8::'],
  ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['00000000000000000000ffff0a0a0165', '::ffff:10.10.1.101'],
])('the octets %s are %s', (octets, text) => {
  expect(addressText(Buffer.from(octets, 'hex'))).toBe(text)
})
