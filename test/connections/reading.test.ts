import { describe, expect, test } from 'vitest'
import type { SegmentConsumer } from '../../src/model/stream.ts'
import { LINGER } from '../../src/connections/lifecycle.ts'
import { SYNS_HELD_MAX } from '../../src/connections/reading.ts'
import { recorder } from './recorder.ts'
import { ACK, AGENT, createWire, SERVER, START, STEP, SYN } from './wire.ts'
import type { Wire } from './wire.ts'

describe('whoever reads a stream is told', () => {
  test('where it starts, segments, acknowledgments, the FINs with their numbers, the end', () => {
    const wire = createWire().opens().sends(0, 0, { payload: 'hello' })
    wire.says(1, 0, { acknowledges: 6, payload: 'hi' }).says(0, 0, { at: 6, acknowledges: 3 })
    wire.says(0, 0, { at: 6, acknowledges: 3, flags: 17, payload: 'bye' }).ends()
    expect(wire.streams.map((s) => s.told)).toEqual([
      [
        'starts 0 1001',
        'starts 1 5001',
        'segment 0 1001 hello',
        'acknowledged 0 1006',
        'segment 1 5001 hi',
        'acknowledged 1 5003',
        'segment 0 1006 bye',
        'finish 0 1009',
        'close',
      ],
    ])
    const { emit, ...context } = wire.streams[0]!.context
    expect(context).toEqual({
      tap: 'tap',
      connection: 0,
      originator: AGENT,
      responder: SERVER,
      fromStart: true,
    })
    expect(typeof emit).toBe('function')
  })

  test('of a connection that was open before, not where it starts', () => {
    const wire = createWire().sends(1, 3).ends()
    expect(wire.streams[0]).toMatchObject({
      context: { fromStart: false },
      told: ['segment 1 5000 BBB', 'close'],
    })
  })

  test('of one whose SYN/ACK is stored late, where it starts by what acknowledges that', () => {
    const wire = createWire()
      .opens([{}, { unseen: true }])
      .sends(0, 3)
      .sends(1, 2)
    expect(wire.streams[0]!.told).toEqual([
      'starts 0 1001',
      'starts 1 5001',
      'segment 0 1001 AAA',
      'acknowledged 0 1004',
      'segment 1 5001 BB',
    ])
  })

  test('of one whose first octets are stored late, that they are acknowledged', () => {
    const wire = createWire().opens().sends(0, 3, { unseen: true }).sends(1, 2)
    expect(wire.streams[0]!.told).toEqual([
      'starts 0 1001',
      'starts 1 5001',
      'acknowledged 0 1004',
      'segment 1 5001 BB',
    ])
  })

  describe('octets on the SYN', () => {
    /** Its answer acknowledges so many of them; the originator's next segment begins there. */
    const answered = (taken: number, unseen = false): Wire =>
      createWire()
        .says(0, 3, { flags: SYN })
        .says(1, 0, { flags: SYN | ACK, acknowledges: 1 + taken, unseen })
        .says(0, 0, { at: 1 + taken, acknowledges: 1 })
    const its = (wire: Wire) =>
      wire.streams.flatMap(({ told }) => told.filter((one) => one.startsWith('seg')))

    test.each([false, true])('come once they are acknowledged (its packet is not captured: %s)', (unseen) => {
      const wire = answered(3, unseen).says(0, 2, { at: 4 })
      expect(its(wire)).toEqual(['segment 0 1001 AAA', 'segment 0 1004 AA'])
    })

    test('come when the connection was told to be open, before what answers them', () => {
      const opened: string[] = []
      const kinds = (): void => void opened.push(...wire.observations.map(({ kind }) => kind))
      const wire = createWire({
        openStream: (context) => {
          kinds()
          return { ...recorder(context), segment: (side) => void opened.push(`octets of ${side}`) }
        },
      })
      wire.says(0, 3, { flags: SYN }).says(1, 0, { flags: SYN | ACK, acknowledges: 4 })
      wire.says(1, 5, { at: 1, acknowledges: 4 })
      expect(opened).toEqual(['connection-opened', 'octets of 0', 'octets of 1'])
    })

    test.each([false, true])('that were not taken come when they are sent again (%s)', (unseen) => {
      expect(its(answered(0, unseen).says(0, 3, { at: 1 }))).toEqual(['segment 0 1001 AAA'])
    })

    test('that nobody answered are not read, nor are those of a connection that is gone', () => {
      expect(createWire().says(0, 3, { flags: SYN }).ends().streams).toEqual([])
      const wire = createWire().says(0, 3, { flags: SYN }).numbers([70_000, 5_000])
      expect(its(wire.opens())).toEqual([])
    })

    test('that are too many are left out, the oldest first', () => {
      const wire = createWire()
      const port = (n: number) => ({ frame: { sourcePort: 2_000 + n } })
      const back = (n: number) => ({ frame: { destinationPort: 2_000 + n } })
      for (let n = 0; n <= SYNS_HELD_MAX; n++) wire.says(0, 3, { flags: SYN, after: 1, ...port(n) })
      for (const n of [0, 1])
        wire
          .says(1, 0, { flags: SYN | ACK, acknowledges: 4, ...back(n) })
          .says(0, 0, { at: 4, acknowledges: 1, ...port(n) })
      expect(wire.streams.map(({ context }) => context.originator.port)).toEqual([2_001])
    })
  })

  test('nothing of packets that were doubled, probes that carry nothing, or resets', () => {
    const wire = createWire()
      .opens()
      .sends(0, 3)
      .copies()
      .probes(0)
      .resets(1, { payload: 'text' })
      .resets(1, { at: 9e8 })
      .ends()
    expect(wire.streams[0]!.told).toEqual(['starts 0 1001', 'starts 1 5001', 'segment 0 1001 AAA', 'close'])
  })

  test('nothing at all, if there are no octets', () => {
    expect(createWire().opens().probes(0).finishes(0).finishes(1).ends().streams).toEqual([])
  })

  test('the end once the record goes', () => {
    const wire = createWire().opens().sends(0, 3).resets(0)
    wire.tracker.tick(wire.time + LINGER)
    expect(wire.streams[0]!.told.at(-1)).toBe('close')
    wire.ends()
    expect(wire.streams[0]!.told.filter((line) => line === 'close')).toHaveLength(1)
  })
})

