import { expect, test } from 'vitest'
import { wrongPriority } from '../../../src/detectors/failover/wrong-priority.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import {
  begin,
  BRANCH,
  comes,
  HEARTBEAT,
  OFFICE,
  passes,
  place,
  SEPM,
  SEPM1,
  SEPM2,
  SERVICE,
} from './managers.ts'

const lowest = { ...SERVICE, servers: SERVICE.servers.map((s, i) => ({ ...s, priority: i + 1 })) }

test('an agent uses the second server all the time', async () => {
  const analysis = await analysed(STORIES['wrong-priority'].play(), { config: SEPM })
  expect(analysis.findings('wrong-priority').map(inShort)).toEqual([
    'warning wrong-priority 0.532 client | K2 10.10.1.102 at sepm2 | agent |  | client 10, client 55, client 64',
  ])
  expect(analysis.incident('wrong-priority')).toMatchObject({
    title: 'Agents use sepm2 although sepm1 comes first',
    summary:
      '1 agent used sepm2 although sepm1 was well; by the list of location Office the order is sepm1, then sepm2.',
    requirements: ['S1-05', 'S1-14', 'S1-15'],
  })
})

test('priorities of the servers themselves are an order, too', async () => {
  const analysis = await analysed(STORIES['wrong-priority'].play(), { config: { services: [lowest] } })
  expect(analysis.told).toEqual(['warning wrong-priority'])
  expect(analysis.incident('wrong-priority').details).toEqual({
    preferredServer: 'sepm1',
    order: 'sepm1, then sepm2, then sepm3',
    list: 'the priorities of sepm',
  })
})

keepsQuiet(wrongPriority, {
  'it came there because a server failed for it: that it stays is a failback missed': {
    config: SEPM,
    play: STORIES['no-failback'].play,
    told: [
      'info server-outage',
      'info server-outage',
      'info failover',
      'info failover',
      'info failback',
      'warning no-failback',
    ],
  },
  'it was seen to leave the better server for no reason: that is a hop, and told as one': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 1, [1, SEPM1], [2, SEPM1])
      passes(s, 5, [2, SEPM1], [1, SEPM2], [3, SEPM1])
      return s
    },
    told: ['warning server-hop'],
  },
  'it may still return: not for as long as its failback delay has the better server been seen to be well': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 3, [2, SEPM2])
      passes(s, 2, [1, SEPM1], [2, SEPM2])
      return s
    },
  },
  'servers of one priority': {
    config: { services: [SERVICE], locations: [place('Office', OFFICE, ['sepm1', 'sepm2'])] },
    play: STORIES['wrong-priority'].play,
  },
  'another list holds where it is': {
    config: SEPM,
    play() {
      const s = begin()
      for (let i = 0; i < 5; i++) {
        comes(s, 1, SEPM1)
        comes(s, 2, SEPM2, BRANCH)
        s.wait(HEARTBEAT)
      }
      return s
    },
  },
  'nobody shows that the better server is well': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 5, [1, SEPM2], [2, SEPM2])
      return s
    },
  },
})
