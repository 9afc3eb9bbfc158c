/** Stories of exporters: what they tell of a connection in pieces becomes that connection again. */
import { describe, expect, test } from 'vitest'
import { FIREWALL_DENIED } from '../../../src/model/flow-events.data.ts'
import { recordReferred } from '../../../src/model/record-reference.ts'
import { at, batchesOf, exporter, type Told, tracked } from './records.ts'

const UP = '10.0.0.1:40000>10.0.0.2:443'
const DOWN = '10.0.0.2:443>10.0.0.1:40000'

/** A connection that opens at a second and carries data. */
const opening = (second = 0): Told[] => [
  { tuple: UP, from: second, to: second + 0.1, flags: 'SAP', packets: 6, octets: 900 },
  { tuple: DOWN, from: second + 0.02, to: second + 0.1, flags: 'SAP', packets: 5, octets: 4000 },
]
const told = (...records: Told[][]) => tracked(batchesOf(records.flat()))

describe('slices and pieces', () => {
  test('slices of a connection that goes on are one connection without a silence', () => {
    const slices = [15, 30, 45].flatMap((second): Told[] => [
      { tuple: UP, from: second - 14.9, to: second, flags: 'AP', packets: 30, octets: 9000 },
      { tuple: DOWN, from: second - 14.9, to: second, flags: 'AP', packets: 30, octets: 9000 },
    ])
    const story = told(opening(), slices)
    expect(story.of('connection-opened').map((o) => [o.handshake, at(o.start)])).toEqual([['complete', 0]])
    expect(story.of('silence')).toEqual([])
    expect(story.of('connection-closed')[0]!.summary).toMatchObject({
      endReason: 'open',
      maxIdle: 0,
      endedBy: null,
    })
    expect(story.tracker.counters).toMatchObject({ connections: 1, duplicates: 0, outOfOrder: 0 })
  })

  test('a quiet connection is cut into pieces: the time between is its silence, which it survives', () => {
    const story = told(opening(), [
      { tuple: UP, from: 300, flags: 'AP', packets: 1, octets: 200 },
      { tuple: DOWN, from: 300.02, flags: 'AP', packets: 1, octets: 200 },
    ])
    const [silence] = story.of('silence')
    expect(silence).toMatchObject({ outcome: 'answered', brokenBy: 0, breaker: 'data', retransmissions: 0 })
    expect([at(silence!.start), at(silence!.end), silence!.uncertainty]).toEqual([0.1, 300, 2000])
    expect(story.of('connection-closed')[0]!.summary).toMatchObject({ longestSurvived: 299_900_000 })
  })

  test('counts that run from the begin of a flow: of one that goes on what is new, of the next all', () => {
    const flow = (from: number, to: number, packets: number, octets: number): Told[] => [
      { tuple: UP, from, to, flags: from === 0 ? 'SA' : 'A', packets, octets, isTotal: true },
      { tuple: DOWN, from, to, flags: from === 0 ? 'SA' : 'A', packets, octets, isTotal: true },
    ]
    const once = told(flow(0, 10, 20, 1040), flow(0, 20, 21, 1092))
    expect(once.of('connection-closed')[0]!.summary).toMatchObject({
      halves: [{ packets: 21 }, { packets: 21 }],
      flows: { octets: [1092, 1092] },
    })
    expect(once.of('opening')).toEqual([])
    const twice = told(flow(0, 10, 20, 1040), flow(700, 720, 5, 260))
    expect(twice.of('connection-closed')[0]!.summary).toMatchObject({
      halves: [{ packets: 25 }, { packets: 25 }],
      flows: { octets: [1300, 1300] },
    })
    expect(twice.of('opening')).toEqual([])
  })

  test('times in whole seconds make a silence that much less certain', () => {
    const second = (from: number, to = from): Told[] => [
      { tuple: UP, from, to, flags: 'AP', packets: 3, octets: 600 },
      { tuple: DOWN, from, to, flags: 'AP', packets: 3, octets: 600 },
    ]
    const story = told(...[0, 2, 4, 6, 8, 10, 12, 14, 16].map((s) => second(s)), second(300))
    expect(story.of('silence')[0]!.uncertainty).toBe(2_000_000)
  })

  test('the end after a silence is told with who closed: two packets of the one, one of the other', () => {
    const story = told(opening(), [
      { tuple: UP, from: 75, flags: 'AF', packets: 1 },
      { tuple: DOWN, from: 75, flags: 'AF', packets: 2 },
    ])
    expect(story.of('silence')).toMatchObject([{ outcome: 'closed', brokenBy: 1, breaker: 'fin' }])
    expect(story.of('finished').map((o) => [o.from, o.first, o.idleBefore])).toEqual([
      [1, true, 74_900_000],
      [0, false, 74_900_000],
    ])
    expect(story.of('connection-closed')[0]!.summary.endReason).toBe('server-fin')
  })

  test('an end inside of a record shows neither who closed nor how long it had been silent', () => {
    const pair = { from: 0, to: 75, packets: 9, octets: 2000 }
    const story = told([
      { ...pair, tuple: UP, flags: 'SAPF' },
      { ...pair, tuple: DOWN, flags: 'SAPF' },
    ])
    expect(story.of('silence')).toEqual([])
    expect(story.of('finished').map((o) => [o.first, o.idleBefore, o.orderKnown])).toEqual([
      [true, 0, false],
      [false, 0, false],
    ])
    const { summary } = story.of('connection-closed')[0]!
    expect([summary.endReason, summary.flows!.maxIdleAtMost]).toEqual([null, 75_000_000])
  })

  test('records that come in any order tell the same', () => {
    const records = [
      ...opening(),
      { tuple: UP, from: 100, flags: 'AP', packets: 2, octets: 300 },
      { tuple: DOWN, from: 100.02, flags: 'A', packets: 1 },
      { tuple: UP, from: 200, flags: 'AF', packets: 2 },
      { tuple: DOWN, from: 200, flags: 'AF', packets: 1 },
    ]
    const silences = (order: readonly Told[]) =>
      tracked(batchesOf(order))
        .of('silence')
        .map(({ start, end, outcome, brokenBy }) => [at(start), at(end), outcome, brokenBy])
    expect(silences(records)).toEqual([
      [0.1, 100, 'answered', 0],
      [100.02, 200, 'closed', 0],
    ])
    expect(silences(records.toReversed())).toEqual(silences(records))
    expect(silences([2, 5, 0, 4, 1, 3].map((i) => records[i]!))).toEqual(silences(records))
  })
})

