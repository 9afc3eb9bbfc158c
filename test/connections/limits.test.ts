import { describe, expect, test } from 'vitest'
import { Continuations } from '../../src/connections/continuation.ts'
import { HardwareTable } from '../../src/connections/hardware.ts'
import { ConnectionTable } from '../../src/connections/table.ts'
import { SYN_UNANSWERED_AFTER } from '../../src/connections/lifecycle.ts'
import { Waitlist } from '../../src/connections/waitlist.ts'
import { RECORD_WORDS, STREAM } from '../../src/connections/fields.ts'
import { milliseconds, seconds } from '../../src/model/time.ts'
import { AGENT, createWire, SERVER, SYN } from './wire.ts'
import type { Said, Wire, WireOptions } from './wire.ts'

const from = (port: number): Said => ({ frame: { sourcePort: port, destinationPort: 443 } })
const to = (port: number): Said => ({ frame: { sourcePort: 443, destinationPort: port } })
/** A handshake on another port of the agent; numbers are those of a new connection. */
const opensFrom = (wire: Wire, port: number): Wire =>
  wire.numbers([1_000, 5_000]).opens([from(port), to(port), from(port)])
const closed = (wire: Wire) =>
  wire.of('connection-closed').map(({ summary: s }) => [s.originator.port, s.endReason] as const)

describe('the table of connections is full', () => {
  const full = (options: WireOptions = {}): Wire => {
    const wire = createWire({ connectionsMax: 3, ...options })
    for (const port of [1, 2, 3]) opensFrom(wire, port)
    return wire
  }

  test('the one that was idle for longest goes: told, and counted', () => {
    const wire = full().acknowledges(0, { at: 1, ...from(1) })
    opensFrom(wire, 4)
    expect(closed(wire)).toEqual([[2, 'evicted']])
    expect([wire.tracker.size, wire.tracker.counters.evictions]).toEqual([3, 1])
    wire.ends()
    expect(closed(wire).slice(1)).toEqual([
      [1, 'open'],
      [4, 'open'],
      [3, 'open'],
    ])
  })

  test('one that is over goes first, and that is no eviction', () => {
    const wire = full().resets(0, { at: 1, ...from(3) })
    opensFrom(wire, 4)
    expect(closed(wire)).toEqual([[3, 'client-rst']])
    expect(wire.tracker.counters.evictions).toBe(0)
  })

  test('one that was over and came back to life is not over', () => {
    const wire = createWire({ connectionsMax: 2 }).says(0, 0, { at: 0, flags: SYN, ...from(1) })
    wire.resets(1, { at: 0, acknowledges: 1, ...to(1) })
    for (const port of [1, 2, 3]) opensFrom(wire, port)
    expect(closed(wire)).toEqual([[1, 'evicted']])
    expect(wire.tracker.counters.evictions).toBe(1)
  })

  test('an attempt goes before a connection: a flood of SYNs washes none out', () => {
    const wire = opensFrom(opensFrom(createWire({ connectionsMax: 10 }), 1), 2).waits(seconds(1_000))
    for (let port = 100; port < 2_000; port++) wire.says(0, 0, { at: 0, flags: SYN, ...from(port) })
    const lost = closed(wire)
    expect([lost.length, lost.filter(([port]) => port < 100), wire.tracker.size]).toEqual([1_892, [], 10])
    expect(wire.tracker.counters.evictions).toBe(1_892)
  })

  test('what broke a silence and was evicted is told as far as it is known', () => {
    const wire = full()
      .waits(seconds(100))
      .says(0, 5, { at: 1, ...from(1) })
    for (const port of [4, 5, 6]) opensFrom(wire, port)
    expect(wire.of('silence')).toMatchObject([{ outcome: 'unknown' }])
  })

  test('an evicted connection that goes on is another one, begun before the capture', () => {
    const wire = opensFrom(opensFrom(createWire({ connectionsMax: 1 }), 1), 2)
    wire.says(0, 5, { at: 1, ...from(1) }).ends()
    expect(
      wire.of('connection-closed').map(({ summary: s }) => [s.stream, s.originator.port, s.handshake]),
    ).toEqual([
      [0, 1, 'complete'],
      [1, 2, 'complete'],
      [2, 1, 'none'],
    ])
  })
})

