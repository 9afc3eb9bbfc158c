import { describe, expect, test } from 'vitest'
import type { Exchange } from '../../../src/model/event.ts'
import type { HttpRequest } from '../../../src/model/http.ts'
import type { HttpTransaction } from '../../../src/model/observation.ts'
import { seconds } from '../../../src/model/time.ts'
import { readSetCookie } from '../../../src/protocols/cookies/set-cookie.ts'
import { Agenda } from '../../../src/sessions/agenda.ts'
import { Exchanges } from '../../../src/sessions/web/exchanges.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'
import { AGENT, Parties, SERVER } from '../parties.ts'

const VIP = { address: '10.10.2.10', port: 443 }
const CONFIG = {
  services: [
    {
      name: 'sems',
      ports: [443],
      vips: [VIP.address],
      servers: [{ name: 'sems1', addresses: [SERVER.address] }],
      enrolment: { paths: ['/enroll'] },
    },
  ],
}
const TWO = ['a=1', 'b=2']

function requested(target: string, at: number, id?: string): HttpRequest {
  const headers = id === undefined ? [] : [{ name: 'X-Request-Id', value: id }]
  return { method: 'POST', target, version: '1.1', headers, time: seconds(at), packet: 1, bodyBytes: 0 }
}

/** An exchange that begins at a time in seconds and takes half a second. */
function transaction(
  sighting: TrackedSighting,
  cookies: readonly string[],
  at = 0,
  id?: string,
): HttpTransaction {
  const headers = cookies.map((value) => ({ name: 'Set-Cookie', value }))
  const time = seconds(at + 0.5)
  const setCookies = cookies.map((line) => readSetCookie(line, time))
  return {
    kind: 'http-transaction',
    time,
    tap: sighting.tap,
    connection: sighting.connection,
    requestFrom: 0,
    request: requested('/enroll', at, id),
    response: {
      status: 200,
      version: '1.1',
      headers,
      setCookieLines: cookies.length,
      setCookieNames: setCookies.map(({ name }) => name),
      setCookies,
      time,
      packet: 2,
      bodyBytes: 0,
    },
    interim: [],
    index: 0,
    decrypted: false,
  }
}

class Story {
  readonly parties = new Parties(CONFIG)
  readonly agenda = new Agenda()
  readonly events: Exchange[] = []
  readonly exchanges = new Exchanges({
    later: (at, act) => this.agenda.add(at, act),
    tell: (event) => this.events.push(event as Exchange),
    settle: seconds(2),
  })
  readonly front = this.parties.sighting({ leg: 'front', to: VIP })

  asks(target: string, at: number, sighting = this.front): void {
    const { tap, connection } = sighting
    const request = requested(target, at)
    this.exchanges.requested(sighting, {
      kind: 'http-request',
      time: seconds(at),
      tap,
      connection,
      requestFrom: 0,
      request,
      index: 1,
      decrypted: false,
    })
  }

  told(until = Infinity): Exchange[] {
    this.agenda.runUntil(until === Infinity ? Infinity : seconds(until))
    return this.events
  }
}

test('an exchange that sets two cookies is told after the minute in which its client may go on', () => {
  const s = new Story()
  const exchange = transaction(s.front, TWO)
  s.exchanges.answered(s.front, exchange)
  expect(s.told(60.4)).toEqual([])
  expect(s.told(60.5)).toEqual([
    { kind: 'exchange', sighting: s.front, transaction: exchange, behind: null, next: null, watched: true },
  ])
})

test.each([
  ['none', []],
  ['one', ['a=1']],
])('%s cookie is nothing to tell', (_what, cookies) => {
  const s = new Story()
  s.exchanges.answered(s.front, transaction(s.front, cookies))
  expect(s.told()).toEqual([])
})

