import { describe, expect, test } from 'vitest'
import { milliseconds, seconds } from '../../src/model/time.ts'
import { SYN_UNANSWERED_AFTER } from '../../src/connections/lifecycle.ts'
import type { ConnectionOpened, Observation } from '../../src/model/observation.ts'
import { ACK, AGENT, createWire, half, HARDWARE, ON, RST, SERVER, spoke, START, STEP, SYN } from './wire.ts'
import type { Wire } from './wire.ts'

const NO_FACTS = { mss: 0, windowScale: -1, options: '' }
const opened = (differs: Partial<ConnectionOpened>): ConnectionOpened => ({
  ...ON,
  kind: 'connection-opened',
  time: START + 2 * STEP,
  packet: 1,
  start: START,
  rolesKnown: true,
  handshake: 'complete',
  handshakeRtt: 2 * STEP,
  syn: [
    { hopLimit: 128, window: 1_000, ...NO_FACTS },
    { hopLimit: 64, window: 1_000, ...NO_FACTS },
  ],
  initialSequence: [1_000, 5_000],
  hardware: HARDWARE,
  answeredTo: HARDWARE[0],
  tag: 0,
  ...differs,
})
const failed = (manner: 'refused' | 'unanswered' | 'aborted', time: number, attempts: number) => ({
  ...ON,
  kind: 'connection-failed' as const,
  time,
  packet: 1,
  start: START,
  manner,
  attempts,
})
const kinds = (wire: Wire): string[] => wire.observations.map((o) => o.kind)

describe('a connection opens', () => {
  test('whole handshake: told once, with what attribution needs of both SYNs', () => {
    const wire = createWire().opens([
      { window: 64_240, frame: { options: { mss: 1460, windowScale: 8, sackPermitted: true } } },
      { window: 65_160, frame: { options: { mss: 1380, windowScale: 7, raw: new Uint8Array([1, 1]) } } },
    ])
    expect(wire.sends(0, 10).sends(1, 10).observations).toEqual([
      opened({
        syn: [
          { hopLimit: 128, window: 64_240, mss: 1460, windowScale: 8, options: '2,4,3,1,1,1' },
          { hopLimit: 64, window: 65_160, mss: 1380, windowScale: 7, options: '2,3,1,1,1,1,1' },
        ],
      }),
    ])
  })

  test('the round trip is that of both legs; tries that were lost do not lengthen it', () => {
    const wire = createWire()
    wire.says(0, 0, { flags: SYN })
    wire.says(0, 0, { flags: SYN, after: seconds(1) })
    wire.says(1, 0, { flags: SYN | ACK, acknowledges: 1, after: milliseconds(30) })
    wire.says(1, 0, { flags: SYN | ACK, acknowledges: 1, after: seconds(1) })
    wire.acknowledges(0, { at: 1, acknowledges: 1, after: milliseconds(5) })
    expect(wire.of('connection-opened')[0]!.handshakeRtt).toBe(milliseconds(35))
  })

  test('the tags that the frames carry are kept', () => {
    const tagged = { frame: { vlans: [42] } }
    expect(createWire().opens([tagged, tagged, tagged]).of('connection-opened')[0]!.tag).toBe(42)
  })

  test.each<[string, (wire: Wire) => Wire, Partial<ConnectionOpened>]>([
    [
      'begun before the capture: roles by the system port, no handshake',
      (wire) => wire.sends(1, 10),
      {
        time: START,
        rolesKnown: false,
        handshake: 'none',
        handshakeRtt: null,
        syn: [null, null],
        initialSequence: [null, null],
        hardware: [null, HARDWARE[1]],
        answeredTo: null,
      },
    ],
    [
      'the SYN was not captured',
      (wire) => wire.opens([{ unseen: true }]),
      {
        time: START + 2 * STEP,
        start: START + STEP,
        handshake: 'partial',
        handshakeRtt: null,
        syn: [null, { hopLimit: 64, window: 1_000, ...NO_FACTS }],
        initialSequence: [1_000, 5_000],
      },
    ],
    [
      'the SYN/ACK was not captured',
      (wire) => wire.opens([{}, { unseen: true }]),
      {
        handshake: 'partial',
        handshakeRtt: null,
        syn: [{ hopLimit: 128, window: 1_000, ...NO_FACTS }, null],
        initialSequence: [1_000, 5_000],
        hardware: [HARDWARE[0], null],
        answeredTo: null,
      },
    ],
    [
      'stored out of order, the SYN/ACK first',
      (wire) => {
        wire.says(1, 0, { flags: SYN | ACK, acknowledges: 1 })
        wire.says(0, 0, { flags: SYN, after: -1_000 })
        return wire.acknowledges(0, { at: 1, acknowledges: 1, after: STEP })
      },
      { time: START - 1_000 + STEP, start: START - 1_000, handshakeRtt: STEP },
    ],
  ])('%s', (_name, told, differs) => {
    expect(told(createWire()).observations).toEqual([opened(differs)])
  })

  test('data on the SYN does not lose what the SYN said', () => {
    const wire = createWire({
      openStream: () => ({
        startsAt: () => {},
        segment: () => {},
        acknowledged: () => {},
        finish: () => {},
        close: () => {},
        detached: true,
      }),
    })
    wire.says(0, 20, { flags: SYN })
    wire.says(1, 0, { flags: SYN | ACK, acknowledges: 21 }).acknowledges(0, { at: 21, acknowledges: 1 })
    expect(wire.observations).toEqual([opened({})])
  })
})

