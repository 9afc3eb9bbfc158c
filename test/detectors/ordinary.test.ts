/**
 * Ordinary traffic, seen without a configuration: whatever the network does here is nobody's fault, and
 * nobody is to be woken for it. What an operator may read about (info) is stated, warnings and worse are not
 * allowed.
 */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import type { Device } from '../scenario/devices/device.ts'
import { RST } from '../scenario/packet.ts'
import { forwarder, nat, request, response, scenario } from '../scenario/scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { analysed, analysedFiles, inOneFile, only } from './analysis.ts'
import { radio } from './stories.ts'

const BROWSER = '10.0.0.5',
  PHONE = '10.0.0.6',
  SITE = '192.0.2.10:443'
const PAGE = response({ body: 'x'.repeat(60_000) })
const HOUR = seconds(3600)

/** A page is fetched over a connection that stays open. */
function visited(s: Scenario, from = BROWSER, to = SITE) {
  const conversation = s.connect(from, to)
  conversation.agent.sends(request('GET', '/')).receives(PAGE)
  s.wait(seconds(1))
  return conversation
}

/** Somebody else is served every 20 s for `span`: the server is well, and its path too. */
function othersAreServed(s: Scenario, span: number, from = '10.0.0.77', to = SITE): void {
  const { agent } = s.connect(from, to)
  for (let passed = 0; passed < span; passed += seconds(20)) {
    agent.sends(request('GET', '/')).receives(response())
    s.wait(seconds(20))
  }
  agent.closes()
}

/** The story, what is told of it at any tap, and the taps if not all of them. */
type Ordinary = readonly [what: string, told: readonly string[], play: (s: Scenario) => void]

const browsers: readonly Ordinary[] = [
  [
    'a browser closes a connection after 65 s',
    [],
    (s) => {
      const { agent } = visited(s)
      s.wait(seconds(65))
      agent.closes()
      s.wait(seconds(10))
      visited(s)
    },
  ],
  [
    'a browser aborts a connection after five minutes',
    [],
    (s) => {
      const { agent } = visited(s)
      s.wait(seconds(300))
      agent.aborts()
      s.wait(seconds(10))
      visited(s)
    },
  ],
  [
    'a browser closes a connection that the server had forgotten: its FIN draws a RST',
    [],
    (s) => {
      const { agent, server } = visited(s)
      s.wait(seconds(120))
      server.forgets()
      agent.closes()
      visited(s)
    },
  ],
  [
    'a browser is killed, and the server answers it with what it had left to say',
    [],
    (s) => {
      const { agent, server } = visited(s)
      s.wait(seconds(90))
      agent.forgets()
      server.sends('event')
      s.wait(seconds(5))
    },
  ],
]

const servers: readonly Ordinary[] = [
  [
    'a server closes after 75 s by FIN, and the next page comes over a new connection',
    ['info server-idle-close'],
    (s) => {
      const { server } = visited(s)
      s.wait(seconds(74))
      server.closes()
      s.wait(seconds(20))
      visited(s)
    },
  ],
  [
    'a server closes after 120 s by RST, and the next page comes over a new connection',
    ['info server-idle-close'],
    (s) => {
      const { server } = visited(s)
      s.wait(seconds(120))
      server.resets()
      s.wait(seconds(20))
      visited(s)
    },
  ],
  [
    'a server forgot the connection without a word, and resets the next request',
    ['info server-idle-close'],
    (s) => {
      const { agent, server } = visited(s)
      s.wait(seconds(300))
      server.forgets()
      agent.sends(request('GET', '/next'))
      visited(s)
    },
  ],
  [
    'a server closes first for sending, and resets what still comes',
    ['info server-idle-close'],
    (s) => {
      s.host(BROWSER, { closesToo: false })
      const { agent, server } = visited(s)
      s.wait(seconds(90))
      server.closes()
      s.wait(seconds(1))
      server.forgets()
      agent.sends(request('GET', '/late'))
      visited(s)
    },
  ],
  [
    'a server restarts and closes all its idle connections at once',
    [],
    (s) => {
      const all = Array.from({ length: 6 }, (_, i) => {
        const { server } = visited(s, `10.0.0.${10 + i}`)
        s.wait(seconds(20 + i))
        return server
      })
      s.wait(seconds(100))
      for (const server of all) server.closes()
      s.wait(seconds(3))
      for (let i = 0; i < 6; i++) visited(s, `10.0.0.${10 + i}`)
    },
  ],
]

