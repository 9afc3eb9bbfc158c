import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { payloadModified } from '../../../src/detectors/http/payload-modified.ts'
import { clockText } from '../../../src/detectors/relay-finding.ts'
import type { Finding } from '../../../src/model/incident.ts'
import { seconds } from '../../../src/model/time.ts'
import { loadBalancer, scenario } from '../../scenario/scenario.ts'
import { analysed, inOneFile, analysedFiles, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { FORM, page, proxied, rewriting, visits, WEB, WEP1 } from '../relayed.ts'
import type { Visit } from '../relayed.ts'
import { STORIES } from '../stories.ts'

const ID = { 'X-Request-Id': 'a1' }
const POLICY = '<policy server="sems1.internal"/>'
const latin1 = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1')

/** A response whose body the proxy replaces. */
const replaced = (body: string, answer: Readonly<Record<string, string>> = {}) =>
  page(
    (message) => {
      if (!message.startsWith('HTTP/')) return message
      const lines = message.slice(0, message.indexOf('\r\n\r\n')).replace(/\r\nContent-Length: \d+/, '')
      const more = Object.entries(answer).map(([name, value]) => `\r\n${name}: ${value}`)
      return `${lines}${more.join('')}\r\n\r\n${body}`
    },
    { page: POLICY, headers: ID },
  )

describe('a body that arrives otherwise than it was sent', () => {
  test('is told with what became of it', async () => {
    const { config, play } = STORIES['payload-modified']
    const analysis = await analysed(play(), { config })
    const found = analysis.findings('payload-modified')
    expect(found.map(inShort)).toEqual([
      'warning payload-modified 0.025 client | 10.10.1.101 10.10.1.101 at wep1 | reverse-proxy 10.10.3.1 |  | server 5, client 5',
    ])
    expect(found[0]!.details).toEqual({
      what: 'response_body',
      direction: 'response',
      request: '/b/form',
      status: 200,
      originalBytes: 33,
      seenBytes: 33,
      offset: 16,
      original: 'icy server="sems1.internal"/>',
      seen: 'icy server="www.example.co"/>',
      pairedBy: 'the same x-request-id',
      clockOffsetSeconds: 0,
      clockResidualSeconds: 0.00407,
    })
    expect(analysis.incident('payload-modified')).toMatchObject({
      title: 'Bodies of responses are modified on their way',
      summary:
        'The reverse proxy 10.10.3.1 changed the body of responses of webmail once: what arrived is not what was sent. The clocks of the two taps agree to within 4 ms.',
    })
  })

  test('a request as well', async () => {
    const story = page((message) => message.replace('to=a', 'to=b'), {
      method: 'POST',
      headers: ID,
      body: 'to=a&text=hello',
    })
    const found = (await analysed(story, { config: WEB })).findings('payload-modified')
    expect(
      found.map(({ at, details }) => [details['what'], details['original'], at < found[0]!.at + 1]),
    ).toEqual([['request_body', 'to=a&text=hello', true]])
  })

  test('one file that holds both sides shows it too, without clocks', async () => {
    const story = STORIES['payload-modified'].play()
    const analysis = await analysedFiles([['all', inOneFile(story)]], WEB)
    expect(analysis.findings('payload-modified').map((f) => f.details['clockOffsetSeconds'])).toEqual([null])
  })

  test('clocks that are apart are found to be', async () => {
    const s = scenario({ taps: { server: { clockAhead: 420_000 } } }).behind(
      loadBalancer({
        vip: { address: '10.10.2.10', port: 80 },
        address: '10.10.3.1',
        idle: seconds(300),
        manner: 'fin',
        pick: () => WEP1,
        rewrites: rewriting((message) => message.replace('internal', 'elsewhere')),
      }),
    )
    visits(s, '/policy', { page: `${POLICY}  `, headers: ID })
    const [found] = (await analysed(s, { config: WEB })).findings('payload-modified')
    expect(found!.details['clockOffsetSeconds']).toBeCloseTo(0.42, 3)
    expect(found!.details['clockResidualSeconds']).toBeLessThan(0.005)
  })
})

const chunked = `${POLICY.length.toString(16)}\r\n${POLICY}\r\n0\r\n\r\n`
const packed = latin1(gzipSync(POLICY))
const quiet = (visit: Visit) => ({ config: WEB, play: () => page((message) => message, visit) })

keepsQuiet(payloadModified, {
  'another coding of the same body: chunks, compression': [
    { config: WEB, play: () => replaced(chunked, { 'Transfer-Encoding': 'chunked' }) },
    {
      config: WEB,
      play: () => replaced(packed, { 'Content-Encoding': 'gzip', 'Content-Length': String(packed.length) }),
    },
  ],
  'header lines that relays add: Via, forwarded addresses, cookies of their own': {
    config: WEB,
    play: () =>
      page(
        (message) =>
          message.startsWith('HTTP/')
            ? message.replace('\r\n', '\r\nVia: 1.1 rp1\r\nServer: rp\r\nSet-Cookie: SERVERID=s1\r\n')
            : message.replace('\r\n', '\r\nX-Forwarded-For: 10.10.1.101\r\nVia: 1.1 rp1\r\n'),
        { page: POLICY, headers: ID, cookie: 'JSESSIONID=5F1A9C77E0B2' },
      ),
  },
  'a token against forged requests, and nothing else: csrf-modified': {
    config: WEB,
    play: () => page((message) => message.replace('4be1d0aa93', 'px4be1d0aa'), { page: FORM, headers: ID }),
    told: ['warning csrf-modified'],
  },
  'an answer of the relay itself': {
    config: WEB,
    play: () =>
      page((message) => message.replace('200 OK', '304 Not Modified').replace(POLICY, ''), {
        page: POLICY,
        headers: ID,
      }),
  },
  'a body that was not captured whole': {
    config: WEB,
    play() {
      const s = proxied({ rewrites: rewriting((message) => message.replaceAll('xxx', 'yyy')) })
      visits(s, '/none')
      s.tap('server').overlooks(({ payload }) => payload.length > 1000)
      return visits(s, '/policy', { page: 'x'.repeat(5000), headers: ID })
    },
  },
  'another request for the same': {
    config: WEB,
    play() {
      // two clients ask alike at the same time, and are answered otherwise
      const s = proxied()
      visits(s, '/news', { page: 'one', from: '10.10.1.101' })
      return visits(s, '/news', { page: 'two', from: '10.10.1.102' })
    },
  },
})

test('a message that passes as it is', async () => {
  const { config, play } = quiet({ page: POLICY, headers: ID })
  expect((await analysed(play(), { config })).told).toEqual([])
})

test.each([
  [2.5, 0.004, ' The clocks of the two taps are 2.5 s apart (to within 4 ms), which was taken into account.'],
  [-0.002, 0.004, ' The clocks of the two taps agree to within 4 ms.'],
  [0, null, ''],
])('clocks that are %d s apart, to within %s s', (clockOffsetSeconds, clockResidualSeconds, says) => {
  const finding = { details: { clockOffsetSeconds, clockResidualSeconds } } as unknown as Finding
  expect(clockText([finding])).toBe(says)
})
