import { randomFillSync } from 'node:crypto'
import { chmodSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { TURN_MS, fileSource, isInputError, streamSource } from '../../collectors/byte-source.ts'
import {
  CAPTURE_FORMATS,
  FLOW_FORMATS,
  openCapture,
  openCaptureFile,
  isBesideLog,
  openInput,
} from '../../collectors/index.ts'
import { FlowBatch } from '../../src/model/flow-record.ts'
import { ipfix, ipv4, netflow5, set, template } from '../scenario/exports.ts'
import { FrameBatch } from '../../src/bytes/frame-batch.ts'
import { joined, pcapFile, pcapngBlocks } from '../scenario/pcap-writer.ts'
import { Clock, memorySource, pattern, readAll } from './reading.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-open-'))
afterAll(() => rmSync(folder, { recursive: true }))
const saved = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const frames = [pattern(60, 1), pattern(1500, 2), pattern(0)]
const pcap = pcapFile(frames.map((bytes, i) => ({ seconds: 100 + i, fraction: i, bytes })))
const blocks = pcapngBlocks()
const pcapng = joined([
  blocks.section(),
  blocks.interface(),
  ...frames.map((bytes, i) => blocks.enhanced({ ticks: BigInt((100 + i) * 1e6 + i), bytes })),
])

test('the table names every format once, and each knows its own', () => {
  expect(CAPTURE_FORMATS.map(({ name }) => name)).toEqual(['pcap', 'pcapng'])
  expect(
    CAPTURE_FORMATS.map(({ recognises }) => [recognises(pcap), recognises(pcapng), recognises(pattern(64))]),
  ).toEqual([
    [true, false, false],
    [false, true, false],
  ])
  const files = readdirSync(join(import.meta.dirname, '../../collectors'))
  expect(CAPTURE_FORMATS.filter(({ name }) => !files.includes(`${name}.ts`))).toEqual([])
})

test('the table of flow records, likewise', async () => {
  expect(FLOW_FORMATS.map(({ names }) => names)).toEqual([['netflow5', 'netflow9', 'ipfix']])
  const messages = [netflow5([{}]), ipfix([set(2, [template(256, [[8, 4]])]), set(256, [ipv4('10.0.0.1')])])]
  for (const [i, bytes] of messages.entries()) {
    for (const stored of [bytes, gzipSync(bytes)]) {
      const { records } = await openInput(memorySource(stored, { chunk: 5, later: true }), { path: 'x' })
      expect(records?.format).toBe(['netflow5', 'ipfix'][i])
      expect(await records?.next(new FlowBatch(records.addresses, records.exporters))).toBe(true)
    }
    const opening = openCapture(memorySource(bytes), { path: 'x.dat' })
    await expect(opening).rejects.toThrow('x.dat holds flow records, and no packets')
  }
  const log = Buffer.from(
    '2 123 eni-1 10.0.0.1 10.0.0.2 40000 443 6 10 840 1418530010 1418530070 ACCEPT OK\n',
  )
  const { records } = await openInput(memorySource(new Uint8Array(log)), { path: 'x' })
  expect(records?.format).toBe('aws-vpc')
  const { reader } = await openInput(memorySource(pcapng), { path: 'x' })
  expect(reader?.format).toBe('pcapng')
  const source = memorySource(pattern(100))
  await expect(openInput(source, { path: 'x' })).rejects.toThrow(/^x is not a capture: starts with/)
  expect(source.counts.closed).toBe(1)
})

