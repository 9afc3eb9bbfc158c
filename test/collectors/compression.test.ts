import { randomFillSync } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteSource } from '../../collectors/byte-source.ts'
import { EXPANSION, compressionOf, unpacked } from '../../collectors/compression.ts'
import type { Compression } from '../../collectors/compression.ts'
import { joined } from '../scenario/pcap-writer.ts'
import { memorySource, pattern } from './reading.ts'
import type { MemoryOptions } from './reading.ts'

const pack: Record<Compression, (bytes: Uint8Array) => Uint8Array> = {
  gzip: gzipSync,
  zstd: zstdCompressSync,
}
const kinds: Compression[] = ['gzip', 'zstd']
/** Incompressible octets, so that places in the packed data correspond to places in the plain one. */
const noise = (length: number): Uint8Array => randomFillSync(new Uint8Array(length))
/** A zstd frame for readers to skip (RFC 8878, 3.1.2). */
const skippable = (length: number): Uint8Array =>
  joined([new Uint8Array([0x53, 0x2a, 0x4d, 0x18, length, 0, 0, 0]), pattern(length)])

/** As a file: it can begin again. */
const fileLike = (bytes: Uint8Array, options?: MemoryOptions): ByteSource => {
  let inner = memorySource(bytes, options)
  return {
    read: (into, at) => inner.read(into, at),
    get position() {
      return inner.position
    },
    get rawPosition() {
      return inner.position
    },
    rawSize: bytes.length,
    compression: null,
    fault: null,
    rewind() {
      inner = memorySource(bytes, options)
    },
    close() {},
  }
}

async function contents(source: ByteSource, size = 10_000) {
  const parts: Uint8Array[] = []
  const buffer = new Uint8Array(size)
  for (;;) {
    const count = await source.read(buffer, 0)
    if (count === 0) break
    parts.push(buffer.slice(0, count))
  }
  expect(await source.read(buffer, 0)).toBe(0)
  const bytes = joined(parts)
  expect(source.position).toBe(bytes.length)
  return { bytes, fault: source.fault }
}

/** Whole values compared without vitest printing a megabyte when they differ. */
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
const begins = (whole: Uint8Array, part: Uint8Array): boolean => same(whole.subarray(0, part.length), part)

test('told by content', () => {
  expect(kinds.map((kind) => compressionOf(pack[kind](pattern(5))))).toEqual(kinds)
  expect(compressionOf(skippable(3))).toBe('zstd')
  expect(
    [[], [0x1f], [0x1f, 0x8b, 7], [0x28, 0xb5, 0x2f], [0x60, 0x2a, 0x4d, 0x18]].map((head) =>
      compressionOf(new Uint8Array(head)),
    ),
  ).toEqual([null, null, null, null, null])
})

