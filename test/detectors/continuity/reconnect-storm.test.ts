import { expect, test } from 'vitest'
import { reconnectStorm } from '../../../src/detectors/continuity/reconnect-storm.ts'
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { agentAt, attachAll, beat, DLP1, FLEET, restarts, steady } from './many.ts'
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

interface Rounds {
  readonly rounds?: number
  /** Minutes. */
  readonly stays?: number
  readonly leaves?: number
  /** It tries meanwhile, and the server refuses. */
  readonly isRefused?: boolean
}

/** An agent that connects, leaves, and comes again. */
function comesAgain({ rounds = 16, stays = 10, leaves = 10, isRefused = false }: Rounds = {}): Scenario {
  const s = scenario()
  const server = s.host(DLP1, { side: 'servers' })
  for (let i = 0; i < rounds; i++) {
    const { agent } = s.connect(agentAt(0), `${DLP1}:8000`)
    agent.sends('agent=B0 hello').receives('policies')
    s.wait(seconds(60 * stays))
    agent.sends('that was all').closes()
    s.wait(seconds(30 * leaves))
    if (isRefused) {
      server.health = 'refusing'
      s.connect(agentAt(0), `${DLP1}:8000`)
      server.health = 'up'
    }
    s.wait(seconds(30 * leaves))
  }
  return s
}
const ALONE = { services: [{ ...FLEET.services[0], vips: [] }] }

test('an agent that should keep one connection makes one after the other', async () => {
  const analysis = await analysed(comesAgain(), { config: ALONE })
  expect(analysis.findings('reconnect-storm').map(inShort)).toEqual([
    'warning reconnect-storm 14400.432 client | B0 10.10.1.101 at dlp1 | unknown |  | client 1, client 133',
  ])
  expect(analysis.incident('reconnect-storm')).toMatchObject({
    title: 'Agents of dlp connect again and again',
    details: { duty: 0.5, observedSeconds: 14400, connections: 13 },
    requirements: ['S0-02'],
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
  'a host that is off at times, or for which the server was down': [
    { config: ALONE, play: () => comesAgain({ leaves: 20 }) },
    { config: ALONE, play: () => comesAgain({ isRefused: true }) },
  ],
  'an agent that has a connection for most of the time, or that was followed for too short a time': [
    { config: ALONE, play: () => comesAgain({ stays: 20, leaves: 1 }) },
    { config: ALONE, play: () => comesAgain({ rounds: 12 }) },
    { config: ALONE, play: () => comesAgain({ rounds: 4, stays: 75, leaves: 14 }) },
  ],
})
