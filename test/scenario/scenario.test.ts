import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { milliseconds, seconds } from '../../src/model/time.ts'
import { ACK, FIN, PSH, RST, SYN } from './packet.ts'
import type { Packet } from './packet.ts'
import {
  endpointOf,
  firewall,
  forwarder,
  loadBalancer,
  nat,
  request,
  response,
  scenario,
} from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { TSHARK, tsharkComplaints, tsharkFields } from './tshark.ts'

const AGENT = '10.0.0.5',
  SERVER = '192.0.2.10:10443',
  VIP = endpointOf('10.10.2.10:80')

/** `> SYN`, `< SYN ACK`, `> PSH ACK 9`: direction, flags and octets of every packet that a tap has seen. */
function played(s: Scenario, tap = 'client', port = 10_443): string[] {
  const names = [
    [SYN, 'SYN'],
    [FIN, 'FIN'],
    [RST, 'RST'],
    [PSH, 'PSH'],
    [ACK, 'ACK'],
  ] as const
  return s.tap(tap).packets.map((packet: Packet) => {
    const flags = names.filter(([bit]) => (packet.flags & bit) !== 0).map(([, name]) => name)
    const octets = packet.payload.length === 0 ? [] : [packet.payload.length]
    return [packet.destination.port === port ? '>' : '<', ...flags, ...octets].join(' ')
  })
}

const OPENED = ['> SYN', '< SYN ACK', '> ACK']

describe('a conversation', () => {
  test('opens, speaks with acknowledgments on the way, and closes', () => {
    const s = scenario()
    const { agent, server } = s.connect(AGENT, SERVER)
    agent.sends('heartbeat').receives('ok')
    s.wait(seconds(1))
    server.closes()
    expect(played(s)).toEqual([
      ...OPENED,
      '> PSH ACK 9',
      '< PSH ACK 2',
      '> ACK',
      '< FIN ACK',
      '> ACK',
      '> FIN ACK',
      '< ACK',
    ])
    expect([agent.received, server.received]).toEqual(['ok', 'heartbeat'])
  })

  test('stays half open when a host does not close too', () => {
    const s = scenario()
    s.host(AGENT, { closesToo: false })
    const { server } = s.connect(AGENT, SERVER)
    server.closes()
    expect(played(s)).toEqual([...OPENED, '< FIN ACK', '> ACK'])
  })

  test.each([['resets'], ['aborts']] as const)('%s: a reset with the own next sequence number', (word) => {
    const s = scenario()
    const { agent } = s.connect(AGENT, SERVER)
    agent.sends('x')[word]()
    const [, , , data, reset] = s.tap('client').packets
    expect(played(s).at(-1)).toBe('> RST ACK')
    expect(reset!.sequence - data!.sequence).toBe(1)
    expect(reset!.window).toBe(0)
  })

  test('what comes for a forgotten connection is refused as RFC 9293 says', () => {
    const s = scenario()
    const { agent, server } = s.connect(AGENT, SERVER)
    server.forgets()
    agent.sends('x')
    const [data, reset] = s.tap('client').packets.slice(-2)
    expect(played(s).slice(-2)).toEqual(['> PSH ACK 1', '< RST'])
    expect(reset!.sequence).toBe(data!.acknowledgment)
  })

  test('a silent host: six tries, each after twice the time, then nothing', () => {
    const s = scenario()
    const { agent } = s.connect(AGENT, SERVER)
    s.host('192.0.2.10').health = 'silent'
    agent.sends('x')
    s.wait(seconds(60))
    expect(played(s)).toEqual([...OPENED, ...Array.from({ length: 6 }, () => '> PSH ACK 1')])
    expect(agent.end.state).toBe('dead')
  })

  test('a refusing host resets the SYN, and its party cannot act', () => {
    const s = scenario()
    s.host('192.0.2.10', { side: 'servers' }).health = 'refusing'
    const { server } = s.connect(AGENT, SERVER)
    expect(played(s)).toEqual(['> SYN', '< RST ACK'])
    expect(() => server.sends('x')).toThrow(
      'nobody accepted the connection from 10.0.0.5 to 192.0.2.10:10443',
    )
  })

  test('keep-alives by hand, on schedule, and in vain', () => {
    const s = scenario()
    const { agent } = s.connect(AGENT, SERVER)
    agent.keepAlive().keepsAlive(seconds(60))
    s.wait(seconds(61))
    expect(played(s).slice(3)).toEqual(['> ACK', '< ACK', '> ACK', '< ACK'])
    s.host('192.0.2.10').health = 'silent'
    s.wait(seconds(90))
    expect(played(s).slice(7)).toEqual([...Array.from({ length: 10 }, () => '> ACK'), '> RST ACK'])
  })

  test('a server may open one to an agent', () => {
    const s = scenario()
    s.host('192.0.2.10', { side: 'servers' })
    const { agent, server } = s.connect('192.0.2.10', `${AGENT}:8081`)
    agent.sends('wake up')
    expect(server.received).toBe('wake up')
    expect(s.tap('client').packets[0]!.source.address).toBe('192.0.2.10')
  })
})

