import { expect, test } from 'vitest'
import { checkinRetriesExhausted } from '../../../src/detectors/cadence/checkin-retries-exhausted.ts'
import { seconds } from '../../../src/model/time.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, A2, AH1, AH2, begin, comes, fleet, G1, G2, group, INTERVAL, passes, tries } from './fleet.ts'
import { CADENCE_STORIES } from './stories.ts'

test('eighteen tries at each handler', async () => {
  const { config, play } = CADENCE_STORIES['checkin-retries-exhausted']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('checkin-retries-exhausted')
  expect(found.map(inShort)).toEqual([
    'critical checkin-retries-exhausted 635.312 client | G1 10.10.1.101 at ah2 | unknown |  | client 80',
  ])
  expect(found[0]!.details).toEqual({
    attempts: 36,
    servers: ['ah1', 'ah2'],
    seconds: 35.28,
    failure: 'refused',
  })
  const { title, summary, requirements } = analysis.incident('checkin-retries-exhausted')
  expect({ title, summary, requirements }).toEqual({
    title: '1 agent of epo reached no server',
    summary:
      '1 agent tried ah1 and ah2 up to 36 times within 35.3 s, and reached none. Until the next regular check-in they have no contact.',
    requirements: ['S4-10', 'S4-20'],
  })
})

/** The handlers refuse; what is tried, and whether somebody else is served meanwhile. */
const story = (play: (s: Scenario) => void, config: unknown = fleet()) => ({
  config,
  play() {
    const s = begin()
    comes(s, G1)
    comes(s, G2, A2, AH2)
    s.wait(INTERVAL)
    for (const handler of [AH1, AH2]) s.host(handler).health = 'refusing'
    play(s)
    return s
  },
})

test('fewer tries, but for three intervals', async () => {
  const { config, play } = story((s) => {
    for (let i = 0; i < 5; i++) {
      for (const handler of [AH1, AH2]) tries(s, 1, A1, handler)
      s.wait(INTERVAL)
    }
  })
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('checkin-retries-exhausted').map(({ details }) => details['attempts'])).toEqual([
    7,
  ])
})

keepsQuiet(checkinRetriesExhausted, {
  'it reached a server in between': {
    told: ['info failover'],
    ...story((s) => {
      tries(s, 17, A1, AH1)
      tries(s, 10, A1, AH2)
      s.host(AH2).health = 'up'
      comes(s, G1, A1, AH2)
      s.wait(seconds(5))
      s.host(AH2).health = 'refusing'
      tries(s, 10, A1, AH2)
      tries(s, 17, A1, AH1)
    }),
  },
  'a server that it did not try was well: that is a missing failover': {
    ...story((s) => {
      s.host(AH2).health = 'up'
      for (let i = 0; i < 4; i++) {
        tries(s, 3, A1, AH1)
        passes(s, 1, { checkIn: [] })
        comes(s, G2, A2, AH2)
      }
    }),
    told: ['critical no-failover'],
  },
  'it has not tried for long enough, nor often enough': story((s) => {
    tries(s, 17, A1, AH1)
    tries(s, 17, A1, AH2)
  }),
  'it has not tried all servers of its list yet': story(
    (s) => tries(s, 30, A1, AH1),
    fleet('10m', [group([G1, G2], ['ah1'], ['ah2'])]),
  ),
})
