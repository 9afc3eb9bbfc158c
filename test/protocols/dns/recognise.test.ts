import { expect, test } from 'vitest'
import { recognisesDns } from '../../../src/protocols/dns/recognise.ts'
import { framed, message, question, RESPONSE } from './craft.ts'

const verdict = (bytes: Uint8Array): string => recognisesDns(0, bytes, 0, bytes.length)
const query = framed(0, message({ questions: [question('keys.example.com')] })).bytes

test('a query and a response are likely as soon as the header and a label’s length are there', () => {
  expect(verdict(query)).toBe('likely')
  for (let n = 0; n < query.length; n++)
    expect(verdict(query.subarray(0, n)), `${n}`).toBe(n < 15 ? 'unsure' : 'likely')
  expect(verdict(framed(1, message({ flags: RESPONSE })).bytes)).toBe('likely')
})

test.each([
  ['text', 'GET / HTTP/1.1'],
  ['a length below a message’s', '\0\x05hello'],
  ['a query that is too long', '\x40\x00\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a'],
  ['an update', '\x00\x40\x00\x01\x28\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a'],
  ['two questions', '\x00\x40\x00\x01\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x01a'],
  ['a query with answers', '\x00\x40\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\x00\x00\x01a'],
])('%s is none', (_what, text) => expect(verdict(Buffer.from(text, 'latin1'))).toBe('no'))
