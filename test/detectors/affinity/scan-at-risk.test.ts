import { expect, test } from 'vitest'
import { scanAtRisk } from '../../../src/detectors/affinity/scan-at-risk.ts'
import { seconds } from '../../../src/model/time.ts'
import { request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { attach, balancer, DLP, DLP1, DLP2, STORIES } from '../stories.ts'

const HOUR = seconds(3600)

/** An agent that comes once in a while, to these servers. */
function comes(servers: readonly string[], gap = 8 * HOUR): Scenario {
  const s = scenario().behind(balancer('fin', (n) => servers[n] ?? DLP1))
  for (const [i] of servers.entries()) {
    if (i > 0) s.wait(gap)
    attach(s, 'A1').agent.closes()
  }
  s.wait(seconds(5))
  return s
}

test('an agent that changes servers right after an upload', async () => {
  const { config, play } = STORIES['scan-at-risk']
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('scan-at-risk').map(inShort)).toEqual([
    'warning scan-at-risk 21.657 server | A1 10.10.1.101 at dlp2 | unknown |  | server 1, server 1138',
  ])
  expect(analysis.incident('scan-at-risk')).toMatchObject({
    title: 'Scans of endpoints of dlp may be lost',
    requirements: ['S0-12'],
  })
})

test('agents that change servers regularly', async () => {
  const analysis = await analysed(comes([DLP1, DLP2, DLP1, DLP2, DLP2]), { config: DLP })
  const [found] = analysis.findings('scan-at-risk')
  expect(found!.details).toMatchObject({ hops: 3, agents: 1, previousServer: 'dlp1' })
  expect(found!.details['hopsPerAgentAndDay']).toBeCloseTo(3, 1)
})

const polls = (s: Scenario, at: string): void => {
  const { agent } = s.connect('10.0.0.5', `${at}:80`)
  agent.sends(request('POST', '/spipe/pkg?AgentGuid=G1&Source=Agent_3.0.0')).receives(response())
  agent.closes()
}

keepsQuiet(scanAtRisk, {
  'a change now and then': {
    config: DLP,
    play: () => comes([DLP1, DLP2, DLP2, DLP2, DLP2]),
    told: ['warning server-hop'],
  },
  'a move away from a server that failed': {
    config: DLP,
    play() {
      const s = scenario()
      const { agent } = attach(s, 'A1', '10.10.1.101', `${DLP1}:8000`)
      agent.sends('r'.repeat(1 << 20))
      agent.closes()
      s.host(DLP1, { side: 'servers' }).health = 'refusing'
      s.connect('10.10.1.101', `${DLP1}:8000`)
      s.wait(seconds(1))
      attach(s, 'A1', '10.10.1.101', `${DLP2}:8000`).agent.closes()
      return s
    },
    told: ['info failover'],
  },
  'a product without such scans': {
    config: { services: [{ name: 'epo', profile: 'mcafee-epo', ports: [80] }] },
    play() {
      const s = scenario()
      for (let i = 0; i < 5; i++) {
        polls(s, [DLP1, DLP2][i % 2]!)
        s.wait(8 * HOUR)
      }
      return s
    },
  },
  'a capture too short to show a rate': {
    config: DLP,
    play: () => comes([DLP1, DLP2, DLP1, DLP2], seconds(600)),
    told: ['warning server-hop', 'warning server-hop', 'warning server-hop'],
  },
})
