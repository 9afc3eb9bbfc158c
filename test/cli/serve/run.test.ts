/** The server as its users meet it: a process, asked over HTTP. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openCaptureFile } from '../../../collectors/index.ts'
import { pcapngWriter } from '../../../collectors/pcapng-writer.ts'
import { readAll } from '../../collectors/reading.ts'
import { missing } from '../../tools.ts'
import { holdfast } from '../kept.ts'
import {
  events,
  fixture,
  get,
  post,
  remove,
  type RunningServer,
  settled,
  startServer,
  upload,
} from './server.ts'

const execute = promisify(execFile)
const CASE = 'severed-by-load-balancer'
const CONFIG = new TextDecoder().decode(fixture(`${CASE}/holdfast.yaml`))

let place: string
beforeEach(() => (place = mkdtempSync(join(tmpdir(), 'holdfast-serve-'))))
afterEach(() => rmSync(place, { recursive: true }))

describe('from an upload to its proof', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-serve-'))
  const db = join(folder, 'test.db')
  let server: RunningServer
  let analysis: number
  beforeAll(async () => {
    server = await startServer('--db', db)
  })
  afterAll(async () => {
    await server.end('SIGKILL')
    rmSync(folder, { recursive: true })
  })
  const kept = (): string[] => readdirSync(`${db}-captures`).filter((name) => /^[0-9a-f]{64}$/.test(name))

  test('captures are taken, and known again', async () => {
    const first = await upload(server, 'office.pcap.gz', fixture(`${CASE}/client.pcap.gz`))
    const second = await upload(server, 'dmz.pcap.gz', fixture(`${CASE}/server.pcap.gz`))
    const again = await upload(server, 'copy.pcap.gz', fixture(`${CASE}/client.pcap.gz`))
    expect([first, second, again].map(({ status, body }) => [status, body.id])).toEqual([
      [201, 1],
      [201, 2],
      [200, 1],
    ])
    expect(new Set(kept())).toEqual(new Set([first.body.sha256, second.body.sha256]))
  })

  test('are analysed together, and whoever listens is told', async () => {
    const captures = [
      { id: 1, tap: 'client' },
      { id: 2, tap: 'server' },
    ]
    const asked = await post(server, '/analyses', { captures, config: CONFIG })
    expect(asked.status).toBe(201)
    analysis = asked.body.id
    const told = await events(
      server,
      ({ name, data }) => name === 'analysis' && data.analysis.state === 'done',
    )
    const end = told.at(-1)!.data.analysis
    expect(end).toMatchObject({
      id: analysis,
      packets: 2264,
      error: null,
      incidents: { critical: 1, warning: 2, info: 0 },
    })
    expect(told.filter(({ name }) => name === 'capture').length).toBeGreaterThan(0)
    expect(
      new Set(told.filter(({ name }) => name === 'incident').map(({ data }) => data.incident.type)),
    ).toContain('severed-idle')
  })

  test('the incident is there, and a person can take it on', async () => {
    const { body } = await get(server, '/incidents?severity=critical')
    const [incident] = body.items
    expect(incident).toMatchObject({ type: 'severed-idle', state: 'open' })
    const taken = await post(server, `/incidents/${incident.id}/state`, {
      state: 'acknowledged',
      note: 'calling the vendor',
    })
    expect(taken.body).toMatchObject({ state: 'acknowledged', history: [{ note: 'calling the vendor' }] })
  })

  const carved = async (path: string): Promise<string> => {
    const response = await fetch(`${server.api}${path}`)
    expect(response.status).toBe(200)
    const file = join(folder, 'carved.pcapng')
    writeFileSync(file, new Uint8Array(await response.arrayBuffer()))
    return file
  }

  test('its packets can be had, with what each proves', async () => {
    const { body } = await get(server, '/incidents?severity=critical')
    const file = await carved(`/incidents/${body.items[0].id}/packets`)
    const reader = await openCaptureFile(file)
    const { rows } = await readAll(reader)
    reader.close()
    expect(rows.length).toBeGreaterThan(5)
    const texts = reader.comments.filter(({ packet }) => packet !== null).map(({ text }) => text)
    expect(texts.every((text) => /^HF-\d+: .+\nPacket \d+ of (?:office|dmz)\.pcap\.gz\.$/s.test(text))).toBe(
      true,
    )
  })

  test.skipIf(missing('tshark'))('and those of a connection, as tshark finds them', async () => {
    const { body } = await get(server, '/connections')
    const one = body.items.find((row: { tap: string }) => row.tap === 'client')
    const file = await carved(`/connections/${one.id}/packets`)
    // Waited for, not stopped for: who does not listen for longer than a server keeps an idle connection
    // sends the next request into a closed one.
    const packets = async (path: string, filter: string): Promise<string> => {
      const words = ['-r', path, '-Y', filter, '-T', 'fields', '-e', 'frame.time_epoch']
      return (await execute('tshark', words)).stdout
    }
    const original = join(folder, 'original.pcap.gz')
    writeFileSync(original, fixture(`${CASE}/client.pcap.gz`))
    const { client, serverEndpoint } = one
    const filter = [client, serverEndpoint]
      .map(({ address, port }) => `ip.addr==${address} && tcp.port==${port}`)
      .join(' && ')
    expect(await packets(file, 'tcp')).toBe(await packets(original, filter))
  })

  test('a capture that is removed leaves its findings and their proof', async () => {
    expect((await remove(server, '/captures/1')).status).toBe(204)
    expect(kept()).toHaveLength(1)
    const { body } = await get(server, '/incidents?severity=critical')
    expect(body.items).toHaveLength(1)
    expect((await openCaptureFile(await carved(`/incidents/${body.items[0].id}/packets`))).format).toBe(
      'pcapng',
    )
    const gone = await get(server, '/connections')
    const lost = gone.body.items.find((row: { capture: number }) => row.capture === 1)
    const refused = await get(server, `/connections/${lost.id}/packets`)
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/office\.pcap\.gz is not kept any more/) },
    })
  })

  test('what cannot be used is refused in words', async () => {
    const zeros = await upload(server, 'zeros', new Uint8Array(100_000))
    expect(zeros).toMatchObject({
      status: 422,
      body: { detail: expect.stringMatching(/^zeros is not a capture/) },
    })
    const config = await post(server, '/analyses', { captures: [{ id: 2 }], config: 'servces: []' })
    const detail = 'config:1:1: servces is not a key; did you mean services?'
    expect(config).toMatchObject({ status: 422, body: { field: 'config', detail } })
    expect((await post(server, '/analyses', { captures: [{ id: 77 }] })).status).toBe(404)
    expect(kept()).toHaveLength(1)
  })

  test('a bomb fails its own job, in words', async () => {
    const { status, body } = await upload(server, 'bomb.pcapng.gz', bomb())
    expect(status).toBe(201)
    const { body: job } = await post(server, '/analyses', { captures: [{ id: body.id }] })
    expect(await settled(server, job.id)).toMatchObject({
      state: 'failed',
      error: expect.stringMatching(
        /^bomb\.pcapng\.gz was not analysed: the gzip data unpacks to more than 1000 times its size/,
      ),
    })
    expect((await get(server, '/incidents')).body.total).toBe(3)
  })

  test('an analysis can be taken away, and with it what it found', async () => {
    expect((await remove(server, `/analyses/${analysis}`)).status).toBe(204)
    const { body } = await get(server, '/incidents')
    // A person has touched the one that is left.
    expect(body.items.map((row: { state: string }) => row.state)).toEqual(['acknowledged'])
  })

  test('another server cannot use the same database', async () => {
    await expect(startServer('--db', db)).rejects.toThrow(/in use by another holdfast serve/)
  })

  test('SIGTERM ends it cleanly', async () => {
    expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(readdirSync(folder).filter((name) => name.endsWith('-wal'))).toEqual([])
  })
})

/** A pcapng whose second block claims to be nearly 4 GiB long: zeros, which gzip packs 1028 times. */
function bomb(): Uint8Array<ArrayBuffer> {
  const header = pcapngWriter({ application: 'test', comment: '' }).header()
  const block = Buffer.alloc(8)
  block.writeUInt32LE(0x7777, 0)
  block.writeUInt32LE(0xffff_fff0, 4)
  const zeros = gzipSync(Buffer.alloc(64 << 20))
  return new Uint8Array(
    Buffer.concat([gzipSync(Buffer.concat([header, block])), ...Array.from({ length: 40 }, () => zeros)]),
  )
}

