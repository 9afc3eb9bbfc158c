import { describe, expect, test } from 'vitest'
import { DUPLICATE_WITHIN } from '../../src/connections/duplicates.ts'
import type { Unanswered } from '../../src/model/observation.ts'
import { milliseconds, seconds } from '../../src/model/time.ts'
import { createWire, FIN, ACK, half, ON, spoke, START, STEP, SYN } from './wire.ts'
import type { Said, Wire, WireOptions } from './wire.ts'

const open = (options: WireOptions = {}): Wire => createWire(options).opens()

describe('retransmissions', () => {
  test('octets that come twice are on the wire twice, and in the stream once', () => {
    const wire = open().sends(0, 100).repeats(0, 100).repeats(0, 40).ends()
    expect(wire.summary.halves).toEqual([
      spoke(0, {
        packets: 5,
        bytes: 240,
        uniqueBytes: 100,
        retransmissions: 2,
        lastPacketAt: START + 5 * STEP,
        unanswered: 2,
        unansweredSince: START + 4 * STEP,
        unansweredPacket: 5,
      }),
      spoke(1, { packets: 1, lastPacketAt: START + STEP }),
    ])
  })

  test('resegmented: what is new of a segment is new', () => {
    const wire = open().sends(0, 100).says(0, 120, { at: 51 }).ends()
    expect(wire.summary.halves[0]).toMatchObject({ bytes: 220, uniqueBytes: 170, retransmissions: 1 })
  })

  test('a SYN and a FIN that come twice cost no octet of the stream', () => {
    const wire = createWire().says(0, 0, { flags: SYN }).opens().sends(0, 10).finishes(0)
    wire.repeats(0, 1, { flags: FIN | ACK, payload: '' }).ends()
    expect(wire.summary.halves[0]).toMatchObject({ bytes: 10, uniqueBytes: 10, retransmissions: 2 })
  })

  test('a FIN with the last octets, twice', () => {
    const wire = open()
      .says(0, 10, { flags: FIN | ACK })
      .says(0, 10, { flags: FIN | ACK })
      .ends()
    expect(wire.summary.halves[0]).toMatchObject({ bytes: 20, uniqueBytes: 10, retransmissions: 1 })
  })

  test.each([0x6000_0000, -0x6000_0000])('a number that is far off belongs to no stream: %i', (at) => {
    const wire = open().sends(0, 10).says(0, 10, { at }).sends(0, 10).ends()
    expect(wire.summary.halves[0]).toMatchObject({
      bytes: 30,
      uniqueBytes: 20,
      retransmissions: 0,
      missingBytes: 0,
    })
  })

  test('an acknowledgment that is far off says nothing', () => {
    const wire = open().sends(0, 10).acknowledges(1, { acknowledges: 0x6000_0000 })
    wire.sends(0, 10, { unseen: true }).acknowledges(1).ends()
    expect(wire.summary.halves[0]).toMatchObject({ missingBytes: 10 })
  })

  test('nor one that is far behind', () => {
    const wire = createWire().sends(0, 10).acknowledges(1, { acknowledges: -0x6000_0000 }).waits(seconds(60))
    wire.repeats(0, 10).acknowledges(1)
    expect(wire.of('silence')[0]!.inFlight).toBe(0)
  })

  test.each([900_000_000, 3_000_000_000])(
    'a server that numbers its stream anew is followed: %i',
    (number) => {
      const wire = open().sends(1, 10, { unseen: true }).sends(1, 10)
      wire
        .numbers([1_000, number])
        .opens([{ unseen: true }])
        .sends(1, 10)
        .sends(1, 30, { unseen: true })
        .acknowledges(0)
        .ends()
      expect(wire.summary.halves[1]).toMatchObject({ bytes: 20, uniqueBytes: 20, missingBytes: 30 })
    },
  )
})

