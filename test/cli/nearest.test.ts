import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editDistance, nearest, suggestion } from '../../src/cli/nearest.ts'

describe('edit distance', () => {
  test.each([
    ['', '', 0],
    ['idleTreshold', 'idleThreshold', 1],
    ['adresses', 'addresses', 1],
    ['prots', 'ports', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ])('%s to %s takes %i', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits)
  })

  test('is symmetric, and zero for equal words only', () => {
    const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') })
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, b) === 0).toBe(a === b)
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})

describe('nearest', () => {
  const keys = ['idleThreshold', 'idleTimeout', 'ports', 'vips', 'servers']
  test.each([
    ['idleTreshold', 'idleThreshold'],
    ['IDLETIMEOUT', 'idleTimeout'],
    ['port', 'ports'],
    ['server', 'servers'],
    ['colour', null],
    ['x', null],
    ['p'.repeat(65), null],
  ])('%s is %s', (word, known) => {
    expect(nearest(word, keys)).toBe(known)
  })

  test('is told as a question', () => {
    expect(suggestion('vip', keys)).toBe('; did you mean vips?')
    expect(suggestion('nothing', keys)).toBe('')
  })
})
