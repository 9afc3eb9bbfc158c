import { expect, test } from 'vitest'
import { FIRST_MINUTE } from '../../src/connections/lifecycle.ts'
import { FIRST_MINUTE_OCTETS } from '../../src/model/observation.ts'
import { seconds } from '../../src/model/time.ts'
import { createWire, ON, START, type Wire } from './wire.ts'

/** A connection that receives so much at once, and more after its first minute. */
function receives(octets: number, begins: (wire: Wire) => Wire = (wire) => wire.opens()): Wire {
  const wire = begins(createWire()).sends(0, 10)
  for (let left = octets; left > 0; left -= 1_000) wire.sends(1, Math.min(left, 1_000))
  wire.acknowledges(0)
  return wire
}

/** Time comes to a minute after the beginning, or a little before, and the responder sends more. */
function passes(wire: Wire, at = FIRST_MINUTE): Wire {
  wire.tracker.tick(START + at)
  wire.waits(START + at - wire.time).sends(1, 1_000)
  wire.tracker.tick(START + 2 * at)
  return wire
}

test('what each side sent within it', () => {
  expect(passes(receives(FIRST_MINUTE_OCTETS)).of('first-minute')).toEqual([
    { ...ON, kind: 'first-minute', time: START + FIRST_MINUTE, bytes: [10, FIRST_MINUTE_OCTETS] },
  ])
})

test.each<[string, Wire]>([
  ['it is not over', receives(FIRST_MINUTE_OCTETS)],
  ['the responder sent less', passes(receives(FIRST_MINUTE_OCTETS - 1))],
  ['the connection is over', passes(receives(FIRST_MINUTE_OCTETS).resets(1))],
  [
    'its beginning was not seen',
    passes(receives(FIRST_MINUTE_OCTETS, (wire) => wire.opens([{ unseen: true }, { unseen: true }]))),
  ],
])('is not told if %s', (_why, wire) => {
  wire.tracker.tick(START + FIRST_MINUTE - seconds(1))
  expect(wire.of('first-minute')).toEqual([])
})