test('first octets that the snap length left nothing of: that the originator speaks, once', () => {
  const of = (side: 0 | 1): unknown[] =>
    createWire().opens().sends(side, 3, { cut: 3 }).sends(side, 3, { cut: 3 }).of('opening')
  expect(of(0)).toMatchObject([{ side: 0, packet: 4, text: '', protocol: null }])
  expect(of(1)).toEqual([])
})

test('what the snap length cut was on the wire', () => {
  const wire = createWire().sends(0, 100, { cut: 96 }).sends(0, 100, { cut: 104 }).ends()
  expect(wire.streams[0]!.told).toEqual(['segment 0 1000 AAAA of 100', 'segment 0 1100  of 100', 'close'])
  expect(wire.summary.halves[0]).toMatchObject({ bytes: 200, uniqueBytes: 200, missingBytes: 0 })
})

describe('whoever wants no more', () => {
  const reads = (segments: number) => {
    const told: number[] = []
    const openStream = (): SegmentConsumer => ({
      startsAt: () => {},
      segment: (...[, , , , , , time]) => void told.push(time),
      acknowledged: () => {},
      finish: () => void told.push(-1),
      close: () => void told.push(-2),
      get detached() {
        return told.length >= segments
      },
    })
    return { told, openStream }
  }

  test('is told no more, not even the end', () => {
    const { told, openStream } = reads(2)
    createWire({ openStream }).opens().sends(0, 1).sends(1, 1).sends(0, 1).finishes(0).ends()
    expect(told).toEqual([START + 3 * STEP, START + 4 * STEP])
  })

  test('and is not opened again', () => {
    let opened = 0
    const { openStream } = reads(1)
    const wire = createWire({
      openStream: () => {
        opened++
        return openStream()
      },
    })
    wire.opens().sends(0, 1).sends(0, 1).sends(1, 1).ends()
    expect(opened).toBe(1)
  })
})

