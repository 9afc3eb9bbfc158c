import { expect, test } from 'vitest'
import { momentOf } from '../../../src/cli/analyze/time-text.ts'

const MOMENT = 1_795_226_886_000_000

test.each([
  ['2026-11-21T02:08:06Z', MOMENT],
  ['2026-11-21T02:08:06.123456Z', MOMENT + 123_456],
  ['2026-11-21T02:08:06.5Z', MOMENT + 500_000],
  ['2026-11-21T02:08:06.123456789Z', MOMENT + 123_456],
  ['2026-11-21T03:08:06+01:00', MOMENT],
  ['2026-11-21 03:08:06+0100', MOMENT],
  ['2026-11-20T18:38:06-07:30', MOMENT],
  ['2026-11-21T02:08Z', MOMENT - 6e6],
  ['1795226886', MOMENT],
  ['1795226886.25', MOMENT + 250_000],
  ['0', 0],
])('%s', (text, at) => {
  expect(momentOf(text)).toEqual({ at })
})

test.each([
  ['2026-11-21T02:08:06', 'has no time zone; add Z for UTC'],
  ['2026-11-21', 'is no time; write 2026-11-21T02:08:06Z or seconds since 1970'],
  ['yesterday', 'is no time; write 2026-11-21T02:08:06Z or seconds since 1970'],
  ['', 'is no time; write 2026-11-21T02:08:06Z or seconds since 1970'],
  ['2026-13-21T02:08:06Z', 'is no time of the calendar'],
  ['2026-11-21T25:08:06Z', 'is no time of the calendar'],
])('%j %s', (text, wrong) => {
  expect(momentOf(text)).toEqual({ wrong })
})
