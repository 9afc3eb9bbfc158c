import { expect, test } from 'vitest'
import { shortName } from '../../src/model/short-name.ts'

test('a name of up to 64 characters stays; of a longer one both ends do', () => {
  const longest = 'a'.repeat(64)
  expect(shortName(longest)).toBe(longest)
  expect(shortName(`${'a'.repeat(40)}${'b'.repeat(40)}`)).toBe(`${'a'.repeat(30)}...${'b'.repeat(30)}`)
})
