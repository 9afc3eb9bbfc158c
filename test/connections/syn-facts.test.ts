/** What SYNs tell: options in the order sent, however many and of whatever kinds. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SynFactsReader } from '../../src/connections/syn-facts.ts'
import { locate, Place, TCP } from '../../src/wire/frame.ts'
import { ETHERNET } from '../../src/wire/link-types.data.ts'
import { tcpFrame } from '../scenario/frame-writer.ts'

const reader = new SynFactsReader()

function factsOf(options: readonly number[]) {
  const padded = new Uint8Array(Math.ceil(options.length / 4) * 4)
  padded.set(options)
  const frame = tcpFrame({
    source: '10.0.0.1',
    destination: '10.0.0.2',
    sourcePort: 50_000,
    destinationPort: 443,
    options: { raw: padded },
  })
  const place = new Place()
  expect(locate(frame, 0, frame.length, frame.length, ETHERNET, place)).toBe(TCP)
  return reader.of(place)
}

test.each([
  ['none', [], '', 0, -1],
  ['Windows', [2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2], '2,1,3,1,1,4', 1460, 8],
  ['Linux', [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7], '2,4,8,1,3', 1460, 7],
  ['a shift above 14 counts as 14', [3, 3, 200], '3', 0, 14],
  ['kinds that are rare', [2, 4, 5, 0xb4, 34, 2, 254, 4, 1, 2], '2,34,254', 1460, -1],
  [
    'more than an exact number holds',
    Array.from({ length: 20 }, () => 1),
    Array(20).fill(1).join(','),
    0,
    -1,
  ],
  ['up to the end of the list', [1, 0, 2, 4, 5, 0xb4], '1', 0, -1],
  ['up to a length that is broken', [1, 2, 0, 5], '1,2', 0, -1],
  ['up to a length beyond the header', [1, 2, 40, 5], '1,2', 0, -1],
])('options: %s', (_name, options, text, mss, windowScale) => {
  expect(factsOf(options)).toMatchObject({ options: text, mss, windowScale })
})

test('the kinds are those that were sent', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 2, max: 255 }), { maxLength: 20 }), (kinds) => {
      expect(factsOf(kinds.flatMap((kind) => [kind, 2])).options).toBe(kinds.join(','))
    }),
  )
})
