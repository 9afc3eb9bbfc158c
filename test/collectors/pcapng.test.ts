import { describe, expect, test } from 'vitest'
import { open, recognises } from '../../collectors/pcapng.ts'
import { BATCH_FRAMES, FrameBatch } from '../../src/bytes/frame-batch.ts'
import type { CaptureReader } from '../../src/model/capture.ts'
import { comment, joined, pcapngBlocks, text } from '../scenario/pcap-writer.ts'
import type { PcapngOption } from '../scenario/pcap-writer.ts'
import { memorySource, pattern, readAll } from './reading.ts'
import type { MemoryOptions, Row } from './reading.ts'

const shared = new FrameBatch()
const le = pcapngBlocks(false)
const be = pcapngBlocks(true)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

async function read(bytes: Uint8Array, options?: MemoryOptions, bufferBytes?: number) {
  const reader = open(memorySource(bytes, options), bufferBytes)
  const { rows, promises } = await readAll(reader, shared)
  return { rows, promises, ...said(reader) }
}

const said = ({ fault, interfaces, bytesRead, secrets, names, comments, counts }: CaptureReader) => ({
  fault,
  interfaces,
  bytesRead,
  secrets,
  names,
  comments,
  counts,
})

const option = (code: number, value: Uint8Array): PcapngOption => ({ code, value })
const octet = (value: number): Uint8Array => new Uint8Array([value])
const data = pattern(21)
const micros = 1_700_000_000_123_456n
const row = (number: number, more: Partial<Row> = {}): Row => ({
  number,
  time: micros * 1000n,
  captured: 21,
  wire: 21,
  interface: 0,
  data: hex(data),
  ...more,
})

/** One of everything, in both byte orders. */
const tour = joined([
  le.section([comment('a section')]),
  le.interface({
    snapLength: 96,
    options: [option(2, text('eth0')), option(3, text('uplink')), comment('an interface')],
  }),
  le.interface({ linkType: 113, options: [option(9, octet(9)), option(13, octet(32))] }),
  le.names([
    [new Uint8Array([10, 0, 0, 1]), 'one.example', 'also.example'],
    [pattern(16), 'six.example'],
  ]),
  le.secrets('CLIENT_RANDOM 00 11\n'),
  le.enhanced({
    ticks: micros,
    bytes: data,
    wireLength: 1500,
    options: [comment('look here'), option(2, le.u32(1))],
  }),
  le.enhanced({ interface: 1, ticks: micros * 1000n + 789n, bytes: data.subarray(0, 0), wireLength: 0 }),
  le.simple(data, 21),
  le.obsolete({ interface: 0, ticks: micros, bytes: data, drops: 3 }),
  le.obsolete({ interface: 0, ticks: micros, bytes: data, drops: 0xffff, options: [option(2, le.u32(2))] }),
  le.block(0x7777, pattern(8)),
  le.statistics(1, 0n, { 4: 1000n, 5: 11n, 7: 22n }),
  be.section(),
  be.interface({ linkType: 101, options: [option(14, be.u64(-3600n))] }),
  be.secrets('not a key log', 0x57474b4c),
  be.enhanced({ ticks: micros, bytes: data, options: [option(4, be.u64(5n))] }),
  be.statistics(7, 0n, { 5: 1n }),
])

const tourRows: Row[] = [
  row(1, { wire: 1500 }),
  row(2, { interface: 1, time: micros * 1000n + 789n, captured: 0, wire: 0, data: '' }),
  row(3),
  row(4),
  row(5),
  row(6, { interface: 2, time: (micros - 3_600_000_000n) * 1000n }),
]

const tourSays = {
  fault: null,
  bytesRead: tour.length,
  interfaces: [
    { linkType: 1, name: 'eth0', description: 'uplink', snapLength: 96, fcsLength: 0, section: 0, drops: 3 },
    { linkType: 113, name: null, description: null, snapLength: 0, fcsLength: 4, section: 0, drops: 33 },
    { linkType: 101, name: null, description: null, snapLength: 0, fcsLength: 0, section: 1, drops: 5 },
  ],
  secrets: ['CLIENT_RANDOM 00 11\n'],
  names: [
    { address: new Uint8Array([10, 0, 0, 1]), name: 'one.example' },
    { address: new Uint8Array([10, 0, 0, 1]), name: 'also.example' },
    { address: pattern(16), name: 'six.example' },
  ],
  comments: [
    { packet: null, text: 'a section' },
    { packet: null, text: 'an interface' },
    { packet: 1, text: 'look here' },
  ],
  counts: {
    comments: 3,
    customBlocks: 0,
    unknownBlocks: 1,
    malformedOptions: 0,
    impossibleLengths: 0,
    namesDropped: 0,
    secretsDropped: 1,
  },
}

