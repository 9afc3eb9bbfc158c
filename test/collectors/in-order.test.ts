import { describe, expect, test } from 'vitest'
import { inOrder } from '../../collectors/in-order.ts'
import { BATCH_FRAMES, FrameBatch } from '../../src/bytes/frame-batch.ts'
import { readerOf } from '../pipeline/reader.ts'

const T = 1_000_000_000

/** Numbers and times of what is handed out, of frames stored with these times in milliseconds; each holds its
 * own number. */
async function told(milliseconds: readonly number[], frames = 1_000) {
  const stored = milliseconds.map((ms, i) => ({ time: T + ms * 1_000, bytes: Uint8Array.of(i + 1) }))
  const reader = inOrder(readerOf(stored, { frames }))
  const batch = new FrameBatch()
  const found: [number: number, ms: number][] = []
  while (await reader.next(batch))
    for (let i = 0; i < batch.count; i++) {
      expect(batch.bytes[batch.offset[i]!]).toBe(batch.numbers![i]! & 0xff)
      found.push([batch.numbers![i]!, (batch.time[i]! - T) / 1_000])
    }
  return { found, outOfOrder: reader.outOfOrder }
}

describe('frames come in order of time', () => {
  test.each([1, 2, 1_000])('of cards that hand them over in turns, in batches of %i', async (frames) => {
    const { found, outOfOrder } = await told([0, 100, 200, 50, 150, 240, 300, 2_000, 250], frames)
    expect(found.map(([, ms]) => ms)).toEqual([0, 50, 100, 150, 200, 240, 300, 2_000, 250])
    expect(found.map(([number]) => number)).toEqual([1, 4, 2, 5, 3, 6, 7, 8, 9])
    expect(outOfOrder).toBe(2)
  })

  test('of one time in that of the file', async () => {
    const { found } = await told([5, 5, 0, 5])
    expect(found.map(([number]) => number)).toEqual([3, 1, 2, 4])
  })

  test('and what a clock that was set back gives comes after what was before', async () => {
    const { found } = await told([5_000, 5_100, 1_000, 1_200, 1_100])
    expect(found.map(([, ms]) => ms)).toEqual([5_000, 5_100, 1_000, 1_100, 1_200])
  })

  test('more than a batch holds', async () => {
    const { found } = await told(Array.from({ length: 2 * BATCH_FRAMES + 6 }, (_, i) => (i ^ 1) / 1_000))
    expect(found.map(([, ms]) => ms)).toEqual(found.map((_, i) => i / 1_000))
  })
})
