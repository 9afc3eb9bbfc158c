import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OFFERS_MAX, offeredVersion, readClientHello } from '../../../src/protocols/tls/client-hello.ts'
import { EXTENSIONS_MAX } from '../../../src/protocols/tls/extensions.ts'
import { ticketHash } from '../../../src/protocols/tls/hash.ts'
import { clientHello, CLIENT_RANDOM, concat, extension, text, u16, vector } from './craft.ts'

const read = (extensions: readonly Uint8Array[]) => {
  const whole = clientHello({ suites: [0x1301, 0xc02f], sessionId: 'abcd', extensions })
  return readClientHello(whole, 4, whole.length, true)
}
const hashOf = (value: string): string => ticketHash(text(value), 0, value.length)

test('every field that is used', () => {
  const psk = (identity: string): Uint8Array => concat(vector(2, text(identity)), new Uint8Array(4))
  const fields = read([
    extension(0, vector(2, Uint8Array.of(0), vector(2, text('server.example')))),
    extension(10, vector(2, u16(29, 23))),
    extension(11, vector(1, Uint8Array.of(0))),
    extension(13, vector(2, u16(0x0804))),
    extension(16, vector(2, vector(1, text('h2')), vector(1, text('http/1.1')))),
    extension(35, text('a ticket')),
    extension(43, vector(1, u16(0x0304, 0x0303))),
    extension(41, vector(2, psk('first'), psk('second')), vector(2, vector(1, new Uint8Array(32)))),
  ])
  expect(fields).toEqual({
    legacyVersion: 0x0303,
    random: CLIENT_RANDOM,
    sessionId: 'abcd',
    cipherSuites: [0x1301, 0xc02f],
    extensions: [0, 10, 11, 13, 16, 35, 43, 41],
    supportedVersions: [0x0304, 0x0303],
    groups: [29, 23],
    pointFormats: [0],
    signatureAlgorithms: [0x0804],
    serverName: 'server.example',
    alpn: ['h2', 'http/1.1'],
    ticketHash: hashOf('a ticket'),
    pskIdentityHashes: [hashOf('first'), hashOf('second')],
  })
})

test('an empty session ticket extension offers none', () => {
  expect(read([extension(35)])?.ticketHash).toBeNull()
})

test('a name of another type is passed over', () => {
  const names = vector(
    2,
    Uint8Array.of(9),
    vector(2, text('odd')),
    Uint8Array.of(0),
    vector(2, text('b.example')),
  )
  expect(read([extension(0, names)])?.serverName).toBe('b.example')
})

test('lists are cut at their limit', () => {
  const many = Array.from({ length: OFFERS_MAX + 5 }, (_, i) => vector(1, text(`p${i}`)))
  expect(read([extension(16, vector(2, ...many))])?.alpn).toHaveLength(OFFERS_MAX)
  const extensions = Array.from({ length: EXTENSIONS_MAX + 5 }, (_, i) => extension(1000 + i))
  expect(read(extensions)?.extensions).toHaveLength(EXTENSIONS_MAX)
})

test.each([
  [[0x0304, 0x0303], 0x0304],
  [[0x7f1c, 0x0303], 0x7f1c],
  [[0x7f1c, 0x0304], 0x0304],
  [[0x0a0a, 0x0303], 0x0303],
  [[0x0a0a], 0x0303],
  [[], 0x0303],
])('of the versions %j, %i is the highest', (versions, highest) => {
  const fields = read([extension(43, vector(1, u16(...versions)))])!
  expect(offeredVersion(fields)).toBe(highest)
})

test('what contradicts itself is left out; cut anywhere, nothing is thrown', () => {
  const whole = clientHello({
    extensions: [
      extension(0, vector(2, Uint8Array.of(0), vector(2, text('server.example')))),
      extension(16, u16(99)),
    ],
  })
  expect(readClientHello(whole, 4, whole.length, true)).toMatchObject({
    serverName: 'server.example',
    alpn: [],
  })
  for (let end = 4; end < whole.length; end++) {
    const fields = readClientHello(whole, 4, end, true)
    if (fields !== null) expect([null, 'server.example']).toContain(fields.serverName)
  }
})

test('random octets are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      const fields = readClientHello(octets, 0, octets.length, true)
      expect(fields === null || fields.random.length === 64).toBe(true)
    }),
    { numRuns: 500 },
  )
})
