import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COOKIE_PAIRS_MAX, readCookies } from '../../../src/protocols/cookies/cookie-header.ts'
import { cookieFacts } from '../../../src/protocols/cookies/facts.ts'

const cookiesIn = (value: string) => readCookies([{ name: 'Cookie', value }])
const facts = (...pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([name, value]) => cookieFacts(name, value))

test.each([
  ['a=b', facts(['a', 'b'])],
  ['a=b; c=d', facts(['a', 'b'], ['c', 'd'])],
  ['a=b;c=d;', facts(['a', 'b'], ['c', 'd'])],
  [' a = b ;\t; c', facts(['a', 'b'], ['', 'c'])],
  ['a=b=c; a="d e"; a=%20', facts(['a', 'b=c'], ['a', '"d e"'], ['a', '%20'])],
  ['a=1, b=2', facts(['a', '1, b=2'])],
  ['', []],
  [' ; ', []],
])('%j', (header, expected) => expect(cookiesIn(header)).toEqual(expected))

test('what a load balancer added comes back', () => {
  expect(cookiesIn('SID=1; BIGipServerpool=1677787402.20480.0000')[1]).toMatchObject({
    vendor: 'F5 BIG-IP LTM',
    role: 'persistence',
    backend: '10.1.1.100:80',
  })
})

test('several lines are one list', () => {
  const headers = [
    { name: 'Cookie', value: 'a=1; b=2' },
    { name: 'Set-Cookie', value: 'x=y' },
    { name: 'COOKIE', value: 'c=3' },
  ]
  expect(readCookies(headers)).toEqual(facts(['a', '1'], ['b', '2'], ['c', '3']))
})

test('no more than a limit, over all lines', () => {
  const pairs = Array.from({ length: COOKIE_PAIRS_MAX + 2 }, (_, i) => `a${i}=b`)
  const names = pairs.slice(0, COOKIE_PAIRS_MAX).map((pair) => pair.slice(0, -2))
  expect(cookiesIn(pairs.join(';')).map(({ name }) => name)).toEqual(names)
  const headers = pairs.map((value) => ({ name: 'cookie', value }))
  expect(readCookies(headers).map(({ name }) => name)).toEqual(names)
})

test('what is put together comes apart again', () => {
  const word = (alphabet: string, minLength: number) =>
    fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength: 6 })
  fc.assert(
    fc.property(fc.array(fc.tuple(word('abc_-', 1), word('abc=~"', 0))), (pairs) => {
      const header = pairs.map(([name, value]) => `${name}=${value}`).join('; ')
      expect(cookiesIn(header)).toEqual(facts(...pairs))
    }),
  )
})
