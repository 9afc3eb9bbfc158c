import { Readable } from 'node:stream'
import fc from 'fast-check'
import pcapParser from 'pcap-parser'
import { describe, expect, test } from 'vitest'
import { open, recognises } from '../../collectors/pcap.ts'
import { CAPTURED_MAX } from '../../collectors/record-reader.ts'
import { BATCH_FRAMES, FrameBatch } from '../../src/bytes/frame-batch.ts'
import { PCAP_MAGICS, joined, pcapFile, pcapHeader, pcapRecord } from '../scenario/pcap-writer.ts'
import type { PcapOptions, PcapRecord } from '../scenario/pcap-writer.ts'
import { memorySource, pattern, readAll } from './reading.ts'
import type { MemoryOptions, Row } from './reading.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const shared = new FrameBatch()

async function read(bytes: Uint8Array, options?: MemoryOptions) {
  const reader = open(memorySource(bytes, options))
  const { rows, promises } = await readAll(reader, shared)
  return {
    rows,
    promises,
    fault: reader.fault,
    interfaces: reader.interfaces,
    bytesRead: reader.bytesRead,
    counts: reader.counts,
  }
}

const record = (seed: number, length = 20): PcapRecord => ({
  seconds: 1_700_000_000 + seed,
  fraction: 1000 * seed + 7,
  bytes: pattern(length, seed),
  wireLength: length + seed,
})

const rowOf = (r: PcapRecord, i: number, nanoseconds: boolean): Row => ({
  number: i + 1,
  time: BigInt(r.seconds) * 1_000_000_000n + BigInt(r.fraction) * (nanoseconds ? 1n : 1000n),
  captured: r.bytes.length,
  wire: r.wireLength ?? r.bytes.length,
  interface: 0,
  data: hex(r.bytes),
})

describe('variants', () => {
  const variants = Object.keys(PCAP_MAGICS) as (keyof typeof PCAP_MAGICS)[]
  const orders = [false, true]
  test.each(variants.flatMap((variant) => orders.map((bigEndian) => ({ variant, bigEndian }))))(
    '%o',
    async (options) => {
      const records = [record(0), record(1, 0), record(2, 65)]
      const file = pcapFile(records, { ...options, snapLength: 96 })
      const nanoseconds = options.variant === 'nano' || options.variant === 'ixiaHardware'
      expect(recognises(file.subarray(0, 4))).toBe(true)
      expect(await read(file)).toMatchObject({
        rows: records.map((r, i) => rowOf(r, i, nanoseconds)),
        promises: 0,
        fault: null,
        interfaces: [
          { linkType: 1, name: null, description: null, snapLength: 96, fcsLength: 0, section: 0, drops: 0 },
        ],
        bytesRead: file.length,
      })
    },
  )

  test.each([
    [2, 0],
    [2, 2],
    [543, 0],
  ] as const)('version %i.%i has the lengths the other way round', async (...version) => {
    const file = pcapFile([record(3)], { version })
    expect((await read(file)).rows).toEqual([rowOf(record(3), 0, false)])
  })

  test('version 2.3 occurs either way: the captured length is the smaller one', async () => {
    const usual = pcapFile([record(3)], { version: [2, 3] })
    const swapped = joined([pcapHeader({ version: [2, 3] }), pcapRecord(record(4), { version: [2, 2] })])
    expect((await read(usual)).rows).toEqual([rowOf(record(3), 0, false)])
    expect(await read(swapped)).toMatchObject({
      rows: [rowOf(record(4), 0, false)],
      counts: { impossibleLengths: 0 },
    })
  })

  test('version 1 is not supported, later ones are read as they are', async () => {
    expect((await read(pcapFile([record(1)], { version: [1, 4] }))).fault).toEqual({
      layer: 'pcap',
      at: 4,
      message: 'pcap version 1.4 at offset 4 is not supported',
    })
    expect((await read(pcapFile([record(1)], { version: [3, 0] }))).rows).toHaveLength(1)
  })

  test.each([
    [0x2400_0001, 1, 4],
    [0x1400_0071, 113, 2],
    [0xf400_0001, 1, 30],
    // The flag that says whether there is an FCS is not set.
    [0x2000_0001, 1, 0],
    // Reserved bits make another link type, which nobody knows.
    [0x0001_0001, 0x0001_0001, 0],
  ])('link type word %i', async (linkType, expected, fcsLength) => {
    const { interfaces } = await read(pcapFile([], { linkType }))
    expect(interfaces).toMatchObject([{ linkType: expected, fcsLength }])
  })
})