describe('what stays unanswered', () => {
  const unanswered = (count: number, differs: Partial<Unanswered>): Unanswered => ({
    ...ON,
    kind: 'unanswered',
    time: START + (3 + count) * STEP,
    from: 0,
    count,
    since: START + 4 * STEP,
    firstPacket: 5,
    packet: 4 + count,
    keepAlive: false,
    hopLimit: 128,
    ...differs,
  })

  test('is told at the second, and whenever the number has doubled', () => {
    const wire = open().sends(0, 10)
    for (let i = 0; i < 9; i++) wire.repeats(0, 10)
    expect(wire.of('unanswered')).toEqual([2, 4, 8].map((count) => unanswered(count, {})))
  })

  test('probes and retransmissions count together; an answer begins anew', () => {
    const wire = open().sends(0, 10).repeats(0, 10).probes(0)
    expect(wire.of('unanswered')).toEqual([unanswered(2, { keepAlive: true })])
    wire.acknowledges(1).probes(0).probes(0).ends()
    expect(wire.of('unanswered')).toHaveLength(2)
    expect(wire.summary.halves[0]).toMatchObject({ unanswered: 2, unansweredPacket: 8 })
  })

  test('where the other direction is not captured, nobody can tell', () => {
    const wire = createWire().sends(0, 10)
    for (let i = 0; i < 5; i++) wire.repeats(0, 10)
    expect(wire.ends().summary).toMatchObject({ endReason: 'open', halves: [{ unanswered: 0 }, half()] })
  })
})

describe('a connection that was open before the capture, and of which only keep-alives are seen', () => {
  const later: Said = { after: seconds(5) }
  const long: Said = { after: seconds(40) }

  test('the second one tells what the first was', () => {
    const wire = createWire().acknowledges(1)
    for (let i = 0; i < 3; i++) wire.acknowledges(1, later)
    const told = { kind: 'unanswered', from: 1, keepAlive: true, since: START, firstPacket: 1, hopLimit: 64 }
    expect(wire.of('unanswered')).toMatchObject([
      { ...told, count: 2, packet: 2 },
      { ...told, count: 4, packet: 4 },
    ])
    expect(wire.ends().summary.halves[1]).toMatchObject({ packets: 4, bytes: 0, keepAlives: 4 })
  })

  test('what the side says next begins an octet later', () => {
    const wire = createWire().acknowledges(1).acknowledges(1, later)
    wire.says(1, 10, { at: 1 }).ends()
    expect(wire.summary.halves[1]).toMatchObject({ uniqueBytes: 10, missingBytes: 0, retransmissions: 0 })
  })

  test.each<[string, (wire: Wire) => Wire]>([
    ['at once', (wire) => wire.acknowledges(1).acknowledges(1)],
    ['other octets arrived', (wire) => wire.acknowledges(1).acknowledges(1, { ...later, acknowledges: 9 })],
    ['no room', (wire) => wire.acknowledges(1).acknowledges(1, { ...later, window: 0 })],
    ['the other side is heard', (wire) => wire.acknowledges(0).acknowledges(1).acknowledges(1, later)],
    ['the side has spoken', (wire) => wire.sends(1, 10).acknowledges(1, later)],
    ['it has spoken, and its first word is long ago', (wire) => wire.sends(1, 10).acknowledges(1, long)],
    ['it was seen to begin', (wire) => wire.opens([{ unseen: true }]).acknowledges(1, later)],
  ])('are none: %s', (_why, says) => {
    const wire = says(createWire()).ends()
    expect(wire.of('unanswered')).toEqual([])
    expect(wire.summary.halves[1].keepAlives).toBe(0)
    expect(wire.of('silence').filter(({ breaker }) => breaker === 'keep-alive')).toEqual([])
  })
})

