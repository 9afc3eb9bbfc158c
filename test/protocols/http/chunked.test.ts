import { expect, test } from 'vitest'
import { CHUNK_LINE_MAX, ChunkedBody, TRAILER_BYTES_MAX } from '../../../src/protocols/http/chunked.ts'

function read(text: string, split = text.length) {
  const body = new ChunkedBody()
  const bytes = Buffer.from(text)
  let at = 0
  for (let end = split; ; end += split) {
    at = body.read(bytes, at, Math.min(end, bytes.length))
    if (end >= bytes.length || body.done || body.broken) break
  }
  return { at, done: body.done, broken: body.broken }
}

test.each([
  ['chunks', '3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n'],
  ['leading zeros, lower case', '0003\r\nabc\r\n0b\r\n0123456789a\r\n00\r\n\r\n'],
  ['more leading zeros', `${'0'.repeat(19)}3\r\nabc\r\n${'0'.repeat(20)}\r\n\r\n`],
  ['extensions', '3;a=b;c="d e"\r\nabc\r\n0 ; last\r\n\r\n'],
  ['trailers', '1\r\na\r\n0\r\nExpires: never\r\nX: y\r\n\r\n'],
  ['LF alone', '3\nabc\n0\n\n'],
  ['no chunk at all', '0\r\n\r\n'],
])('%s end where they end, however they are cut', (_what, text) => {
  for (let split = 1; split <= text.length; split++)
    expect(read(`${text}GET / HTTP/1.1`, split), `by ${split}`).toEqual({
      at: text.length,
      done: true,
      broken: false,
    })
})

test.each([
  ['no digit', 'xyz\r\n'],
  ['an empty size', '\r\n'],
  ['a sign', '-1\r\n'],
  ['a size that no number holds', `${'F'.repeat(14)}\r\n`],
  ['endless zeros', '0'.repeat(CHUNK_LINE_MAX + 1)],
  ['octets after the data', '3\r\nabcd\r\n'],
  ['two CR after the data', '3\r\nabc\r\r\n'],
  ['an endless extension', `3;${'a'.repeat(CHUNK_LINE_MAX + 1)}`],
  ['an endless trailer', `0\r\n${'a: b\r\n'.repeat(TRAILER_BYTES_MAX / 6 + 1)}`],
])('%s breaks it', (_what, text) => expect(read(text)).toMatchObject({ done: false, broken: true }))

test('the rest of a chunk need not be looked at', () => {
  const body = new ChunkedBody()
  const head = Buffer.from('FFFFF\r\nab')
  expect(body.read(head, 0, head.length)).toBe(head.length)
  expect(body.takeRest()).toBe(0xfffff - 2)
  expect(body.takeRest()).toBe(0)
  const tail = Buffer.from('\r\n0\r\n\r\n')
  expect(body.read(tail, 0, tail.length)).toBe(tail.length)
  expect(body.done).toBe(true)
})