describe('a file with one of everything', () => {
  test('is recognised by its byte order magic', () => {
    expect([le, be].map((blocks) => recognises(blocks.section().subarray(0, 12)))).toEqual([true, true])
    expect(recognises(le.section().subarray(0, 11))).toBe(false)
    expect(recognises(le.block(0x0a0d0d0a, le.u32(0x1a2b3c4e)))).toBe(false)
  })

  test.each(
    [1, 7, 64, 65_536].flatMap((chunk) => [
      { chunk, later: false },
      { chunk, later: true },
    ]),
  )('reads the same in pieces like %o', async (options) => {
    const { promises, ...all } = await read(tour, options)
    expect(all).toEqual({ rows: tourRows, ...tourSays })
    expect(promises > 0).toBe(options.later)
  })

  test('cut anywhere it yields the whole blocks, then says where it stops', async () => {
    for (let length = 0; length < tour.length; length++) {
      const { rows, fault, bytesRead } = await read(tour.subarray(0, length))
      expect(rows).toEqual(tourRows.slice(0, rows.length))
      expect(bytesRead).toBeLessThanOrEqual(length)
      expect(fault === null).toBe(bytesRead === length)
      if (fault === null) continue
      expect(fault.at).toBe(bytesRead)
      const rest = `what begins at offset ${bytesRead} has ${length - bytesRead} octets`
      expect(fault.message).toContain(`is cut off at offset ${length}: ${rest}`)
    }
  })

  test('any octet may change: reading ends inside the file, no row reaches out of the buffer', async () => {
    let whole = 0
    for (let at = 0; at < tour.length; at++) {
      for (const value of [0, 0xff, tour[at]! ^ 1, tour[at]! ^ 0x80]) {
        const changed = tour.slice()
        changed[at] = value
        const source = memorySource(changed)
        const reader = open(source)
        const { rows } = await readAll(reader, shared)
        if (JSON.stringify(rows, String) === JSON.stringify(tourRows, String)) whole++
        expect(rows.length).toBeLessThanOrEqual(tourRows.length)
        expect(reader.bytesRead).toBeLessThanOrEqual(tour.length)
        expect(reader.fault === null).toBe(reader.bytesRead === tour.length)
        expect(source.counts.reads).toBeLessThanOrEqual(2)
      }
    }
    expect(whole).toBeGreaterThan(tour.length)
  })
})

describe('packets', () => {
  const begin = joined([le.section(), le.interface({ snapLength: 16 })])

  test('a simple packet has the octets that the snap length and the block leave', async () => {
    const file = joined([
      begin,
      le.simple(data.subarray(0, 16), 21),
      le.simple(data.subarray(0, 4), 4),
      le.simple(data.subarray(0, 8), 12),
      le.simple(data, 21),
    ])
    expect((await read(file)).rows.map(({ captured, wire }) => [captured, wire])).toEqual([
      [16, 21],
      [4, 4],
      [8, 12],
      [16, 21],
    ])
  })

  test('a frame has at least as many octets on the wire as were captured', async () => {
    const { rows, counts } = await read(
      joined([begin, le.enhanced({ ticks: micros, bytes: data, wireLength: 9 })]),
    )
    expect(rows).toEqual([row(1)])
    expect(counts.impossibleLengths).toBe(1)
  })

  test('drops: those of packets add up, those of statistics are totals, the larger holds', async () => {
    const file = joined([
      begin,
      le.obsolete({ bytes: data, drops: 2 }),
      le.enhanced({ bytes: data, options: [option(4, le.u64(3n))] }),
      le.interface(),
      le.statistics(1, 0n, { 5: 9n, 7: 1n }),
      le.statistics(1, 0n, { 5: 4n }),
      le.statistics(0, 0n, { 5: 4n }),
    ])
    expect((await read(file)).interfaces.map(({ drops }) => drops)).toEqual([5, 10])
  })

  test('FCS length: bits, or octets as the example of the draft', async () => {
    const lengths = [0, 4, 16, 32].map((value) => le.interface({ options: [option(13, octet(value))] }))
    expect(
      (await read(joined([le.section(), ...lengths]))).interfaces.map(({ fcsLength }) => fcsLength),
    ).toEqual([0, 4, 2, 4])
  })

  test('a length that counts the padding out is rounded up', async () => {
    const body = joined([le.u32(0), le.u32(0), le.u32(0), le.u32(21), le.u32(21), data, new Uint8Array(3)])
    const { rows, fault } = await read(
      joined([begin, le.block(6, body, body.length + 12 - 3), le.simple(data.subarray(0, 4))]),
    )
    expect(rows.map(({ captured }) => captured)).toEqual([21, 4])
    expect(fault).toBeNull()
  })

  test('what Wireshark counts as a frame and is none takes a number', async () => {
    const frame = le.enhanced({ ticks: micros, bytes: data })
    const file = joined([
      begin,
      le.custom(1, data),
      frame,
      frame,
      le.custom(2, data, 0x4000_0bad),
      le.block(9, data.subarray(0, 20)),
      le.block(0x7777, data.subarray(0, 4)),
      frame,
    ])
    const { rows, counts } = await read(file)
    expect(rows).toEqual([row(2), row(3), row(6)])
    expect([counts.customBlocks, counts.unknownBlocks]).toEqual([2, 2])
  })

  test('more frames than a batch has rows', async () => {
    const frame = le.enhanced({ ticks: micros, bytes: data.subarray(0, 0) })
    const { rows } = await read(joined([begin, ...Array.from({ length: BATCH_FRAMES + 3 }, () => frame)]))
    expect(rows.map(({ number }) => number)).toEqual(
      Array.from({ length: BATCH_FRAMES + 3 }, (_, i) => i + 1),
    )
  })
})

