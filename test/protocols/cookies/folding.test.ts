import { expect, test } from 'vitest'
import { foldedParts, PARTS_MAX } from '../../../src/protocols/cookies/folding.ts'

const DATE = 'Wed, 09 Jun 2026 10:18:14 GMT'

test.each([
  [`a=1; Expires=${DATE}, b=2`, [`a=1; Expires=${DATE}`, ' b=2']],
  [`a=1, b=2; Expires=${DATE}`, ['a=1', ` b=2; Expires=${DATE}`]],
  [
    'a=1; Expires=Wed, 09-Jun-26 10:18:14 GMT,b=2; Path=/',
    ['a=1; Expires=Wed, 09-Jun-26 10:18:14 GMT', 'b=2; Path=/'],
  ],
  ['a=1; Expires=Wed Jun 09 2026 10:18:14 GMT, b=2', ['a=1; Expires=Wed Jun 09 2026 10:18:14 GMT', ' b=2']],
  ['a=1; Expires=0, b=2', ['a=1; Expires=0', ' b=2']],
  ['a=1, b=2', ['a=1', ' b=2']],
  ['a=1,\tb=2', ['a=1', '\tb=2']],
  ['a=1; Path=/,b=2', ['a=1; Path=/', 'b=2']],
  ['a="1, 2", b=2', ['a="1, 2"', ' b=2']],
  ['a=1, b="2, c=3", d=4', ['a=1', ' b="2, c=3"', ' d=4']],
  ['a=1, b=2, c=3', ['a=1', ' b=2', ' c=3']],
])('%s was folded', (line, parts) => expect(foldedParts(line)).toEqual(parts))

test.each([
  '',
  'a=1',
  `a=1; Expires=${DATE}`,
  'a=1; expires = Wednesday, 09-Jun-26 10:18:14 GMT; Path=/',
  'a=1,2,3',
  'a=1, 2; Path=/',
  'a="1, b=2"; Path=/',
  'a = "1, b=2"',
  'a=x,y=z; Path=/',
  'lang=en,tz=utc',
  'a=1,;b=2',
  'a=1; Path=/, (b)=2',
  ',',
])('%j is one cookie', (line) => expect(foldedParts(line)).toEqual([line]))

test('no more than a limit of parts: the last holds what is left', () => {
  const pairs = Array.from({ length: PARTS_MAX + 3 }, (_, i) => `a${i}=b`)
  const parts = foldedParts(pairs.join(','.padEnd(2)))
  expect(parts).toHaveLength(PARTS_MAX)
  expect(parts.at(-1)).toBe(` ${pairs.slice(PARTS_MAX - 1).join(', ')}`)
})

/** Octets of a line that fills a head of the largest size that is read. */
const LONG = 60_000

test.each([
  ['blanks', `a=1,${' '.repeat(LONG)}b=x`],
  ['commas', `a=1${','.repeat(LONG)}`],
  ['joints', `a=1${',b='.repeat(LONG / 3)}`],
  ['quotes', `a=${'"'.repeat(LONG)}`],
])('a line full of %s costs as much as its length', (_what, line) => {
  // Fifty of them: at the cost of its square, a minute instead of a moment.
  for (let i = 0; i < 50; i++) expect(foldedParts(line).join(',')).toHaveLength(line.length)
})
