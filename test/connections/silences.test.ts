import { describe, expect, test } from 'vitest'
import { milliseconds, seconds } from '../../src/model/time.ts'
import type { Silence } from '../../src/model/observation.ts'
import { ACK, createWire, FIN, ON, RST, START, STEP } from './wire.ts'
import type { Wire, WireOptions } from './wire.ts'

const IDLE = seconds(300)
/** When the last packet of `idle` passed, and the one that breaks the silence. */
const LAST = START + 5 * STEP
const BROKEN = LAST + IDLE

/** Open, one exchange, then silent: packets 1 to 6. */
const idle = (options: WireOptions = {}, span = IDLE): Wire =>
  createWire(options).opens().sends(0, 10).sends(1, 20).acknowledges(0).waits(span)

const silence = (differs: Partial<Silence>): Silence => ({
  ...ON,
  kind: 'silence',
  time: BROKEN + STEP,
  start: LAST,
  startPacket: 6,
  startSide: 0,
  end: BROKEN,
  endPacket: 7,
  brokenBy: 0,
  breaker: 'data',
  lastFrom: [LAST, LAST - STEP],
  outcome: 'answered',
  outcomePacket: 8,
  outcomeAt: BROKEN + STEP,
  retransmissions: 0,
  lastRetransmission: null,
  lastRetransmissionAt: null,
  keepAlivesBefore: 0,
  inFlight: 0,
  tapSilence: IDLE,
  bytes: [20, 20],
  ...differs,
})