const sleepers: readonly Ordinary[] = [
  [
    'a phone sleeps: what the server pushes is not answered, others are',
    [],
    (s) => {
      const phone = visited(s, PHONE)
      othersAreServed(s, seconds(200))
      s.host(PHONE).health = 'silent'
      phone.server.sends('event')
      othersAreServed(s, seconds(60))
    },
  ],
  [
    "a phone sleeps: the server's keep-alive probes are not answered, until it gives up",
    [],
    (s) => {
      const phone = visited(s, PHONE)
      phone.server.keepsAlive(seconds(200))
      s.wait(seconds(150))
      s.host(PHONE).health = 'silent'
      othersAreServed(s, seconds(120))
    },
  ],
  [
    'a phone sleeps, misses what is pushed, and comes back half an hour later',
    [],
    (s) => {
      const phone = visited(s, PHONE)
      othersAreServed(s, seconds(200))
      s.host(PHONE).health = 'silent'
      phone.server.sends('event')
      othersAreServed(s, HOUR / 2)
      s.host(PHONE).health = 'up'
      visited(s, PHONE)
    },
  ],
  [
    'a laptop wakes after hours, finds that the server has long closed, and opens again',
    ['info server-idle-close'],
    (s) => {
      const { agent, server } = visited(s)
      s.wait(2 * HOUR)
      server.forgets()
      agent.sends(request('GET', '/'))
      visited(s)
    },
  ],
]

/** Somebody's next request meets a radio that is out; it comes back after eight seconds, and the page
 * arrives. */
function radioOut(s: Scenario): void {
  const out: { address: string | null } = { address: null }
  s.behind(radio(out))
  const { agent, server } = visited(s)
  const other = visited(s, '10.0.0.77')
  s.wait(seconds(120))
  out.address = BROWSER
  agent.sends(request('GET', '/next'))
  for (let i = 0; i < 8; i++) {
    s.wait(seconds(1))
    other.agent.sends(request('GET', '/')).receives(response())
  }
  out.address = null
  s.wait(seconds(20))
  server.sends(response())
  s.wait(seconds(400))
  agent.sends(request('GET', '/more')).receives(response())
  agent.closes()
}

/** Routers on the way, and what a stack adds to the hop limit of its resets. */
function route(way: { longer: number; resets?: number }): Device {
  return (position) => (packet, heading) => {
    const more = (packet.flags & RST) !== 0 ? (way.resets ?? 0) : 0
    position.forward({ ...packet, hopLimit: packet.hopLimit - way.longer - 1 + more }, heading)
  }
}

const networks: readonly Ordinary[] = [
  ['the radio is out just when an idle connection wakes, and the connection goes on', [], radioOut],
  [
    'the radio is out when the capture stops',
    [],
    (s) => {
      const out: { address: string | null } = { address: null }
      s.behind(radio(out))
      const { agent } = visited(s)
      const other = visited(s, '10.0.0.77')
      s.wait(seconds(120))
      out.address = BROWSER
      agent.sends(request('GET', '/next'))
      s.wait(seconds(1))
      other.agent.sends(request('GET', '/')).receives(response())
      s.wait(seconds(0.1))
    },
  ],
  [
    'the server is switched off while a connection idles, and stays off',
    [],
    (s) => {
      const { agent } = visited(s)
      visited(s, '10.0.0.77').agent.closes()
      s.wait(seconds(100))
      visited(s, '10.0.0.77').agent.closes()
      s.wait(seconds(10))
      s.host('192.0.2.10').health = 'silent'
      agent.sends(request('GET', '/'))
      s.wait(seconds(30))
      s.connect(BROWSER, SITE)
      s.wait(seconds(30))
    },
  ],
  [
    'the server is switched off while a connection idles, and is back after a minute',
    [],
    (s) => {
      const { agent } = visited(s)
      s.wait(seconds(100))
      s.host('192.0.2.10').health = 'silent'
      agent.sends(request('GET', '/'))
      s.wait(seconds(30))
      s.connect(BROWSER, SITE)
      s.wait(seconds(30))
      s.host('192.0.2.10').health = 'up'
      s.wait(seconds(30))
      visited(s)
    },
  ],
  [
    'the tap misses minutes of a busy connection, and sees the server close it later',
    [],
    (s) => {
      const { agent, server } = visited(s)
      s.tap('client').misses(60)
      for (let i = 0; i < 10; i++) {
        agent.sends(request('GET', '/')).receives(response())
        s.wait(seconds(10))
      }
      s.wait(seconds(20))
      s.tap('client').misses(0)
      server.closes()
    },
  ],
  [
    'the capture begins while connections idle, and stops while they do',
    [],
    (s) => {
      s.tap('client').misses(200)
      visited(s)
      s.wait(seconds(100))
    },
  ],
  [
    'the route grows by a hop while a connection idles, and the server closes',
    ['info server-idle-close'],
    (s) => {
      const way = { longer: 0 }
      s.behind(route(way))
      const { server } = visited(s)
      s.wait(seconds(75))
      way.longer = 1
      server.closes()
    },
  ],
  [
    'a server whose resets start at 255, its data at 64',
    ['info server-idle-close'],
    (s) => {
      s.behind(route({ longer: 0, resets: 255 - 64 }))
      const { server } = visited(s)
      s.wait(seconds(75))
      server.resets()
      s.wait(seconds(20))
      visited(s)
    },
  ],
]

