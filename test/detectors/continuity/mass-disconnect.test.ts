import { describe, expect, test } from 'vitest'
import { massDisconnect } from '../../../src/detectors/continuity/mass-disconnect.ts'
import type { World } from '../../../src/model/event.ts'
import { milliseconds, seconds } from '../../../src/model/time.ts'
import {
  type Conversation,
  loadBalancer,
  request,
  response,
  scenario,
  type Scenario,
} from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { agentAt, attachAll, BALANCER, beat, DLP1, DLP2, FLEET, restarts, steady, VIP } from './many.ts'
import { CONTINUITY_STORIES } from './stories.ts'

test('a server ends all its connections', async () => {
  const { config, play } = CONTINUITY_STORIES['mass-disconnect']
  const analysis = await analysed(play(), { config })
  expect(analysis.told).toEqual(['critical mass-disconnect'])
  const found = analysis.findings('mass-disconnect')
  expect(found.map(inShort)).toEqual([
    'critical mass-disconnect 92.756 client | nobody at dlp1 | server 10.10.3.11 | fin | client 217, client 261',
  ])
  expect(found[0]!.details).toEqual({
    connections: 12,
    agents: 12,
    open: 12,
    share: 1,
    seconds: 0.13,
    servers: ['dlp1'],
  })
  const { title, summary, requirements } = analysis.incident('mass-disconnect')
  expect({ title, summary, requirements }).toEqual({
    title: '12 agents of dlp disconnected at once',
    summary:
      'The server 10.10.3.11 ended all 12 open connections to dlp1 within 130 ms, at 21 Nov 2026 02:01:32 UTC.',
    requirements: ['X-04'],
  })
})

test('a span that its hundredths of a second do not hold is not told shorter than it may be', async () => {
  const { config, play } = CONTINUITY_STORIES['mass-disconnect']
  const [found] = (await analysed(play(), { config })).findings('mass-disconnect')
  const brief = { ...found!, details: { ...found!.details, seconds: 0 } }
  const { summary } = massDisconnect.describe([brief], {} as World)
  expect(summary).toBe(
    'The server 10.10.3.11 ended all 12 open connections to dlp1 within less than 5 ms, at 21 Nov 2026 02:01:32 UTC.',
  )
})

test('a load balancer ends all that it carries: seen from either side, told once from both', async () => {
  const play = () => {
    const s = scenario().behind(
      loadBalancer({
        vip: { address: VIP, port: 8000 },
        address: BALANCER,
        idle: seconds(3000),
        manner: 'rst',
        restartsAfter: seconds(110),
        pick: (n) => [DLP1, DLP2][n % 2]!,
      }),
    )
    beat(s, attachAll(s, 14, 1, `${VIP}:8000`), 4)
    s.wait(seconds(30))
    return s
  }
  const s = play()
  for (const taps of [['client'], ['server'], ['client', 'server']]) {
    const analysis = await analysed(s, { config: FLEET, taps })
    const found = analysis.findings('mass-disconnect')
    // What a device between ends, it severs; a server's own restart severs nothing.
    const { requirements, severity } = analysis.incident('mass-disconnect')
    expect([requirements, severity]).toEqual([['S0-04', 'S0-15', 'X-04'], 'critical'])
    const [role, address] =
      taps.length === 1 && taps[0] === 'client' ? ['load-balancer', VIP] : ['load-balancer', BALANCER]
    expect([taps, found.map(({ actor, manner }) => [actor.role, actor.address, manner])]).toEqual([
      taps,
      [[role, address, 'rst']],
    ])
  }
})

/** A load balancer in front of both servers. */
const fronted = (restartsAfter?: number): Scenario =>
  scenario().behind(
    loadBalancer({
      vip: { address: VIP, port: 8000 },
      address: BALANCER,
      idle: seconds(3000),
      manner: 'fin',
      ...(restartsAfter === undefined ? {} : { restartsAfter: seconds(restartsAfter) }),
      pick: (n) => [DLP1, DLP2][n % 2]!,
    }),
  )
const AT_VIP = `${VIP}:8000`

test('behind a load balancer, the servers end them all: it passes that on', async () => {
  const s = fronted()
  const all = attachAll(s, 12, 1, AT_VIP)
  beat(s, all, 4)
  s.wait(seconds(5))
  restarts(all)
  s.wait(seconds(10))
  const analysis = await analysed(s, { config: FLEET, taps: ['client', 'server'] })
  const [{ actor, summary }] = [analysis.incident('mass-disconnect')]
  expect(actor).toEqual({ role: 'server', address: null, confidence: 0.8 })
  expect(summary).toMatch(/^The servers ended all 12 open connections to dlp1 and dlp2 within .* UTC\.$/)
})

/** A heartbeat of each, seconds apart: no two are silent for one time. */
function beatApart(s: Scenario, all: readonly Conversation[]): void {
  for (const { agent } of all) {
    agent.sends('beat').receives('ok')
    s.wait(seconds(3))
  }
}

