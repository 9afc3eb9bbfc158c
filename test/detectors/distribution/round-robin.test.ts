import { expect, test } from 'vitest'
import { roundRobin } from '../../../src/detectors/distribution/round-robin.ts'
import { createRandom } from '../../scenario/random.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { balanced, comes, handedRound, held, inTurn, manyTimes, onceEach, SERVERS, stays } from './stories.ts'

const hops = (n: number): string[] => Array<string>(n).fill('warning server-hop')

test('two servers by turns, although the agents were there before', async () => {
  const analysis = await analysed(handedRound(), { config: held() })
  const found = analysis.findings('round-robin')
  expect(found.map(inShort)).toEqual([
    'warning round-robin 30.153 server | nobody at a server | load-balancer 10.10.3.1 |  | server 145, server 154, server 163, server 172, server 181, server 190, server 199, server 208',
  ])
  expect(found[0]!.details).toMatchObject({ share: 1, sample: 39, returns: 35, leastConnectionsFit: true })
  expect(found[0]!.details['p']).toBeCloseTo(2 ** -39, 14)
  expect(found[0]!.details['tests']).toMatchObject([
    { algorithm: 'round-robin', verdict: 'shown', sample: 39 },
    { algorithm: 'weighted-round-robin', verdict: 'too-few' },
    { algorithm: 'random', verdict: 'excluded' },
    { algorithm: 'least-connections', verdict: 'too-few', sample: 0 },
    { algorithm: 'source-hash', verdict: 'excluded' },
    { algorithm: 'sticky-table', verdict: 'excluded' },
    { algorithm: 'cookie', verdict: 'too-few' },
    { algorithm: 'ordered', verdict: 'excluded' },
  ])
  expect(analysis.incident('round-robin')).toMatchObject({
    title: 'Connections of dlp are handed round by 10.10.3.1',
    requirements: ['S0-17'],
    filter: 'ip.src == 10.10.3.1 && tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.dstport == 8000',
  })
})

test('later moves are told with their cause, and all of them in the end', async () => {
  const analysis = await analysed(handedRound(), { config: held() })
  const causes = analysis.findings('server-hop').map((f) => f.details['cause'])
  expect(causes.slice(0, 2)).toEqual(['unknown', 'unknown'])
  expect(causes.slice(-3)).toEqual(['round-robin', 'round-robin', 'round-robin'])
  expect(analysis.incident('server-hop').details['cause']).toBe('round-robin')
})

test('three by turns, while others keep their connections: nothing but turns explains it', async () => {
  const config = held({ profile: 'symantec-sems' }, [{}, {}, {}])
  const s = balanced(inTurn(3))
  for (const agent of [10, 11, 12, 13, 14, 15, 16]) stays(s, agent)
  for (const agent of manyTimes(60, 5)) comes(s, agent)
  const [found] = (await analysed(s, { config })).findings('round-robin')
  expect(found).toMatchObject({ confidence: 0.97, requirements: ['S2-46', 'S2-49'] })
  expect(found!.details).toMatchObject({ share: 1, leastConnectionsFit: false })
})

const random = createRandom(7)
const byHash = (agent: string): string => SERVERS[Number(agent.split('.')[3]) % 2]!
const known = new Map<string, string>()

/** Neither the product is known, nor what it needs. */
const UNSTATED = held({ profile: 'generic', persistence: undefined })

test('nobody said that agents must stay: what to do depends on it', async () => {
  const analysis = await analysed(handedRound(), { config: UNSTATED })
  const { severity, remedy, requirements } = analysis.incident('round-robin')
  expect([severity, requirements]).toEqual(['info', ['X-12']])
  expect(remedy).toMatch(/^Where agents need the server that knows them: set persistence/)
})

keepsQuiet(roundRobin, {
  'too few connections to tell': { config: held(), play: () => handedRound(2, 9), told: hops(2) },
  'turns for first contacts only: agents that come back find their server, or addresses in a row are hashed':
    [
      {
        config: held(),
        play() {
          let turn = 0
          const s = balanced((_n, agent) => {
            if (!known.has(agent)) known.set(agent, SERVERS[turn++ % 2]!)
            return known.get(agent)!
          })
          for (let agent = 0; agent < 40; agent++) comes(s, agent)
          for (const agent of manyTimes(20, 5)) comes(s, agent)
          return s
        },
      },
      { config: held(), play: () => onceEach((_n, agent) => byHash(agent)) },
    ],
  'servers in order, of which the first was out for a while: failover and failback': {
    config: held({ persistence: 'ordered' }, [{ priority: 1 }, { priority: 2 }]),
    play() {
      // So many that twice in turn is less than chance gives by any number.
      const s = balanced((n) => SERVERS[n >= 500 && n < 900 ? 1 : 0]!)
      for (const agent of manyTimes(1100, 5)) comes(s, agent)
      return s
    },
    // Nobody saw it fail, and it was well a second before.
    told: hops(1),
  },
  'a random choice': {
    config: held(),
    play() {
      const s = balanced(() => random.pick(SERVERS.slice(0, 2)))
      for (const agent of manyTimes(40, 5)) comes(s, agent)
      return s
    },
    told: hops(18),
  },
  'the fewest open connections decide: that looks like turns when all servers are as busy': {
    config: held(),
    play() {
      // Some stay: as long as one server has more of them, all others go to the other one.
      const open = [0, 0]
      let turn = 0
      const s = balanced(() => {
        turn = open[0] === open[1] ? 1 - turn : open[0]! < open[1]! ? 0 : 1
        open[turn]!++
        return SERVERS[turn]!
      })
      for (const [i, agent] of manyTimes(60, 6).entries()) {
        if (i % 5 === 4) stays(s, 20 + i)
        else {
          comes(s, agent)
          open[turn]!--
        }
      }
      return s
    },
    told: hops(21),
  },
  'policy lets any server serve any agent, or states weights': [
    { config: held({ persistence: 'none' }), play: () => handedRound() },
    { config: held({ persistence: 'random' }), play: () => handedRound() },
    {
      config: held({ persistence: 'weighted' }, [{ weight: 1 }, { weight: 1 }]),
      play: () => handedRound(),
    },
  ],
  'web users, whose sessions are followed instead, and mail': [
    { config: held({ web: { sessionCookies: ['JSESSIONID'] } }), play: () => handedRound() },
    { config: held({ smtp: { ports: [25] } }), play: () => handedRound() },
  ],
  'nobody said that agents must stay: told for what it is, and no alarm': {
    config: UNSTATED,
    play: () => handedRound(2, 12),
    told: [...hops(5), 'info round-robin'],
  },
})
