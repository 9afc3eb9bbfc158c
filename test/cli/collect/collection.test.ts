/** A collection, from its first packet to its end. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { collect } from '../../../src/cli/collect/collection.ts'
import type { CollectionOrder } from '../../../src/cli/collect/order.ts'
import { seconds } from '../../../src/model/time.ts'
import { folder } from '../../store/database.ts'

const orderIn = (place: string): CollectionOrder => ({
  database: join(place, 'c.db'),
  collector: 'ring',
  tap: '',
  source: { kind: 'folder', path: place },
  config: null,
  plainSecrets: false,
  resolveAfter: seconds(7200),
  checkpointEvery: null,
  wish: new SharedArrayBuffer(4),
})

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
    { ...orderIn(place), source: { kind: 'folder', path: ring }, wish },
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

const listening = async (port: number): Promise<Server> => {
  const server = createServer().listen(port, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return server
}

test('what cannot begin keeps nothing open', async () => {
  const server = await listening(0)
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const source = { kind: 'listen', host: '127.0.0.1', port } as const
  const end = await collect({ ...orderIn(folder()), source, config: 'services: [' }, () => undefined)
  expect(end).toMatchObject({ state: 'failed', error: expect.stringContaining('configuration:1:') as string })
  const again = await listening(port)
  again.close()
})

test('what fails while nothing comes is how it ends', async () => {
  let states = 0
  const end = await collect(orderIn(folder()), (message) => {
    if (!('live' in message) || states++ < 2) return
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  })
  expect(end).toEqual({ state: 'failed', error: 'no space left on device' })
})
