import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullTextQuery } from '../../../src/store/queries/full-text.ts'
import { openStore } from '../../../src/store/store.ts'

test.each([
  ['idle cookie', '"idle" "cookie"*'],
  ['  10.10.2.10 ', '"10.10.2.10"*'],
  ['say "no"', '"say" """no"""*'],
  ['NOT OR *', '"NOT" "OR"*'],
  ['- * ( )', null],
  ['', null],
])('%s is looked for as %s', (text, query) => {
  expect(fullTextQuery(text)).toBe(query)
})

test('no text is an error of syntax', () => {
  const { db, close } = openStore(':memory:')
  const search = db.prepare('SELECT rowid FROM incident_text WHERE incident_text MATCH ?')
  const hostile = fc.string({ unit: fc.constantFrom(...'"*():^-+{}a NOT\0\n,.'), maxLength: 40 })
  const anything = fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units))
  fc.assert(
    fc.property(fc.oneof(hostile, anything), (text) => {
      const query = fullTextQuery(text)
      if (query !== null) expect(search.all(query)).toEqual([])
    }),
  )
  close()
})