describe('a handshake that is stored out of order', () => {
  const rtt = (wire: Wire) => [wire.ends().summary.handshake, wire.summary.handshakeRtt]
  const synAck = { at: 0, flags: SYN | ACK, acknowledges: 1 } as const

  test('the SYN/ACK behind its acknowledgment', () => {
    const wire = createWire().opens([{}, { unseen: true }, {}])
    expect(rtt(wire.says(1, 0, { ...synAck, after: -STEP + 500 }))).toEqual(['complete', 2 * STEP])
  })

  test('the SYN/ACK behind later packets: the round trip is not known', () => {
    const wire = createWire()
      .opens([{}, { unseen: true }, {}])
      .sends(0, 10)
    expect(rtt(wire.says(1, 0, { ...synAck, after: -2 * STEP }))).toEqual(['complete', null])
  })

  test('the acknowledgment behind what the responder sends', () => {
    const wire = createWire()
      .opens([{}, {}, { unseen: true }])
      .sends(1, 10)
    wire.says(0, 0, { acknowledges: 1, after: -STEP })
    expect(rtt(wire)).toEqual(['complete', 2 * STEP])
  })

  test('the responder sends at once, and all of it is acknowledged', () => {
    const wire = createWire()
      .opens([{}, {}, { unseen: true, after: 0 }])
      .sends(1, 10, { after: 5 })
    expect(rtt(wire.acknowledges(0))).toEqual(['complete', 2 * STEP])
  })
})

test('where all packets have the same time, no round trip is known', () => {
  const at = { after: 0 } as const
  const wire = createWire().opens([at, at, at]).resets(1, at).ends()
  expect(wire.summary.handshakeRtt).toBeNull()
  expect(wire.of('connection-opened')[0]!.handshakeRtt).toBeNull()
  expect(wire.of('reset')[0]!.legRtt).toBeNull()
})

test('a leg that is shorter than the clock can tell does not hide the other', () => {
  const wire = createWire()
    .opens([{}, {}, { after: 0 }])
    .ends()
  expect(wire.summary.handshakeRtt).toBe(STEP + 1)
})

