import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTokenName, tokensIn, withoutTokens } from '../../../src/sessions/web/csrf-tokens.ts'

test.each([
  ['<input type="hidden" name="csrfToken" value="a1">', [{ field: 'csrfToken', value: 'a1' }]],
  ["<input value='a1' name='_token'/>", [{ field: '_token', value: 'a1' }]],
  ['<meta name=csrf-token content=a1>', [{ field: 'csrf-token', value: 'a1' }]],
  ['<input name="ticket" value="a1">', [{ field: 'ticket', value: 'a1' }]],
  ['<input name="user" value="a1">', []],
  ['a=b&authenticity_token=a1&c=d', [{ field: 'authenticity_token', value: 'a1' }]],
  ['{"a":1,"_csrf":"a1"}', [{ field: '_csrf', value: 'a1' }]],
  [
    '<input name="_csrf" value="b2"> ... <input name="_csrf" value="a1">',
    [
      { field: '_csrf', value: 'b2' },
      { field: '_csrf', value: 'a1' },
    ],
  ],
])('%s', (text, tokens) => {
  expect(tokensIn(text, ['Ticket'])).toEqual(tokens)
})

test('names of tokens compare without case', () => {
  expect(
    ['X-XSRF-TOKEN', 'ticket', 'authenticity_token', 'token'].map((n) => isTokenName(n, ['TICKET'])),
  ).toEqual([true, true, true, false])
})

test('two pages that differ in a token only are the same without it', () => {
  fc.assert(
    fc.property(fc.string(), (rest) => {
      const page = (token: string): string => `<input name="_csrf" value="${token}">${rest}`
      expect(withoutTokens(page('0123456789abcdef'), [])).toBe(withoutTokens(page('fedcba9876543210'), []))
    }),
    { numRuns: 50 },
  )
})

test('nothing but the values of tokens is left out', () => {
  const page = `<meta content='1' name="_csrf"> 1 <input name="b" value="1"> {"xsrf":"1"} a=1&csrf=1`
  expect(withoutTokens(page, [])).toBe(
    `<meta content='' name="_csrf"> 1 <input name="b" value="1"> {"xsrf":""} a=1&csrf=`,
  )
})
