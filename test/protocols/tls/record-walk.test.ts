import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  HOLD,
  RecordWalk,
  SKIP,
  STOP,
  STREAM,
  takeSkip,
  walkRecords,
  WHOLE,
} from '../../../src/protocols/tls/record-walk.ts'
import type { RecordReader, Treatment } from '../../../src/protocols/tls/record-walk.ts'
import { concat, record } from './craft.ts'

/** Treats records by their type: 20 is skipped, 21 wanted whole, 22 as it comes. */
function reader() {
  const got: string[] = []
  const show = (b: Uint8Array, start: number, end: number): string =>
    Buffer.from(b.slice(start, end)).toString('hex')
  const by: Record<number, Treatment> = { 20: SKIP, 21: WHOLE, 22: STREAM, 23: HOLD, 24: STOP }
  let type = 0
  const of: RecordReader = {
    begin(b, at) {
      type = b[at]!
      if (by[type] !== HOLD && by[type] !== STOP) got.push(`${type}:`)
      return by[type]!
    },
    fragment: (b, start, end) => void (got[got.length - 1] += show(b, start, end)),
    whole: (b, start, end) => void (got[got.length - 1] += show(b, start, end)),
  }
  return { got, of }
}

test('records come out the same however they are cut, and skipped octets need not come', () => {
  const records = fc.array(
    fc
      .tuple(fc.constantFrom(20, 21, 22), fc.uint8Array({ maxLength: 200 }))
      .map(([type, body]) => record(type, body)),
  )
  fc.assert(
    fc.property(records, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (all, cuts) => {
      const walk = new RecordWalk()
      const { got, of } = reader()
      const octets = concat(...all)
      let unwanted = 0
      for (let at = 0, i = 0; at < octets.length; i++) {
        const end = Math.min(octets.length, at + cuts[i % cuts.length]!)
        const passed = Math.min(unwanted, end - at)
        unwanted -= passed
        const lent = octets.slice(at + passed, end)
        if (lent.length > 0) {
          expect(walkRecords(walk, of, lent, 0, lent.length)).toBe(lent.length)
          unwanted = takeSkip(walk)
        }
        lent.fill(0xee)
        at = end
      }
      const hex = (one: Uint8Array): string =>
        one[0] === 20 ? '' : Buffer.from(one.subarray(5)).toString('hex')
      expect(got).toEqual(all.map((one) => `${one[0]}:${hex(one)}`))
      expect(walk.body).toBeNull()
    }),
    { numRuns: 200 },
  )
})

test.each([
  ['held', 23],
  ['stopped', 24],
])('%s, the walk ends before the record', (_name, type) => {
  const walk = new RecordWalk()
  const { got, of } = reader()
  const octets = concat(record(22, Uint8Array.of(7)), record(type, Uint8Array.of(1, 2)))
  expect(walkRecords(walk, of, octets, 0, octets.length)).toBe(6)
  expect(got).toEqual(['22:07'])
})

test('held in the middle of a header, it goes on from there', () => {
  const walk = new RecordWalk()
  const { got, of } = reader()
  const octets = record(23, Uint8Array.of(1, 2))
  expect(walkRecords(walk, of, octets, 0, 3)).toBe(3)
  expect(walkRecords(walk, of, octets, 3, octets.length)).toBe(5)
  const later: RecordReader = { ...of, begin: () => (got.push('later:'), WHOLE) }
  expect(walkRecords(walk, later, octets, 5, octets.length)).toBe(octets.length)
  expect(got).toEqual(['later:0102'])
})