describe('what is lost', () => {
  test('tries into the void after a silence are unanswered, however they are cut', () => {
    const story = told(opening(), [
      { tuple: UP, from: 75, to: 81, flags: 'AP', packets: 5, octets: 1080 },
      { tuple: UP, from: 95, flags: 'AP', packets: 1, octets: 216 },
    ])
    expect(story.of('silence')).toMatchObject([{ outcome: 'unanswered', brokenBy: 0, retransmissions: 5 }])
    expect(story.of('unanswered')).toMatchObject([{ from: 0, count: 5, keepAlive: false }])
  })

  test('a RST in answer to the first word', () => {
    const story = told(opening(), [
      { tuple: UP, from: 75, flags: 'AP', packets: 1, octets: 216 },
      { tuple: DOWN, from: 75.02, flags: 'R', packets: 1, octets: 40 },
    ])
    expect(story.of('silence')).toMatchObject([{ outcome: 'reset', brokenBy: 0, breaker: 'data' }])
    expect(story.of('reset')).toMatchObject([{ from: 1, hopLimit: null, window: null }])
  })

  test('where exports were lost, a silence proves nothing', () => {
    const one = exporter(0)
    const [first, second] = [
      opening(),
      [{ tuple: UP, from: 75, to: 81, flags: 'AP', packets: 5, octets: 1080 }],
    ]
    const batches = [...batchesOf(first, [one]), ...batchesOf(second, [one])]
    const lost = exporter(0, { quality: { ...one.quality, lost: 3 } })
    batches[1]!.addresses = batches[0]!.addresses
    batches[1]!.exporters = [lost]
    for (const column of ['source', 'destination'] as const) batches[1]![column][0] = batches[0]![column][0]!
    expect(tracked(batches).of('silence')).toMatchObject([{ outcome: 'unknown' }])
  })
})

describe('tries', () => {
  test('SYNs without an answer are one failed try, though the exporter tells them in pieces', () => {
    const story = told(
      [0, 3, 30, 62].map((from): Told => ({ tuple: UP, from, flags: 'S', packets: 1, octets: 60 })),
      [{ tuple: '10.0.0.9:50000>10.0.0.2:443', from: 90, flags: 'A' }],
    )
    expect(story.of('connection-failed')).toMatchObject([{ manner: 'unanswered' }])
    expect(story.of('silence')).toEqual([])
  })

  test('a RST to a SYN is a refusal', () => {
    const story = told([
      { tuple: UP, from: 0, flags: 'S', packets: 1, octets: 60 },
      { tuple: DOWN, from: 0, flags: 'RA', packets: 1, octets: 40 },
    ])
    expect(story.of('connection-failed')).toMatchObject([{ manner: 'refused', attempts: 1 }])
    expect(story.of('connection-opened')).toEqual([])
  })

  test('SYN, answer and RST: somebody asked whether the port is open', () => {
    const story = told([
      { tuple: UP, from: 0, flags: 'SRA', packets: 2, octets: 100 },
      { tuple: DOWN, from: 0, flags: 'SA', packets: 1, octets: 60 },
    ])
    expect(story.of('connection-failed')).toMatchObject([{ manner: 'aborted' }])
  })

  test('what a firewall denied was refused', () => {
    const story = told([{ tuple: UP, from: 0, packets: 1, firewallEvent: FIREWALL_DENIED }])
    expect(story.of('connection-failed')).toMatchObject([{ manner: 'refused' }])
  })
})

