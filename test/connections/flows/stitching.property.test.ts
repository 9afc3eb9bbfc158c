/** Whatever an exporter makes of a connection, its silences are the same. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { at, batchesOf, type Told, tracked } from './records.ts'

const UP = '10.0.0.1:40000>10.0.0.2:443'
const DOWN = '10.0.0.2:443>10.0.0.1:40000'
/** The exporter ends a flow after so long a silence, and cuts one that goes on after so long. */
const INACTIVE = 15
const ACTIVE = 60

interface Packet {
  readonly time: number
  readonly side: 0 | 1
}

/** Exchanges of question and answer, with pauses between, in seconds. */
const pauses = fc.array(
  fc.oneof(fc.double({ min: 0.1, max: 14, noNaN: true }), fc.integer({ min: 16, max: 900 })),
  {
    minLength: 1,
    maxLength: 20,
  },
)

function packetsOf(waits: readonly number[]): Packet[] {
  const times = waits.reduce<number[]>(
    (all, wait) => [...all, Math.round(((all.at(-1) ?? 0) + wait) * 1000) / 1000],
    [0],
  )
  return times.flatMap((time): Packet[] => [
    { time, side: 0 },
    { time: Math.round((time + 0.02) * 1000) / 1000, side: 1 },
  ])
}

/** What the exporter tells of one direction, each record with the time at which it does. */
function recordsOf(
  packets: readonly Packet[],
  side: 0 | 1,
): { readonly when: number; readonly record: Told }[] {
  const records: { when: number; record: Told }[] = []
  let held: number[] = []
  const tell = (when: number): void => {
    if (held.length === 0) return
    const isFirst = held[0]! <= 0.02
    const [from, to] = [held[0]!, held.at(-1)!]
    const flags = isFirst ? 'SAP' : 'AP'
    const size = { packets: held.length + (isFirst ? 1 : 0), octets: 200 * held.length }
    records.push({ when, record: { tuple: side === 0 ? UP : DOWN, from, to, flags, ...size } })
    held = []
  }
  for (const { time } of packets.filter((packet) => packet.side === side)) {
    if (held.length > 0 && time - held.at(-1)! > INACTIVE) tell(held.at(-1)! + INACTIVE)
    else if (held.length > 0 && time - held[0]! > ACTIVE) tell(held[0]! + ACTIVE)
    held.push(time)
  }
  tell(Infinity)
  return records
}

/** Times without a packet that an exporter shows: it hides shorter ones. */
function silencesOf(packets: readonly Packet[]): number[] {
  const times = packets.map(({ time }) => time).toSorted((a, b) => a - b)
  return times.slice(1).flatMap((time, i) => (time - times[i]! > INACTIVE ? [time - times[i]!] : []))
}

/** In the order in which it tells them; each as much later as `late` says. */
const asTold = (packets: readonly Packet[], late: () => number = () => 0): Told[] =>
  ([0, 1] as const)
    .flatMap((side) => recordsOf(packets, side))
    .map(({ when, record }) => ({ when: Math.min(when, 1e6) + late(), record }))
    .toSorted((a, b) => a.when - b.when)
    .map(({ record }) => record)

test('any connection, cut into any slices, has its silences again', () => {
  fc.assert(
    fc.property(pauses, fc.integer({ min: 1, max: 7 }), (waits, rows) => {
      const packets = packetsOf(waits)
      const story = tracked(batchesOf(asTold(packets), undefined, rows), { silenceMin: INACTIVE })
      const expected = silencesOf(packets)
      const [closed, ...others] = story.of('connection-closed')
      expect(others).toEqual([])
      const { maxIdle, longestSurvived, halves, flows } = closed!.summary
      expect(Math.round(maxIdle / 1000)).toBe(Math.round(1000 * Math.max(0, ...expected)))
      expect(Math.round(longestSurvived / 1000)).toBe(Math.round(1000 * Math.max(0, ...expected)))
      expect(halves.map((half) => half.packets)).toEqual([waits.length + 2, waits.length + 2])
      // What it may hide is no less than what it does.
      expect(flows!.maxIdleAtMost).toBeGreaterThanOrEqual(maxIdle)
      expect(story.of('silence').map((s) => [s.outcome, at(s.end) - at(s.start) > INACTIVE])).toEqual(
        expected.length > 0 ? [['answered', true]] : [],
      )
    }),
    { numRuns: 150 },
  )
})

test('though its records come late, each by as much as an exporter looks apart', () => {
  fc.assert(
    fc.property(pauses, fc.infiniteStream(fc.double({ min: 0, max: ACTIVE, noNaN: true })), (waits, late) => {
      const packets = packetsOf(waits)
      const accounts = (told: readonly Told[]) =>
        tracked(batchesOf(told), { silenceMin: INACTIVE })
          .of('connection-closed')
          .map(({ summary }) => [summary.maxIdle, summary.longestSurvived, summary.halves[0].packets])
      expect(accounts(asTold(packets, () => late.next().value as number))).toEqual(accounts(asTold(packets)))
    }),
    { numRuns: 150 },
  )
})
