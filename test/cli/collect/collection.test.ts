/** A collection, from its first packet to its end. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { collect } from '../../../src/cli/collect/collection.ts'
import { seconds } from '../../../src/model/time.ts'
import { folder } from '../../store/database.ts'

test('who is behind says so, and that it has caught up', async () => {
  const place = folder()
  const ring = join(place, 'ring')
  mkdirSync(ring)
  // Packets of long ago, by the clock that stamped them.
  const packets = readFileSync('fixtures/severed-by-load-balancer/client.pcap.gz')
  writeFileSync(join(ring, '1.pcap'), gunzipSync(packets))
  const wish = new SharedArrayBuffer(4)
  const said: string[] = []
  const end = await collect(
    {
      database: join(place, 'c.db'),
      collector: 'ring',
      tap: '',
      source: { kind: 'folder', path: ring },
      config: null,
      plainSecrets: false,
      resolveAfter: seconds(7200),
      checkpointEvery: null,
      wish,
    },
    (message) => {
      if (!('says' in message)) return
      said.push(message.says)
      if (message.says.endsWith('has caught up')) Atomics.store(new Int32Array(wish), 0, 1)
    },
  )
  expect(end).toEqual({ state: 'stopped' })
  expect(said).toEqual([
    expect.stringMatching(/^ring: behind by \d+\.\d s$/) as string,
    'ring: has caught up',
  ])
})
