import { expect, test } from 'vitest'
import { noFailback } from '../../../src/detectors/failover/no-failback.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { begin, FAILED_OVER, failedOver, fails, passes, SEPM, sepm, SEPM1, SEPM2 } from './managers.ts'

test('one agent stays where it fled to', async () => {
  const analysis = await analysed(STORIES['no-failback'].play(), { config: SEPM })
  const found = analysis.findings('no-failback')
  expect(found.map(inShort)).toEqual([
    'warning no-failback 177.932 client | K2 10.10.1.102 at sepm2 | agent |  | client 50, client 113, client 122',
  ])
  expect(found[0]!.details).toEqual({
    preferredServer: 'sepm1',
    list: 'the list of location Office',
    order: 'sepm1, then sepm2',
    since: '2026-11-21T02:00:59.676100Z',
    preferredHealthySince: '2026-11-21T02:01:30.216100Z',
    seconds: 87.716,
  })
  expect(analysis.incident('no-failback')).toMatchObject({
    title: 'Agents of sepm do not return to sepm1',
    summary:
      '1 agent stayed at sepm2 after a failover, although sepm1 serves others again. The order is sepm1, then sepm2.',
    requirements: ['S1-02'],
  })
})

test('it is told once, however long it stays', async () => {
  const s = failedOver()
  passes(s, 10, [1, SEPM1], [2, SEPM2])
  expect((await analysed(s, { config: SEPM })).findings('no-failback')).toHaveLength(1)
})

keepsQuiet(noFailback, {
  'the agent returned in time': {
    config: SEPM,
    play() {
      const s = failedOver()
      passes(s, 2, [1, SEPM1], [2, SEPM2])
      passes(s, 3, [1, SEPM1], [2, SEPM1])
      return s
    },
    told: [...FAILED_OVER, 'info failback', 'info failback'],
  },
  'the server that it prefers has failed again meanwhile, for whomever': {
    config: SEPM,
    play() {
      const s = failedOver()
      for (let i = 0; i < 5; i++) {
        passes(s, 1, [1, SEPM1], [2, SEPM2])
        fails(s, 10 + i, SEPM1)
      }
      return s
    },
    told: [...FAILED_OVER, 'info failback'],
  },
  'nobody shows that the server that it prefers is well': {
    config: SEPM,
    play() {
      const s = failedOver()
      passes(s, 6, [1, SEPM2], [2, SEPM2])
      return s
    },
    told: FAILED_OVER,
  },
  'agents of this service need not return by themselves': {
    config: sepm({ failback: { expected: false } }),
    play: STORIES['no-failback'].play,
    told: [...FAILED_OVER, 'info failback'],
  },
  'it was there from the beginning: how it came there is not known': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 6, [1, SEPM1], [2, SEPM2])
      return s
    },
    told: ['warning wrong-priority'],
  },
})
