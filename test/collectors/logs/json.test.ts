import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fields } from '../../../collectors/logs/fields.ts'
import { BROKEN, JsonScanner, MORE, textOf } from '../../../collectors/logs/json.ts'
import { codePoint } from '../../code-point.ts'

const NAMES = ['a', 'b/c', 'b/d/e', 'id.orig_h', 'x|b/y'] as const

function scanned(text: string) {
  const fields = new Fields(NAMES)
  const scanner = new JsonScanner(fields)
  const b = Buffer.from(text)
  const end = scanner.object(b, 0, b.length)
  const values = NAMES.map((_, i) => (fields.has(i) ? textOf(b, fields.from[i]!, fields.to[i]!) : null))
  return { end, values, lines: scanner.lines }
}

/** As the scanner tells values: texts and numbers as text, all else as nothing. */
const shown = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null

type Nested = Readonly<Record<string, unknown>>
const inner = (value: unknown): Nested =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Nested) : {}

test('values are those that a parser finds, however the text is laid out', () => {
  const leaf = fc.oneof(
    fc.string({ unit: codePoint, maxLength: 20 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  )
  const some = fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 3 }),
    fc.dictionary(fc.string(), leaf, { maxKeys: 3 }),
  )
  const member = fc.oneof(
    some,
    fc.record({ c: some, y: leaf, d: fc.oneof(leaf, fc.record({ e: some })) }, { requiredKeys: [] }),
  )
  const object = fc.record(
    { a: some, b: member, 'id.orig_h': some, other: some, 'q"': some },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      const parsed = JSON.parse(text) as Nested
      const b = inner(parsed['b'])
      const { end, values, lines } = scanned(`${text} {`)
      expect(end).toBe(Buffer.byteLength(text))
      expect(lines).toBe(text.split('\n').length - 1)
      expect(values).toEqual([
        shown(parsed['a']),
        shown(b['c']),
        shown(inner(b['d'])['e']),
        shown(parsed['id.orig_h']),
        shown(b['y']),
      ])
    }),
  )
})

test('cut anywhere, more is wanted', () => {
  const text = '{ "a": "x\\"y", "b": { "c": -1.5e3, "d": [1, {"e": 2}] }, "id.orig_h": null }'
  for (let cut = 1; cut < text.length; cut++)
    expect([cut, scanned(text.slice(0, cut)).end]).toEqual([cut, MORE])
  expect(scanned(text)).toEqual({ end: text.length, values: ['x"y', '-1.5e3', null, null, null], lines: 0 })
})

test.each(['{a:1}', '{"a" 1}', '{"a":\n"x\ny"}', '{]', '{"a":,}'])('%s is broken', (text) => {
  expect(scanned(text).end).toBe(BROKEN)
})

test('any octets: an end, and never a place behind it', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.constantFrom(...'{}[]",:\\ab\n '), { maxLength: 60 }),
      (noise, marks) => {
        const b = Buffer.concat([Buffer.from(`{${marks.join('')}`), noise])
        const fields = new Fields(NAMES)
        const end = new JsonScanner(fields).object(b, 0, b.length)
        expect(end >= BROKEN && end <= b.length).toBe(true)
        for (const [i, from] of fields.from.entries())
          expect(from <= b.length && fields.to[i]! <= b.length).toBe(true)
      },
    ),
    { numRuns: 500 },
  )
})
