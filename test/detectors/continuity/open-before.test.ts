/** Idle connections that were open, and silent, before the capture began. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import { analysedFiles, inShort, only } from '../analysis.ts'
import { A1, A2, attach, balancer, DLP } from '../stories.ts'
import { DIRECT, forgetting, idle } from './idle.ts'

test('a connection that was silent before the capture began, and whose agent then asks in vain', async () => {
  const s = scenario().behind(forgetting('silently'))
  const other = attach(s, 'A2', A2, DIRECT).agent
  const { agent } = attach(s, 'A1', A1, DIRECT)
  for (let i = 0; i < 6; i++) {
    s.wait(seconds(60))
    other.sends('ping').receives('pong')
  }
  agent.sends('report')
  s.wait(seconds(10))
  attach(s, 'A1', A1, DIRECT)
  const captures = [...s.captures()].filter(([tap]) => tap === 'client')
  const isOfAgent = (frame: Buffer): boolean => frame.includes(Buffer.from([10, 10, 1, 101]))
  let asked = false
  const late = captures.map(
    ([tap, bytes]) =>
      [tap, only(bytes, (frame) => !isOfAgent(frame) || (asked ||= frame.includes('report')))] as const,
  )
  const told = (await analysedFiles(late, DLP)).findings('severed-idle').map(inShort)
  expect(told).toEqual([
    'critical severed-idle 362.161 client | nobody at dlp1 | middlebox | silent silent | client 64, client 69, client 71',
  ])
})

/** Two agents are cut off after 300 s, the one 80 s before the other. The capture begins when both are
 * silent; or, if `isOneSeen`, with the last word of the second. */
async function late(isOneSeen: boolean, config: object = DLP) {
  const s = scenario().behind(balancer('fin'))
  attach(s, 'A1')
  s.wait(seconds(80))
  const second = attach(s, 'A2', A2).agent
  const other = attach(s, 'A3', '10.10.1.120').agent
  for (let i = 0; i < 5; i++) {
    s.wait(seconds(100))
    other.sends('ping').receives('pong')
    if (i === 0 && isOneSeen) second.sends('ping').receives('pong')
  }
  let pings = 0
  const captures = [...s.captures()]
    .filter(([tap]) => tap === 'client')
    .map(([tap, bytes]) => {
      const isLate = (frame: Buffer): boolean => (pings += frame.includes('ping') ? 1 : 0) > 0
      return [tap, only(bytes, isLate)] as const
    })
  return analysedFiles(captures, config)
}

describe('silences that began before the capture', () => {
  const told = async (isOneSeen: boolean) => (await late(isOneSeen)).incident('severed-idle')

  test('do not bound the timer where others tell it', async () => {
    const { title, summary, details } = await told(true)
    expect(title).toBe('The load balancer 10.10.2.10 severs idle connections after 300 s')
    expect(summary).toContain(
      '2 idle connections of 2 agents to dlp were severed by a FIN after 300.0 s without',
    )
    expect(details).toMatchObject({
      silenceSeconds: 300.01,
      timer: { lowerSeconds: 299.01, upperSeconds: 300.01, severed: 2 },
    })
    expect(details).not.toHaveProperty('silenceIsAtLeast')
  })

  test('are told as what they are at least, where there are no others', async () => {
    const { title, summary, remedy, details } = await told(false)
    expect(title).toBe('The load balancer 10.10.2.10 severs idle connections')
    expect(summary).toContain(
      '2 idle connections of 2 agents to dlp were severed by a FIN after at least 116.9 s',
    )
    expect(remedy).toContain('how long it is, a capture from before the silences shows')
    expect(details).toMatchObject({ silenceIsAtLeast: true, timer: { upperSeconds: null, candidates: [] } })
  })
})

test('a silence from before the capture may have been as long as the server waits by design', async () => {
  const closing = { ...DLP, services: [{ ...DLP.services[0], serverIdleTimeout: '400s' }] }
  expect((await late(false, closing)).told).toEqual(Array(2).fill('info server-idle-close'))
})

test('what opened while the tap was blind was silent since then at most', async () => {
  const s = scenario().behind(balancer('fin'))
  const other = attach(s, 'A2', A2).agent
  s.wait(seconds(50))
  other.sends('it grows dark').receives('pong')
  attach(s, 'A1')
  s.wait(seconds(100))
  for (let i = 0; i < 3; i++) {
    other.sends('light').receives('pong')
    s.wait(seconds(100))
  }
  let isDark = false
  const isSeen = (frame: Buffer): boolean => {
    if (frame.includes('dark')) isDark = true
    if (frame.includes('light')) isDark = false
    return !isDark
  }
  const captures = [...s.captures()].filter(([tap]) => tap === 'client')
  const seen = captures.map(([tap, bytes]) => [tap, only(bytes, isSeen)] as const)
  const { details } = (await analysedFiles(seen, DLP)).incident('severed-idle')
  expect(details).toMatchObject({ silenceSeconds: 199, silenceIsAtLeast: true })
})

test('a reset that is all that was captured of a connection may be anybody’s', async () => {
  let hasBegun = false
  const isLate = (frame: Buffer): boolean => (hasBegun ||= frame.includes('ping'))
  const captures = [...idle(forgetting('rst-both'), 'waits').captures()].filter(([tap]) => tap === 'client')
  const late = captures.map(([tap, bytes]) => [tap, only(bytes, isLate)] as const)
  expect((await analysedFiles(late, DLP)).told).toEqual(['warning reconnect-overhead'])
})
