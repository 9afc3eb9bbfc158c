/** Behind a load balancer that nobody stated, its address comes to all servers, for all agents. */
import { expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { loadBalancer, scenario, type Scenario } from '../../scenario/scenario.ts'
import { analysed } from '../analysis.ts'
import { attach, BALANCER, DLP, DLP1, DLP2, VIP } from '../stories.ts'

const [SERVICE] = DLP.services
const NAMELESS = { services: [{ ...SERVICE, identity: [] }] }
const SEEN = { config: NAMELESS, taps: ['server'] }

/** It keeps every agent with its server, by source address. */
const hashing = (): Scenario =>
  scenario().behind(
    loadBalancer({
      vip: { address: VIP, port: 8000 },
      address: BALANCER,
      idle: seconds(3600),
      manner: 'fin',
      pick: (_n, agent) => (Number(agent.split('.')[3]) % 2 === 0 ? DLP1 : DLP2),
    }),
  )

/** Agents come one after the other, and leave together. */
function round(s: Scenario, agents: readonly number[]): void {
  const all = agents.map((n) => {
    s.wait(seconds(7))
    return attach(s, `A${n}`, `10.10.1.${n}`)
  })
  s.wait(seconds(30))
  for (const { agent } of all) agent.closes()
  s.wait(seconds(20))
}

test('who is at several servers at once moves to none of them, later neither', async () => {
  const s = hashing()
  for (let i = 0; i < 3; i++) round(s, [101, 102, 103, 104, 105, 106])
  expect((await analysed(s, SEEN)).told).toEqual([])
})

test('what was told before that was seen is taken back', async () => {
  const s = hashing()
  for (const agent of [101, 102]) round(s, [agent])
  expect((await analysed(s, SEEN)).told).toEqual(['warning server-hop'])
  round(s, [101, 102, 103, 104])
  expect((await analysed(s, SEEN)).told).toEqual([])
})

test('who is at two servers for a moment each time that it moves has moved', async () => {
  const s = hashing()
  for (let i = 0; i < 3; i++) {
    for (const agent of [101, 102]) round(s, [agent])
    const [old, next] = [attach(s, 'A1', '10.10.1.101'), attach(s, 'A1', '10.10.1.102')]
    old.agent.closes()
    s.wait(seconds(10))
    next.agent.closes()
    s.wait(seconds(10))
  }
  expect((await analysed(s, SEEN)).incident('server-hop')).toMatchObject({
    severity: 'warning',
    occurrences: 11,
  })
})

test('where several name themselves at one address, who does not is any of them', async () => {
  const s = hashing()
  for (const agent of [101, 102, 101, 102]) round(s, [agent])
  for (const agent of [101, 102]) {
    const { agent: silent } = s.connect(`10.10.1.${agent}`, `${VIP}:8000`)
    silent.sends('hello, says whoever').receives('ok')
    silent.closes()
    s.wait(seconds(20))
  }
  const config = { services: [SERVICE] }
  const { told } = await analysed(s, { config, taps: ['server'] })
  expect(told).toEqual(['info nat-shared'])
})