describe('logs of flows', () => {
  const sample = (name: string): Uint8Array =>
    readFileSync(new URL(`./logs/samples/${name}`, import.meta.url))
  const rowsOf = async (stored: Uint8Array, ...beside: readonly Uint8Array[]) => {
    const others = beside.map((log, i) => ({ path: `beside ${i}`, open: () => memorySource(log) }))
    const opened = await openInput(memorySource(stored, { chunk: 50, later: true }), {
      path: 'x',
      beside: () => others,
    })
    const { records } = opened
    const used = opened.reader === null ? opened.beside : []
    const batch = new FlowBatch(records!.addresses, records!.exporters)
    expect(await records!.next(batch)).toBe(true)
    return { format: records!.format, packed: records!.compression, rows: batch.count, batch, used }
  }

  test.each([
    ['argus-csv', 'argus.csv', 3],
    ['zeek-conn', 'zeek/conn.txt', 3],
    ['gcp-vpc', 'gcp.txt', 2],
  ])('%s, plain and packed', async (format, name, rows) => {
    const plain = sample(name)
    expect(await rowsOf(plain)).toMatchObject({ format, packed: null, rows })
    expect(await rowsOf(gzipSync(plain))).toMatchObject({ format, packed: 'gzip', rows })
    expect(await rowsOf(zstdCompressSync(plain))).toMatchObject({ format, packed: 'zstd', rows })
  })

  test('Zeek names hosts in other logs, which are none by themselves', async () => {
    const cut = gzipSync(sample('zeek/http.txt')).subarray(0, -9)
    const beside = [gzipSync(sample('zeek/ssl.txt')), sample('argus.csv'), new Uint8Array(), cut]
    const { batch, used } = await rowsOf(sample('zeek/conn.txt'), ...beside)
    expect(batch.applications.get(2)).toMatchObject({ sni: 'www.taosecurity.com' })
    expect(used).toEqual(['beside 0', expect.stringMatching(/^beside 3 \(in part: /)])
    await expect(openInput(memorySource(sample('zeek/ssl.txt')), { path: 'x' })).rejects.toThrow(
      'x is a log of Zeek that only adds names to connections: give it together with their conn.log',
    )
  })

  test('no other log asks for any', async () => {
    const asked: string[] = []
    const beside = () => (asked.push('asked'), [])
    const opened = await openInput(memorySource(sample('argus.csv')), { path: 'x', beside })
    expect([asked, opened.reader === null && opened.beside]).toEqual([[], []])
  })

  test('one that names connections is told, plain and packed, and closed', async () => {
    const source = memorySource(gzipSync(sample('zeek/dns.txt')))
    expect(await isBesideLog(() => source)).toBe(true)
    expect(source.counts.closed).toBe(1)
    for (const other of [sample('zeek/conn.txt'), pcapng, new Uint8Array(), gzipSync(gzipSync(pcap))])
      expect(await isBesideLog(() => memorySource(other))).toBe(false)
  })
})

describe('told by content, not by name', () => {
  test.each<[string, Uint8Array, string | null]>([
    ['plain', pcap, null],
    ['gzip', gzipSync(pcap), 'gzip'],
    ['zstd', zstdCompressSync(pcap), 'zstd'],
    ['gzip in zstd', zstdCompressSync(gzipSync(pcap)), 'gzip in zstd'],
    ['gzip twice', gzipSync(gzipSync(pcap)), 'gzip in gzip'],
  ])('%s', async (_, stored, compression) => {
    const path = saved('capture.txt', stored)
    const expected = await readAll(await openCapture(memorySource(pcapng), { path: 'x' }))
    const opened = [
      await openCaptureFile(path),
      await openCapture(memorySource(stored, { chunk: 1 }), { path }),
      await openCapture(memorySource(stored, { chunk: 7, later: true }), { path }),
    ]
    for (const reader of opened) {
      expect((await readAll(reader)).rows).toEqual(expected.rows)
      expect([reader.format, reader.compression, reader.fault, reader.bytesRead, reader.progress]).toEqual([
        'pcap',
        compression,
        null,
        pcap.length,
        1,
      ])
      reader.close()
    }
  })

  test('lets others have their turn while it is read', async () => {
    const clock = new Clock()
    clock.step = TURN_MS
    const path = saved('plain', pcap)
    const reader = await openCapture(fileSource(openSync(path, 'r'), pcap.length, clock.read), { path })
    let turned = false
    setImmediate(() => (turned = true))
    await readAll(reader)
    expect(turned).toBe(true)
    reader.close()
  })
})

describe('a stream', () => {
  test('delivers a frame as soon as it is there, and has no progress', async () => {
    const stream = new PassThrough()
    const opening = openCapture(streamSource(stream), { path: 'standard input' })
    stream.write(pcap.subarray(0, 24 + 16 + 60 + 5))
    const reader = await opening
    const batch = new FrameBatch()
    expect(await reader.next(batch)).toBe(true)
    expect([batch.count, batch.firstNumber, reader.progress]).toEqual([1, 1, NaN])
    const waiting = reader.next(batch)
    stream.end(pcap.subarray(105))
    expect(await waiting).toBe(true)
    expect([batch.count, batch.firstNumber]).toEqual([2, 2])
    expect([await reader.next(batch), reader.fault]).toEqual([false, null])
  })

  test('is asked for no more than is analysed', async () => {
    const record = { seconds: 1, fraction: 0, bytes: pattern(1000) }
    const file = pcapFile(Array.from({ length: 4000 }, () => record))
    let given = 0
    const stream = new PassThrough()
    const write = (): void => {
      while (given < file.length && stream.write(file.subarray(given, (given += 10_000))));
    }
    stream.on('drain', write)
    write()
    const reader = await openCapture(streamSource(stream), { path: 'standard input' })
    const batch = new FrameBatch()
    let most = 0
    for (let count = 0; count < 4000; count += batch.count) {
      expect(await reader.next(batch)).toBe(true)
      await turn()
      most = Math.max(most, given - reader.bytesRead)
    }
    expect(most).toBeLessThan(300_000)
    expect(reader.bytesRead).toBe(file.length)
    reader.close()
  })
})

describe('what is no capture is explained in one sentence', () => {
  const failing = async (stored: Uint8Array): Promise<string> => {
    const source = memorySource(stored)
    const error: unknown = await openCapture(source, { path: 'x.cap' }).catch((reason: unknown) => reason)
    expect(source.counts.closed).toBe(1)
    return isInputError(error) ? error.message : `not an input error: ${String(error)}`
  }

  test.each<[Uint8Array, string]>([
    [new Uint8Array(0), 'x.cap is empty'],
    [
      new Uint8Array([1, 2, 0xab]),
      'x.cap is not a capture: starts with 01 02 ab; expected pcap, pcapng, NetFlow, IPFIX, a log of flows, gzip or zstd',
    ],
    [
      new TextEncoder().encode('timestamp,src'),
      'x.cap is not a capture: starts with 74 69 6d 65 73 74 61 6d; expected pcap, pcapng, NetFlow, IPFIX, a log of flows, gzip or zstd',
    ],
    [
      gzipSync('hello'),
      'x.cap is not a capture: starts with 68 65 6c 6c 6f; expected pcap, pcapng, NetFlow, IPFIX, a log of flows, gzip or zstd',
    ],
    [gzipSync(''), 'x.cap holds nothing (unpacked from gzip)'],
    [gzipSync(zstdCompressSync(gzipSync(pcap))), 'x.cap is packed more than twice; unpack it first'],
    [gzipSync(pcap).subarray(0, 12), 'x.cap cannot be read: the gzip data is cut off at offset 12'],
    [new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'x.cap is packed with xz; unpack it first'],
    [new Uint8Array([4, 0x22, 0x4d, 0x18]), 'x.cap is packed with lz4; unpack it first'],
    [new TextEncoder().encode('BZh91AY'), 'x.cap is packed with bzip2; unpack it first'],
  ])('%#', async (stored, message) => {
    expect(await failing(stored)).toBe(message)
  })

  test.skipIf(process.getuid?.() === 0)('a file that may not be read', async () => {
    const path = saved('secret', pcap)
    chmodSync(path, 0)
    await expect(openCaptureFile(path)).rejects.toThrow(`${path}: permission denied`)
  })

  test('a file that is not there', async () => {
    await expect(openCaptureFile(join(folder, 'none'))).rejects.toThrow(/none: no such file$/)
  })
})

describe('a packed capture that stops too early', () => {
  const records = Array.from({ length: 30 }, (_, i) => ({
    seconds: i,
    fraction: 0,
    bytes: randomFillSync(new Uint8Array(100)),
  }))
  const file = pcapFile(records)

  test('names both offsets, of the capture and of the file', async () => {
    const packed = gzipSync(file)
    const reader = await openCapture(memorySource(packed.subarray(0, -600)), { path: 'x' })
    const { rows } = await readAll(reader)
    expect(rows.map(({ number }) => number)).toEqual(records.slice(0, rows.length).map((_, i) => i + 1))
    expect(rows.length).toBeGreaterThan(5)
    const at = 24 + rows.length * 116
    const end = packed.length - 600
    expect(reader.fault).toEqual({
      layer: 'gzip',
      at,
      message:
        `the gzip data is cut off at offset ${end}; the capture stops at offset ${at} ` +
        `(unpacked, not later than offset ${end} of the gzip file)`,
    })
    reader.close()
  })

  test('also where the packed data is whole and the capture in it is not', async () => {
    const packed = zstdCompressSync(file.subarray(0, -1))
    const reader = await openCapture(memorySource(packed), { path: 'x' })
    expect((await readAll(reader)).rows.length).toBe(29)
    expect(reader.fault?.message).toBe(
      `the capture is cut off at offset ${file.length - 1}: ` +
        `what begins at offset ${file.length - 116} has 115 octets and needs 116 ` +
        `(unpacked, not later than offset ${packed.length} of the zstd file)`,
    )
    reader.close()
  })
})
