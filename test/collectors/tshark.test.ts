/**
 * Wireshark's programs as a second opinion: frame for frame on every kind of file that pcap-parser cannot
 * read, in sum on a collection of public captures if there is one next to the repository.
 */

import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { openCaptureFile } from '../../collectors/index.ts'
import { comment, joined, pcapFile, pcapngBlocks } from '../scenario/pcap-writer.ts'
import type { PcapOptions, PcapRecord } from '../scenario/pcap-writer.ts'
import { missing } from '../tools.ts'
import { pattern, readAll } from './reading.ts'
import type { Row } from './reading.ts'

const run = promisify(execFile)
const publicCaptures = join(import.meta.dirname, '../../../shared/captures/public/pcap')
const folder = mkdtempSync(join(tmpdir(), 'holdfast-tshark-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A frame as both sides tell it; what tshark leaves empty is an empty text. */
interface Told {
  readonly number: string
  readonly time: string
  readonly captured: string
  readonly wire: string
  readonly interface: string
}

const FIELDS = ['frame.number', 'frame.time_epoch', 'frame.cap_len', 'frame.len', 'frame.interface_id']

/** Written for Wireshark 4.0. Frames need no dissection beyond the link layer. */
async function toldByTshark(path: string): Promise<Told[]> {
  const fields = FIELDS.flatMap((field) => ['-e', field])
  const args = [
    '-n',
    '--disable-protocol',
    'ip',
    '--disable-protocol',
    'ipv6',
    '-r',
    path,
    '-T',
    'fields',
    ...fields,
  ]
  const { stdout } = await run('tshark', args, { maxBuffer: 1 << 26 })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [number = '', time = '', captured = '', wire = '', index = ''] = line.split('\t')
      return { number, time, captured, wire, interface: index }
    })
}

const seconds = (nanoseconds: bigint): string => {
  const rest = String(nanoseconds % 1_000_000_000n).padStart(9, '0')
  return `${nanoseconds / 1_000_000_000n}.${rest}`
}

async function toldByUs(path: string): Promise<{ told: Told[]; rows: Row[]; fault: string | null }> {
  const reader = await openCaptureFile(path)
  const { rows } = await readAll(reader)
  reader.close()
  const told = rows.map((row) => ({
    number: String(row.number),
    time: seconds(row.time),
    captured: String(row.captured),
    wire: String(row.wire),
    interface: reader.format === 'pcapng' ? String(row.interface) : '',
  }))
  return { told, rows, fault: reader.fault?.message ?? null }
}

/** Where we say something else on purpose. */
const DIFFERENCES = {
  simplePackets: {
    reason: 'a Simple Packet Block has no time: tshark says none, we borrow that of the frame before',
    agree: (ours: Told, theirs: Told): Told => (theirs.time === '' ? { ...ours, time: '' } : ours),
  },
  sections: {
    reason:
      'tshark counts interfaces within a section, we go on counting: a number never means two interfaces',
    agree: (ours: Told, theirs: Told): Told => ({ ...ours, interface: theirs.interface }),
  },
  records: {
    reason: 'tshark shows custom blocks, journal entries and the like as frames; we leave their numbers out',
    agree: (ours: Told): Told => ours,
  },
} as const

async function compare(path: string, differences: readonly (keyof typeof DIFFERENCES)[]): Promise<void> {
  const [theirs, { told, fault }] = await Promise.all([toldByTshark(path), toldByUs(path)])
  const ours = new Map(told.map((frame) => [frame.number, frame]))
  const kept = differences.includes('records') ? theirs.filter(({ number }) => ours.has(number)) : theirs
  const agreed = kept.map((frame) => {
    const own = ours.get(frame.number)
    return own && differences.reduce((said, name) => DIFFERENCES[name].agree(said, frame), own)
  })
  expect([agreed, told.length, fault]).toEqual([kept, kept.length, null])
  // A difference that is none any more must go from the list.
  if (differences.length > 0) expect(told).not.toEqual(theirs)
}