describe('records that contradict themselves', () => {
  test('a frame has at least as many octets on the wire as were captured', async () => {
    const file = pcapFile([{ ...record(1), wireLength: 0 }, { ...record(2), wireLength: 19 }, record(3)])
    const { rows, counts } = await read(file)
    expect(rows.map((row) => [row.captured, row.wire])).toEqual([
      [20, 20],
      [20, 20],
      [20, 23],
    ])
    expect(counts.impossibleLengths).toBe(2)
  })

  test.each([
    ['micro', 1_500_000, 1_500_000_000n],
    ['micro', 0xffff_ffff, 0xffff_ffffn * 1000n],
    ['nano', 1_999_999_999, 1_999_999_999n],
    ['nano', 0xffff_ffff, 0xffff_ffffn],
  ] as const)(
    'a fraction of more than a second counts as it stands: %s %i',
    async (variant, fraction, nanoseconds) => {
      const { rows } = await read(pcapFile([{ ...record(0), fraction }], { variant }))
      expect(rows[0]!.time).toBe(1_700_000_000_000_000_000n + nanoseconds)
    },
  )

  test('seconds are unsigned: captures go on after 2038', async () => {
    const { rows } = await read(pcapFile([{ ...record(0), seconds: 0xffff_fff0, fraction: 0 }]))
    expect(rows[0]!.time).toBe(0xffff_fff0n * 1_000_000_000n)
  })

  test('the largest record is read, whatever the snap length; one octet more is a fault', async () => {
    const first = record(1)
    const largest: PcapRecord = { seconds: 1, fraction: 2, bytes: pattern(CAPTURED_MAX) }
    const larger: PcapRecord = { seconds: 1, fraction: 2, bytes: pattern(CAPTURED_MAX + 1) }
    const options: PcapOptions = { snapLength: 1 << 30 }
    const fits = await read(pcapFile([first, largest, first], { snapLength: 64 }))
    expect(fits.rows.map((row) => row.captured)).toEqual([20, CAPTURED_MAX, 20])
    expect(fits.fault).toBeNull()
    const faulty = await read(pcapFile([first, larger, first], options))
    expect(faulty.rows).toEqual([rowOf(first, 0, false)])
    expect(faulty.fault).toEqual({
      layer: 'pcap',
      at: 60,
      message: 'the record at offset 60 claims 262145 captured octets, more than the possible 262144',
    })
    expect(faulty.bytesRead).toBe(60)
  })

  test.each([
    ['at once', false, 1],
    // The second was under way when the first turned out to lie.
    ['later', true, 2],
  ])('an enormous length makes nothing grow: octets come %s', async (_, later, reads) => {
    const lying = { ...record(1), capturedLength: 0xffff_fff0, wireLength: 0xffff_fff0 }
    const source = memorySource(joined([pcapFile([record(0), lying]), pattern(4 << 20)]), { later })
    const reader = open(source)
    expect((await readAll(reader)).rows).toHaveLength(1)
    expect(reader.fault?.at).toBe(60)
    expect(source.counts.reads).toBe(reads)
  })

  test('a record that does not fit the buffer of a small batch is a fault', async () => {
    const reader = open(memorySource(pcapFile([record(1), record(2, 300)])), 256)
    const { rows } = await readAll(reader)
    expect(rows).toEqual([rowOf(record(1), 0, false)])
    expect(reader.fault?.message).toBe(
      'the record at offset 60 claims 300 captured octets, more than the possible 240',
    )
  })
})