describe('all connections of a few agents', () => {
  const told = async (s: Scenario, ...taps: string[]) =>
    (await analysed(s, { config: FLEET, taps })).findings('mass-disconnect').map(inShort)

  /** So many agents of a load balancer, each with a beat of its own; it restarts, and they come back. */
  function restarted(count: number, comeBack = count, beside = (_s: Scenario): void => {}): Scenario {
    const s = fronted(100)
    const restart = s.now + seconds(100)
    const all = attachAll(s, count, 3, AT_VIP)
    while (s.now < restart - seconds(20)) {
      beatApart(s, all)
      beside(s)
    }
    s.wait(restart + seconds(10) - s.now)
    attachAll(s, comeBack, 1, AT_VIP)
    return s
  }

  test('that come back', async () => {
    const [line, ...others] = await told(restarted(4), 'client')
    expect(others).toEqual([])
    expect(line).toMatch(/^critical mass-disconnect .* load-balancer 10\.10\.2\.10 \| fin /)
  })

  test('beside one that comes and goes: what it has closed is open no more', async () => {
    const polls = (s: Scenario): void => {
      s.connect(agentAt(9), AT_VIP).agent.sends('agent=B9 hello').receives('policies').closes()
    }
    expect(await told(restarted(4, 4, polls), 'client')).toHaveLength(1)
  })

  test('are told once of both sides', async () => {
    expect(await told(restarted(6), 'client', 'server')).toHaveLength(1)
  })

  test('are not told where half of them stay away', async () => {
    expect(await told(restarted(6, 3), 'client')).toEqual([])
  })

  test('nor of three agents, of which it may be an accident', async () => {
    expect(await told(restarted(3), 'client')).toEqual([])
  })

  test('nor where the relay’s side alone shows them: it may have passed on what the agents did', async () => {
    expect(await told(restarted(6), 'server')).toEqual([])
  })
})

const config = FLEET

test('checks of a server’s health that are over are not open any more', async () => {
  const { s, all } = steady()
  for (let i = 0; i < 40; i++) {
    const { agent } = s.connect('10.10.9.9', `${DLP1}:8000`)
    agent.sends(request('GET', '/health')).receives(response()).closes()
    s.wait(seconds(5))
  }
  beat(s, all, 1)
  restarts(all)
  s.wait(seconds(10))
  const [found] = (await analysed(s, { config: FLEET })).findings('mass-disconnect')
  expect(found?.details).toMatchObject({ connections: 12, open: 12, share: 1 })
})

/** All agents close within half a second. */
function agentsLeave(): Scenario {
  const s = fronted()
  const all = attachAll(s, 12, 1, AT_VIP)
  beat(s, all, 4)
  for (const { agent } of all) {
    agent.closes()
    s.wait(milliseconds(50))
  }
  s.wait(seconds(10))
  return s
}

test('behind a load balancer, agents that leave together may have done it: that is said', async () => {
  const analysis = await analysed(agentsLeave(), { config: FLEET, taps: ['server'] })
  expect(analysis.incident('mass-disconnect').summary).toMatch(
    /does not show\. To decide it takes a capture on the agents’ side/,
  )
})

keepsQuiet(massDisconnect, {
  'agents that close their own connections': [
    {
      config,
      play() {
        const { s, all } = steady()
        for (const { agent } of all) agent.closes()
        s.wait(seconds(10))
        return s
      },
    },
    {
      config,
      play() {
        const s = fronted()
        const all = attachAll(s, 12, 1, AT_VIP)
        beat(s, all, 4)
        for (const { agent } of all) agent.closes()
        s.wait(seconds(10))
        return s
      },
    },
  ],
  'a timer that many connections reached together': {
    config,
    play() {
      const { s, all } = steady()
      s.wait(seconds(400))
      restarts(all) //                                    each after the same silence
      s.wait(seconds(10))
      return s
    },
    told: Array.from({ length: 12 }, () => 'info server-idle-close'),
  },
  'a few connections, or a small share of those open': [
    {
      config,
      play() {
        const { s, all } = steady()
        restarts(all.slice(0, 9))
        s.wait(seconds(10))
        return s
      },
    },
    {
      config,
      play() {
        const { s, all } = steady(8)
        beatApart(s, all)
        restarts(all.slice(0, 6))
        s.wait(seconds(5))
        attachAll(s, 6)
        return s
      },
    },
    {
      config,
      play() {
        const { s, all } = steady(40)
        restarts(all.slice(0, 11))
        s.wait(seconds(10))
        return s
      },
    },
  ],
  'all of a few agents that do not come back: their work is done, or the capture is over': {
    config,
    play() {
      const { s, all } = steady(6)
      beatApart(s, all)
      restarts(all)
      s.wait(seconds(10))
      return s
    },
  },
  'an agent that has several connections': {
    config,
    play() {
      const s = scenario()
      const open = () =>
        Array.from({ length: 6 }, () => {
          const conversation = s.connect(agentAt(0), `${DLP1}:8000`)
          conversation.agent.sends('agent=B0 hello').receives('policies')
          s.wait(seconds(3))
          return conversation
        })
      const all = open()
      beat(s, all, 4)
      beatApart(s, all)
      restarts(all)
      s.wait(seconds(5))
      open()
      return s
    },
  },
  'connections that had just begun: agents that poll come and go': {
    config,
    play() {
      const s = scenario()
      restarts(attachAll(s, 12))
      s.wait(seconds(10))
      return s
    },
  },
  'browsers, whose connections end when the page is done': {
    config: { services: [{ ...FLEET.services[0], connections: 'web' }] },
    play() {
      const { s, all } = steady()
      restarts(all)
      s.wait(seconds(10))
      return s
    },
  },
  'agents that leave together, as for an upgrade, where their own side is not captured': {
    config,
    play: agentsLeave,
    taps: ['server'],
    told: ['info mass-disconnect'],
  },
})