describe.each(kinds)('%s', (kind) => {
  const plain = joined([noise(70_000), pattern(400_000), noise(70_000)])
  const packed = pack[kind](plain)

  test.each<[MemoryOptions, number]>([
    [{}, 1 << 20],
    [{}, 1],
    [{ chunk: 1 }, 5000],
    [{ chunk: 7, later: true }, 5000],
    [{ chunk: 65_536, later: true }, 100_000],
  ])('arriving like %o, read %i octets at a time', async (options, size) => {
    const expected = size === 1 || (options.chunk ?? 8) < 8 ? plain.subarray(0, 3000) : plain
    const { bytes, fault } = await contents(unpacked(memorySource(pack[kind](expected), options), kind), size)
    expect([same(bytes, expected), fault]).toEqual([true, null])
  })

  test('members follow each other, of any size and wherever reading cuts them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3000), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 4000 }),
        fc.boolean(),
        async (lengths, chunk, later) => {
          const members = lengths.map((length, i) => pattern(length, i))
          const { bytes, fault } = await contents(
            unpacked(memorySource(joined(members.map(pack[kind])), { chunk, later }), kind),
          )
          expect([same(bytes, joined(members)), fault]).toEqual([true, null])
        },
      ),
      { numRuns: 25 },
    )
  })

  test('cut anywhere it yields what is whole, and says where it ends', async () => {
    const parts = [noise(100), pattern(300), noise(50)]
    const members = parts.map(pack[kind])
    const whole = joined(members)
    const ends = members.map((_, i) => joined(members.slice(0, i + 1)).length)
    for (let length = 4; length < whole.length; length++) {
      const { bytes, fault } = await contents(unpacked(fileLike(whole.subarray(0, length)), kind))
      expect(begins(joined(parts), bytes)).toBe(true)
      expect(bytes.length).toBeGreaterThanOrEqual(
        joined(parts.slice(0, ends.filter((end) => end <= length).length)).length,
      )
      const message = `the ${kind} data is cut off at offset ${length}`
      expect(fault).toEqual(ends.includes(length) ? null : { layer: kind, at: length, message })
    }
  })

  test('cut in the last octet of a large file, nothing is lost but the block that is not whole', async () => {
    const { bytes, fault } = await contents(
      unpacked(memorySource(packed.subarray(0, -1), { chunk: 50_000, later: true }), kind),
      1 << 20,
    )
    // zstd decodes blocks of 128 KiB (RFC 8878, 3.1.1.2.3), gzip octets.
    expect(bytes.length).toBeGreaterThan(plain.length - (kind === 'zstd' ? 128 << 10 : 1))
    expect([begins(plain, bytes), fault?.at]).toEqual([true, packed.length - 1])
  })

  test('cut, and unpacked before anybody reads on, nothing is lost', async () => {
    const part = plain.subarray(0, 330_000)
    const whole = pack[kind](joined([part, part]))
    const inside = unpacked(memorySource(whole.subarray(0, -1)), kind)
    const first = new Uint8Array(1)
    await inside.read(first, 0)
    let before = -1
    while (inside.fault === null && before !== inside.rawPosition) {
      before = inside.rawPosition
      await delay(20)
    }
    const buffer = new Uint8Array(1 << 20)
    let length = 1
    for (let count; (count = await inside.read(buffer, length)) > 0;) length += count
    expect(length).toBeGreaterThan(660_000 - (kind === 'zstd' ? 128 << 10 : 1))
    expect(same(buffer.subarray(1, length), joined([part, part]).subarray(1, length))).toBe(true)
    expect(inside.fault?.at).toBe(whole.length - 1)
  })

  test('what follows and is something else is a fault behind everything', async () => {
    const rest = new TextEncoder().encode('something else')
    const part = plain.subarray(60_000, 80_000)
    const member = pack[kind](part)
    const { bytes, fault } = await contents(unpacked(fileLike(joined([member, member, rest])), kind))
    expect(same(bytes, joined([part, part]))).toBe(true)
    expect(fault?.message).toMatch(/ends, and what follows is something else, at offset \d+$/)
    expect(Math.abs(fault!.at - member.length * 2)).toBeLessThan(4)
  })

  test('knows how far it is in the packed data, and closes it', async () => {
    const source = memorySource(packed)
    const inside = unpacked(source, kind)
    expect([inside.compression, inside.rawSize]).toEqual([kind, packed.length])
    await inside.read(new Uint8Array(10), 0)
    expect([inside.position, inside.rawPosition > 0]).toEqual([10, true])
    inside.close()
    expect(source.counts.closed).toBe(1)
    const buffer = new Uint8Array(1 << 20)
    while ((await inside.read(buffer, 0)) > 0);
    expect(inside.position).toBeLessThan(plain.length)
  })

  test('takes no more than it needs while nobody reads', async () => {
    const large = pack[kind](noise(4 << 20))
    const source = memorySource(large)
    const inside = unpacked(source, kind)
    await inside.read(new Uint8Array(1000), 0)
    await delay(50)
    expect(source.position).toBeLessThan(1 << 20)
    inside.close()
  })

  test('data that expands a thousand times is made as it is read', async () => {
    const bomb = pack[kind](new Uint8Array(16 << 20))
    const inside = unpacked(memorySource(bomb), kind)
    const buffer = new Uint8Array(1 << 20)
    let most = 0
    for (let count; (count = await inside.read(buffer, 0)) > 0;) most = Math.max(most, count)
    expect([inside.position, inside.fault]).toEqual([16 << 20, null])
    expect(most).toBeLessThanOrEqual(1 << 18)
  })
})

