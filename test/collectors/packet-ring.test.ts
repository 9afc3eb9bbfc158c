import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameBatch } from '../../src/bytes/frame-batch.ts'
import { PacketRing } from '../../collectors/packet-ring.ts'

function batchOf(first: number, lengths: readonly number[]): FrameBatch {
  const batch = new FrameBatch()
  batch.firstNumber = first
  batch.count = lengths.length
  batch.bytes = new Uint8Array(lengths.reduce((sum, n) => sum + n + 16, 0))
  let at = 16
  for (const [i, length] of lengths.entries()) {
    batch.offset[i] = at
    batch.capturedLength[i] = length
    batch.wireLength[i] = length + 1
    batch.time[i] = (first + i) * 1e6
    batch.bytes.fill((first + i) & 0xff, at, at + length)
    at += length + 16
  }
  return batch
}

test('a packet is as it was, or is gone; never another one', () => {
  const lengths = fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 12,
  })
  fc.assert(
    fc.property(lengths, (batches) => {
      const ring = new PacketRing(256, 16)
      const all: number[] = []
      for (const list of batches) {
        ring.add(batchOf(all.length + 1, list))
        all.push(...list)
      }
      for (const [i, length] of all.entries()) {
        const found = ring.get(i + 1)
        if (found === null) continue
        expect([...found.bytes]).toEqual(new Array(length).fill((i + 1) & 0xff))
        expect(found).toMatchObject({ number: i + 1, time: (i + 1) * 1e6, wireLength: length + 1, face: 0 })
      }
      const whole = batches.at(-1)!.reduce((sum, n) => sum + n + 16, -16)
      expect(ring.get(all.length) === null).toBe(whole > 256)
      expect(ring.get(all.length + 1)).toBeNull()
      expect(ring.get(0)).toBeNull()
    }),
    { numRuns: 200 },
  )
})
