import { describe, expect, test } from 'vitest'
import type { HttpRequest } from '../../../src/model/http.ts'
import type { HttpTransaction } from '../../../src/model/observation.ts'
import { seconds } from '../../../src/model/time.ts'
import { readCookies } from '../../../src/protocols/cookies/cookie-header.ts'
import { Agenda } from '../../../src/sessions/agenda.ts'
import { ExchangePairs } from '../../../src/sessions/web/exchange-pairs.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'
import { Parties, SERVER } from '../parties.ts'

const VIP = { address: '10.10.2.10', port: 443 }
const CONFIG = {
  services: [
    {
      name: 'web',
      ports: [443],
      vips: [VIP.address],
      servers: [{ name: 'web1', addresses: [SERVER.address] }],
      identity: [{ httpHeader: 'X-Agent-Id' }],
    },
  ],
}

interface Exchange {
  readonly at: number
  readonly took?: number
  readonly target?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly index?: number
}

function exchanged(
  sighting: TrackedSighting,
  { at, took = 0.1, target = '/', headers = {}, index = 0 }: Exchange,
) {
  const lines = Object.entries(headers).map(([name, value]) => ({ name, value }))
  const request: HttpRequest = {
    method: 'GET',
    target,
    version: '1.1',
    headers: lines,
    cookies: readCookies(lines),
    time: seconds(at),
    packet: 1,
    bodyBytes: 0,
  }
  const { tap, connection } = sighting
  const time = seconds(at + took)
  const common = { tap, connection, requestFrom: 0, index, decrypted: false } as const
  const response = {
    status: 200,
    version: '1.1',
    headers: [],
    setCookieLines: 0,
    setCookieNames: [],
    setCookies: [],
  }
  return {
    seen: { ...common, kind: 'http-request', time: request.time, request } as const,
    transaction: {
      ...common,
      kind: 'http-transaction',
      time,
      request,
      response: { ...response, time, packet: 2, bodyBytes: 0 },
      interim: [],
    } satisfies HttpTransaction,
  }
}

function pairing() {
  const parties = new Parties(CONFIG)
  const agenda = new Agenda()
  const found: [number, number, string][] = []
  const pairs = new ExchangePairs({
    later: (at, act) => agenda.add(at, act),
    settle: seconds(2),
    paired: (front, back) =>
      found.push([front.sighting.connection, back.sighting.connection, front.pairedBy]),
  })
  const side = (leg: 'front' | 'back', exchange: Exchange, from?: string): TrackedSighting => {
    const ends = leg === 'front' ? { to: VIP } : { to: SERVER }
    const origin = from === undefined ? {} : { from: { address: from, port: 1024 } }
    const sighting = parties.sighting({ leg, tap: leg, ...ends, ...origin, start: exchange.at })
    const { seen, transaction } = exchanged(sighting, exchange)
    pairs.requested(sighting, seen)
    pairs.answered(sighting, transaction)
    return sighting
  }
  const paired = () => {
    agenda.runUntil(Infinity)
    return found
  }
  return { pairs, side, paired }
}

