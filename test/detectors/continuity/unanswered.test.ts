/** Connections that end while their agents wait for an answer: who asks and is told nothing is not idle. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { request, response, scenario, type Scenario } from '../../scenario/scenario.ts'
import { helloOf } from '../../scenario/tls.ts'
import { analysed, type Analysis } from '../analysis.ts'
import { A1, A2, attach, balancer, DLP } from '../stories.ts'
import { AT_VIP, DIRECT } from './idle.ts'

const ASKS = request('GET', '/policy?agent=A1')

/** What A1 says first is not answered, and the load balancer closes after its 300 s. */
function unserved(asks: string | Uint8Array, manner: 'fin' | 'rst' = 'fin'): Scenario {
  const s = scenario().behind(balancer(manner))
  attach(s, 'A2', A2, AT_VIP).agent.closes()
  s.connect(A1, AT_VIP).agent.sends(asks)
  s.wait(seconds(310))
  attach(s, 'A1', A1, AT_VIP)
  s.wait(seconds(10))
  return s
}

const told = (s: Scenario, ...taps: string[]): Promise<Analysis> => analysed(s, { config: DLP, taps })

describe('at a load balancer that may never have had a server for it', () => {
  test.each([
    ['a request', ASKS, 'fin'],
    ['a request, reset', ASKS, 'rst'],
    ['a ClientHello', helloOf({ name: 'dlp.example.com' }), 'fin'],
  ] as const)('decides nothing: %s', async (_what, asks, manner) => {
    const [found, ...others] = (await told(unserved(asks, manner), 'client')).findings('severed-idle')
    expect(others).toEqual([])
    expect([found!.severity, found!.confidence, found!.details['unanswered']]).toEqual(['info', 0.5, true])
  })

  test('and reads so', async () => {
    const { title, summary, remedy } = (await told(unserved(ASKS), 'client')).incident('severed-idle')
    expect({ title, summary, remedy }).toEqual({
      title: 'Connections were closed before anything was answered',
      summary:
        'The load balancer 10.10.2.10 closed 1 connection of 1 agent to dlp after 300.0 s without a packet: the agents had asked, and nothing had come back. Its timer for idle connections looks like this, and so do a full queue and servers that are down. To decide it takes the log of the load balancer, or a capture of both its sides at the time: whether it passed on what the agents asked, and to whom.',
      remedy:
        'Look in the log of the load balancer 10.10.2.10 at that time for what it waited for: for a server to be free or up, or for a server’s answer.',
    })
  })

  test('unless the other side shows that it had passed it on', async () => {
    const analysis = await told(unserved(ASKS), 'client', 'server')
    expect(analysis.findings('severed-idle').map(({ severity }) => severity)).toEqual(['critical'])
    expect(analysis.incident('severed-idle').summary).toBe(
      '1 idle connection of 1 agent to dlp was severed by a FIN after 300.0 s without a packet. What the agent had asked last was not answered yet. Silences of up to 1.0 s were survived. Neither the agents nor the server had closed them.',
    )
  })

  test.each([
    [
      'had answered before',
      (s: Scenario) =>
        void s
          .connect(A1, AT_VIP)
          .agent.sends(ASKS)
          .receives(response({ body: 'policies' }))
          .sends(ASKS),
    ],
    ['speaks what nobody reads', (s: Scenario) => void s.connect(A1, AT_VIP).agent.sends('agent=A1 hello')],
  ])('unless it %s', async (_why, play) => {
    const s = scenario().behind(balancer('fin'))
    play(s)
    s.wait(seconds(310))
    attach(s, 'A1', A1, AT_VIP)
    s.wait(seconds(10))
    const found = (await told(s, 'client')).findings('severed-idle')
    expect(found.map(({ severity }) => severity)).toEqual(['critical'])
  })
})

test('what is asked after the silence, and draws the reset, had not waited', async () => {
  const s = scenario().behind(balancer('forget'))
  const { agent } = s.connect(A1, AT_VIP)
  s.wait(seconds(310))
  agent.sends(ASKS)
  s.wait(seconds(1))
  attach(s, 'A1', A1, AT_VIP)
  s.wait(seconds(10))
  const found = (await told(s, 'client')).findings('severed-idle')
  expect(found.map(({ severity, details }) => [severity, details['unanswered']])).toEqual([
    ['critical', undefined],
  ])
})

test('agents that wait for an answer no longer than they are set to are no timer of the path', async () => {
  const s = scenario().behind(balancer('fin'))
  const names = ['A1', 'A2', 'A3'] as const
  const at = (i: number): string => `10.10.1.${101 + i}`
  for (const [i, name] of names.entries()) {
    const { agent } = s.connect(at(i), AT_VIP)
    agent.sends(request('GET', `/policy?agent=${name}`)).receives(response({ body: 'policies' }))
    agent.sends(request('GET', `/wait?agent=${name}`))
    s.wait(seconds(120))
    agent.closes()
    s.wait(seconds(1))
    attach(s, name, at(i), AT_VIP)
  }
  s.wait(seconds(10))
  const found = (await told(s, 'server')).findings('severed-idle')
  expect(found.map(({ severity, needs }) => [severity, needs === undefined])).toEqual(
    Array(3).fill(['info', false]),
  )
})

test('a server that closes instead of an answer does not close an idle connection', async () => {
  const s = scenario()
  const { agent, server } = s.connect(A1, DIRECT)
  agent.sends(ASKS)
  s.wait(seconds(120))
  server.closes()
  s.wait(seconds(10))
  const { title, summary, remedy } = (await told(s, 'client')).incident('server-idle-close')
  expect({ title, summary, remedy }).toEqual({
    title: 'dlp1 closes connections without an answer after 120.0 s',
    summary:
      "1 connection ended by the server's own FIN after 120.0 s without a packet. What the agent had asked last was not answered yet. No device on the path is to blame.",
    remedy: 'Look in the log of the server at that time for what kept it from answering.',
  })
})