const saved = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

describe.skipIf(missing('tshark'))('frame for frame (needs tshark)', () => {
  const record = fc
    .record({
      seconds: fc.nat(0x7fff_ffff),
      fraction: fc.nat(999_999),
      bytes: fc.nat(120).map((n) => pattern(14 + n)),
      more: fc.nat(2000),
    })
    .map(({ more, ...r }): PcapRecord => ({ ...r, wireLength: r.bytes.length + more }))

  test.each<[string, PcapOptions]>([
    ['nano', { variant: 'nano' }],
    ['nano', { variant: 'nano', bigEndian: true }],
    ['modified', { variant: 'modified' }],
    ['modified', { variant: 'modified', bigEndian: true }],
    ['Ixia', { variant: 'ixiaSoftware' }],
    ['2.2', { version: [2, 2] }],
    ['2.3', { version: [2, 3], bigEndian: true }],
    ['543.0', { version: [543, 0] }],
  ])('pcap, %s %o', async (name, options) => {
    const records = fc.sample(record, { numRuns: 50, seed: 1 })
    await compare(saved(`${name}-${String(options.bigEndian)}.pcap`, pcapFile(records, options)), [])
  })

  const resolution = fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0x80, max: 0x80 + 30 }))
  const described = fc.record({
    resolution,
    offset: fc.integer({ min: 0, max: 1_000_000 }),
    snapLength: fc.constantFrom(0, 64, 65_535),
  })
  const packet = fc.record({
    kind: fc.constantFrom('enhanced', 'obsolete', 'simple', 'custom', 'unknown', 'names', 'statistics'),
    index: fc.nat(3),
    nanoseconds: fc.bigInt({ min: 0n, max: 1_800_000_000_000_000_000n }),
    length: fc.nat(100),
    more: fc.nat(1000),
    commented: fc.boolean(),
  })
  const section = fc.record({
    bigEndian: fc.boolean(),
    interfaces: fc.array(described, { minLength: 1, maxLength: 4 }),
    packets: fc.array(packet, { maxLength: 12 }),
  })
  type SectionPlan = typeof section extends fc.Arbitrary<infer Plan> ? Plan : never

  function sectionOf({ bigEndian, interfaces, packets }: SectionPlan): Uint8Array {
    const blocks = pcapngBlocks(bigEndian)
    const parts = [
      blocks.section(),
      ...interfaces.map((plan) =>
        blocks.interface({
          snapLength: plan.snapLength,
          options: [
            { code: 9, value: new Uint8Array([plan.resolution]) },
            { code: 14, value: blocks.u64(BigInt(plan.offset)) },
          ],
        }),
      ),
    ]
    for (const { kind, index, nanoseconds, length, more, commented } of packets) {
      const seen = index % interfaces.length
      const code = interfaces[seen]!.resolution
      const perSecond = code < 0x80 ? 10n ** BigInt(code) : 2n ** BigInt(code & 0x7f)
      const bytes = pattern(14 + length)
      const options = commented ? [comment('a comment')] : []
      const ticks = BigInt.asUintN(64, (nanoseconds * perSecond) / 1_000_000_000n)
      const fields = { interface: seen, ticks, bytes, wireLength: bytes.length + more, options }
      if (kind === 'enhanced') parts.push(blocks.enhanced(fields))
      else if (kind === 'obsolete') parts.push(blocks.obsolete({ ...fields, drops: more }))
      else if (kind === 'simple') {
        const snap = interfaces[0]!.snapLength
        parts.push(blocks.simple(snap === 0 ? bytes : bytes.subarray(0, snap), bytes.length))
      } else if (kind === 'custom') parts.push(blocks.custom(1, new Uint8Array(length * 4)))
      else if (kind === 'unknown') parts.push(blocks.block(0x7777, new Uint8Array(length * 4)))
      else if (kind === 'names')
        parts.push(blocks.names([[new Uint8Array([10, 0, 0, length]), 'name.example']]))
      else parts.push(blocks.statistics(seen, 0n, { 5: BigInt(more) }))
    }
    return joined(parts)
  }

  test('pcapng: sections of both byte orders, all resolutions, blocks of all kinds', async () => {
    const file = joined(fc.sample(section, { numRuns: 120, seed: 2 }).map(sectionOf))
    await compare(saved('sections.pcapng', file), ['simplePackets', 'sections', 'records'])
  })

  test.skipIf(!existsSync(publicCaptures)).each<[string, (keyof typeof DIFFERENCES)[]]>([
    ['pcapngtest__be-test201.pcapng', ['simplePackets', 'sections']],
    ['pcapngtest__le-test006.pcapng', []],
    ['pcapngtest__le-test018.pcapng', ['simplePackets', 'records']],
    ['zeek__portmapper-many-unanswered-calls.pcapng.gz', []],
    ['ndpi__someip_sd_sample.pcap', []],
    ['suriv-old__detect-absent-http-request-body-input.pcap', []],
  ])('%s', async (name, differences) => {
    await compare(join(publicCaptures, name), differences)
  })
})

