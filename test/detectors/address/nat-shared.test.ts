import { expect, test } from 'vitest'
import { natShared } from '../../../src/detectors/address/nat-shared.ts'
import { seconds } from '../../../src/model/time.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { byTurns, POLLS } from './stories.ts'

test('agents of one outer address', async () => {
  const { config, play } = STORIES['nat-shared']
  const analysis = await analysed(play(), { config, taps: ['server'] })
  expect(analysis.findings('nat-shared').map(inShort)).toEqual([
    'info nat-shared 0.004 server | nobody at 10.10.3.31:80 | nat 203.0.113.5 |  | server 1',
  ])
  expect(analysis.incident('nat-shared')).toMatchObject({
    title: 'Agents share the address 203.0.113.5',
    summary:
      '2 agents came from 203.0.113.5. What goes by source address (persistence, filters) takes them for one.',
    requirements: ['X-13'],
  })
})

keepsQuiet(natShared, {
  'one address after another’s lease: agents that do not come in turn': {
    config: POLLS,
    play: () => byTurns(['G1', 'G2'], 1),
  },
  'a load balancer or proxy: its address is its own': {
    config: { ...POLLS, devices: [{ role: 'reverse-proxy', addresses: ['203.0.113.5'] }] },
    taps: ['server'],
    play: () => byTurns(['G1', 'G2']),
  },
  'a mapping that the configuration states as shared': {
    config: {
      ...POLLS,
      nat: [{ inside: '10.10.1.0/24', outside: ['203.0.113.5'], mapping: 'shared' }],
    },
    play: () => byTurns(['G1', 'G2']),
  },
  'one agent with one name': { config: POLLS, play: () => byTurns(['G1'], 4, seconds(30)) },
})
