import { expect, test } from 'vitest'
import { assignmentNotApplied } from '../../../src/detectors/cadence/assignment-not-applied.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, A2, AH1, AH2, begin, comes, fleet, G1, G2, group, INTERVAL, tries } from './fleet.ts'
import { CADENCE_STORIES } from './stories.ts'

const OFF_LIST = 'warning off-list-server'

test('one has gone over, the other not', async () => {
  const { config, play } = CADENCE_STORIES['assignment-not-applied']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('assignment-not-applied')
  expect(found.map(inShort)).toEqual([
    'warning assignment-not-applied 1800.224 client | G2 10.10.1.102 at ah1 | agent |  | client 19, client 64',
  ])
  expect(found[0]!.details).toEqual({
    contacted: 'ah1',
    list: 'the list of group A',
    order: 'ah2',
    contacts: 4,
    seconds: 1200,
  })
  const { title, summary, requirements } = analysis.incident('assignment-not-applied')
  expect({ title, summary, requirements }).toEqual({
    title: '1 agent of epo did not take up a new assignment',
    summary:
      'Others with the list of group A (ah2) have gone over from ah1; 1 agent still went there 20 min later.',
    requirements: ['S4-12'],
  })
})

const assigned = fleet('10m', [group([G1, G2], ['ah2'])])

/** Both begin at ah1; ah2 is the one that they are to use. */
const story = (play: (s: Scenario) => void, told: readonly string[], config: unknown = assigned) => ({
  config,
  told,
  play() {
    const s = begin()
    comes(s, G1)
    comes(s, G2, A2)
    s.wait(INTERVAL)
    play(s)
    return s
  },
})

function stays(s: Scenario, times: number, first = AH1): void {
  for (let i = 0; i < times; i++) {
    comes(s, G1, A1, first)
    comes(s, G2, A2)
    s.wait(INTERVAL)
  }
}

keepsQuiet(assignmentNotApplied, {
  'nobody has gone over yet: nothing shows that the list is a new one': story(
    (s) => stays(s, 5),
    [OFF_LIST, OFF_LIST],
  ),
  'the next check-in alone, which brings the new list': story(
    (s) => {
      stays(s, 1, AH2)
      for (let i = 0; i < 4; i++) {
        comes(s, G1, A1, AH2)
        comes(s, G2, A2, AH2)
        s.wait(INTERVAL)
      }
    },
    [OFF_LIST, OFF_LIST],
  ),
  'its own servers had failed for it': story(
    (s) => {
      comes(s, G1, A1, AH2)
      s.wait(INTERVAL)
      for (let i = 0; i < 4; i++) {
        s.host(AH2).health = 'refusing'
        tries(s, 2, A2, AH2)
        s.host(AH2).health = 'up'
        comes(s, G2, A2)
        comes(s, G1, A1, AH2)
        s.wait(INTERVAL)
      }
    },
    [OFF_LIST, OFF_LIST],
  ),
  'those who went over fled from a server that failed': story(
    (s) => {
      s.host(AH1).health = 'refusing'
      tries(s, 3, A1, AH1)
      s.host(AH1).health = 'up'
      stays(s, 5, AH2)
    },
    [OFF_LIST, OFF_LIST, 'info failover'],
  ),
  'an agent with another list': story(
    (s) => stays(s, 5, AH2),
    [OFF_LIST],
    fleet('10m', [group([G1], ['ah2']), { ...group([G2], ['ah1']), name: 'B' }]),
  ),
})
