import { describe, expect, test } from 'vitest'
import { connectionNumber } from '../../src/model/connection.ts'
import type { Observation, ObservationKind, ObservationOf } from '../../src/model/observation.ts'
import type { CaptureRecord } from '../../src/model/record.ts'
import { seconds } from '../../src/model/time.ts'
import { TapRun } from '../../src/pipeline/tap-run.ts'
import { TAPS_PER_CAPTURE_MAX } from '../../src/pipeline/taps.ts'
import type { TapRunOptions } from '../../src/pipeline/run.ts'
import { HALF_HELD_BYTES_MAX } from '../../src/streams/reassembly.ts'
import { icmpFrame, ipFrame, tcpFragments, tcpFrame } from '../scenario/frame-writer.ts'
import type { TcpFrame } from '../scenario/frame-writer.ts'
import { firewall, request, response, scenario } from '../scenario/scenario.ts'
import { ethernet, framed, inIp, inUdp, octets, OUTER, vxlan } from '../wire/wrap.ts'
import { framesOf, readerOf } from './reader.ts'
import type { Frame, ReaderOptions } from './reader.ts'

const T = seconds(1_000_000)
const SYN = 2,
  RST = 4

interface Ran {
  readonly observations: Observation[]
  readonly record: CaptureRecord
  of<K extends ObservationKind>(kind: K): ObservationOf<K>[]
}

async function run(
  frames: readonly Frame[],
  reading: ReaderOptions = {},
  options: Partial<TapRunOptions> & { readonly tap?: string } = {},
): Promise<Ran> {
  const observations: Observation[] = []
  let taps = 0
  const input = { tap: options.tap ?? '', path: 'a.pcapng', reader: readerOf(frames, reading), sha256: null }
  const taking = new TapRun(input, {
    silenceMin: seconds(30),
    servicePorts: new Set(),
    secrets: () => null,
    from: null,
    to: null,
    nextTapIndex: () => taps++,
    wants: { openings: true, fingerprints: true, alerts: true },
    emit: (observation) => void observations.push(observation),
    ...options,
  })
  while (await taking.read()) taking.process()
  taking.finish()
  const of = <K extends ObservationKind>(kind: K) =>
    observations.filter((o): o is ObservationOf<K> => o.kind === kind)
  return { observations, record: taking.record(null), of }
}

const tuple = { source: '10.0.0.5', destination: '192.0.2.10', sourcePort: 50_000, destinationPort: 443 }
let identification = 0
const segment = (differs: Partial<TcpFrame> = {}): Uint8Array =>
  tcpFrame({ ...tuple, identification: ++identification & 0xffff, ...differs })
const payload = new Uint8Array(Buffer.from('hello'))

/** Idle behind a firewall that forgets, a refusal, an attempt that nobody answers, HTTP, doubled and late
 * packets. */
function story(): Frame[] {
  const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'rst-on-next' }))
  s.host('192.0.2.99', { side: 'servers' }).health = 'refusing'
  s.host('192.0.2.98', { side: 'servers' }).health = 'silent'
  const { agent, server } = s.connect('10.0.0.5', '192.0.2.10:10443')
  const web = s.connect('10.0.0.6', '192.0.2.11:80')
  agent.sends('heartbeat')
  s.tap('client').doubles(4)
  server.sends('ok')
  web.agent.sends(request('GET', '/omc/enroll'))
  web.server.sends(response({ setCookie: ['ovidCookie=1'] }))
  web.agent.keepsAlive(seconds(60))
  s.connect('10.0.0.5', '192.0.2.99:443')
  s.connect('10.0.0.7', '192.0.2.98:443')
  s.wait(seconds(301))
  agent.sends('heartbeat')
  s.wait(seconds(250))
  s.connect('10.0.0.5', '192.0.2.10:10443')
  web.agent.closes()
  s.wait(seconds(400))
  s.connect('10.0.0.5', '192.0.2.10:10443', { port: 49_999 })
  const frames = framesOf(s.captures().get('client')!)
  return frames.toSpliced(8, 2, frames[9]!, frames[8]!)
}