describe('outside services that enrol', () => {
  const times = (exchanges: readonly (readonly [cookies: readonly string[], at: number])[], asks: object) => {
    const s = new Story()
    const elsewhere = s.parties.sighting({ to: { address: '192.0.2.99', port: 80 } })
    for (const [cookies, at] of exchanges) {
      const o = transaction(elsewhere, cookies, at)
      const headers = Object.entries(asks).map(([name, value]) => ({ name, value: String(value) }))
      s.exchanges.answered(elsewhere, { ...o, request: { ...o.request!, headers } })
    }
    return s.told().map(({ transaction: { request } }) => request!.time)
  }

  test.each([{ Cookie: 'a=0' }, { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)' }])(
    'only one name twice is of interest to %o',
    (asks) => {
      const all = [
        [TWO, 0],
        [['a=1', 'ab=2', 'b=3'], 1],
        [['a=1', 'a=2'], 5],
        [['ab=1', 'c=2', 'Ab=3'], 6],
      ] as const
      expect(times(all, asks)).toEqual([seconds(5), seconds(6)])
    },
  )

  test('the first answer to a program may be one of enrolment', () => {
    expect(times([[TWO, 0]], { 'User-Agent': 'PGP Desktop/10.4.2' })).toEqual([0])
    expect(times([[TWO, 0]], {})).toEqual([0])
    expect(times([[['a=1'], 0]], {})).toEqual([])
  })
})

test('a capture that ends before the minute has not watched it', () => {
  const s = new Story()
  s.exchanges.answered(s.front, transaction(s.front, TWO))
  s.exchanges.ended(seconds(60))
  expect(s.told().map(({ watched }) => watched)).toEqual([false])
})

describe('the client goes on', () => {
  const goesOn = (play: (s: Story) => void): string | undefined => {
    const s = new Story()
    s.exchanges.answered(s.front, transaction(s.front, TWO))
    play(s)
    return s.told()[0]!.next?.request?.target
  }
  const other = (s: Story, parts: object) => s.parties.sighting({ leg: 'front', to: VIP, ...parts })
  const speaker = (s: Story, sighting: TrackedSighting, id: string): TrackedSighting => {
    sighting.speaker = s.parties.agents.named({ id, by: 'cookie', confidence: 0.9 })
    return sighting
  }

  test.each<[string, (s: Story) => void, string | undefined]>([
    ['on the same connection', (s) => s.asks('/next', 1), '/next'],
    ['... its first request counts', (s) => (s.asks('/next', 1), s.asks('/later', 2)), '/next'],
    ['on another connection from its address', (s) => s.asks('/next', 1, other(s, {})), '/next'],
    [
      'from another address',
      (s) => s.asks('/next', 1, other(s, { from: { ...AGENT, address: '10.0.0.6' } })),
      undefined,
    ],
    [
      'to another service',
      (s) => s.asks('/next', 1, other(s, { to: { address: '192.0.2.99', port: 80 } })),
      undefined,
    ],
    ['not by what it had asked before', (s) => s.asks('/before', 0.2), undefined],
    [
      'not if another agent speaks from its address',
      (s) => {
        speaker(s, s.front, 'A')
        s.asks('/next', 1, speaker(s, other(s, {}), 'B'))
      },
      undefined,
    ],
  ])('%s', (_what, play, target) => expect(goesOn(play)).toBe(target))

  test('by its name, wherever it is', () => {
    const s = new Story()
    speaker(s, s.front, 'A')
    s.exchanges.answered(s.front, transaction(s.front, TWO))
    s.asks('/next', 1, speaker(s, other(s, { from: { ...AGENT, address: '10.0.0.6' } }), 'A'))
    expect(s.told()[0]!.next?.request?.target).toBe('/next')
  })
})

describe('the same exchange behind the relay', () => {
  const BALANCER = { address: '10.10.3.1', port: 1 }

  /** The packet number of the response behind; null if none is found. */
  function behind(cookies: readonly string[], at: number, id?: string, joined = true): number | null {
    const s = new Story()
    const back = s.parties.sighting({ tap: 'server', leg: 'back', from: BALANCER })
    if (joined) back.path = s.front.path
    s.exchanges.answered(back, transaction(back, cookies, at, id))
    s.exchanges.answered(s.front, transaction(s.front, TWO, 10, 'R'))
    const found = s.told().find(({ sighting }) => sighting === s.front)!.behind
    if (found !== null) expect(found.sighting).toBe(back)
    return found?.transaction.response?.packet ?? null
  }

  test.each<[string, Parameters<typeof behind>, number | null]>([
    ['on the same path, within two seconds', [['a=1'], 12], 2],
    ['later', [['a=1'], 12.1], null],
    ['with one cookie or two', [['a=1', 'b=1'], 10], 2],
    ['on another path, with the same request id', [['a=1'], 10, 'R', false], 2],
    ['on another path, with another id', [['a=1'], 10, 'Q', false], null],
  ])('%s', (_what, args, packet) => expect(behind(...args)).toBe(packet))

  test('the nearest of several', () => {
    const s = new Story()
    const back = s.parties.sighting({ tap: 'server', leg: 'back', from: BALANCER })
    back.path = s.front.path
    for (const at of [9, 9.9, 11]) s.exchanges.answered(back, transaction(back, ['a=1'], at))
    s.exchanges.answered(s.front, transaction(s.front, TWO, 10))
    expect(s.told()[0]!.behind!.transaction.request!.time).toBe(seconds(9.9))
  })
})
