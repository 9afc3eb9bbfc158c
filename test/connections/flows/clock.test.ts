import { describe, expect, test } from 'vitest'
import { FlowClock, LAG_MAX } from '../../../src/connections/flows/clock.ts'
import { FlowTimeouts } from '../../../src/connections/flows/timeouts.ts'
import { seconds } from '../../../src/model/time.ts'

describe('what is known for good', () => {
  test('is what lies further back than any exporter keeps a flow open, until it is learned', () => {
    const clock = new FlowClock()
    clock.seen(seconds(1000), seconds(1060), NaN, NaN)
    expect([clock.lag, clock.advance()]).toEqual([LAG_MAX, seconds(1060) - LAG_MAX])
    for (let at = 1060; at <= 2000; at += 60) clock.seen(seconds(at), seconds(at + 60), NaN, NaN)
    expect(clock.lag).toBe(seconds(1.25 * 60 + 2))
    expect(clock.advance()).toBe(seconds(2020) - clock.lag)
    clock.seen(seconds(1000), seconds(1001), NaN, NaN)
    expect(clock.late).toBe(1)
  })

  test('never goes back, and does not follow a clock that runs ahead', () => {
    const clock = new FlowClock()
    clock.seen(seconds(10_000), seconds(10_001), seconds(10_002), NaN)
    const known = clock.advance()
    expect(clock.seen(seconds(90_000), seconds(90_001), seconds(10_003), NaN)).toBe(false)
    expect(clock.seen(seconds(5), seconds(4), NaN, NaN)).toBe(false)
    expect([clock.advance(), clock.implausible]).toEqual([known, 2])
  })

  test('a silence during which exports were lost is doubtful; one without records is everybody’s', () => {
    const clock = new FlowClock()
    for (const at of [100, 130, 200]) clock.seen(seconds(at), seconds(at), NaN, NaN)
    clock.lost(seconds(200), seconds(200))
    expect([
      clock.isDoubtful(seconds(150), seconds(250)),
      clock.isDoubtful(seconds(201), seconds(250)),
    ]).toEqual([true, false])
    expect(clock.longestSilence(seconds(100), seconds(200))).toBe(seconds(70))
  })
})

describe('what is learned of an exporter', () => {
  test('timeouts, to a fifth and never less, once enough records show them', () => {
    const learned = new FlowTimeouts()
    for (let i = 0; i < 7; i++) learned.continued(0, seconds(16 + 10 * i))
    expect([learned.inactive, learned.active]).toEqual([Infinity, Infinity])
    for (let i = 0; i < 20; i++) {
      learned.continued(0, seconds(15 + i))
      learned.continued(seconds(60), seconds(0.2))
    }
    expect(learned.inactive / seconds(15)).toBeGreaterThanOrEqual(1)
    expect(learned.inactive / seconds(15)).toBeLessThan(1.3)
    expect(learned.active / seconds(60)).toBeGreaterThanOrEqual(1)
    expect(learned.active / seconds(60)).toBeLessThan(1.2)
  })

  test('how finely it tells time', () => {
    const [whole, fine] = [new FlowTimeouts(), new FlowTimeouts()]
    for (let i = 0; i < 20; i++) {
      whole.timed(seconds(i))
      fine.timed(seconds(i) + 500_000)
    }
    expect([new FlowTimeouts().resolution, whole.resolution, fine.resolution]).toEqual([
      1000, 1_000_000, 1000,
    ])
  })
})