describe('lies', () => {
  const section = le.section()
  const begin = joined([section, le.interface(), le.enhanced({ ticks: micros, bytes: data })])
  const at = begin.length
  const zeros = (length: number): Uint8Array => new Uint8Array(length)
  const packet = (index: number, captured: number, room: number): Uint8Array =>
    le.block(6, joined([le.u32(index), zeros(8), le.u32(captured), le.u32(captured), zeros(room)]))

  test.each<[string, Uint8Array]>([
    ['has an impossible length, 8', le.block(0x7777, zeros(4), 8)],
    ['has an impossible length, 0', le.block(0x7777, zeros(4), 0xffff_ffff)],
    ['begins with length 16 and ends with 20', le.block(0x7777, zeros(4), 16, 20)],
    ['begins a section and has no byte order magic', le.block(0x0a0d0d0a, zeros(16))],
    ['is too short for a section header', le.block(0x0a0d0d0a, joined([le.u32(0x1a2b3c4d), zeros(8)]))],
    ['is a section of pcapng version 2.0, which is not supported', le.section([], [2, 0])],
    ['is too short for an interface', le.block(1, zeros(4))],
    ['is too short for a packet', le.block(6, zeros(16))],
    ['is too short for a packet', le.block(2, zeros(16))],
    ['is too short for a packet', le.block(3, zeros(0))],
    ['has 36 octets and claims 8 captured ones', packet(0, 8, 4)],
    ['has 36 octets and claims 4294967295 captured ones', packet(0, 0xffff_ffff, 4)],
    ['has 262180 octets and claims 262145 captured ones', packet(0, 262_145, 262_148)],
    ['is a packet of interface 1, which its section does not describe', packet(1, 4, 4)],
    ['is a packet of interface 4294967295, which its section does not describe', packet(0xffff_ffff, 4, 4)],
    ['has 262148 captured octets', le.simple(zeros(262_148))],
    ['is too short for interface statistics', le.block(5, zeros(8))],
    ['is too short for decryption secrets', le.block(10, zeros(4))],
    ['claims 1048588 octets, more than the possible 1048576', le.block(6, zeros(1 << 20))],
  ])('the block %s', async (why, block) => {
    const { rows, fault } = await read(joined([begin, block, le.enhanced({ bytes: data })]))
    expect(rows).toEqual([row(1)])
    expect(fault).toEqual({ layer: 'pcapng', at, message: `the block at offset ${at} ${why}` })
  })

  test('interfaces belong to their section', async () => {
    const { rows, fault } = await read(joined([begin, section, le.simple(data)]))
    expect(rows).toEqual([row(1)])
    expect(fault?.message).toBe(
      `the block at offset ${at + section.length} ` +
        'is a packet of interface 0, which its section does not describe',
    )
  })

  test('options and records that run past their block are left, and what preceded them is kept', async () => {
    const lying = { ...comment('too long'), length: 4000 }
    const packetOf = (bytes: Uint8Array): Uint8Array => le.enhanced({ ticks: micros, bytes }).subarray(8, -4)
    const named = joined([
      le.u16(1),
      le.u16(8),
      zeros(4),
      text('a\0b\0'),
      le.u16(1),
      le.u16(3),
      zeros(4),
      le.u16(2),
      le.u16(900),
    ])
    const file = joined([
      section,
      le.interface({ options: [option(2, text('eth0')), lying, option(3, text('never'))] }),
      le.enhanced({ ticks: micros, bytes: data, options: [comment('first'), lying] }),
      // The last option of a list without end mark lacks one octet.
      le.block(6, joined([packetOf(data), le.u16(1), le.u16(0), le.u16(1), le.u16(5), text('abcd')])),
      le.block(4, named),
      // A name without its zero ends with its record.
      le.block(
        4,
        joined([
          le.u16(1),
          le.u16(8),
          zeros(4),
          text('abcd'),
          le.u16(1),
          le.u16(6),
          zeros(4),
          text('e\0'),
          zeros(2),
        ]),
      ),
      le.block(10, joined([le.u32(0x544c534b), le.u32(5), zeros(4)])),
      le.enhanced({ ticks: micros, bytes: data }),
    ])
    const all = await read(file)
    expect(all).toMatchObject({
      rows: [row(1), row(2), row(3)],
      fault: null,
      secrets: [],
      names: [{ name: 'a' }, { name: 'b' }, { name: 'abcd' }, { name: 'e' }],
      comments: [
        { packet: 1, text: 'first' },
        { packet: 2, text: '' },
      ],
      interfaces: [{ name: 'eth0', description: null }],
      counts: { malformedOptions: 6 },
    })
  })
})

