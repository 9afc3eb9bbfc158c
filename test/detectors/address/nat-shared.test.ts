import { expect, test } from 'vitest'
import { natShared } from '../../../src/detectors/address/nat-shared.ts'
import { seconds } from '../../../src/model/time.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { byTurns, NAMELESS, POLLS } from './stories.ts'
import { events, exported, records, shares } from './translated.ts'

const STATED = {
  nat: [{ inside: '10.10.1.0/24', outside: ['203.0.113.5'], mapping: 'shared' }],
}

test('agents of one outer address', async () => {
  const { config, play } = STORIES['nat-shared']
  const analysis = await analysed(play(), { config, taps: ['server'] })
  expect(analysis.findings('nat-shared').map(inShort)).toEqual([
    'info nat-shared 0.004 server | nobody at 10.10.3.31:80 | nat 203.0.113.5 |  | server 40, server 49',
  ])
  expect(analysis.findings('nat-shared')[0]!.evidence.map(({ note }) => note)).toEqual([
    'G1 at 203.0.113.5',
    'G2 at 203.0.113.5',
  ])
  expect(analysis.incident('nat-shared')).toMatchObject({
    title: 'Agents share the address 203.0.113.5',
    summary:
      '2 agents came from 203.0.113.5. What goes by source address (persistence, filters) takes them for one.',
    requirements: ['X-13'],
  })
})

test.each([
  ['at once, by records with the tuple behind it', records, 100],
  ['at once, by a log of translations', events, 100],
])('as the translator itself says: %s', async (_what, tell, apart) => {
  const analysis = await analysed(shares(tell, apart), { config: NAMELESS })
  expect(analysis.told).toEqual(['info nat-shared'])
  expect(analysis.findings('nat-shared')[0]).toMatchObject({
    actor: { role: 'nat', address: '203.0.113.5' },
    details: { address: '203.0.113.5', agents: 3 },
  })
  expect(analysis.findings('nat-shared')[0]!.evidence.map(({ note }) => note)).toEqual([
    '10.10.1.101 at 203.0.113.5 (record 1)',
    '10.10.1.102 at 203.0.113.5 (record 1)',
    '10.10.1.103 at 203.0.113.5 (record 1)',
  ])
})

test('as the translator itself says: one, another, the first again', async () => {
  const life = (from: number, agent: string) => ({
    from,
    to: from + 10,
    agent,
    port: 50_000 + from,
    outer: [['203.0.113.5', 41_000 + from]] as const,
  })
  const lives = [life(0, '10.10.1.101'), life(60, '10.10.1.102'), life(120, '10.10.1.101')]
  const analysis = await analysed(exported(lives.flatMap(records)), { config: NAMELESS })
  expect(analysis.told).toEqual(['info nat-shared'])
})

keepsQuiet(natShared, {
  'one address after another’s lease: agents that do not come in turn': [
    { config: POLLS, play: () => byTurns(['G1', 'G2'], 1) },
    { config: NAMELESS, play: () => shares(records, 400) },
    { config: NAMELESS, play: () => shares(events, 400) },
  ],
  'a load balancer or proxy: its address is its own': {
    config: { ...POLLS, devices: [{ role: 'reverse-proxy', addresses: ['203.0.113.5'] }] },
    taps: ['server'],
    play: () => byTurns(['G1', 'G2']),
  },
  'a mapping that the configuration states as shared': [
    { config: { ...POLLS, ...STATED }, play: () => byTurns(['G1', 'G2']) },
    { config: { ...NAMELESS, ...STATED }, play: () => shares(records, 100) },
  ],
  'one agent with one name': { config: POLLS, play: () => byTurns(['G1'], 4, seconds(30)) },
})
