import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hmacKey, hmacOf, MessageHmac } from '../../../src/protocols/tls/hmac.ts'
import { bytes, text } from './craft.ts'

const NONE = new Uint8Array(0)
const hex = (hash: string, key: Uint8Array, message: Uint8Array): string =>
  hmacOf(hmacKey(hash, key), NONE, message, 0, message.length).toString('hex')

/** RFC 2202 §2 and §3 (case 2), RFC 4231 §4.3. */
test.each([
  ['md5', '750c783e6ab0b503eaa86e310a5db738'],
  ['sha1', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
  ['sha256', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
  [
    'sha384',
    'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
  ],
])('%s', (hash, expected) => {
  expect(hex(hash, text('Jefe'), text('what do ya want for nothing?'))).toBe(expected)
})

test('a key longer than a block is hashed first (RFC 4231 §4.7)', () => {
  const key = bytes('aa'.repeat(131))
  expect(hex('sha256', key, text('Test Using Larger Than Block-Size Key - Hash Key First'))).toBe(
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  )
})

test('of any message behind any prefix, one after the other, as node:crypto says', () => {
  const octets = (maxLength: number) => fc.uint8Array({ maxLength })
  fc.assert(
    fc.property(
      octets(200),
      fc.array(fc.tuple(octets(40), octets(600)), { maxLength: 5 }),
      (key, messages) => {
        for (const hash of ['sha1', 'sha384']) {
          const by = hmacKey(hash, key)
          for (const [prefix, message] of messages) {
            const expected = createHmac(hash, key).update(prefix).update(message).digest()
            expect(hmacOf(by, prefix, message, 0, message.length)).toEqual(expected)
          }
        }
      },
    ),
    { numRuns: 50 },
  )
})

test('of one message with keys of any length up to a block', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 5 }),
      (message, keys) => {
        for (const hash of ['sha256', 'sha384'] as const) {
          const hmac = new MessageHmac(hash, message)
          for (const key of keys) {
            const expected = createHmac(hash, key).update(message).digest('binary')
            expect(hmac.of(key, expected.length)).toBe(expected)
            expect(hmac.of(key, 12)).toBe(expected.slice(0, 12))
          }
        }
      },
    ),
    { numRuns: 50 },
  )
})
