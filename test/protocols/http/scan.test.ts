import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { framingOf } from '../../../src/protocols/http/framing.ts'
import { parseHead } from '../../../src/protocols/http/head.ts'
import { HEADER_LINES_MAX } from '../../../src/protocols/http/header-lines.ts'
import { SeenRequest, SeenResponse } from '../../../src/protocols/http/message.ts'
import { recognisesHttp } from '../../../src/protocols/http/recognise.ts'
import { HeadScanner } from '../../../src/protocols/http/scan.ts'

const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1')
/** One for all, as a connection has one: nothing of the head before is left in the next. */
const scanner = new HeadScanner()
const scan = (text: string) => {
  const bytes = octets(`..${text}`)
  return scanner.response(bytes, 2, bytes.length) ?? scanner.request(bytes, 2, bytes.length)
}
const get = (lines: string): string => `GET /a?b HTTP/1.1\r\n${lines}\r\n`

describe('a plain head', () => {
  test('of a request', () => {
    const text = get('Host: a\r\nContent-Length: 12\r\n')
    const head = scan(`${text}the body`)
    expect({ ...head, setCookieLines: head?.setCookieLines }).toEqual({
      method: 'GET',
      target: '/a?b',
      version: '1.1',
      status: 0,
      framing: { coding: 0, length: 12, setCookieLines: 0, end: text.length + 2 },
      setCookieLines: 0,
      length: text.length,
      text,
      lines: null,
      ambiguities: null,
    })
  })

  test('of a response', () => {
    const text = 'HTTP/1.0 404 Not Found\nset-COOKIE:a=1\nTransfer-Encoding: Chunked \nSet-Cookie: b\n\n'
    expect(scan(text)).toMatchObject({
      method: '',
      version: '1.0',
      status: 404,
      framing: framingOf([{ name: 'Transfer-Encoding', value: 'chunked' }]),
      setCookieLines: 2,
      length: text.length,
    })
  })
})

test.each([
  ['incomplete', 'GET / HTTP/1.1\r\nHost: a\r\n'],
  ['cut in its last line end', 'GET / HTTP/1.1\r\nHost: a\r\n\r'],
  ['no method', ' / HTTP/1.1\r\n\r\n'],
  ['a method that is too long', `${'A'.repeat(33)} / HTTP/1.1\r\n\r\n`],
  ['no target', 'GET  HTTP/1.1\r\n\r\n'],
  ['a space in the target', 'GET /a b HTTP/1.1\r\n\r\n'],
  ['another version', 'GET / HTTP/1.2\r\n\r\n'],
  ['another status line', 'HTTP/1.1  200 OK\r\n\r\n'],
  ['a CR alone behind the status', 'HTTP/1.1 200\rOK\r\n\r\n'],
  ['a CR alone behind the version', 'GET / HTTP/1.1\rX\r\n\r\n'],
  ['a folded line', get('A: b\r\n c\r\n')],
  ['a space before a colon that matters', get('Set-Cookie : a=b\r\n')],
  ['two lengths', get('Content-Length: 1\r\nContent-Length: 1\r\n')],
  ['a length that is no number', get('Content-Length: 1,1\r\n')],
  ['a length that is too long', get(`Content-Length: ${'1'.repeat(16)}\r\n`)],
  ['an empty length', get('Content-Length:\r\n')],
  ['another coding', get('Transfer-Encoding: gzip, chunked\r\n')],
  ['too many lines', get('A: b\r\n'.repeat(HEADER_LINES_MAX + 1))],
])('%s is not plain', (_what, text) => expect(scan(text)).toBeNull())

test('what is scanned is what parsing finds', () => {
  const name = fc.constantFrom('Content-Length', 'content-LENGTH', 'Transfer-Encoding', 'Set-Cookie', 'Host')
  const odd = fc.constantFrom('Content\rLength', 'ContentXLength', 'Set-Cookie2', 'C', '', 'X-\xe9')
  const value = fc.constantFrom(
    '',
    '0',
    '17',
    '+1',
    'chunked',
    'Chunked',
    'a=1; Path=/',
    'x\ry',
    '12 ',
    '\t9',
  )
  const colon = fc.constantFrom(':', ': ', ':\t', ' :', '')
  const end = fc.constantFrom('\r\n', '\r\n', '\n')
  const fold = fc.constantFrom('', '', '', ' ')
  const line = fc.tuple(fold, fc.oneof(name, odd), colon, value, end).map((parts) => parts.join(''))
  const start = fc.constantFrom('GET /x HTTP/1.1', 'OST / HTTP/1.0', 'HTTP/1.1 200 OK', 'HTTP/1.0 304')
  const head = fc.tuple(start, end, fc.array(line, { maxLength: 6 }), end, fc.constantFrom('', 'GET / HTTP'))
  let plain = 0
  const parts = head.map(([first, lf, lines, empty, rest]) => `${first}${lf}${lines.join('')}${empty}${rest}`)
  fc.assert(
    fc.property(parts, (text) => {
      const scanned = scan(text)
      if (scanned === null) return
      plain++
      const parsed = parseHead(text)
      if (parsed === null || typeof parsed === 'string') throw new Error('it cannot be parsed')
      const { first, second, third, headers, length } = parsed
      const isResponse = first.startsWith('HTTP/')
      expect(recognisesHttp(0, octets(text), 0, text.length)).toBe('certain')
      expect([scanned.method, scanned.target]).toEqual(isResponse ? ['', ''] : [first, second])
      expect(scanned.version).toBe((isResponse ? first : third).slice('HTTP/'.length))
      expect(scanned.status).toBe(isResponse ? Number(second) : 0)
      expect(scanned.framing).toMatchObject(framingOf(headers))
      expect(scanned.text).toBe(text.slice(0, length))
      const cookies = headers.filter((h) => h.name.toLowerCase() === 'set-cookie').map((h) => h.value)
      const response = new SeenResponse(scanned, 0, 0, 1)
      expect(response.setCookies.map((cookie) => cookie.line)).toEqual(cookies)
      expect(response.headers).toEqual(headers)
      for (const { name: wanted } of headers)
        expect(new SeenRequest(scanned, 0, 0, 1).header(wanted.toLowerCase())).toBe(
          headers.find((h) => h.name.toLowerCase() === wanted.toLowerCase())!.value,
        )
    }),
    { numRuns: 2000, seed: 1 },
  )
  expect(plain).toBeGreaterThan(500)
})
