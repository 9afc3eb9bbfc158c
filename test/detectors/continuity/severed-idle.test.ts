import { expect, test } from 'vitest'
import { severedIdle } from '../../../src/detectors/continuity/severed-idle.ts'
import { seconds } from '../../../src/model/time.ts'
import { firewall, nat, scenario, type Scenario } from '../../scenario/scenario.ts'
import { analysed, analysedFiles, inShort, only } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, A2, attach, balancer, DLP, DLP1, DLP2, HOST_FAILS, radio, STORIES } from '../stories.ts'
import { AT_VIP, DIRECT, forgetting, rebound } from './idle.ts'

test('a server that speaks first finds a named agent gone, which comes back at once', async () => {
  const s = scenario().behind(forgetting('silently'))
  const { server } = attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(310))
  server.sends('new policy')
  s.wait(seconds(20))
  attach(s, 'A1', A1, DIRECT)
  const told = (await analysed(s, { config: DLP, taps: ['server'] })).findings('severed-idle').map(inShort)
  expect(told).toEqual([
    'info severed-idle 311.051 server | A1 10.10.1.101 at dlp1 | middlebox | silent silent | server 46, server 47, server 51, server 53',
  ])
})

test('a device that forgets one direction only: what the server says of itself is no answer', async () => {
  const state = { forgotten: false }
  const s = scenario().behind((position) => (packet, heading) => {
    const dropped = state.forgotten && heading === 'to-servers' && packet.source.address === A1
    if (!dropped) position.forward(packet, heading)
  })
  const other = attach(s, 'A2', A2, DIRECT).agent
  const { agent, server } = attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(310))
  state.forgotten = true
  agent.sends('report')
  s.wait(seconds(5))
  other.sends('ping').receives('pong')
  server.sends('heartbeat')
  s.wait(seconds(15))
  const told = (await analysed(s, { config: DLP, taps: ['client'] })).findings('severed-idle').map(inShort)
  expect(told).toEqual([
    'critical severed-idle 312.101 client | A1 10.10.1.101 at dlp1 | middlebox | silent silent | client 92, client 93, client 97',
  ])
})

test('an agent that goes elsewhere gave up, though not all that it tried was captured', async () => {
  const s = scenario().behind(forgetting('silently'))
  const { agent } = attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(310))
  agent.sends('report')
  s.wait(seconds(4))
  attach(s, 'A2', A2, DIRECT)
  attach(s, 'A1', A1, `${DLP2}:8000`)
  s.wait(seconds(20))
  const told = async (most: number): Promise<readonly string[]> => {
    let tried = 0
    const isWanted = (frame: Buffer): boolean => !frame.includes('report') || ++tried <= most
    const client = only(s.captures().get('client')!, isWanted)
    return (await analysedFiles([['client', client]], DLP)).told
  }
  expect(await told(4)).toContain('critical severed-idle')
  expect(await told(3)).not.toContain('critical severed-idle') // two retransmissions
})

/** Without the FINs of that host. */
const withoutFins = (address: readonly number[], capture: Uint8Array): Uint8Array =>
  only(
    capture,
    (frame) => (frame[TCP_FLAGS_AT]! & 1) === 0 || !frame.subarray(26, 30).equals(Buffer.from(address)),
  )
const TCP_FLAGS_AT = 14 + 20 + 13

test('the load balancer closed first, though its FIN towards the server was not captured', async () => {
  const captures = [...STORIES['severed-idle'].play().captures()].map(
    ([tap, bytes]) => [tap, tap === 'server' ? withoutFins([10, 10, 3, 1], bytes) : bytes] as const,
  )
  const { told } = await analysedFiles(captures, DLP)
  expect(told).toEqual(['critical severed-idle', 'warning reconnect-overhead'])
})

