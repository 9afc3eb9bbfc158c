import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { open } from '../../collectors/pcapng.ts'
import { type PacketToWrite, pcapngWriter } from '../../collectors/pcapng-writer.ts'
import { missing } from '../tools.ts'
import { memorySource, pattern, readAll } from './reading.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-pcapng-'))
afterAll(() => rmSync(folder, { recursive: true }))

const packet = (over: Partial<PacketToWrite> = {}): PacketToWrite => ({
  tap: 'client',
  linkType: 1,
  time: 1_795_227_600_123_456,
  nanoseconds: 789,
  wireLength: 60,
  bytes: pattern(60),
  comment: 'the segment that was not answered',
  ...over,
})

function fileOf(packets: readonly PacketToWrite[]): Uint8Array {
  const writer = pcapngWriter({ application: 'holdfast test', comment: 'HF-1: severed' })
  return Buffer.concat([writer.header(), ...packets.map((p) => writer.packet(p))])
}

async function readBack(packets: readonly PacketToWrite[]) {
  const reader = open(memorySource(fileOf(packets)))
  const { rows } = await readAll(reader)
  return { rows, reader }
}

test('what is written is read back, with interfaces, times to the nanosecond and comments', async () => {
  const packets = [
    packet(),
    packet({ tap: 'server', bytes: pattern(61, 1), wireLength: 1514 }),
    packet({ linkType: 113, bytes: new Uint8Array(0), wireLength: 0, comment: '' }),
    packet({ time: 1_795_227_600_123_457, nanoseconds: 0, comment: 'zweite Prüfung €' }),
  ]
  const { rows, reader } = await readBack(packets)
  expect(reader.fault).toBeNull()
  expect(reader.interfaces.map(({ name, linkType }) => [name, linkType])).toEqual([
    ['client', 1],
    ['server', 1],
    ['client', 113],
  ])
  expect(
    rows.map(({ number, time, captured, wire, interface: face }) => [number, time, captured, wire, face]),
  ).toEqual([
    [1, 1_795_227_600_123_456_789n, 60, 60, 0],
    [2, 1_795_227_600_123_456_789n, 61, 1514, 1],
    [3, 1_795_227_600_123_456_789n, 0, 0, 2],
    [4, 1_795_227_600_123_457_000n, 60, 60, 0],
  ])
  expect(reader.comments).toEqual([
    { packet: null, text: 'HF-1: severed' },
    { packet: 1, text: 'the segment that was not answered' },
    { packet: 2, text: 'the segment that was not answered' },
    { packet: 4, text: 'zweite Prüfung €' },
  ])
})

test('a file without packets is a whole file', async () => {
  const { rows, reader } = await readBack([])
  expect([rows, reader.fault]).toEqual([[], null])
})

describe('what does not fit', () => {
  test('a comment longer than an option is cut between characters', () => {
    const bytes = Buffer.from(fileOf([packet({ comment: '€'.repeat(40_000) })]))
    const at = bytes.indexOf('€')
    const length = bytes.readUInt16LE(at - 2)
    expect(length).toBe(65_532)
    expect(bytes.subarray(at, at + length).toString()).toBe('€'.repeat(21_844))
  })

  test('a time before 1970 becomes 1970, and a wire length too small that of the octets', async () => {
    const { rows } = await readBack([packet({ time: -5, nanoseconds: 0, wireLength: 3 })])
    expect(rows).toMatchObject([{ time: 0n, wire: 60, captured: 60 }])
  })
})

test('any packets survive', async () => {
  const any = fc.record({
    tap: fc.constantFrom('', 'a', 'b'),
    linkType: fc.constantFrom(1, 101, 113),
    time: fc.integer({ min: 0, max: 4_000_000_000_000_000 }),
    nanoseconds: fc.integer({ min: 0, max: 999 }),
    bytes: fc.uint8Array({ maxLength: 80 }),
    comment: fc.string({ maxLength: 40 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(any, { maxLength: 20 }), async (list) => {
      const packets = list.map((p) => ({ ...p, wireLength: p.bytes.length + 4 }))
      const { rows, reader } = await readBack(packets)
      expect(reader.fault).toBeNull()
      expect(rows.map(({ time, data, wire }) => [time, data, wire])).toEqual(
        packets.map((p) => [
          BigInt(p.time) * 1000n + BigInt(p.nanoseconds),
          Buffer.from(p.bytes).toString('hex'),
          p.wireLength,
        ]),
      )
    }),
    { numRuns: 60 },
  )
})

test.skipIf(missing('tshark'))('tshark reads the same', () => {
  const path = join(folder, 'written.pcapng')
  writeFileSync(path, fileOf([packet(), packet({ tap: 'server', comment: 'second' })]))
  const fields = ['frame.number', 'frame.time_epoch', 'frame.interface_name', 'frame.comment', 'frame.len']
  const { stdout, status } = spawnSync(
    'tshark',
    ['-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
    { encoding: 'utf8' },
  )
  expect(status).toBe(0)
  expect(stdout.trim().split('\n')).toEqual([
    '1\t1795227600.123456789\tclient\tthe segment that was not answered\t60',
    '2\t1795227600.123456789\tserver\tsecond\t60',
  ])
})
