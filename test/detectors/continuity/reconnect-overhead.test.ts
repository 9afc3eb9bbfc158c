import { expect, test } from 'vitest'
import { reconnectOverhead } from '../../../src/detectors/continuity/reconnect-overhead.ts'
import { seconds } from '../../../src/model/time.ts'
import { nat, scenario } from '../../scenario/scenario.ts'
import type { Conversation, Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, A2, attach, balancer, DLP, DLP1, HOST_FAILS, STORIES } from '../stories.ts'
import { forgetting } from './idle.ts'

const DIRECT = `${DLP1}:8000`
const SEVERED = 'critical severed-idle'

/** A1's connection is severed while idle; it is back ten seconds later and gets `again` octets. */
function severed(
  again: number,
  before: (s: Scenario) => void = () => {},
  then: (s: Scenario, agent: Conversation['agent']) => void = () => {},
): Scenario {
  const s = scenario().behind(balancer('fin'))
  before(s)
  attach(s, 'A1')
  s.wait(seconds(310))
  const { agent } = s.connect(A1, '10.10.2.10:8000')
  agent.sends('agent=A1 hello from the endpoint').receives('p'.repeat(again))
  then(s, agent)
  s.wait(seconds(100))
  agent.sends('report')
  return s
}

test('an agent gets again what it had', async () => {
  const story = STORIES['reconnect-overhead']
  const analysis = await analysed(story.play(), { config: story.config })
  const found = analysis.findings('reconnect-overhead')
  expect(found.map(inShort)).toEqual([
    'warning reconnect-overhead 311.045 client | A1 10.10.1.101 at dlp1 | unknown |  | client 47, client 51',
  ])
  expect(found[0]!.details).toEqual({ bytes: 40_000, usualBytes: 0, seconds: 0.04 })
  const { title, summary, remedy } = analysis.incident('reconnect-overhead')
  expect({ title, summary, remedy }).toEqual({
    title: 'Reconnections cost 40 kB each',
    summary:
      '1 agent of dlp came back once after a connection was lost, and downloaded 40 kB in all, most of it what had been sent before.',
    remedy:
      'Keep the connections from being lost (see the severings of the same service): each one costs the whole download again.',
  })
})

test('to the octet: more than a handshake takes', async () => {
  for (const [octets, told] of [
    [8191, [SEVERED]],
    [8192, [SEVERED, 'warning reconnect-overhead']],
  ] as const) {
    expect((await analysed(severed(octets), { config: DLP, taps: ['client'] })).told).toEqual(told)
  }
})

/** Heartbeats for twenty minutes: 12 kB from the server. */
function beats(s: Scenario, agent: Conversation['agent']): void {
  for (let i = 0; i < 60; i++) {
    s.wait(seconds(20))
    agent.sends('ping').receives('o'.repeat(200))
  }
}

test('what counts is the first minute: an agent that is never silent goes on receiving', async () => {
  const analysis = await analysed(
    severed(40_000, () => {}, beats),
    { config: DLP, taps: ['client'] },
  )
  expect(analysis.findings('reconnect-overhead').map((f) => f.details)).toEqual([
    { bytes: 40_400, usualBytes: null, seconds: 60.07 },
  ])
})

/** Somebody else of the service is sent 60 kB a minute for ten minutes. */
function busy(s: Scenario): void {
  const { agent } = attach(s, 'A9', '10.10.1.109')
  for (let i = 0; i < 10; i++) {
    s.wait(seconds(60))
    agent.sends('next').receives('u'.repeat(60_000))
  }
  agent.closes()
}

keepsQuiet(reconnectOverhead, {
  'the agent had closed its connection itself': {
    config: DLP,
    play() {
      const s = scenario()
      const { agent } = attach(s, 'A1', A1, DIRECT)
      s.wait(seconds(120))
      agent.closes()
      s.wait(seconds(10))
      attach(s, 'A1', A1, DIRECT)
      return s
    },
  },
  'the first connection of an agent': {
    config: DLP,
    play() {
      const s = scenario()
      attach(s, 'A1', A1, DIRECT)
      return s
    },
  },
  'an address that stands for several agents: another one came': {
    config: {
      services: [{ ...DLP.services[0], identity: [] }],
      nat: [{ inside: '10.10.1.0/24', outside: ['203.0.113.5'], mapping: 'shared' }],
    },
    taps: ['middle'],
    told: [SEVERED],
    play() {
      const map = { [A1]: '203.0.113.5', [A2]: '203.0.113.5', '10.10.1.103': '203.0.113.5' }
      const s = scenario().behind(nat({ map, ports: 'allocated' }), forgetting('rst-on-next'))
      const other = attach(s, 'A3', '10.10.1.103', DIRECT).agent
      const { agent } = attach(s, 'A1', A1, DIRECT)
      for (let i = 0; i < 2; i++) {
        s.wait(seconds(155))
        other.sends('ping').receives('pong')
      }
      agent.sends('report')
      s.wait(seconds(10))
      attach(s, 'A2', A2, DIRECT)
      s.wait(seconds(30))
      return s
    },
  },
  'what was sent is no more than a handshake takes': {
    config: DLP,
    told: [SEVERED],
    play: () => severed(6000),
  },
  'it received little at first, and its heartbeats add up': {
    config: DLP,
    told: [SEVERED],
    play: () => severed(500, () => {}, beats),
  },
  'the agent usually receives as much': { config: DLP, told: [SEVERED], play: () => severed(40_000, busy) },
  'a browser, or a service of which nothing is known: what is fetched next is whatever is wanted next': [
    {
      config: { ...DLP, services: [{ ...DLP.services[0], connections: 'web' }] },
      play: () => severed(40_000),
    },
    { config: undefined, told: ['info server-idle-close'], play: () => severed(40_000), taps: ['client'] },
  ],
  "it was the agent's host that was gone, asleep or off, or answers that do not pass the tap": {
    config: DLP,
    play() {
      const s = scenario()
      const { server } = attach(s, 'A1', A1, DIRECT)
      s.wait(seconds(120))
      s.host(A1).health = 'silent'
      server.sends('new policy')
      s.wait(seconds(60))
      s.host(A1).health = 'up'
      attach(s, 'A1', A1, DIRECT)
      return s
    },
  },
  'a host that failed or restarted: most connections survive such a silence': HOST_FAILS,
})
