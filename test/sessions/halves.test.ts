/** The two halves of connections that cross a load balancer, by what joins them: stories through the whole
 * analysis, of whose connections both taps tell. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { analysed } from '../detectors/analysis.ts'
import { A1, A2, BALANCER, DLP, DLP1, DLP2, enrols, SEMS, VIP } from '../detectors/stories.ts'
import type { LoadBalancerOptions } from '../scenario/devices/load-balancer.ts'
import { loadBalancer, request, response, scenario } from '../scenario/scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'

/** Puts a field into the head of each request. */
const naming =
  (field: (agent: string) => string): NonNullable<LoadBalancerOptions['rewrites']> =>
  (octets, heading, agent) => {
    const text = Buffer.from(octets).toString('latin1')
    if (heading === 'to-agents' || !/^(GET|POST) /.test(text)) return octets
    return new Uint8Array(Buffer.from(text.replace('\r\n', `\r\n${field(agent.address)}\r\n`), 'latin1'))
  }

/** Two agents ask by turns, through a load balancer that has them go round the servers. */
function turns(
  options: Pick<LoadBalancerOptions, 'addressOf' | 'rewrites'>,
  headers: (agent: string) => Readonly<Record<string, string>> = () => ({}),
): Scenario {
  const pick = (n: number): string => [DLP1, DLP2, DLP2, DLP1][n % 4]!
  const vip = { address: VIP, port: 8000 }
  const s = scenario().behind(
    loadBalancer({ vip, address: BALANCER, idle: seconds(300), manner: 'fin', pick, ...options }),
  )
  for (let round = 0; round < 4; round++)
    for (const agent of [A1, A2]) {
      const conversation = s.connect(agent, `${VIP}:8000`).agent
      conversation.sends(request('GET', '/policy', { headers: headers(agent) })).receives(response())
      conversation.closes()
      s.wait(seconds(20))
    }
  return s
}

const { identity: _none, ...service } = DLP.services[0]
const STATED = { ...DLP, services: [service] }
const NAMED = { ...DLP, services: [{ ...service, identity: [{ httpHeader: 'X-Agent' }] }] }
const forwarded = naming((agent) => `X-Forwarded-For: ${agent}`)
const marked = naming(() => 'Via: 1.1 lb')
const kept: LoadBalancerOptions['addressOf'] = (_n, agent) => agent
const pooled: LoadBalancerOptions['addressOf'] = (n) => [BALANCER, '10.10.3.2', '10.10.3.3'][n % 3]!

describe('are one path', () => {
  test.each<[string, unknown, Scenario, string]>([
    ['where it says for whom it asks', STATED, turns({ rewrites: forwarded }), BALANCER],
    ['where it keeps the agents’ addresses', STATED, turns({ addressOf: kept }), VIP],
    ['... and changes what they say', STATED, turns({ addressOf: kept, rewrites: marked }), VIP],
    ['... and says for whom it asks', STATED, turns({ addressOf: kept, rewrites: forwarded }), VIP],
  ])('%s', async (_what, config, story, relay) => {
    const analysis = await analysed(story, { config })
    const known = analysis.of('connection').map(({ agent, server }) => [agent, server])
    expect(known).toHaveLength(16)
    expect(known.filter(([agent, server]) => agent === null || server === null)).toEqual([])
    expect(analysis.of('agent').map(({ id }) => id)).toEqual([A1, A2])
    const incident = analysis.incident('server-hop')
    expect([incident.occurrences, incident.actor.address]).toEqual([6, relay])
  })

  test('where not all of its own addresses are stated, and the agents name themselves', async () => {
    const story = turns({ addressOf: pooled }, (agent) => ({ 'X-Agent': `PC ${agent}` }))
    const analysis = await analysed(story, { config: NAMED })
    expect(analysis.of('connection').map(({ server }) => server)).not.toContain(null)
    expect(analysis.of('agent').map(({ id }) => id)).toEqual([`PC ${A1}`, `PC ${A2}`])
    expect(new Set(analysis.told)).toEqual(new Set(['warning server-hop']))
  })
})

test('what a load balancer adds is proven, though it keeps the agents’ addresses', async () => {
  const story = enrols(['sid=a; Path=/'], 'node=7; path=/', '/omc/enroll', {}, kept)
  const [found] = (await analysed(story, { config: SEMS })).findings('multiple-set-cookie')
  expect(found!.actor).toEqual({ role: 'load-balancer', address: VIP, confidence: 0.99 })
  expect(found!.server?.name).toBe('sems1')
})

test('an agent that goes past the load balancer, saying what all say, is no half of another’s', async () => {
  const s = scenario().behind(
    loadBalancer({
      vip: { address: VIP, port: 8000 },
      address: BALANCER,
      idle: seconds(300),
      manner: 'fin',
      pick: () => DLP1,
    }),
  )
  for (const [agent, at] of [
    [A2, `${DLP1}:8000`],
    [A1, `${VIP}:8000`],
  ] as const) {
    const conversation = s.connect(agent, at).agent
    conversation.sends(request('GET', '/policy')).receives(response())
    conversation.closes()
  }
  s.wait(seconds(5))
  const analysis = await analysed(s, { config: STATED })
  expect(analysis.findings('vip-bypass').map(({ agent }) => agent?.id)).toEqual([A2])
})
