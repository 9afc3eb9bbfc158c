import { expect, test } from 'vitest'
import { START_LINE_MAX, headEnd, parseHead, readHead } from '../../../src/protocols/http/head.ts'
import { HEADER_LINES_MAX } from '../../../src/protocols/http/header-lines.ts'

const headers = (lines: string): unknown => {
  const head = parseHead(`GET / HTTP/1.1\r\n${lines}\r\n`)
  return typeof head === 'object' && head !== null
    ? head.headers.map(({ name, value }) => [name, value])
    : head
}

test('start lines are taken apart', () => {
  expect(parseHead('GET /a?b HTTP/1.1\r\n\r\nrest')).toEqual({
    first: 'GET',
    second: '/a?b',
    third: 'HTTP/1.1',
    headers: [],
    length: 21,
  })
  expect(parseHead('GET /a b HTTP/1.1\n\n')).toMatchObject({
    first: 'GET',
    second: '/a b',
    third: 'HTTP/1.1',
  })
  expect(parseHead('HTTP/1.1 404 Not Found\n\n')).toMatchObject({
    first: 'HTTP/1.1',
    second: '404',
    third: 'Not Found',
  })
  expect(parseHead('HTTP/1.1 204\r\nA: a b\r\n\r\n')).toMatchObject({ second: '204', third: '' })
})

test.each([
  ['HTTP/1.1 200', 200],
  ['HTTP/1.1 200\rx OK', 200],
  ['HTTP/1.1 404Not Found', 404],
  ['HTTP/1.1 2000 OK', null],
  ['HTTP/1.1 20 OK', null],
  ['HTTP/1.1 0x1f OK', null],
  ['HTTP/1.1  200 OK', null],
])('the status of %j is %j: three digits, or the head cannot be read', (line, status) => {
  const bytes = Buffer.from(`${line}\r\nA : b\r\n\r\n`, 'latin1')
  const head = readHead(bytes, 0, bytes.length)
  expect(typeof head === 'string' ? head : head.status).toBe(status ?? 'http-head-malformed')
})

test('header lines keep their names, their order, and every Set-Cookie', () => {
  expect(headers('Host: a\r\nset-Cookie:ovidCookie=1; Path=/\r\nSet-Cookie: \tb=2;c  \r\nX:\r\n')).toEqual([
    ['Host', 'a'],
    ['set-Cookie', 'ovidCookie=1; Path=/'],
    ['Set-Cookie', 'b=2;c'],
    ['X', ''],
  ])
})

test('octets above 0x7f stay what they are', () => {
  expect(headers('X: \x80\xe9\xff\r\n')).toEqual([['X', '\x80\xe9\xff']])
})

test('a folded line goes on with the value before it, one space between', () => {
  expect(headers('A: one\r\n  two \r\n\tthree\r\nB: x\r\n')).toEqual([
    ['A', 'one two three'],
    ['B', 'x'],
  ])
  expect(headers('A:\r\n one\r\n')).toEqual([['A', 'one']])
  expect(headers(' lost, for there is nothing before it\r\nB: x\r\n')).toEqual([['B', 'x']])
})

test('white space before the colon is not part of the name; a line without a colon says nothing', () => {
  expect(headers('Set-Cookie : a=b\r\nnonsense\r\nB: x\r\n')).toEqual([
    ['Set-Cookie', 'a=b'],
    ['B', 'x'],
  ])
})

test('lines may end with LF alone', () => {
  expect(parseHead('GET / HTTP/1.0\nA: b\n\nbody')).toMatchObject({
    headers: [{ name: 'A', value: 'b' }],
    length: 21,
  })
})

test('without its empty line a head is not there', () => {
  for (const text of [
    'GET / HTTP/1.1',
    'GET / HTTP/1.1\r\n',
    'GET / HTTP/1.1\r\nA: b\r\n',
    'GET / HTTP/1.1\r\n\r',
  ])
    expect(parseHead(text)).toBeNull()
})

test('limits', () => {
  expect(headers('A: b\r\n'.repeat(HEADER_LINES_MAX))).toHaveLength(HEADER_LINES_MAX)
  expect(headers('A: b\r\n'.repeat(HEADER_LINES_MAX + 1))).toBe('http-too-many-header-lines')
  expect(parseHead(`GET /${'a'.repeat(START_LINE_MAX)} HTTP/1.1\r\n\r\n`)).toBe('http-start-line-too-long')
})

test('the end of a head is found where it is, also when the scan is resumed', () => {
  for (const text of ['GET / HTTP/1.1\r\nA: b\r\n\r\nbody', 'X\n\nbody', 'X\r\n\nbody', 'X\n\r\nbody']) {
    const bytes = Buffer.from(text)
    const end = text.indexOf('body')
    expect(headEnd(bytes, 0, bytes.length)).toBe(end)
    expect(headEnd(bytes, 0, end - 1)).toBe(-1)
    expect(headEnd(bytes, Math.max(0, end - 4), bytes.length)).toBe(end)
  }
  expect(headEnd(Buffer.from('X\r\n'), 0, 3)).toBe(-1)
})
