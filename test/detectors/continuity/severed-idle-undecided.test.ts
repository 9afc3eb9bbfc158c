/** Idle connections of which the servers' side alone shows an end, or none: what it decides, and what not. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { firewall, scenario, type Scenario } from '../../scenario/scenario.ts'
import { analysed } from '../analysis.ts'
import { A1, A2, attach, balancer, DLP } from '../stories.ts'
import { AT_VIP, DIRECT, FIREWALL, forgetting, idle } from './idle.ts'

test('of a firewall that forgets, the server side shows no more than of a host that slept', async () => {
  const story = idle(forgetting('rst-on-next'), 'speaks')
  const analysis = await analysed(story, { config: FIREWALL, taps: ['server'] })
  const { title, summary, severity, needs, confidence } = analysis.incident('severed-idle')
  expect({ title, summary, severity, needs, confidence }).toEqual({
    title: 'Idle connections may have been severed',
    summary:
      'New connections took the place of 1 idle connection of 1 agent to dlp after 341.0 s without a packet, and no end of the old ones was seen. A device that forgets idle connections looks like this, and so do hosts that slept or lost their network. Three agents or more that are lost after the same silence would show a timer. To decide it takes a capture on the agents’ side of the same time: whether they spoke and met nobody, closed, or were asleep.',
    severity: 'info',
    needs:
      'a capture on the agents’ side of the same time: whether they spoke and met nobody, closed, or were asleep',
    confidence: 0.5,
  })
  // What may have been no loss need not have cost anything.
  expect(analysis.told).toEqual(['info severed-idle', 'info reconnect-overhead'])
})

/** Agents at dlp1, of which one speaks now and then; the others come anew after so many seconds. */
function comingAnew(after: readonly number[]): Scenario {
  const s = scenario().behind(forgetting('silently', 86_400))
  const other = attach(s, 'A0', '10.10.1.100', DIRECT).agent
  const names = after.map((_, i) => `A${i + 1}`)
  const hosts = names.map((name, i) => {
    attach(s, name, `10.10.1.${101 + i}`, DIRECT)
    return s.now
  })
  const order = after
    .map((silence, i) => ({ i, at: hosts[i]! + seconds(silence) }))
    .sort((a, b) => a.at - b.at)
  for (const { i, at } of order) {
    while (at - s.now > seconds(60)) {
      s.wait(seconds(55))
      other.sends('ping').receives('pong')
    }
    s.wait(Math.max(0, at - s.now))
    attach(s, names[i]!, `10.10.1.${101 + i}`, DIRECT)
  }
  s.wait(seconds(70))
  other.sends('ping').receives('pong')
  return s
}

describe('what the servers’ side alone shows', () => {
  const told = async (after: readonly number[]): Promise<string[]> =>
    (await analysed(comingAnew(after), { config: DLP, taps: ['server'] }))
      .findings('severed-idle')
      .map(({ severity, confidence, needs }) => `${severity} ${confidence} ${needs === undefined}`)

  test('decides nothing where silences differ, however many they are', async () => {
    expect(await told([300, 340, 420, 700, 1000])).toEqual(Array(5).fill('info 0.5 false'))
  })

  test('nor where two agents were silent for one time', async () => {
    expect(await told([300, 301])).toEqual(Array(2).fill('info 0.5 false'))
  })

  test('shows a timer where three were, the first ones included', async () => {
    expect(await told([300, 301, 302])).toEqual(Array(3).fill('critical 0.6 true'))
  })

  test('but not of those that were silent for another time', async () => {
    expect(await told([300, 301, 302, 600])).toEqual([
      ...Array(3).fill('critical 0.6 true'),
      'info 0.5 false',
    ])
  })

  test('of a load balancer that closes after one time', async () => {
    const s = scenario().behind(balancer('fin'))
    const all = [1, 2, 3].map((n) => [`A${n}`, `10.10.1.10${n}`] as const)
    for (const [name, host] of all) {
      attach(s, name, host, AT_VIP)
      s.wait(seconds(20))
    }
    s.wait(seconds(330))
    for (const [name, host] of all) attach(s, name, host, AT_VIP)
    s.wait(seconds(10))
    const analysis = await analysed(s, { config: DLP, taps: ['server'] })
    expect(analysis.findings('severed-idle').map(({ severity }) => severity)).toEqual(
      Array(3).fill('critical'),
    )
    expect(analysis.incident('severed-idle').title).toBe(
      'The load balancer 10.10.3.1 severs idle connections after 300 s',
    )
  })
})

