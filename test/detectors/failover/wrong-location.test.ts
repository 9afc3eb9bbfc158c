import { expect, test } from 'vitest'
import { wrongLocation } from '../../../src/detectors/failover/wrong-location.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { FAILOVER_STORIES } from './stories.ts'
import {
  begin,
  BRANCH,
  comes,
  fails,
  HEARTBEAT,
  OFFICE,
  passes,
  place,
  SEPM1,
  SEPM3,
  SERVICE,
} from './managers.ts'

const { config } = FAILOVER_STORIES['wrong-location']

test('an agent in the office uses the server of the branch', async () => {
  const analysis = await analysed(STORIES['wrong-location'].play(), { config })
  const found = analysis.findings('wrong-location')
  expect(found.map(inShort)).toEqual([
    'warning wrong-location 0.000 client | K1 10.10.1.101 at sepm3 | agent |  | client 37',
  ])
  expect(analysis.told).toEqual(['warning wrong-location'])
  expect(analysis.incident('wrong-location')).toMatchObject({
    title: 'Agents use sepm3 of location Branch, where they are not',
    summary:
      '1 agent used sepm3, a server of location Branch, which is not on the list of location Office (sepm1, then sepm2), where they are.',
    requirements: ['S1-03', 'S1-06', 'S1-07', 'S1-08'],
  })
})

keepsQuiet(wrongLocation, {
  'it has just come: for a few heartbeats it may go on with the list of the place that it comes from': [
    {
      config,
      play() {
        const s = begin()
        for (let i = 0; i < 5; i++) {
          comes(s, 1, SEPM3, BRANCH)
          s.wait(HEARTBEAT)
        }
        passes(s, 3, [1, SEPM3]) //                       in the office now
        passes(s, 3, [1, SEPM1])
        return s
      },
    },
    {
      config,
      play() {
        const s = begin()
        for (let day = 0; day < 3; day++) {
          passes(s, 1, [1, SEPM3]) //                     comes to the office, each day anew
          passes(s, 6, [1, SEPM1])
        }
        return s
      },
    },
  ],
  'its own location names the server, too, at whatever priority': {
    config: {
      services: [SERVICE],
      locations: [place('Office', OFFICE, ['sepm1'], ['sepm3']), place('Branch', BRANCH, ['sepm3'])],
    },
    play: STORIES['wrong-location'].play,
  },
  'a server of its own location had failed for it shortly before': {
    config,
    play() {
      const s = begin()
      passes(s, 1, [2, SEPM1])
      fails(s, 1, SEPM1)
      passes(s, 6, [1, SEPM3])
      return s
    },
  },
  'no location names the server: it is on no list at all': {
    config: { services: [SERVICE], locations: [place('Office', OFFICE, ['sepm1'], ['sepm2'])] },
    play: STORIES['wrong-location'].play,
    told: ['warning off-list-server'],
  },
  'its group has a list of its own, wherever it is': {
    config: { ...config, groups: [{ name: 'G', agents: ['K1'], servers: { sepm: [['sepm3']] } }] },
    play: STORIES['wrong-location'].play,
  },
})
