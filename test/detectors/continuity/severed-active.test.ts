import { describe, expect, test } from 'vitest'
import { severedActive } from '../../../src/detectors/continuity/severed-active.ts'
import { seconds } from '../../../src/model/time.ts'
import { firewall, loadBalancer, nat, scenario } from '../../scenario/scenario.ts'
import type { Conversation, Scenario } from '../../scenario/scenario.ts'
import type { Party } from '../../scenario/party.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { agentAt, BALANCER, DLP1, FLEET, VIP } from './many.ts'
import { CONTINUITY_STORIES } from './stories.ts'

test('a firewall resets both ends while octets pass', async () => {
  const { config, play } = CONTINUITY_STORIES['severed-active']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('severed-active')
  expect(found.map(inShort)).toEqual([
    'critical severed-active 14.123 client | B0 10.10.1.101 at dlp1 | middlebox | rst | client 22',
  ])
  expect(found[0]!.details).toMatchObject({
    ageSeconds: 14.12,
    idleSeconds: 4.01,
    from: 'server',
    proven: true,
  })
  const { title, summary, requirements } = analysis.incident('severed-active')
  expect({ title, summary, requirements }).toEqual({
    title: 'A device on the path resets connections in use',
    summary: '1 connection of 1 agent to dlp was reset while octets passed, by neither of the ends.',
    requirements: ['S0-04', 'S0-15'],
  })
})

test('from one side alone, by the hop limit', async () => {
  const { config, play } = CONTINUITY_STORIES['severed-active']
  for (const tap of ['client', 'server']) {
    const found = (await analysed(play(), { config, taps: [tap] })).findings('severed-active')
    expect(found.map(({ tap: at, details }) => [at, details['proven']])).toEqual([[tap, false]])
  }
})

/** A connection in use, through a firewall that forgets after `idle`; then something happens. */
const story = (
  then: (s: Scenario, agent: Party, server: Party) => void,
  idle = 3000,
  config: unknown = FLEET,
) => ({
  config,
  play() {
    const s = scenario().behind(firewall({ idle: seconds(idle), forgets: 'rst-both' }))
    const { agent, server } = s.connect(agentAt(0), `${DLP1}:8000`)
    agent.sends('agent=B0 hello').receives('policies')
    for (let i = 0; i < 5; i++) {
      s.wait(seconds(2))
      agent.sends('log').receives('ok')
    }
    then(s, agent, server)
    s.wait(seconds(60))
    return s
  },
})

interface Aged {
  readonly to?: string
  /** Seconds between two agents' beginnings. */
  readonly apart?: number
  /** Seconds after which the load balancer ends a connection. */
  readonly maxAge?: number
  /** The server does, after 120 s. */
  readonly serverCloses?: boolean
  /** The first so many are left alone. */
  readonly spared?: number
  readonly connections?: 'persistent' | 'polling'
}

/** Five agents, who say something every other second, at a load balancer. */
function aged({
  to = `${VIP}:8000`,
  apart = 7,
  maxAge = 9000,
  serverCloses = false,
  spared = 0,
  connections = 'persistent',
}: Aged) {
  const [service] = FLEET.services
  const config = { ...FLEET, services: [{ ...service, connections }] }
  const play = (): Scenario => {
    const options = { address: BALANCER, idle: seconds(9000), manner: 'fin', pick: () => DLP1 } as const
    const vip = { address: VIP, port: 8000 }
    const s = scenario().behind(loadBalancer({ ...options, vip, maxAge: seconds(maxAge) }))
    s.host(DLP1, { side: 'servers' })
    const began: { readonly at: number; readonly talk: Conversation }[] = []
    for (let now = 0; now < 200; now++) {
      if (began.length < 5 && now >= began.length * apart) {
        const talk = s.connect(agentAt(began.length), to)
        talk.agent.sends(`agent=B${began.length} hello`).receives('policies')
        began.push({ at: now, talk })
      }
      for (const [n, { at, talk }] of began.entries()) {
        const age = now - at
        if (serverCloses && age === 120 && n >= spared) talk.server.closes()
        if (age % 2 === 0 && age < (serverCloses && n >= spared ? 120 : Math.min(maxAge, 190)))
          talk.agent.sends('log').receives('ok')
      }
      s.wait(seconds(1))
    }
    s.wait(seconds(10))
    return s
  }
  return { config, play }
}

