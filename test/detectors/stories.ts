/**
 * One story for every incident type, as an operator would tell it: the deployment as configured, and what
 * happened. Detectors' tests look at their findings closely; variants and what must stay quiet stand with
 * them.
 */
import { CADENCE_STORIES } from './cadence/stories.ts'
import { CONTINUITY_STORIES } from './continuity/stories.ts'
import { DISTRIBUTION_STORIES } from './distribution/stories.ts'
import { FAILOVER_STORIES } from './failover/stories.ts'
import { CLUSTER_STORIES } from './cluster/stories.ts'
import { TLS_STORIES } from './tls/stories.ts'
import { ADDRESS_STORIES } from './address/stories.ts'
import { RELAYED_STORIES } from './relayed.ts'
import type { IncidentType } from '../../src/model/incident.ts'
import { seconds } from '../../src/model/time.ts'
import type { Device } from '../scenario/devices/device.ts'
import type { LoadBalancerOptions } from '../scenario/devices/load-balancer.ts'
import { loadBalancer, nat, request, response, scenario } from '../scenario/scenario.ts'
import type { Conversation, Scenario } from '../scenario/scenario.ts'

export const A1 = '10.10.1.101',
  A2 = '10.10.1.102',
  DLP1 = '10.10.3.11',
  DLP2 = '10.10.3.12',
  VIP = '10.10.2.10',
  BALANCER = '10.10.3.1',
  POLICY_BYTES = 40_000

/** Agents that keep one connection to one of two servers; they say their name first. */
export const DLP = {
  services: [
    {
      name: 'dlp',
      profile: 'symantec-dlp',
      ports: [8000],
      vips: [VIP],
      servers: [
        { name: 'dlp1', addresses: [DLP1] },
        { name: 'dlp2', addresses: [DLP2] },
      ],
      identity: [{ payloadPattern: 'agent=(\\w+)' }],
    },
  ],
  devices: [{ role: 'load-balancer', name: 'lb1', addresses: [BALANCER] }],
} as const

/** Agents that come in by HTTP and name themselves. */
export const EPO = {
  services: [{ name: 'epo', profile: 'mcafee-epo', ports: [80] }],
} as const

/** Enrolment behind a load balancer, for clients that want exactly one cookie. */
export const SEMS = {
  services: [
    {
      name: 'sems',
      profile: 'symantec-sems',
      ports: [80],
      vips: [VIP],
      servers: [{ name: 'sems1', addresses: ['10.10.3.21'] }],
      enrolment: { paths: ['/omc/enroll'], singleSetCookie: true },
    },
  ],
  devices: [{ role: 'load-balancer', name: 'lb1', addresses: [BALANCER] }],
} as const

const AT_VIP = `${VIP}:8000`

/** An agent connects, says its name, and is given its policies. */
export function attach(s: Scenario, name: string, from = A1, to = AT_VIP): Conversation {
  const conversation = s.connect(from, to)
  conversation.agent.sends(`agent=${name} hello from the endpoint`).receives('p'.repeat(POLICY_BYTES))
  s.wait(seconds(1))
  return conversation
}

/** One check-in of an ePO agent: a connection, a request, an answer. */
export function checkIn(s: Scenario, guid: string, from = A1, to = `${DLP1}:80`): void {
  const { agent } = s.connect(from, to)
  agent.sends(request('POST', `/spipe/pkg?AgentGuid=${guid}&Source=Agent_3.0.0`)).receives(response())
  agent.closes()
}

/** A load balancer that ends connections after 300 s of silence. */
export const balancer = (
  manner: 'fin' | 'rst' | 'forget',
  pick = (_n: number): string => DLP1,
  port = 8000,
) => loadBalancer({ vip: { address: VIP, port }, address: BALANCER, idle: seconds(300), manner, pick })

/** Cookies that the server sets, and those that its load balancer adds. */
export function enrols(
  own: readonly string[],
  added: string | null,
  path = '/omc/enroll',
  headers: Readonly<Record<string, string>> = {},
  addressOf?: LoadBalancerOptions['addressOf'],
): Scenario {
  const s = scenario().behind(
    loadBalancer({
      vip: { address: VIP, port: 80 },
      address: BALANCER,
      idle: seconds(300),
      manner: 'fin',
      pick: () => '10.10.3.21',
      injects: () => added,
      ...(addressOf === undefined ? {} : { addressOf }),
    }),
  )
  const { agent } = s.connect(A1, `${VIP}:80`)
  agent.sends(request('POST', path, { body: 'key', headers })).receives(response({ setCookie: own }))
  s.wait(seconds(1))
  agent.closes()
  s.wait(seconds(1))
  return s
}

export interface Story {
  readonly config?: unknown
  readonly play: () => Scenario
}

