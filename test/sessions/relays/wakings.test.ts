import { describe, expect, test } from 'vitest'
import { milliseconds, seconds } from '../../../src/model/time.ts'
import { loadBalancer, scenario } from '../../scenario/scenario.ts'
import type { Conversation, Scenario } from '../../scenario/scenario.ts'
import { flightOf, helloOf, keys, change, SEALED } from '../../scenario/tls.ts'
import { concat } from '../../protocols/tls/craft.ts'
import { analysed } from '../../detectors/analysis.ts'
import { shown } from '../../detectors/tls/scenes.ts'
import { BALANCER, DLP, DLP1, DLP2, VIP } from '../../detectors/stories.ts'
import { joinedOf, type Life } from '../lives.ts'

/** Connections that begin and wake each at a time of its own; it wakes first, and is closed later. */
const apart = (n: number): Life[] =>
  Array.from({ length: n }, (_, i) => ({ start: 20 * i, wakes: [20 * i + 100, 20 * i + 310 + (i % 3)] }))
const own = (lives: readonly Life[]): number[] => lives.map((_, i) => i)

describe('legs that wake together', () => {
  test('are one path, once enough of them have', () => {
    expect(joinedOf(apart(8))).toEqual(own(apart(8)))
    expect(joinedOf(apart(1))).toEqual([null])
  })

  test('where clocks differ by less than is usual, and the tap is far from the relay', () => {
    const far = apart(8).map((life) => ({ ...life, delays: [0.07, -0.03] as const }))
    expect(joinedOf(far)).toEqual(own(far))
    const wrong = apart(8).map((life) => ({ ...life, delays: [0.9, 0.9] as const }))
    expect(joinedOf(wrong)).toEqual(wrong.map(() => null))
  })

  test('however many others wake in that second, once it is known how soon', () => {
    const close = own(apart(30)).map((i) => ({ start: i, wakes: [200 + i / 5, 400 + i / 5] }))
    const joined = joinedOf(close)
    expect(joined.filter((back, i) => back === i).length).toBeGreaterThan(20)
    expect(joined.filter((back, i) => back !== null && back !== i)).toEqual([])
  })

  test('are nobody’s that anybody can tell, where all wake at the same times', () => {
    const inStep = apart(8).map(() => ({ start: 0, wakes: [60, 360] }))
    expect(joinedOf(inStep)).toEqual(inStep.map(() => null))
  })

  test('nor those beside them, where many wake in step: who wakes alone then does so by chance', () => {
    const inStep = apart(8).map((life) => ({ ...life, wakes: [300, 600] }))
    const lives = [...apart(6), ...inStep]
    expect(joinedOf(lives)).toEqual(lives.map(() => null))
  })

  test('where the agents were captured in part, and all servers', () => {
    const lives = apart(24).map((life, i) => ({ ...life, isFrontSeen: i % 3 === 0 }))
    expect(joinedOf(lives)).toEqual(lives.map(({ isFrontSeen }, i) => (isFrontSeen ? i : null)))
  })

  test('not where both were captured in part', () => {
    const lives = apart(24).map((life, i) => ({
      ...life,
      isFrontSeen: i % 3 === 0,
      isBackSeen: i % 2 === 0,
    }))
    expect(joinedOf(lives)).toEqual(lives.map(() => null))
  })

  test('not where the relay’s connections serve whoever comes', () => {
    const pooled = apart(12).map((life, i) => ({
      ...life,
      isBackSeen: i < 3,
      backWakes: [life.wakes[0]! + (i === 0 ? 0 : 7), 900 + i],
    }))
    expect(joinedOf(pooled)).toEqual(pooled.map(() => null))
  })

  test('not what once woke without the other', () => {
    const lives = apart(10).map((life, i) =>
      i === 9 ? { ...life, backWakes: [life.wakes[0]! + 9, life.wakes[1]!] } : life,
    )
    expect(joinedOf(lives).at(-1)).toBeNull()
    expect(joinedOf(lives).at(-2)).toBe(8)
  })

  test('not more of them at once than are compared', () => {
    const many = Array.from({ length: 300 }, (_, i) => ({
      start: 100 + i / 100,
      wakes: [400 + i / 100, 800 + i / 100],
    }))
    expect(joinedOf(many)).toEqual(many.map(() => null))
  })
})

