/** A stored connection says what `analyze --format ndjson` says of it: no more, and no less. */
import { expect, test } from 'vitest'
import type { ConnectionRecord } from '../../../src/model/record.ts'
import { ndjsonSink } from '../../../src/cli/output/ndjson.ts'
import { connectionView } from '../../../src/store/queries/connections.ts'
import { connection } from '../../cli/output/story.ts'
import { recordedConsole } from '../../cli/console.ts'
import { analysed, database } from '../database.ts'

const tls = { version: 'TLS 1.3', sni: 'a.example' } as unknown as ConnectionRecord['tls']

test.each<[string, Partial<ConnectionRecord>]>([
  ['packets', { tls, http: { requests: 3, responses: 2 }, path: ['vxlan 42 10.0.0.1 10.0.0.2'] }],
  [
    'flow records',
    {
      endReason: null,
      handshakeRttSeconds: null,
      flows: { maxIdleAtMost: 45_000_000, octets: [4_410, 93_000] },
    },
  ],
])('told by %s', (_, changes) => {
  const told = connection(changes)
  const console = recordedConsole()
  const sink = ndjsonSink(new Set(['connection']), console.out)
  sink.write(told)
  sink.finish()
  const store = database()
  analysed(store, ['client'], [told])
  expect(connectionView(store, 1)!.record).toEqual(JSON.parse(console.written.out))
  store.close()
})
