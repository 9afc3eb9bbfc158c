import { expect, test } from 'vitest'
import { clientOnReplicationInterface } from '../../../src/detectors/cluster/client-on-replication-interface.ts'
import { seconds } from '../../../src/model/time.ts'
import { request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { BALANCER, clientSide, cluster, inner, replicates, USER } from './scenes.ts'

/** Somebody says something to an address. */
function talks(to: string, from = USER, words: string | Uint8Array = 'hello there'): Scenario {
  const s = scenario()
  const { agent } = s.connect(from, to)
  if (words.length > 0) agent.sends(words).receives(response())
  agent.closes()
  s.wait(seconds(3))
  return s
}

test('a client at the interface between servers', async () => {
  const { config, play } = STORIES['client-on-replication-interface']
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('client-on-replication-interface').map(inShort)).toEqual([
    'warning client-on-replication-interface 0.012 client | 10.10.1.101 10.10.1.101 at sems1 | agent 10.10.1.101 |  | client 4',
  ])
  expect(analysis.incident('client-on-replication-interface').summary).toBe(
    '1 client talked to 10.10.9.21, which is for traffic between servers.',
  )
})

test('is told once for a client', async () => {
  const s = talks(`${inner(1)}:443`)
  s.connect(USER, `${inner(1)}:443`)
    .agent.sends('again')
    .closes()
  expect((await analysed(s, { config: cluster() })).told).toEqual(['warning client-on-replication-interface'])
})

keepsQuiet(clientOnReplicationInterface, {
  'another member of the cluster': [
    {
      config: cluster(),
      play() {
        const s = scenario()
        replicates(s, 1, 2)
        return s
      },
    },
    { config: cluster(), play: () => talks(`${inner(2)}:443`, clientSide(1)) },
  ],
  'administrators at ports of their own': { config: cluster(), play: () => talks(`${inner(1)}:9000`) },
  'an address that is for clients as well': {
    config: cluster({
      servers: [{ name: 'sems1', addresses: [inner(1)], replicationAddresses: [inner(1)] }],
    }),
    play: () => talks(`${inner(1)}:443`),
  },
  'a health check, or a port that was merely tried': [
    { config: cluster(), play: () => talks(`${inner(1)}:443`, BALANCER, request('GET', '/health')) },
    { config: cluster(), play: () => talks(`${inner(1)}:443`, USER, '') },
  ],
})
