import { expect, test } from 'vitest'
import { wakeupCall } from '../../../src/detectors/cadence/wakeup-call.ts'
import { seconds } from '../../../src/model/time.ts'
import { nat, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, A2, AH1, begin, calls, comes, fleet, G1 } from './fleet.ts'
import { CADENCE_STORIES } from './stories.ts'

test('a server calls, the agent comes', async () => {
  const { config, play } = CADENCE_STORIES['wakeup-call']
  const analysis = await analysed(play(), { config })
  expect(analysis.told).toEqual(['info wakeup-call'])
  const found = analysis.findings('wakeup-call')
  expect(found.map(inShort)).toEqual([
    'info wakeup-call 100.036 client | G1 10.10.1.101 at ah1 | server 10.10.3.11 |  | client 10, client 19',
  ])
  expect(found[0]!.details).toEqual({
    port: 8081,
    answer: 'taken',
    withinSeconds: 60,
    followed: true,
    afterSeconds: 2.03,
  })
  const { title, summary, filter } = analysis.incident('wakeup-call')
  expect({ title, summary, filter }).toEqual({
    title: '1 wake-up call to agents of epo',
    summary: 'A server called an agent; that was followed by a check-in in time.',
    filter:
      '(ip.addr == 10.10.3.11 && tcp.port == 49152 && ip.addr == 10.10.1.101 && tcp.port == 8081) || ' +
      '(ip.addr == 10.10.1.101 && tcp.port == 49153 && ip.addr == 10.10.3.11 && tcp.port == 80)',
  })
})

test('without a configuration: from a server of ePO that agents came to', async () => {
  const analysis = await analysed(CADENCE_STORIES['wakeup-call'].play())
  expect(analysis.findings('wakeup-call').map(({ agent, server }) => [agent!.id, server!.name])).toEqual([
    ['G1', '10.10.3.11:80'],
  ])
})

test.each<[string, object | undefined]>([
  ['with a configuration', fleet()],
  ['without one', undefined],
])('who calls is no agent, and where the agent waits for it is no service: %s', async (_how, config) => {
  const analysis = await analysed(CADENCE_STORIES['wakeup-call'].play(), { config })
  expect(analysis.of('agent')).toMatchObject([{ id: 'G1' }])
  expect(analysis.of('server')).toMatchObject([{ port: 80 }])
  expect(new Set(analysis.of('connection').map(({ service }) => service)).size).toBe(1)
})

const story = (play: (s: Scenario) => void) => ({
  config: fleet(),
  play() {
    const s = begin()
    comes(s, G1)
    s.wait(seconds(100))
    play(s)
    s.wait(seconds(100))
    return s
  },
})

keepsQuiet(wakeupCall, {
  'somebody who is no server asks at that port': story((s) => calls(s, A2)),
  'a server connects to another port of the agent': story((s) => calls(s, AH1, A1, 8443)),
  'the same call at a second tap': {
    config: fleet(),
    play() {
      const s = scenario().behind(nat({ map: {} }))
      s.host(AH1, { side: 'servers' })
      s.host(A1, { side: 'agents' })
      comes(s, G1)
      calls(s)
      comes(s, G1)
      return s
    },
    told: ['info wakeup-call'],
  },
})
