import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pcapngWriter } from '../../../collectors/pcapng-writer.ts'
import type { Uploads } from '../../../src/api/ports.ts'
import { type CaptureFolder, openFolder } from '../../../src/cli/serve/folder.ts'
import { uploads } from '../../../src/cli/serve/uploads.ts'
import { captureFile } from '../../../src/store/captures.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { netflow5 } from '../../scenario/exports.ts'

let place: string
let store: Store
let folder: CaptureFolder
let port: Uploads
const read = new Set<number>()
const LOG_SAMPLES = join(import.meta.dirname, '../../collectors/logs/samples')

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'holdfast-uploads-'))
  store = openStore(join(place, 'test.db'))
  folder = openFolder(join(place, 'test.db-captures'))
  read.clear()
  port = portWith({})
})
afterEach(() => {
  folder.unlock()
  store.close()
  rmSync(place, { recursive: true })
})

const portWith = (over: { sizeMax?: number; folder?: CaptureFolder }): Uploads =>
  uploads({ store, folder, sizeMax: 1_000_000, now: () => 5, isRead: (id) => read.has(id), ...over })

/** A capture of `packets` packets of 100 octets each. */
function capture(packets: number, seed = 0): Buffer {
  const writer = pcapngWriter({ application: 'test', comment: `seed ${seed}` })
  const one = { tap: '', linkType: 1, time: 1e15, nanoseconds: 0, wireLength: 100, comment: '' }
  const bytes = new Uint8Array(100).fill(seed)
  return Buffer.concat([
    writer.header(),
    ...Array.from({ length: packets }, () => writer.packet({ ...one, bytes })),
  ])
}

const pieces = (whole: Buffer, size: number): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
      whole.subarray(i * size, (i + 1) * size),
    ),
  )

interface Sending {
  readonly name?: string
  readonly length?: number | null
  readonly size?: number
  readonly to?: Uploads
}

const send = (
  bytes: Buffer,
  { name = 'a.pcapng', length = bytes.length, size = 1000, to = port }: Sending = {},
) => to.receive(pieces(bytes, size), { name, length, signal: new AbortController().signal })

/** What is in the folder besides its lock. */
const kept = (): string[] => readdirSync(folder.path).filter((name) => !name.startsWith('.lock'))
const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

describe('an upload', () => {
  test.each([1, 7, 1000, 1 << 20])(
    'in pieces of %i octets is kept under its hash, then has a row',
    async (size) => {
      const bytes = capture(20)
      const { id, isNew } = await send(bytes, { size, length: null })
      expect(isNew).toBe(true)
      expect(captureFile(store, id)).toEqual({
        id,
        name: 'a.pcapng',
        stored: hashOf(bytes),
        size: bytes.length,
        sha256: hashOf(bytes),
      })
      expect(kept()).toEqual([hashOf(bytes)])
      expect(readFileSync(folder.pathOf(hashOf(bytes)))).toEqual(bytes)
    },
  )

  test('of flow records, told by their first octets, is kept as well', async () => {
    const bytes = Buffer.from(netflow5([{}, {}]))
    await send(bytes, { name: 'flows.dat', size: 1 })
    expect(kept()).toEqual([hashOf(bytes)])
  })

  test.each(['nfdump-1.6.csv', 'zeek/conn.txt', 'zeek/ssl.txt'])(
    'of a log of flows is kept as well: %s',
    async (name) => {
      const bytes = readFileSync(join(LOG_SAMPLES, name))
      await send(bytes, { name: 'flows', size: 7 })
      expect(kept()).toEqual([hashOf(bytes)])
    },
  )

  test('of octets that are kept already is recognised', async () => {
    const bytes = capture(3)
    const first = await send(bytes)
    const again = await send(bytes, { name: 'another name.pcap' })
    expect(again).toEqual({ id: first.id, isNew: false })
    expect(kept()).toEqual([hashOf(bytes)])
  })

  test('of octets that were removed is new', async () => {
    const bytes = capture(3)
    const first = await send(bytes)
    await port.remove(first.id)
    expect(kept()).toEqual([])
    const { isNew } = await send(bytes)
    expect([isNew, kept()]).toEqual([true, [hashOf(bytes)]])
  })

  test('whose file has vanished is taken again', async () => {
    const bytes = capture(3)
    const first = await send(bytes)
    rmSync(folder.pathOf(hashOf(bytes)))
    expect(await send(bytes)).toEqual({ id: first.id, isNew: true })
    expect(kept()).toEqual([hashOf(bytes)])
  })

  test('two at once of the same octets are one capture', async () => {
    const bytes = capture(50)
    const answers = await Promise.all([send(bytes), send(bytes, { size: 300 })])
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(kept()).toEqual([hashOf(bytes)])
  })
})

