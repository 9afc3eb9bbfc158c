import { describe, expect, test } from 'vitest'
import { serverHop } from '../../../src/detectors/affinity/server-hop.ts'
import { seconds } from '../../../src/model/time.ts'
import { request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { FQDN, resolves } from '../distribution/stories.ts'
import {
  A1,
  A2,
  attach,
  balancer,
  BALANCER,
  checkIn,
  DLP,
  DLP1,
  DLP2,
  EPO,
  STORIES,
  VIP,
} from '../stories.ts'

const SERVICE = DLP.services[0]
const [ONE, TWO] = SERVICE.servers

/** A1 visits dlp1 and then dlp2, twenty seconds apart, without anything between. */
function direct(
  between: (s: Scenario) => void = () => {},
  from: readonly [string, string] = [A1, A1],
): Scenario {
  const s = scenario()
  attach(s, 'A1', from[0], `${DLP1}:8000`).agent.closes()
  s.wait(seconds(20))
  between(s)
  attach(s, 'A1', from[1], `${DLP2}:8000`).agent.closes()
  return s
}

/** An address is at dlp1, and from then on at dlp2 too; the connection to dlp1 is used again so much
 * later. */
function both(later: number): Scenario {
  const s = scenario()
  const first = s.connect(BALANCER, `${DLP1}:8000`)
  first.agent.sends('agent=A1 hello').receives('policies')
  s.wait(seconds(20))
  const second = s.connect(BALANCER, `${DLP2}:8000`)
  second.agent.sends('agent=A2 hello').receives('policies')
  s.wait(later)
  if (later > 0) first.agent.sends('beat').receives('ok')
  s.wait(seconds(20))
  for (const { agent } of later > 0 ? [second, first] : [second]) agent.closes()
  s.wait(seconds(5))
  return s
}

/** The agents' name leads to these servers, one after the other; the agent asks each time. */
function named(...servers: readonly string[]): Scenario {
  const s = scenario()
  for (const server of servers) {
    resolves(s, [server], 100) // its address is A1
    attach(s, 'A1', A1, `${server}:8000`).agent.closes()
    s.wait(seconds(20))
  }
  return s
}

const service = (more: object): unknown => ({ ...DLP, services: [{ ...SERVICE, ...more }] })

describe('an agent lands on another server', () => {
  test('behind a load balancer, which another agent shows to be well', async () => {
    const s = scenario().behind(balancer('fin', (n) => [DLP1, DLP1, DLP1, DLP2][n]!))
    attach(s, 'A1').agent.closes()
    s.wait(seconds(20))
    attach(s, 'A2', A2).agent.closes()
    attach(s, 'A2', A2).agent.closes()
    attach(s, 'A1').agent.closes()
    const analysis = await analysed(s, { config: DLP })
    const found = analysis.findings('server-hop')
    expect(found.map(inShort)).toEqual([
      'warning server-hop 23.190 server | A1 10.10.1.101 at dlp2 | load-balancer 10.10.3.1 |  | server 1, server 101, server 151',
    ])
    expect(found[0]!.details).toEqual({
      previousServer: 'dlp1',
      cause: 'unknown',
      previousServerHealthy: true,
      identifiedBy: 'payload-pattern',
    })
    expect(analysis.incident('server-hop')).toMatchObject({
      title: 'Agents of dlp hop between servers',
      summary: '1 agent landed on another server once; the server before was healthy.',
      remedy:
        'Look in the log of the load balancer whether the server before was drained or taken out of service then. If not, set persistence on the load balancer: by source address, for as long as the product keeps its session (TLS sessions often live for a day), and not round robin.',
      requirements: ['S0-07', 'S0-09', 'S0-16'],
    })
  })

  test('as the agent takes another address, which is not known again', async () => {
    const s = scenario().behind(balancer('fin', (n) => [DLP1, DLP2][n]!))
    attach(s, 'A1', A1).agent.closes()
    s.wait(seconds(60))
    attach(s, 'A1', '10.20.1.101').agent.closes()
    const analysis = await analysed(s, { config: DLP })
    expect(analysis.findings('server-hop')[0]!.details).toMatchObject({ addressBefore: A1 })
    expect(analysis.incident('server-hop').remedy).toBe(
      'Persistence by source address does not follow agents that take another address, as these did. Let the load balancer know them by what they keep: their TLS session, or a cookie.',
    )
  })

  test('within the persistence that is stated, and after it', async () => {
    const s = scenario().behind(balancer('fin', (n) => [DLP1, DLP2][n]!))
    attach(s, 'A1').agent.closes()
    s.wait(seconds(60))
    attach(s, 'A1').agent.closes()
    const namedWith = async (persistenceDuration: string) => {
      const config = service({ profile: 'symantec-sems', persistence: 'sticky', persistenceDuration })
      return (await analysed(s, { config })).findings('server-hop').map(({ requirements }) => requirements)
    }
    expect(await namedWith('10m')).toEqual([['S2-30', 'S2-35', 'S2-36']])
    expect(await namedWith('30s')).toEqual([['S2-30', 'S2-35']])
  })

  test('of the servers before, an incident says no more than its occurrences do', async () => {
    const s = scenario().behind(balancer('fin', (n) => [DLP1, DLP1, DLP2, DLP1][n]!))
    attach(s, 'A1').agent.closes()
    s.wait(seconds(20))
    attach(s, 'A2', A2).agent.closes()
    attach(s, 'A1').agent.closes()
    s.wait(seconds(60)) //                              nobody else is seen at the second one
    attach(s, 'A1').agent.closes()
    const { summary, details } = (await analysed(s, { config: DLP })).incident('server-hop')
    expect(summary).toBe(
      '1 agent landed on another server twice; the server before was healthy once, and otherwise not seen to fail.',
    )
    expect(details['previousServerHealthy']).toBe(false)
    const { summary: unproven } = (await analysed(STORIES['server-hop'].play(), { config: DLP })).incident(
      'server-hop',
    )
    expect(unproven).toBe('1 agent landed on another server once; the server before was not seen to fail.')
  })

  test('by itself, or by a name that leads to several', async () => {
    for (const [fqdn, actor] of [
      [undefined, 'agent'],
      ['dlp.example.com', 'dns'],
    ] as const) {
      const config = service({ vips: [], ...(fqdn === undefined ? {} : { fqdn }) })
      const found = (await analysed(direct(), { config })).findings('server-hop')
      expect(found.map(inShort)).toEqual([
        `warning server-hop 21.052 client | A1 10.10.1.101 at dlp2 | ${actor} |  | client 1, client 51`,
      ])
    }
  })

  test('by a name that leads back', async () => {
    const config = service({ vips: [], fqdn: FQDN })
    const analysis = await analysed(named(DLP1, DLP2, DLP1, DLP2), { config })
    expect(analysis.findings('server-hop').map(({ details }) => details['cause'])).toEqual([
      'dns',
      'dns',
      'dns',
    ])
  })

  test('known by its address alone, which is not at the server before any more', async () => {
    const config = { services: [{ ...SERVICE, vips: [], identity: [] }] }
    const found = (await analysed(both(0), { config })).findings('server-hop')
    expect(found.map(inShort)).toEqual([
      `warning server-hop 20.020 client | ${BALANCER} ${BALANCER} at dlp2 | agent |  | client 1, client 7`,
    ])
  })

  test('after the time that the load balancer was to remember it', async () => {
    const config = service({ persistenceDuration: '20s' })
    const causes = (await analysed(STORIES['server-hop'].play(), { config }))
      .findings('server-hop')
      .map(({ details }) => details['cause'])
    expect(causes).toEqual(['persistence-expired'])
  })

  test('while the load balancer was to remember it: the time counts from its last packet there', async () => {
    const s = scenario().behind(balancer('fin', (n) => [DLP1, DLP2][n % 2]!))
    const { agent } = attach(s, 'A1')
    for (let i = 0; i < 6; i++) {
      s.wait(seconds(20))
      agent.sends('ping').receives('pong')
    }
    agent.closes()
    s.wait(seconds(1))
    attach(s, 'A1').agent.closes()
    const config = service({ profile: 'symantec-sems', persistence: 'sticky', persistenceDuration: '60s' })
    const [found] = (await analysed(s, { config })).findings('server-hop')
    expect(found!.details['cause']).toBe('unknown')
    expect(found!.requirements).toContain('S2-36')
  })

  test('at once with its whole fleet, from a server that is seen to be well', async () => {
    const s = direct((story) => attach(story, 'A2', A2, `${DLP1}:8000`).agent.closes())
    expect((await analysed(s, { config: service({ persistence: 'failover' }) })).told).toEqual([
      'warning server-hop',
    ])
  })

  test('back to the server it prefers is fine, away from it is not', async () => {
    const config = service({
      servers: [
        { ...ONE, priority: 1 },
        { ...TWO, priority: 2 },
      ],
    })
    expect((await analysed(direct(), { config })).told).toEqual(['warning server-hop'])
  })
})

const refusing = (s: Scenario): void => {
  s.host(DLP1).health = 'refusing'
  s.connect(A1, `${DLP1}:8000`)
}

const place = (name: string, subnet: string, servers: readonly string[]): object => ({
  name,
  subnets: [subnet],
  servers: { dlp: servers.map((server) => [server]) },
})

keepsQuiet(serverHop, {
  'the server before had failed: a failover': [
    { config: DLP, play: () => direct(refusing), told: ['info failover'] },
    {
      config: service({ persistence: 'failover' }), // nobody was served there meanwhile
      play: () => direct(),
    },
  ],
  'the agent went back to a server that it prefers: a failback': {
    config: service({
      servers: [
        { ...ONE, priority: 2 },
        { ...TWO, priority: 1 },
      ],
    }),
    play: () => direct(),
    told: ['info failback'],
  },
  'policy lets the agent pick: random or weighted choice, servers of one priority group': [
    { config: service({ persistence: 'random' }), play: () => direct() },
    { config: service({ persistence: 'weighted' }), play: () => direct() },
    { config: service({ persistence: 'none' }), play: () => direct() },
    {
      config: service({
        servers: [
          { ...ONE, priority: 1 },
          { ...TWO, priority: 1 },
        ],
      }),
      play: () => direct(),
    },
    {
      config: { ...DLP, groups: [{ name: 'G', agents: ['A1'], servers: { dlp: [['dlp1', 'dlp2']] } }] },
      play: () => direct(),
    },
  ],
  'the name that the agents are given was led to the other server, and stays so': [
    {
      config: service({ vips: [], fqdn: FQDN }),
      play: () => named(DLP1, DLP1, DLP2, DLP2),
      told: ['info dns-change'],
    },
    {
      config: service({ vips: [], fqdn: FQDN }),
      play() {
        const s = named(DLP1)
        attach(s, 'A2', A2, `${DLP1}:8000`).agent.closes() // it is well, and nobody's any more
        s.wait(seconds(1))
        resolves(s, [DLP2], 100)
        attach(s, 'A1', A1, `${DLP2}:8000`).agent.closes()
        return s
      },
      told: ['info dns-change'],
    },
  ],
  'another location, another list: the agent has another address': {
    config: {
      ...DLP,
      locations: [
        place('Office', '10.10.1.0/24', ['dlp1', 'dlp2']),
        place('Home', '10.10.7.0/24', ['dlp2', 'dlp1']),
      ],
    },
    play: () => direct(undefined, [A1, '10.10.7.5']),
  },
  'a web user with a new session, or a mail server: those are not agents': [
    { config: service({ web: { sessionCookies: ['JSESSIONID'] } }), play: () => direct() },
    { config: service({ smtp: { ports: [25] } }), play: () => direct() },
    {
      config: { services: [{ ...SERVICE, ports: [25], identity: [] }] },
      play() {
        const s = scenario()
        for (const server of [DLP1, DLP2]) {
          const { agent } = s.connect(A1, `${server}:25`)
          agent.sends('EHLO a.example').receives('250 ok')
          agent.closes()
          s.wait(seconds(5))
        }
        return s
      },
    },
  ],
  'a health check, or a relay that stands for all its agents': [
    {
      config: { services: [{ ...SERVICE, identity: [] }] },
      play() {
        const s = scenario()
        for (const server of [DLP1, DLP2, DLP1, DLP2]) {
          const { agent } = s.connect(BALANCER, `${server}:8000`)
          agent.sends(request('GET', '/healthz')).receives(response())
          agent.closes()
          s.wait(seconds(5))
        }
        return s
      },
    },
    {
      config: {
        services: [{ ...SERVICE, identity: [] }],
        nat: [{ inside: '10.10.1.0/24', outside: [A1], mapping: 'shared' }],
      },
      play: () => direct(),
    },
    {
      config: { services: [{ ...SERVICE, identity: [] }], devices: DLP.devices },
      taps: ['server'], // behind the load balancer nobody is told apart
      play: STORIES['server-hop'].play,
    },
    {
      // nobody said that it is one: it is at both at once
      config: { services: [{ ...SERVICE, identity: [] }] },
      play: () => both(seconds(30)),
    },
  ],
  'servers of one port that nobody stated to be one service': {
    config: undefined,
    play() {
      const s = scenario()
      for (const to of ['192.0.2.10', '198.51.100.20']) attach(s, 'A1', A1, `${to}:10443`).agent.closes()
      return s
    },
  },
})

test('an ePO agent goes where it likes', async () => {
  const s = scenario()
  for (const server of [DLP1, DLP2, DLP1]) {
    checkIn(s, 'G1', A1, `${server}:80`)
    s.wait(seconds(60))
  }
  expect((await analysed(s, { config: EPO })).told).toEqual([])
})

test('one that passes connections on is named, too', async () => {
  const found = (await analysed(direct(), { config: DLP })).findings('server-hop')
  expect(found.map(({ actor }) => actor)).toEqual([
    { role: 'load-balancer', address: BALANCER, confidence: 0.8 },
  ])
})

test('the load balancer is a middlebox to one who did not state it', async () => {
  const config = { services: [{ ...SERVICE, vips: [VIP], web: undefined }] }
  const proxied = { ...config, devices: [{ role: 'reverse-proxy', addresses: [BALANCER] }] }
  const found = (await analysed(STORIES['server-hop'].play(), { config: proxied })).findings('server-hop')
  expect(found.map(({ actor }) => actor)).toEqual([{ role: 'middlebox', address: BALANCER, confidence: 0.8 }])
})