describe('pieces', () => {
  const records = [record(0), record(1, 0), record(2, 50), record(3, 1)]
  const ends = records.map((_, i) => pcapFile(records.slice(0, i + 1)).length)
  const file = pcapFile(records)

  test('a file cut anywhere yields the whole records, then says where it stops', async () => {
    for (let length = 0; length < file.length; length++) {
      const { rows, fault, bytesRead } = await read(file.subarray(0, length))
      const whole = ends.filter((end) => end <= length).length
      const behind = length < 24 ? 0 : (ends[whole - 1] ?? 24)
      expect(rows).toEqual(records.slice(0, whole).map((r, i) => rowOf(r, i, false)))
      expect(bytesRead).toBe(behind)
      if (length === behind) expect(fault).toBeNull()
      else expect(fault).toMatchObject({ layer: 'pcap', at: behind })
    }
  })

  test('the message of a cut file says what is missing', async () => {
    expect((await read(file.subarray(0, 130))).fault?.message).toBe(
      'the capture is cut off at offset 130: what begins at offset 76 has 54 octets and needs 66',
    )
  })

  const expected = records.map((r, i) => rowOf(r, i, false))
  test.each(
    [1, 7, 15, 65_536].flatMap((chunk) => [
      { chunk, later: false },
      { chunk, later: true },
    ]),
  )('arriving like %o', async (options) => {
    const { rows, promises, fault } = await read(file, options)
    expect({ rows, fault }).toEqual({ rows: expected, fault: null })
    expect(promises > 0).toBe(options.later)
  })

  test('closed while octets are waited for: what comes of them still counts', async () => {
    const records = [record(1), record(2)]
    const file = pcapFile(records)
    const reader = open(memorySource(file, { chunk: file.length - 1, later: true }))
    const next = reader.next(shared)
    reader.close()
    expect([await next, shared.count]).toEqual([true, 1])
    expect([await reader.next(shared), shared.count]).toEqual([true, 1])
    expect([await reader.next(shared), shared.count]).toEqual([false, 0])
  })

  test('two batches may take turns, and a batch may be full of the smallest records', async () => {
    const many = Array.from({ length: BATCH_FRAMES * 2 + 5 }, (_, i): PcapRecord => ({
      seconds: i,
      fraction: 0,
      bytes: pattern(0),
    }))
    const file = joined([pcapFile(many), pattern(15)])
    const reader = open(memorySource(file, { chunk: 300_000 }))
    const { rows, batches } = await readAll(reader, new FrameBatch(), new FrameBatch())
    expect(rows.map((row) => row.number)).toEqual(many.map((_, i) => i + 1))
    expect(rows.map((row) => row.time / 1_000_000_000n)).toEqual(many.map((_, i) => BigInt(i)))
    const end = file.length - 15
    expect([batches, reader.fault?.at, reader.bytesRead, reader.progress]).toEqual([3, end, end, 1])
  })

  test('any octet may change: whole rows and a place to stop, and no more than there was', async () => {
    const small = pcapFile([record(0, 3), record(1, 9)])
    for (let at = 0; at < small.length; at++) {
      for (const value of [0, 0xff, small[at]! ^ 1, small[at]! ^ 0x80]) {
        const changed = small.slice()
        changed[at] = value
        const source = memorySource(changed)
        const reader = open(source)
        const { rows } = await readAll(reader, shared)
        expect(rows.length).toBeLessThanOrEqual(2)
        expect(reader.bytesRead).toBeLessThanOrEqual(small.length)
        expect(reader.fault === null).toBe(reader.bytesRead === small.length)
        expect(source.counts.reads).toBeLessThanOrEqual(2)
        if (at >= 40 && at < 43)
          expect(rows.map((row) => row.data)).toEqual([
            hex(changed.subarray(40, 43)),
            hex(small.subarray(59)),
          ])
      }
    }
  })
})

describe('against pcap-parser', () => {
  interface Parsed {
    header: { timestampSeconds: number; timestampMicroseconds: number; originalLength: number }
    data: Buffer
  }

  const parsed = (chunks: Buffer[]): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      const rows: Row[] = []
      const parser = pcapParser.parse(Readable.from(chunks, { objectMode: false }))
      parser.on('packet', ({ header, data }: Parsed) => {
        const micros = BigInt(header.timestampSeconds) * 1_000_000n + BigInt(header.timestampMicroseconds)
        rows.push({
          number: rows.length + 1,
          time: micros * 1000n,
          captured: data.length,
          wire: header.originalLength,
          interface: 0,
          data: hex(data),
        })
      })
      parser.on('end', () => resolve(rows))
      parser.on('error', reject)
    })

  const records = fc.array(
    fc.record({
      seconds: fc.nat(0xffff_ffff),
      fraction: fc.nat(999_999),
      bytes: fc.uint8Array({ maxLength: 90 }),
      more: fc.nat(2000),
    }),
    { maxLength: 12 },
  )

  test('agrees on microsecond files of both byte orders, however they are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.boolean(),
        fc.integer({ min: 1, max: 200 }),
        async (list, bigEndian, chunk) => {
          const file = pcapFile(
            list.map(({ more, ...r }) => ({ ...r, wireLength: r.bytes.length + more })),
            { bigEndian },
          )
          const chunks = Array.from({ length: Math.ceil(file.length / chunk) }, (_, i) =>
            Buffer.from(file.subarray(i * chunk, (i + 1) * chunk)),
          )
          const ours = await read(file, { chunk, later: chunk % 2 === 0 })
          expect(ours.fault).toBeNull()
          expect(ours.rows).toEqual(await parsed(chunks))
        },
      ),
      { numRuns: 150 },
    )
  })
})