describe('keep-alives are not data', () => {
  const acknowledged = (): Wire => open().sends(0, 10).sends(1, 10).acknowledges(0)

  test.each<[string, 0 | 1]>([
    ['empty', 0],
    ['with an octet of garbage', 1],
  ])('%s', (_name, octets) => {
    const wire = acknowledged()
    for (let i = 0; i < 3; i++) wire.probes(0, octets).acknowledges(1)
    wire.sends(0, 10).ends()
    expect(wire.summary.halves[0]).toMatchObject({
      bytes: 20 + 3 * octets,
      uniqueBytes: 20,
      keepAlives: 3,
      retransmissions: 0,
      unanswered: 0,
    })
    expect(wire.of('unanswered')).toEqual([])
  })

  test('one octet that was not acknowledged yet is sent again', () => {
    const wire = open().sends(0, 1).repeats(0, 1).ends()
    expect(wire.summary.halves[0]).toMatchObject({ uniqueBytes: 1, keepAlives: 0, retransmissions: 1 })
  })

  test('an octet that comes with a FIN is none', () => {
    const wire = acknowledged()
      .repeats(0, 1, { flags: FIN | ACK })
      .ends()
    expect(wire.summary.halves[0].keepAlives).toBe(0)
  })

  test('nor is an octet that is stored behind its acknowledgment', () => {
    const wire = acknowledged()
    for (let i = 0; i < 5; i++) {
      wire.sends(1, 1, { unseen: true }).acknowledges(0)
      wire.repeats(1, 1, { after: -500 })
    }
    expect(wire.ends().summary.halves[1]).toMatchObject({ keepAlives: 0, missingBytes: 0, uniqueBytes: 15 })
  })

  test('nor an acknowledgment that is stored behind its side’s FIN', () => {
    const wire = acknowledged().finishes(0).probes(0, 0, { after: 100 }).ends()
    expect(wire.summary.halves[0]).toMatchObject({ keepAlives: 0 })
  })

  test('nor one that is stored behind an octet', () => {
    const wire = acknowledged()
      .sends(0, 1)
      .acknowledges(1)
      .probes(0, 0, { after: -STEP - 500 })
      .ends()
    expect(wire.summary.halves[0]).toMatchObject({ keepAlives: 0 })
  })

  test('a side that has closed still probes', () => {
    const wire = acknowledged().finishes(0).acknowledges(1).probes(0).ends()
    expect(wire.summary.halves[0]).toMatchObject({ keepAlives: 1 })
  })

  test('a capture that begins with one lacks nothing', () => {
    const wire = createWire().opens([{ unseen: true }, { unseen: true }, { unseen: true }])
    wire
      .sends(0, 10, { unseen: true })
      .probes(0)
      .acknowledges(1)
      .probes(0)
      .acknowledges(1)
      .sends(0, 10)
      .ends()
    expect(wire.summary.halves[0]).toMatchObject({ keepAlives: 1, missingBytes: 0, uniqueBytes: 10 })
    expect(wire.tracker.counters.missingSegments).toBe(0)
  })

  test('nor does one that begins with a probe and goes on with data', () => {
    const wire = createWire().sends(0, 10, { unseen: true }).probes(0).sends(0, 10).ends()
    expect(wire.summary.halves[0]).toMatchObject({ missingBytes: 0, uniqueBytes: 10, retransmissions: 0 })
  })
})

test('zero windows are counted; those of SYN, FIN and RST say nothing', () => {
  const zero: Said = { window: 0 }
  const wire = open().acknowledges(1, zero).acknowledges(1, zero).acknowledges(1)
  wire.finishes(1, zero).resets(0, zero).ends()
  expect(wire.summary.halves.map((h) => h.zeroWindows)).toEqual([0, 2])
})

describe('stored out of order', () => {
  test('is no retransmission', () => {
    const wire = open().sends(0, 10, { unseen: true }).sends(0, 10)
    wire.says(0, 10, { at: 1, after: -1_000 }).acknowledges(1).ends()
    expect(wire.summary).toMatchObject({
      start: START,
      end: START + 5 * STEP - 1_000,
      halves: [{ uniqueBytes: 20, retransmissions: 0, outOfOrder: 1, missingBytes: 0, unanswered: 0 }, {}],
    })
    expect(wire.tracker.outOfOrderFrames).toBe(1)
  })

  test('an acknowledgment before what it acknowledges', () => {
    const wire = open()
      .sends(0, 10, { unseen: true })
      .acknowledges(1)
      .says(0, 10, { at: 1, after: -500 })
      .ends()
    expect(wire.summary.halves[0]).toMatchObject({ uniqueBytes: 10, outOfOrder: 1, missingBytes: 0 })
  })

  test('a FIN that comes after its acknowledgment', () => {
    const wire = open().finishes(0, { unseen: true }).acknowledges(1)
    wire.repeats(0, 1, { flags: FIN | ACK, payload: '', after: -500 }).ends()
    expect(wire.summary.halves[0]).toMatchObject({ missingBytes: 0, outOfOrder: 1, retransmissions: 0 })
  })

  test.each<[string, Wire, number, number]>([
    ['within a round trip', open(), 2 * STEP, 1],
    ['later', open(), 2 * STEP + 1, 0],
    ['within 3 ms, where the round trip is not known', createWire(), milliseconds(3), 1],
    ['later, where the round trip is not known', createWire(), milliseconds(3) + 1, 0],
  ])('what fills a hole %s is out of order (1) or sent again (0)', (_name, wire, after, outOfOrder) => {
    wire
      .sends(0, 5)
      .sends(0, 10, { unseen: true })
      .sends(0, 10)
      .repeats(0, 20, { after, payload: 'x'.repeat(10) })
      .ends()
    expect(wire.summary.halves[0]).toMatchObject({
      uniqueBytes: 25,
      outOfOrder,
      retransmissions: 1 - outOfOrder,
    })
  })

  test('what fills a hole after more than a round trip was sent again', () => {
    const wire = open().sends(0, 10, { unseen: true }).sends(0, 10).acknowledges(1, { acknowledges: 1 })
    wire
      .says(0, 10, { at: 1, after: milliseconds(300) })
      .acknowledges(1)
      .ends()
    expect(wire.summary.halves[0]).toMatchObject({
      uniqueBytes: 20,
      retransmissions: 1,
      outOfOrder: 0,
      missingBytes: 0,
    })
  })

  test('the first packet of a connection', () => {
    const wire = createWire().acknowledges(0, { at: 1, acknowledges: 1 })
    wire
      .says(0, 0, { flags: SYN, after: -2_000 })
      .says(1, 0, { flags: SYN | ACK, acknowledges: 1, after: 1_000 })
    expect(wire.ends().summary).toMatchObject({ start: START - 2_000, rolesKnown: true, end: START })
  })
})

