import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CODE_LENGTHS } from '../../../../src/protocols/http/http2/huffman.data.ts'
import { huffmanText } from '../../../../src/protocols/http/http2/huffman.ts'
import { hex, huffman } from './octets.ts'

const decode = (octets: Uint8Array): string | null => huffmanText(octets, 0, octets.length)

test.each([
  ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
  ['no-cache', 'a8eb10649cbf'],
  ['custom-key', '25a849e95ba97d7f'],
  ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ['', ''],
])('%s (RFC 7541 Appendix C)', (text, octets) => {
  expect(decode(hex(octets))).toBe(text)
  expect(Buffer.from(huffman(text)).toString('hex')).toBe(octets)
})

test('the code is complete: its lengths fill the tree exactly (Kraft)', () => {
  expect(CODE_LENGTHS.length).toBe(257)
  expect(CODE_LENGTHS.reduce((sum, length) => sum + 2 ** -length, 0)).toBe(1)
})

test('every text comes out as it went in', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (octets) => {
      const text = Buffer.from(octets).toString('latin1')
      expect(decode(Uint8Array.from(huffman(text)))).toBe(text)
    }),
    { numRuns: 100 },
  )
})