describe('batches change nothing', () => {
  const frames = story()

  test('the story has all that time and batches could change', async () => {
    const { of, record } = await run(frames)
    expect(of('silence').map((o) => o.outcome)).toContain('reset')
    expect(of('connection-failed').map((o) => o.manner)).toEqual(['refused', 'unanswered'])
    // Told while the capture still goes on, when they had lingered.
    expect(of('connection-closed').filter((o) => o.time < record.end!).length).toBeGreaterThan(1)
    expect(of('http-transaction')).toHaveLength(1)
    expect(record.quality.outOfOrderPackets).toBeGreaterThan(0)
  })

  test.each([1, 7, 100])('of %i frames', async (size) => {
    const whole = await run(frames, { frames: 1_000_000 })
    const cut = await run(frames, { frames: size, later: size === 7 })
    expect(cut.observations).toEqual(whole.observations)
    expect(cut.record).toEqual(whole.record)
  })

  test('nor with several interfaces', async () => {
    const spread = frames.map((frame, i) => ({ ...frame, interface: i % 3 === 0 ? 1 : 0 }))
    const interfaces = [{ name: 'a' }, { name: 'b' }]
    const [whole, cut] = [await run(spread, { interfaces }), await run(spread, { interfaces, frames: 1 })]
    expect(cut.observations).toEqual(whole.observations)
  })
})

describe('interfaces', () => {
  const each = (count: number): Frame[] =>
    Array.from({ length: count }, (_, i) => ({
      time: T + i,
      interface: i,
      bytes: segment({ sourcePort: 1_000 + i }),
    }))
  const taps = (ran: Ran): string[] => ran.of('connection-closed').map((o) => o.tap)
  const named = (...names: (string | null)[]) => names.map((name) => ({ name }))

  test.each<[string, string, readonly (string | null)[], readonly string[]]>([
    ['one is the tap itself', 'server', ['eth0'], ['server']],
    ['several have names of their own', '', ['eth0', 'eth1'], ['eth0', 'eth1']],
    ['in a named tap, both names', 'server', ['eth0', 'eth1'], ['server/eth0', 'server/eth1']],
    ['without names, numbers', '', [null, null], ['interface-0', 'interface-1']],
  ])('%s', async (_name, tap, names, expected) => {
    const frames = each(names.length)
    expect(taps(await run(frames, { interfaces: named(...names) }, { tap }))).toEqual(expected)
  })

  test('each sees the connections of its own, and all are numbered together', async () => {
    const bytes = segment()
    const frames = [0, 1, 0].map((face, i) => ({ time: T + i * 10_000, interface: face, bytes }))
    const { of } = await run(frames, { interfaces: named('a', 'b') })
    const closed = of('connection-closed').map(({ connection, summary: s }) => [
      connection,
      s.stream,
      s.halves[0].packets,
    ])
    expect(closed).toEqual([
      [0, 0, 2],
      [connectionNumber(1, 1), 1, 1],
    ])
  })

  test('the same name in another section is the same interface: captures strung together', async () => {
    const interfaces = [
      { name: 'eth0', section: 0 },
      { name: 'eth1', section: 0 },
      { name: 'eth0', section: 1 },
    ]
    const bytes = segment()
    const frames = [0, 1, 2].map((face, i) => ({ time: T + i * 10_000, interface: face, bytes }))
    const { of } = await run(frames, { interfaces })
    expect(of('connection-closed').map((o) => [o.tap, o.summary.halves[0].packets])).toEqual([
      ['eth0', 2],
      ['eth1', 1],
    ])
  })

  test.each([
    [1, 0, 'nobody listened in between'],
    [0, 300, 'one capture'],
  ])('a silence that ends in section %i: survived for %d s: %s', async (face, survived) => {
    const interfaces = [0, 1].map((section) => ({ name: 'eth0', section }))
    const back = { source: tuple.destination, destination: tuple.source, sourcePort: 443 }
    const said = { flags: 16, sequence: 100, acknowledgment: 900 }
    const frames = [
      { time: T, bytes: segment({ ...said, payload }) },
      { time: T + seconds(300), interface: face, bytes: segment({ ...said, sequence: 105, payload }) },
      {
        time: T + seconds(301),
        interface: face,
        bytes: segment({
          ...back,
          destinationPort: 50_000,
          flags: 16,
          sequence: 900,
          acknowledgment: 110,
        }),
      },
    ]
    const { of } = await run(frames, { interfaces })
    expect(of('connection-closed').map((o) => o.summary.longestSurvived)).toEqual([seconds(survived)])
  })

  test('the same name in one section is another interface', async () => {
    const interfaces = [{ name: 'eth0' }, { name: 'eth0' }]
    const frames = [0, 1].map((face, i) => ({ time: T + i, interface: face, bytes: segment() }))
    expect(taps(await run(frames, { interfaces }))).toHaveLength(2)
  })

  test('too many share the last tap', async () => {
    const count = TAPS_PER_CAPTURE_MAX + 10
    const ran = await run(each(count), { interfaces: Array.from({ length: count }, () => ({})) })
    expect(taps(ran)).toHaveLength(count)
    expect(new Set(taps(ran)).size).toBe(TAPS_PER_CAPTURE_MAX)
  })

  test('time passes for those without frames: what waits there is told in its time', async () => {
    const frames: Frame[] = [
      { time: T, interface: 0, bytes: segment({ flags: SYN }) },
      { time: T, interface: 0, bytes: segment({ sourcePort: 9 }) },
      ...[1, 2, 3, 4, 60, 60.5].map((s) => ({
        time: T + seconds(s),
        interface: 1,
        bytes: segment({ sourcePort: 5 }),
      })),
    ]
    const { of } = await run(frames, { interfaces: named('a', 'b') })
    expect(of('connection-failed').map((o) => o.time)).toEqual([T + seconds(3)])
    const [quiet] = of('connection-closed')
    const end = T + seconds(60.5)
    expect(quiet).toMatchObject({ time: end, tap: 'a', summary: { idleBeforeEnd: seconds(60.5) } })
    expect(of('capture-ended').map((o) => o.time)).toEqual([end, end])
  })
})