describe('what the capture lacks', () => {
  test('octets that were acknowledged, each hole one segment', () => {
    const wire = open().sends(0, 100, { unseen: true }).acknowledges(1)
    wire.sends(0, 50, { unseen: true }).sends(0, 10).acknowledges(1).ends()
    expect(wire.summary.halves[0]).toMatchObject({ uniqueBytes: 10, missingBytes: 150 })
    expect(wire.tracker.counters.missingSegments).toBe(2)
  })

  test('not octets that are lost on the way and sent again, or never acknowledged', () => {
    const wire = open()
      .sends(0, 100, { unseen: true })
      .sends(0, 10)
      .acknowledges(1, { acknowledges: 1 })
      .ends()
    expect(wire.summary.halves[0]).toMatchObject({ uniqueBytes: 10, missingBytes: 0 })
    expect(wire.tracker.counters.missingSegments).toBe(0)
  })

  test('more holes than are remembered: the oldest count as missing for good', () => {
    const wire = open()
    for (let i = 0; i < 40; i++) wire.sends(0, 10, { unseen: true }).sends(0, 10)
    wire.acknowledges(1)
    // The very first hole is filled too late, the last one in time.
    wire
      .says(0, 10, { at: 1 })
      .says(0, 10, { at: 1 + 39 * 20 })
      .ends()
    expect(wire.summary.halves[0]).toMatchObject({ missingBytes: 390, uniqueBytes: 410 })
    expect(wire.tracker.counters.missingSegments).toBe(39)
  })
})

describe('a mirror port that doubles packets', () => {
  const doubled = (wire: Wire, after: number): Wire => {
    wire.sends(0, 100).copies(after).sends(1, 50).copies(after).probes(0).copies(after)
    return wire.acknowledges(1).copies(after).finishes(0).copies(after).finishes(1).copies(after)
  }

  test('is counted, and nothing else is', () => {
    const wire = doubled(open(), 100).acknowledges(0).ends()
    const plain = open().sends(0, 100).sends(1, 50).probes(0).acknowledges(1).finishes(0).finishes(1)
    plain.acknowledges(0).ends()
    const [a, b] = plain.summary.halves
    expect(wire.summary.halves).toMatchObject([
      {
        packets: a.packets + 3,
        bytes: 200,
        uniqueBytes: 100,
        retransmissions: 0,
        keepAlives: 1,
        captureDuplicates: 3,
      },
      {
        packets: b.packets + 3,
        bytes: 100,
        uniqueBytes: 50,
        retransmissions: 0,
        keepAlives: 0,
        captureDuplicates: 3,
      },
    ])
    expect(wire.observations.map((o) => o.kind)).toEqual(plain.observations.map((o) => o.kind))
    expect(wire.tracker.counters.captureDuplicates).toBe(6)
    expect(wire.summary.endReason).toBe('client-fin')
  })

  test.each<[string, number, Said, number]>([
    ['a millisecond later', DUPLICATE_WITHIN, {}, 1],
    ['more than that later', DUPLICATE_WITHIN + 1, {}, 0],
    ['stored a millisecond early', -DUPLICATE_WITHIN, {}, 1],
    ['stored earlier than that', -DUPLICATE_WITHIN - 1, {}, 0],
    ['routed in between: another hop limit', 100, { hopLimit: 127 }, 1],
    ['with another identification: sent again', 100, { identification: 999 }, 0],
    ['with another acknowledgment', 100, { acknowledges: 0 }, 0],
  ])('%s', (_name, after, differs, duplicates) => {
    const wire = open().sends(0, 10, { identification: 77 })
    wire.repeats(0, 10, { identification: 77, after, ...differs }).ends()
    expect(wire.summary.halves[0].captureDuplicates).toBe(duplicates)
    expect(wire.summary.halves[0].retransmissions).toBe(1 - duplicates)
  })

  test('without identifications, acknowledgments that are equal are several; data and probes are not', () => {
    const zero: Said = { identification: 0 }
    const wire = open().sends(0, 10, zero).copies().acknowledges(1, zero).copies().copies()
    wire.probes(0, 0, zero).copies().ends()
    expect(wire.summary.halves).toMatchObject([
      { captureDuplicates: 2, keepAlives: 1, uniqueBytes: 10 },
      { captureDuplicates: 0, packets: 4 },
    ])
  })

  test('the end of a connection stays the end', () => {
    const wire = open().sends(0, 10).resets(1).copies().ends()
    expect(wire.of('reset')).toHaveLength(1)
    expect(wire.summary).toMatchObject({ endReason: 'server-rst', end: wire.time })
  })
})