describe('doors', () => {
  test('others are not let in without a token', async () => {
    const db = join(place, 'test.db')
    const { exitCode, error } = await holdfast('serve', '--listen', '0.0.0.0:0', '--db', db)
    expect([exitCode, error]).toEqual([
      1,
      expect.stringMatching(
        /^holdfast: 0\.0\.0\.0 can be reached by others and .* has no token: make one with 'holdfast token add/,
      ),
    ])
  })

  test('nor by a proxy, which comes from this machine', async () => {
    const db = join(place, 'test.db')
    const { exitCode, error } = await holdfast('serve', '--listen', '127.0.0.1:0', '--https', '--db', db)
    expect([exitCode, error]).toEqual([
      1,
      expect.stringMatching(/^holdfast: --https says that a proxy brings others here and .* has no token: /),
    ])
  })

  test('with one, it opens to who has it', async () => {
    const db = join(place, 'test.db')
    const { out } = await holdfast('token', 'add', 'ada', '--role', 'viewer', '--db', db)
    const server = await startServer('--db', db)
    try {
      expect((await get(server, '/incidents')).status).toBe(401)
      const headers = { authorization: `Bearer ${out.trim()}` }
      expect((await fetch(`${server.api}/incidents`, { headers })).status).toBe(200)
      expect(server.log()).not.toContain(out.trim())
    } finally {
      await server.end('SIGKILL')
    }
  })
})

describe('refused before anything is served', () => {
  test('a configuration with mistakes', async () => {
    const config = join(place, 'holdfast.yaml')
    writeFileSync(config, 'servces: []\n')
    const { exitCode, error } = await holdfast('serve', '--config', config, '--db', join(place, 'a.db'))
    expect([exitCode, error]).toEqual([1, expect.stringMatching(/holdfast\.yaml:1:1: /)])
  })

  test('a database of something else', async () => {
    const db = join(place, 'a.db')
    writeFileSync(db, 'not a database, and long enough to be told from one'.repeat(100))
    const { exitCode, error } = await holdfast('serve', '--db', db)
    expect([exitCode, error]).toEqual([1, expect.stringMatching(/is no database/)])
  })
})
