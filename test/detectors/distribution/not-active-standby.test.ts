import { expect, test } from 'vitest'
import { notActiveStandby } from '../../../src/detectors/distribution/not-active-standby.ts'
import { seconds } from '../../../src/model/time.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { balanced, comes, held, inTurn, onceEach, SERVERS } from './stories.ts'

const ordered = (more: object = {}): object =>
  held({ persistence: 'ordered', ...more }, [{ priority: 1 }, { priority: 2 }])

test('both servers are given agents, although the first one is well', async () => {
  const analysis = await analysed(onceEach(inTurn(2)), { config: ordered() })
  expect(analysis.findings('not-active-standby').map(inShort)).toEqual([
    'warning not-active-standby 1.051 server | nobody at a server | load-balancer 10.10.3.1 |  | server 10, server 28, server 46, server 64, server 82, server 100, server 118, server 136',
  ])
  expect(analysis.incident('not-active-standby')).toMatchObject({
    summary:
      '21 of 43 new connections went to another server than dlp1, which was well (by chance, if 1 % may: less than one in a million).',
    requirements: ['X-12'],
  })
})

test('without priorities the most used one is first, and that others are used is worth knowing', async () => {
  const config = held({ profile: 'symantec-sems', persistence: undefined })
  const play = onceEach((n) => SERVERS[n % 4 === 1 ? 1 : 0]!)
  const found = (await analysed(play, { config })).findings('not-active-standby')
  expect(found.map((f) => [f.severity, f.details['top'], f.details['others']])).toEqual([
    ['info', 'dlp1', 11],
  ])
})

keepsQuiet(notActiveStandby, {
  'the first server had failed, or is just back': {
    config: ordered(),
    play() {
      const s = balanced((n) => SERVERS[n >= 20 && n < 30 ? 1 : 0]!)
      for (let agent = 0; agent < 20; agent++) comes(s, agent)
      s.host(SERVERS[0]!).health = 'refusing'
      s.connect('10.10.1.250', `${SERVERS[0]!}:8000`)
      for (let agent = 20; agent < 25; agent++) comes(s, agent)
      s.host(SERVERS[0]!).health = 'up' //  the load balancer checks it several times before it is used again
      for (let agent = 25; agent < 50; agent++) comes(s, agent)
      return s
    },
  },
  'agents that stay at the server which they were moved to: first contacts count': {
    config: ordered(),
    play() {
      let second = true
      const s = balanced((_n, agent) => SERVERS[Number(agent.split('.')[3]) <= 5 || second ? 1 : 0]!)
      for (let agent = 0; agent < 5; agent++) comes(s, agent)
      s.wait(seconds(120))
      second = false
      for (let agent = 5; agent < 45; agent++) {
        comes(s, agent)
        comes(s, agent % 5)
      }
      return s
    },
  },
  'a connection or two: an operator at work': {
    config: ordered(),
    play: () => onceEach((n) => SERVERS[n === 20 ? 1 : 0]!),
  },
  'too few connections to tell': { config: ordered(), play: () => onceEach(inTurn(2), 29) },
  'policy is not an ordered list': {
    config: held({}, [{ priority: 1 }, { priority: 2 }]),
    play: () => onceEach(inTurn(2)),
  },
})