const NAT_ALL = { '10.0.0.5': '203.0.113.1', '10.0.0.6': '203.0.113.1', '10.0.0.77': '203.0.113.1' }
const shared = (): Device => nat({ map: NAT_ALL, ports: 'allocated' })
const checksIn = (s: Scenario, guid: string, from: string, to = '192.0.2.30:80'): void => {
  const { agent } = s.connect(from, to)
  agent.sends(request('POST', `/spipe/pkg?AgentGuid={${guid}}&Source=Agent_3.0.0`)).receives(response())
  agent.closes()
}

const translated: readonly Ordinary[] = [
  [
    'hosts behind one address: one sleeps, the others go on',
    [],
    (s) => {
      s.behind(shared())
      const { server } = visited(s)
      othersAreServed(s, seconds(100), PHONE)
      s.host(BROWSER).health = 'silent'
      server.sends('event')
      othersAreServed(s, seconds(60), PHONE)
    },
  ],
  [
    'DLP agents behind one address: one laptop sleeps, the others poll',
    [],
    (s) => {
      s.behind(shared())
      const { server } = visited(s, BROWSER, '192.0.2.10:10443')
      othersAreServed(s, seconds(100), PHONE, '192.0.2.10:10443')
      s.host(BROWSER).health = 'silent'
      server.sends('event')
      s.wait(seconds(5))
      for (let i = 0; i < 3; i++) othersAreServed(s, seconds(20), PHONE, '192.0.2.10:10443')
    },
  ],
  [
    'agents behind one address, each with a server of its own',
    [],
    (s) => {
      s.behind(shared())
      for (let i = 0; i < 4; i++) {
        for (const [from, server] of [
          [BROWSER, '192.0.2.10'],
          [PHONE, '192.0.2.11'],
        ] as const) {
          visited(s, from, `${server}:10443`).agent.closes()
          s.wait(seconds(30))
        }
      }
    },
  ],
  [
    'a laptop goes from the office, where many share an address, to home, and back',
    [],
    (s) => {
      s.behind(shared())
      for (let i = 0; i < 3; i++) {
        checksIn(s, 'A', BROWSER)
        checksIn(s, 'B', PHONE)
        s.wait(seconds(10))
      }
      s.wait(HOUR)
      checksIn(s, 'A', '198.51.100.9')
      s.wait(seconds(5))
      checksIn(s, 'B', PHONE)
      s.wait(HOUR)
      checksIn(s, 'A', BROWSER)
      checksIn(s, 'B', PHONE)
    },
  ],
  [
    'a laptop leaves the office within seconds: a mobile network takes over',
    [],
    (s) => {
      s.behind(shared())
      for (let i = 0; i < 3; i++) {
        checksIn(s, 'A', BROWSER)
        checksIn(s, 'B', PHONE)
        s.wait(seconds(10))
      }
      checksIn(s, 'A', '198.51.100.9')
      checksIn(s, 'B', PHONE)
    },
  ],
]

