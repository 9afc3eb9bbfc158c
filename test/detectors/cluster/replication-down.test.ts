import { expect, test } from 'vitest'
import { replicationDown } from '../../../src/detectors/cluster/replication-down.ts'
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { cannotReplicate, clientSide, cluster, inner, replicates } from './scenes.ts'

const told = (play: (s: Scenario) => void) => (): Scenario => {
  const s = scenario()
  play(s)
  return s
}

test('a member that refuses again and again', async () => {
  const { config, play } = STORIES['replication-down']
  const found = (await analysed(play(), { config })).findings('replication-down')
  expect(found.map(inShort)).toEqual([
    'warning replication-down 0.000 client | nobody at sems2 | server 10.10.9.22 |  | client 1, client 3',
  ])
  expect(found[0]!.details).toEqual({
    from: 'sems1',
    to: 'sems2',
    manner: 'refused',
    failures: 2,
    attempts: 1,
  })
})

test('one try is enough if TCP itself repeated it', async () => {
  const story = told((s) => cannotReplicate(s, 'silent'))()
  const [found] = (await analysed(story, { config: cluster() })).findings('replication-down')
  expect([found!.details['manner'], found!.details['failures']]).toEqual(['unanswered', 1])
})

test('is told again only after it had worked', async () => {
  const story = told((s) => {
    for (let i = 0; i < 4; i++) cannotReplicate(s)
    s.host(inner(2)).health = 'up'
    replicates(s, 1, 2)
    for (let i = 0; i < 2; i++) cannotReplicate(s)
  })()
  expect((await analysed(story, { config: cluster() })).findings('replication-down')).toHaveLength(2)
})

/** So many members of SEMS, each of which replicates with the next one. */
const many = (count: number) => ({
  config: cluster({
    profile: 'symantec-sems',
    servers: Array.from({ length: count }, (_, i) => ({
      name: `sems${i + 1}`,
      addresses: [clientSide(i + 1)],
      replicationAddresses: [inner(i + 1)],
    })),
  }),
  play: told((s) => {
    for (let n = 1; n < count; n++) replicates(s, n, n + 1)
  }),
})

test('more members than the product allows', async () => {
  const { config, play } = many(7)
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('replication-down').map(({ details }) => details['allowed'])).toEqual([6])
  expect(analysis.incident('replication-down')).toMatchObject({
    title: '7 members of sems replicate',
    requirements: ['S2-54'],
  })
})

keepsQuiet(replicationDown, {
  'a single try that failed': { config: cluster(), play: told((s) => cannotReplicate(s)) },
  'tries that succeed in between': {
    config: cluster(),
    play: told((s) => {
      cannotReplicate(s)
      s.host(inner(2)).health = 'up'
      replicates(s, 1, 2)
      cannotReplicate(s)
    }),
  },
  'servers that do not reach each other at other ports': {
    config: cluster(),
    play: told((s) => {
      s.host(clientSide(2), { side: 'servers' }).health = 'refusing'
      for (let i = 0; i < 3; i++) {
        s.connect(clientSide(1), `${clientSide(2)}:22`)
        s.wait(seconds(5))
      }
    }),
  },
  'as many members as the product allows': many(6),
})