describe('a load balancer that lets no connection grow old', () => {
  test('is told once three agents met it, of each connection', async () => {
    const { config, play } = aged({ maxAge: 120 })
    for (const taps of [['client'], ['client', 'server']]) {
      const analysis = await analysed(play(), { config, taps })
      const found = analysis.findings('severed-active')
      expect(
        found.map(({ agent, manner, actor, details }) => [
          agent?.id,
          manner,
          actor.role,
          actor.address,
          details['ageSeconds'],
        ]),
      ).toEqual(['B0', 'B1', 'B2', 'B3', 'B4'].map((id) => [id, 'fin', 'load-balancer', VIP, 120.01]))
      const { title, summary, remedy, details } = analysis.incident('severed-active')
      expect({ title, summary, remedy, limit: details['limit'] }).toEqual({
        title: 'The load balancer 10.10.2.10 ends connections in use at an age of 120.0 s',
        summary:
          '5 connections of 5 agents to dlp ended 120.0 s after the beginning, each alone and while octets passed; no connection became older. The agents had not closed them.',
        remedy:
          'Switch off the limit on the age of connections on the load balancer 10.10.2.10 for this service, or raise it as far as it goes.',
        limit: { lowerSeconds: 120.01, upperSeconds: 120.01, ends: 5, agents: 5 },
      })
    }
  })
})

keepsQuiet(severedActive, {
  'the agent aborted it, or the server did': [
    story((_s, agent) => agent.aborts()),
    story((_s, _agent, server) => server.resets()),
  ],
  'it had been idle: that is a timer': [
    story((s) => s.wait(seconds(41)), 40),
    {
      config: FLEET, // shorter than what counts as idle; the segment that ends it draws the reset
      play() {
        const s = scenario().behind(firewall({ idle: seconds(20), forgets: 'rst-on-next', hopLimit: 255 }))
        const { agent } = s.connect(agentAt(0), `${DLP1}:8000`)
        agent.sends('agent=B0 hello').receives('policies')
        s.wait(seconds(30))
        agent.sends('log')
        s.wait(seconds(60))
        return s
      },
    },
  ],
  'a connection that was over already': story((s, agent, server) => {
    agent.closes()
    s.wait(seconds(1))
    server.resets()
  }),
  'the server had failed': story((s) => {
    s.wait(seconds(3))
    s.host(DLP1).health = 'refusing'
    s.connect(agentAt(1), `${DLP1}:8000`)
    s.wait(seconds(2))
  }, 4),
  'address translation lost its mapping: the server resets what it does not know': {
    config: { ...FLEET, nat: [{ inside: '10.10.1.0/24', outside: ['203.0.113.0/24'], mapping: 'static' }] },
    play() {
      const map = { [agentAt(0)]: '203.0.113.5' }
      const changed = { [agentAt(0)]: '203.0.113.9' }
      const s = scenario().behind(nat({ map, changesAt: [{ map: changed, after: seconds(5) }] }))
      const { agent } = s.connect(agentAt(0), `${DLP1}:8000`)
      agent.sends('agent=B0 hello').receives('policies')
      s.wait(seconds(4))
      agent.sends('log').receives('ok')
      s.wait(seconds(2))
      agent.sends('log')
      s.wait(seconds(60))
      return s
    },
    told: ['critical nat-rebind', 'warning nat-change'],
  },
  'a server that ends connections itself at some age, or whose load balancer passes that on': [
    // the hop limit is the server's
    { ...aged({ to: `${DLP1}:8000`, serverCloses: true }), taps: ['server'] },
    aged({ serverCloses: true }), // behind the load balancer, the server said it first
  ],
  'connections that end at one moment, whatever their age: a restart': {
    ...aged({ apart: 0, maxAge: 120 }),
    taps: ['client'],
  },
  'connections that are not meant to stay': {
    ...aged({ maxAge: 120, connections: 'polling' }),
    taps: ['client'],
  },
  'others of that age go on': {
    ...aged({ serverCloses: true, spared: 1 }),
    taps: ['client'],
  },
  'a service of which nothing is known': { ...story((s) => s.wait(seconds(5)), 4), config: undefined },
})
