import fc from 'fast-check'
import { expect, test } from 'vitest'
import { milliseconds } from '../../src/model/time.ts'
import type { Side } from '../../src/model/packet.ts'
import { createWire } from './wire.ts'

/**
 * What one side sends, octet by octet in a Set: the naive truth that the accounting must meet whatever is
 * lost, doubled or stored out of order. `captured` holds offsets of octets that the tap recorded,
 * `acknowledged` the offset before which the other side said to have everything.
 */
interface Step {
  /** A segment from `from` for `octets`; or an acknowledgment of all before `from`, if there are none. */
  readonly from: number
  readonly octets: number
}

const LENGTH = 120 // octets of stream
const segment: fc.Arbitrary<Step> = fc.record({
  from: fc.nat(LENGTH - 1),
  // 1 is left out: a single octet before the next one looks like a keep-alive, which has tests of its own
  octets: fc.integer({ min: 2, max: 30 }),
})
const acknowledgment: fc.Arbitrary<Step> = fc.record({ from: fc.nat(LENGTH), octets: fc.constant(0) })
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: segment }, acknowledgment), { maxLength: 40 })
/** Before, across and after the wrap of sequence numbers, and of their sign. */
const initial = fc.constantFrom(1_000, 0xffff_ffff, 0xffff_ffc0, 0x7fff_ffc0, 0x8000_0000, 0)

test.each([0, 1] as const)('side %i: octets are counted once, and what is missing is known', (side) => {
  fc.assert(
    fc.property(steps, initial, fc.boolean(), (told, number, spread) => {
      const other = (1 - side) as Side
      const wire = createWire({ initial: side === 0 ? [number, 5_000] : [5_000, number] }).opens()
      const captured = new Set<number>()
      let acknowledged = 0
      let wireOctets = 0
      let repeats = 0
      let overlaps = 0
      for (const { from, octets } of told) {
        const after = milliseconds(spread ? 100 : 1)
        if (octets === 0) {
          wire.acknowledges(other, { acknowledges: 1 + from, after })
          acknowledged = Math.max(acknowledged, from)
          continue
        }
        const offsets = Array.from({ length: octets }, (_, i) => from + i)
        const known = offsets.filter((o) => captured.has(o)).length
        const reached = Math.max(acknowledged, ...captured, -1)
        if (known === octets) repeats++
        if (from <= reached) overlaps++
        for (const o of offsets) captured.add(o)
        wireOctets += octets
        wire.says(side, octets, { at: 1 + from, after })
      }
      const half = wire.ends().summary.halves[side]
      const missing = Array.from({ length: acknowledged }, (_, i) => i).filter((o) => !captured.has(o))
      expect({
        bytes: half.bytes,
        uniqueBytes: half.uniqueBytes,
        missingBytes: half.missingBytes,
        keepAlives: half.keepAlives,
      }).toEqual({
        bytes: wireOctets,
        uniqueBytes: captured.size,
        missingBytes: missing.length,
        keepAlives: 0,
      })
      // Whole repetitions are retransmissions; what begins beyond all that was seen is none.
      const late = half.retransmissions + wire.summary.halves[0].outOfOrder
      expect(half.retransmissions).toBeGreaterThanOrEqual(repeats)
      expect(late).toBeLessThanOrEqual(overlaps)
      expect(wire.tracker.counters.missingSegments > 0).toBe(missing.length > 0)
    }),
    { numRuns: 250 },
  )
})

test('without acknowledgments, a one-way capture lacks what nobody filled', () => {
  const wire = createWire()
  wire.sends(0, 10).sends(0, 20, { unseen: true }).sends(0, 5).ends()
  expect(wire.summary.halves[0]).toMatchObject({ bytes: 15, uniqueBytes: 15, missingBytes: 20 })
})
