import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RECORD_WORDS, SCOPE, STREAM } from '../../src/connections/fields.ts'
import { ConnectionTable } from '../../src/connections/table.ts'
import { createRandom } from '../scenario/random.ts'

const SCOPES = [4, 6] as const

interface Tuple {
  readonly source: number
  readonly destination: number
  readonly sourcePort: number
  readonly destinationPort: number
  readonly scope: number
}

const reversed = (t: Tuple): Tuple => ({
  source: t.destination,
  destination: t.source,
  sourcePort: t.destinationPort,
  destinationPort: t.sourcePort,
  scope: t.scope,
})
const find = (table: ConnectionTable, t: Tuple): number =>
  table.find(t.source, t.destination, t.sourcePort, t.destinationPort, t.scope)
const insert = (table: ConnectionTable, t: Tuple): number =>
  table.insert(t.source, t.destination, t.sourcePort, t.destinationPort, t.scope)
/** Equal for both orientations. */
const keyOf = (t: Tuple): string => {
  const ends = [`${t.source} ${t.sourcePort}`, `${t.destination} ${t.destinationPort}`].sort()
  return `${ends.join(' ')} ${t.scope}`
}

// Few values, so that tuples meet again and differ in one place only.
const address = fc.constantFrom(0, 1, -1, 0x0a000001, 0x0a000002, 0x7fffffff, -2147483648)
const port = fc.constantFrom(0, 1, 443, 0x7fff, 0x8000, 0xffff)
const tuple: fc.Arbitrary<Tuple> = fc.record({
  source: address,
  destination: address,
  sourcePort: port,
  destinationPort: port,
  scope: fc.constantFrom(...SCOPES),
})

interface Model {
  readonly rows: Map<string, { readonly tuple: Tuple; readonly row: number; readonly mark: number }>
  marks: number
}

class Look implements fc.Command<Model, ConnectionTable> {
  private readonly tuple: Tuple
  constructor(looked: Tuple) {
    this.tuple = looked
  }
  check = (): boolean => true
  run(model: Model, table: ConnectionTable): void {
    const known = model.rows.get(keyOf(this.tuple))
    const row = find(table, this.tuple)
    expect(row).toBe(known?.row ?? -1)
    if (known === undefined) return
    const same = JSON.stringify(known.tuple) === JSON.stringify(this.tuple)
    expect(table.side).toBe(same ? 0 : 1)
    expect(table.words[row * RECORD_WORDS + STREAM]).toBe(known.mark)
  }
  toString = (): string => `look ${keyOf(this.tuple)}`
}

class Insert implements fc.Command<Model, ConnectionTable> {
  private readonly tuple: Tuple
  constructor(added: Tuple) {
    this.tuple = added
  }
  check = (model: Readonly<Model>): boolean => !model.rows.has(keyOf(this.tuple))
  run(model: Model, table: ConnectionTable): void {
    const row = insert(table, this.tuple)
    if (model.rows.size >= table.limit) {
      expect(row).toBe(-1)
      return
    }
    expect([...model.rows.values()].map((r) => r.row)).not.toContain(row)
    // A row that was used before comes back empty: the four words of the key, and nothing else.
    expect([...table.words.subarray(row * RECORD_WORDS + 4, (row + 1) * RECORD_WORDS)]).toEqual(
      new Array(RECORD_WORDS - 4).fill(0),
    )
    const mark = ++model.marks
    table.words[row * RECORD_WORDS + STREAM] = mark
    model.rows.set(keyOf(this.tuple), { tuple: this.tuple, row, mark })
  }
  toString = (): string => `insert ${keyOf(this.tuple)}`
}

class Remove implements fc.Command<Model, ConnectionTable> {
  private readonly at: number
  constructor(at: number) {
    this.at = at
  }
  check = (model: Readonly<Model>): boolean => model.rows.size > 0
  run(model: Model, table: ConnectionTable): void {
    const key = [...model.rows.keys()][this.at % model.rows.size]!
    table.remove(model.rows.get(key)!.row)
    model.rows.delete(key)
    expect(table.size).toBe(model.rows.size)
    expect([...table.rows()]).toEqual([...model.rows.values()].map((r) => r.row).sort((a, b) => a - b))
  }
  toString = (): string => `remove ${this.at}`
}

