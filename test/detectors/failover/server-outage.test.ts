import { expect, test } from 'vitest'
import { serverOutage } from '../../../src/detectors/failover/server-outage.ts'
import { seconds } from '../../../src/model/time.ts'
import { scenario, type Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, A2, DLP, STORIES, VIP } from '../stories.ts'
import { begin, comes, failedOver, fails, OFFICE, passes, SEPM, SEPM1, SEPM2 } from './managers.ts'

test('one incident, with its window and those who met it', async () => {
  const analysis = await analysed(STORIES.failback.play(), { config: SEPM })
  expect(analysis.findings('server-outage').map(inShort)).toEqual([
    'info server-outage 58.128 client | K1 10.10.1.101 at sepm1 | server 10.10.4.11 | rst | client 37',
    'info server-outage 58.636 client | K2 10.10.1.102 at sepm1 | server 10.10.4.11 | rst | client 39',
  ])
  expect(analysis.incident('server-outage')).toMatchObject({
    title: 'sepm1 was out',
    summary:
      'sepm1 served nobody for 32.1 s, from 21 Nov 2026 02:00:58 UTC on. Met by 2 agents, who tried twice: refused by sepm1.',
    filter:
      '(ip.addr == 10.10.1.101 && tcp.port == 49154 && ip.addr == 10.10.4.11 && tcp.port == 8014) || ' +
      '(ip.addr == 10.10.1.102 && tcp.port == 49154 && ip.addr == 10.10.4.11 && tcp.port == 8014)',
    details: {
      start: '2026-11-21T02:00:58.128100Z',
      end: '2026-11-21T02:01:30.216100Z',
      seconds: 32.088,
      attempts: 2,
    },
  })
})

test('another outage is another incident', async () => {
  const s = failedOver()
  passes(s, 2, [1, SEPM1], [2, SEPM1])
  for (const n of [1, 2]) fails(s, n, SEPM1)
  const incidents = (await analysed(s, { config: SEPM })).of('incident')
  expect(incidents.filter(({ type }) => type === 'server-outage')).toHaveLength(2)
})

test('without a configuration, the product tells that it is one', async () => {
  const told = (await analysed(failedOver())).told
  expect(told.filter((text) => text.endsWith('server-outage'))).toHaveLength(2)
})

/** For so many seconds nobody hears the first server, where two agents try; then a third is served. */
function unheard(span: number): Scenario {
  const s = begin()
  passes(s, 2, [1, SEPM1], [2, SEPM1], [3, SEPM1])
  s.host(SEPM1).health = 'silent'
  for (const n of [1, 2]) s.connect(`${OFFICE}${100 + n}`, `${SEPM1}:8014`)
  s.wait(seconds(span))
  s.host(SEPM1).health = 'up'
  comes(s, 3, SEPM1)
  s.wait(seconds(30))
  return s
}

test('nobody answered for longer than a SYN waits until it is sent again', async () => {
  const { told } = await analysed(unheard(8), { config: SEPM })
  expect(told.filter((text) => text.endsWith('server-outage'))).toHaveLength(2)
})

keepsQuiet(serverOutage, {
  'one agent alone failed there: its own path may be at fault': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 1, [1, SEPM1], [2, SEPM1])
      for (let i = 0; i < 3; i++) fails(s, 1, SEPM1)
      return s
    },
  },
  'others were served in between': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 1, [1, SEPM1])
      fails(s, 2, SEPM1)
      comes(s, 1, SEPM1)
      fails(s, 3, SEPM1)
      return s
    },
  },
  'nobody tried: a server that is taken out of service in an orderly way is missed by none': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 4, [1, SEPM1], [2, SEPM1])
      passes(s, 4, [1, SEPM2], [2, SEPM2])
      return s
    },
  },
  'a virtual address that refuses: that is its load balancer': {
    config: DLP,
    play() {
      const s = scenario()
      s.host(VIP, { side: 'servers' }).health = 'refusing'
      for (const agent of [A1, A2, A1, A2]) {
        s.connect(agent, `${VIP}:8000`)
        s.wait(seconds(2))
      }
      return s
    },
  },
  'an address that nobody was ever seen to be served at': {
    play() {
      const s = begin()
      for (const n of [1, 2, 1, 2]) fails(s, n, SEPM1)
      return s
    },
  },
  'a few seconds in which nobody answered: a SYN that is sent again gets through': {
    config: SEPM,
    play: () => unheard(6),
  },
})
