import { execFileSync } from 'node:child_process'
import { createWriteStream, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import {
  AT_ONCE_BYTES,
  DISK_MS,
  HEAD_BYTES,
  TURN_MS,
  WAITED_MS,
  fileSource,
  isInputError,
  openSource,
  peek,
  streamSource,
} from '../../collectors/byte-source.ts'
import type { ByteSource } from '../../collectors/byte-source.ts'
import { joined } from '../scenario/pcap-writer.ts'
import { Clock, memorySource, pattern } from './reading.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-source-'))
afterAll(() => rmSync(folder, { recursive: true }))
const saved = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

async function contents(source: ByteSource, size = 1000): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const buffer = new Uint8Array(size + 3)
  for (let count; (count = await source.read(buffer, 3)) > 0;) parts.push(buffer.slice(3, 3 + count))
  return joined(parts)
}

/** One read that must not have to wait. */
function readAtOnce(source: ByteSource): number {
  const answer = source.read(new Uint8Array(1 << 16), 0)
  if (typeof answer !== 'number') throw new Error('the source waits')
  return answer
}

describe('a file', () => {
  const bytes = pattern(5000)

  test('is read into the place that is named, and again after a rewind', async () => {
    const source = openSource(saved('plain', bytes))
    expect(await source.read(new Uint8Array(10), 4)).toBe(6)
    expect([source.position, source.rawPosition, source.rawSize, source.compression]).toEqual([
      6,
      6,
      5000,
      null,
    ])
    source.rewind?.()
    expect(await contents(source)).toEqual(bytes)
    expect([source.position, source.fault]).toEqual([5000, null])
    source.close()
    source.close()
    expect(source.read(new Uint8Array(10), 0)).toBe(0)
  })

  test('that fails while it is read is a fault and the end', async () => {
    // Reading a directory is the failure that every system offers.
    const source = fileSource(openSync(folder, 'r'), 100)
    expect(await source.read(new Uint8Array(10), 0)).toBe(0)
    expect(source.fault).toEqual({ layer: 'file', at: 0, message: 'reading fails at offset 0: EISDIR' })
    source.close()
  })

  test('that is closed while it is read ends there, and its number is free only then', async () => {
    const path = saved('closed', bytes)
    const fd = openSync(path, 'r')
    const clock = new Clock()
    const source = fileSource(fd, 5000, clock.read)
    clock.now = TURN_MS
    const waiting = source.read(new Uint8Array(10), 0)
    source.close()
    expect(fstatSync(fd).size).toBe(5000)
    expect(await waiting).toBe(0)
    expect(() => fstatSync(fd)).toThrow('EBADF')
  })

  test('is read at once, in pieces, and by the pool when the event loop is to have its turn', async () => {
    const clock = new Clock()
    const path = saved('large', pattern(4 * AT_ONCE_BYTES))
    const source = fileSource(openSync(path, 'r'), 4 * AT_ONCE_BYTES, clock.read)
    const into = new Uint8Array(2 * AT_ONCE_BYTES)
    expect(source.read(into, 0)).toBe(AT_ONCE_BYTES)
    clock.now = TURN_MS
    const left = source.read(into, AT_ONCE_BYTES + 1)
    expect(left).toBeInstanceOf(Promise)
    expect(await left).toBe(AT_ONCE_BYTES - 1)
    expect(source.read(into, 0)).toBe(AT_ONCE_BYTES)
    expect(source.position).toBe(3 * AT_ONCE_BYTES - 1)
    source.close()
  })

  test('that was waited for is read by the pool for a while', async () => {
    const clock = new Clock()
    const source = fileSource(openSync(saved('slow', bytes), 'r'), 5000, clock.read)
    const into = new Uint8Array(10)
    clock.step = WAITED_MS + 1 // the time that each look at the clock takes, and so each read between two
    expect(source.read(into, 0)).toBe(10)
    clock.step = 0
    for (let i = 0; i < 3; i++) {
      const left = source.read(into, 0)
      expect(left).toBeInstanceOf(Promise)
      expect(await left).toBe(10)
    }
    clock.now += DISK_MS
    await source.read(into, 0) // the turn of the event loop
    expect(source.read(into, 0)).toBe(10)
    expect(source.position).toBe(60)
    source.close()
  })

  test.each([
    ['a memory', 0],
    ['a disk', WAITED_MS + 1],
    ['a slow memory', WAITED_MS],
  ])('gives the same octets from %s', async (_, step) => {
    const clock = new Clock()
    clock.step = step
    const source = fileSource(openSync(saved('same', bytes), 'r'), 5000, clock.read)
    expect(await contents(source, 300)).toEqual(bytes)
    expect([source.position, source.fault]).toEqual([5000, null])
    source.close()
  })

  test('that fails while the pool reads it is a fault and the end, too', async () => {
    const clock = new Clock()
    const source = fileSource(openSync(folder, 'r'), 100, clock.read)
    clock.now = TURN_MS
    expect(await source.read(new Uint8Array(10), 0)).toBe(0)
    expect(source.fault).toEqual({ layer: 'file', at: 0, message: 'reading fails at offset 0: EISDIR' })
    source.close()
  })

  test.each([
    ['nowhere', /nowhere: no such file$/],
    ['plain/inside', /inside: no such file$/],
    ['', / is a directory; a capture file is expected$/],
    ['x'.repeat(300), /: the name is too long$/],
  ])('that cannot be opened is explained: %s', (name, message) => {
    saved('plain', bytes)
    const opening = (): ByteSource => openSource(join(folder, name))
    expect(opening).toThrow(message)
    expect(opening).toThrow(expect.toSatisfy(isInputError))
  })
})

