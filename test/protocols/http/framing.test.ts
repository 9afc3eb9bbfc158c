import { describe, expect, test } from 'vitest'
import {
  AMBIGUOUS,
  CHUNKED,
  ON_ANSWER,
  TUNNEL,
  UNTIL_CLOSE,
  framingOf,
  requestBody,
  responseBody,
} from '../../../src/protocols/http/framing.ts'

const lines = (...pairs: [string, string][]) => pairs.map(([name, value]) => ({ name, value }))
const length = (value: string) => lines(['content-LENGTH', value])
const coding = (...values: string[]) =>
  lines(...values.map((value): [string, string] => ['Transfer-Encoding', value]))

describe('requests (RFC 9112 §6.3)', () => {
  test.each([
    ['nothing said', [], 0],
    ['a length', length('17'), 17],
    ['the same length twice', [...length('17'), ...length('17')], 17],
    ['the same length twice in one line', length('17, 17'), 17],
    ['leading zeros', length(`${'0'.repeat(18)}5`), 5],
    ['leading zeros once', length('5, 0000000000000000005'), 5],
    ['as many digits as can be', length(`00${'9'.repeat(15)}`), 999_999_999_999_999],
    ['two lengths', [...length('17'), ...length('18')], AMBIGUOUS],
    ['two lengths in one line', length('17,18'), AMBIGUOUS],
    ['a sign', length('+5'), AMBIGUOUS],
    ['hexadecimal', length('0x5'), AMBIGUOUS],
    ['no number', length(''), AMBIGUOUS],
    ['more than can be', length('1234567890123456'), AMBIGUOUS],
    ['chunked', coding('Chunked'), CHUNKED],
    ['chunked after another', coding('gzip, chunked'), CHUNKED],
    ['chunked after another in its own line', coding('gzip', 'chunked'), CHUNKED],
    ['chunked and a length: the coding counts', [...coding('chunked'), ...length('5')], CHUNKED],
    ['chunked twice', coding('chunked, chunked'), AMBIGUOUS],
    ['chunked not last', coding('chunked, gzip'), AMBIGUOUS],
    ['another coding only', coding('gzip'), AMBIGUOUS],
    ['identity', [...coding('identity'), ...length('5')], 5],
  ])('%s', (_what, headers, expected) =>
    expect(requestBody('POST', '1.1', framingOf(headers))).toBe(expected),
  )

  test('HTTP/1.0 knows no chunked coding; what follows CONNECT depends on the answer', () => {
    expect(requestBody('POST', '1.0', framingOf(coding('chunked')))).toBe(AMBIGUOUS)
    expect(requestBody('CONNECT', '1.1', framingOf(length('5')))).toBe(ON_ANSWER)
  })
})

describe('responses', () => {
  test.each([
    ['a length', 200, 'GET', length('17'), 17],
    ['nothing said', 200, 'GET', [], UNTIL_CLOSE],
    ['another coding last', 200, 'GET', coding('gzip'), UNTIL_CLOSE],
    ['chunked not last', 200, 'GET', coding('chunked, gzip'), AMBIGUOUS],
    ['chunked', 200, 'GET', coding('chunked'), CHUNKED],
    ['to HEAD', 200, 'HEAD', length('17'), 0],
    ['204', 204, 'GET', length('17'), 0],
    ['304', 304, 'GET', length('17'), 0],
    ['100', 100, 'POST', [], 0],
    ['101', 101, 'GET', [], TUNNEL],
    ['to CONNECT, granted', 200, 'CONNECT', length('17'), TUNNEL],
    ['to CONNECT, refused', 407, 'CONNECT', length('17'), 17],
    ['to who knows what', 200, null, length('17'), 17],
    ['two lengths', 200, 'GET', length('1,2'), AMBIGUOUS],
  ])('%s', (_what, status, method, headers, expected) =>
    expect(responseBody(status, '1.1', framingOf(headers), method)).toBe(expected),
  )

  test('HTTP/1.0 knows no chunked coding', () => {
    expect(responseBody(200, '1.0', framingOf(coding('chunked')), 'GET')).toBe(AMBIGUOUS)
  })
})
