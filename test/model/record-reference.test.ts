import { expect, test } from 'vitest'
import {
  isRecordReference,
  packetName,
  recordReference,
  recordReferred,
} from '../../src/model/record-reference.ts'

test('a reference says which record it is, and that it is one', () => {
  const reference = recordReference(123_456, 29, 4711)
  expect(Number.isSafeInteger(reference)).toBe(true)
  expect(recordReferred(reference)).toEqual({ number: 123_456, ordinal: 29, exporter: 4711 })
  expect([isRecordReference(reference), isRecordReference(4_294_967_295)]).toEqual([true, false])
  expect(recordReference(7, 1, 0)).toBeGreaterThan(recordReference(6, 30, 0))
  const names = [12, recordReference(12, 3, 0)].map((packet) => packetName(packet))
  expect(names).toEqual(['packet 12', 'record 3 of message 12'])
})

test('what is too large for its place stays in its place', () => {
  const reference = recordReference(2 ** 29 + 5, 5000, 20_000)
  expect(recordReferred(reference)).toEqual({ number: 5, ordinal: 1023, exporter: 8191 })
  expect(Number.isSafeInteger(recordReference(2 ** 29 - 1, 1023, 8191))).toBe(true)
})
