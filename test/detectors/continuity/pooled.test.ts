/**
 * A relay that speaks HTTP keeps its connections to servers for whoever asks next, and closes them when
 * nobody does: what it does on the agents' side is another matter. Told as two stories of one time, one for
 * each side of it.
 */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { type Conversation, request } from '../../scenario/scenario.ts'
import { type Analysis, analysed, inShort } from '../analysis.ts'
import { A1, A2, DLP, VIP } from '../stories.ts'
import { TwoSides } from './two-sides.ts'

const CONFIG = { ...DLP, services: [{ ...DLP.services[0], identity: [{ httpHeader: 'X-Agent-Id' }] }] }

/** A1 and A2 ask; the relay needs one connection for both soon after. It drops what was idle for 100 s, and
 * what agents leave idle for 300 s: A1 is cut, and comes back. A2 speaks now and then. */
function pooled(ends: 'relay' | 'server'): TwoSides {
  const s = new TwoSides()
  const [one, two] = [s.connects(A1), s.connects(A2)]
  const [kept, other] = [s.relays(), s.relays()]
  const drops = ({ agent, server }: Conversation): void =>
    void (ends === 'relay' ? agent.resets() : server.closes())
  s.asks('A1', one, kept)
  s.asks('A2', two, other)
  s.asks('A2', two, kept)
  s.wait(seconds(100))
  for (const connection of [kept, other]) drops(connection)
  s.wait(seconds(50))
  const next = s.relays()
  s.asks('A2', two, next)
  s.wait(seconds(100))
  drops(next)
  s.wait(seconds(46))
  one.server.closes()
  s.wait(seconds(5))
  const again = s.connects(A1)
  const shared = s.relays()
  s.asks('A1', again, shared)
  s.asks('A2', two, shared)
  s.wait(seconds(30))
  return s
}

const severed = (analysis: Analysis): string[] => analysis.findings('severed-idle').map(inShort)
const verdict = (analysis: Analysis, id: string): string | undefined =>
  analysis.of('requirement').find((r) => r.id === id)?.status

describe.each(['relay', 'server'] as const)('connections to servers that the %s closes when idle', (ends) => {
  test('are not what an agent lost: its own end is told, by both sides as by one', async () => {
    const story = pooled(ends)
    const one = await analysed(story, { config: CONFIG, taps: ['client'] })
    expect(severed(one)).toHaveLength(1)
    expect(severed(one)[0]).toContain(' | A1 10.10.1.101 at a server | load-balancer 10.10.2.10 | fin fin | ')
    const both = await analysed(story, { config: CONFIG })
    expect(both.alarms).toEqual(['critical severed-idle', 'warning reconnect-overhead'])
    const [found] = both.findings('severed-idle')
    expect([found!.agent?.id, found!.actor.address, found!.details['silenceSeconds']]).toEqual([
      'A1',
      VIP,
      one.findings('severed-idle')[0]!.details['silenceSeconds'],
    ])
  })

  test('say nothing of agents where they alone were captured', async () => {
    const analysis = await analysed(pooled(ends), { config: CONFIG, taps: ['server'] })
    expect(analysis.told).toEqual([])
    expect(verdict(analysis, 'S0-04')).toBe('not-observed')
  })
})

test.each([
  ['idle', 'critical'],
  ['waiting for an answer', 'info'],
])('what connections suggested that prove to be shared later is taken back: %s', async (how, severity) => {
  const s = new TwoSides()
  const names = ['A1', 'A2', 'A3']
  const story = async () => analysed(s, { config: CONFIG, taps: ['server'] })
  const fronts = names.map((name, i) => {
    const front = s.connects(`10.10.1.10${i}`)
    const own = s.relays()
    s.asks(name, front, own)
    if (how !== 'idle') own.agent.sends(request('GET', '/wait', { headers: { 'X-Agent-Id': name } }))
    return { front, own }
  })
  s.wait(seconds(97))
  for (const { own } of fronts) {
    own.agent.resets()
    s.wait(seconds(1))
  }
  s.wait(seconds(10))
  const later = fronts.map(({ front }, i) => {
    const own = s.relays()
    s.asks(names[i]!, front, own)
    return own
  })
  s.wait(seconds(70))
  const before = await story()
  expect(before.findings('severed-idle').map(({ severity }) => severity)).toEqual(Array(3).fill(severity))
  expect(before.findings('reconnect-overhead')).toHaveLength(3)
  s.asks('A2', fronts[1]!.front, later[0]!)
  s.wait(seconds(10))
  const analysis = await story()
  expect(analysis.told).toEqual([])
  expect(verdict(analysis, 'S0-04')).toBe('not-observed')
})
