/**
 * Ordinary traffic, seen without a configuration: whatever the network does here is nobody's fault, and
 * nobody is to be woken for it. What an operator may read about (info) is stated, warnings and worse are not
 * allowed.
 */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { firewall, loadBalancer, nat, request, response, scenario } from '../scenario/scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { analysed } from './analysis.ts'

const BROWSER = '10.0.0.5',
  PHONE = '10.0.0.6',
  SITE = '192.0.2.10:443'
const PAGE = response({ body: 'x'.repeat(60_000) })
const HOUR = seconds(3600)

/** A page is fetched over a connection that stays open. */
function visited(s: Scenario, from = BROWSER, to = SITE) {
  const conversation = s.connect(from, to)
  conversation.agent.sends(request('GET', '/')).receives(PAGE)
  s.wait(seconds(1))
  return conversation
}

/** Somebody else is served every 20 s for `span`: the server is well, and its path too. */
function othersAreServed(s: Scenario, span: number, from = '10.0.0.77', to = SITE): void {
  const { agent } = s.connect(from, to)
  for (let passed = 0; passed < span; passed += seconds(20)) {
    agent.sends(request('GET', '/')).receives(response())
    s.wait(seconds(20))
  }
  agent.closes()
}

/** The story, what is told of it at any tap, and the taps if not all of them. */
type Ordinary = readonly [what: string, told: readonly string[], play: (s: Scenario) => void]

const browsers: readonly Ordinary[] = [
  [
    'a browser closes a connection after 65 s',
    [],
    (s) => {
      const { agent } = visited(s)
      s.wait(seconds(65))
      agent.closes()
      s.wait(seconds(10))
      visited(s)
    },
  ],
  [
    'a browser aborts a connection after five minutes',
    [],
    (s) => {
      const { agent } = visited(s)
      s.wait(seconds(300))
      agent.aborts()
      s.wait(seconds(10))
      visited(s)
    },
  ],
  [
    'a browser closes a connection that the server had forgotten: its FIN draws a RST',
    [],
    (s) => {
      const { agent, server } = visited(s)
      s.wait(seconds(120))
      server.forgets()
      agent.closes()
      visited(s)
    },
  ],
  [
    'a browser is killed, and the server answers it with what it had left to say',
    [],
    (s) => {
      const { agent, server } = visited(s)
      s.wait(seconds(90))
      agent.forgets()
      server.sends('event')
      s.wait(seconds(5))
    },
  ],
]

const servers: readonly Ordinary[] = [
  [
    'a server closes after 75 s by FIN, and the next page comes over a new connection',
    ['info server-idle-close'],
    (s) => {
      const { server } = visited(s)
      s.wait(seconds(74))
      server.closes()
      s.wait(seconds(20))
      visited(s)
    },
  ],
  [
    'a server closes after 120 s by RST, and the next page comes over a new connection',
    ['info server-idle-close'],
    (s) => {
      const { server } = visited(s)
      s.wait(seconds(120))
      server.resets()
      s.wait(seconds(20))
      visited(s)
    },
  ],
  [
    'a server forgot the connection without a word, and resets the next request',
    ['info server-idle-close'],
    (s) => {
      const { agent, server } = visited(s)
      s.wait(seconds(300))
      server.forgets()
      agent.sends(request('GET', '/next'))
      visited(s)
    },
  ],
  [
    'a server closes first for sending, and resets what still comes',
    ['info server-idle-close'],
    (s) => {
      s.host(BROWSER, { closesToo: false })
      const { agent, server } = visited(s)
      s.wait(seconds(90))
      server.closes()
      s.wait(seconds(1))
      server.forgets()
      agent.sends(request('GET', '/late'))
      visited(s)
    },
  ],
  [
    'a server restarts and closes all its idle connections at once',
    [],
    (s) => {
      const all = Array.from({ length: 6 }, (_, i) => {
        const { server } = visited(s, `10.0.0.${10 + i}`)
        s.wait(seconds(20 + i))
        return server
      })
      s.wait(seconds(100))
      for (const server of all) server.closes()
      s.wait(seconds(3))
      for (let i = 0; i < 6; i++) visited(s, `10.0.0.${10 + i}`)
    },
  ],
]

const sleepers: readonly Ordinary[] = [
  [
    'a phone sleeps: what the server pushes is not answered, others are',
    [],
    (s) => {
      const phone = visited(s, PHONE)
      othersAreServed(s, seconds(200))
      s.host(PHONE).health = 'silent'
      phone.server.sends('event')
      othersAreServed(s, seconds(60))
    },
  ],
  [
    "a phone sleeps: the server's keep-alive probes are not answered, until it gives up",
    [],
    (s) => {
      const phone = visited(s, PHONE)
      phone.server.keepsAlive(seconds(200))
      s.wait(seconds(150))
      s.host(PHONE).health = 'silent'
      othersAreServed(s, seconds(120))
    },
  ],
  [
    'a phone sleeps, misses what is pushed, and comes back half an hour later',
    [],
    (s) => {
      const phone = visited(s, PHONE)
      othersAreServed(s, seconds(200))
      s.host(PHONE).health = 'silent'
      phone.server.sends('event')
      othersAreServed(s, HOUR / 2)
      s.host(PHONE).health = 'up'
      visited(s, PHONE)
    },
  ],
  [
    'a laptop wakes after hours, finds that the server has long closed, and opens again',
    ['info server-idle-close'],
    (s) => {
      const { agent, server } = visited(s)
      s.wait(2 * HOUR)
      server.forgets()
      agent.sends(request('GET', '/'))
      visited(s)
    },
  ],
]

const networks: readonly Ordinary[] = [
  [
    'the radio drops out for some seconds just when an idle connection wakes, and the connection goes on',
    [],
    (s) => {
      const { agent, server } = visited(s)
      const other = visited(s, '10.0.0.77')
      s.wait(seconds(120))
      s.tap('client').loses(5)
      agent.sends(request('GET', '/next'))
      for (let i = 0; i < 20; i++) {
        s.wait(seconds(1))
        other.agent.sends(request('GET', '/')).receives(response())
      }
      server.sends(response())
      s.wait(seconds(30))
      agent.sends(request('GET', '/more')).receives(response())
      agent.closes()
    },
  ],
  [
    'the server is switched off while a connection idles, and stays off',
    [],
    (s) => {
      const { agent } = visited(s)
      visited(s, '10.0.0.77').agent.closes()
      s.wait(seconds(100))
      visited(s, '10.0.0.77').agent.closes()
      s.wait(seconds(10))
      s.host('192.0.2.10').health = 'silent'
      agent.sends(request('GET', '/'))
      s.wait(seconds(30))
      s.connect(BROWSER, SITE)
      s.wait(seconds(30))
    },
  ],
]

describe.each([
  ['browsers', browsers],
  ['servers', servers],
  ['sleepers', sleepers],
  ['networks', networks],
] as const)('%s', (_title, stories) => {
  test.each(stories)('%s', async (_what, told, play) => {
    const s = scenario()
    play(s)
    s.wait(seconds(20))
    expect((await analysed(s)).told).toEqual(told)
  })
})
