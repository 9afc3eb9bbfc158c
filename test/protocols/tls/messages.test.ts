import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  feedMessages,
  MESSAGE_BYTES_MAX,
  messageStream,
  missMessages,
} from '../../../src/protocols/tls/messages.ts'
import { concat, message } from './craft.ts'

const UNWANTED = 16
function collector() {
  const got: string[] = []
  const stream = messageStream({
    wants: (type) => type !== UNWANTED,
    message: (type, b, start, end) =>
      void got.push(`${type}:${Buffer.from(b.slice(start, end)).toString('hex')}`),
  })
  return { got, stream }
}
const shown = (octets: Uint8Array): string => `${octets[0]}:${Buffer.from(octets).toString('hex')}`

test('messages come out the same however they are cut', () => {
  const messages = fc.array(
    fc
      .tuple(fc.constantFrom(1, 2, 11, 14, UNWANTED), fc.uint8Array({ maxLength: 3000 }))
      .map(([type, body]) => message(type, body)),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }), (all, cuts) => {
      const { got, stream } = collector()
      const octets = concat(...all)
      for (let at = 0, i = 0; at < octets.length; i++) {
        const end = Math.min(octets.length, at + cuts[i % cuts.length]!)
        // The buffer is only lent.
        const lent = octets.slice(at, end)
        feedMessages(stream, lent, 0, lent.length)
        lent.fill(0xee)
        at = end
      }
      expect(got).toEqual(all.map((one) => (one[0] === UNWANTED ? shown(one.subarray(0, 4)) : shown(one))))
      expect(stream.buffer).toBeNull()
    }),
    { numRuns: 150 },
  )
})

test('a message that is too long comes as its header, and what follows it comes', () => {
  const long = message(11, new Uint8Array(MESSAGE_BYTES_MAX))
  const after = message(14)
  const expected = [shown(long.subarray(0, 4)), shown(after)]
  const whole = collector()
  const octets = concat(long, after)
  feedMessages(whole.stream, octets, 0, octets.length)
  const pieces = collector()
  for (let at = 0; at < octets.length; at += 1000)
    feedMessages(pieces.stream, octets, at, Math.min(octets.length, at + 1000))
  for (const { got, stream } of [whole, pieces]) {
    expect(got).toEqual(expected)
    expect(stream.buffer).toBeNull()
  }
})

test('a buffer grows with what came, not with what was announced', () => {
  const { stream } = collector()
  const start = message(11, new Uint8Array(100_000)).subarray(0, 100)
  feedMessages(stream, start, 0, start.length)
  expect(stream.buffer?.length).toBe(2048)
})

test('octets missed inside a message cost that message only', () => {
  const { got, stream } = collector()
  const first = message(11, new Uint8Array(50))
  feedMessages(stream, first, 0, 20)
  expect(missMessages(stream, 34)).toBe(true)
  feedMessages(stream, message(14), 0, 4)
  expect(got).toEqual(['11:0b000032', '14:0e000000'])
})

test('octets missed across an edge cost the place', () => {
  const { got, stream } = collector()
  feedMessages(stream, message(11, new Uint8Array(50)), 0, 20)
  expect(missMessages(stream, 35)).toBe(false)
  feedMessages(stream, message(14), 0, 4)
  expect(got).toEqual(['14:0e000000'])
  expect(missMessages(stream, 1)).toBe(false)
})