describe('determinism', () => {
  const story = (seed: number): Uint8Array => {
    const s = scenario({ seed })
    s.connect(AGENT, SERVER).agent.sends('x')
    return s.captures().get('client')!
  }
  test('the same story gives the same octets, another seed others', () => {
    expect(story(1)).toEqual(story(1))
    expect(story(1)).not.toEqual(story(2))
  })
  test('save writes what captures answers', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-story-'))
    const s = scenario().behind(firewall({ idle: seconds(1), forgets: 'silently' }))
    s.connect(AGENT, SERVER)
    const written = s.save(folder).map((path) => new Uint8Array(readFileSync(path)))
    expect(written).toEqual([s.captures().get('client'), s.captures().get('server')])
    rmSync(folder, { recursive: true })
  })
})

describe('firewall', () => {
  const silent = (forgets: 'silently' | 'rst-on-next' | 'rst-both', idle = seconds(301)) => {
    const s = scenario().behind(firewall({ idle: seconds(300), forgets, hopLimit: 60, resetWindow: 9300 }))
    const { agent, server } = s.connect(AGENT, SERVER)
    agent.sends('heartbeat').receives('ok')
    s.wait(idle)
    return { s, agent, server }
  }
  test('a silence that is short enough is survived', () => {
    const { s, agent, server } = silent('rst-on-next', seconds(299))
    agent.sends('again')
    expect(server.received).toBe('heartbeatagain')
    expect(played(s, 'server').at(-1)).toBe('> PSH ACK 5')
  })
  test('silently: the next segment and its repetitions vanish', () => {
    const { s, agent } = silent('silently')
    agent.sends('again')
    s.wait(seconds(2))
    expect(played(s).slice(6)).toEqual(['> PSH ACK 5', '> PSH ACK 5', '> PSH ACK 5'])
    expect(played(s, 'server')).toEqual([...OPENED, '> PSH ACK 9', '< PSH ACK 2', '> ACK'])
  })
  test('rst-on-next: the next segment draws a reset in the name of the peer, which hears nothing', () => {
    const { s, agent } = silent('rst-on-next')
    agent.sends('again')
    expect(played(s).slice(6)).toEqual(['> PSH ACK 5', '< RST'])
    expect(s.tap('client').packets.at(-1)).toMatchObject({
      hopLimit: 60,
      window: 9300,
      source: endpointOf(SERVER),
    })
    expect(played(s, 'server')).toHaveLength(6)
  })
  test('rst-both: each end gets one at expiry, that fits its connection', () => {
    const { s, agent, server } = silent('rst-both')
    expect(played(s).at(-1)).toBe('< RST ACK')
    expect(played(s, 'server').at(-1)).toBe('> RST ACK')
    expect([agent.end.state, server.end.state]).toEqual(['dead', 'dead'])
    const [toAgent, toServer] = [s.tap('client').packets.at(-1)!, s.tap('server').packets.at(-1)!]
    expect([toAgent.sequence, toAgent.acknowledgment]).toEqual([toServer.acknowledgment, toServer.sequence])
  })
  test('nothing is reset at expiry when both sides had closed', () => {
    const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'rst-both' }))
    s.connect(AGENT, SERVER).agent.closes()
    s.wait(seconds(301))
    expect(played(s).at(-1)).toBe('> ACK')
  })
  test('a new connection after a forgotten one passes', () => {
    const { s } = silent('silently')
    const { agent, server } = s.connect(AGENT, SERVER)
    agent.sends('new')
    expect(server.received).toBe('new')
  })
})