describe('what a load balancer closes towards the server, where nothing shows whose it was', () => {
  const nameless = { ...DLP, services: [{ ...DLP.services[0], identity: [] }] }
  const polling = { ...nameless, services: [{ ...nameless.services[0], connections: 'polling' }] }

  /** Three agents of the load balancer are idle for its 300 s, or leave before. */
  function closed(isIdle: boolean): Scenario {
    const s = scenario().behind(balancer('fin'))
    const agents = [1, 2, 3].map((n) => {
      s.wait(seconds(5))
      return attach(s, `A${n}`, `10.10.1.10${n}`, AT_VIP).agent
    })
    s.wait(seconds(isIdle ? 330 : 30))
    if (!isIdle) for (const agent of agents) agent.closes()
    s.wait(seconds(10))
    return s
  }
  const told = async (story: Scenario, config: object) =>
    (await analysed(story, { config, taps: ['server'] })).told

  test('is told as what it may be, however many they are', async () => {
    const analysis = await analysed(closed(true), { config: nameless, taps: ['server'] })
    expect(analysis.told).toEqual(Array(3).fill('info severed-idle'))
    const { title, summary, needs, confidence } = analysis.incident('severed-idle')
    expect({ title, summary, needs, confidence }).toEqual({
      title: 'Idle connections may have been severed',
      summary:
        'The load balancer 10.10.3.1 closed 3 idle connections to dlp towards the server after 300.0 s without a packet; nothing shows whose they were. Its own timer looks like this, and so do agents that closed. To decide it takes a capture on the agents’ side of the same time, or one of whole packets from the beginning of the connections: whose they are, and whether their agents came back.',
      needs:
        'a capture on the agents’ side of the same time, or one of whole packets from the beginning of the connections: whose they are, and whether their agents came back',
      confidence: 0.5,
    })
  })

  test('is not, where the product keeps no connections', async () => {
    expect(await told(closed(true), polling)).toEqual([])
  })

  test.each(['fin', 'rst'] as const)('nor, be it known whose they were, of web servers: %s', async (how) => {
    const s = scenario().behind(balancer(how))
    attach(s, 'A1', A1, AT_VIP)
    s.wait(seconds(330))
    attach(s, 'A1', A1, AT_VIP)
    s.wait(seconds(10))
    const web = { ...DLP, services: [{ ...DLP.services[0], connections: 'web' }] }
    expect((await told(s, DLP)).filter((one) => one.includes('severed'))).toEqual(['info severed-idle'])
    expect((await told(s, web)).filter((one) => one.includes('severed'))).toEqual([])
  })

  test('nor where they were not idle', async () => {
    expect(await told(closed(false), nameless)).toEqual([])
  })

  test('nor where they are known, and did not come back', async () => {
    expect(await told(closed(true), DLP)).toEqual([])
  })
})

test('a host that does not answer what passes the tap before it was asleep', async () => {
  const s = scenario().behind(firewall({ idle: seconds(86_400), forgets: 'silently' }))
  const other = attach(s, 'A2', A2, DIRECT).agent
  const { server } = attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(120))
  s.host(A1).health = 'asleep'
  server.sends('new policy')
  s.wait(seconds(60))
  other.sends('ping').receives('pong')
  s.host(A1).health = 'up'
  s.wait(seconds(100))
  attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(60))
  expect((await analysed(s, { config: DLP })).told).toEqual([])
})
