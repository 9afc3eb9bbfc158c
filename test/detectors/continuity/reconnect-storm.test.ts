import { expect, test } from 'vitest'
import { reconnectStorm } from '../../../src/detectors/continuity/reconnect-storm.ts'
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { attachAll, beat, FLEET, restarts, steady } from './many.ts'
import { CONTINUITY_STORIES } from './stories.ts'

test('all come back within two seconds', async () => {
  const { config, play } = CONTINUITY_STORIES['reconnect-storm']
  const analysis = await analysed(play(), { config })
  expect(analysis.told).toEqual(['critical mass-disconnect', 'warning reconnect-storm'])
  const found = analysis.findings('reconnect-storm')
  expect(found.map(inShort)).toEqual([
    'warning reconnect-storm 97.896 client | nobody at a server | agent |  | client 217, client 265, client 331',
  ])
  expect(found[0]!.details).toEqual({ agents: 12, lost: 12, seconds: 1.32, afterSeconds: 5.14 })
  const { title, summary, requirements } = analysis.incident('reconnect-storm')
  expect({ title, summary, requirements }).toEqual({
    title: '12 agents of dlp reconnected within 1.3 s',
    summary:
      '12 connections had been ended at once; 12 came back within 1.3 s, beginning 5.1 s later. All of them sign in, and may fetch their policies, at the same time.',
    requirements: ['S0-02', 'S0-06'],
  })
})

const config = FLEET
const DISCONNECT = 'critical mass-disconnect'

keepsQuiet(reconnectStorm, {
  'agents that start one after the other, and had lost nothing': {
    config,
    play() {
      const s = scenario()
      beat(s, attachAll(s, 20, 0.3), 8)
      return s
    },
  },
  'agents that take their time to come back': {
    config,
    told: [DISCONNECT],
    play() {
      const { s, all } = steady()
      restarts(all)
      beat(s, attachAll(s, 12, 5), 4)
      return s
    },
  },
  'a few agents, or a small share of those that were cut off': {
    config,
    told: [DISCONNECT],
    play() {
      const { s, all } = steady(20)
      restarts(all)
      s.wait(seconds(2))
      beat(s, attachAll(s, 9, 0.1), 8)
      return s
    },
  },
  'the regular connections of agents that poll': {
    config,
    play() {
      const s = scenario()
      for (let i = 0; i < 4; i++) {
        for (const { agent } of attachAll(s, 12, 0.1)) agent.closes()
        s.wait(seconds(60))
      }
      return s
    },
  },
})
