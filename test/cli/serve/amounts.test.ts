import { describe, expect, test } from 'vitest'
import { ageOrNever, size, sizeOrNever, sizeText } from '../../../src/cli/serve/amounts.ts'

test.each([
  ['1', 1],
  ['500M', 500_000_000],
  ['20G', 20_000_000_000],
  ['20 GB', 20_000_000_000],
  ['1.5t', 1_500_000_000_000],
])('size %s', (text, value) => expect(size(text)).toEqual({ value }))

test.each(['', 'G', '20X', '-1', '0', '1e9', '0.0001k', '20GiB'])('%j is no size', (text) =>
  expect(size(text)).toEqual({ wrong: expect.any(String) }),
)

describe('never', () => {
  test('is no limit', () =>
    expect([sizeOrNever('never'), ageOrNever('never')]).toEqual([{ value: null }, { value: null }]))
  test('is named where an age is wrong', () =>
    expect(ageOrNever('30')).toEqual({ wrong: 'has no unit; write 30s, 30m or 30h, or never' }))
  test('ages are seconds', () => expect(ageOrNever('30d')).toEqual({ value: 2_592_000 }))
})

test.each([
  [0, '0 bytes'],
  [812, '812 bytes'],
  [1_500_000, '1.5 MB'],
  [20_000_000_000, '20 GB'],
  [123_456_789_012_345, '123 TB'],
])('%i reads %s', (bytes, text) => expect(sizeText(bytes)).toBe(text))
