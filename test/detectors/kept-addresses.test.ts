/** A load balancer that keeps the agents' addresses, as a gateway does: towards the servers it speaks under
 * each of them, and is one device all the same. */
import { expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import type { LoadBalancerOptions } from '../scenario/devices/load-balancer.ts'
import { loadBalancer, scenario } from '../scenario/scenario.ts'
import { analysed } from './analysis.ts'
import { held, inTurn, onceEach } from './distribution/stories.ts'
import { inTurn as byTurns, logsIn, proxied, rewriting, SESSION, visits, WEB } from './relayed.ts'
import { AGENTS, comes, keys, ONE, shown, VIP } from './tls/scenes.ts'

const kept: NonNullable<LoadBalancerOptions['addressOf']> = (_n, agent) => agent
const WEIGHTS = held({ persistence: 'weighted' }, [{ weight: 10 }, { weight: 1 }])

test('agents that it spreads are counted together', async () => {
  const found = (await analysed(onceEach(inTurn(2), 44, { addressOf: kept }), { config: WEIGHTS })).findings(
    'weight-mismatch',
  )
  expect(found.map(({ actor, details }) => [actor.address, details['agents']])).toEqual([['10.10.2.10', 44]])
})

test('what it does with TLS is told once, not of each agent', async () => {
  const vip = { address: VIP, port: 443 }
  const s = scenario().behind(
    loadBalancer({ vip, address: '', addressOf: kept, idle: seconds(600), manner: 'fin', pick: () => ONE }),
  )
  for (const agent of AGENTS.keys()) comes(s, [shown()], { agent })
  expect((await analysed(s, { config: keys() })).told).toEqual(['info tls-passthrough'])
})

test('it is blamed under its own address for sessions that it takes elsewhere, and for changes', async () => {
  const switched = visits(logsIn(proxied({ pick: byTurns, addressOf: kept })), '/b/inbox', {
    cookie: SESSION,
  })
  const { actor } = (await analysed(switched, { config: WEB })).incident('session-node-switch')
  expect(actor.address).toBe('10.10.2.10')
  const rewrites = rewriting((message) => message.replace('SID=f00', 'SID=b4r'))
  const changed = visits(proxied({ rewrites, addressOf: kept }), '/b/form', {
    sets: ['SID=f00; Path=/'],
    headers: { 'X-Request-Id': 'a1' },
  })
  expect((await analysed(changed, { config: WEB })).incident('cookie-rewritten').actor.address).toBe(
    '10.10.2.10',
  )
})
