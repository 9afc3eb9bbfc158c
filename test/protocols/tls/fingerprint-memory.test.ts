import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyClientHello, type ClientHelloFields } from '../../../src/protocols/tls/client-hello.ts'
import { clientFingerprints, serverFingerprint } from '../../../src/protocols/tls/fingerprint-memory.ts'
import { ja3, ja3s, ja4 } from '../../../src/protocols/tls/fingerprints.ts'

/** Few values, GREASE among them, so that hellos are often alike. */
const list = fc.array(fc.constantFrom(0, 1, 0x0a0a, 0x1a1a, 0x1301, 43), { maxLength: 4 })
const hello: fc.Arbitrary<ClientHelloFields> = fc
  .record({
    version: fc.constantFrom(0x0301, 0x0303),
    suites: list,
    extensions: list,
    supportedVersions: list,
    groups: list,
    pointFormats: list,
    signatureAlgorithms: list,
    alpn: fc.constantFrom([], ['h2'], ['http/1.1', 'h2'], ['h2', 'x']),
  })
  .map(({ version, suites, ...rest }) => ({ ...emptyClientHello(version, '00', '', suites), ...rest }))

test('what is remembered is what would be computed', () => {
  fc.assert(
    fc.property(fc.array(hello, { minLength: 1, maxLength: 40 }), (hellos) => {
      for (const one of [...hellos, ...hellos])
        expect(clientFingerprints(one)).toEqual({ ja3: ja3(one), ja4: ja4(one) })
    }),
    { numRuns: 200 },
  )
})

test('lists do not run into one another', () => {
  const one = { ...emptyClientHello(0x0303, '00', '', [1, 2]), groups: [3] }
  const other = { ...emptyClientHello(0x0303, '00', '', [1]), groups: [2, 3] }
  expect(clientFingerprints(one).ja3).toBe(ja3(one))
  expect(clientFingerprints(other).ja3).toBe(ja3(other))
  expect(ja3(one)).not.toBe(ja3(other))
})

test('of servers too', () => {
  const fields = { random: '', sessionId: '', supportedVersion: null, alpn: null, selectedPsk: null }
  for (const cipherSuite of [0x1301, 0x1302, 0x1301])
    for (const extensions of [[], [43], [51, 43]]) {
      const answer = { ...fields, legacyVersion: 0x0303, cipherSuite, extensions } as never
      expect(serverFingerprint(answer)).toBe(ja3s(answer))
    }
})
