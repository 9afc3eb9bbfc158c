import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { HttpBody } from '../../../src/model/http.ts'
import { alterations } from '../../../src/sessions/web/alterations.ts'
import type { Exchanged } from '../../../src/sessions/web/exchange-pairs.ts'
import { readSetCookie } from '../../../src/protocols/cookies/set-cookie.ts'
import { readCookies } from '../../../src/protocols/cookies/cookie-header.ts'
import { Parties } from '../parties.ts'

interface Side {
  readonly body?: Partial<HttpBody> | null
  readonly cookie?: string
  readonly sets?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly status?: number
}

/** A body as it crossed the wire, the excerpt cut after `kept` characters. */
function body(text: string, { packed = false, kept = Infinity } = {}): HttpBody {
  const octets = packed ? gzipSync(text) : Buffer.from(text, 'latin1')
  return {
    bytes: octets.length,
    missing: 0,
    complete: true,
    sha256: createHash('sha256').update(octets).digest('hex'),
    codings: packed ? ['gzip'] : [],
    contentType: null,
    excerpt: text.slice(0, kept),
    excerptCut: kept < text.length,
    excerptFault: null,
  }
}

const whole = body('')

function side({ body: part = null, cookie, sets = [], headers = {}, status = 200 }: Side): Exchanged {
  const lines = Object.entries(headers).map(([name, value]) => ({ name, value }))
  const presented = cookie === undefined ? [] : [{ name: 'Cookie', value: cookie }]
  const request = {
    method: 'GET',
    target: '/',
    version: '1.1',
    headers: presented,
    cookies: readCookies(presented),
    time: 0,
    packet: 1,
    bodyBytes: 0,
  }
  const setCookies = sets.map((line) => readSetCookie(line, 0))
  const sighting = new Parties().sighting()
  const response = { status, version: '1.1', headers: lines, setCookieLines: sets.length, setCookies }
  return {
    sighting,
    request,
    transaction: {
      kind: 'http-transaction',
      time: 0,
      tap: '',
      connection: 1,
      requestFrom: 0,
      request,
      response: { ...response, setCookieNames: [], time: 0, packet: 2, bodyBytes: 0 },
      interim: [],
      index: 0,
      decrypted: false,
    },
    requestBody: null,
    responseBody: part === null ? null : { ...whole, ...part },
    mate: null,
    pairedBy: '',
    isDoubtful: false,
    over: false,
  }
}

const told = (sent: Side, received: Side): unknown[] =>
  alterations(side(received), side(sent), []).map(({ what, ...rest }) =>
    'name' in rest ? [what, rest.name, rest.manner] : what,
  )

describe('bodies', () => {
  const long = 'a'.repeat(100)
  test.each([
    ['the same', body(long), body(long), []],
    ['another', body(long), body(`${long}b`), ['response_body']],
    ['packed on the way', body(long), body(long, { packed: true }), []],
    ['packed, and another', body(long), body(`b${long}`, { packed: true }), ['response_body']],
    ['packed, and cut before it could differ', body(long), body(`${long}b`, { packed: true, kept: 50 }), []],
    [
      'cut, not packed, and another',
      body(`${long}c`, { kept: 50 }),
      body(`${long}b`, { kept: 50 }),
      ['response_body'],
    ],
    ['not whole', { ...body(long), complete: false, sha256: null }, body('b'), []],
    [
      'of which nothing was kept',
      { ...body(long), excerpt: null },
      { ...body('b'), excerpt: null },
      ['response_body'],
    ],
    [
      'packed, of which nothing was kept',
      { ...body(long, { packed: true }), excerpt: null },
      { ...body('b', { packed: true }), excerpt: null },
      [],
    ],
  ])('%s', (_what, sent, received, expected) => {
    expect(told({ body: sent }, { body: received })).toEqual(expected)
  })

  test('one that the relay gives itself is not compared', () => {
    expect(told({ body: body('a') }, { body: body('b'), status: 502 })).toEqual([])
  })

  test('what differs is shown, and where', () => {
    const [found] = alterations(
      side({ body: body('abcdefghijklmnop?') }),
      side({ body: body('abcdefghijklmnop!') }),
      [],
    )
    expect(found).toMatchObject({
      offset: 16,
      original: 'efghijklmnop!',
      seen: 'efghijklmnop?',
      seenBytes: 17,
    })
  })
})

test.each([
  ['a value', ['SID=a'], ['SID=b'], [['set_cookie', 'SID', 'value']]],
  ['a prefix', ['SID=a'], ['SID=s1~a'], []],
  ['one more', ['SID=a'], ['SID=a', 'route=x'], []],
  ['one less', ['SID=a', 'T=1'], ['SID=a'], [['set_cookie', 'T', 'removed']]],
  ['a load balancer’s', ['AWSALB=a'], ['AWSALB=b'], []],
  ['protection', ['SID=a'], ['SID=a; Secure'], [['set_cookie', 'SID', 'hardened']]],
  ['a path', ['SID=a; Path=/x'], ['SID=a; Path=/'], [['set_cookie', 'SID', 'attributes']]],
])('cookies that are set: %s', (_what, sent, received, expected) => {
  expect(told({ sets: sent }, { sets: received })).toEqual(expected)
})

test.each([
  ['a value', 'SID=a', 'SID=b', [['request_cookie', 'SID', 'value']]],
  ['a prefix taken off', 'SID=s1~a', 'SID=a', []],
  ['one taken out', 'SID=a; route=b', 'SID=a', []],
])('cookies that are presented: %s', (_what, presented, passed, expected) => {
  expect(told({ cookie: passed }, { cookie: presented })).toEqual(expected)
})

test('a token in a header line', () => {
  expect(told({ headers: { 'X-CSRF-Token': 'a' } }, { headers: { 'X-CSRF-Token': 'b' } })).toEqual([
    'csrf_header',
  ])
  expect(told({ headers: { Server: 'a' } }, { headers: { Server: 'b' } })).toEqual([])
})
