import { expect, test } from 'vitest'
import { wakeupFailed } from '../../../src/detectors/cadence/wakeup-failed.ts'
import { seconds } from '../../../src/model/time.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, AH1, AH2, begin, calls, comes, fleet, G1 } from './fleet.ts'
import { CADENCE_STORIES } from './stories.ts'

const CALL = 'info wakeup-call'

test('the agent agrees, and stays away', async () => {
  const { config, play } = CADENCE_STORIES['wakeup-failed']
  const analysis = await analysed(play(), { config })
  expect(analysis.told).toEqual([CALL, 'warning wakeup-failed'])
  const found = analysis.findings('wakeup-failed')
  expect(found.map(inShort)).toEqual([
    'warning wakeup-failed 100.036 client | G1 10.10.1.101 at ah1 | agent 10.10.1.101 |  | client 10',
  ])
  expect(found[0]!.details).toEqual({
    port: 8081,
    answer: 'taken',
    withinSeconds: 60,
    followed: false,
    afterSeconds: null,
    translated: false,
  })
  const { title, summary, requirements } = analysis.incident('wakeup-failed')
  expect({ title, summary, requirements }).toEqual({
    title: '1 wake-up call of epo had no effect',
    summary: 'Of the agents that were called, 1 agreed and did not check in within 60 s.',
    requirements: ['S4-13'],
  })
})

/** The agent was there `before` the call; its host is then in such a state. */
function called(health: 'refusing' | 'silent', before: number): Scenario {
  const s = begin()
  comes(s, G1)
  s.wait(seconds(before))
  s.host(A1).health = health
  s.connect(AH1, `${A1}:8081`)
  s.wait(seconds(200))
  s.host(A1).health = 'up'
  comes(s, G1)
  return s
}

test('the call is refused, or met by silence although the agent is there', async () => {
  for (const [health, answer] of [
    ['refusing', 'refused'],
    ['silent', 'unanswered'],
  ] as const) {
    const analysis = await analysed(called(health, 100), { config: fleet() })
    expect(analysis.findings('wakeup-failed').map(({ details }) => details['answer'])).toEqual([answer])
  }
})

test('a call that is taken at the second try was taken', async () => {
  const s = begin()
  comes(s, G1)
  s.wait(seconds(100))
  s.tap('client').loses()
  s.connect(AH1, `${A1}:8081`)
  s.wait(seconds(200))
  comes(s, G1)
  const analysis = await analysed(s, { config: fleet() })
  expect(analysis.findings('wakeup-failed').map(({ details }) => details['answer'])).toEqual(['taken'])
})

const story = (play: (s: Scenario) => void) => ({
  config: fleet(),
  told: [CALL],
  play() {
    const s = begin()
    comes(s, G1)
    s.wait(seconds(100))
    play(s)
    return s
  },
})

keepsQuiet(wakeupFailed, {
  'the agent came in time, at whichever server': story((s) => {
    calls(s)
    s.wait(seconds(40))
    comes(s, G1, A1, AH2)
    s.wait(seconds(100))
  }),
  'the capture ended before the time was over': story((s) => {
    calls(s)
    s.wait(seconds(30))
    comes(s, 'G2', '10.10.1.102')
  }),
  'the capture shows calls, and nobody’s check-ins: they go another way, or were filtered': {
    config: fleet(),
    told: [CALL],
    play() {
      const s = begin()
      s.tap('client').overlooks(({ destination }) => destination.port === 80)
      comes(s, G1)
      s.wait(seconds(100))
      calls(s)
      s.wait(seconds(200))
      comes(s, G1)
      return s
    },
  },
  'nobody answered, and the agent had not been seen for long: its host is off': {
    config: fleet(),
    told: [CALL],
    play: () => called('silent', 3000),
  },
})
