/** Ordinary traffic behind address translation, on the move, and behind load balancers. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import type { Device } from '../scenario/devices/device.ts'
import { forwarder, nat, request, response, scenario } from '../scenario/scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { analysedFiles, inOneFile, only } from './analysis.ts'
import { BROWSER, PHONE, PAGE, HOUR, visited, othersAreServed, tellOrdinary } from './ordinary.ts'
import type { Ordinary } from './ordinary.ts'

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

tellOrdinary('translated', translated)
tellOrdinary('moving', moving)
tellOrdinary('served by many', servedByMany)

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
