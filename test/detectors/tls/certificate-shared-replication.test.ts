import { expect, test } from 'vitest'
import { certificateSharedReplication } from '../../../src/detectors/tls/certificate-shared-replication.ts'
import { scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { cluster, replicates } from '../cluster/scenes.ts'
import { STORIES } from '../stories.ts'
import { shown } from './scenes.ts'

test('one certificate on two members', async () => {
  const { config, play } = STORIES['certificate-shared-replication']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('certificate-shared-replication')
  expect(found.map(inShort)).toEqual([
    'warning certificate-shared-replication 2.064 client | nobody at sems1 | server 10.10.9.21 |  | client 5, client 19',
  ])
  expect(found[0]!.details).toMatchObject({ servers: ['sems2', 'sems1'], subject: 'CN=keys.example.com' })
})

keepsQuiet(certificateSharedReplication, {
  'members with certificates of their own': {
    config: cluster(),
    play() {
      const s = scenario()
      replicates(s, 1, 2, shown({ serial: 2 }))
      replicates(s, 2, 1, shown({ serial: 1 }))
      return s
    },
  },
  'one member that is reached under several addresses': {
    config: cluster({
      servers: [
        { name: 'sems1', addresses: ['10.10.3.21'], replicationAddresses: ['10.10.9.21'] },
        { name: 'sems2', addresses: ['10.10.3.22'], replicationAddresses: ['10.10.9.22', '10.10.9.23'] },
      ],
    }),
    play() {
      const s = scenario()
      replicates(s, 1, 2, shown())
      replicates(s, 1, 3, shown())
      return s
    },
  },
})
