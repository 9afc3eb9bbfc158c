import { expect, test } from 'vitest'
import { jointFrom, jointTap, ofItsFile } from '../../src/model/joint-tap.ts'
import { packetName, recordReference } from '../../src/model/record-reference.ts'

const tap = jointTap('rx', 'tx')
const [ofFirst, ofSecond] = [12 + jointFrom(0), 3 + jointFrom(1)]

test('a packet of a joint tap is named by its own capture', () => {
  expect([ofFirst, ofSecond].map((packet) => ofItsFile({ tap, packet }))).toEqual([
    { tap: 'rx', packet: 12 },
    { tap: 'tx', packet: 3 },
  ])
  expect(packetName({ tap, packet: ofSecond })).toBe('packet 3 of tx')
})

test('its numbers fit where 31 bits are kept', () => {
  expect(Int32Array.of(ofFirst, ofSecond)).toEqual(Int32Array.from([ofFirst, ofSecond]))
})

test.each([
  ['of any other tap', 'rx', ofFirst],
  ['that is none', tap, 0],
  ['that is a flow record', tap, recordReference(1, 2, 3)],
])('a packet %s is itself', (_name, of, packet) => {
  expect(ofItsFile({ tap: of, packet })).toEqual({ tap: of, packet })
})
