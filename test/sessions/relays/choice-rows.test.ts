import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Assignment } from '../../../src/model/event.ts'
import type { Agent, Server } from '../../../src/model/party.ts'
import { ChoiceRows } from '../../../src/sessions/relays/choice-rows.ts'

const SERVERS = ['dlp1', 'dlp2', 'dlp3'].map((name) => ({ name }) as Server)
const AGENTS = ['A', 'B'].map((id) => ({ id }) as Agent)

const NEVER = { previous: null, sinceFirst: null, sinceLast: null }
const assignments = fc.array(
  fc
    .record({
      connection: fc.integer({ min: 0, max: 2 ** 48 }),
      at: fc.integer({ min: 0, max: 2 ** 51 }),
      packet: fc.nat(),
      server: fc.constantFrom(...SERVERS),
      agent: fc.constantFrom(null, ...AGENTS),
      stay: fc.option(
        fc.record({
          previous: fc.constantFrom(...SERVERS),
          sinceFirst: fc.nat(),
          sinceLast: fc.constantFrom(0, 5, Infinity),
        }),
      ),
      cookie: fc.option(fc.string()),
      among: fc.integer({ min: 1, max: 3 }),
      fewest: fc.integer({ min: 1, max: 3 }),
      isFewest: fc.boolean(),
      open: fc.nat(),
    })
    .map(({ stay, ...one }): Assignment => ({ ...one, ...(stay ?? NEVER) })),
  { maxLength: 70 },
)

/** Rows of these, each marked as having carried data where `carries` says so. */
function rowsOf(list: readonly Assignment[], carries: (i: number) => boolean = () => true): ChoiceRows {
  const rows = new ChoiceRows()
  for (const [i, one] of list.entries()) {
    const row = rows.add({ ...one, open: one.open! })
    if (one.agent !== null) rows.setAgent(row, one.agent)
    if (one.previous !== null) rows.setPrevious(row, one.previous, one.sinceFirst!, one.sinceLast!)
    rows.setCookie(row, one.cookie)
    rows.setCarried(row, true)
    rows.setCarried(row, carries(i))
  }
  return rows
}

const byTime = (a: Assignment, b: Assignment): number => a.at - b.at

test('what was put in comes out, in order of time', () => {
  fc.assert(
    fc.property(assignments, (list) => {
      const rows = rowsOf(list)
      expect(rows.inOrder()).toEqual(list.toSorted(byTime))
      expect(rows.latest(5).inOrder()).toEqual(list.toSorted(byTime).slice(-5))
      expect([rows.length, rows.lastAt]).toEqual([list.length, list.at(-1)?.at ?? -Infinity])
    }),
    { numRuns: 60 },
  )
})

test('only what carried data, and what was made by then', () => {
  const list = [10, 20, 30, 40].map((at) => ({
    connection: at,
    at,
    packet: 1,
    server: SERVERS[0]!,
    agent: null,
    previous: null,
    sinceFirst: null,
    sinceLast: null,
    cookie: null,
    among: 1,
    fewest: 1,
    isFewest: true,
    open: 0,
  }))
  const rows = rowsOf(list, (i) => i !== 1)
  expect(rows.inOrder(30).map(({ at }) => at)).toEqual([10, 30])
  expect(rows.inOrder(Infinity, 2).map(({ at }) => at)).toEqual([30, 40])
})