const moving: readonly Ordinary[] = [
  [
    'a laptop on the dock and off it: two addresses in turn',
    [],
    (s) => {
      for (const from of ['10.0.0.5', '10.0.1.5', '10.0.0.5', '10.0.1.5', '10.0.0.5']) {
        checksIn(s, 'A', from)
        s.wait(HOUR)
      }
    },
  ],
  [
    'two machines cloned with one GUID',
    [],
    (s) => {
      for (let i = 0; i < 4; i++) {
        checksIn(s, 'A', '10.0.0.5')
        s.wait(HOUR / 2)
        checksIn(s, 'A', '10.0.0.9')
        s.wait(HOUR / 2)
      }
    },
  ],
  [
    'leases of addresses go round',
    [],
    (s) => {
      for (let day = 0; day < 4; day++) {
        for (const [i, guid] of ['A', 'B', 'C'].entries()) {
          checksIn(s, guid, `10.0.0.${10 + ((i + day) % 3)}`)
          s.wait(seconds(300))
        }
        s.wait(HOUR)
      }
    },
  ],
  [
    'agents restart, and a lease goes to another at once',
    [],
    (s) => {
      checksIn(s, 'A', '10.0.0.5')
      checksIn(s, 'B', '10.0.0.6')
      s.wait(seconds(20))
      checksIn(s, 'A', '10.0.0.6')
      checksIn(s, 'B', '10.0.0.5')
    },
  ],
]

const servedByMany: readonly Ordinary[] = [
  [
    'one user, two VPN gateways on port 10443 that have nothing to do with each other',
    [],
    (s) => {
      for (const to of ['192.0.2.10:10443', '198.51.100.20:10443', '192.0.2.10:10443']) {
        visited(s, BROWSER, to).agent.closes()
        s.wait(HOUR)
      }
    },
  ],
  [
    'a SEPM client picks at random among the managers of its list',
    [],
    (s) => {
      for (const to of [31, 32, 31, 33]) {
        const { agent } = s.connect(BROWSER, `192.0.2.${to}:8014`)
        agent.sends(request('GET', '/secars/secars.dll?h=0A', { headers: { 'User-Agent': 'Smc' } }))
        agent.receives(response())
        agent.closes()
        s.connect('10.0.0.77', `192.0.2.${to === 31 ? 32 : 31}:8014`)
          .agent.sends('GET /')
          .closes()
        s.wait(HOUR)
      }
    },
  ],
  [
    'an ePO agent picks at random among its handlers',
    [],
    (s) => {
      for (const to of [31, 32, 31, 33]) {
        checksIn(s, 'A', BROWSER, `192.0.2.${to}:80`)
        s.wait(HOUR)
      }
    },
  ],
  [
    'a browser is passed to another server for each connection',
    [],
    (s) => {
      const vip = { address: '192.0.2.1', port: 443 }
      s.behind(forwarder({ vip, pick: (n) => `10.9.0.${11 + (n % 2)}` }))
      for (let i = 0; i < 4; i++) {
        visited(s, BROWSER, '192.0.2.1:443').agent.closes()
        s.wait(seconds(100))
      }
    },
  ],
]

describe.each([
  ['browsers', browsers],
  ['servers', servers],
  ['sleepers', sleepers],
  ['networks', networks],
  ['translated', translated],
  ['moving', moving],
  ['served by many', servedByMany],
] as const)('%s', (_title, stories) => {
  test.each(stories)('%s', async (_what, told, play) => {
    const s = scenario()
    play(s)
    const taps = [...s.captures().keys()]
    for (const seen of [...taps.map((tap) => [tap]), taps]) {
      expect([seen, (await analysed(s, { taps: seen })).told]).toEqual([seen, told])
    }
  })
})

describe('a capture of all interfaces of the device that translates', () => {
  const story = (): Scenario => {
    const s = scenario().behind(shared())
    const { agent } = visited(s)
    for (let i = 0; i < 5; i++) {
      agent.sends(request('GET', '/')).receives(PAGE)
      s.wait(seconds(70))
    }
    return s
  }

  test.each([0, 5, 30])('from frame %i on', async (first) => {
    const whole = inOneFile(story())
    expect((await analysedFiles([['', only(whole, (_frame, i) => i >= first)]])).told).toEqual([])
  })
})

test('one direction of one host goes past the tap, and its keep-alive probes seem unanswered', async () => {
  const s = scenario()
  const { agent } = visited(s)
  agent.keepsAlive(seconds(61))
  othersAreServed(s, seconds(400))
  const isToBrowser = (frame: Buffer): boolean => frame.subarray(30, 34).equals(Buffer.from([10, 0, 0, 5]))
  const seen = only(s.captures().get('client')!, (frame) => !isToBrowser(frame))
  expect((await analysedFiles([['', seen]])).told).toEqual([])
})
