import { expect, test } from 'vitest'
import { latin1 } from '../../src/bytes/latin1.ts'

test('every octet is the character of its number, whatever kind of array holds it', () => {
  const octets = Uint8Array.from({ length: 256 }, (_, i) => i)
  for (const bytes of [octets, Buffer.from(octets)]) {
    expect([...latin1(bytes, 0, 256)].map((c) => c.charCodeAt(0))).toEqual([...octets])
  }
  expect(latin1(octets.subarray(60), 5, 8)).toBe('ABC')
})

test('nothing is empty', () => {
  expect(latin1(new Uint8Array(4), 2, 2)).toBe('')
  expect(latin1(new Uint8Array(4), 3, 2)).toBe('')
})
