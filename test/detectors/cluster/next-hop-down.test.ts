import { expect, test } from 'vitest'
import { nextHopDown } from '../../../src/detectors/cluster/next-hop-down.ts'
import { seconds } from '../../../src/model/time.ts'
import { nat, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { asksDatabase, cannotAsk, clientSide, DATABASE, handlers, mail, MTA, passesOn } from './scenes.ts'

const tries =
  (...healths: readonly Parameters<typeof passesOn>[1][]) =>
  (): Scenario => {
    const s = scenario()
    for (const health of healths) passesOn(s, health)
    return s
  }

test('nobody answers', async () => {
  const { config, play } = STORIES['next-hop-down']
  const found = (await analysed(play(), { config })).findings('next-hop-down')
  expect(found.map(inShort)).toEqual([
    'warning next-hop-down 0.000 client | nobody at sems1 | unknown 10.10.5.25 | silent | client 1',
  ])
  expect(found[0]!.details).toMatchObject({ nextHop: '10.10.5.25:25', from: 'sems1', answer: 'unanswered' })
})

test('it refuses, and again after it had been well', async () => {
  const story = tries('refusing', 'refusing', 'refusing', 'up', 'refusing', 'refusing')()
  const found = (await analysed(story, { config: mail() })).findings('next-hop-down')
  expect(found.map(({ manner, details }) => [manner, details['answer']])).toEqual([
    ['rst', 'refused'],
    ['rst', 'refused'],
  ])
})

test('it answers that it cannot', async () => {
  const s = scenario()
  for (let i = 0; i < 2; i++) {
    s.connect(clientSide(2), `${MTA}:25`).agent.receives('421 too many connections\r\n').closes()
    s.wait(seconds(2))
  }
  const found = (await analysed(s, { config: mail() })).findings('next-hop-down')
  expect(found.map(({ details }) => [details['from'], details['answer']])).toEqual([
    ['sems2', 'answered 421 too many connections'],
  ])
})

test('two taps see one failure', async () => {
  const s = scenario().behind(nat({ map: {} }))
  for (let i = 0; i < 2; i++) passesOn(s, 'refusing')
  expect((await analysed(s, { config: mail() })).findings('next-hop-down')).toHaveLength(1)
})

test('a handler’s database is further away than its vendor allows', async () => {
  const analysis = await analysed(asksDatabase([14, 15, 16, 14, 200]), { config: handlers() })
  expect(analysis.findings('next-hop-down').map(inShort)).toEqual([
    'warning next-hop-down 0.000 client | nobody at ah1 | unknown 10.10.6.33 |  | client 1, client 10, client 19, client 28, client 37',
  ])
  expect(analysis.incident('next-hop-down')).toMatchObject({
    title: '10.10.6.33:1433 is too far from its handlers',
    details: { from: 'ah1', connections: 5 },
    requirements: ['S4-02'],
  })
})

test.each([
  ['database', DATABASE, 1433],
  ['core server', '10.10.4.20', 8444],
])('a handler does not reach its %s', async (_what, to, port) => {
  const s = scenario()
  cannotAsk(s, to, port)
  cannotAsk(s, to, port)
  const analysis = await analysed(s, { config: handlers() })
  expect(analysis.incident('next-hop-down')).toMatchObject({
    title: `The next hop ${to}:${port} cannot be reached`,
    requirements: ['S4-02'],
  })
})

keepsQuiet(nextHopDown, {
  'a single refusal, or a SYN that was lost, after which it goes on': [
    { config: mail(), play: tries('up', 'refusing', 'up', 'refusing') },
    {
      config: mail(),
      play() {
        const s = scenario()
        s.tap('client').loses()
        s.connect(clientSide(1), `${MTA}:25`)
        s.wait(seconds(1))
        return s
      },
    },
  ],
  'a next hop that greets': { config: mail(), play: tries('up', 'up', 'up') },
  'any other mail server: it is not in the configuration': {
    config: mail(),
    play() {
      const s = scenario()
      for (let i = 0; i < 3; i++) passesOn(s, 'refusing', '10.10.5.99')
      return s
    },
  },
  'a database that answers slowly now and then': [
    { config: handlers(), play: () => asksDatabase([4, 4, 4, 200, 300, 4, 4]) },
    { config: handlers(), play: () => asksDatabase([14, 15, 16, 14]) }, // too few to tell
  ],
  'whoever else turns to a database': {
    config: handlers(),
    play: () => asksDatabase([14, 15, 16, 14, 15, 16], '10.10.1.7'),
  },
})