describe('a try comes to nothing', () => {
  test('refused', () => {
    const wire = createWire().says(0, 0, { flags: SYN })
    wire.resets(1, { acknowledges: 1, window: 0, hopLimit: 63 }).waits(seconds(10)).ends()
    expect(wire.observations.slice(0, 2)).toEqual([
      failed('refused', START + STEP, 1),
      {
        ...ON,
        kind: 'reset',
        time: START + STEP,
        packet: 2,
        from: 1,
        sequence: 5_000,
        sequenceOffset: 0,
        acknowledges: true,
        window: 0,
        payload: '',
        hopLimit: 63,
        usualHopLimit: null,
        identification: 9_001,
        previousIdentification: null,
        hardware: HARDWARE[1],
        usualHardware: null,
        provokedBy: 1,
        sinceProvocation: STEP,
        sinceOwn: null,
        idleBefore: 0,
        legRtt: null,
        bytes: [0, 0],
        afterFin: false,
      },
    ])
    expect(wire.summary).toEqual({
      ...ON,
      stream: 0,
      path: [],
      rolesKnown: true,
      start: START,
      end: START + STEP,
      firstPacket: 1,
      lastPacket: 2,
      handshake: 'partial',
      handshakeRtt: null,
      halves: [
        spoke(0, { packets: 1, lastPacketAt: START }),
        half({ packets: 1, lastPacketAt: START + STEP, rstAt: START + STEP }),
      ],
      maxIdle: STEP,
      longestSurvived: 0,
      idleBeforeEnd: 0,
      endReason: 'server-rst',
      endedBy: 1,
    })
  })

  test('never answered: told at the second SYN', () => {
    const wire = createWire()
      .says(0, 0, { flags: SYN })
      .says(0, 0, { flags: SYN, after: seconds(1) })
    expect(wire.observations).toEqual([failed('unanswered', START + seconds(1), 2)])
    wire
      .says(0, 0, { flags: SYN, after: seconds(2) })
      .waits(seconds(5))
      .ends()
    expect(kinds(wire)).toEqual(['connection-failed', 'unanswered', 'connection-closed', 'capture-ended'])
    expect(wire.summary).toMatchObject({
      endReason: 'silent',
      handshake: 'partial',
      halves: [{ retransmissions: 2, unanswered: 2, unansweredPacket: 2 }, half()],
    })
  })

  test('never answered, with one SYN: told once that long has passed', () => {
    const wire = createWire().says(0, 0, { flags: SYN })
    // Somebody else's connection: the tap holds more than SYNs.
    wire.says(0, 10, { after: 0, frame: { sourcePort: 7 } })
    const told = (): Observation[] => wire.observations.filter((o) => 'connection' in o && o.connection === 0)
    wire.tracker.tick(START + SYN_UNANSWERED_AFTER - 1)
    expect(told()).toEqual([])
    wire.tracker.tick(START + SYN_UNANSWERED_AFTER)
    wire.tracker.tick(START + seconds(60))
    expect(told()).toEqual([failed('unanswered', START + SYN_UNANSWERED_AFTER, 1)])
    expect(wire.ends().of('connection-closed')[0]!.summary.endReason).toBe('silent')
  })

  test('one SYN, at a tap that holds nothing but SYNs: a filter may have kept the answer away', () => {
    const wire = createWire().says(0, 0, { flags: SYN }).ends()
    expect(kinds(wire)).toEqual(['connection-closed', 'capture-ended'])
    expect(wire.summary.endReason).toBe('open')
  })

  test('an originator that sends a RST was answered, though the tap did not hear it', () => {
    const wire = createWire().says(0, 0, { flags: SYN }).resets(0, { at: 1 })
    wire.tracker.tick(START + seconds(60))
    expect(wire.of('connection-failed')).toEqual([failed('aborted', START + STEP, 1)])
  })

  test('a SYN right before the end of the capture is no failure', () => {
    const wire = createWire().says(0, 0, { flags: SYN }).ends()
    expect(kinds(wire)).toEqual(['connection-closed', 'capture-ended'])
    expect(wire.summary.endReason).toBe('open')
  })

  test('aborted by whoever began it', () => {
    const wire = createWire()
    wire.says(0, 0, { flags: SYN })
    wire.says(1, 0, { flags: SYN | ACK, acknowledges: 1 }).resets(0, { at: 1, acknowledges: 1 })
    expect(wire.observations[0]).toEqual(failed('aborted', START + 2 * STEP, 1))
  })

  test('a late answer opens it all the same', () => {
    const wire = createWire()
    wire.says(0, 0, { flags: SYN }).says(0, 0, { flags: SYN, after: seconds(1) })
    wire.says(1, 0, { flags: SYN | ACK, acknowledges: 1 }).acknowledges(0, { at: 1, acknowledges: 1 })
    expect(kinds(wire)).toEqual(['connection-failed', 'connection-opened'])
    expect(wire.ends().summary).toMatchObject({ endReason: 'open', handshake: 'complete' })
  })

  test('a SYN/ACK that has to be sent again is no unanswered SYN', () => {
    const wire = createWire().says(0, 0, { flags: SYN })
    wire.says(1, 0, { flags: SYN | ACK, acknowledges: 1 }).says(0, 0, { flags: SYN, after: seconds(1) })
    wire.says(1, 0, { flags: SYN | ACK, acknowledges: 1 }).acknowledges(0, { at: 1, acknowledges: 1 })
    expect(kinds(wire)).toEqual(['connection-opened'])
  })

  test('both sides open at once: nobody is unanswered', () => {
    const wire = createWire().says(0, 0, { flags: SYN }).says(1, 0, { flags: SYN })
    wire.says(0, 0, { flags: SYN | ACK, acknowledges: 1 }).says(1, 0, { flags: SYN | ACK, acknowledges: 1 })
    wire.acknowledges(0, { at: 1, acknowledges: 1 })
    expect(kinds(wire)).toEqual(['connection-opened'])
  })

  test('in a one-way capture, the acknowledgment proves the answer', () => {
    const wire = createWire().opens([{}, { unseen: true }])
    wire.tracker.tick(START + seconds(60))
    expect(kinds(wire.ends())).toEqual(['connection-opened', 'connection-closed', 'capture-ended'])
  })
})

