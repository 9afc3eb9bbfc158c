import { describe, expect, test } from 'vitest'
import { healthCheckFailed } from '../../../src/detectors/cluster/health-check-failed.ts'
import { seconds } from '../../../src/model/time.ts'
import { request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, analysedFlows, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { BALANCER, checks, clientSide, cluster, type Greeting, mail, passesOn, USER } from './scenes.ts'

/** The load balancer checks a server again and again. */
const checked =
  (...greetings: readonly Greeting[]) =>
  (): Scenario => {
    const s = scenario()
    for (const greeting of greetings) checks(s, greeting)
    return s
  }

const REFUSES = { reply: '421 4.3.2 next hop unreachable' }

test('no greeting while the next hop is away', async () => {
  const { config, play } = STORIES['health-check-failed']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('health-check-failed')
  expect(found.map(inShort)).toEqual([
    'warning health-check-failed 26.052 client | nobody at sems1 | server 10.10.3.21 |  | client 20, client 27, client 34, client 11',
  ])
  expect(found[0]!.details).toMatchObject({
    check: 'smtp',
    by: BALANCER,
    checker: 'load-balancer',
    failures: 3,
    answer: 'said nothing until the other side gave up',
    nextHop: '10.10.5.25:25',
  })
  expect(found[0]!.requirements).toEqual(['S2-15', 'S2-16', 'S2-17'])
})

test('each server is shown with what it could not reach itself', async () => {
  const s = scenario()
  for (const n of [1, 2]) {
    for (let i = 0; i < 2; i++) passesOn(s, 'refusing', undefined, n)
    for (let i = 0; i < 3; i++) checks(s, REFUSES, `${clientSide(n)}:25`)
  }
  const analysis = await analysed(s, { config: mail() })
  const { actor, summary, remedy } = analysis.incident('health-check-failed')
  expect(actor).toEqual({ role: 'server', address: null, confidence: 0.9 })
  expect(summary).toMatch(/sems1 and sems2 answered .* Their next hop 10\.10\.5\.25:25 could not be reached/)
  expect(remedy).toMatch(/^Make the next hop reachable/)
  const tries = analysis.findings('next-hop-down').map(({ evidence }) => evidence.map(({ packet }) => packet))
  const shown = analysis
    .findings('health-check-failed')
    .map(({ evidence }) =>
      evidence.filter(({ note }) => note.startsWith('the next hop')).map(({ packet }) => packet),
    )
  expect(tries).toHaveLength(2)
  expect(shown).toEqual(tries)
})

test('a next hop that nobody saw is not said to be unreachable', async () => {
  const { remedy } = (await analysed(checked(REFUSES, REFUSES, REFUSES)(), { config: mail() })).incident(
    'health-check-failed',
  )
  expect(remedy).toMatch(/^See whether the server reaches its next hop/)
})

describe('other ways to fail', () => {
  test.each([
    ['another reply', REFUSES, 421, 'answered 421 4.3.2 next hop unreachable'],
    ['a server that hangs up', 'hangs up' as const, null, 'hung up without a word'],
  ])('%s', async (_what, greeting, code, answer) => {
    const story = checked({}, greeting, greeting, greeting, greeting)()
    const found = (await analysed(story, { config: mail() })).findings('health-check-failed')
    expect(found.map(({ details }) => [details['code'], details['answer'], details['nextHop']])).toEqual([
      [code, answer, null],
    ])
    expect(found[0]!.requirements).toEqual(['S2-15', 'S2-17'])
  })

  test('in flow records: who says something and hangs up before it was asked has not greeted', async () => {
    const says = (reply: string, quits: boolean): Scenario => {
      const s = scenario()
      for (let i = 0; i < 4; i++) {
        const { agent, server } = s.connect(BALANCER, `${clientSide(1)}:25`)
        server.sends(`${reply}\r\n`)
        if (quits) agent.sends('QUIT\r\n').receives('221 bye\r\n')
        server.closes()
        s.wait(seconds(30))
      }
      return s
    }
    const dismissed = await analysedFlows(says(`421 4.3.2 ${'next hop unreachable '.repeat(20)}`, false), {
      config: mail(),
    })
    expect(dismissed.findings('health-check-failed')).toMatchObject([
      {
        suggested: true,
        details: { answer: 'said something and hung up before it was asked anything', failures: 3 },
      },
    ])
    // A server that was told to quit closes as well.
    expect((await analysedFlows(says('220 sems1 ESMTP', true), { config: mail() })).told).toEqual([])
  })

  test('an HTTP check', async () => {
    const s = scenario()
    for (let i = 0; i < 3; i++) {
      const { agent } = s.connect(BALANCER, `${clientSide(1)}:443`)
      agent.sends(request('GET', '/health')).receives(response({}, 503))
      agent.closes()
      s.wait(seconds(5))
    }
    const found = (await analysed(s, { config: cluster() })).findings('health-check-failed')
    expect(found.map(({ details }) => [details['check'], details['code']])).toEqual([['http', 503]])
  })
})

test('is told again after checks that went well', async () => {
  const story = checked(REFUSES, REFUSES, REFUSES, {}, REFUSES, REFUSES, REFUSES)()
  expect((await analysed(story, { config: mail() })).findings('health-check-failed')).toHaveLength(2)
})

keepsQuiet(healthCheckFailed, {
  'a check that fails once or twice': [
    { config: mail(), play: checked(REFUSES, REFUSES, {}, REFUSES) },
    { config: mail(), play: checked('nothing', {}, 'nothing', 'hangs up') },
  ],
  'a check of the port alone: it wants no greeting': {
    config: mail(),
    play() {
      const s = scenario()
      for (let i = 0; i < 4; i++) {
        s.connect(BALANCER, `${clientSide(1)}:25`).agent.resets()
        s.wait(seconds(2))
      }
      return s
    },
  },
  'a greeting that comes late, but comes': {
    config: mail(),
    play: checked({ after: 4 }, { after: 4 }, { after: 4 }),
  },
  'a server that is down: nothing listens there': {
    config: mail(),
    play() {
      const s = scenario()
      s.host(clientSide(1), { side: 'servers' }).health = 'refusing'
      for (let i = 0; i < 4; i++) {
        s.connect(BALANCER, `${clientSide(1)}:25`)
        s.wait(seconds(2))
      }
      return s
    },
    told: ['info server-outage'],
  },
  'mail of clients that reach the server themselves': {
    config: mail(),
    play() {
      const s = scenario()
      for (let i = 0; i < 4; i++) {
        s.connect(USER, `${clientSide(1)}:25`)
          .agent.receives('421 busy\r\n')
          .closes()
        s.wait(seconds(2))
      }
      return s
    },
  },
})

test('a next hop that failed long before explains nothing', async () => {
  const s = scenario()
  passesOn(s, 'silent')
  s.wait(seconds(300))
  for (let i = 0; i < 3; i++) checks(s, REFUSES)
  const [found] = (await analysed(s, { config: mail() })).findings('health-check-failed')
  expect(found!.details['nextHop']).toBeNull()
})