test('IPv6 addresses are too many: what cannot be told apart is not tracked, and counted', () => {
  const ends = [
    { address: '2001:db8::1', port: 1 },
    { address: '2001:db8::2', port: 2 },
  ] as const
  const wire = createWire({ ends, addressesMax: 2 }).opens()
  wire.says(0, 0, { flags: SYN, frame: { source: '2001:db8::3' } })
  wire.says(0, 0, { flags: SYN, frame: { destination: '2001:db8::4' } })
  // IPv4 needs no memory of addresses.
  wire.says(0, 0, { flags: SYN, frame: { source: '10.0.0.1', destination: '10.0.0.2' } }).ends()
  expect(wire.tracker.counters).toMatchObject({ segments: 6, connections: 2, untracked: 2 })
  expect(wire.of('connection-closed').map((o) => o.summary.originator.address)).toEqual([
    '2001:db8::1',
    '10.0.0.1',
  ])
})

describe('a list of rows that wait', () => {
  const rowOf = (table: ConnectionTable, n: number): number => {
    const row = table.insert(n, 1, 1, 1, 4)
    table.words[row * RECORD_WORDS + STREAM] = n
    return row
  }

  test('in order, each at its time, and no row that holds another stream by then', () => {
    const table = new ConnectionTable()
    const list = new Waitlist(10)
    for (const n of [0, 1, 2]) list.add(table, rowOf(table, n), n)
    table.remove(1)
    rowOf(table, 7)
    const acted: number[] = []
    list.due(11, table, (row) => void acted.push(row))
    expect([acted, list.length]).toEqual([[0], 1])
    list.due(12, table, (row) => void acted.push(row))
    expect([acted, list.length]).toEqual([[0, 2], 0])
  })

  test('a row may be put back while it is its turn', () => {
    const table = new ConnectionTable()
    const list = new Waitlist(10)
    list.add(table, rowOf(table, 0), 0)
    let turns = 0
    for (const now of [10, 15, 20, 30]) {
      list.due(now, table, (row) => {
        turns++
        list.add(table, row, now)
      })
    }
    expect(turns).toBe(3)
  })

  test('entries of rows that are gone do not pile up', () => {
    const table = new ConnectionTable()
    const list = new Waitlist(seconds(1_000))
    const kept = rowOf(table, 0)
    list.add(table, kept, 0)
    for (let n = 1; n < 50_000; n++) {
      const row = rowOf(table, n)
      list.add(table, row, n)
      table.remove(row)
    }
    expect(list.length).toBeLessThan(5_000)
    expect([list.oldest(table), list.oldest(table), list.length]).toEqual([kept, -1, 0])
  })

  test('long lists are shortened now and then, and lose nothing', () => {
    const table = new ConnectionTable()
    const list = new Waitlist(0)
    for (let n = 0; n < 20_000; n++) list.add(table, rowOf(table, n), n)
    const acted: number[] = []
    for (let now = 0; now < 20_000; now += 10) list.due(now, table, (row) => void acted.push(row))
    for (let row = list.oldest(table); row >= 0; row = list.oldest(table)) acted.push(row)
    expect(acted).toEqual(Array.from({ length: 20_000 }, (_, n) => n))
  })
})

test('a SYN flood within one second leaves no timers behind', () => {
  // One place is that of a connection that is open.
  const wire = createWire({ connectionsMax: 5 }).opens()
  for (let port = 1; port < 10_000; port++) wire.says(0, 0, { flags: SYN, after: 0, ...from(port) })
  wire.tracker.tick(wire.time + SYN_UNANSWERED_AFTER)
  expect(wire.of('connection-failed')).toHaveLength(4)
})

describe('hardware addresses', () => {
  test('are numbered once; none is number 0', () => {
    const table = new HardwareTable()
    const bytes = new Uint8Array([0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2])
    expect([
      table.number(bytes, 1),
      table.number(bytes, 7),
      table.number(bytes, 1),
      table.number(bytes, -1),
    ]).toEqual([1, 2, 1, 0])
    expect([0, 1, 2, 3].map((n) => table.text(n))).toEqual([
      null,
      '02:00:00:00:00:01',
      '02:00:00:00:00:02',
      null,
    ])
  })

  test('beyond 65,535 stations there are no more numbers', () => {
    const table = new HardwareTable()
    const bytes = new Uint8Array(6)
    const numbers = Array.from({ length: 0x10001 }, (_, n) => {
      bytes[3] = n >> 16
      bytes[4] = n >> 8
      bytes[5] = n
      return table.number(bytes, 0)
    })
    expect([numbers[0], numbers[0xfffe], numbers[0xffff], numbers[0x10000]]).toEqual([1, 0xffff, 0, 0])
  })
})

