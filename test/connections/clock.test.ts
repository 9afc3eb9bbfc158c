import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CLOCK_STEP, TapClock } from '../../src/connections/tap-clock.ts'
import { LINGER, SYN_UNANSWERED_AFTER } from '../../src/connections/lifecycle.ts'
import { seconds } from '../../src/model/time.ts'
import { createWire, START, STEP, SYN } from './wire.ts'

const HOUR = seconds(3_600)

function clockAt(times: readonly number[], silenceMin = seconds(60)): TapClock {
  const moment = new Float64Array(1)
  const clock = new TapClock(silenceMin, moment)
  for (const time of times) {
    moment[0] = time
    clock.frameSeen()
  }
  return clock
}

describe('the clock of a tap', () => {
  test.each<[string, readonly number[], Partial<TapClock>]>([
    ['no frame', [], { latest: -Infinity, outOfOrder: 0, steps: 0 }],
    ['in order', [1, 2, 2, 3], { latest: 3, steady: 3, outOfOrder: 0, steps: 0 }],
    ['jitter', [seconds(9), seconds(10), seconds(9.5)], { latest: seconds(10), outOfOrder: 1, steps: 0 }],
    [
      'just short of a step',
      [seconds(10), seconds(10) - CLOCK_STEP + 1],
      { latest: seconds(10), outOfOrder: 1, steps: 0 },
    ],
    [
      'a step',
      [seconds(10), seconds(9)],
      { first: seconds(10), latest: seconds(9), steady: seconds(10), outOfOrder: 1, steps: 1 },
    ],
    [
      'many frames by the clock that was set back',
      [HOUR, seconds(10), seconds(11), seconds(12)],
      { latest: seconds(12), steady: HOUR, outOfOrder: 1, steps: 1 },
    ],
    [
      'two clocks in turns',
      [seconds(10), seconds(5), seconds(11), seconds(6)],
      { latest: seconds(6), steady: seconds(11), outOfOrder: 2, steps: 2 },
    ],
  ])('%s', (_name, times, state) => {
    expect(clockAt(times)).toMatchObject(state)
  })

  test('ticks move time, not the tap; the steady clock never goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(10_000_000)), { minLength: 1 }), (steps) => {
        const moment = new Float64Array(1)
        const clock = new TapClock(seconds(1), moment)
        let steady = -Infinity
        for (const [tick, time] of steps) {
          moment[0] = time
          if (tick) clock.ticked(time)
          else clock.frameSeen()
          expect(clock.steady).toBeGreaterThanOrEqual(Math.max(steady, clock.latest))
          steady = clock.steady
        }
      }),
    )
  })
})

describe('when the tap saw nothing', () => {
  test.each<[string, readonly number[], readonly [number, number], number]>([
    ['frames all the time', [0, 50, 100, 150], [0, 150], 0],
    ['a hole', [0, 100], [0, 100], 100],
    ['the part of it that is asked for', [0, 100], [20, 90], 70],
    ['the longest of two', [0, 100, 300], [0, 300], 200],
    ['shorter than what is told', [0, 59], [0, 59], 0],
    ['jitter before it', [10, 9.5, 100], [0, 100], 90],
    ['the clock was set back, and then nothing came', [4_000, 10, 100], [0, 100], 90],
    ['the clock strayed back for one frame', [1_000, 0, 1_001], [0, 1_001], 0],
    ['it strayed, and the tap saw nothing after it', [1_000, 0, 1_100], [0, 1_100], 100],
    ['the clock strayed ahead: that was no silence', [1_000, 9_999, 1_001, 1_002], [0, 9_999], 0],
  ])('%s', (_name, times, [start, end], silence) => {
    const clock = clockAt(times.map(seconds))
    expect(clock.longestSilence(seconds(start), seconds(end))).toBe(seconds(silence))
  })

  test('it sees since its first frame, or since it was blind as far as is known', () => {
    const clock = clockAt([0, 10, 100, 110, 200, 201].map(seconds))
    expect(clock.seesSince).toBe(0)
    clock.missed(seconds(11), seconds(100)) // began when it saw nothing: that need not be why
    expect(clock.seesSince).toBe(0)
    clock.missed(seconds(10), seconds(100))
    expect(clock.seesSince).toBe(seconds(100))
    clock.missed(seconds(109), seconds(201))
    expect(clock.seesSince).toBe(seconds(200))
  })

  test('nor did it see while nobody listened', () => {
    const moment = new Float64Array(1)
    const clock = new TapClock(seconds(60), moment)
    clock.frameSeen()
    clock.interrupted()
    moment[0] = seconds(90)
    clock.frameSeen()
    expect(clock.seesSince).toBe(seconds(90))
  })

  test('a tick is no frame', () => {
    const clock = clockAt([0])
    clock.ticked(seconds(90))
    expect(clock.longestSilence(0, seconds(90))).toBe(0)
    expect(clockAt([0, seconds(100)]).longestSilence(0, seconds(100))).toBe(seconds(100))
  })

  test('no more than the last 64 are remembered', () => {
    const clock = clockAt(Array.from({ length: 66 }, (_, i) => i * seconds(60)))
    expect(clock.longestSilence(0, seconds(60))).toBe(0)
    expect(clock.longestSilence(seconds(60), seconds(120))).toBe(seconds(60))
  })
})

