/** Times since a start that is never told. */
import { expect, test } from 'vitest'
import { type FieldSpec, ipfix, SECONDS, set, template, unsigned, UPTIME } from '../../scenario/exports.ts'
import { decoding, only } from './decoding.ts'

const TIMES: readonly FieldSpec[] = [
  [22, 4],
  [21, 4],
]
const SENT = SECONDS * 1e6
/** Flows of one message by their first and last times, in ms of uptime, sent `later` seconds on. */
const message = (later: number, ...flows: readonly (readonly [first: number, last: number])[]): Uint8Array =>
  ipfix(
    [
      set(2, [template(256, TIMES)]),
      set(
        256,
        flows.flat().map((ms) => unsigned(ms % 2 ** 32, 4)),
      ),
    ],
    {
      seconds: SECONDS + later,
    },
  )

const timesOf = (messages: readonly Uint8Array[]) => {
  const run = decoding()
  for (const bytes of messages) run.take({ bytes })
  return run.records.map((record) => only(record, 'start', 'end'))
}

test('the latest end was no later than its message; others stand right to it', () => {
  expect(timesOf([message(0, [UPTIME - 9000, UPTIME - 2000], [UPTIME - 5000, UPTIME])])).toEqual([
    { start: SENT - 9e6, end: SENT - 2e6 },
    { start: SENT - 5e6, end: SENT },
  ])
})

test('a later message that says more narrows it, one that says less does not', () => {
  const all = [
    message(0, [UPTIME, UPTIME]),
    message(60, [UPTIME, UPTIME + 63_000]),
    message(90, [UPTIME, UPTIME]),
  ]
  expect(timesOf(all)).toEqual([
    { start: SENT, end: SENT },
    { start: SENT - 3e6, end: SENT + 60e6 },
    { start: SENT - 3e6, end: SENT - 3e6 },
  ])
})

test('past the highest number it goes on; after a restart it begins anew', () => {
  const near = 2 ** 32 - 1000
  expect(
    timesOf([message(0, [near, near]), message(10, [near, near + 9000]), message(20, [500, 4000])]),
  ).toEqual([
    { start: SENT, end: SENT },
    { start: SENT, end: SENT + 9e6 },
    { start: SENT + 1.5e6, end: SENT + 5e6 },
  ])
  expect(timesOf([message(0, [UPTIME, UPTIME]), message(90, [1000, 30_000])])[1]).toEqual({
    start: SENT + 61e6,
    end: SENT + 90e6,
  })
})
