import type { Assigned, World } from '../../../src/model/event.ts'
import type { Finding } from '../../../src/model/incident.ts'
import { createRandom } from '../../scenario/random.ts'
import { expect, test } from 'vitest'
import { persistenceExpiredEarly } from '../../../src/detectors/affinity/persistence-expired-early.ts'
import { seconds } from '../../../src/model/time.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { balanced, comes, forgetful, handedRound, held, SERVERS } from '../distribution/stories.ts'

const aDay = held({ persistenceDuration: '24h' })
const hops = (n: number): string[] => Array<string>(n).fill('warning server-hop')

test('an hour is asked for, agents are forgotten after minutes', async () => {
  const analysis = await analysed(forgetful(seconds(300)), { config: held({ persistenceDuration: '1h' }) })
  expect(analysis.findings('persistence-expired-early').map(inShort)).toEqual([
    'warning persistence-expired-early 852.484 server | N1 10.10.1.2 at dlp2 | load-balancer 10.10.3.1 |  | server 109',
    'warning persistence-expired-early 853.524 server | N2 10.10.1.3 at dlp2 | load-balancer 10.10.3.1 |  | server 118',
    'warning persistence-expired-early 854.563 server | N3 10.10.1.4 at dlp2 | load-balancer 10.10.3.1 |  | server 127',
  ])
  const incident = analysis.incident('persistence-expired-early')
  expect(incident.details['timer']).toMatchObject({
    stayed: 9,
    moved: 3,
    contradictions: 0,
    clock: 'last-contact',
  })
  expect(incident).toMatchObject({
    summary:
      'Agents landed on another server 3 times although 60 min had not passed; after up to 63.1 s they did not; the load balancer forgets them by 11 min 3 s after the last contact.',
    requirements: ['S0-16', 'X-02'],
  })
})

keepsQuiet(persistenceExpiredEarly, {
  'the time that the load balancer should remember agents for had passed, or is not stated': [
    { config: held({ persistenceDuration: '10m' }), play: () => forgetful(seconds(300)), told: hops(3) },
    { config: held(), play: () => forgetful(seconds(300)), told: hops(3) },
  ],
  'the server before had failed': {
    config: aDay,
    play() {
      let first = true
      const s = balanced(() => SERVERS[first ? 0 : 1]!)
      for (let round = 0; round < 4; round++) {
        for (const agent of [1, 2, 3]) comes(s, agent)
        s.wait(seconds(60))
      }
      s.host(SERVERS[0]!).health = 'refusing'
      s.wait(seconds(600))
      s.connect('10.10.1.250', `${SERVERS[0]!}:8000`) //  refused
      first = false
      for (const agent of [1, 2, 3]) comes(s, agent)
      return s
    },
  },
  'no memory at all: round robin, or a random choice': {
    config: aDay,
    play: () => handedRound(),
    told: [...hops(21), 'warning round-robin'],
  },
  'too few returns to tell a timer by': {
    config: aDay,
    play() {
      let turn = 0
      const s = balanced(() => SERVERS[turn]!)
      for (const agent of [1, 2]) comes(s, agent)
      s.wait(seconds(600))
      turn = 1
      for (const agent of [1, 2]) comes(s, agent)
      return s
    },
    told: hops(2),
  },
  'policy does not hold on to agents': {
    config: held({ persistence: 'none', persistenceDuration: '24h' }),
    play: () => forgetful(seconds(300)),
  },
})

const DAY = seconds(86_400)

test('every move is told, however many agents return', () => {
  const random = createRandom(1)
  const service = {
    name: 'dlp',
    persistence: 'sticky',
    profile: 'generic',
    configured: { persistenceDuration: DAY },
  }
  const servers = [0, 1].map((i) => ({ name: `s${i}`, address: `10.10.3.1${i}`, port: 8000, service }))
  const choices = Array.from({ length: 10_000 }, (_, i) => {
    const moves = random.chance(0.3)
    const [previous, other] = random.chance(0.5) ? [servers[0], servers[1]] : [servers[1], servers[0]]
    const since = seconds(moves ? 5400 : 1800)
    return {
      connection: i,
      at: seconds(i),
      packet: i + 1,
      server: moves ? other : previous,
      previous,
      agent: null,
      sinceLast: since,
      sinceFirst: since,
      cookie: null,
      among: 2,
      fewest: 1,
      isFewest: false,
    }
  })
  const found: Finding[] = []
  const world = { failureOf: () => null, roleOf: () => null } as unknown as World
  const told = persistenceExpiredEarly.watch(world, (finding) => void found.push(finding))
  for (let from = 0; from < choices.length; from += 1000)
    told.assigned!({
      kind: 'assigned',
      isWhole: true,
      service,
      relay: '10.10.3.1',
      tap: '',
      assignments: choices.slice(from, from + 1000),
    } as unknown as Assigned)
  told['captures-ended']!({ kind: 'captures-ended' })
  const moved = choices.filter(({ server, previous }) => server !== previous)
  expect(found.map(({ connection }) => connection)).toEqual(moved.map(({ connection }) => connection))
})
