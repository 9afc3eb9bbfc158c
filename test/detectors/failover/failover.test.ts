import { describe, expect, test } from 'vitest'
import { failover } from '../../../src/detectors/failover/failover.ts'
import { seconds } from '../../../src/model/time.ts'
import { loadBalancer, response, scenario, request } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, attach, BALANCER, DLP, DLP1, DLP2, VIP } from '../stories.ts'
import {
  begin,
  BRANCH,
  comes,
  FAILED_OVER,
  failedOver,
  fails,
  HEARTBEAT,
  passes,
  SEPM,
  SEPM1,
  SEPM2,
} from './managers.ts'

describe('an agent goes on at another server', () => {
  test('after its own was refused', async () => {
    const analysis = await analysed(failedOver(), { config: SEPM })
    expect(analysis.told).toEqual(FAILED_OVER)
    const found = analysis.findings('failover')
    expect(found.map(inShort)).toEqual([
      'info failover 59.144 client | K1 10.10.1.101 at sepm2 | agent |  | client 19, client 37, client 41',
      'info failover 59.676 client | K2 10.10.1.102 at sepm2 | agent |  | client 28, client 39, client 50',
    ])
    expect(found[0]!.details).toEqual({
      previousServer: 'sepm1',
      failure: 'refused by sepm1',
      failedAt: '2026-11-21T02:00:58.128100Z',
      secondsToMove: 1.016,
      outageSince: '2026-11-21T02:00:58.128100Z',
    })
    expect(analysis.incident('failover')).toMatchObject({
      title: 'Agents of sepm failed over from sepm1',
      summary:
        '2 agents went from sepm1 to sepm2 once each, because sepm1 failed for them: refused by sepm1.',
      requirements: ['S1-01'],
    })
  })

  test('one after the other, before an outage is known and after: one incident', async () => {
    const s = begin()
    passes(s, 3, [1, SEPM1])
    for (const n of [1, 2, 3]) {
      fails(s, n, SEPM1)
      comes(s, n, SEPM2)
      s.wait(seconds(5))
    }
    const analysis = await analysed(s, { config: SEPM })
    const found = analysis.findings('failover')
    expect(new Set(found.map((f) => f.details['outageSince'])).size).toBe(2)
    expect(analysis.incident('failover')).toMatchObject({ occurrences: 3, agents: 3 })
  })

  test('after nobody answered', async () => {
    const s = begin()
    passes(s, 2, [1, SEPM1])
    s.host(SEPM1).health = 'silent'
    s.connect('10.10.1.101', `${SEPM1}:8014`)
    s.wait(seconds(4))
    comes(s, 1, SEPM2)
    expect(
      (await analysed(s, { config: SEPM })).findings('failover').map((f) => f.details['failure']),
    ).toEqual(['unanswered by sepm1'])
  })

  test('after it answered that it cannot serve', async () => {
    const s = begin()
    passes(s, 1, [1, SEPM1])
    const { agent } = s.connect('10.10.1.101', `${SEPM1}:8014`)
    agent.sends(request('GET', '/secars/secars.dll?hk=K1')).receives(response({}, 503))
    agent.closes()
    s.wait(seconds(1))
    comes(s, 1, SEPM2)
    expect(
      (await analysed(s, { config: SEPM })).findings('failover').map((f) => f.details['failure']),
    ).toEqual(['HTTP 503 from sepm1'])
  })

  test('at its first contact, after it tried the better one', async () => {
    const s = begin()
    fails(s, 1, SEPM1)
    comes(s, 1, SEPM2)
    const analysis = await analysed(s, { config: SEPM })
    expect(analysis.findings('failover').map(inShort)).toEqual([
      'info failover 0.508 client | K1 10.10.1.101 at sepm2 | agent |  | client 1, client 3',
    ])
    expect(analysis.of('session').map(({ server, endedBy }) => [server, endedBy])).toEqual([
      ['sepm2', 'agent'],
    ])
  })

  test.each([
    ['where agents ask', 8000],
    ['where no agent asks', 8443],
  ])('because its load balancer found the other one out, at a port %s', async (_where, serverPort) => {
    const servers = [DLP1, DLP1, DLP1, DLP2]
    const s = scenario().behind(
      loadBalancer({
        vip: { address: VIP, port: 8000 },
        serverPort,
        address: BALANCER,
        idle: seconds(300),
        manner: 'fin',
        pick: (n) => servers[n]!,
      }),
    )
    attach(s, 'A1').agent.closes()
    s.wait(seconds(20))
    s.host(DLP1).health = 'refusing'
    for (let i = 0; i < 2; i++) {
      s.connect(A1, `${VIP}:8000`) //                     which it can hand to nobody
      s.wait(seconds(2))
    }
    attach(s, 'A1').agent.closes()
    const analysis = await analysed(s, { config: DLP })
    expect(analysis.told).toEqual(['info server-outage', 'info failover'])
    expect(analysis.findings('failover').map(({ actor }) => actor)).toEqual([
      { role: 'load-balancer', address: BALANCER, confidence: 0.95 },
    ])
  })

  test('as all others do, while nothing reaches theirs', async () => {
    const s = begin()
    passes(s, 4, [1, SEPM1], [2, SEPM1])
    // what the network drops before this tap leaves no packet
    passes(s, 6, [1, SEPM2], [2, SEPM2])
    passes(s, 1, [1, SEPM1], [2, SEPM1])
    const analysis = await analysed(s, { config: SEPM })
    expect(analysis.told).toEqual([...FAILED_OVER, 'info failback', 'info failback'])
    expect(analysis.findings('failover').map(({ confidence }) => confidence < 0.65)).toEqual([true, true])
    expect(analysis.incident('server-outage').summary).toMatch(/^sepm1 served nobody for 203.4 s/)
  })

  test('and its session there ended so', async () => {
    const sessions = (await analysed(failedOver([1]), { config: SEPM })).of('session')
    expect(sessions.map(({ server, endedBy }) => [server, endedBy])).toEqual([
      ['sepm1', 'failover'],
      ['sepm2', 'agent'],
    ])
  })
})