describe('connections under a clock that jumps', () => {
  test('set back by an hour: one connection, no false silence, and true ones are still told', () => {
    const wire = createWire().opens().sends(0, 10).sends(1, 10, { after: -HOUR }).sends(0, 10)
    expect(wire.of('silence')).toEqual([])
    wire.waits(seconds(300)).sends(0, 10).acknowledges(1).ends()
    expect(wire.of('silence').map((o) => o.end - o.start)).toEqual([seconds(300)])
    expect(wire.summary).toMatchObject({
      start: START + 3 * STEP - HOUR,
      end: START + 3 * STEP,
      maxIdle: seconds(300),
      endReason: 'open',
    })
    expect(wire.tracker).toMatchObject({ clockSteps: 1, outOfOrderFrames: 1, size: 1 })
  })

  test('set back twice: it lasted until the latest time that any clock showed', () => {
    const wire = createWire().opens().sends(0, 10, { after: -HOUR }).sends(0, 10, { after: -HOUR }).ends()
    expect(wire.summary).toMatchObject({ start: START + 2 * STEP - 2 * HOUR, end: START + 2 * STEP })
  })

  test('one frame that strays makes no silence of fifty years', () => {
    const wire = createWire()
      .opens()
      .sends(0, 10)
      .sends(1, 10, { after: -START })
      .acknowledges(0, { after: START })
      .ends()
    expect(wire.of('silence')).toEqual([])
    expect(wire.summary).toMatchObject({ maxIdle: STEP, end: START + 3 * STEP })
  })

  test('a silence around a frame that strays is told as long as it was', () => {
    const wire = createWire().opens().sends(0, 10).sends(1, 10, { after: -START })
    wire.acknowledges(0, { after: START + seconds(200) }).sends(1, 10)
    expect(wire.of('silence')).toMatchObject([
      { start: START + 3 * STEP, end: START + 3 * STEP + seconds(200) },
    ])
  })

  test('nor does one before a reset', () => {
    const wire = createWire().opens().sends(0, 10).sends(1, 10, { after: -START })
    wire.resets(1, { after: START + seconds(5) })
    expect(wire.of('silence')).toEqual([])
    expect(wire.of('reset')).toMatchObject([{ sinceProvocation: seconds(5), idleBefore: 0 }])
  })

  test('a jump ahead is silence of the tap', () => {
    const wire = createWire().opens().sends(0, 10).sends(1, 10, { after: HOUR }).acknowledges(0)
    expect(wire.of('silence')).toMatchObject([{ tapSilence: HOUR }])
  })

  test('timers wait until the clock has caught up: no SYN is given up before its time', () => {
    const wire = createWire()
      .opens()
      .numbers([9, 9])
      .says(0, 0, { flags: SYN, after: -HOUR, frame: { sourcePort: 7 } })
    wire.tracker.tick(wire.time)
    expect(wire.of('connection-failed')).toEqual([])
    wire.tracker.tick(wire.time + HOUR + SYN_UNANSWERED_AFTER)
    expect(wire.of('connection-failed')).toHaveLength(1)
  })

  test('at the end of the capture they have waited long enough', () => {
    const wire = createWire()
      .opens()
      .numbers([9, 9])
      .says(0, 0, { flags: SYN, after: -HOUR, frame: { sourcePort: 7 } })
    wire
      .numbers([1_000, 5_000])
      .acknowledges(0, { at: 1, acknowledges: 1, after: seconds(4) })
      .ends()
    expect(wire.of('connection-failed')).toMatchObject([{ manner: 'unanswered', time: wire.time }])
  })

  test('what is over lingers on, and goes at last', () => {
    const wire = createWire().opens().resets(0, { after: -HOUR })
    wire.tracker.tick(wire.time + LINGER)
    expect(wire.tracker.size).toBe(1)
    wire.tracker.tick(wire.time + HOUR + 2 * LINGER)
    expect(wire.tracker.size).toBe(0)
  })
})