describe('too many are read', () => {
  const port = (n: number) => ({ frame: { sourcePort: 50_000 + n } })

  test('the one that was opened first is left; those that ended make room', () => {
    const wire = createWire({ streamsMax: 2 })
    for (const n of [1, 2]) wire.says(0, 3, port(n))
    wire.streams[0]!.detached = true
    wire.says(0, 3, { at: 3, ...port(1) })
    for (const n of [3, 4]) wire.says(0, 3, port(n))
    wire
      .says(0, 3, { at: 3, ...port(2) })
      .says(0, 3, { at: 3, ...port(3) })
      .ends()
    expect(
      wire.streams.map((s) => [s.context.originator.port - 50_000, s.told.length, s.told.at(-1)]),
    ).toEqual([
      [1, 2, 'segment 0 1003 AAA'],
      [2, 2, 'close'],
      [3, 3, 'close'],
      [4, 2, 'close'],
    ])
    expect(wire.tracker.counters.streamsLeft).toBe(1)
  })

  test('an idle stream is not left because others came and went', () => {
    const wire = createWire({ streamsMax: 4 }).says(0, 3, port(1))
    for (let n = 2; n < 100; n++) {
      wire.says(0, 3, port(n))
      wire.streams.at(-1)!.detached = true
      wire.says(0, 3, { at: 3, ...port(n) })
    }
    wire.says(0, 3, { at: 3, ...port(1) })
    expect([wire.streams[0]!.told.length, wire.tracker.counters.streamsLeft]).toEqual([2, 0])
  })
})

describe('a side that begins with nothing that is read', () => {
  const story = (dull: string) => {
    const asked: string[] = []
    const wire = createWire({
      beginsAnything: (side, bytes, start, end) => {
        const text = Buffer.from(bytes.subarray(start, end)).toString('latin1')
        asked.push(`${side} ${text}`)
        return !dull.includes(text)
      },
    })
    wire.opens().sends(0, 2).sends(1, 2).sends(0, 2).sends(1, 2).ends()
    return {
      asked,
      told: wire.streams.map((s) => s.told),
      opening: wire.of('opening').map((o) => [o.side, o.packet]),
    }
  }
  // Octets are AA from the originator, BB from the responder.
  const starts = ['starts 0 1001', 'starts 1 5001']

  test('both: no stream, and the opening told without its text', () => {
    expect(story('AA BB')).toEqual({ asked: ['0 AA', '1 BB'], told: [], opening: [[0, 4]] })
  })

  test('the originator alone: read from the first octets of the responder on', () => {
    const told = [
      ...starts,
      'segment 1 5001 BB',
      'acknowledged 1 5003',
      'segment 0 1003 AA',
      'acknowledged 0 1005',
    ]
    expect(story('AA')).toEqual({
      asked: ['0 AA', '1 BB'],
      told: [[...told, 'segment 1 5003 BB', 'close']],
      opening: [[0, 4]],
    })
  })

  test('neither: read as if nobody had asked', () => {
    const { asked, told, opening } = story('')
    expect([asked, told[0]!.slice(0, 3), opening]).toEqual([['0 AA'], [...starts, 'segment 0 1001 AA'], []])
  })

  test('of a connection that was open before, nobody asks', () => {
    let asked = 0
    const wire = createWire({ beginsAnything: () => ++asked < 0 }).sends(0, 2)
    expect([asked, wire.streams.length]).toEqual([0, 1])
  })
})