describe('a one-way capture', () => {
  test.each([0, 1] as const)('of side %i', (side) => {
    const unseen = { unseen: true }
    const mine = (of: 0 | 1): Said => (of === side ? {} : unseen)
    const wire = createWire().opens([mine(0), mine(1), mine(0)])
    wire.sends(0, 10, mine(0)).sends(1, 20, mine(1)).acknowledges(0, mine(0)).waits(seconds(600))
    wire.sends(0, 10, mine(0)).sends(1, 20, mine(1)).finishes(0, mine(0)).finishes(1, mine(1)).ends()
    const [seen, other] = side === 0 ? wire.summary.halves : [wire.summary.halves[1], wire.summary.halves[0]]
    expect(seen).toMatchObject({
      uniqueBytes: side === 0 ? 20 : 40,
      missingBytes: 0,
      retransmissions: 0,
      unanswered: 0,
    })
    // The server's FIN acknowledges that of the agent.
    expect(other).toEqual(half(side === 0 ? {} : { finAt: wire.time, finPacket: 4 }))
    expect(wire.summary).toMatchObject({
      rolesKnown: true,
      handshake: 'partial',
      handshakeRtt: null,
      endReason: 'client-fin',
    })
    expect(wire.of('connection-failed')).toEqual([])
    expect(wire.tracker.counters).toMatchObject({ connections: 1, oneWayConnections: 1, missingSegments: 0 })
  })

  test('a try that nobody answers has no other direction', () => {
    const wire = createWire().opens([{}, { unseen: true }, { unseen: true }])
    wire
      .says(0, 0, { flags: SYN, at: 0, after: seconds(1) })
      .waits(seconds(60))
      .ends()
    expect(wire.of('connection-failed')).toMatchObject([{ manner: 'unanswered' }])
    expect(wire.tracker.counters.oneWayConnections).toBe(0)
  })

  test('an answer to a try that was not captured has one', () => {
    const wire = createWire()
      .opens([{ unseen: true }, {}, { unseen: true }])
      .ends()
    expect(wire.tracker.counters.oneWayConnections).toBe(1)
  })
})

test('IPv6 is told like IPv4', () => {
  const story = (wire: Wire): Wire =>
    wire
      .opens()
      .sends(0, 10)
      .copies()
      .sends(1, 20)
      .acknowledges(0)
      .waits(seconds(100))
      .probes(1)
      .copies()
      .acknowledges(0)
      .repeats(0, 10)
      .sends(1, 5, { unseen: true })
      .acknowledges(0)
      .resets(1)
      .ends()
  const ends = [
    { address: '2001:db8::5', port: 50_000 },
    { address: '2001:db8:1::10', port: 443 },
  ] as const
  const four = story(createWire())
  const six = story(createWire({ ends }))
  const asFour = JSON.parse(
    JSON.stringify(six.observations)
      .replaceAll('2001:db8::5', '10.0.0.5')
      .replaceAll('2001:db8:1::10', '192.0.2.10'),
  ) as unknown
  // IPv6 has no identification of packets.
  const plain = JSON.parse(
    JSON.stringify(four.observations).replaceAll(/"(previousI|i)dentification":\d+/g, '"$1dentification":0'),
  )
  expect(asFour).toEqual(plain)
})
