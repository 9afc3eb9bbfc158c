import { expect, test } from 'vitest'
import { weightMismatch } from '../../../src/detectors/distribution/weight-mismatch.ts'
import { seconds } from '../../../src/model/time.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { balanced, byBoth, comes, held, heldByBoth, inTurn, onceEach, SERVERS } from './stories.ts'

const weighted = (more: object = {}): object =>
  held({ persistence: 'weighted', ...more }, [{ weight: 10 }, { weight: 1 }])
const tenToOne = (n: number): string => SERVERS[n % 11 === 5 ? 1 : 0]!

test('ten to one is asked for, one to one is seen', async () => {
  const analysis = await analysed(onceEach(inTurn(2)), { config: weighted() })
  expect(analysis.findings('weight-mismatch').map(inShort)).toEqual([
    'warning weight-mismatch 44.704 server | nobody at a server | load-balancer 10.10.3.1 |  | server 1, server 10, server 19, server 28, server 388',
  ])
  expect(analysis.incident('weight-mismatch')).toMatchObject({
    summary:
      '44 agents came for the first time: dlp1 22, dlp2 22; the weights are dlp1 10, dlp2 1 (by chance: less than one in a million).',
    details: { expected: { dlp1: 40, dlp2: 4 }, chiSquare: 89.1 },
    requirements: ['X-12'],
  })
})

test('where agents are handed round, the weights were not set: it is round robin as well', async () => {
  const namedBy = async (pick: Parameters<typeof onceEach>[0]): Promise<readonly string[][]> => {
    const found = (await analysed(onceEach(pick), { config: weighted() })).findings('weight-mismatch')
    return found.map(({ requirements }) => [...requirements])
  }
  expect(await namedBy(inTurn(2))).toEqual([['S2-46', 'S2-49', 'S2-52']])
  // As even, and as a hash of addresses would have it.
  expect(await namedBy((n) => SERVERS[(n >> 2) % 2]!)).toEqual([['S2-52']])
})

test('it is told when the sample suffices, and says more as more come', async () => {
  const few = (await analysed(onceEach(inTurn(2), 64), { config: weighted() })).findings('weight-mismatch')
  const more = await analysed(onceEach(inTurn(2), 150), { config: weighted() })
  const found = more.findings('weight-mismatch')
  expect(found.map(({ at, details }) => [at, details['agents']])).toEqual([[few[0]!.at, 150]])
  expect(more.incident('weight-mismatch').occurrences).toBe(1)
})

test('agents of one load balancer are counted together, by whichever address they come', async () => {
  const story = onceEach(inTurn(2), 44, { addressOf: byBoth })
  const config = { ...weighted(), devices: heldByBoth().devices }
  const [found] = (await analysed(story, { config })).findings('weight-mismatch')
  expect(found?.details['agents']).toBe(44)
})

/** So many agents, of which the last `others` come to the second server. */
const rare = (agents: number, others: number): ReturnType<typeof onceEach> =>
  onceEach((n) => SERVERS[n < agents - others ? 0 : 1]!, agents)
const hundredToOne = held({ persistence: 'weighted' }, [{ weight: 100 }, { weight: 1 }])

test('where few agents are expected, the probability is exact', async () => {
  const { details } = (await analysed(rare(30, 6), { config: hundredToOne })).incident('weight-mismatch')
  // Four times the binomial tail: on either side, of two servers. By chi-square, 7e-26.
  expect(details['p']).toBeCloseTo(1.8243e-6, 9)
})

keepsQuiet(weightMismatch, {
  'too few agents to tell': { config: weighted(), play: () => onceEach(inTurn(2), 29) },
  'the proportion is that of the weights, as far as chance allows': [
    { config: weighted(), play: () => onceEach(tenToOne) },
    { config: weighted(), play: () => onceEach((n) => SERVERS[n % 6 === 5 ? 1 : 0]!) },
    // Of 30 agents one third of one is expected there; three come once in 300 times.
    { config: hundredToOne, play: () => rare(30, 3) },
  ],
  'returns of agents to the server that knows them: first contacts count, once for each agent': {
    config: weighted(),
    play() {
      // Those of the second server come again and again.
      const isSecond = (agent: string): boolean => Number(agent.split('.')[3]) % 11 === 5
      const s = balanced((_n, agent) => SERVERS[isSecond(agent) ? 1 : 0]!)
      for (let agent = 0; agent < 33; agent++) comes(s, agent)
      for (let i = 0; i < 40; i++) comes(s, 4)
      return s
    },
  },
  'a server was down for a part of the time': {
    config: weighted(),
    play() {
      let first = 1
      const s = balanced(() => SERVERS[first]!)
      s.host(SERVERS[0]!, { side: 'servers' }).health = 'refusing'
      for (let agent = 0; agent < 30; agent++) {
        s.connect('10.10.1.250', `${SERVERS[0]!}:8000`) //  refused: the second server has to serve all
        comes(s, agent)
      }
      s.host(SERVERS[0]!).health = 'up'
      s.wait(seconds(120))
      first = 0
      for (let agent = 30; agent < 70; agent++) comes(s, agent)
      return s
    },
  },
  'no weights are stated': [
    { config: held({ persistence: 'weighted' }), play: () => onceEach(inTurn(2)) },
    {
      config: held({ persistence: 'sticky' }, [{ weight: 10 }, { weight: 1 }]),
      play: () => onceEach(inTurn(2)),
    },
  ],
})