describe('load balancer', () => {
  const balanced = (manner: 'fin' | 'rst' | 'forget', injects?: (server: string) => string | null) =>
    scenario().behind(
      loadBalancer({
        vip: VIP,
        address: '10.10.3.1',
        idle: seconds(15),
        manner,
        pick: (n) => ['10.10.3.11', '10.10.3.12'][n % 2]!,
        ...(injects === undefined ? {} : { injects }),
      }),
    )
  test('two connections, one on each side, to the servers in turn', () => {
    const s = balanced('fin')
    const first = s.connect(AGENT, '10.10.2.10:80'),
      second = s.connect('10.0.0.6', '10.10.2.10:80')
    first.agent.sends('one').receives('eins')
    expect([first.server.received, first.agent.received]).toEqual(['one', 'eins'])
    expect(first.server.end.local).toEqual(endpointOf('10.10.3.11:80'))
    expect(second.server.end.local).toEqual(endpointOf('10.10.3.12:80'))
    expect(first.server.end.remote.address).toBe('10.10.3.1')
  })
  test.each([
    ['fin', '> FIN ACK', '< FIN ACK'],
    ['rst', '> RST ACK', '< RST ACK'],
  ] as const)('%s at expiry, to the server first', (manner, toServer, toAgent) => {
    const s = balanced(manner)
    const { agent } = s.connect(AGENT, '10.10.2.10:80')
    agent.sends('one')
    const before = { client: s.tap('client').packets.length, server: s.tap('server').packets.length }
    s.wait(seconds(16))
    expect(played(s, 'server', 80).slice(before.server + 1)[0]).toBe(toServer)
    expect(played(s, 'client', 80).slice(before.client + 1)[0]).toBe(toAgent)
  })
  test('forget: nothing at expiry, and the next segment draws a reset', () => {
    const s = balanced('forget')
    const { agent } = s.connect(AGENT, '10.10.2.10:80')
    s.wait(seconds(16))
    expect(played(s, 'client', 80)).toEqual(OPENED)
    agent.sends('x')
    expect(played(s, 'client', 80).slice(3)).toEqual(['> PSH ACK 1', '< RST'])
  })
  test('what one side ends, the other learns in kind', () => {
    const s = balanced('fin')
    s.connect(AGENT, '10.10.2.10:80').agent.aborts()
    expect(played(s, 'server', 80).at(-1)).toBe('> RST ACK')
    s.connect(AGENT, '10.10.2.10:80').server.closes()
    expect(played(s, 'client', 80).slice(-4)).toEqual(['< FIN ACK', '> ACK', '> FIN ACK', '< ACK'])
  })
  test('a cookie of its own goes into the response', () => {
    const s = balanced('fin', (server) => `SERVERID=${server}; path=/`)
    const { agent, server } = s.connect(AGENT, '10.10.2.10:80')
    agent.sends(request('GET', '/omc/enroll', { cookie: 'a=b' }))
    server.sends(response({ setCookie: ['ovidCookie=1'], body: 'hello' }))
    expect(server.received).toBe(
      'GET /omc/enroll HTTP/1.1\r\nHost: server.example.com\r\nCookie: a=b\r\n\r\n',
    )
    expect(agent.received).toBe(
      'HTTP/1.1 200 OK\r\nSet-Cookie: ovidCookie=1\r\nContent-Length: 5\r\n' +
        'Set-Cookie: SERVERID=10.10.3.11; path=/\r\n\r\nhello',
    )
  })
})

describe('address translation', () => {
  test('static: the server sees the outside address, and reaches the agent by it', () => {
    const s = scenario().behind(nat({ map: { [AGENT]: '203.0.113.5' } }))
    const { agent, server } = s.connect(AGENT, SERVER)
    agent.receives('ok')
    expect(agent.received).toBe('ok')
    expect(server.end.remote).toEqual({ address: '203.0.113.5', port: 49_152 })
    s.host('192.0.2.99', { side: 'servers' })
    expect(s.connect('192.0.2.99', '203.0.113.5:8081').server.end.local.address).toBe(AGENT)
  })
  test('shared: every connection has an outside port of its own', () => {
    const s = scenario().behind(
      nat({ map: { [AGENT]: '203.0.113.5', '10.0.0.6': '203.0.113.5' }, ports: 'allocated' }),
    )
    const ports = [AGENT, '10.0.0.6'].map((agent) => s.connect(agent, SERVER).server.end.remote.port)
    expect(ports).toEqual([20_000, 20_001])
  })
  test('changed under an open connection: the server resets what it does not know', () => {
    const s = scenario().behind(
      nat({
        map: { [AGENT]: '203.0.113.5' },
        changesAt: [{ after: seconds(60), map: { [AGENT]: '203.0.113.6' } }],
      }),
    )
    const { agent, server } = s.connect(AGENT, SERVER)
    s.wait(seconds(61))
    agent.sends('x')
    expect(played(s).slice(3)).toEqual(['> PSH ACK 1', '< RST'])
    expect(
      s
        .tap('server')
        .packets.slice(-2)
        .map((p) => p.source.address),
    ).toEqual(['203.0.113.6', '192.0.2.10'])
    server.sends('to the old address')
    expect(played(s).slice(5)).toEqual([])
  })
})

test('a forwarder changes the address of the server and nothing else', () => {
  const s = scenario().behind(forwarder({ vip: VIP, pick: (n) => `10.10.3.1${n + 1}` }))
  const { agent, server } = s.connect(AGENT, '10.10.2.10:80')
  agent.sends('x').receives('y')
  expect([server.received, agent.received]).toEqual(['x', 'y'])
  const [outside, inside] = [s.tap('client').packets, s.tap('server').packets]
  expect(inside.map((p) => p.sequence)).toEqual(outside.map((p) => p.sequence))
  expect(inside[0]!.destination.address).toBe('10.10.3.11')
  expect(outside[1]!.source).toEqual(VIP)
})

