import { describe, expect, test } from 'vitest'
import { AMBIGUITIES } from '../../../src/model/http-ambiguities.data.ts'
import { ambiguitiesOf } from '../../../src/protocols/http/head-ambiguities.ts'
import { readHead } from '../../../src/protocols/http/head.ts'
import { SeenRequest, SeenResponse } from '../../../src/protocols/http/message.ts'

const HOST = 'Host: a\r\n'
const asked = (lines: string, start = 'POST / HTTP/1.1\r\n', version = '1.1') =>
  ambiguitiesOf(`${start}${lines}\r\n`, 0, version, null)
const told = (lines: string, status = 200, method: string | null = 'GET', version = '1.1') =>
  ambiguitiesOf(`HTTP/${version} ${status} x\r\n${lines}\r\n`, status, version, method)

describe('requests', () => {
  test.each<[string, string, string[]]>([
    ['an ordinary one', `${HOST}Content-Length: 3\r\n`, []],
    ['LF alone', `${HOST}A: b\n`, ['bare-lf']],
    ['CR within', `${HOST}A: b\rc\r\n`, ['bare-cr']],
    ['a folded line', `${HOST}A: b\r\n c\r\n`, ['folded-line']],
    ['a blank before the colon', `${HOST}A : b\r\n`, ['blank-before-colon']],
    ['no colon', `${HOST}A\r\n`, ['line-without-colon']],
    ['no name', `${HOST}: b\r\n`, ['line-without-colon']],
    ['a name that is no token', `${HOST}A b: c\r\n`, ['name-malformed']],
    ['NUL', `${HOST}A: b\0\r\n`, ['control-octet']],
    ['a tab is no control', `${HOST}A: b\tc\r\n`, []],
    ['a negative length', `${HOST}Content-Length: -1\r\n`, ['length-malformed']],
    ['the same length twice', `${HOST}Content-Length: 3, 3\r\n`, ['length-repeated']],
    ['two lengths', `${HOST}Content-Length: 3\r\nContent-Length: 4\r\n`, ['length-conflict']],
    [
      'length and coding',
      `${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n`,
      ['length-and-coding'],
    ],
    ['chunked misspelt', `${HOST}Transfer-Encoding: xchunked\r\n`, ['coding-unknown']],
    [
      'chunked twice',
      `${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n`,
      ['coding-repeated'],
    ],
    ['chunked not last', `${HOST}Transfer-Encoding: chunked, gzip\r\n`, ['coding-repeated']],
    ['gzip, then chunked', `${HOST}Transfer-Encoding: gzip, chunked\r\n`, []],
    ['no host', '', ['host-missing']],
    ['two hosts', `${HOST}${HOST}`, ['host-repeated']],
  ])('%s', (_what, lines, marks) => expect(asked(lines)).toEqual(marks))

  test('start lines', () => {
    expect(asked(HOST, 'GET  / HTTP/1.1\r\n')).toEqual(['start-line-spaces'])
    expect(asked(HOST, 'GET /a b HTTP/1.1\r\n')).toEqual(['start-line-spaces'])
    expect(asked(HOST, 'GET / HTTP/1.2\r\n', '1.2')).toEqual(['version-unknown'])
    expect(asked('', 'GET / HTTP/1.0\r\n', '1.0')).toEqual([])
  })
})

describe('responses', () => {
  test.each<[string, readonly string[], string[]]>([
    ['with a length', told('Content-Length: 3\r\n'), []],
    ['without one, until the end', told(''), ['length-unstated']],
    ['without one, to a HEAD', told('', 200, 'HEAD'), []],
    ['without one, the request unknown', told('', 200, null), []],
    ['204 with a length', told('Content-Length: 3\r\n', 204), ['length-forbidden']],
    ['204 with a coding', told('Transfer-Encoding: chunked\r\n', 204), ['length-forbidden']],
    ['304 may have one', told('Content-Length: 3\r\n', 304), []],
    ['chunked in 1.0', told('Transfer-Encoding: chunked\r\n', 200, 'GET', '1.0'), ['coding-in-1.0']],
    ['a coding that is not chunked', told('Transfer-Encoding: gzip\r\n'), ['length-unstated']],
  ])('%s', (_what, marks, expected) => expect(marks).toEqual(expected))
})

test('messages tell them when they are asked', () => {
  const head = (text: string) => {
    const read = readHead(Buffer.from(text), 0, text.length)
    if (typeof read === 'string') throw new Error(read)
    return read
  }
  const request = new SeenRequest(head('GET / HTTP/1.1\nHost: a\r\n\r\n'), 0, 0, 1)
  const response = new SeenResponse(head('HTTP/1.1 200 OK\r\n\r\n'), 0, 0, 1, 'GET')
  expect([request.ambiguities, response.ambiguities]).toEqual([['bare-lf'], ['length-unstated']])
  for (const mark of [...request.ambiguities, ...response.ambiguities])
    expect(AMBIGUITIES).toHaveProperty(mark)
})