describe('an address translation that lost its mapping', () => {
  const moved = (said: Said = {}): Said => ({ frame: { source: '10.0.0.5', sourcePort: 61_000 }, ...said })
  const story = (said: Said = {}): Wire =>
    createWire().opens().sends(0, 100).sends(1, 50).says(0, 10, moved(said))

  test('the same octets go on under another port', () => {
    const wire = story()
    expect(wire.of('connection-continued')).toEqual([
      {
        kind: 'connection-continued',
        time: wire.time,
        tap: 'tap',
        connection: wire.of('connection-opened')[1]!.connection,
        originator: { address: '10.0.0.5', port: 61_000 },
        responder: SERVER,
        packet: 6,
        previous: 0,
        previousOriginator: AGENT,
        previousPacket: 5,
        previousAt: wire.time - 10_000,
        sequenceOffset: 0,
        acknowledgmentOffset: 0,
      },
    ])
  })

  test.each<[string, Said, readonly (readonly [number, number])[]]>([
    ['some octets were not seen', { at: 501, acknowledges: 31 }, [[400, -20]]],
    ['another sequence number', { at: 101 + 0x10000 }, []],
    ['another acknowledgment', { acknowledges: 51 + 0x10000 }, []],
    ['a SYN', { flags: SYN }, []],
    ['another service', { frame: { source: '10.0.0.5', sourcePort: 61_000, destinationPort: 444 } }, []],
    ['another server', { frame: { source: '10.0.0.5', sourcePort: 61_000, destination: '192.0.2.11' } }, []],
  ])('%s', (_name, said, offsets) => {
    expect(
      story(said)
        .of('connection-continued')
        .map((o) => [o.sequenceOffset, o.acknowledgmentOffset]),
    ).toEqual(offsets)
  })

  describe('captured on both sides', () => {
    /** The agent speaks on, and a millisecond later the same passes behind the translator. */
    const both = (): Wire => {
      const wire = createWire().opens().sends(0, 100).sends(1, 50).says(0, 10, moved())
      return wire.sends(0, 10, { frame: { identification: 7 } })
    }
    const again = (wire: Wire, after: number, port: number): Wire =>
      wire.says(0, 0, { at: 111, acknowledges: 51, after, frame: { source: '10.0.0.6', sourcePort: port } })

    test('what passed before it just now is the other side', () => {
      expect(again(both(), 1_000, 62_000).of('connection-continued')).toHaveLength(1)
    })

    test('what is sent again goes on elsewhere', () => {
      const told = again(both(), milliseconds(200), 62_000).of('connection-continued')
      expect(told).toHaveLength(2)
    })
  })

  test('only the first segment counts, and only if the old connection is open', () => {
    const wire = story().says(0, 10, moved())
    expect(wire.of('connection-continued')).toHaveLength(1)
    const over = createWire().opens().sends(0, 100).sends(1, 50).resets(0).says(0, 10, moved())
    expect(over.of('connection-continued')).toEqual([])
  })

  test('a first segment that is a RST does not lend its place to the next', () => {
    const wire = createWire().opens().sends(0, 100).sends(1, 50)
    wire.says(0, 0, moved({ flags: 4 })).says(0, 10, moved())
    expect(wire.of('connection-continued')).toEqual([])
  })

  test('looking for it is limited to so many records a second', () => {
    let looked = 0
    const table = {
      rowBound: 1 << 17,
      *rows() {
        looked++
        yield* []
      },
    }
    const continuations = new Continuations({ table } as never)
    for (let i = 0; i < 10; i++) continuations.consider(0, 0, 0, 5, 1)
    expect(looked).toBe(2)
    continuations.consider(0, 0, 0, 5 + seconds(1) + 1, 1)
    for (let i = 0; i < 3; i++) continuations.consider(0, 0, 0, 5 + seconds(1) + 2, 1)
    expect(looked).toBe(4)
    // A clock that is set back begins another second.
    continuations.consider(0, 0, 0, 5 - seconds(60), 1)
    expect(looked).toBe(5)
  })
})
