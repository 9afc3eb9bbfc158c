/** What a translator says of connections, and what it takes from nobody. */
import { describe, expect, test } from 'vitest'
import { at, batchesOf, type Told, tracked } from './records.ts'

const A = '10.0.0.1:40000>10.0.0.2:443'
const B = '10.0.0.2:443>10.0.0.1:40000'
const OUTER = '203.0.113.5:50000'
const created = (from: number, outer = OUTER): Told => ({ tuple: A, from, natEvent: 4, outer, exporter: 1 })
const deleted = (from: number): Told => ({ tuple: A, from, natEvent: 5, outer: OUTER, exporter: 1 })

const told = (records: readonly Told[]) => tracked(batchesOf(records), { servicePorts: [443] })

const outers = (records: readonly Told[]) =>
  told(records)
    .of('connection-opened')
    .map(({ outer }) => outer)

describe('the address and port behind a translator', () => {
  test('are told with the connection, whichever direction came first', () => {
    const there: Told = { tuple: A, from: 0, to: 5, flags: 'SAP', packets: 5, outer: OUTER }
    const back: Told = { tuple: B, from: 0.01, to: 5, flags: 'SA', packets: 5 }
    const expected = [{ address: '203.0.113.5', port: 50_000 }]
    expect(outers([there, back])).toEqual(expected)
    expect(outers([back, there])).toEqual(expected)
  })

  test.each([
    ['its own', '10.0.0.1:40000'],
    ['none', '0.0.0.0:0'],
  ])('are not told where they are %s', (_what, outer) => {
    expect(outers([{ tuple: A, from: 0, to: 5, flags: 'SAP', packets: 5, outer }])).toEqual([undefined])
  })

  test('of a server are not its client’s', () => {
    const back: Told = { tuple: B, from: 0.01, to: 5, flags: 'SA', packets: 5, outer: '192.0.2.80:443' }
    expect(outers([{ tuple: A, from: 0, to: 5, flags: 'SAP', packets: 5 }, back])).toEqual([undefined])
  })

  test('that change are told when they do, with the record before', () => {
    const pieces = [0, 60, 120].map((from, i): Told => {
      const flags = i === 0 ? 'SAP' : 'AP'
      return { tuple: A, from, to: from + 50, flags, packets: 5, outer: `203.0.113.5:${50_000 + (i >> 1)}` }
    })
    const { of } = told(pieces)
    const changes = of('mapping-changed').map(({ time, from, to, previousAt, goesOn }) => {
      return [at(time), from.port, to.port, at(previousAt), goesOn]
    })
    expect(changes).toEqual([[120, 50_000, 50_001, 110, true]])
    expect(of('connection-opened')[0]!.outer).toEqual({ address: '203.0.113.5', port: 50_000 })
  })
})

describe('a log of translations', () => {
  test('tells of a connection from its creation to its deletion, and of no silence', () => {
    const { of, tracker } = told([created(0), deleted(3600)])
    const [opened] = of('connection-opened')
    expect(opened).toMatchObject({
      originator: { address: '10.0.0.1', port: 40_000 },
      handshake: 'none',
      outer: { address: '203.0.113.5', port: 50_000 },
    })
    expect(opened!.packet).not.toBe(0)
    const [{ summary }] = of('connection-closed') as [ReturnType<typeof of<'connection-closed'>>[0]]
    expect([at(summary.start), at(summary.end), summary.maxIdle, summary.endReason]).toEqual([
      0,
      3600,
      0,
      null,
    ])
    expect(summary.flows!.maxIdleAtMost).toBe(3_600_000_000)
    expect(of('silence')).toEqual([])
    expect(tracker.counters).toMatchObject({ connections: 1, oneWayConnections: 0, duplicates: 0 })
  })

  test('does not take the word from records that count packets', () => {
    const flows: Told[] = [
      { tuple: A, from: 0.1, to: 30, flags: 'SAPF', packets: 9 },
      { tuple: B, from: 0.2, to: 30, flags: 'SAPF', packets: 7 },
    ]
    const summaryOf = (records: readonly Told[]) => {
      const [closed] = told(records).of('connection-closed')
      const { start, handshake, endReason, halves } = closed!.summary
      return [at(start), handshake, endReason, halves.map(({ packets }) => packets)]
    }
    const [, ...expected] = summaryOf(flows)
    expect(expected).toEqual(['complete', null, [9, 7]])
    expect(summaryOf([created(0), ...flows, deleted(31)]).slice(1)).toEqual(expected)
    expect(summaryOf([...flows, created(0), deleted(31)]).slice(1)).toEqual(expected)
  })

  test('of a deletion alone tells nothing', () => {
    expect(told([deleted(5)]).observations.map(({ kind }) => kind)).toEqual(['capture-ended'])
  })

  test('has another connection where a port is used again after it rested', () => {
    const ports = (gap: number) => {
      const { of } = told([created(0), deleted(100), created(100 + gap, '203.0.113.5:50001'), deleted(300)])
      return [of('connection-opened').map(({ outer }) => outer!.port), of('mapping-changed').length]
    }
    expect(ports(61)).toEqual([[50_000, 50_001], 0])
    expect(ports(59)).toEqual([[50_000], 1])
  })

  test('events of which nothing follows for a connection are passed over', () => {
    const { of, tracker } = told([{ ...created(0), natEvent: 12 }])
    expect(of('connection-opened')).toEqual([])
    expect(tracker.counters.records).toBe(1)
  })

  test('changes beyond a number wait for nobody', () => {
    const many = Array.from({ length: 40 }, (_, i) => created(i, `203.0.113.5:${50_000 + i}`))
    expect(told(many).of('mapping-changed')).toHaveLength(16)
  })
})

