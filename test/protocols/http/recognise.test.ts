import { describe, expect, test } from 'vitest'
import { recognisesHttp } from '../../../src/protocols/http/recognise.ts'

const verdict = (text: string): string => {
  const bytes = Buffer.from(`<<${text}`, 'latin1')
  return recognisesHttp(0, bytes, 2, bytes.length)
}

describe('a message begins', () => {
  test.each([
    'GET / HTTP/1.1\r\n',
    'POST /secars/secars.dll?h=0A HTTP/1.0\n',
    'CONNECT a.example:443 HTTP/1.1\r\n',
    'OPTIONS * HTTP/1.1\r\n',
    'BITS_POST /x HTTP/1.1\r\n',
    `GET /${'a'.repeat(1100)}`,
    'GET /shell?cd /tmp; HTTP/1.1 rm HTTP/1.0\r\n',
    'HTTP/1.1 200 OK',
    'HTTP/1.0 404\r\n',
    'HTTP/1.1 101 Switching',
    '\r\nGET / HTTP/1.1\r\n',
    '\n\r\n\r\nPOST / HTTP/1.1\r\n',
  ])('%s', (text) => expect(verdict(text)).toBe('certain'))

  test('every shorter beginning is unsure', () => {
    for (const text of ['GET /x HTTP/1.1\r', 'HTTP/1.1 200 ', '\r\n\r\nGET /'])
      for (let n = 0; n < text.length; n++) expect(verdict(text.slice(0, n)), text.slice(0, n)).toBe('unsure')
  })
})

test.each([
  ['another version', 'PRI * HTTP/2.0\r\n'],
  ['another protocol with the same methods', 'OPTIONS rtsp://x RTSP/1.0\r\n'],
  ['no target', 'EHLO\r\n'],
  ['no version', 'GET /\r\n'],
  ['an empty target', 'GET  HTTP/1.1\r\n'],
  ['a space in the target of a method that nobody registered', 'FOO /a b HTTP/1.1\r\n'],
  ['an octet that is not of a token', 'GE{T / HTTP/1.1\r\n'],
  ['a method without end', 'A'.repeat(40)],
  ['an unknown method with a long target', `FOO /${'a'.repeat(1100)}`],
  ['a status of two digits', 'HTTP/1.1 20 OK'],
  ['a status of four digits', 'HTTP/1.1 2000 OK'],
  ['a TLS record', '\x16\x03\x01\x02\x00\x01'],
  ['an empty line before a status', '\r\nHTTP/1.1 200 OK'],
  ['an empty line before anything else', '\r\nEHLO a\r\n'],
  ['JSON', '{"agent":"EPA-0017"}'],
])('not with %s', (_what, text) => expect(verdict(text)).toBe('no'))
