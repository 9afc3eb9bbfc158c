import { expect, test } from 'vitest'
import { severedActive } from '../../../src/detectors/continuity/severed-active.ts'
import { seconds } from '../../../src/model/time.ts'
import { firewall, nat, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import type { Party } from '../../scenario/party.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { agentAt, DLP1, FLEET } from './many.ts'
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
  'a service of which nothing is known': { ...story((s) => s.wait(seconds(5)), 4), config: undefined },
})