describe('the record of a capture', () => {
  test('counts what was there, and how well it was captured', async () => {
    const frames: Frame[] = [
      { time: T, bytes: segment({ flags: SYN }) },
      { time: T + 1, bytes: segment({ sequence: 1, payload }), wireLength: 500 },
      { time: T - seconds(5), bytes: segment({ sequence: 6, payload }) },
      { time: T - seconds(5), bytes: segment({ sequence: 0x7000_0000, flags: RST }) },
      { time: T - seconds(5), bytes: new Uint8Array(60) },
      { time: T - seconds(4), bytes: segment({ sequence: 11, payload }).subarray(0, 14 + 8), wireLength: 59 },
      { time: T - seconds(4), bytes: segment({ sourcePort: 7 }) },
    ]
    const fault = { layer: 'pcapng', at: 99, message: 'a record is cut off' }
    const { record } = await run(frames, { interfaces: [{ drops: 3 }], fault }, { connectionsMax: 1 })
    expect(record).toEqual({
      kind: 'capture',
      tap: '',
      path: 'a.pcapng',
      sha256: null,
      format: 'pcapng',
      linkTypes: ['LINKTYPE_ETHERNET (1)'],
      packets: 7,
      bytes: frames.reduce((sum, f) => sum + (f.wireLength ?? f.bytes.length), 0),
      start: T - seconds(5),
      end: T + 1,
      quality: {
        truncatedPackets: 2,
        malformedPackets: 0,
        unparsedPackets: 2,
        missingSegments: 0,
        oneWayConnections: 2,
        outOfOrderPackets: 1,
        clockSteps: 1,
        evictedConnections: 1,
        untrackedSegments: 0,
        invalidResets: 1,
        interfaceDrops: 3,
        readError: 'a record is cut off (at offset 99)',
      },
      skipped: { 'not IP': 1, 'IP header cut by the snap length': 1 },
      others: {},
    })
  })

  test('of no frame', async () => {
    const { record, observations } = await run([])
    expect(observations).toEqual([])
    expect(record).toMatchObject({ packets: 0, bytes: 0, start: null, end: null, linkTypes: [] })
  })

  test('of a part of the time: the rest is not looked at, and keeps its numbers', async () => {
    const frames = [0, 1, 2, 3].map((s) => ({
      time: T + seconds(s),
      bytes: segment({ sequence: s, payload }),
    }))
    const { record, of } = await run(frames, {}, { from: T + seconds(1), to: T + seconds(2) })
    expect(record).toMatchObject({ packets: 2, start: T + seconds(1), end: T + seconds(2) })
    expect(record.outside).toEqual({ packets: 2, start: T, end: T + seconds(3) })
    expect((await run(frames)).record.outside).toBeUndefined()
    expect(of('connection-closed')[0]!.summary).toMatchObject({ firstPacket: 2, lastPacket: 3 })
  })
})