describe('what becomes of a connection that was silent', () => {
  const retried = {
    retransmissions: 3,
    lastRetransmission: 10,
    lastRetransmissionAt: BROKEN + seconds(9),
    bytes: [20, 20],
  } as const
  const resetAfterOne = {
    time: BROKEN + seconds(1) + STEP,
    outcomePacket: 9,
    outcomeAt: BROKEN + seconds(1) + STEP,
    retransmissions: 1,
    lastRetransmission: 8,
    lastRetransmissionAt: BROKEN + seconds(1),
    bytes: [20, 20],
  } as const
  const repeatedly = (wire: Wire): Wire =>
    wire
      .sends(0, 10)
      .repeats(0, 10, { after: seconds(1) })
      .repeats(0, 10, { after: seconds(2) })
      .repeats(0, 10, { after: seconds(6) })

  test.each<[string, (wire: Wire) => Wire, Partial<Silence>]>([
    ['answered by an acknowledgment', (wire) => wire.sends(0, 10).acknowledges(1), {}],
    [
      'answered by data, broken by the responder',
      (wire) => wire.sends(1, 10).sends(0, 5),
      { brokenBy: 1, bytes: [15, 30] },
    ],
    [
      'a keep-alive that is answered',
      (wire) => wire.probes(0).acknowledges(1),
      { breaker: 'keep-alive', bytes: [10, 20] },
    ],
    [
      'broken by a bare acknowledgment',
      (wire) => wire.acknowledges(1).acknowledges(0),
      { breaker: 'acknowledgment', brokenBy: 1, bytes: [10, 20] },
    ],
    [
      'the first packet after it draws a reset',
      (wire) => wire.sends(0, 10).resets(1, { flags: RST }),
      { outcome: 'reset' },
    ],
    [
      'reset after some retransmissions',
      (wire) => repeatedly(wire.sends(0, 0, { unseen: true })).resets(1),
      {
        outcome: 'unanswered',
        ...retried,
        time: BROKEN + STEP + seconds(9),
        end: BROKEN + STEP,
        lastRetransmissionAt: BROKEN + STEP + seconds(9),
        tapSilence: IDLE + STEP,
        outcomePacket: null,
        outcomeAt: null,
      },
    ],
    [
      'reset after one retransmission',
      (wire) =>
        wire
          .sends(0, 10)
          .repeats(0, 10, { after: seconds(1) })
          .resets(1),
      {
        outcome: 'reset',
        ...resetAfterOne,
      },
    ],
    [
      'nobody answers: three retransmissions, 3 s',
      repeatedly,
      { outcome: 'unanswered', ...retried, time: BROKEN + seconds(9), outcomePacket: null, outcomeAt: null },
    ],
    [
      'broken by a FIN',
      (wire) => wire.finishes(1),
      {
        outcome: 'closed',
        breaker: 'fin',
        brokenBy: 1,
        time: BROKEN,
        outcomePacket: 7,
        outcomeAt: BROKEN,
        bytes: [10, 20],
      },
    ],
    [
      'broken by a RST that nothing provoked',
      (wire) => wire.resets(1),
      {
        outcome: 'aborted',
        breaker: 'rst',
        brokenBy: 1,
        time: BROKEN,
        outcomePacket: 7,
        outcomeAt: BROKEN,
        bytes: [10, 20],
      },
    ],
    [
      'the other side closes instead of an answer',
      (wire) => wire.sends(0, 10).finishes(1),
      { outcome: 'closed' },
    ],
    [
      'whoever broke it gives up with a RST',
      (wire) =>
        wire
          .sends(0, 10)
          .repeats(0, 10, { after: seconds(1) })
          .resets(0),
      {
        outcome: 'unanswered',
        ...resetAfterOne,
      },
    ],
    [
      'the capture ends before an answer could come',
      (wire) => wire.sends(0, 10).ends(),
      { outcome: 'unknown', time: BROKEN, outcomePacket: null, outcomeAt: null },
    ],
    [
      'the capture ends after one retransmission',
      (wire) =>
        wire
          .sends(0, 10)
          .repeats(0, 10, { after: seconds(1) })
          .ends(),
      {
        outcome: 'unknown',
        time: BROKEN + seconds(1),
        outcomePacket: null,
        outcomeAt: null,
        retransmissions: 1,
        lastRetransmission: 8,
        lastRetransmissionAt: BROKEN + seconds(1),
        bytes: [20, 20],
      },
    ],
    [
      'the capture ends after two retransmissions',
      (wire) =>
        wire
          .sends(0, 10)
          .repeats(0, 10, { after: seconds(1) })
          .repeats(0, 10, { after: seconds(1) })
          .ends(),
      {
        outcome: 'unanswered',
        time: BROKEN + seconds(2),
        outcomePacket: null,
        outcomeAt: null,
        retransmissions: 2,
        lastRetransmission: 9,
        lastRetransmissionAt: BROKEN + seconds(2),
        bytes: [20, 20],
      },
    ],
  ])('%s', (_name, told, differs) => {
    expect(told(idle()).of('silence')).toEqual([silence(differs)])
  })

  test('given up, and answered after all: told again', () => {
    const wire = repeatedly(idle())
    wire
      .acknowledges(1, { after: seconds(20) })
      .sends(0, 10)
      .acknowledges(1)
      .ends()
    const gaveUp = { outcome: 'unanswered', ...retried, outcomePacket: null, outcomeAt: null } as const
    const answeredAt = BROKEN + seconds(29)
    expect(wire.of('silence')).toEqual([
      silence({ ...gaveUp, time: BROKEN + seconds(9) }),
      silence({ ...retried, time: answeredAt, outcomePacket: 11, outcomeAt: answeredAt }),
    ])
  })
})

test('given up, and silent again: still the same silence', () => {
  const wire = idle().sends(0, 10)
  for (const after of [1, 2, 6, 200]) wire.repeats(0, 10, { after: seconds(after) })
  wire.acknowledges(1).ends()
  expect(wire.of('silence').map((o) => [o.outcome, o.start, o.retransmissions])).toEqual([
    ['unanswered', LAST, 3],
    ['answered', LAST, 4],
  ])
})

describe('a connection that was open before the capture began', () => {
  const other = { frame: { sourcePort: 51_000 } }

  test('was silent at least since then', () => {
    const wire = createWire()
      .opens([other, { unseen: true }, other])
      .waits(IDLE)
      .sends(0, 10)
      .acknowledges(1)
    const broken = START + 2 * STEP + IDLE
    expect(wire.of('silence')).toEqual([
      silence({
        time: broken + STEP,
        connection: wire.of('connection-opened')[1]!.connection,
        start: START,
        startPacket: 0,
        end: broken,
        endPacket: 3,
        outcomePacket: 4,
        outcomeAt: broken + STEP,
        lastFrom: [null, null],
        tapSilence: IDLE,
        bytes: [10, 0],
      }),
    ])
  })

  test('unless it may have been evicted', () => {
    const wire = createWire({ connectionsMax: 1 })
      .opens()
      .opens([other, { unseen: true }, other])
      .waits(IDLE)
    expect(wire.numbers([1_000, 5_000]).sends(0, 10, { at: 1 }).ends().of('silence')).toEqual([])
  })
})