describe('refused, and nothing is left', () => {
  const refused = async (attempt: Promise<unknown>, reason: string, sentence: RegExp): Promise<void> => {
    await expect(attempt).rejects.toMatchObject({ reason, message: expect.stringMatching(sentence) })
    expect(kept()).toEqual([])
  }

  test('too large, by what it says', () =>
    refused(send(capture(1), { length: 1_000_001 }), 'too-large', /at most 1 MB/))

  test('too large, by what arrives', () =>
    refused(send(capture(9000), { length: null }), 'too-large', /at most 1 MB/))

  test('longer than the disk has room for', () => {
    const full = portWith({ folder: { ...folder, room: () => Promise.resolve(10) } })
    return refused(send(capture(1), { to: full }), 'no-space', /no room/)
  })

  test('no capture', () =>
    refused(
      send(Buffer.alloc(500_000), { name: 'zeros' }),
      'unusable',
      /^zeros is not a capture: starts with 00/,
    ))

  test('nothing', () => refused(send(Buffer.alloc(0)), 'unusable', /is empty/))

  test('packed, and no capture inside', () =>
    refused(send(gzipSync(Buffer.alloc(5000)), { name: 'x.gz' }), 'unusable', /^x\.gz is not a capture/))

  test('shorter than it said', () =>
    refused(send(capture(2), { length: 5000 }), 'incomplete', /of 5000 octets arrived/))

  test('broken off by the client', async () => {
    const cut = new Readable({ read: () => undefined })
    cut.on('error', () => undefined) // it may break before anybody reads
    const about = { name: 'a', length: null, signal: new AbortController().signal }
    const attempt = port.receive(cut, about)
    cut.push(capture(5).subarray(0, 300))
    setTimeout(() => cut.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })), 20)
    await refused(attempt, 'incomplete', /broken off/)
  })

  test('too slow, as the server says', async () => {
    const stop = new AbortController()
    const slow = new Readable({ read: () => undefined })
    const attempt = port.receive(slow, { name: 'a', length: null, signal: stop.signal })
    slow.push(capture(5).subarray(0, 300))
    setTimeout(() => stop.abort(), 20)
    await refused(attempt, 'incomplete', /broken off/)
  })
})

describe('removing', () => {
  test('what is not there', () => expect(port.remove(9)).rejects.toMatchObject({ reason: 'not-found' }))

  test('what a job reads is refused', async () => {
    const { id } = await send(capture(2))
    read.add(id)
    await expect(port.remove(id)).rejects.toMatchObject({ reason: 'conflict' })
    expect(kept()).toHaveLength(1)
  })
})

describe('the folder', () => {
  test('belongs to one server at a time', () => {
    expect(() => openFolder(folder.path)).toThrow(/in use by another holdfast serve/)
    folder.unlock()
    folder = openFolder(folder.path)
  })

  test('is rid of what no row speaks of, and of nothing else', async () => {
    const bytes = capture(2)
    await send(bytes)
    writeFileSync(folder.arriving(), 'half')
    writeFileSync(join(folder.path, 'a'.repeat(64)), 'whole, without a row')
    writeFileSync(join(folder.path, 'notes.txt'), 'not ours')
    expect(folder.tidy((stored) => stored === hashOf(bytes))).toBe(2)
    expect(kept().sort()).toEqual([hashOf(bytes), 'notes.txt'].sort())
  })

  test.each(['', '../test.db', 'a/b', `${'a'.repeat(63)}/`, 'A'.repeat(64)])(
    '%j is no name in it',
    (name) => {
      expect(() => folder.pathOf(name)).toThrow('not the name of a kept capture')
      expect(existsSync(join(place, 'test.db'))).toBe(true)
    },
  )
})