describe('a port is used again', () => {
  test('after the end: two connections, told apart by the initial sequence number', () => {
    const wire = createWire().opens().sends(0, 10).finishes(0).finishes(1).acknowledges(0)
    wire.numbers([70_000, 90_000]).opens().sends(0, 20).ends()
    expect(
      wire
        .of('connection-closed')
        .map(({ connection, summary: s }) => [
          connection === s.connection,
          s.stream,
          s.firstPacket,
          s.halves[0].uniqueBytes,
          s.handshake,
          s.endReason,
        ]),
    ).toEqual([
      [true, 0, 1, 10, 'complete', 'client-fin'],
      [true, 1, 8, 20, 'complete', 'open'],
    ])
    expect(new Set(wire.of('connection-closed').map((o) => o.connection)).size).toBe(2)
  })

  test('while it is open: the old connection is superseded', () => {
    const wire = createWire().opens().sends(0, 10).numbers([70_000, 90_000]).opens().ends()
    expect(wire.of('connection-closed').map(({ time, summary }) => [time, summary.endReason])).toEqual([
      [START + 4 * STEP, 'superseded'],
      [START + 6 * STEP, 'open'],
    ])
  })

  test('where only the other side was captured, its acknowledgment tells the number', () => {
    const wire = createWire().sends(1, 10).sends(1, 10).numbers([70_000, 90_000]).opens().ends()
    expect(wire.of('connection-closed').map((o) => o.summary.endReason)).toEqual(['superseded', 'open'])
  })

  test('a SYN that is stored after what acknowledged it is the same connection', () => {
    const wire = createWire().says(1, 0, { flags: SYN | ACK, acknowledges: 1 })
    wire.says(1, 10, { at: 1, acknowledges: 101 }).says(0, 0, { flags: SYN, after: -15_000 }).ends()
    expect(wire.summary).toMatchObject({ halves: [{ packets: 1 }, { packets: 2 }] })
  })

  test('a repeated SYN is the same connection', () => {
    const wire = createWire().opens().says(0, 0, { at: 0, flags: SYN }).ends()
    expect(wire.summary.halves[0]).toMatchObject({ packets: 3, retransmissions: 1, uniqueBytes: 0 })
  })

  test('the server opens one back from its port: the roles turn round', () => {
    const wire = createWire().opens().numbers([1_000, 90_000]).says(1, 0, { flags: SYN }).ends()
    const [first, second] = wire.of('connection-closed')
    expect(first!.summary.originator).toEqual(AGENT)
    expect(second!.summary).toMatchObject({ originator: SERVER, responder: AGENT, rolesKnown: true })
  })

  test('a host that still holds the old connection acknowledges that one', () => {
    const wire = createWire().opens().sends(1, 100)
    wire.numbers([70_000_000, 5_000]).says(0, 0, { flags: SYN })
    const challenge = { at: 101, acknowledges: 1 - 69_999_000 }
    wire.acknowledges(1, challenge).resets(0, { at: 1 - 69_999_000, flags: RST })
    wire
      .numbers([70_000_000, 3_000_000_000])
      .opens([{ after: seconds(1) }])
      .sends(0, 10)
      .sends(1, 10)
      .ends()
    expect(kinds(wire)).toEqual([
      'connection-opened',
      'connection-closed',
      'connection-failed',
      'connection-opened',
      'connection-closed',
      'capture-ended',
    ])
    expect(wire.tracker.counters.invalidResets).toBe(1)
    expect(wire.of('connection-closed')[1]!.summary).toMatchObject({
      handshake: 'complete',
      endReason: 'open',
      halves: [
        { packets: 5, bytes: 10, uniqueBytes: 10, missingBytes: 0, retransmissions: 1 },
        { packets: 3, bytes: 10, uniqueBytes: 10, missingBytes: 0, retransmissions: 0 },
      ],
    })
  })

  describe('a refusal is stored before the SYN that it answers', () => {
    const refuses = (acknowledges = 1): Wire =>
      createWire({ initial: [1_000, 0] }).resets(1, { at: 0, acknowledges })

    test('and is told with it, who asked whom as well', () => {
      const wire = refuses().says(0, 0, { flags: SYN, at: 0, after: 0 }).waits(seconds(10)).ends()
      expect(wire.of('connection-failed')).toEqual([{ ...failed('refused', START, 1), packet: 2 }])
      expect(wire.of('connection-closed')).toHaveLength(1)
    })

    test('of each try', () => {
      const wire = refuses().says(0, 0, { flags: SYN, at: 0, after: 0 })
      wire
        .resets(1, { at: 0, acknowledges: 1, after: seconds(1) })
        .says(0, 0, { flags: SYN, at: 0, after: 0 })
      wire.waits(seconds(10)).ends()
      expect(wire.of('connection-failed').map(({ manner }) => manner)).toEqual(['refused'])
    })

    test('and says nothing of a SYN that it does not acknowledge', () => {
      const wire = refuses(77).says(0, 0, { flags: SYN, at: 0, after: 0 })
      wire.tracker.tick(START + seconds(10))
      expect(wire.of('connection-failed').map(({ manner }) => manner)).toEqual(['unanswered'])
    })
  })

  test('a refused client that tries again with the same numbers, and gets through, is one connection', () => {
    const wire = createWire().says(0, 0, { flags: SYN }).resets(1, { acknowledges: 1 })
    wire.opens([{ after: milliseconds(500) }]).sends(0, 10)
    wire.tracker.tick(START + seconds(3_600))
    wire.waits(seconds(7_200)).sends(0, 10).acknowledges(1).ends()
    expect(kinds(wire)).toEqual([
      'connection-failed',
      'reset',
      'connection-opened',
      'silence',
      'connection-closed',
      'capture-ended',
    ])
    expect(wire.summary).toMatchObject({ endReason: 'open', endedBy: null, handshake: 'complete' })
  })

  test('a SYN/ACK that is repeated after the end brings nothing back', () => {
    const wire = createWire().opens().says(0, 0, { at: 0, flags: SYN }).resets(0)
    wire.says(1, 0, { at: 0, flags: SYN | ACK }).ends()
    expect(wire.summary.endReason).toBe('client-rst')
  })
})