test('a timer is one though the server ends others at the same instant', async () => {
  const s = scenario().behind(balancer('fin'))
  attach(s, 'A1')
  const cut = s.now + seconds(299)
  const others = ['A2', 'A3'].map((name, n) => {
    s.wait(seconds(30))
    return attach(s, name, `10.10.1.11${n}`, DIRECT).server
  })
  s.wait(cut - s.now)
  for (const server of others) server.closes()
  s.wait(seconds(20))
  attach(s, 'A1')
  const analysis = await analysed(s, { config: DLP })
  expect(analysis.told.filter((text) => text.endsWith('severed-idle'))).toEqual(['critical severed-idle'])
})

test('how an incident reads', async () => {
  const s = scenario().behind(balancer('fin'))
  const others = ['A2', 'A3', 'A4'].map((name, i) => attach(s, name, `10.10.1.${110 + i}`).agent)
  attach(s, 'A1')
  for (let i = 0; i < 3; i++) {
    s.wait(seconds(240))
    for (const agent of others) agent.sends('ping').receives('pong')
  }
  const { title, summary, remedy, filter, occurrences, agents, details, requirements } = (
    await analysed(s, { config: DLP, taps: ['client'] })
  ).incident('severed-idle')
  expect({ title, summary, remedy, filter, occurrences, agents, requirements }).toEqual({
    title: 'The load balancer 10.10.2.10 severs idle connections after 300 s',
    summary:
      '1 idle connection of 1 agent to dlp was severed by a FIN after 300.0 s without a packet. Silences of up to 240.0 s were survived. The agents had not closed them; that the server had not, captures of both sides would prove.',
    remedy:
      'Raise the idle timeout of the load balancer 10.10.2.10 above the longest silence that the product needs, or switch it off for this service; until then, a keep-alive every 239.2 s or less keeps the connections open.',
    filter: '(ip.addr == 10.10.1.101 && tcp.port == 49152 && ip.addr == 10.10.2.10 && tcp.port == 8000)',
    occurrences: 1,
    agents: 1,
    requirements: ['S0-04', 'S0-15', 'X-01'],
  })
  expect(details).toEqual({
    signature: 'fin',
    silenceSeconds: 300.01,
    timer: {
      lowerSeconds: 299.01,
      upperSeconds: 300.01,
      survived: 3,
      severed: 1,
      candidates: ['Envoy HTTP (ECS Service Connect) (300 s)'],
      safeKeepAliveSeconds: 239.2,
    },
    attribution: [
      { test: 'closed by the relay', weight: 2, observed: 'the FIN comes from the virtual address' },
    ],
  })
})

/** An agent whose application probes twice a second after a silence. */
function probing(): Scenario {
  const s = scenario()
  const { agent } = attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(120))
  for (let i = 0; i < 10; i++) {
    agent.keepAlive()
    s.wait(seconds(0.5))
  }
  return spare(s)
}

const isFromServer = (frame: Buffer): boolean => frame.subarray(26, 30).equals(Buffer.from([10, 10, 3, 11]))

const spare = (s: Scenario): Scenario => {
  attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(20))
  return s
}

