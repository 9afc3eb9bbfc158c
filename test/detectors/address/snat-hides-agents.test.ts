import { expect, test } from 'vitest'
import { snatHidesAgents } from '../../../src/detectors/address/snat-hides-agents.ts'
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { BALANCER, DLP1, keep, NAMELESS } from './stories.ts'

const named = { services: [{ ...NAMELESS.services[0], identity: [{ httpHeader: 'X-Agent-Id' }] }] }

test('a load balancer whose agents nobody can tell apart', async () => {
  const { config, play } = STORIES['snat-hides-agents']
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('snat-hides-agents').map(inShort)).toEqual([
    'info snat-hides-agents 0.000 client | nobody at dlp1 | load-balancer 10.10.3.1 |  | client 1',
  ])
  expect(analysis.incident('snat-hides-agents')).toMatchObject({
    title: '10.10.3.1 hides the agents of dlp',
    details: { address: '10.10.3.1', connections: 3, connectionsAtOnce: 3 },
    requirements: ['S0-19'],
  })
})

/** Connections one after the other. */
function inSequence(): Scenario {
  const s = scenario()
  for (let i = 0; i < 4; i++) {
    const { agent } = s.connect(BALANCER, `${DLP1}:8000`)
    agent.sends('GET / HTTP/1.1\r\nHost: dlp\r\n\r\n')
    agent.closes()
    s.wait(seconds(3))
  }
  return s
}

keepsQuiet(snatHidesAgents, {
  'agents that name themselves': {
    config: { ...NAMELESS, ...named },
    play: () => keep(['A', 'B', 'C'].map((id) => ({ 'X-Agent-Id': id }))),
  },
  'a PROXY header, or another side of the relay that shows them': {
    config: NAMELESS,
    play() {
      const s = scenario()
      const open = [1, 2, 3].map((n) => {
        const { agent } = s.connect(BALANCER, `${DLP1}:8000`)
        agent.sends(
          `PROXY TCP4 10.10.1.10${n} 10.10.2.10 4000${n} 8000\r\nGET / HTTP/1.1\r\nHost: dlp\r\n\r\n`,
        )
        return agent
      })
      s.wait(seconds(20))
      for (const agent of open) agent.closes()
      s.wait(seconds(3))
      return s
    },
  },
  'connections one after the other: they may be one agent’s': { config: NAMELESS, play: inSequence },
  'what could tell them apart was not captured': {
    config: NAMELESS,
    play() {
      const s = scenario()
      const open = [1, 2, 3].map(() => s.connect(BALANCER, `${DLP1}:8000`).agent.sends('\u0001\u0002\u0003'))
      s.wait(seconds(20))
      for (const agent of open) agent.closes()
      s.wait(seconds(3))
      return s
    },
  },
  'a product that does not ask for addresses of their own': {
    config: { ...NAMELESS, services: [{ ...NAMELESS.services[0], profile: 'generic' }] },
    play: () => keep([{}, {}, {}]),
  },
})