describe('which connection it is', () => {
  test('a SYN on a tuple that had its own begins another connection', () => {
    const story = told(opening(0), opening(500))
    expect(story.of('connection-opened').map((o) => at(o.start))).toEqual([0, 500])
    expect(story.of('connection-closed').map((o) => o.summary.endReason)).toEqual(['superseded', 'open'])
    expect(story.of('silence')).toEqual([])
  })

  test('who sent the SYN is the originator, whichever record comes first', () => {
    const ends = (records: readonly Told[]) =>
      tracked(batchesOf(records))
        .of('connection-opened')
        .map(({ originator, rolesKnown }) => [originator.port, rolesKnown])
    const [up, down] = [
      { tuple: '10.0.0.1:700>10.0.0.2:9000', from: 0, to: 1, flags: 'SAP', packets: 6, octets: 900 },
      { tuple: '10.0.0.2:9000>10.0.0.1:700', from: 0.05, to: 1, flags: 'SAP', packets: 6, octets: 900 },
    ] as const
    expect(ends([up, down])).toEqual([[700, true]])
    expect(ends([down, up])).toEqual([[700, true]])
  })

  test('a record of both directions is one connection', () => {
    const reverse = { flags: 'SAP', packets: 5, octets: 4000 }
    const story = told([{ tuple: UP, from: 0, to: 4, flags: 'SAP', packets: 6, octets: 900, reverse }])
    const { summary } = story.of('connection-closed')[0]!
    expect(summary.halves.map(({ packets }) => packets)).toEqual([6, 5])
    expect(summary.flows!.octets).toEqual([900, 4000])
  })

  test('what two exporters see is counted once; one direction each is one connection', () => {
    const second = opening().map((record): Told => ({ ...record, exporter: 1 }))
    const twice = told(opening(), second)
    expect(twice.of('connection-closed')[0]!.summary.halves.map(({ packets }) => packets)).toEqual([6, 5])
    expect(twice.tracker.counters).toMatchObject({ connections: 1, duplicates: 2 })
    const [up, down] = opening()
    const apart = told([up!, { ...down!, exporter: 1 }])
    expect(apart.of('connection-closed')[0]!.summary.halves.map(({ packets }) => packets)).toEqual([6, 5])
    expect(apart.tracker.counters).toMatchObject({ connections: 1, duplicates: 0 })
  })

  test('both interfaces of one exporter count once', () => {
    const faces = opening().flatMap((record): Told[] => [
      { ...record, face: 1 },
      { ...record, face: 2 },
    ])
    const story = told(faces)
    expect(story.of('connection-closed')[0]!.summary.halves.map(({ packets }) => packets)).toEqual([6, 5])
  })

  test('a route that changes goes on in the other exporter', () => {
    const later: Told[] = [
      { tuple: UP, from: 100, to: 101, flags: 'AP', packets: 7, octets: 900, exporter: 1 },
      { tuple: DOWN, from: 100, to: 101, flags: 'AP', packets: 7, octets: 900, exporter: 1 },
    ]
    const story = told(opening(), later)
    expect(story.of('connection-closed')[0]!.summary.halves.map(({ packets }) => packets)).toEqual([13, 12])
  })
})

describe('what is not shown', () => {
  test('sampled packets show that a connection was there, and neither its tries nor its end', () => {
    const sampled = (record: Told): Told => ({ ...record, sampling: 100 })
    const refused: Told[] = [
      { tuple: UP, from: 0, flags: 'S', packets: 1, octets: 60 },
      { tuple: DOWN, from: 0, flags: 'RA', packets: 1, octets: 40 },
    ]
    const lost: Told[] = [{ tuple: UP, from: 75, to: 81, flags: 'APR', packets: 5, octets: 1080 }]
    const story = told([...refused, ...lost].map(sampled))
    const kinds = new Set(story.observations.map(({ kind }) => kind))
    expect(kinds).toEqual(new Set(['connection-opened', 'opening', 'connection-closed', 'capture-ended']))
    expect(story.of('connection-closed')[0]!.summary).toMatchObject({ endReason: null, handshake: 'none' })
  })

  test('without flags neither beginning nor end is known', () => {
    const story = told([{ tuple: UP, from: 0, to: 9, packets: 9, octets: 3000 }])
    expect(story.of('connection-opened')).toMatchObject([{ handshake: 'none', rolesKnown: false }])
    expect(story.of('connection-closed')[0]!.summary.endReason).toBe(null)
  })

  test('records without ports, addresses or times are counted, and nothing is told of them', () => {
    const [batch] = batchesOf(opening())
    batch!.sourcePort[0] = -1
    batch!.start[1] = batch!.end[1] = NaN
    const story = tracked([batch!])
    expect(story.tracker.counters).toMatchObject({ records: 2, incomplete: 2, connections: 0 })
  })
})

test('observations name the record, and come in order of time', () => {
  const story = told(opening(), [{ tuple: UP, from: 75, to: 81, flags: 'AP', packets: 5, octets: 1080 }])
  const [silence] = story.of('silence')
  expect(recordReferred(silence!.startPacket)).toEqual({ number: 1, ordinal: 1, exporter: 0 })
  expect(recordReferred(silence!.endPacket)).toEqual({ number: 3, ordinal: 1, exporter: 0 })
  const times = story.observations.map(({ time }) => time)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})
