import fc from 'fast-check'
import { expect, test } from 'vitest'
import { harmless, shortName } from '../../../src/cli/output/harmless.ts'
import { codePoint } from '../../code-point.ts'

test.each([
  ['EPA-0017', 'EPA-0017'],
  ['Zürich 東京', 'Zürich 東京'],
  ['\u001b[2J\u001b]0;title\u0007', '\\x1b[2J\\x1b]0;title\\x07'],
  ['\u009b31m', '\\x9b31m'],
  ['a\r\nb\tc', 'a\\x0d\\x0ab\\x09c'],
  ['admin\u202egpj.exe', 'admin\\u{202e}gpj.exe'],
  ['a\u200bb\u2066c\u2028d\ufeff', 'a\\u{200b}b\\u{2066}c\\u{2028}d\\u{feff}'],
  ['\ud800', '\\u{d800}'],
  ['\u{e0041}', '\\u{e0041}'],
])('%j is shown as %s', (text, shown) => {
  expect(harmless(text)).toBe(shown)
})

test('nothing that a terminal obeys remains, and what is harmless stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), (text) => {
      const shown = harmless(text)
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
      expect(harmless(shown)).toBe(shown)
    }),
  )
})

test('names are cut in the middle', () => {
  expect(shortName('a'.repeat(64))).toBe('a'.repeat(64))
  expect(shortName(`begin${'x'.repeat(100)}end`, 20)).toBe('beginxxx...xxxxxend')
  expect(shortName('\u001b'.repeat(100))).toHaveLength(63)
})
