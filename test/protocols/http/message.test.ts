import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forwardedOf } from '../../../src/protocols/http/forwarded.ts'
import { readHead } from '../../../src/protocols/http/head.ts'
import type { Head } from '../../../src/protocols/http/message.ts'
import { SeenRequest, SeenResponse } from '../../../src/protocols/http/message.ts'

function head(text: string): Head {
  const read = readHead(Buffer.from(text, 'latin1'), 0, text.length)
  if (typeof read === 'string') throw new Error(read)
  return read
}

const PLAIN = 'Host: a\r\nX-Agent : A1\r\nset-cookie: b=1\r\nHOST: c\r\nSet-Cookie:d=2; Path=/\r\n'
const FOLDED = `${PLAIN}X-Long: one\r\n two\r\n`
const LINES = [
  { name: 'Host', value: 'a' },
  { name: 'X-Agent', value: 'A1' },
  { name: 'set-cookie', value: 'b=1' },
  { name: 'HOST', value: 'c' },
  { name: 'Set-Cookie', value: 'd=2; Path=/' },
]

const RECEIVED = { time: 2000, packet: 8, bodyBytes: 6 }

describe.each([
  ['a plain head', PLAIN, LINES, []],
  ['a head with a folded line', FOLDED, [...LINES, { name: 'X-Long', value: 'one two' }], ['folded-line']],
])('%s', (_what, lines, headers, folded) => {
  const request = new SeenRequest(head(`GET /x HTTP/1.1\r\n${lines}\r\n`), 5, 1000, 7)
  const response = new SeenResponse(head(`HTTP/1.1 200 OK\r\n${lines}\r\n`), 6, 2000, 8)

  test.each([
    ['host', 'a'],
    ['x-agent', 'A1'],
    ['x-agen', null],
    ['x-agents', null],
    ['cookie', null],
  ])('one header line is found without the others: %s', (name, value) => {
    expect(request.header(name)).toBe(value)
  })

  test('all lines, as sent and in order', () => {
    expect(request.headers).toEqual(headers)
    expect(request.header('host')).toBe('a')
    expect(response.headers).toEqual(headers)
  })

  test('the cookies, and their names alone', () => {
    expect(response.setCookieNames).toEqual(['b', 'd'])
    expect(response.setCookies.map(({ name, line }) => [name, line])).toEqual([
      ['b', 'b=1'],
      ['d', 'd=2; Path=/'],
    ])
    expect(response.setCookies).toBe(response.setCookies)
  })

  test('recorded as JSON, nothing is missing', () => {
    const asked = {
      method: 'GET',
      target: '/x',
      version: '1.1',
      headers,
      time: 1000,
      packet: 7,
      bodyBytes: 5,
      ambiguities: ['blank-before-colon', ...folded, 'host-repeated'],
    }
    expect(JSON.parse(JSON.stringify(request))).toEqual(asked)
    const { setCookies } = response
    const cookies = { setCookieLines: 2, setCookieNames: ['b', 'd'], setCookies }
    const ambiguities = ['blank-before-colon', ...folded]
    const told = { status: 200, version: '1.1', headers, ...cookies, ...RECEIVED, ambiguities }
    expect(JSON.parse(JSON.stringify(response))).toEqual(told)
  })
})

test('a response without cookies has none', () => {
  const response = new SeenResponse(head('HTTP/1.1 200 OK\r\nX: y\r\n\r\n'), 0, 0, 1)
  expect([response.setCookieNames, response.setCookies]).toEqual([[], []])
})

test('what proxies say is found whether or not the lines were taken apart before', () => {
  const name = fc.constantFrom(
    'X-Forwarded-For',
    'forwarded',
    'x-real-ip',
    'X-Forwarded',
    'A-X-Real-IP',
    'Host',
  )
  const blank = fc.constantFrom('', ' ', '\t', ' \t')
  const value = fc.constantFrom('192.0.2.1', 'for=192.0.2.2', 'X-Real-IP: 192.0.2.3', '')
  const line = fc.tuple(name, blank, value).map(([n, before, v]) => `${n}${before}: ${v}\r\n`)
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
      const request = new SeenRequest(head(`GET /?X-Real-IP:1 HTTP/1.1\r\n${lines.join('')}\r\n`), 0, 0, 1)
      const before = request.forwarded
      expect(before).toEqual(forwardedOf(request.headers))
      expect(request.forwarded).toEqual(before)
    }),
  )
})
