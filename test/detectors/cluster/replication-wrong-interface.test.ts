import { expect, test } from 'vitest'
import { replicationWrongInterface } from '../../../src/detectors/cluster/replication-wrong-interface.ts'
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { clientSide, cluster, replicates } from './scenes.ts'

test('members that meet at the addresses for clients', async () => {
  const { config, play } = STORIES['replication-wrong-interface']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('replication-wrong-interface')
  expect(found.map(inShort)).toEqual([
    'warning replication-wrong-interface 0.000 client | nobody at sems1 | server 10.10.3.21 |  | client 1',
  ])
  expect(found[0]!.details).toEqual({
    from: 'sems1',
    to: 'sems2',
    fromAddress: '10.10.3.21',
    toAddress: '10.10.3.22',
    expected: ['10.10.9.21'],
  })
  expect(analysis.incident('replication-wrong-interface').summary).toMatch(/^1 pair of servers replicated/)
})

test('is told once for two members, whoever connects, and without a product', async () => {
  const s = scenario()
  replicates(s, 1, 2, null, clientSide)
  replicates(s, 2, 1, null, clientSide)
  expect((await analysed(s, { config: cluster() })).told).toEqual(['warning replication-wrong-interface'])
})

test('SEMS replicates at 444 if nobody says otherwise', async () => {
  const { play } = STORIES['replication-wrong-interface']
  const config = cluster({ profile: 'symantec-sems', replication: undefined })
  expect((await analysed(play(), { config })).told).toEqual(['warning replication-wrong-interface'])
})

keepsQuiet(replicationWrongInterface, {
  'replication between the addresses that are for it': {
    config: cluster(),
    play() {
      const s = scenario()
      replicates(s, 1, 2)
      replicates(s, 2, 1)
      return s
    },
  },
  'servers that the configuration gives no addresses for replication': {
    config: cluster({ servers: [1, 2].map((n) => ({ name: `sems${n}`, addresses: [clientSide(n)] })) }),
    play: STORIES['replication-wrong-interface'].play,
  },
  'servers that talk to one another at other ports': {
    config: cluster(),
    play() {
      const s = scenario()
      s.connect(clientSide(1), `${clientSide(2)}:443`)
        .agent.sends('hello')
        .closes()
      s.wait(seconds(1))
      return s
    },
  },
})
