import { expect, test } from 'vitest'
import { noFailover } from '../../../src/detectors/failover/no-failover.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { begin, comes, fails, HEARTBEAT, SEPM, sepm, SEPM1, SEPM2 } from './managers.ts'

/** K1 tries so often, half a minute apart; `meanwhile` happens after each time. */
function insists(
  times: number,
  meanwhile: (s: ReturnType<typeof begin>) => void = (s) => comes(s, 2, SEPM2),
) {
  const s = begin()
  comes(s, 1, SEPM1)
  for (let i = 0; i < times; i++) {
    s.wait(HEARTBEAT)
    fails(s, 1, SEPM1)
    meanwhile(s)
  }
  return s
}

test('an agent insists on a server that refuses it, while another one serves', async () => {
  const analysis = await analysed(STORIES['no-failover'].play(), { config: SEPM })
  const found = analysis.findings('no-failover')
  expect(found.map(inShort)).toEqual([
    'critical no-failover 30.532 client | K1 10.10.1.101 at sepm1 | agent 10.10.1.101 |  | client 43, client 34',
  ])
  expect(found[0]!.details).toEqual({
    attempts: 4,
    tried: ['sepm1'],
    seconds: 93.12,
    since: '2026-11-21T02:00:30.532100Z',
    failure: 'refused by sepm1',
    alternative: 'sepm2',
  })
  expect(analysis.incident('no-failover')).toMatchObject({
    title: 'Agents of sepm did not fail over from sepm1',
    requirements: ['S1-01'],
  })
})

const told = async (config: unknown, times: number) =>
  (await analysed(insists(times), { config })).findings('no-failover').length

test('a service of one name has servers to fail over to, if the configuration states them', async () => {
  const clients = {
    profile: 'symantec-sems',
    checkIn: undefined,
    heartbeat: undefined,
    persistence: 'sticky',
  }
  expect(await told({ services: (sepm(clients) as typeof SEPM).services }, 12)).toBe(1)
})

keepsQuiet(noFailover, {
  'it tried the others, too: they failed for it as well': {
    config: SEPM,
    play: () =>
      insists(6, (s) => {
        fails(s, 1, SEPM2)
        comes(s, 2, SEPM2)
      }),
    told: ['critical checkin-retries-exhausted'],
  },
  'no other server is known to have been well meanwhile': { config: SEPM, play: () => insists(6, () => {}) },
  'the product tries its own server for a while before it takes the next one': [
    { config: SEPM, play: () => insists(3) },
    { config: sepm({ profile: 'symantec-dlp' }), play: () => insists(12) },
  ],
  'it reached a server in between': {
    config: SEPM,
    play: () =>
      insists(6, (s) => {
        comes(s, 1, SEPM1)
        comes(s, 2, SEPM2)
      }),
  },
})
