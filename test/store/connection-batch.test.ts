import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AT,
  BATCH_ROWS,
  batchEncoder,
  COLUMNS,
  type ConnectionBatch,
  NONE,
  WIDTH,
} from '../../src/store/connection-batch.ts'
import { END_REASONS, HANDSHAKES } from '../../src/store/codes.data.ts'
import type { ConnectionRecord } from '../../src/model/record.ts'
import { connection } from '../cli/output/story.ts'

/** The batches, as whoever takes them reads them: one object of each row. */
function roundTrip(records: readonly ConnectionRecord[]): Record<string, unknown>[] {
  const batches: ConnectionBatch[] = []
  const encoder = batchEncoder((batch) => batches.push(batch))
  for (const record of records) encoder.add(record)
  encoder.flush()
  encoder.flush()
  const texts: string[] = []
  return batches.flatMap((batch) => {
    if (batch.fresh) texts.length = 0
    texts.push(...batch.texts)
    return Array.from({ length: batch.rows }, (_, row) => read(batch.numbers, row * WIDTH, texts))
  })
}

const TEXTS = [
  'tap',
  'service',
  'agent',
  'server',
  'clientAddress',
  'serverAddress',
  'tls',
  'path',
  'resolvedName',
]
const read = (n: Float64Array, at: number, texts: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    COLUMNS.map((name) => {
      const value = n[at + AT[name]]!
      return [name, value === NONE ? null : TEXTS.includes(name) ? texts[value] : value]
    }),
  )

const expected = (c: ConnectionRecord): Record<string, unknown> => ({
  number: c.id,
  tap: c.tap,
  stream: c.stream,
  service: c.service,
  agent: c.agent,
  server: c.server,
  clientAddress: c.client.address,
  clientPort: c.client.port,
  serverAddress: c.serverEndpoint.address,
  serverPort: c.serverEndpoint.port,
  start: c.start,
  end: c.end,
  handshake: HANDSHAKES.indexOf(c.handshake),
  endReason: END_REASONS.indexOf(c.endReason!),
  handshakeRtt: c.handshakeRttSeconds === null ? null : Math.round(c.handshakeRttSeconds * 1e6),
  clientPackets: c.clientPackets,
  serverPackets: c.serverPackets,
  clientBytes: c.clientBytes,
  serverBytes: c.serverBytes,
  clientUniqueBytes: c.clientUniqueBytes,
  serverUniqueBytes: c.serverUniqueBytes,
  retransmissions: c.retransmissions,
  outOfOrder: c.outOfOrder,
  keepAlives: c.keepAlives,
  captureDuplicates: c.captureDuplicates,
  maxIdle: Math.round(c.maxIdleSeconds * 1e6),
  idleBeforeEnd: Math.round(c.idleBeforeEndSeconds * 1e6),
  survived: Math.round(c.longestSurvivedSeconds * 1e6),
  tls: c.tls === null ? null : JSON.stringify(c.tls),
  requests: c.http?.requests ?? null,
  responses: c.http?.responses ?? null,
  path: (c.path ?? []).length === 0 ? null : JSON.stringify(c.path),
  resolvedName: c.resolvedName ?? null,
  clientIpBytes: c.flows?.octets[0] ?? null,
  serverIpBytes: c.flows?.octets[1] ?? null,
  maxIdleAtMost: c.flows?.maxIdleAtMost ?? null,
})

const count = fc.nat({ max: 2 ** 40 })
const name = fc.option(fc.string({ maxLength: 12 }))
const records = fc.array(
  fc
    .record({
      id: fc.maxSafeNat(),
      stream: fc.option(fc.nat()),
      service: name,
      agent: name,
      server: name,
      resolvedName: name,
      handshake: fc.constantFrom(...HANDSHAKES),
      endReason: fc.constantFrom(...END_REASONS),
      handshakeRttSeconds: fc.option(fc.nat({ max: 1e9 }).map((micros) => micros / 1e6)),
      maxIdleSeconds: count.map((micros) => micros / 1e6),
      clientBytes: count,
      path: fc.array(fc.string({ maxLength: 12 }), { maxLength: 2 }),
      http: fc.option(fc.record({ requests: fc.nat(), responses: fc.nat() })),
      flows: fc.record({ maxIdleAtMost: count, octets: fc.tuple(count, count) }),
    })
    .map(connection),
)

test('what goes in comes out', () => {
  fc.assert(
    fc.property(records, (list) => {
      expect(roundTrip(list)).toEqual(list.map(expected))
    }),
    { numRuns: 50 },
  )
})

test('batches are full but the last, and the dictionary begins anew before it grows without limit', () => {
  const list = Array.from({ length: 150_000 }, (_, i) => connection({ id: i, agent: `agent-${i}` }))
  const sizes: number[] = []
  let fresh = 0
  const encoder = batchEncoder((batch) => {
    sizes.push(batch.rows)
    if (batch.fresh) fresh++
  })
  for (const record of list) encoder.add(record)
  encoder.flush()
  expect(sizes.slice(0, -1).every((rows) => rows === BATCH_ROWS)).toBe(true)
  expect(sizes.at(-1)).toBe(150_000 % BATCH_ROWS)
  expect(fresh).toBe(2)
  expect(roundTrip(list.slice(-BATCH_ROWS - 9)).map((row) => row['agent'])).toEqual(
    list.slice(-BATCH_ROWS - 9).map((record) => record.agent),
  )
})
