import fc from 'fast-check'
import Sqlite from 'better-sqlite3'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type ConnectionFacts,
  connectionFacts,
  factsPacker,
  FLOW_NUMBERS,
  NUMBERS,
  OPTIONAL_NUMBERS,
} from '../../src/store/connection-facts.ts'
import { connectionNumber } from '../../src/model/connection.ts'
import { connectionView } from '../../src/store/queries/connections.ts'
import { APPLICATION_ID, MIGRATIONS } from '../../src/store/schema.data.ts'
import { openStore } from '../../src/store/store.ts'
import { folder } from './database.ts'
import { codePoint } from '../code-point.ts'

const address = fc.oneof(
  ...[0, 4, 16].map((length) => fc.uint8Array({ minLength: length, maxLength: length })),
)
const count = fc.oneof(fc.nat(), fc.maxSafeNat())
const all = <const Name extends string, T>(
  names: readonly Name[],
  value: fc.Arbitrary<T>,
): fc.Arbitrary<Record<Name, T>> =>
  fc
    .array(value, { minLength: names.length, maxLength: names.length })
    .map((values) => Object.fromEntries(names.map((name, i) => [name, values[i]])) as Record<Name, T>)
const rows = fc
  .tuple(
    fc.record({
      clientAddress: address,
      serverAddress: address,
      tls: fc.string({ unit: codePoint, maxLength: 200 }).map((text) => text.toWellFormed()),
      path: fc.oneof(fc.constant(''), fc.constant('é€😀'.repeat(30_000))),
      resolvedName: fc.string({ maxLength: 253 }),
    }),
    all(NUMBERS, count),
    all(OPTIONAL_NUMBERS, fc.option(fc.nat({ max: 2 ** 48 }))),
    all(FLOW_NUMBERS, fc.option(fc.nat({ max: 2 ** 48 }))),
  )
  .map(([parts, numbers, optional, flows]): ConnectionFacts => ({
    ...numbers,
    ...optional,
    ...flows,
    ...parts,
  }))

const packer = factsPacker()
function packed(facts: ConnectionFacts): Buffer {
  packer.begin(
    facts.clientAddress,
    facts.serverAddress,
    facts.tls.length + facts.path.length + facts.resolvedName.length,
  )
  for (const name of NUMBERS) packer.number(facts[name])
  for (const name of OPTIONAL_NUMBERS) packer.optional(facts[name] ?? -1)
  packer.text(facts.tls)
  packer.text(facts.path)
  packer.text(facts.resolvedName)
  for (const name of FLOW_NUMBERS) packer.optional(facts[name] ?? -1)
  return packer.end()
}

describe('what is packed', () => {
  test('comes out as it went in, also when others were packed after it', () => {
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 40 }), (list) => {
        const bytes = list.map(packed)
        expect(bytes.map((row) => connectionFacts(Uint8Array.from(row)))).toEqual(list)
      }),
      { numRuns: 30 },
    )
  })

  test('counts as 0 or missing where octets are missing, and is read to an end whatever the octets', () => {
    const nothing = connectionFacts(new Uint8Array())
    expect(nothing).toMatchObject({ clientPort: 0, captureDuplicates: 0, stream: null, tls: '', path: '' })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(Object.keys(connectionFacts(bytes))).toEqual(Object.keys(nothing))
      }),
    )
  })

  test('below 0 is 0, or missing', () => {
    packer.begin(new Uint8Array(), new Uint8Array(), 0)
    for (const _ of NUMBERS) packer.number(-7)
    for (const _ of OPTIONAL_NUMBERS) packer.optional(-7)
    packer.text('')
    packer.text('')
    expect(connectionFacts(packer.end())).toMatchObject({ maxIdle: 0, stream: null, handshakeRtt: null })
  })
})

test('rows of schema 1 are packed by the migration, and say what they said', () => {
  const path = join(folder(), 'old.db')
  const old = new Sqlite(path)
  old.pragma('synchronous = OFF')
  old.exec(MIGRATIONS[0]!)
  old.pragma(`application_id = ${APPLICATION_ID}`)
  old.pragma('user_version = 1')
  const tls = { version: 'TLS 1.3', sni: 'a.example' }
  const rest = [
    null,
    'complete',
    0.0142,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    tls,
    { requests: 9, responses: 10 },
    ['nat'],
  ]
  const insert =
    old.prepare(`INSERT INTO connection VALUES (7, 1, 0, ${77 * 65_536 + 2}, NULL, NULL, NULL, ?, 5000, ?, 443,
    1000000, 2000000, 1, 11, 12, 13, 14, 15, 'client', ?, ?)`)
  const addresses = [Buffer.from([10, 10, 1, 101]), Buffer.from([10, 10, 2, 10])]
  insert.run(...addresses, 4, JSON.stringify(rest))
  old.exec(`UPDATE connection SET id = 8 WHERE id = 7`)
  const bare = [null, 'none', null, 0, 0, 0, 0, 0, 0, 0, 0, null, null]
  insert.run(...addresses, null, JSON.stringify(bare))
  old.close()
  const store = openStore(path)
  const { record, ...row } = connectionView(store, 8)!
  expect(row).toMatchObject({
    tap: 'client',
    stream: 4,
    clientBytes: 11,
    serverBytes: 12,
    endReason: 'client-fin',
  })
  expect(record).toMatchObject({
    id: connectionNumber(77, 2),
    client: { address: '10.10.1.101', port: 5000 },
    serverEndpoint: { address: '10.10.2.10', port: 443 },
    maxIdleSeconds: 0.000013,
    idleBeforeEndSeconds: 0.000014,
    handshake: 'complete',
    handshakeRttSeconds: 0.0142,
    clientPackets: 1,
    serverPackets: 2,
    clientUniqueBytes: 3,
    serverUniqueBytes: 4,
    retransmissions: 5,
    outOfOrder: 6,
    keepAlives: 7,
    captureDuplicates: 8,
    tls,
    http: { requests: 9, responses: 10 },
    path: ['nat'],
  })
  const none = { stream: null, handshake: 'none', handshakeRttSeconds: null, tls: null, http: null, path: [] }
  expect(connectionView(store, 7)?.record).toMatchObject(none)
  const indexes = `SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'connection'`
  expect(store.db.prepare(indexes).pluck().get()).toBe(6)
  store.close()
})