test.skipIf(process.platform === 'win32')(
  'a named pipe is a stream, and opening it waits for nobody',
  async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const source = openSource(path)
    const reading = contents(source)
    const writer = createWriteStream(path)
    writer.end('through a pipe')
    expect(Buffer.from(await reading).toString()).toBe('through a pipe')
    expect([source.rawSize, source.fault]).toEqual([NaN, null])
  },
)

describe('a stream', () => {
  test('delivers what arrives, whatever its pieces, then the end', async () => {
    const bytes = pattern(3000)
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 1), bytes.subarray(1, 2500), bytes.subarray(2500)]
    const source = streamSource(Readable.from(pieces.map((piece) => Buffer.from(piece))))
    expect(await contents(source, 700)).toEqual(bytes)
    expect([source.position, source.rawSize, source.fault, source.rewind]).toEqual([
      3000,
      NaN,
      null,
      undefined,
    ])
  })

  test('answers at once while it has something, and waits otherwise', async () => {
    const stream = new PassThrough()
    const source = streamSource(stream)
    stream.write('abc')
    expect(readAtOnce(source)).toBe(3)
    const buffer = new Uint8Array(9)
    const waiting = source.read(buffer, 2)
    expect(waiting).toBeInstanceOf(Promise)
    stream.write('de')
    expect(await waiting).toBe(2)
    expect([...buffer.subarray(0, 5)]).toEqual([0, 0, 100, 101, 0])
    stream.end()
    expect(await source.read(buffer, 0)).toBe(0)
    expect(source.read(buffer, 0)).toBe(0)
  })

  test('holds back a writer who is faster than the reader', async () => {
    const stream = new PassThrough({ highWaterMark: 1000 })
    const source = streamSource(stream)
    let written = 0
    while (stream.write(new Uint8Array(500))) written += 500
    await turn()
    expect(written).toBeLessThan(3000)
    expect(stream.writableNeedDrain).toBe(true)
    while (source.position < written + 500) await source.read(new Uint8Array(700), 0)
    await turn()
    expect([source.position, stream.writableNeedDrain]).toEqual([written + 500, false])
    source.close()
  })

  test.each<[string, (stream: PassThrough) => void, string | null]>([
    [
      'fails',
      (stream) => stream.destroy(Object.assign(new Error('x'), { code: 'EPIPE' })),
      'the stream fails (EPIPE) at offset 4',
    ],
    ['is closed too early', (stream) => stream.destroy(), 'the stream is closed before its end at offset 4'],
    ['ends', (stream) => void stream.end(), null],
  ])('that %s while somebody waits', async (_, happen, message) => {
    const stream = new PassThrough()
    const source = streamSource(stream)
    stream.write('abcd')
    readAtOnce(source)
    const waiting = source.read(new Uint8Array(9), 0)
    happen(stream)
    expect(await waiting).toBe(0)
    expect(source.fault).toEqual(message === null ? null : { layer: 'stream', at: 4, message })
  })

  test('that fails delivers what arrived before', async () => {
    const stream = new PassThrough()
    const source = streamSource(stream)
    stream.write('abc')
    stream.write('defg')
    stream.destroy(Object.assign(new Error('x'), { code: 'EIO' }))
    await turn()
    expect(Buffer.from(await contents(source, 2)).toString()).toBe('abcdefg')
    expect(source.fault?.message).toBe('the stream fails (EIO) at offset 7')
  })

  test('that is over before anybody looks', async () => {
    const gone = new PassThrough()
    gone.destroy()
    expect(streamSource(gone).read(new Uint8Array(9), 0)).toBe(0)
    const done = Readable.from([Buffer.from('x')])
    await done.toArray()
    expect(streamSource(done).read(new Uint8Array(9), 0)).toBe(0)
  })

  test('closing it wakes all who wait, and is no fault', async () => {
    const stream = new PassThrough()
    const source = streamSource(stream)
    const waiting = [source.read(new Uint8Array(9), 0), source.read(new Uint8Array(9), 0)]
    source.close()
    expect([await waiting[0], await waiting[1]]).toEqual([0, 0])
    expect([source.fault, stream.destroyed]).toEqual([null, true])
  })
})

describe('peeking', () => {
  const bytes = pattern(200)

  test.each([
    [{}, 12, HEAD_BYTES],
    [{ chunk: 5 }, 12, 15],
    [{ chunk: 5, later: true }, 1, 5],
    [{ chunk: 1 }, 300, HEAD_BYTES],
  ])('%o, at least %i octets', async (options, enough, length) => {
    const { head, source } = await peek(memorySource(bytes, options), Math.min(enough, HEAD_BYTES))
    expect(head).toEqual(bytes.subarray(0, length))
    expect(source.position).toBe(0)
    expect(await contents(source, 7)).toEqual(bytes)
    expect([source.position, source.rawPosition]).toEqual([200, 200])
  })

  test('of less than that there is', async () => {
    const { head, source } = await peek(memorySource(bytes.subarray(0, 3)), 12)
    expect([[...head], [...(await contents(source))]]).toEqual([
      [...bytes.subarray(0, 3)],
      [...bytes.subarray(0, 3)],
    ])
  })

  test('a file can begin again behind it', async () => {
    const { source } = await peek(openSource(saved('peeked', bytes)), 12)
    await source.read(new Uint8Array(100), 0)
    source.rewind?.()
    expect(source.position).toBe(0)
    expect(await contents(source)).toEqual(bytes)
    source.close()
  })
})
