/** Objects laid out alike, read one after the other: as each is read by itself. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fields } from '../../../collectors/logs/fields.ts'
import { JsonScanner } from '../../../collectors/logs/json.ts'
import { codePoint } from '../../code-point.ts'

const NAMES = ['a', 'b/c', 'b/d', 'e', 'x|b/y'] as const

/** Reads objects out of one buffer, each up to `cut` octets before what follows it. */
function reader(buffer: Buffer) {
  const fields = new Fields(NAMES)
  const scanner = new JsonScanner(fields)
  return (at: number, to: number) => {
    scanner.lines = 0
    const end = scanner.object(buffer, at, to)
    const values = NAMES.map((_, i) =>
      fields.has(i) ? buffer.toString('latin1', fields.from[i], fields.to[i]) : null,
    )
    // What stands in the fields of an object that was not read is nobody's matter.
    return { end, lines: scanner.lines, values: end < 0 ? [] : values }
  }
}

/** As JSON, with what a generator of text may never write. */
const text = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 12 }).map((value) => JSON.stringify(value)),
  fc.constantFrom('""', '"\\""', '"\\\\"', '"a\\",\\"b\\":1"', '"\u00e9"', '"{"', '"]"'),
)
const scalar = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 4, arbitrary: fc.integer().map(String) },
  fc.constantFrom('true', 'false', 'null', '-1.5e3', '0', '+', 'nan', ''),
)
const value = fc.oneof(
  { weight: 8, arbitrary: scalar },
  fc.constantFrom('{}', '[]', '[1]', '["x","y"]', '{"c":1}', '{"z":{"c":2}}', '\n{ "d" : 1 }'),
)

/** A layout, with a `?` for each value. */
const layout = fc.constantFrom(
  '{"a":?,"b":{"c":?,"d":?},"e":?}',
  '{"e":?,"a":?}',
  '{ "a" : ? ,\n  "b" : { "y" : ? } }',
  '{"a":?,"other":?,"a":?,"list":[?,?],"x":?}',
  '{"b":{"c":?,"n":[{"c":?},{"d":?}]},"b":?}',
  '{"a\\"":?,"e":?}',
  '{}',
)
const object = fc.tuple(layout, fc.array(value, { minLength: 6, maxLength: 6 })).map(([around, values]) => {
  let next = 0
  return around.replaceAll('?', () => values[next++]!)
})
/** A few of them, again and again. */
const objects = fc
  .tuple(fc.array(object, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(), { maxLength: 20 }), object)
  .map(([few, order, last]) => [...few, ...order.map((n) => few[n % few.length]!), last])

test('what is noted is what reading each object by itself notes', () => {
  fc.assert(
    fc.property(objects, fc.nat(30), (all, cut) => {
      const buffer = Buffer.from(`${all.join('\n')}\n`)
      const read = reader(buffer)
      let at = 0
      for (const one of all) {
        const to = Math.max(at + 1, at + Buffer.byteLength(one) + 1 - cut)
        for (const stop of [to, buffer.length])
          expect([one, read(at, stop)]).toEqual([one, reader(buffer)(at, stop)])
        at += Buffer.byteLength(one) + 1
      }
    }),
    { numRuns: 400 },
  )
})

test('values of other lengths in a layout that is known are found; of other kinds, too', () => {
  const lines = [
    '{"a":"1","b":{"c":2,"d":"x"},"e":true}',
    '{"a":"1234567","b":{"c":-25.5,"d":""},"e":false}',
    '{"a":"\\"","b":{"c":null,"d":"y"},"e":null}',
    '{"a":1,"b":{"c":"2","d":"x"},"e":"t"}',
    '{"a":"1","q":{"c":2,"d":"x"},"e":true}',
    '{"a":"12","b":{"c":3,"d":"z"},"e":true}',
  ]
  const buffer = Buffer.from(lines.join('\n'))
  const read = reader(buffer)
  let at = 0
  const values = lines.map((line) => {
    const told = read(at, buffer.length).values
    at += line.length + 1
    return told
  })
  expect(values).toEqual([
    ['1', '2', 'x', 'true', null],
    ['1234567', '-25.5', '', 'false', null],
    ['\\"', null, 'y', null, null],
    ['1', '2', 'x', 't', null],
    ['1', null, null, 'true', null],
    ['12', '3', 'z', 'true', null],
  ])
})

test('where nothing is laid out alike, reading goes on as before', () => {
  const lines = Array.from({ length: 2000 }, (_, i) => `{"k${i}":${i},"a":"v${i}"}`)
  const buffer = Buffer.from(lines.join('\n'))
  const read = reader(buffer)
  let at = 0
  for (const [i, line] of lines.entries()) {
    expect(read(at, buffer.length).values[0]).toBe(`v${i}`)
    at += line.length + 1
  }
})
