/** Ordinary traffic of clients, servers and paths without address translation in the way. */
import { expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import type { Device } from '../scenario/devices/device.ts'
import { RST } from '../scenario/packet.ts'
import { request, response, scenario } from '../scenario/scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { analysedFiles, only } from './analysis.ts'
import { BROWSER, PHONE, SITE, HOUR, visited, othersAreServed, tellOrdinary } from './ordinary.ts'
import type { Ordinary } from './ordinary.ts'
import { radio } from './stories.ts'

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

tellOrdinary('browsers', browsers)
tellOrdinary('servers', servers)
tellOrdinary('sleepers', sleepers)
tellOrdinary('networks', networks)

test('one direction of one host goes past the tap, and its keep-alive probes seem unanswered', async () => {
  const s = scenario()
  const { agent } = visited(s)
  agent.keepsAlive(seconds(61))
  othersAreServed(s, seconds(400))
  const isToBrowser = (frame: Buffer): boolean => frame.subarray(30, 34).equals(Buffer.from([10, 0, 0, 5]))
  const seen = only(s.captures().get('client')!, (frame) => !isToBrowser(frame))
  expect((await analysedFiles([['', seen]])).told).toEqual([])
})