test.each([
  ['a small limit', 12],
  ['no limit in reach', 1_000],
])('with %s it does what a Map does', (_name, limit) => {
  const commands = [
    tuple.map((t) => new Insert(t)),
    tuple.map((t) => new Look(t)),
    tuple.map((t) => new Look(reversed(t))),
    fc.nat().map((n) => new Remove(n)),
  ]
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 80 }), fc.integer(), (run, seed) => {
      fc.modelRun(
        () => ({ model: { rows: new Map(), marks: 0 }, real: new ConnectionTable(limit, seed) }),
        run,
      )
    }),
    { numRuns: 150 },
  )
})

test('crowded, with rows coming and going and the index growing, it does what a Map does', () => {
  const random = createRandom(7)
  const table = new ConnectionTable(4_000, 1, 0) // nothing expected: the records grow as well
  const model = new Map<number, number>() // n -> row
  for (let turn = 0; turn < 60_000; turn++) {
    const n = random.between(0, 4_999)
    const known = model.get(n)
    expect(find(table, random.chance(0.5) ? nth(n) : reversed(nth(n)))).toBe(known ?? -1)
    if (known !== undefined) {
      if (!random.chance(0.4)) continue
      table.remove(known)
      model.delete(n)
    } else if (model.size < 4_000) model.set(n, insert(table, nth(n)))
  }
  for (let n = 0; n < 5_000; n++) expect(find(table, nth(n))).toBe(model.get(n) ?? -1)
  expect(table.size).toBe(model.size)
})

describe('orientation', () => {
  const forward: Tuple = { source: 1, destination: 2, sourcePort: 3, destinationPort: 4, scope: 4 }

  test.each<[string, Tuple, number, number]>([
    ['the tuple', forward, 0, 0],
    ['its reverse', reversed(forward), 0, 1],
    ['addresses swapped, ports not', { ...forward, source: 2, destination: 1 }, -1, 0],
    ['ports swapped, addresses not', { ...forward, sourcePort: 4, destinationPort: 3 }, -1, 0],
    ['another scope', { ...forward, scope: 6 }, -1, 0],
  ])('%s', (_name, looked, row, side) => {
    const table = new ConnectionTable()
    insert(table, forward)
    expect([find(table, looked), table.side]).toEqual([row, side])
  })

  test('a host that talks to its own port is the originator both ways', () => {
    const table = new ConnectionTable()
    const self: Tuple = { source: 7, destination: 7, sourcePort: 80, destinationPort: 80, scope: 4 }
    insert(table, self)
    expect([find(table, reversed(self)), table.side]).toEqual([0, 0])
  })
})

test('a limit of less than one connection is one connection', () => {
  const table = new ConnectionTable(0)
  expect([insert(table, nth(0)), insert(table, nth(1))]).toEqual([0, -1])
})

const nth = (n: number): Tuple => ({
  source: 0x0a000000 + (n >> 16),
  destination: 0x0b000001,
  sourcePort: n & 0xffff,
  destinationPort: 443,
  scope: 4,
})

test('a million connections: every one is found, at no more than 200 octets each', () => {
  const table = new ConnectionTable()
  const count = 1 << 20
  for (let n = 0; n < count; n++) insert(table, nth(n))
  expect(table.bytes / count).toBeLessThanOrEqual(200)
  let found = 0
  for (let n = 0; n < count; n += 97) if (find(table, reversed(nth(n))) === n && table.side === 1) found++
  expect([found, find(table, nth(count)), table.size]).toEqual([Math.ceil(count / 97), -1, count])
})

test('rows that were given back are used again before the records grow', () => {
  const table = new ConnectionTable()
  for (let n = 0; n < 1_000; n++) insert(table, nth(n))
  const { bytes } = table
  for (let turn = 1; turn < 20; turn++) {
    for (let n = 0; n < 1_000; n++) {
      table.remove(find(table, nth((turn - 1) * 1_000 + n)))
      insert(table, nth(turn * 1_000 + n))
    }
  }
  expect([table.bytes, table.size, table.rowBound]).toEqual([bytes, 1_000, 1_000])
  expect(table.words[SCOPE]).toBe(4)
})
