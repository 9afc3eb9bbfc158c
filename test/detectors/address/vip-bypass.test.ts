import { expect, test } from 'vitest'
import { vipBypass } from '../../../src/detectors/address/vip-bypass.ts'
import { request, response, scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { logsIn, proxied, visits, WEB, WEP1, WEP2 } from '../relayed.ts'
import { STORIES } from '../stories.ts'
import { aside, NAMELESS } from './stories.ts'

const straight = (from: string, config: unknown = WEB) => ({
  config,
  play: () => visits(logsIn(proxied()), '/b/inbox', { from, to: `${WEP1}:80` }),
})

test('an agent that goes to a server itself', async () => {
  const { config, play } = STORIES['vip-bypass']
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('vip-bypass').map(inShort)).toEqual([
    'warning vip-bypass 1.039 client | 10.10.1.107 10.10.1.107 at wep1 | agent 10.10.1.107 |  | client 10, client 1',
  ])
  expect(analysis.incident('vip-bypass')).toMatchObject({
    title: 'Agents of webmail go past the load balancer',
    summary:
      '1 agent addressed servers themselves instead of 10.10.2.10: if such a server fails, nobody sends them to another.',
    requirements: ['S2-04', 'S2-21', 'S2-22', 'S2-23', 'S2-37', 'S2-38'],
  })
})

test('it came before the others', async () => {
  const s = visits(proxied(), '/b/inbox', { from: '10.10.1.107', to: `${WEP1}:80` })
  const analysis = await analysed(logsIn(s), { config: WEB, taps: ['server'] })
  expect(analysis.told).toEqual(['warning vip-bypass'])
})

keepsQuiet(vipBypass, {
  'a load balancer that keeps the addresses of clients': [
    // Only its checks of the server's health come from its own.
    { config: NAMELESS, taps: ['server'], play: () => aside('balancer') },
    {
      config: WEB,
      play() {
        // Its connection to the server has the client's address, and follows the client's own.
        const s = proxied()
        const front = s.connect('10.10.1.101', '10.10.2.10:80').agent
        const { agent } = s.connect('10.10.1.101', `${WEP2}:80`)
        agent.sends(request('GET', '/b/news')).receives(response())
        agent.closes()
        front.closes()
        return s
      },
    },
  ],
  'a place where nobody goes through the load balancer: its other side is not seen': {
    config: WEB,
    play: () => visits(scenario(), '/b/inbox', { to: `${WEP1}:80` }),
  },
  'a service without an address for all': straight('10.10.1.107', {
    services: [{ ...WEB.services[0], vips: [] }],
    devices: [{ role: 'load-balancer', addresses: ['10.10.2.10', '10.10.3.1'] }],
  }),
  'health checks, members of the cluster, addresses to ignore': [
    straight(WEP2),
    straight('10.10.1.107', { ...WEB, ignore: ['10.10.1.107'] }),
  ],
})
