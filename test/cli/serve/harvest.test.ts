import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { pcapngWriter } from '../../../collectors/pcapng-writer.ts'
import { type FoundPacket, harvest } from '../../../src/cli/serve/harvest.ts'
import { netflow5 } from '../../scenario/exports.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-harvest-'))
afterAll(() => rmSync(folder, { recursive: true }))

const PACKETS = 40_000
const path = join(folder, 'many.pcapng')
const bytesOf = (number: number): Uint8Array => {
  const bytes = new Uint8Array(60)
  new DataView(bytes.buffer).setUint32(14, number)
  return bytes
}

function write(): void {
  const writer = pcapngWriter({ application: 'test', comment: '' })
  const blocks = Array.from({ length: PACKETS }, (_, i) =>
    writer.packet({
      tap: i % 2 === 0 ? 'a' : 'b',
      linkType: i % 2 === 0 ? 1 : 101,
      time: 1_000_000 * (i + 1),
      nanoseconds: i % 1000,
      wireLength: 70,
      bytes: bytesOf(i + 1),
      comment: '',
    }),
  )
  writeFileSync(path, Buffer.concat([writer.header(), ...blocks]))
}
write()

async function found(numbers: readonly number[]) {
  const portions: (readonly FoundPacket[])[] = []
  const progress: number[] = []
  const count = await harvest({
    path,
    numbers,
    keep: (packets) => void portions.push(packets),
    onProgress: (fraction) => void progress.push(fraction),
  })
  return { portions, packets: portions.flat(), count, progress }
}

describe('packets are found by their number', () => {
  test('with time, link type and octets', async () => {
    const { packets, count } = await found([1, 2, 16_384, 16_385, PACKETS])
    expect(count).toBe(5)
    expect(packets).toEqual(
      [1, 2, 16_384, 16_385, PACKETS].map((number) => ({
        number,
        time: 1_000_000 * number,
        nanoseconds: (number - 1) % 1000,
        linkType: number % 2 === 1 ? 1 : 101,
        wireLength: 70,
        segment: null,
        bytes: bytesOf(number),
      })),
    )
  })

  test('in portions', async () => {
    const numbers = Array.from({ length: 600 }, (_, i) => 3 * i + 1)
    const { portions, packets } = await found(numbers)
    expect(portions.map(({ length }) => length)).toEqual([256, 256, 88])
    expect(packets.map(({ number }) => number)).toEqual(numbers)
  })

  test('and those that are not there are passed over', async () => {
    expect((await found([0, 5, PACKETS + 1])).packets.map(({ number }) => number)).toEqual([5])
  })

  test('and no further than needed', async () => {
    const { progress } = await found([1])
    expect(progress).toHaveLength(1)
  })
})

test('nothing wanted: the file is not opened', async () => {
  expect(await harvest({ path: '/nowhere', numbers: [], keep: () => undefined })).toBe(0)
})

test('a file that is not there is explained', async () => {
  await expect(harvest({ path: '/nowhere', numbers: [1], keep: () => undefined })).rejects.toThrow(
    'no such file',
  )
})

test('flow records have no packets to find', async () => {
  const flows = join(folder, 'flows.dat')
  writeFileSync(flows, netflow5([{}]))
  const keep = (): never => {
    throw new Error('nothing was asked for')
  }
  expect(await harvest({ path: flows, numbers: [1], keep })).toBe(0)
})