/** K1 turns to the second server, and another agent shows that the first is well. */
function hops(before: (s: Scenario) => void = () => {}): Scenario {
  const s = begin()
  passes(s, 2, [1, SEPM1], [2, SEPM1])
  before(s)
  comes(s, 2, SEPM1)
  comes(s, 1, SEPM2)
  comes(s, 2, SEPM1)
  s.wait(HEARTBEAT)
  return s
}

keepsQuiet(failover, {
  'nothing shows that the server failed for this agent: it hopped': {
    config: SEPM,
    play: () => hops(),
    told: ['warning server-hop'],
  },
  'the server failed for others, and was seen to be well again before the move': {
    config: SEPM,
    play: () => hops((s) => fails(s, 3, SEPM1)),
    told: ['warning server-hop'],
  },
  'the agent went back to a server that it prefers: a failback': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 1, [1, SEPM2])
      comes(s, 1, SEPM1)
      return s
    },
    told: ['info failback'],
  },
  'the agent is in another place, where another list holds': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 1, [1, SEPM1])
      fails(s, 2, SEPM1) //                               it is out, for those who are still there
      fails(s, 3, SEPM1)
      comes(s, 1, SEPM2, BRANCH)
      return s
    },
    told: ['info server-outage', 'info server-outage'],
  },
})

test('nobody fails over from a server that agents may leave as they like', async () => {
  const s = scenario()
  attach(s, 'A1', A1, `${DLP1}:8000`).agent.closes()
  s.wait(seconds(20))
  attach(s, 'A1', A1, `${DLP2}:8000`).agent.closes()
  const config = { ...DLP, services: [{ ...DLP.services[0], persistence: 'random' }] }
  expect((await analysed(s, { config })).told).toEqual([])
})
