/** Files of flow exports where captures are named: told by content, analysed, kept. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type FieldSpec, ipfix, ipv4, netflow5, set, template, unsigned } from '../../scenario/exports.ts'
import { udpFrame } from '../../scenario/frame-writer.ts'
import { joined, pcapFile } from '../../scenario/pcap-writer.ts'
import { holdfast, kept } from '../kept.ts'

const there = { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 40_000, destinationPort: 443 }
const back = { source: '10.0.0.2', destination: '10.0.0.1', sourcePort: 443, destinationPort: 40_000 }
const NETFLOW5 = joined([
  netflow5([there, back]),
  netflow5([{ ...there, sourcePort: 40_001 }], { sequence: 4 }),
])

const FIELDS: readonly FieldSpec[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
  [6, 1],
  [150, 4],
  [151, 4],
]
const record = [
  ...['10.0.0.1', '10.0.0.2'].map(ipv4),
  ...[40_000, 443].map((port) => unsigned(port, 2)),
  ...[6, 0x1b].map((n) => unsigned(n, 1)),
  ...[1_795_226_000, 1_795_226_300].map((seconds) => unsigned(seconds, 4)),
]
const IPFIX = ipfix([set(2, [template(256, FIELDS)]), set(256, record)])

interface Line {
  readonly kind: string
  readonly format: string
}

async function captureOf(path: string): Promise<Line> {
  const { out, error, exitCode } = await holdfast('analyze', '--format', 'ndjson', path)
  expect([exitCode, error]).toEqual([0, ''])
  const lines = out.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Line).find(({ kind }) => kind === 'capture')!
}

describe('analyze', () => {
  test.each([
    ['NetFlow v5', NETFLOW5, 'netflow5', 2, 3, 2],
    ['IPFIX', IPFIX, 'ipfix', 1, 1, 0],
    ['NetFlow v5, packed', gzipSync(NETFLOW5), 'netflow5', 2, 3, 2],
  ])('%s', async (_what, bytes, format, packets, records, lost) => {
    const { place } = kept()
    const path = join(place, 'anything.bin')
    writeFileSync(path, bytes)
    expect(await captureOf(path)).toMatchObject({
      format,
      packets,
      linkTypes: [],
      flows: { records, tcpRecords: records, exporterCount: 1, exporters: [{ address: null, format, lost }] },
    })
  })

  test('a capture of exports, to whatever port', async () => {
    const { place } = kept()
    const ends = {
      source: '192.0.2.1',
      destination: '192.0.2.2',
      sourcePort: 50_000,
      destinationPort: 31_337,
    }
    const frames = [NETFLOW5.subarray(0, 120), IPFIX].map((payload) => udpFrame({ ...ends, payload }))
    const path = join(place, 'a.pcap')
    writeFileSync(path, pcapFile(frames.map((bytes, i) => ({ seconds: 1_795_226_401, fraction: i, bytes }))))
    expect(await captureOf(path)).toMatchObject({
      packets: 2,
      flows: { records: 3, exporters: [{ address: '192.0.2.1' }, { address: '192.0.2.1' }] },
    })
  })

  test('what is cut off is said', async () => {
    const { place } = kept()
    const path = join(place, 'cut.bin')
    writeFileSync(path, NETFLOW5.subarray(0, -1))
    const { out } = await holdfast('analyze', path)
    expect(out).toContain('the export is cut off in the message at offset 120')
  })

  test('is kept in a database', async () => {
    const { place, db, rows, count } = kept()
    const path = join(place, 'kept.bin')
    writeFileSync(path, NETFLOW5)
    const { exitCode, error } = await holdfast('analyze', '--quiet', '--db', db, path)
    expect([exitCode, error]).toEqual([0, ''])
    expect(rows('SELECT state, error FROM analysis')).toEqual([{ state: 'done', error: null }])
    expect([count('capture'), count('connection')]).toEqual([1, 2])
  })
})