keepsQuiet(severedIdle, {
  'the agent closed the connection itself': [
    {
      config: DLP,
      play() {
        const s = scenario()
        const { agent } = attach(s, 'A1', A1, AT_VIP)
        s.wait(seconds(120))
        agent.closes()
        return s
      },
    },
    {
      config: DLP, // and its FIN was not captured, only the answer to it
      cut: (capture) => withoutFins([10, 10, 1, 101], capture),
      play() {
        const s = scenario()
        const { agent } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(120))
        agent.closes()
        return spare(s)
      },
    },
    {
      config: DLP, // behind the load balancer its FIN looks like the load balancer's own
      play() {
        const s = scenario().behind(balancer('fin'))
        const { agent } = attach(s, 'A1')
        s.wait(seconds(120))
        agent.closes()
        s.wait(seconds(20))
        attach(s, 'A1')
        return s
      },
    },
    {
      config: DLP,
      play() {
        const s = scenario().behind(balancer('rst'))
        const { agent } = attach(s, 'A1')
        s.wait(seconds(120))
        agent.aborts()
        s.wait(seconds(20))
        attach(s, 'A1')
        return s
      },
    },
    {
      config: DLP, // what the servers' side sees of it is the load balancer's own reset
      taps: ['server'],
      play() {
        const s = scenario().behind(balancer('rst'))
        const { agent } = attach(s, 'A1')
        s.wait(seconds(120))
        agent.aborts()
        s.wait(seconds(200))
        attach(s, 'A1')
        return s
      },
    },
  ],
  'the server closed it, by its own idle timeout or with its own reset': [
    { config: DLP, play: STORIES['server-idle-close'].play, told: ['info server-idle-close'] },
    {
      config: DLP, // the load balancer passes the server's FIN on
      told: ['info server-idle-close'],
      play() {
        const s = scenario().behind(balancer('fin'))
        const { server } = attach(s, 'A1')
        s.wait(seconds(120))
        server.closes()
        return s
      },
    },
    {
      config: { ...DLP, services: [{ ...DLP.services[0], serverIdleTimeout: '120s' }] },
      taps: ['client'], // behind it nothing was captured, but the time is the server's
      told: ['info server-idle-close'],
      play() {
        const s = scenario().behind(balancer('fin'))
        const { server } = attach(s, 'A1')
        s.wait(seconds(120))
        server.closes()
        return s
      },
    },
    {
      config: DLP,
      told: ['info server-idle-close'],
      play() {
        const s = scenario()
        const { server } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(120))
        server.resets()
        return s
      },
    },
    {
      config: DLP, // its reset is lost on the way to the agent
      told: ['info server-idle-close'],
      play() {
        const s = scenario().behind(forgetting('silently'))
        const { server } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(120))
        s.tap('server').loses()
        server.resets()
        return s
      },
    },
  ],
  'many connections ended at the same moment after silences of different length: a restart': [3, 4].map(
    (count) => ({
      config: DLP,
      play() {
        const s = scenario()
        const all = Array.from({ length: count }, (_, n) => {
          s.wait(seconds(30))
          return attach(s, `A${n + 1}`, `10.10.1.10${n + 1}`, AT_VIP).server
        })
        s.wait(seconds(100))
        for (const end of all) end.closes()
        return s
      },
    }),
  ),
  'the server had failed': [
    {
      config: DLP,
      play() {
        const s = scenario().behind(forgetting('rst-on-next'))
        const { agent } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(310))
        s.host(DLP1).health = 'refusing'
        agent.sends('report')
        s.connect(A2, DIRECT)
        s.wait(seconds(5))
        return s
      },
    },
    {
      config: DLP,
      play() {
        const s = scenario()
        const { agent } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(310))
        s.host(DLP1).health = 'silent'
        agent.sends('report')
        s.wait(seconds(15))
        s.connect(A1, DIRECT)
        s.wait(seconds(15))
        s.host(DLP1).health = 'up'
        return spare(s)
      },
      told: ['warning reconnect-overhead'],
    },
    {
      config: DLP, // nobody else tried: the last that was served was served before
      play() {
        const s = scenario()
        const other = attach(s, 'A2', A2, DIRECT).agent
        const { agent } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(155))
        other.sends('ping').receives('pong')
        s.wait(seconds(155))
        attach(s, 'A3', '10.10.1.103', DIRECT).agent.closes()
        s.wait(seconds(10))
        s.host(DLP1).health = 'silent'
        agent.sends('report')
        s.wait(seconds(15))
        return s
      },
    },
    {
      config: DLP, // the agent does not try it again, and goes to the other one
      play() {
        const s = scenario()
        const { agent } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(310))
        s.host(DLP1).health = 'silent'
        agent.sends('report')
        s.wait(seconds(15))
        const there = attach(s, 'A1', A1, `${DLP2}:8000`).agent
        s.wait(seconds(130))
        there.sends('ping').receives('pong')
        return s
      },
      told: ['warning reconnect-overhead'],
    },
  ],
  'the tap itself saw nothing in the meantime': {
    config: undefined, // the firewall resets after 40 s, which nobody would call idle
    taps: ['client'],
    play() {
      const s = scenario().behind(forgetting('rst-both', 40))
      const { agent } = attach(s, 'A1', A1, DIRECT)
      agent.sends('x')
      s.tap('client').misses(15)
      for (let i = 0; i < 7; i++) {
        s.wait(seconds(35))
        agent.sends('x')
      }
      s.wait(seconds(60))
      return s
    },
  },
  'the silence was shorter than the idle threshold of the service': {
    config: {
      ...DLP,
      services: [
        { ...DLP.services[0], idleThreshold: '120s' },
        { name: 'x', idleThreshold: '10s' },
      ],
    },
    play() {
      const s = scenario().behind(forgetting('rst-both', 100))
      attach(s, 'A1', A1, DIRECT)
      s.wait(seconds(110))
      return spare(s)
    },
  },
  'nobody answered for a moment, or the capture stopped before more was tried': [
    {
      config: DLP, // the server closes in good order soon after
      play() {
        const out: { address: string | null } = { address: null }
        const s = scenario().behind(radio(out))
        const other = attach(s, 'A2', A2, DIRECT).agent
        const { agent, server } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(120))
        out.address = A1
        agent.sends('report')
        for (let i = 0; i < 8; i++) {
          s.wait(seconds(1))
          other.sends('ping').receives('pong')
        }
        out.address = null
        s.wait(seconds(10))
        server.closes()
        s.wait(seconds(130))
        other.sends('ping').receives('pong')
        return s
      },
    },
    {
      config: DLP,
      play() {
        const out: { address: string | null } = { address: null }
        const s = scenario().behind(radio(out))
        const other = attach(s, 'A2', A2, DIRECT).agent
        const { agent } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(120))
        out.address = A1
        agent.sends('report')
        s.wait(seconds(1))
        other.sends('ping').receives('pong')
        return s
      },
    },
  ],
  'what does not answer is the host of the agent, which may be asleep': [
    {
      config: undefined, // DLP by its port; who comes within seconds is another agent behind the same address
      taps: ['server'],
      play() {
        const map = { [A1]: '203.0.113.5', [A2]: '203.0.113.5' }
        const s = scenario().behind(nat({ map, ports: 'allocated' }))
        const { server } = attach(s, 'A1', A1, `${DLP1}:10443`)
        s.wait(seconds(120))
        s.host(A1).health = 'silent'
        server.sends('new policy')
        s.wait(seconds(10))
        attach(s, 'A2', A2, `${DLP1}:10443`)
        return s
      },
    },
    {
      config: DLP, // it wakes a minute later
      play() {
        const s = scenario()
        const other = attach(s, 'A2', A2, DIRECT).agent
        const { server } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(120))
        s.host(A1).health = 'silent'
        server.sends('new policy')
        s.wait(seconds(60))
        other.sends('ping').receives('pong')
        s.host(A1).health = 'up'
        return spare(s)
      },
    },
  ],
  'the agent came back after a silence in which taps on both sides show nothing of it': {
    config: DLP,
    play() {
      const s = scenario().behind(firewall({ idle: seconds(86_400), forgets: 'silently' }))
      const other = attach(s, 'A2', A2, DIRECT).agent
      attach(s, 'A1', A1, DIRECT)
      for (let i = 0; i < 6; i++) {
        s.wait(seconds(100))
        other.sends('ping').receives('pong')
      }
      attach(s, 'A1', A1, DIRECT)
      return s
    },
  },
  'the other direction does not pass the tap': {
    config: DLP,
    play: probing,
    cut: (capture) => only(capture, (frame, i) => i >= 66 || !isFromServer(frame)),
  },
  'a host that failed or restarted: most connections survive such a silence': HOST_FAILS,
  'a web user, whose idle connection a relay closes by FIN between requests': {
    config: { ...DLP, services: [{ ...DLP.services[0], connections: 'web' }] },
    play: STORIES['severed-idle'].play,
  },
  'address translation lost its mapping: the server resets what comes under another tuple': {
    config: DLP,
    play: () => rebound('kept'),
    told: ['critical nat-rebind', 'warning nat-change', 'warning reconnect-overhead'],
  },
})
