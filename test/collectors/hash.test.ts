import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { openSource, streamSource } from '../../collectors/byte-source.ts'
import { hashFile, hashed, hashing } from '../../collectors/hash.ts'
import { openCapture } from '../../collectors/index.ts'
import { joined, pcapFile } from '../scenario/pcap-writer.ts'
import { memorySource, pattern, readAll } from './reading.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-hash-'))
afterAll(() => rmSync(folder, { recursive: true }))
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test.each([0, 5, 3_000_000])('a file of %i octets, in a thread', async (length) => {
  const path = join(folder, String(length))
  writeFileSync(path, pattern(length))
  expect(await hashFile(path).digest).toBe(sha256(pattern(length)))
})

test('a file that is not there rejects, and so does a hash that is cancelled', async () => {
  await expect(hashFile(join(folder, 'nowhere')).digest).rejects.toThrow('ENOENT')
  const path = join(folder, 'cancelled')
  writeFileSync(path, pattern(10))
  const hash = hashFile(path)
  hash.cancel()
  await expect(hash.digest).rejects.toThrow(`hashing ${path} was cancelled`)
})

test('a hash that nobody asks for any more is no unhandled rejection', async () => {
  const { digest, cancel } = hashFile(join(folder, 'nowhere'))
  cancel()
  await digest.catch(() => undefined)
})

const file = pcapFile([{ seconds: 1, fraction: 2, bytes: pattern(40) }])

test.each<[string, Uint8Array, number]>([
  ['whole', gzipSync(file), 1],
  [
    'damaged, so that its reader stops early',
    gzipSync(joined([file, new Uint8Array(16).fill(255), pattern(50_000)])),
    1,
  ],
  [
    'plain, with a rest that no reader wants',
    joined([file, new Uint8Array(16).fill(255), pattern(3 << 20)]),
    1,
  ],
])('a stream, as it is stored: %s', async (_, stored, frames) => {
  for (const options of [{}, { chunk: 1000, later: true }]) {
    const source = hashed(memorySource(stored, options))
    const reader = await openCapture(source, { path: 'standard input' })
    expect((await readAll(reader)).rows.length).toBe(frames)
    expect(await source.digest()).toBe(sha256(stored))
    reader.close()
  }
})

test('the rest of a stream may still be on its way', async () => {
  const stream = new PassThrough()
  const source = hashed(streamSource(stream))
  stream.write(gzipSync(file))
  const reader = await openCapture(source, { path: 'standard input' })
  const digest = source.digest()
  stream.end('the rest')
  expect((await readAll(reader)).rows.length).toBe(1)
  expect(await digest).toBe(sha256(joined([gzipSync(file), new TextEncoder().encode('the rest')])))
})

test('who reads when the hash is asked for still gets what he waits for', async () => {
  const stream = new PassThrough()
  const source = hashed(streamSource(stream))
  const buffer = new Uint8Array(9)
  const waiting = source.read(buffer, 0)
  const digest = source.digest()
  stream.write('first')
  expect([await waiting, Buffer.from(buffer.subarray(0, 5)).toString()]).toEqual([5, 'first'])
  stream.end(' second')
  expect(await digest).toBe(sha256(new TextEncoder().encode('first second')))
})

test('an input is hashed in a thread if it is a file, and as it passes if it is a stream', async () => {
  const path = join(folder, 'input')
  writeFileSync(path, file)
  const fromFile = hashing(openSource(path), path)
  const fromStream = hashing(streamSource(Readable.from([Buffer.from(file)])), '-')
  expect([fromFile.source.rawSize, fromStream.source.rawSize]).toEqual([file.length, NaN])
  for (const { source, digest, cancel } of [fromFile, fromStream]) {
    const reader = await openCapture(source, { path })
    expect((await readAll(reader)).rows.length).toBe(1)
    expect(await digest()).toBe(sha256(file))
    cancel()
    reader.close()
  }
  await expect(fromStream.digest()).rejects.toThrow('the stream was closed before all of it was hashed')
})