describe('a log of translations without destinations', () => {
  const bound = (from: number, natEvent = 8, port = 50_000): Told => {
    return { tuple: '10.0.0.1:40000>', from, natEvent, outer: `203.0.113.5:${port}`, exporter: 1 }
  }
  const unbound = (from: number, port = 50_000): Told => bound(from, 9, port)
  const piece = (from: number, flags = 'AP', tuple = A): Told => ({
    tuple,
    from,
    to: from + 50,
    flags,
    packets: 5,
  })
  const changes = (records: readonly Told[]) =>
    told(records)
      .of('mapping-changed')
      .map(({ time, from, to, goesOn }) => [at(time), from.port, to.port, goesOn])

  test.each([
    ['a binding', 8],
    ['a binding, as Juniper numbers it', 6],
    ['a session', 4],
  ])('%s made as a connection begins is of that connection', (_what, event) => {
    const { of, tracker } = told([bound(0.1, event), piece(0, 'SAP'), piece(0, 'SA', B)])
    expect(of('connection-opened').map(({ outer }) => outer)).toEqual([
      { address: '203.0.113.5', port: 50_000 },
    ])
    expect(tracker.counters).toMatchObject({ records: 3, connections: 1, incomplete: 0 })
  })

  test.each([
    ['it was made long before', [bound(0), piece(100, 'SAP')]],
    ['the connection was there before the records', [bound(0), piece(0, 'AP')]],
    ['two were made', [bound(0), bound(1, 8, 50_001), piece(0, 'SAP')]],
    ['it is of another port', [{ ...bound(0), tuple: '10.0.0.1:40001>' }, piece(0, 'SAP')]],
    ['only an address was bound', [bound(0, 14), piece(0, 'SAP')]],
  ] as [string, Told[]][])('nothing is known of a connection: %s', (_what, records) => {
    expect(outers(records)).toEqual([undefined])
  })

  test('a connection that goes on under another binding has lost the first one', () => {
    const begins = [bound(0), piece(0, 'SAP')]
    expect(changes([...begins, unbound(70), bound(71, 8, 50_001), piece(80)])).toEqual([
      [80, 50_000, 50_001, true],
    ])
    // Whose record began before, who knows; a binding that is still there is that of the connection.
    expect(changes([...begins, unbound(70), bound(71, 8, 50_001), piece(65)])).toEqual([])
    expect(changes([...begins, bound(71, 8, 50_001), piece(80)])).toEqual([])
    expect(changes([...begins, unbound(70), bound(71), piece(80)])).toEqual([])
  })

  test('events that say too little are counted', () => {
    const none = { ...bound(0), outer: undefined } as unknown as Told
    expect(told([none, bound(0, 12)]).tracker.counters).toMatchObject({ records: 2, incomplete: 2 })
  })
})
