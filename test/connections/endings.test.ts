import { describe, expect, test } from 'vitest'
import type { EndReason } from '../../src/model/connection.ts'
import type { Finished, Reset } from '../../src/model/observation.ts'
import { milliseconds, seconds } from '../../src/model/time.ts'
import { ACK, createWire, FIN, HARDWARE, ON, RST, spoke, START, STEP, SYN } from './wire.ts'
import type { Said, Wire } from './wire.ts'

const scaled = (windowScale: number): Said => ({ frame: { options: { windowScale } } })

const reset = (differs: Partial<Reset>): Reset => ({
  ...ON,
  kind: 'reset',
  time: START + 5 * STEP,
  packet: 6,
  from: 1,
  sequence: 5_021,
  sequenceOffset: 0,
  acknowledges: true,
  window: 1_000,
  payload: '',
  hopLimit: 64,
  usualHopLimit: 64,
  identification: 9_003,
  previousIdentification: 9_002,
  hardware: HARDWARE[1],
  usualHardware: HARDWARE[1],
  provokedBy: null,
  sinceProvocation: null,
  idleBefore: STEP,
  sinceOwn: STEP,
  legRtt: STEP,
  bytes: [10, 20],
  afterFin: false,
  ...differs,
})
/** Packets 1 to 5; the responder spoke last. */
const exchange = (): Wire => createWire().opens().sends(0, 10).sends(1, 20)

describe('a reset', () => {
  test.each<[string, (wire: Wire) => Wire, Partial<Reset>]>([
    ['unprovoked, by whoever spoke last', (wire) => wire.resets(1), {}],
    [
      'after an idle time',
      (wire) => wire.resets(1, { after: seconds(500) }),
      { time: START + 4 * STEP + seconds(500), idleBefore: seconds(500), sinceOwn: seconds(500) },
    ],
    [
      'provoked by the other side',
      (wire) => wire.resets(0, { flags: RST }),
      {
        from: 0,
        sinceOwn: 2 * STEP,
        sequence: 1_011,
        acknowledges: false,
        hopLimit: 128,
        usualHopLimit: 128,
        identification: 104,
        previousIdentification: 103,
        hardware: HARDWARE[0],
        usualHardware: HARDWARE[0],
        provokedBy: 5,
        sinceProvocation: STEP,
        idleBefore: 0,
        legRtt: STEP,
      },
    ],
    [
      'of another device, by its looks, with a text and a reason in the window',
      (wire) =>
        wire.resets(1, {
          hopLimit: 251,
          identification: 0,
          window: 0x0c0d,
          payload: '[0x273e3e6:654] No server selected',
          frame: { sourceMac: new Uint8Array([2, 9, 9, 9, 9, 9]) },
        }),
      {
        hopLimit: 251,
        identification: 0,
        window: 0x0c0d,
        payload: '[0x273e3e6:654] No server selected',
        hardware: '02:09:09:09:09:09',
        bytes: [10, 54],
      },
    ],
    [
      'after a FIN',
      (wire) => wire.finishes(1).resets(1),
      {
        time: START + 6 * STEP,
        packet: 7,
        sequence: 5_022,
        identification: 9_004,
        previousIdentification: 9_003,
        afterFin: true,
      },
    ],
    [
      'ahead of what was seen, within the window',
      (wire) => wire.resets(1, { at: 121 }),
      { sequence: 5_121, sequenceOffset: 100, bytes: [10, 120] },
    ],
  ])('%s', (_name, told, differs) => {
    expect(told(exchange()).of('reset')).toEqual([reset(differs)])
  })

  test('of a host that was seen to begin others is compared with those', () => {
    const other = { frame: { sourcePort: 51_000 } }
    const back = { frame: { destinationPort: 51_000 } }
    const wire = createWire().opens([other, back, other]).resets(1, { at: 0, hopLimit: 250, flags: RST })
    expect(wire.of('reset')).toMatchObject([{ usualHopLimit: 64, hopLimit: 250, usualHardware: null }])
  })

  describe('of a host whose packets are captured before a router and behind it', () => {
    /** The SYN/ACK comes twice, later than a mirror's copies do. */
    const twice = (): Wire => {
      const wire = createWire().opens()
      const behind = { flags: SYN | ACK, at: 0, acknowledges: 1, hopLimit: 63, after: milliseconds(3) }
      return wire.says(1, 0, behind).sends(0, 10)
    }

    test.each([63, 64, 127])('is compared with nothing, at %d', (hopLimit) => {
      expect(twice().resets(1, { hopLimit }).of('reset')).toMatchObject([{ usualHopLimit: null }])
    })

    test('from another distance than either is still another’s', () => {
      expect(twice().resets(1, { hopLimit: 60 }).of('reset')).toMatchObject([{ usualHopLimit: 63 }])
    })
  })

  test('long text is cut', () => {
    const wire = exchange().resets(1, { payload: 'x'.repeat(1_000) })
    expect(wire.of('reset')[0]!.payload).toBe('x'.repeat(256))
  })

  test('a header that contradicts itself has no text', () => {
    const wire = exchange().resets(1, { payload: 'text', headerWords: 15 })
    expect(wire.of('reset')[0]!.payload).toBe('')
  })

  test('answers what was repeated in vain: nothing stays unanswered', () => {
    const wire = exchange().repeats(0, 10).repeats(0, 10).repeats(0, 10).resets(1).ends()
    expect(wire.summary).toMatchObject({
      endReason: 'server-rst',
      halves: [{ retransmissions: 3, unanswered: 0, unansweredSince: null, unansweredPacket: null }, {}],
    })
  })

  test('each side is told once, and one does not provoke the other', () => {
    const wire = exchange().resets(1).resets(1).resets(0).resets(0)
    expect(wire.of('reset').map((o) => [o.from, o.packet, o.provokedBy])).toEqual([
      [1, 6, null],
      [0, 8, null],
    ])
  })
})

