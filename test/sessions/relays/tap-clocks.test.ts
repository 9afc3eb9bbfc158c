import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TapClocks } from '../../../src/sessions/relays/tap-clocks.ts'

test('each exchange bounds the difference, and more of them bound it better', () => {
  const clocks = new TapClocks()
  expect(clocks.between('a', 'b')).toBeNull()
  expect(clocks.between('a', 'a')).toEqual({ offset: 0, residual: 0 })
  clocks.matched({ tap: 'a', request: 0, response: 1000 }, { tap: 'b', request: 600, response: 1100 })
  expect(clocks.between('a', 'b')).toEqual({ offset: 350, residual: 250 })
  clocks.matched({ tap: 'a', request: 5000, response: 6000 }, { tap: 'b', request: 5400, response: 6300 })
  expect(clocks.between('a', 'b')).toEqual({ offset: 350, residual: 50 })
  // one that cannot be: it was answered before it was passed on
  clocks.matched({ tap: 'a', request: 0, response: 10 }, { tap: 'b', request: 0, response: 900 })
  expect(clocks.between('a', 'b')).toEqual({ offset: 350, residual: 50 })
})

test('a clock that was set counts anew', () => {
  const clocks = new TapClocks()
  clocks.matched({ tap: 'a', request: 0, response: 100 }, { tap: 'b', request: 20, response: 80 })
  clocks.matched({ tap: 'a', request: 0, response: 100 }, { tap: 'b', request: 5020, response: 5080 })
  expect(clocks.between('a', 'b')).toEqual({ offset: 5000, residual: 20 })
})

test('the true difference lies within the residual, whatever the delays', () => {
  const delay = fc.integer({ min: 0, max: 5000 })
  const exchange = fc.tuple(fc.integer({ min: 0, max: 1e9 }), delay, delay, delay)
  fc.assert(
    fc.property(fc.integer({ min: -1e7, max: 1e7 }), fc.array(exchange, { minLength: 1 }), (offset, all) => {
      const clocks = new TapClocks()
      for (const [at, there, work, back] of all)
        clocks.matched(
          { tap: 'a', request: at, response: at + there + work + back },
          { tap: 'b', request: at + there + offset, response: at + there + work + offset },
        )
      const found = clocks.between('a', 'b')!
      expect(Math.abs(found.offset - offset)).toBeLessThanOrEqual(found.residual)
    }),
    { numRuns: 100 },
  )
})