describe('limits', () => {
  const begin = joined([le.section(), le.interface()])
  const frame = le.enhanced({ ticks: micros, bytes: data })
  const small = 4096 // octets of a buffer

  test.each<[string, number, number[]]>([
    ['unknown block', 0x7777, [0, 1, 0, 0]],
    ['custom block', 0xbad, [1, 0, 0, 0]],
    ['block of names', 4, [0, 0, 1, 0]],
    ['block of secrets', 10, [0, 0, 0, 1]],
  ])('an %s longer than the buffer is passed over', async (_, type, expected) => {
    const file = joined([begin, frame, le.block(type, pattern(10_000)), frame])
    for (const options of [{}, { chunk: 7 }, { chunk: 1000, later: true }]) {
      const { rows, fault, bytesRead, counts } = await read(file, options, small)
      expect(rows).toEqual([row(1), row(type === 0xbad ? 3 : 2)])
      expect([fault, bytesRead]).toEqual([null, file.length])
      expect([counts.customBlocks, counts.unknownBlocks, counts.namesDropped, counts.secretsDropped]).toEqual(
        expected,
      )
    }
  })

  test('the second length of a block that was passed over is checked', async () => {
    const at = begin.length
    const { rows, fault } = await read(
      joined([begin, le.block(0x7777, pattern(10_000), 10_012, 10_016), frame]),
      {},
      small,
    )
    expect([rows, fault?.at, fault?.message]).toEqual([
      [],
      at,
      `the block at offset ${at} begins with length 10012 and ends with 10016`,
    ])
  })

  test('a block that claims more than the file has: read to the end, the buffer stays as it is', async () => {
    const source = memorySource(joined([begin, le.block(0x7777, pattern(3 << 20), 0xffff_fff0)]))
    const reader = open(source)
    expect((await readAll(reader, shared)).rows).toEqual([])
    expect(reader.fault).toEqual({
      layer: 'pcapng',
      at: 48,
      message:
        'the capture is cut off at offset 3145788: ' +
        'what begins at offset 48 has 3145740 octets and needs 4294967280',
    })
  })

  test('comments, names and secrets are kept up to a limit and counted beyond', async () => {
    const said = le.enhanced({ bytes: data, options: [comment('x'.repeat(5000)), comment('y')] })
    const names = le.names(
      Array.from({ length: 500 }, (_, i) => [new Uint8Array([10, 0, i >> 8, i & 0xff]), 'n'] as const),
    )
    const secrets = le.secrets('s'.repeat(900_000))
    const {
      comments,
      names: kept,
      secrets: logs,
      counts,
    } = await read(
      joined([begin, ...Array(60).fill(said), ...Array(21).fill(names), ...Array(5).fill(secrets)]),
    )
    expect(comments.length).toBe(100)
    expect(comments[0]).toEqual({ packet: 1, text: 'x'.repeat(512) })
    expect([kept.length, logs.length]).toEqual([10_000, 4])
    expect(counts).toMatchObject({ comments: 120, namesDropped: 500, secretsDropped: 1 })
  })

  test('secrets without content are kept up to a number', async () => {
    const { secrets, counts } = await read(joined([begin, ...Array(1500).fill(le.secrets(''))]))
    expect([secrets.length, counts.secretsDropped]).toEqual([1000, 500])
  })

  test('interfaces are numbered in 16 bits', async () => {
    const one = le.interface()
    const file = joined([le.section(), ...Array(65_537).fill(one)])
    const { interfaces, fault } = await read(file)
    expect(interfaces.length).toBe(65_536)
    expect(fault?.message).toBe(`the block at offset ${28 + 65_536 * 20} is interface 65537 of the capture`)
  })
})
