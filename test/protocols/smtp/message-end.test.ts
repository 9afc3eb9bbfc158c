import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MessageEnd } from '../../../src/protocols/smtp/message-end.ts'

/** Offset behind the end of mail by the rule itself (RFC 5321 §4.1.1.4): CRLF, a full stop, CRLF. */
function oracle(text: string): number {
  const at = `\r\n${text}`.indexOf('\r\n.\r\n')
  return at < 0 ? -1 : at + 3
}

test('is where RFC 5321 says, however the mail is cut', () => {
  const octets = fc.constantFrom('\r', '\n', '.', 'x', '\r\n', '\r\n.', '\r\n.\r\n', '.\r\n')
  fc.assert(
    fc.property(fc.array(octets, { maxLength: 12 }), fc.nat(20), (parts, cut) => {
      const text = parts.join('')
      const bytes = Buffer.from(`..${text}..`)
      const split = Math.min(2 + cut, 2 + text.length)
      const end = new MessageEnd()
      end.begin()
      const first = end.find(bytes, 2, split)
      const found = first < 0 ? end.find(bytes, split, 2 + text.length) : first
      expect(found < 0 ? -1 : found - 2).toBe(oracle(text))
    }),
    { numRuns: 2000 },
  )
})

test('lines that end with LF alone are counted', () => {
  const end = new MessageEnd()
  const bytes = Buffer.from('a\n.\nb\r\n.\r\n')
  expect(end.find(bytes, 0, bytes.length)).toBe(bytes.length)
  expect(end.bareLineFeeds).toBe(2)
})
