import fc from 'fast-check'
import { expect, test } from 'vitest'
import { open } from '../../collectors/pcapng.ts'
import { FrameBatch } from '../../src/bytes/frame-batch.ts'
import { joined, pcapngBlocks } from '../scenario/pcap-writer.ts'
import type { PcapngOption } from '../scenario/pcap-writer.ts'
import { memorySource, pattern, readAll } from './reading.ts'
import type { Row } from './reading.ts'

const shared = new FrameBatch()
const le = pcapngBlocks(false)
const be = pcapngBlocks(true)
const data = pattern(21)
const micros = 1_700_000_000_123_456n
const option = (code: number, value: Uint8Array): PcapngOption => ({ code, value })
const octet = (value: number): Uint8Array => new Uint8Array([value])
const read = async (bytes: Uint8Array): Promise<Row[]> =>
  (await readAll(open(memorySource(bytes)), shared)).rows

const at = async (resolution: number, ticks: bigint, offset = 0n, blocks = le): Promise<bigint> => {
  const options = [option(9, octet(resolution)), option(14, blocks.u64(offset))]
  const rows = await read(
    joined([blocks.section(), blocks.interface({ options }), blocks.enhanced({ ticks, bytes: data })]),
  )
  return rows[0]!.time
}

test.each<[number, bigint, bigint]>([
  [0, 1_700_000_000n, 1_700_000_000_000_000_000n],
  [3, 1_700_000_000_123n, 1_700_000_000_123_000_000n],
  [6, 1_700_000_000_123_456n, 1_700_000_000_123_456_000n],
  [7, 17_000_000_001_234_567n, 1_700_000_000_123_456_700n],
  [8, 170_000_000_012_345_678n, 1_700_000_000_123_456_780n],
  [9, 1_700_000_000_123_456_789n, 1_700_000_000_123_456_789n],
  // What is finer than a nanosecond is cut off.
  [12, 1_700_000_123_456_789_987n, 1_700_000_123_456_789n],
  [19, 17_000_000_000_000_000_009n, 1_700_000_000n],
  [127, 2n ** 64n - 1n, 0n],
  [0x80, 1_700_000_000n, 1_700_000_000_000_000_000n],
  [0x8a, 1_700_000_000n * 1024n + 513n, 1_700_000_000_500_976_562n],
  [0xa0, (17n << 32n) + 12345n, 17_000_002_874n],
  [0xff, 2n ** 64n - 1n, 0n],
])('resolution %i: %i', async (resolution, ticks, nanoseconds) => {
  expect(await at(resolution, ticks)).toBe(nanoseconds)
  expect(await at(resolution, ticks, 0n, be)).toBe(nanoseconds)
})

test('an offset in seconds is added, which may be negative', async () => {
  expect(await at(9, 5n, 1_700_000_000n)).toBe(1_700_000_000_000_000_005n)
  expect(await at(6, 5n, -1n)).toBe(-999_995_000n)
})

test('is exact for every resolution and time of two centuries', async () => {
  const resolutions = fc.oneof(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 0x80, max: 0x80 + 63 }))
  await fc.assert(
    fc.asyncProperty(
      resolutions,
      fc.bigInt({ min: 0n, max: 9_000_000_000_000_000_000n }),
      async (resolution, nanoseconds) => {
        const perSecond = resolution < 0x80 ? 10n ** BigInt(resolution) : 2n ** BigInt(resolution & 0x7f)
        const ticks = BigInt.asUintN(64, (nanoseconds * perSecond) / 1_000_000_000n)
        expect(await at(resolution, ticks)).toBe((ticks * 1_000_000_000n) / perSecond)
      },
    ),
    { numRuns: 200 },
  )
})

test('of a resolution given twice the first holds; none means microseconds', async () => {
  const twice = [option(9, octet(9)), option(9, octet(6))]
  const file = joined([
    le.section(),
    le.interface({ options: twice }),
    le.interface({ options: [option(9, new Uint8Array(2))] }),
    le.enhanced({ ticks: micros * 1000n, bytes: data }),
    le.enhanced({ interface: 1, ticks: micros, bytes: data }),
  ])
  expect((await read(file)).map(({ time }) => time)).toEqual([micros * 1000n, micros * 1000n])
})

test('a simple packet has none: it borrows that of the frame before, or 0', async () => {
  const file = joined([
    le.section(),
    le.interface(),
    le.simple(data),
    le.enhanced({ ticks: micros, bytes: data }),
    le.simple(data),
  ])
  expect((await read(file)).map(({ time }) => time)).toEqual([0n, micros * 1000n, micros * 1000n])
})