describe.skipIf(missing('capinfos') || !existsSync(publicCaptures))(
  'in sum, on public captures (needs capinfos and ../shared/captures)',
  () => {
    interface Sum {
      readonly frames: number
      readonly octets: number
      readonly first: string
      readonly last: string
    }

    /** Frames that tshark leaves out of its time span, since Simple Packet Blocks have none. */
    const WITHOUT_TIME = [
      'pcapngtest__be-test012',
      'pcapngtest__be-test016',
      'pcapngtest__be-test201',
      'pcapngtest__le-test010',
      'pcapngtest__le-test018',
      'pcapngtest__le-test101',
      'pcapngtest__le-test003',
    ]
    /** The reason for which capinfos gives no sum; ours must stop there too. */
    const FAULTS = new Map([
      [
        'suriv__bug-1450-04__tls_DER-incomplete-header.pcap',
        'the record at offset 5035 claims 4325376 captured octets, more than the possible 262144',
      ],
    ])

    async function sumsOfCapinfos(names: string[]): Promise<Map<string, Sum>> {
      const args = ['-T', '-m', '-r', '-S', '-c', '-d', '-a', '-e', ...names]
      // It ends with an error if any file is damaged.
      const { stdout } = await run('capinfos', args, { cwd: publicCaptures }).catch(
        (error: { stdout: string }) => error,
      )
      return new Map(
        stdout
          .trim()
          .split('\n')
          .map((line) => {
            const [name = '', frames, octets, first = '', last = ''] = line.split(',')
            return [name, { frames: Number(frames), octets: Number(octets), first, last }]
          }),
      )
    }

    const digits = (time: string): string => time.replace(/0+$/, '')

    test('number of frames, octets on the wire, first and last time', async () => {
      const names = readdirSync(publicCaptures)
      const theirs = await sumsOfCapinfos(names)
      let compared = 0
      for (const name of names) {
        const { rows, fault } = await toldByUs(join(publicCaptures, name))
        expect([name, fault]).toEqual([name, FAULTS.get(name) ?? null])
        const sum = theirs.get(name)
        if (FAULTS.has(name) || sum === undefined) continue
        const times = rows.map(({ time }) => time)
        const octets = rows.reduce((total, { wire }) => total + wire, 0)
        expect({ name, frames: rows.length, octets }).toEqual({
          name,
          frames: sum.frames,
          octets: sum.octets,
        })
        if (!WITHOUT_TIME.some((start) => name.startsWith(start))) {
          const first = times.reduce((a, b) => (a < b ? a : b))
          const last = times.reduce((a, b) => (a > b ? a : b))
          expect([name, ...[first, last].map((time) => digits(seconds(time)))]).toEqual([
            name,
            digits(sum.first),
            digits(sum.last),
          ])
        }
        compared++
      }
      expect(compared).toBe(names.length - FAULTS.size)
    })
  },
)