describe('a reset that no receiver would believe is counted, not believed', () => {
  const windows: readonly [string, readonly [Said, Said, Said?], number][] = [
    ['no scaling', [{}, {}], 1_000],
    ['only one side offers scaling', [scaled(4), {}], 1_000],
    ['both scale, by 2^4 the receiver', [scaled(4), scaled(0)], 16_000],
    ['both scale, by 2^0 the receiver', [scaled(0), scaled(7)], 1_000],
  ]
  const rows = windows.flatMap(([name, handshake, window]) =>
    [
      [-1, false],
      [0, true],
      [1, true],
      [window - 1, true],
      [window, false],
      [0x8000_0000, false],
    ].map(([ahead, valid]) => [name, ahead, valid, handshake] as const),
  )

  test.each(rows)('%s: %i ahead of what was acknowledged: %s', (_name, ahead, valid, handshake) => {
    // The responder's 20 octets were acknowledged, and 10 more are on their way.
    const wire = createWire().opens(handshake).sends(1, 20).acknowledges(0).sends(1, 10)
    wire.resets(1, { at: 21 + Number(ahead) }).ends()
    expect([wire.of('reset').length, wire.tracker.counters.invalidResets]).toEqual(
      valid === true ? [1, 0] : [0, 1],
    )
  })

  test('it ends nothing, and adds nothing to the stream', () => {
    const wire = exchange().resets(1, { at: -50_000, payload: 'forged' })
    wire.sends(0, 10).sends(1, 10).finishes(0).finishes(1).acknowledges(0).ends()
    expect(wire.of('reset')).toEqual([])
    expect(wire.summary).toMatchObject({
      endReason: 'client-fin',
      halves: [{ uniqueBytes: 20 }, { packets: 5, bytes: 36, uniqueBytes: 30, rstAt: null, missingBytes: 0 }],
    })
  })

  test.each<[string, Said, boolean]>([
    ['acknowledges the SYN', { acknowledges: 1 }, true],
    ['acknowledges another number', { acknowledges: 2 }, false],
    ['acknowledges nothing', { flags: RST }, false],
  ])('the answer to a SYN %s', (_name, said, valid) => {
    const wire = createWire()
      .says(0, 0, { flags: SYN })
      .resets(1, { at: 0, ...said })
      .ends()
    expect(wire.of('reset')).toHaveLength(valid ? 1 : 0)
    expect(wire.summary.endReason).toBe(valid ? 'server-rst' : 'open')
  })

  test.each<[string, number, boolean]>([
    ['where its sender goes on', 0, true],
    ['a little further: the tap missed some', 1_000, true],
    ['behind', -1_000, false],
    ['far ahead', 1_000_000, false],
  ])('in a one-way capture: %s', (_name, ahead, valid) => {
    const wire = createWire().sends(1, 20)
    wire
      .sends(1, 20)
      .resets(1, { at: 40 + ahead })
      .ends()
    expect(wire.of('reset')).toHaveLength(valid ? 1 : 0)
  })

  test('nothing is known of the connection: believed', () => {
    const wire = createWire().resets(1, { flags: RST }).ends()
    expect(wire.observations.map((o) => o.kind)).toEqual(['reset', 'connection-closed', 'capture-ended'])
    expect(wire.summary).toMatchObject({ endReason: 'server-rst', rolesKnown: false, handshake: 'none' })
  })
})