describe('what is known of a silence', () => {
  test('the last packet of each side: a device may count one direction only', () => {
    const wire = createWire()
      .opens()
      .sends(0, 10)
      .sends(0, 10)
      .sends(0, 10)
      .waits(IDLE)
      .sends(1, 5)
      .acknowledges(0)
    const [told] = wire.of('silence')
    expect([told!.startSide, told!.lastFrom]).toEqual([0, [START + 5 * STEP, START + STEP]])
  })

  test('a packet that was stored late is not the last', () => {
    const wire = createWire().opens().sends(0, 10).sends(1, 10).repeats(1, 10, { after: -5_000 }).waits(IDLE)
    wire.sends(0, 10).acknowledges(1)
    const last = START + 4 * STEP
    expect(wire.of('silence')[0]).toMatchObject({ start: last, startSide: 1, lastFrom: [last - STEP, last] })
  })

  test('a side that was never seen has no last packet', () => {
    const wire = createWire().sends(0, 10).waits(IDLE).sends(1, 5).acknowledges(0)
    expect(wire.of('silence')[0]!.lastFrom).toEqual([START, null])
  })

  test('octets in flight: not idle, but interrupted', () => {
    const wire = createWire().opens().sends(0, 10).sends(0, 30, { acknowledges: 1 }).waits(IDLE)
    wire.repeats(0, 40).acknowledges(1)
    expect(wire.of('silence')[0]).toMatchObject({ inFlight: 40, breaker: 'data' })
  })

  test('keep-alives before it: the application was silent for longer', () => {
    const wire = idle({}, seconds(10))
    for (let i = 0; i < 3; i++) wire.probes(0).acknowledges(1).waits(seconds(10))
    wire.waits(IDLE).sends(0, 10).acknowledges(1)
    expect(wire.of('silence')[0]).toMatchObject({
      keepAlivesBefore: 3,
      start: wire.time - IDLE - seconds(10),
    })
  })

  test('packets that a mirror port doubled do not hide who spoke last, or what was answered', () => {
    const wire = createWire().opens().sends(0, 10).acknowledges(1).copies().waits(IDLE)
    wire.sends(0, 10).copies().resets(1).copies()
    const [told] = wire.of('silence')
    const once = { startSide: 1, brokenBy: 0, outcome: 'reset', retransmissions: 0, bytes: [20, 0] } as const
    expect(told).toMatchObject(once)
    expect(wire.of('reset')).toMatchObject([{ provokedBy: wire.packet - 2, idleBefore: IDLE }])
  })

  test('a tap that saw other connections in the meantime was not blind', () => {
    const wire = idle({}, 0)
    const other = { sourcePort: 51_000 }
    for (let i = 0; i < 10; i++) wire.says(0, 5, { after: IDLE / 10, frame: other })
    wire.sends(0, 10).acknowledges(1)
    expect(wire.of('silence').find((o) => o.connection === 0)).toMatchObject({ tapSilence: IDLE / 10 })
  })
})

describe('which silences are told', () => {
  test('none shorter than the shortest that is asked for', () => {
    const wire = idle({ silenceMin: IDLE + 1 })
    expect(wire.sends(0, 10).acknowledges(1).ends().of('silence')).toEqual([])
    expect(wire.summary).toMatchObject({ maxIdle: IDLE, longestSurvived: 0 })
  })

  test('one that lasts just as long as asked for is', () => {
    expect(idle({ silenceMin: IDLE }).sends(0, 10).acknowledges(1).of('silence')).toHaveLength(1)
  })

  test('of those that were answered, the first; the longest stands in the account', () => {
    const wire = idle()
    for (const span of [100, 900, 400]) {
      wire.sends(0, 10).acknowledges(1).waits(seconds(span))
    }
    wire.resets(1).ends()
    expect(wire.of('silence').map((o) => [o.outcome, o.end - o.start])).toEqual([
      ['answered', IDLE],
      ['aborted', seconds(400)],
    ])
    expect(wire.summary).toMatchObject({ maxIdle: seconds(900), longestSurvived: seconds(900) })
  })

  test('none of a connection that is over', () => {
    const wire = createWire()
      .opens()
      .finishes(0)
      .finishes(1)
      .acknowledges(0)
      .waits(seconds(60))
      .acknowledges(1)
    expect(wire.of('silence')).toEqual([])
  })

  test('a silence before the FIN of a half-closed connection is its last', () => {
    const wire = idle({}, seconds(1))
      .finishes(0)
      .acknowledges(1)
      .waits(IDLE)
      .finishes(1)
      .acknowledges(0)
      .ends()
    expect(wire.of('silence').map((o) => o.outcome)).toEqual(['closed'])
    expect(wire.summary).toMatchObject({ endedBy: 0, idleBeforeEnd: seconds(1), maxIdle: IDLE })
  })
})

