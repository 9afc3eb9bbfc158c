import { expect, test } from 'vitest'
import { imbalance } from '../../../src/detectors/distribution/imbalance.ts'
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { balanced, byBoth, comes, held, heldByBoth, onceEach, SERVERS } from './stories.ts'

const tenToOne = (n: number): string => SERVERS[n % 11 === 0 ? 1 : 0]!

/** Agents that choose their server themselves. */
function chosen(pick: (agent: number) => string, agents = 40) {
  const s = scenario()
  for (let agent = 0; agent < agents; agent++) comes(s, agent, `${pick(agent)}:8000`)
  return s
}

test('a load balancer that gives one server nearly all', async () => {
  const analysis = await analysed(onceEach(tenToOne), { config: held() })
  expect(analysis.findings('imbalance').map(inShort)).toEqual([
    'warning imbalance 44.704 server | nobody at a server | load-balancer 10.10.3.1 |  | server 1, server 10, server 19, server 100, server 388',
  ])
  expect(analysis.incident('imbalance')).toMatchObject({
    summary:
      '44 agents came for the first time: dlp1 40, dlp2 4. Chance gives such a spread with a probability of less than one in a million.',
    requirements: ['S0-17'],
  })
})

test('a load balancer with two addresses of its own is one', async () => {
  const s = onceEach(tenToOne, 44, { addressOf: byBoth })
  const found = (await analysed(s, { config: heldByBoth() })).findings('imbalance')
  expect(found.map(({ details }) => details['shares'])).toEqual(['dlp1 40, dlp2 4'])
})

test('agents that should pick at random leave out a handler that serves', async () => {
  const config = held({ profile: 'mcafee-epo', persistence: 'random', vips: [] }, [{}, {}, {}])
  const s = chosen((n) => SERVERS[n % 2]!)
  s.connect('10.10.1.250', `${SERVERS[2]!}:8000`).agent.closes()
  const found = (await analysed(s, { config })).findings('imbalance')
  expect(found.map(({ details, actor }) => [details['shares'], actor.role])).toEqual([
    ['dlp1 20, dlp2 20, dlp3 0', 'unknown'],
  ])
  expect(found[0]!.requirements).toEqual(['S4-03', 'S4-14'])
})

test('one list of two equal servers, of which one has nearly all', async () => {
  const config = {
    ...held({ profile: 'symantec-sepm', persistence: 'failover', vips: [] }),
    locations: [{ name: 'Office', subnets: ['10.10.1.0/24'], servers: { dlp: [['dlp1', 'dlp2']] } }],
  }
  const found = (await analysed(chosen(tenToOne), { config })).findings('imbalance')
  expect(found.map((f) => [f.details['shares'], f.requirements])).toEqual([['dlp1 36, dlp2 4', ['S1-04']]])
})

keepsQuiet(imbalance, {
  'too few agents to tell': { config: held(), play: () => onceEach(tenToOne, 29) },
  'shares that differ by chance': {
    config: held(),
    play: () => onceEach((n) => SERVERS[n % 5 < 3 ? 0 : 1]!),
  },
  'servers of different priority, an ordered list, or stated weights': [
    {
      config: held({ persistence: 'failover' }, [{ priority: 1 }, { priority: 2 }]),
      play: () => onceEach(() => SERVERS[0]!),
    },
    { config: held({ persistence: 'ordered' }), play: () => onceEach(() => SERVERS[0]!) },
    { config: held({}, [{ weight: 10 }, { weight: 1 }]), play: () => onceEach(tenToOne) },
  ],
  'a server had failed: its agents are with the others': {
    config: held(),
    play() {
      const s = balanced((n) => SERVERS[n < 35 ? 0 : 1]!)
      s.host(SERVERS[1]!, { side: 'servers' }).health = 'refusing'
      for (let agent = 0; agent < 35; agent++) {
        s.connect('10.10.1.250', `${SERVERS[1]!}:8000`) //  refused
        comes(s, agent)
      }
      s.host(SERVERS[1]!).health = 'up'
      s.wait(seconds(61))
      for (let agent = 35; agent < 40; agent++) comes(s, agent)
      return s
    },
  },
  'agents that each have a server of their own: nobody balances them': {
    config: held(),
    play: () => chosen(tenToOne),
  },
  'many connections of few agents: agents count, not connections': {
    config: held(),
    play() {
      const s = balanced((_n, agent) => SERVERS[agent === '10.10.1.2' ? 1 : 0]!)
      for (let i = 0; i < 40; i++) comes(s, i % 10 === 0 ? 1 : 2)
      return s
    },
  },
})
