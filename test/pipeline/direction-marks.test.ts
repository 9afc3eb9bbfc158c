import { expect, test } from 'vitest'
import { directionClock, type Directions } from '../../src/pipeline/direction-marks.ts'

/** More than fit on the stack as arguments. */
const CONNECTIONS = 1 << 17

test('the clock between two directions is told of as many connections as are remembered', () => {
  const one: Directions = new Map()
  const other: Directions = new Map()
  for (let i = 0; i < CONNECTIONS; i++) {
    const syn = { isUp: true, at: 1000 * i, acknowledgesAt: 1000 * i + 100 }
    one.set(i, { ...syn, sequence: i, acknowledges: NaN, link: 0 })
    const accepted = { isUp: false, at: 1000 * i + 550, acknowledgesAt: NaN }
    other.set(i, { ...accepted, sequence: 7, acknowledges: i + 1, link: 0 })
  }
  // Half a millisecond ahead: a SYN/ACK seems to come 450 µs after what acknowledges it.
  expect(directionClock(one, other)).toBe(451)
})
