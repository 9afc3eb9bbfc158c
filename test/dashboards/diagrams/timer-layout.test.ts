/** The timer's figure: axes, rings and crosses, devices, the zoomed stretch, contradictions. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { textWidth } from '../../../dashboards/diagrams/labels.ts'
import {
  candidatesOf,
  excludedOf,
  layTimer,
  LINE_ROWS,
  lineWords,
  parseCandidate,
  RINGS_HIGH,
} from '../../../dashboards/diagrams/timer-layout.ts'
import type { TimerView } from '../../../src/api/contract.ts'

const timer = (patch: Partial<TimerView> = {}): TimerView => ({
  lowerSeconds: 299.91,
  upperSeconds: 300.03,
  survived: 4,
  severed: 3,
  candidates: ['F5 BIG-IP (300 s)', 'Azure Firewall (east-west) (300 s, unconfirmed)', 'set by hand'],
  safeKeepAliveSeconds: 239.9,
  severedSeconds: [300.03, 300.05, 300.1],
  survivedSeconds: [299.91, 120, 60, 60],
  ...patch,
})
const WIDTH = 640

test('the axis begins at zero and ends well beyond the timer', () =>
  expect(layTimer(timer(), [], WIDTH).axis).toEqual({ from: 0, to: 420 }))

test('candidates are told by name and seconds; those of one value share a line', () => {
  expect(parseCandidate('Azure Firewall (east-west) (300 s, unconfirmed)')).toEqual({
    name: 'Azure Firewall (east-west)',
    seconds: 300,
  })
  expect(parseCandidate('set by hand')).toBeNull()
  expect(candidatesOf(timer())).toEqual([
    { name: 'F5 BIG-IP and 1 more', seconds: 300, isExcluded: false, why: null },
  ])
})

test('every drawn value is a ring or a cross', () => {
  const { rings, crosses } = layTimer(timer(), [], WIDTH)
  const marks = (columns: typeof rings): number => columns.columns.reduce((sum, { marks: n }) => sum + n, 0)
  expect([rings.each, marks(rings), crosses.each, marks(crosses)]).toEqual([1, 4, 1, 3])
})

test('two thousand silences stay within the figure', () => {
  const survivedSeconds = Array.from({ length: 2000 }, (_, i) => (i * 299) / 2000)
  const { rings } = layTimer(timer({ survivedSeconds }), [], WIDTH)
  expect(rings.each).toBeGreaterThan(1)
  expect(Math.max(...rings.columns.map(({ marks }) => marks))).toBeLessThanOrEqual(RINGS_HIGH)
})

test('severed silences of one length are a block, of many lengths columns', () => {
  expect(layTimer(timer(), [], WIDTH).block).toBeCloseTo(0.714, 2)
  expect(layTimer(timer({ severedSeconds: [300.03, 400, 480] }), [], WIDTH).block).toBeNull()
})

describe('the zoomed stretch', () => {
  test('shows one second around the interval', () =>
    expect(layTimer(timer(), [], WIDTH).zoom).toMatchObject({
      axis: { from: 299.5, to: 300.5 },
      ticks: [299.5, 299.75, 300, 300.25, 300.5],
      lower: 299.91,
      upper: 300.03,
    }))
  test('is not drawn for an interval that is wide, or open', () => {
    expect(layTimer(timer({ lowerSeconds: 60 }), [], WIDTH).zoom).toBeNull()
    expect(layTimer(timer({ lowerSeconds: null }), [], WIDTH).zoom).toBeNull()
  })
})

test('what contradicts is counted, what is beyond the axis is told', () => {
  const laid = layTimer(timer({ survivedSeconds: [9000, 310, 299.91, 60] }), [], WIDTH)
  expect(laid.contradictions).toBe(2)
  expect(laid.beyond).toEqual({ count: 1, longest: 9000 })
})

test('lines of devices have words only where there is room', () => {
  const excluded = [240, 242, 244, 246, 248].map((seconds) => ({
    name: 'A device with a long name',
    seconds,
    isExcluded: true,
    why: 'longer ones survived',
  }))
  const { lines } = layTimer(timer(), excluded, 420)
  expect(lines.map(({ isExcluded }) => isExcluded)).toEqual([false, true, true, true, true, true])
  expect(lines.filter(({ row }) => row === null).length).toBeGreaterThan(0)
  const rows = lines.map(({ row }) => row).filter((row) => row !== null)
  expect(new Set(rows).size).toBe(rows.length)
})

test('no line and no words cross the words of another line', () => {
  const device = fc.record({
    name: fc.string({ minLength: 1, maxLength: 60 }),
    seconds: fc.integer({ min: 1, max: 420 }),
    isExcluded: fc.constant(true),
    why: fc.constantFrom('12 longer silences survived', 'none got this far'),
  })
  const devices = fc.uniqueArray(device, { maxLength: 8, selector: ({ seconds }) => seconds })
  fc.assert(
    fc.property(devices, fc.integer({ min: 240, max: 1200 }), (excluded, width) => {
      const { lines } = layTimer(timer(), excluded, width)
      const drawn = lines.map((line) => {
        const longest = Math.max(...lineWords(line).map((text) => textWidth(text)))
        const at = line.share * width
        const left = line.anchor === 'start' ? at + 6 : at - 6 - longest
        return { at, row: line.row, top: line.row ?? LINE_ROWS, left, right: left + longest }
      })
      for (const words of drawn.filter(({ row }) => row !== null)) {
        expect([words.left >= 0, words.right <= width]).toEqual([true, true])
        const others = drawn.filter((one) => one !== words)
        // A line runs down from its own row.
        const crossing = others.filter(
          ({ at, top }) => top <= words.top && at >= words.left && at <= words.right,
        )
        const touching = others.filter(
          ({ row, left, right }) => row === words.row && left <= words.right && words.left <= right,
        )
        expect({ crossing, touching }).toEqual({ crossing: [], touching: [] })
      }
    }),
  )
})

test('a default is ruled out by what outlived it, or because nothing reached it', () => {
  const excluded = [
    { device: 'Azure Load Balancer', seconds: 240 },
    { device: 'AWS Network Load Balancer', seconds: 350 },
  ]
  expect(excludedOf(timer({ excluded })).map(({ seconds, why }) => [seconds, why])).toEqual([
    [240, '1 longer silence survived'],
    [350, 'none got this far'],
  ])
  expect(excludedOf(timer())).toEqual([])
})