export const STORIES: Readonly<Record<IncidentType, Story>> = {
  ...CADENCE_STORIES,
  ...CONTINUITY_STORIES,
  ...DISTRIBUTION_STORIES,
  ...FAILOVER_STORIES,
  ...TLS_STORIES,
  ...CLUSTER_STORIES,
  ...RELAYED_STORIES,
  ...ADDRESS_STORIES,
  'severed-idle': {
    config: DLP,
    play() {
      const s = scenario().behind(balancer('fin'))
      // the load balancer waits 300 s, then closes both sides
      attach(s, 'A1')
      s.wait(seconds(310))
      attach(s, 'A1')
      return s
    },
  },
  'server-idle-close': {
    config: DLP,
    play() {
      const s = scenario()
      const { server } = attach(s, 'A1', A1, `${DLP1}:8000`)
      s.wait(seconds(120))
      server.closes()
      return s
    },
  },
  'half-open-leftover': {
    config: DLP,
    play() {
      const s = scenario()
      s.host(DLP1, { side: 'servers', closesToo: false })
      const { agent } = attach(s, 'A1', A1, `${DLP1}:8000`)
      agent.closes() //                                   dlp1 never closes its side
      const elsewhere = attach(s, 'A1', A1, `${DLP2}:8000`)
      s.wait(seconds(70))
      elsewhere.agent.sends('report')
      return s
    },
  },
  'reconnect-overhead': {
    config: DLP,
    play() {
      const s = scenario().behind(balancer('fin'))
      attach(s, 'A1')
      s.wait(seconds(310))
      attach(s, 'A1') //                                  everything that it had is sent again
      s.wait(seconds(100))
      return s
    },
  },
  'server-hop': {
    config: DLP,
    play() {
      const s = scenario().behind(balancer('fin', (n) => [DLP1, DLP2][n % 2]!))
      attach(s, 'A1').agent.closes()
      s.wait(seconds(20))
      attach(s, 'A1').agent.closes() //                   round robin
      return s
    },
  },
  'scan-at-risk': {
    config: DLP,
    play() {
      const s = scenario().behind(balancer('fin', (n) => [DLP1, DLP2][n % 2]!))
      const { agent } = attach(s, 'A1')
      agent.sends('r'.repeat(1 << 20)) //                 what a scan found
      agent.closes()
      s.wait(seconds(20))
      attach(s, 'A1').agent.closes() //                   goes on elsewhere
      return s
    },
  },
  'nat-change': {
    config: EPO,
    play() {
      const map = { [A1]: '203.0.113.5' }
      const changed = { [A1]: '203.0.113.9' }
      const s = scenario().behind(nat({ map, changesAt: [{ map: changed, after: seconds(60) }] }))
      checkIn(s, 'G1')
      s.wait(seconds(100))
      checkIn(s, 'G1') //                                 the same host, another outer address
      return s
    },
  },
  'nat-rebind': {
    config: DLP,
    play() {
      const map = { [A1]: '203.0.113.5' }
      const changed = { [A1]: '203.0.113.9' }
      const s = scenario().behind(nat({ map, changesAt: [{ map: changed, after: seconds(20) }] }))
      const { agent } = attach(s, 'A1', A1, `${DLP1}:8000`)
      s.wait(seconds(30))
      agent.sends('report') //                            leaves under an address that the server never met
      s.wait(seconds(5))
      return s
    },
  },
  'multiple-set-cookie': {
    config: SEMS,
    play: () => enrols(['ovidCookie=a; Path=/'], 'BIGipServerp=1677787402.20480.0000; path=/'),
  },
  'duplicate-set-cookie': {
    config: SEMS,
    play: () => enrols(['JSESSIONID=a; Path=/'], 'JSESSIONID=b; Path=/'),
  },
}

/** A radio that is out for one host while `out` holds its address. */
export function radio(out: { address: string | null }): Device {
  return (position) => (packet, heading) => {
    const lost = [packet.source.address, packet.destination.address].includes(out.address ?? '')
    if (!lost) position.forward(packet, heading)
  }
}

/** A host loses its power and comes back; the connections of ten others survive a longer silence. */
export const HOST_FAILS = {
  config: DLP,
  taps: ['server'],
  play(): Scenario {
    const s = scenario()
    const to = `${DLP1}:8000`
    const held = Array.from({ length: 10 }, (_, i) => attach(s, `B${i}`, `10.10.1.${150 + i}`, to))
    attach(s, 'A1', A1, to)
    s.wait(seconds(120))
    attach(s, 'A1', A1, to)
    s.wait(seconds(100))
    for (const { agent } of held) agent.sends('report').receives('thanks')
    s.wait(seconds(1))
    return s
  },
}