describe('damage', () => {
  const plain = joined([noise(100_000), pattern(400_000), noise(10_000)])
  const packed = gzipSync(plain)
  const damaged = (at: number): Uint8Array => packed.map((octet, i) => (i === at ? octet ^ 0xff : octet))

  test('a wrong check sum is found behind all data, which a file yields to the last octet', async () => {
    const { bytes, fault } = await contents(unpacked(fileLike(damaged(packed.length - 6)), 'gzip'))
    expect(same(bytes, plain)).toBe(true)
    expect(fault?.message).toBe(
      `the gzip data is corrupt (incorrect data check) at offset ${packed.length - 5}`,
    )
  })

  test('a stream, which cannot begin again, yields all but the last chunk', async () => {
    const { bytes, fault } = await contents(
      unpacked(memorySource(damaged(packed.length - 6), { later: true }), 'gzip'),
    )
    expect(begins(plain, bytes)).toBe(true)
    expect(bytes.length).toBeGreaterThan(plain.length - (1 << 18))
    expect(fault?.message).toMatch(/^the gzip data is corrupt \(incorrect data check\) at offset \d+$/)
  })

  test('an impossible block in the middle: everything before it, and the place', async () => {
    // An empty stored block whose length and its complement disagree, behind a first part flushed to an octet
    // boundary (RFC 1951, 3.2.4).
    const first = gzipSync(plain, { flush: 2, finishFlush: 2 })
    const broken = joined([first, new Uint8Array([0x00, 0x12, 0x34, 0x56, 0x78]), pattern(50)])
    const { bytes, fault } = await contents(unpacked(fileLike(broken), 'gzip'))
    expect(same(bytes, plain)).toBe(true)
    expect(fault?.message).toMatch(
      /^the gzip data is corrupt \(invalid stored block lengths\) at offset \d+$/,
    )
    expect(Math.abs(fault!.at - first.length)).toBeLessThan(8)
  })

  test('zstd: a frame that needs an impossible window is a fault', async () => {
    const frame = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 1, 0, 0])
    const { bytes, fault } = await contents(
      unpacked(fileLike(joined([zstdCompressSync(plain), frame])), 'zstd'),
    )
    expect(same(bytes, plain)).toBe(true)
    expect(fault?.message).toMatch(/^the zstd data is corrupt \(.*memory.*\) at offset \d+$/)
  })

  test('a fault of what is around goes before the own one', async () => {
    const outer = zstdCompressSync(packed)
    const inside = unpacked(unpacked(fileLike(outer.subarray(0, -9)), 'zstd'), 'gzip')
    expect(inside.compression).toBe('gzip in zstd')
    const { bytes, fault } = await contents(inside)
    expect(begins(plain, bytes)).toBe(true)
    expect(fault?.message).toBe(`the zstd data is cut off at offset ${outer.length - 9}`)
  })
})

test('gzip: zeros behind the data fill up a block and are nothing', async () => {
  const plain = pattern(500)
  for (const padding of [1, 511, 300_000]) {
    const { bytes, fault } = await contents(
      unpacked(memorySource(joined([gzipSync(plain), new Uint8Array(padding)])), 'gzip'),
    )
    expect([same(bytes, plain), fault]).toEqual([true, null])
  }
  const again = joined([gzipSync(plain), new Uint8Array(9), gzipSync(plain)])
  expect(same((await contents(unpacked(memorySource(again), 'gzip'))).bytes, joined([plain, plain]))).toBe(
    true,
  )
})

test('zstd: frames to skip may stand anywhere', async () => {
  const frame = zstdCompressSync(pattern(500))
  const file = joined([skippable(0), skippable(9), frame, skippable(4), frame, skippable(1)])
  for (const chunk of [1, 5, 100, Infinity]) {
    const { bytes, fault } = await contents(unpacked(memorySource(file, { chunk }), 'zstd'))
    expect([same(bytes, joined([pattern(500), pattern(500)])), fault]).toEqual([true, null])
  }
})

describe('a limit of expansion', () => {
  const zeros = gzipSync(Buffer.alloc(1 << 20))

  test('is where reading ends, with a fault that says so', async () => {
    const source = unpacked(memorySource(zeros), 'gzip', { from: 1 << 16, ratio: 100 })
    const { length } = (await contents(source)).bytes
    expect(length).toBeGreaterThanOrEqual(1 << 16)
    expect(length).toBeLessThan(1 << 20)
    expect(source.fault).toMatchObject({
      layer: EXPANSION,
      message: 'the gzip data unpacks to more than 100 times its size, as no capture does',
    })
  })

  test.each([
    ['what begins below it', { from: 2 << 20, ratio: 100 }],
    ['what stays below it', { from: 1 << 16, ratio: 2000 }],
  ])('is not reached by %s', async (_what, limit) => {
    const source = unpacked(memorySource(zeros), 'gzip', limit)
    expect([(await contents(source)).bytes.length, source.fault]).toEqual([1 << 20, null])
  })

  test('holds for what is packed twice, measured on the file', async () => {
    const limit = { from: 1 << 16, ratio: 2000 }
    const twice = gzipSync(zeros)
    const source = unpacked(unpacked(memorySource(twice), 'gzip', limit), 'gzip', limit)
    expect((await contents(source)).bytes.length).toBeLessThan(1 << 20)
    expect(source.fault?.layer).toBe(EXPANSION)
  })
})