describe('what is no plain segment', () => {
  test('fragments become the segment that they were', async () => {
    const whole: TcpFrame = { ...tuple, sequence: 9, payload: new Uint8Array(60).fill(97) }
    const frames = tcpFragments(whole, 24, 5).map((bytes, i) => ({ time: T + i, bytes }))
    const { of } = await run(frames)
    expect(of('connection-closed').map((o) => o.summary.halves.map((h) => [h.packets, h.bytes]))).toEqual([
      [
        [1, 60],
        [0, 0],
      ],
    ])
  })

  test('outer fragments, and fragments inside: both become the segment that they were', async () => {
    const inside = tcpFragments({ ...tuple, link: 'raw', flags: 24, payload: new Uint8Array(60) }, 24, 7)
    const datagrams = inside.map((packet) => vxlan(7, framed(packet)).subarray(14 + 20))
    const frames = datagrams.flatMap((datagram, n) => {
      const piece = (offset: number, end?: number) =>
        ipFrame(
          { ...OUTER, identification: 100 + n, fragment: { offset, more: end !== undefined } },
          17,
          datagram.subarray(offset, end),
        )
      return [piece(0, 32), piece(32)]
    })
    const { of, record } = await run(frames.map((bytes, i) => ({ time: T + i, bytes })))
    expect(
      of('connection-closed').map(({ summary: s }) => [s.path, s.halves[0].packets, s.halves[0].bytes]),
    ).toEqual([[['vxlan 7 192.0.2.1 192.0.2.2'], 1, 60]])
    expect(record).toMatchObject({ skipped: {}, others: { 'IP fragment': frames.length + inside.length } })
  })

  test('what is unread in tunnels is counted by its reason, and what is no TCP by its name', async () => {
    const arp = ethernet(0x0806, new Uint8Array(28))
    const { record } = await run(
      [vxlan(1, arp), vxlan(2, arp), inIp(50, new Uint8Array(30)), inUdp(9, octets([1]))].map((bytes, i) => ({
        time: T + i,
        bytes,
      })),
    )
    expect(record).toMatchObject({
      skipped: { 'no IP in vxlan': 2, 'encrypted below TCP': 1 },
      others: { UDP: 1 },
      quality: { unparsedPackets: 3, malformedPackets: 0 },
    })
  })

  test('an error about a tunnel belongs to the connection in it', async () => {
    const packet = inIp(4, segment().subarray(14)).subarray(14)
    const quoting = icmpFrame({ source: '192.0.2.9', destination: OUTER.source, type: 11, payload: packet })
    const frames = [inIp(4, segment().subarray(14)), quoting, segment({ sourcePort: 1 })]
    const { of } = await run(frames.map((bytes, i) => ({ time: T + i, bytes })))
    expect(of('connection-closed').map(({ summary: s }) => s.stream)).toEqual([0, 1])
  })

  test('what parsers cannot read is counted by its reason, over all connections', async () => {
    const ambiguous = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n')
    const opens = (sourcePort: number) => [
      segment({ sourcePort, flags: SYN, sequence: 99 }),
      segment({ sourcePort, flags: 24, sequence: 100, payload: new Uint8Array(ambiguous) }),
    ]
    const cut = octets([0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1])
    const frames = [...opens(50_001), ...opens(50_002), inUdp(53, cut), inUdp(53, octets([1, 2, 3]))]
    const { record } = await run(frames.map((bytes, i) => ({ time: T + i, bytes })))
    expect(record.quality).toMatchObject({
      unparsedPackets: 0,
      unread: {
        'HTTP bodies of ambiguous length': 2,
        'malformed DNS messages': 1,
        'datagrams at the port of DNS that hold no query': 1,
      },
    })
  })

  test('holes that were not waited for, because too much came behind them, are counted', async () => {
    const head = new Uint8Array(Buffer.from('GET / HTTP/1.1\r\n'))
    const behind = Array.from({ length: HALF_HELD_BYTES_MAX / 1024 + 1 }, (_, i) =>
      segment({ flags: 24, sequence: 200 + i * 1024, payload: new Uint8Array(1024) }),
    )
    const frames = [
      segment({ flags: SYN, sequence: 99 }),
      segment({ flags: 24, sequence: 100, payload: head }),
      ...behind,
    ]
    const { record } = await run(frames.map((bytes, i) => ({ time: T + i, bytes })))
    expect(record.quality.unread).toMatchObject({
      'holes in streams given up for lack of room': 1,
    })
  })

  test('a data offset that points beyond the packet is a packet without payload', async () => {
    const broken = segment({ payload })
    broken[14 + 20 + 12] = 0xf0
    const { of } = await run([{ time: T, bytes: broken }])
    expect(of('connection-closed')[0]!.summary.halves[0]).toMatchObject({ packets: 1, bytes: 0 })
  })

  test('a segment quoted by an ICMP error takes a stream number, but is no packet', async () => {
    const quoted = segment({ sourcePort: 50_009 }).subarray(14)
    const icmp = icmpFrame({ source: '10.0.0.1', destination: '10.0.0.5', type: 3, code: 1, payload: quoted })
    const known = icmpFrame({
      source: '10.0.0.1',
      destination: '10.0.0.5',
      type: 3,
      code: 1,
      payload: segment().subarray(14),
    })
    const frames = [segment(), known, icmp, segment({ sourcePort: 50_008 })].map((bytes, i) => ({
      time: T + i,
      bytes,
    }))
    const { of, record } = await run(frames)
    expect(of('connection-closed').map(({ summary: s }) => [s.stream, s.halves[0].packets])).toEqual([
      [0, 1],
      [2, 1],
    ])
    expect(record).toMatchObject({ packets: 4, skipped: {} })
  })
})
