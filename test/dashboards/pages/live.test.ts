/** The tail: which rows stay, and what is counted above them. */
import { describe, expect, test } from 'vitest'
import { tailCommand } from '../../../dashboards/pages/live.tsx'
import { rateOf, windowOf } from '../../../dashboards/pages/live-rate.tsx'
import {
  behind,
  goneFrom,
  joined,
  newestOf,
  renewed,
  SHOWN_MAX,
  withNew,
} from '../../../dashboards/pages/live-rows.ts'
import type { OccurrenceRow, Page } from '../../../src/api/contract.ts'

const row = (id: number, second: number): OccurrenceRow =>
  ({ id, at: `2026-11-21T03:12:${String(second).padStart(2, '0')}.000000Z` }) as OccurrenceRow
const page = (items: readonly OccurrenceRow[], next: string | null = null): Page<OccurrenceRow> => ({
  items,
  next,
  total: null,
})
const ids = (rows: readonly OccurrenceRow[]): number[] => rows.map(({ id }) => id)

describe('rows', () => {
  const old = [row(4, 40), row(3, 30), row(2, 20), row(1, 10)]

  test('new ones come before old ones, none twice, and not without end', () => {
    expect(ids(joined([row(5, 50), row(4, 40)], old))).toEqual([5, 4, 3, 2, 1])
    expect(joined([row(4, 40)], old)).toBe(old)
    const many = Array.from({ length: SHOWN_MAX }, (_, i) => row(100 + i, 1))
    expect(ids(joined([row(5, 50)], many))).toEqual([5, ...ids(many).slice(0, -1)])
  })

  test('what goes for want of room can be asked for again: no hole is left behind the list', () => {
    expect(withNew(page(old, 'cursor'), [row(5, 50)])).toEqual(page([row(5, 50), ...old], 'cursor'))
    expect(behind('cursor')).toEqual({ cursor: 'cursor' })
    const many = Array.from({ length: SHOWN_MAX }, (_, i) =>
      row(1000 + SHOWN_MAX - i, 59 - Math.floor(i / 20)),
    )
    const cut = withNew(page(many, 'cursor'), [row(5000, 59)])
    expect(ids(cut.items)).toEqual([5000, ...ids(many).slice(0, -1)])
    expect(behind(cut.next)).toEqual({ to: many.at(-2)?.at })
  })

  test('the newest is not the one that came last', () => {
    expect(newestOf(joined([row(5, 5)], old))).toBe(row(4, 40).at)
    expect(newestOf([])).toBe(null)
  })

  test('those of a replaced analysis are known by their absence, as far as the list reaches', () => {
    expect([...goneFrom(old, page([row(14, 40), row(3, 30)], 'more'))]).toEqual([4])
    expect([...goneFrom(old, page([row(14, 40), row(3, 30)]))]).toEqual([4, 2, 1])
    expect([...goneFrom(old, page(old))]).toEqual([])
    expect([...goneFrom(old, page([]))]).toEqual([4, 3, 2, 1])
  })

  test('what took their place stands there; older ones stay', () => {
    expect(ids(renewed(old, page([row(14, 40), row(3, 30)], 'more')))).toEqual([14, 3, 2, 1])
    expect(ids(renewed(old, page([row(14, 40), row(3, 30)])))).toEqual([14, 3])
    expect(ids(renewed(old, page([])))).toEqual([])
    // The page goes on behind its oldest row: what lies further back is not taken in.
    expect(ids(renewed(old.slice(0, 2), page(old, 'more')))).toEqual([4, 3])
    expect(renewed([], page(old))).toEqual([])
  })
})

describe('occurrences a minute', () => {
  const now = Date.parse('2026-11-21T03:12:31Z')

  test('up to the present minute, or up to the newest if that is long ago', () => {
    expect(windowOf('2026-11-21T03:00:00Z', now)).toEqual({
      from: '2026-11-21T02:25:00.000Z',
      to: '2026-11-21T03:12:59.999Z',
      isNow: true,
    })
    expect(windowOf('2026-11-20T22:25:12Z', now)).toEqual({
      from: '2026-11-20T21:38:00.000Z',
      to: '2026-11-20T22:25:59.999Z',
      isNow: false,
    })
    // Its minute is the first of those up to now, or the one before.
    expect(windowOf('2026-11-21T02:25:00Z', now).isNow).toBe(true)
    expect(windowOf('2026-11-21T02:24:59.999Z', now).isNow).toBe(false)
  })

  const trend = (critical: number, info: number) => ({
    critical: Array.from({ length: 48 }, (_, i) => (i === 47 ? critical : 0)),
    warning: Array.from({ length: 48 }, () => 0),
    info: Array.from({ length: 48 }, (_, i) => (i === 0 ? info : 0)),
  })
  const rows = [
    { name: 'a', trend: trend(2, 1) },
    { name: 'b', trend: trend(3, 5) },
  ]

  test.each([
    [[], [], trend(5, 6)],
    [['b'], [], trend(3, 5)],
    [[], ['info'], trend(0, 6)],
    [['c'], [], trend(0, 0)],
  ])('of services %j and severities %j', (services, severities, sum) => {
    expect(rateOf(rows, { services, severities })).toEqual(sum)
  })
})

test.each([
  ['', '--severity info'],
  ['severity=warning&severity=critical', '--severity warning'],
  ['severity=critical&agent=EPA-1', '--severity critical --agent EPA-1'],
  ["service=it's mine", "--severity info --service 'it'\\''s mine'"],
])('the same tail in a terminal, for ?%s', (asked, options) => {
  expect(tailCommand(new URLSearchParams(asked), 'http://h')).toBe(
    `holdfast tail --server http://h ${options} --follow`,
  )
})