/** The load balancer ends TLS, and speaks to the server in words that are everybody's. */
const offloads = (octets: Uint8Array, heading: 'to-agents' | 'to-servers', agent: { port: number }) => {
  const said = Buffer.from(octets).toString('latin1')
  if (heading === 'to-agents') {
    if (said === 'welcome') return flightOf({ chain: [shown()], nonce: agent.port })
    return said === 'fine' ? change : SEALED
  }
  if (octets[0] === 23) return new Uint8Array(Buffer.from('poll'))
  return octets[5] === 1 ? new Uint8Array(0) : new Uint8Array(Buffer.from('ready'))
}

const offloader = (idle: number): Scenario =>
  scenario().behind(
    loadBalancer({
      vip: { address: VIP, port: 8000 },
      address: BALANCER,
      idle: seconds(idle),
      manner: 'fin',
      pick: (n) => [DLP1, DLP2][n % 2]!,
      rewrites: offloads,
    }),
  )

function attach(s: Scenario, agent: number): Conversation {
  const conversation = s.connect(`10.10.1.${101 + agent}`, `${VIP}:8000`)
  conversation.agent.sends(helloOf({ nonce: 100 + agent + s.now / 1e6 }))
  conversation.server.sends('welcome')
  conversation.agent.sends(concat(keys, change))
  conversation.server.sends('fine')
  s.wait(milliseconds(500))
  return conversation
}

/** Six agents come one after the other, ask once more after a while each, and fall silent; `ends` is what
 * becomes of them, and then they come again. */
function fallsSilent(idle: number, ends: (conversation: Conversation, s: Scenario) => void): Scenario {
  const s = offloader(idle)
  const conversations = Array.from({ length: 6 }, (_, i) => {
    const conversation = attach(s, i)
    s.wait(seconds(10 + i))
    return conversation
  })
  s.wait(seconds(60))
  for (const [i, { agent, server }] of conversations.entries()) {
    agent.sends(SEALED)
    server.sends('policy')
    s.wait(seconds(7 + i))
  }
  for (const [i, conversation] of conversations.entries()) {
    ends(conversation, s)
    s.wait(seconds(9 + i))
    attach(s, i)
  }
  s.wait(seconds(5))
  return s
}

const { identity: _none, ...service } = DLP.services[0]
const CONFIG = { ...DLP, services: [{ ...service, idleThreshold: '30s' }] }

describe('a load balancer that ends TLS, behind which nobody is named', () => {
  test('a server that closes first is told from it', async () => {
    const s = fallsSilent(3600, ({ server }) => server.closes())
    const analysis = await analysed(s, { config: CONFIG })
    const found = [...analysis.findings('severed-idle'), ...analysis.findings('server-idle-close')]
    expect(found.map(({ actor }) => actor.role)).toEqual(Array<string>(6).fill('server'))
  })

  test('nor is it to blame for what servers closed, where nothing tells whose that was', async () => {
    const s = offloader(3600)
    const conversations = Array.from({ length: 3 }, (_, i) => attach(s, i))
    s.wait(seconds(100))
    for (const { server } of conversations) {
      server.closes()
      s.wait(milliseconds(300))
    }
    s.wait(seconds(5))
    const analysis = await analysed(s, { config: CONFIG })
    expect(analysis.findings('severed-idle')).toEqual([])
    expect(analysis.findings('server-idle-close').map(({ actor }) => actor.role)).toEqual(
      Array<string>(3).fill('server'),
    )
  })

  test('what it closes itself is seen on both of its sides', async () => {
    const s = fallsSilent(100, (_, story) => story.wait(seconds(1)))
    const found = (await analysed(s, { config: CONFIG })).findings('severed-idle')
    expect(found.map(({ actor }) => [actor.address, actor.confidence])).toEqual(
      Array<unknown>(6).fill([VIP, 0.95]),
    )
    expect(found.map(({ agent, server }) => `${agent?.id} ${server?.name}`)).toEqual(
      Array.from({ length: 6 }, (_, i) => `10.10.1.${101 + i} dlp${1 + (i % 2)}`),
    )
  })
})