describe('one request on both sides', () => {
  test.each([
    ['its id', { 'X-Request-Id': 'a' }, { 'X-Request-Id': 'a' }, 'the same x-request-id'],
    ['a cookie', { Cookie: 'SID=0123456789abcdef' }, { Cookie: 'SID=0123456789abcdef' }, 'the same cookie'],
    ['that nothing else fits', {}, {}, 'nothing else fits'],
  ])('is known by %s', (_what, front, back, by) => {
    const { side, paired } = pairing()
    side('front', { at: 0, took: 0.2, headers: front })
    side('back', { at: 0.05, headers: back })
    expect(paired()).toEqual([[1, 2, by]])
  })

  test.each([
    ['another id', { at: 0.05, headers: { 'X-Request-Id': 'b' } }],
    ['another target', { at: 0.05, target: '/other', headers: { 'X-Request-Id': 'a' } }],
    ['long before', { at: -5, headers: { 'X-Request-Id': 'a' } }],
    ['answered after it', { at: 0.05, took: 9, headers: { 'X-Request-Id': 'a' } }],
  ])('is not one with %s', (_what, back) => {
    const { side, paired } = pairing()
    side('front', { at: 0, took: 0.2, headers: { 'X-Request-Id': 'a' } })
    side('back', back)
    expect(paired()).toEqual([])
  })

  const OWN = { Cookie: 'SID=0123456789abcdef' }
  test.each([
    ['of another browser', { 'User-Agent': 'one' }, { 'User-Agent': 'other' }, null],
    ['with other credentials', { Authorization: 'Basic b25l' }, { Authorization: 'Basic dHdv' }, null],
    ['without them', { Authorization: 'Basic b25l' }, {}, 'nothing else fits'],
    [
      'of another browser, with the cookie',
      { 'User-Agent': 'one', ...OWN },
      { 'User-Agent': 'other', ...OWN },
      'the same cookie',
    ],
    ['of another agent, with the cookie', { 'X-Agent-Id': 'A', ...OWN }, { 'X-Agent-Id': 'B', ...OWN }, null],
    ['of the same agent', { 'X-Agent-Id': 'A' }, { 'X-Agent-Id': 'A' }, 'nothing else fits'],
  ])('a request %s', (_what, front, back, by) => {
    const { side, paired } = pairing()
    side('front', { at: 0, took: 0.2, headers: front }, '10.0.0.5')
    side('back', { at: 0.05, headers: back })
    expect(paired()).toEqual(by === null ? [] : [[1, 2, by]])
  })

  test('a cookie that stands for a server is that of all its clients', () => {
    const BIGIP = { Cookie: 'BIGipServerpool_keys=1677787402.20480.0000' }
    const { side, paired } = pairing()
    side('front', { at: 0, took: 0.2, headers: BIGIP }, '10.0.0.5')
    side('front', { at: 0.01, took: 0.2 }, '10.0.0.6')
    side('back', { at: 0.05, headers: BIGIP })
    expect(paired()).toEqual([])
  })

  test('an answer that may be another request’s is not compared', () => {
    const { pairs, side, paired } = pairing()
    const front = side('front', { at: 0, took: 0.2, headers: { 'X-Request-Id': 'a' } })
    // A request that comes before the first one's answer: the answer that then comes may be its own.
    const first = exchanged(front, { at: 1, took: 0.2, headers: { 'X-Request-Id': 'b' }, index: 1 })
    const second = exchanged(front, { at: 1.1, headers: { 'X-Request-Id': 'c' }, index: 2 })
    pairs.requested(front, first.seen)
    pairs.requested(front, second.seen)
    pairs.answered(front, first.transaction)
    side('back', { at: 0.05, headers: { 'X-Request-Id': 'a' } })
    side('back', { at: 1.05, headers: { 'X-Request-Id': 'b' } })
    expect(paired()).toEqual([[1, 2, 'the same x-request-id']])
  })

  test('two that are alike are told apart by nothing', () => {
    const { side, paired } = pairing()
    side('front', { at: 0, took: 0.2 })
    side('back', { at: 0.05 })
    side('back', { at: 0.06 })
    expect(paired()).toEqual([])
  })

  test('two clients that ask alike are not told apart by one answer', () => {
    const { side, paired } = pairing()
    side('front', { at: 0, took: 0.2 }, '10.0.0.5')
    side('front', { at: 0.01, took: 0.2 }, '10.0.0.6')
    side('back', { at: 0.05 })
    expect(paired()).toEqual([])
  })

  test('clocks that are known tell them apart', () => {
    const { pairs, side, paired } = pairing()
    // the back's clock is half a second ahead
    side('front', { at: 0, took: 0.1, headers: { 'X-Request-Id': 'a' } })
    side('back', { at: 0.51, took: 0.08, headers: { 'X-Request-Id': 'a' } })
    expect(paired()).toEqual([[1, 2, 'the same x-request-id']])
    const { offset, residual } = pairs.clocks.between('front', 'back')!
    expect([offset, residual]).toEqual([500_000, 10_000])
    side('front', { at: 20, took: 0.1, target: '/x' })
    side('back', { at: 20.52, took: 0.05, target: '/x' })
    side('back', { at: 20.02, took: 0.05, target: '/x' })
    expect(paired().slice(1)).toEqual([[3, 4, 'nothing else fits']])
  })
})

test('what is held is let go', () => {
  const { pairs, side, paired } = pairing()
  const back = side('back', { at: 0.05 })
  side('front', { at: 0, took: 0.2 })
  paired()
  expect(pairs.frontOf(back.connection, 0)).toBeNull()
})
