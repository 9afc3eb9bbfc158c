import { expect, test } from 'vitest'
import type { Observation, ObservationOf } from '../../../src/model/observation.ts'
import { openHttp } from '../../../src/protocols/http/parser.ts'
import { cameBefore, client, fin, server, tell } from '../story.ts'
import type { Event } from '../story.ts'

const transactions = (...events: Event[]): ObservationOf<'http-transaction'>[] => {
  const isTransaction = (o: Observation): o is ObservationOf<'http-transaction'> =>
    o.kind === 'http-transaction'
  const noTunnel = () => {
    throw new Error('there is no tunnel')
  }
  return tell((context) => openHttp(context, noTunnel), events).observations.filter(isTransaction)
}

const told = (all: readonly ObservationOf<'http-transaction'>[]) =>
  all.map(({ index, request, response, interim }) => [
    index,
    request?.target ?? null,
    response?.setCookieNames[0] ?? null,
    interim.length,
  ])

const get = (target: string) => client(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
const ok = (name: string) =>
  server(`HTTP/1.1 200 OK\r\nSet-Cookie: ${name}=1\r\nContent-Length: 1\r\n\r\n${name}`)
const hint = server('HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=1\r\n\r\n')

test('a response waits for its request that is stored behind it', () => {
  const all = transactions(get('/1'), ok('a'), hint, ok('b'), cameBefore(get('/2')), get('/3'), ok('c'))
  expect(told(all)).toEqual([
    [0, '/1', 'a', 0],
    [1, '/2', 'b', 1],
    [2, '/3', 'c', 0],
  ])
})

test.each([
  ['another response waits as well', [ok('b')], [[1, null, 'b', 0]]],
  ['a later request comes', [get('/2'), ok('b')], [[1, '/2', 'b', 0]]],
  ['the client ends', [fin(0)], []],
  ['all ends', [], []],
])('it is told alone: %s', (_what, events, others) => {
  expect(told(transactions(hint, ok('a'), ...events))).toEqual([[0, null, 'a', 1], ...others])
})