test.each([30, 60, 120, 240, 241, 300, 350, 600, 900, 1_800, 3_600, 7_200, 21_600])(
  'a connection that is silent for %i s, again and again, is one connection',
  (span) => {
    const wire = createWire().opens()
    for (let i = 0; i < 5; i++) {
      wire.waits(seconds(span)).sends(0, 10).sends(1, 20).acknowledges(0)
      wire.tracker.tick(wire.time + seconds(span) - 1)
    }
    wire
      .finishes(0, { after: milliseconds(1) })
      .finishes(1)
      .acknowledges(0)
      .ends()
    expect(wire.observations.map((o) => o.kind)).toEqual([
      'connection-opened',
      'silence',
      'finished',
      'finished',
      'connection-closed',
      'capture-ended',
    ])
    expect(wire.summary).toMatchObject({
      maxIdle: seconds(span),
      longestSurvived: seconds(span),
      endReason: 'client-fin',
      halves: [
        { packets: 14, uniqueBytes: 50, retransmissions: 0 },
        { packets: 7, uniqueBytes: 100, retransmissions: 0 },
      ],
    })
  },
)

test('flags that are neither: the breaker is told by what the packet carries', () => {
  const wire = idle()
    .says(0, 3, { flags: ACK | 8 })
    .acknowledges(1)
  expect(wire.of('silence')[0]!.breaker).toBe('data')
  expect(
    idle()
      .finishes(0, { flags: FIN | ACK })
      .of('silence')[0]!.breaker,
  ).toBe('fin')
})

describe('connections that stay silent', () => {
  const MINUTE = seconds(60)
  const told = (wire: Wire): readonly [port: number, time: number][] =>
    wire.of('connection-idle').map(({ summary, time }) => [summary.originator.port, time])

  test('are told every so often where somebody waits to hear it, with their account so far', () => {
    const asked: number[] = []
    const wire = createWire({
      listener: { every: MINUTE, isAwaited: (connection) => asked.push(connection) > 0 },
    })
    wire.opens().sends(0, 10)
    const since = wire.tracker.now
    wire.tracker.tick(since + seconds(29))
    wire.tracker.tick(since + 2 * MINUTE)
    wire.tracker.tick(since + 2 * MINUTE + seconds(59))
    wire.tracker.tick(since + 3 * MINUTE)
    expect(told(wire).map(([, time]) => time - since)).toEqual([2 * MINUTE, 3 * MINUTE])
    const [first] = wire.of('connection-idle')
    expect(first!.summary).toMatchObject({ endReason: 'open', endedBy: null })
    expect(first!.summary.halves[0].lastPacketAt).toBe(since)
    expect(new Set(asked)).toEqual(new Set([first!.connection]))
  })

  test('are not told where nobody waits, nor those that speak or are over', () => {
    const silent = createWire({ listener: { every: MINUTE, isAwaited: () => false } })
    silent.opens().sends(0, 10)
    silent.tracker.tick(silent.tracker.now + 5 * MINUTE)
    const nobody = createWire()
    nobody.opens().sends(0, 10)
    nobody.tracker.tick(nobody.tracker.now + 5 * MINUTE)
    const over = createWire({ listener: { every: MINUTE, isAwaited: () => true } })
    over.opens().finishes(0).finishes(1).acknowledges(0)
    over.tracker.tick(over.tracker.now + 2 * MINUTE)
    expect([told(silent), told(nobody), told(over)]).toEqual([[], [], []])
  })
})
