/** An idle connection that is severed, as each tap alone shows it, and as all do together. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { firewall, scenario, type Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { A1, attach, balancer, DLP, DLP2, STORIES } from '../stories.ts'
import { AT_VIP, DIRECT, FIREWALL, forgetting, idle } from './idle.ts'

type Told = Readonly<Record<string, string>>

describe.each<[string, unknown, () => Scenario, Told]>([
  [
    'a load balancer closes by FIN',
    DLP,
    STORIES['severed-idle'].play,
    {
      client:
        '300.049 client | A1 10.10.1.101 at a server | load-balancer 10.10.2.10 | fin fin | client 46, client 47',
      server:
        'info severed-idle 300.045 server | A1 null at dlp1 | load-balancer 10.10.3.1 | fin fin | server 46, server 47, server 51',
      'client server':
        '300.049 client | A1 10.10.1.101 at dlp1 | load-balancer 10.10.2.10 | fin fin | server 46, client 46, server 47, client 47',
    },
  ],
  [
    'a load balancer resets both sides',
    DLP,
    () => idle(balancer('rst'), 'waits', AT_VIP),
    {
      client:
        '301.094 client | A1 10.10.1.101 at a server | load-balancer 10.10.2.10 | rst rst-at-expiry | client 92, client 96',
      server:
        'info severed-idle 301.091 server | A1 null at dlp1 | load-balancer 10.10.3.1 | rst rst-at-expiry | server 92, server 96, server 103',
      'client server':
        '301.094 client | A1 10.10.1.101 at dlp1 | load-balancer 10.10.2.10 | rst rst-at-expiry | server 92, client 92, server 96, client 96',
    },
  ],
  [
    'a load balancer forgets',
    DLP,
    () => idle(balancer('forget'), 'speaks', AT_VIP),
    {
      client:
        '312.119 client | A1 10.10.1.101 at a server | load-balancer 10.10.2.10 | rst rst-on-next | client 92, client 98, client 99',
      server:
        'info severed-idle 342.141 server | A1 null at dlp1 | middlebox | silent silent | server 92, server 102',
      'client server':
        '312.119 client | A1 10.10.1.101 at dlp1 | load-balancer 10.10.2.10 | rst rst-on-next | client 92, client 98, client 99',
    },
  ],
  [
    'a firewall resets the next segment',
    FIREWALL,
    () => idle(forgetting('rst-on-next'), 'speaks'),
    {
      client:
        '312.128 client | A1 10.10.1.101 at dlp1 | firewall 10.10.1.1 | rst rst-on-next | client 92, client 98, client 99',
      server:
        'info severed-idle 342.143 server | A1 10.10.1.101 at dlp1 | middlebox | silent silent | server 92, server 102',
      'client server':
        '312.128 client | A1 10.10.1.101 at dlp1 | firewall 10.10.1.1 | rst rst-on-next | client 92, client 98, client 99',
    },
  ],
  [
    'a firewall resets both sides',
    FIREWALL,
    () => idle(forgetting('rst-both'), 'waits'),
    {
      client:
        '301.103 client | A1 10.10.1.101 at dlp1 | firewall 10.10.1.1 | rst rst-at-expiry | client 92, client 96',
      server:
        '301.099 server | A1 10.10.1.101 at dlp1 | firewall 10.10.1.1 | rst rst-at-expiry | server 92, server 96',
      'client server':
        '301.103 client | A1 10.10.1.101 at dlp1 | firewall 10.10.1.1 | rst rst-at-expiry | client 92, server 92, server 96, client 96',
    },
  ],
  [
    'a firewall resets both sides, and its resets have come as far as packets of the ends',
    FIREWALL,
    () => idle(firewall({ idle: seconds(300), forgets: 'rst-both', hopLimit: 63 }), 'waits'),
    {
      client: '',
      server: '',
      'client server':
        '301.103 client | A1 10.10.1.101 at dlp1 | firewall 10.10.1.1 | rst rst-at-expiry | client 92, server 92, server 96, client 96',
    },
  ],
  [
    'a firewall forgets silently',
    FIREWALL,
    () => idle(forgetting('silently'), 'speaks'),
    {
      client:
        '312.121 client | A1 10.10.1.101 at dlp1 | firewall 10.10.1.1 | silent silent | client 92, client 98, client 103, client 108',
      server:
        'info severed-idle 342.139 server | A1 10.10.1.101 at dlp1 | middlebox | silent silent | server 92, server 102',
      'client server':
        '312.121 client | A1 10.10.1.101 at dlp1 | firewall 10.10.1.1 | silent silent | client 92, client 98, client 103, client 108',
    },
  ],
  [
    'a firewall that nobody configured',
    undefined,
    () => idle(forgetting('silently'), 'speaks'),
    {
      client:
        '312.121 client | 10.10.1.101 10.10.1.101 at 10.10.3.11:8000 | middlebox | silent silent | client 92, client 98, client 103, client 108',
      server: '',
      'client server':
        '312.121 client | 10.10.1.101 10.10.1.101 at 10.10.3.11:8000 | middlebox | silent silent | client 92, client 98, client 103, client 108',
    },
  ],
])('%s', (_what, config, play, expected) => {
  test('is told by each tap, and by all together', async () => {
    const s = play()
    const taps = [...s.captures().keys()]
    const told = [...taps.map((tap) => [tap]), taps].map(async (seen) => {
      const found = (await analysed(s, { config, taps: seen })).findings('severed-idle')
      return [seen.join(' '), found.map(inShort).join('\n').replace('critical severed-idle ', '')]
    })
    expect(Object.fromEntries(await Promise.all(told))).toEqual(expected)
  })
})

test('a server that asks in vain is there: what did not reach it was swallowed on the way', async () => {
  const s = scenario().behind(forgetting('silently', 100))
  const { agent, server } = attach(s, 'A1', A1, DIRECT)
  server.keepsAlive(seconds(150))
  s.wait(seconds(130))
  agent.sends('report')
  s.wait(seconds(40))
  attach(s, 'A1', A1, `${DLP2}:8000`)
  s.wait(seconds(300))
  const told = async (taps: readonly string[]): Promise<string[]> =>
    (await analysed(s, { config: FIREWALL, taps })).findings('severed-idle').map(inShort)
  expect(await told(['client', 'server'])).toEqual([
    'critical severed-idle 131.050 client | A1 10.10.1.101 at dlp1 | firewall 10.10.1.1 | silent silent | client 46, server 46, client 47, client 51, server 57, client 53',
  ])
  expect(await told(['client'])).toEqual([])
})