describe('a FIN', () => {
  const finished = (differs: Partial<Finished>): Finished => ({
    ...ON,
    kind: 'finished',
    time: START + 5 * STEP,
    packet: 6,
    from: 0,
    idleBefore: STEP,
    first: true,
    bytes: [10, 20],
    hopLimit: 128,
    usualHopLimit: 128,
    ...differs,
  })

  test('each side is told once, in the order of the packets', () => {
    const wire = exchange()
      .finishes(0)
      .finishes(1, { hopLimit: 250, after: seconds(40) })
    wire.repeats(1, 1, { flags: FIN | ACK }).acknowledges(0)
    expect(wire.of('finished')).toEqual([
      finished({}),
      finished({
        time: START + 5 * STEP + seconds(40),
        packet: 7,
        from: 1,
        idleBefore: seconds(40),
        first: false,
        hopLimit: 250,
        usualHopLimit: 64,
      }),
    ])
  })

  test('of a host that was seen to begin others is compared with those', () => {
    const other = { frame: { sourcePort: 51_000 } }
    const back = { frame: { destinationPort: 51_000 } }
    const wire = createWire().opens([other, back, other]).finishes(1, { hopLimit: 250 })
    expect(wire.of('finished')).toMatchObject([{ usualHopLimit: 64, hopLimit: 250 }])
  })

  test('of a side that never spoke has nothing to compare it with', () => {
    const wire = createWire().sends(0, 10).finishes(1)
    expect(wire.of('finished')[0]!.usualHopLimit).toBeNull()
  })

  test('whose numbers tell of octets that were not captured breaks no silence: they passed meanwhile', () => {
    const unseen = { unseen: true } as const
    const wire = createWire({ silenceMin: seconds(10) }).opens([{}, {}, unseen])
    wire.sends(0, 10, unseen).sends(1, 20, unseen).waits(seconds(40)).finishes(0).finishes(1).ends()
    expect(wire.of('silence')).toEqual([])
    expect(wire.of('finished')).toMatchObject([
      { from: 0, bytes: [10, 20] },
      { from: 1, bytes: [10, 20] },
    ])
    expect(wire.summary).toMatchObject({ longestSurvived: 0, maxIdle: STEP })
  })

  const unseen = { hopLimit: null, usualHopLimit: null, from: 1 } as const

  test('that was not captured is told by its answer', () => {
    const wire = exchange()
      .finishes(1, { unseen: true, after: seconds(40) })
      .finishes(0)
    const time = START + 5 * STEP + seconds(40)
    expect(wire.of('finished')).toEqual([
      finished({ ...unseen, time, idleBefore: seconds(40) + STEP }),
      finished({ time, idleBefore: 0, first: false }),
    ])
    expect(wire.ends().summary).toMatchObject({ endReason: 'server-fin', endedBy: 1 })
  })

  test('that was not captured broke the silence, where it was acknowledged before it was answered', () => {
    const wire = exchange().finishes(1, { unseen: true, after: seconds(40) })
    wire.acknowledges(0).finishes(0)
    const end = START + 5 * STEP + seconds(40)
    expect(wire.of('finished')).toMatchObject([
      { ...unseen, packet: 6, idleBefore: seconds(40) + STEP, first: true },
      { from: 0, packet: 7, idleBefore: 0, first: false },
    ])
    expect(wire.of('silence')).toMatchObject([
      { end, endPacket: 6, brokenBy: 1, breaker: 'fin', outcome: 'closed' },
    ])
  })

  test('that answers another and was not captured is told by who acknowledges it', () => {
    const wire = exchange()
      .finishes(0)
      .finishes(1, { unseen: true, after: seconds(40) })
    wire.acknowledges(0)
    const end = START + 6 * STEP + seconds(40)
    expect(wire.of('finished')).toMatchObject([
      { from: 0, packet: 6, first: true },
      { ...unseen, packet: 7, time: end, idleBefore: seconds(40) + STEP, first: false },
    ])
    expect(wire.of('silence')).toMatchObject([{ end, brokenBy: 1, breaker: 'fin', outcome: 'closed' }])
    expect(wire.ends().summary).toMatchObject({ endReason: 'client-fin', endedBy: 0 })
  })

  test('is not told by who acknowledges more than that, or has not closed', () => {
    const more = exchange().finishes(0).sends(1, 9, { unseen: true }).acknowledges(0)
    expect(more.of('finished').map(({ from }) => from)).toEqual([0])
    const before = exchange().finishes(1, { unseen: true }).acknowledges(0)
    expect(before.of('finished')).toEqual([])
  })

  test('that is stored behind its answer was the first', () => {
    const wire = exchange()
      .finishes(0, { acknowledges: 22, after: seconds(40) })
      .finishes(1, { after: -5 })
    const time = START + 4 * STEP + seconds(40)
    expect(wire.of('finished')).toEqual([
      finished({ ...unseen, time, idleBefore: seconds(40) }),
      finished({ time, idleBefore: 0, first: false }),
    ])
  })

  test.each<[string, (wire: Wire) => Wire]>([
    ['more than a FIN was missed', (w) => w.sends(1, 1, { unseen: true }).finishes(1, { unseen: true })],
    ['the other side is not captured', () => createWire().sends(0, 10, { acknowledges: 21 })],
    ['it was reset', (w) => w.resets(1)],
  ])('does not tell of another where %s', (_what, begun) => {
    const wire = begun(exchange()).finishes(0)
    expect(wire.of('finished').map(({ from }) => from)).toEqual([0])
  })
})

