import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PACKED_BYTES_MAX, secretsAhead } from '../../collectors/pcapng-secrets.ts'
import { joined, pcapngBlocks } from '../scenario/pcap-writer.ts'
import { pattern } from './reading.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'holdfast-secrets-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const found = (bytes: Uint8Array): Promise<readonly string[]> => {
  const path = join(folder, 'capture')
  writeFileSync(path, bytes)
  return secretsAhead(path)
}

const le = pcapngBlocks(false)
const be = pcapngBlocks(true)
const packet = le.enhanced({ ticks: 1n, bytes: pattern(1400) })
const begin = joined([le.section(), le.interface()])

describe('secrets ahead', () => {
  test('wherever they stand, in both byte orders, among more than a buffer of packets', async () => {
    const packets = Array<Uint8Array>(900).fill(packet)
    const capture = joined([
      begin,
      le.secrets('first'),
      ...packets,
      le.secrets('a'.repeat(70_001)),
      ...packets,
      be.section(),
      be.interface(),
      be.enhanced({ ticks: 1n, bytes: pattern(60) }),
      be.secrets('other', 0x57474b4c),
      be.secrets('last'),
    ])
    const all = ['first', 'a'.repeat(70_001), 'last']
    expect(await found(capture)).toEqual(all)
    expect(await found(gzipSync(capture))).toEqual(all)
  })

  test('a block longer than the buffer is passed over, before it others are found', async () => {
    const large = le.block(0x0bad, new Uint8Array(3 << 20))
    expect(await found(joined([begin, large, le.secrets('x'.repeat(2 << 20)), le.secrets('here')]))).toEqual([
      'here',
    ])
  })

  test('what was found before damage stands', async () => {
    const capture = joined([begin, le.secrets('here'), packet, le.secrets('cut')])
    expect(await found(capture.subarray(0, capture.length - 9))).toEqual(['here'])
    expect(
      await found(joined([begin, le.secrets('here'), le.block(6, packet, 4), le.secrets('no')])),
    ).toEqual(['here'])
    const orderless = le.section().slice()
    orderless.fill(0, 8, 12)
    expect(await found(joined([begin, le.secrets('here'), orderless]))).toEqual(['here'])
  })

  test('other captures, streams and what is no capture have none', async () => {
    expect(
      await found(new Uint8Array(Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex'))),
    ).toEqual([])
    expect(await found(new Uint8Array(0))).toEqual([])
    expect(await secretsAhead(join(folder, 'absent'))).toEqual([])
    expect(await secretsAhead('-')).toEqual([])
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    expect(await secretsAhead(pipe)).toEqual([])
  })

  test('a large packed file is not unpacked twice', async () => {
    const path = join(folder, 'large')
    const packed = gzipSync(joined([begin, le.secrets('here')]))
    writeFileSync(path, packed)
    expect(await secretsAhead(path)).toEqual(['here'])
    execFileSync('truncate', ['-s', String(PACKED_BYTES_MAX + 1), path])
    expect(await secretsAhead(path)).toEqual([])
  })
})