describe('a tap', () => {
  const sixSegments = (before: (s: Scenario) => void) => {
    const s = scenario()
    const { agent, server } = s.connect(AGENT, SERVER)
    before(s)
    agent.sends('x'.repeat(6 * 1448))
    s.wait(seconds(1))
    return { s, server }
  }
  test.runIf(TSHARK)('missed packets: something acknowledged was not seen', () => {
    const { s, server } = sixSegments((story) => story.tap('client').misses(1))
    expect(server.received).toHaveLength(6 * 1448)
    expect(tsharkComplaints(s.captures().get('client')!)).toEqual({
      4: ['lost_segment'],
      9: ['ack_lost_segment'],
    })
  })
  test.runIf(TSHARK)('loss after the tap: duplicate acknowledgments and a retransmission', () => {
    const { s, server } = sixSegments((story) => story.tap('client').loses(1))
    expect(server.received).toHaveLength(6 * 1448)
    const complaints = Object.values(tsharkComplaints(s.captures().get('client')!)).flat()
    expect(new Set(complaints)).toEqual(new Set(['duplicate_ack', 'retransmission', 'fast_retransmission']))
  })
  test.runIf(TSHARK)('delay before the tap: out of order', () => {
    const { s, server } = sixSegments((story) => story.tap('client').delays(1, milliseconds(1)))
    expect(server.received).toHaveLength(6 * 1448)
    expect(Object.values(tsharkComplaints(s.captures().get('client')!)).flat()).toContain('out_of_order')
  })
  test('doubled packets stand twice, two microseconds apart', () => {
    const { s } = sixSegments((story) => story.tap('client').doubles(1))
    const packets = s.tap('client').packets
    expect(packets[3]).toBe(packets[4])
  })
  test('an unknown tap is named', () => {
    expect(() => scenario().tap('server')).toThrow('no tap server; there are client')
  })
})

describe.runIf(TSHARK)('what tshark says', () => {
  test('of a clean story of two hosts with IPv6, tags and large data: nothing', () => {
    const s = scenario({ taps: { client: { frame: { vlans: [10] } } } })
    const { agent, server } = s.connect('2001:db8::5', '[2001:db8:1::10]:443')
    agent.sends('x'.repeat(50_000)).receives('y'.repeat(50_000))
    s.wait(seconds(500))
    server.closes()
    expect(tsharkComplaints(s.captures().get('client')!)).toEqual({})
  })
  test('of a clean story behind a load balancer, on both sides: nothing', () => {
    const s = scenario().behind(
      loadBalancer({
        vip: VIP,
        address: '10.10.3.1',
        idle: seconds(15),
        manner: 'fin',
        pick: () => '10.10.3.11',
      }),
    )
    const { agent, server } = s.connect(AGENT, '10.10.2.10:80')
    agent.sends(request('GET', '/'))
    server.sends(response({ body: 'x'.repeat(20_000) }))
    s.wait(seconds(20))
    for (const capture of s.captures().values()) expect(tsharkComplaints(capture)).toEqual({})
  })
  test('of keep-alives and of what a silent firewall makes of a connection', () => {
    const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'silently' }))
    const { agent } = s.connect(AGENT, SERVER)
    agent.sends('x').receives('y')
    s.wait(seconds(100))
    agent.keepAlive()
    s.wait(seconds(301))
    agent.sends('zz') // a single octet would look like a keep-alive
    s.wait(seconds(1))
    expect(tsharkComplaints(s.captures().get('client')!)).toEqual({
      7: ['keep_alive'],
      8: ['keep_alive_ack'],
      10: ['retransmission'],
      11: ['retransmission'],
    })
  })
  test('of host and path: hop limits, clocks, hardware addresses', () => {
    const s = scenario({ taps: { server: { clockAhead: milliseconds(250) } } }).behind(
      firewall({ idle: seconds(300), forgets: 'silently' }),
    )
    s.host(AGENT, { hops: 3 })
    s.connect(AGENT, SERVER)
    const fields = ['ip.ttl', 'frame.time_epoch', 'eth.src']
    const [client, server] = ['client', 'server'].map((tap) => tsharkFields(s.captures().get(tap)!, fields))
    expect(client!.map(([ttl]) => ttl)).toEqual(['125', '63', '125'])
    expect(server!.map(([ttl]) => ttl)).toEqual(['124', '64', '124'])
    expect(server![0]![1]!.slice(0, 20)).toBe('1795226400.254120000'.slice(0, 20))
    expect(client![0]![2]).not.toBe(server![0]![2])
  })
})
