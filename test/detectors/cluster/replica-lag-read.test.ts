import { expect, test } from 'vitest'
import { replicaLagRead } from '../../../src/detectors/cluster/replica-lag-read.ts'
import { seconds } from '../../../src/model/time.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { clicks, web } from './scenes.ts'

const SWITCHED = ['warning session-node-switch']

test.each([['server'], ['both']])('what one member served is not there on the next (%s)', async (taps) => {
  const { config, play } = STORIES['replica-lag-read']
  const analysis = await analysed(play(), { config, ...(taps === 'both' ? {} : { taps: [taps] }) })
  const [found, ...more] = analysis.findings('replica-lag-read')
  expect(more).toEqual([])
  expect(inShort(found!)).toMatch(/^warning replica-lag-read 2\.0\d+ server \| .* at sems2 \| load-balancer/)
  expect(found!.details).toMatchObject({
    request: '/message/7',
    status: 404,
    previousServer: 'sems1',
    replicationFails: false,
  })
})

test('cannot be seen before the load balancer', async () => {
  const { config, play } = STORIES['replica-lag-read']
  expect((await analysed(play(), { config, taps: ['client'] })).findings('replica-lag-read')).toEqual([])
})

keepsQuiet(replicaLagRead, {
  'a resource that was removed: the member that served it says so too': {
    config: web(),
    play: () =>
      clicks([
        [1, 'GET', '/message/7', 200],
        [1, 'GET', '/message/7', 404],
        [2, 'GET', '/message/7', 404],
      ]),
    told: SWITCHED,
  },
  'another client’s resource': {
    config: web(),
    play: () =>
      clicks([
        [1, 'GET', '/message/7', 200, 'a'],
        [2, 'GET', '/message/7', 404, 'b'],
      ]),
  },
  'one member that served it and then does not': {
    config: web(),
    play: () =>
      clicks([
        [1, 'GET', '/message/7', 200],
        [1, 'GET', '/message/7', 404],
      ]),
  },
  'long after: whatever it was may be gone': {
    config: web(),
    play: () =>
      clicks(
        [
          [1, 'GET', '/message/7', 200],
          [2, 'GET', '/message/7', 404],
        ],
        seconds(90),
      ),
    told: SWITCHED,
  },
})