describe('why a connection is over', () => {
  test.each<[EndReason, 0 | 1 | null, string, (wire: Wire) => Wire]>([
    ['client-fin', 0, 'the originator closes', (w) => w.finishes(0).finishes(1).acknowledges(0)],
    ['server-fin', 1, 'the responder closes', (w) => w.finishes(1).finishes(0).acknowledges(1)],
    ['client-fin', 0, 'one side closes, the other never does', (w) => w.finishes(0).acknowledges(1)],
    ['client-fin', 0, 'closes, then resets', (w) => w.finishes(0).resets(0)],
    ['client-fin', 0, 'closes, and is reset', (w) => w.finishes(0).resets(1)],
    ['client-rst', 0, 'the originator resets', (w) => w.resets(0)],
    ['server-rst', 1, 'the responder resets', (w) => w.resets(1)],
    ['open', null, 'the capture ends', (w) => w],
    ['open', null, 'two retransmissions may still be answered', (w) => w.repeats(0, 10).repeats(0, 10)],
    [
      'silent',
      null,
      'three retransmissions are not answered',
      (w) => w.repeats(0, 10).repeats(0, 10).repeats(0, 10),
    ],
    ['silent', null, 'probes are not answered', (w) => w.probes(1).probes(1).probes(1)],
    [
      'silent',
      0,
      'a RST after retransmissions is the end of patience',
      (w) => w.repeats(0, 10).repeats(0, 10).repeats(0, 10).resets(0),
    ],
    [
      'silent',
      0,
      'a FIN that is repeated in vain',
      (w) =>
        w
          .finishes(0)
          .repeats(0, 1, { flags: FIN | ACK })
          .repeats(0, 1, { flags: FIN | ACK })
          .repeats(0, 1, { flags: FIN | ACK }),
    ],
    [
      'server-rst',
      1,
      'a RST that answers retransmissions',
      (w) => w.repeats(0, 10).repeats(0, 10).repeats(0, 10).resets(1),
    ],
  ])('%s (%s): %s', (reason, by, _name, told) => {
    expect(told(exchange()).ends().summary).toMatchObject({ endReason: reason, endedBy: by })
  })

  test('superseded while retransmissions were not answered: silent', () => {
    const wire = exchange().repeats(0, 10).repeats(0, 10).repeats(0, 10)
    wire.numbers([70_000, 80_000]).opens()
    expect(wire.summary.endReason).toBe('silent')
  })
})

test('the whole account of a connection', () => {
  const wire = exchange().repeats(0, 10).probes(1).acknowledges(0, { window: 0 })
  wire
    .sends(1, 7, { unseen: true })
    .acknowledges(0)
    .waits(seconds(100))
    .finishes(0)
    .finishes(1)
    .acknowledges(0)
  const at = (n: number) => START + (n < 10 ? 0 : seconds(100) - STEP) + n * STEP
  wire.ends()
  expect(wire.summary).toEqual({
    ...ON,
    stream: 0,
    path: [],
    rolesKnown: true,
    start: START,
    end: at(12),
    firstPacket: 1,
    lastPacket: 12,
    handshake: 'complete',
    handshakeRtt: 2 * STEP,
    halves: [
      spoke(0, {
        packets: 8,
        bytes: 20,
        uniqueBytes: 10,
        retransmissions: 1,
        zeroWindows: 1,
        lastPacketAt: at(12),
        finAt: at(10),
        finPacket: 10,
      }),
      spoke(1, {
        packets: 4,
        bytes: 20,
        uniqueBytes: 20,
        keepAlives: 1,
        missingBytes: 7,
        lastPacketAt: at(11),
        finAt: at(11),
        finPacket: 11,
      }),
    ],
    maxIdle: seconds(100),
    longestSurvived: 0,
    idleBeforeEnd: seconds(100),
    endReason: 'client-fin',
    endedBy: 0,
  })
})
