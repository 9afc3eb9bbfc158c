/** Stories of addresses: who goes round the load balancer, who shares one address. */
import { seconds } from '../../../src/model/time.ts'
import { forwarder, nat, request, response, scenario } from '../../scenario/scenario.ts'
import type { Packet } from '../../scenario/packet.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { inTurn, logsIn, proxied, visits, WEB, WEP1 } from '../relayed.ts'
import type { Story } from '../stories.ts'

export const VIP = '10.10.2.10'
export const BALANCER = '10.10.3.1'
export const DLP1 = '10.10.3.11'

/** Agents that say nothing by which they could be known. */
export const NAMELESS = {
  services: [
    {
      name: 'dlp',
      profile: 'symantec-dlp',
      ports: [8000],
      vips: [VIP],
      servers: [{ name: 'dlp1', addresses: [DLP1] }],
    },
  ],
  devices: [{ role: 'load-balancer', name: 'lb1', addresses: [BALANCER] }],
} as const

export const POLLS = { services: [{ name: 'epo', profile: 'mcafee-epo', ports: [80] }] } as const

/** Connections of a relay to a server, kept for a minute. */
export function keep(
  headers: readonly Readonly<Record<string, string>>[],
  from: string = BALANCER,
): Scenario {
  const s = scenario()
  const open = headers.map((own) => {
    const { agent } = s.connect(from, `${DLP1}:8000`)
    agent.sends(request('GET', '/hello', { headers: own })).receives(response())
    return agent
  })
  s.wait(seconds(60))
  for (const agent of open) agent.closes()
  s.wait(seconds(2))
  return s
}

export const AGENTS = ['10.10.1.101', '10.10.1.102', '10.10.1.103', '10.10.1.104'] as const

/** Agents behind one outer address check in by turns. */
export function byTurns(ids: readonly string[], rounds = 3, gap = seconds(20)): Scenario {
  const map = Object.fromEntries(AGENTS.map((address) => [address, '203.0.113.5']))
  const s = scenario().behind(nat({ map, ports: 'allocated' }))
  for (let round = 0; round < rounds; round++)
    for (const [i, id] of ids.entries()) {
      const { agent } = s.connect(AGENTS[i]!, `${WEP1}:80`)
      agent.sends(request('POST', `/spipe/pkg?AgentGuid=${id}&Source=Agent_3.0.0`)).receives(response())
      agent.closes()
      s.wait(gap)
    }
  return s
}

/** Ordinary connections to one server, and some whose answers the tap at the servers does not see. */
export function sideways(hidden: readonly string[], ordinary: readonly string[]): Scenario {
  const s = scenario().behind(forwarder({ vip: { address: VIP, port: 8000 }, pick: () => DLP1 }))
  s.tap('server').overlooks(
    ({ source, destination }) => source.address === DLP1 && hidden.includes(destination.address),
  )
  for (const from of [...ordinary, ...hidden]) {
    const { agent } = s.connect(from, `${VIP}:8000`)
    agent.sends(request('GET', '/hello', { headers: { 'X-Agent-Id': from } })).receives(response())
    agent.closes()
    s.wait(seconds(3))
  }
  return s
}

const STATION = {
  balancer: [0x00, 0x94, 0xa1, 0, 0, 1],
  router: [0x00, 0x1b, 0x54, 0, 0, 2],
  virtualRouter: [0x00, 0x00, 0x5e, 0, 1, 7],
  cloud: [0x06, 0x3c, 0xd2, 0, 0, 3],
} as const
type Station = keyof typeof STATION

/** A load balancer asks the server how it is, from its own address, and hands it agents' connections under
 * theirs; the server answers those by way of another station of its segment. */
export function aside(answered: Station, asked: Station = 'balancer', connections = 3): Scenario {
  const near = ({ source, destination }: Packet): Uint8Array => {
    if (source.address === BALANCER || destination.address === BALANCER)
      return new Uint8Array(STATION.balancer)
    return new Uint8Array(STATION[destination.address === DLP1 ? asked : answered])
  }
  const s = scenario({ taps: { server: { near } } })
  s.behind(forwarder({ vip: { address: VIP, port: 8000 }, pick: () => DLP1 }))
  s.connect(BALANCER, `${DLP1}:8000`).agent.closes()
  for (let i = 0; i < connections; i++) {
    const { agent } = s.connect(AGENTS[i]!, `${VIP}:8000`)
    agent.sends(request('GET', '/hello', { headers: { 'X-Agent-Id': AGENTS[i]! } })).receives(response())
    agent.closes()
    s.wait(seconds(3))
  }
  return s
}

export const ADDRESS_STORIES = {
  'vip-bypass': {
    config: WEB,
    play() {
      const s = logsIn(proxied({ pick: inTurn }))
      return visits(s, '/b/inbox', { from: '10.10.1.107', to: `${WEP1}:80` })
    },
  },
  'return-path-bypass': {
    config: NAMELESS,
    play: () => sideways(AGENTS.slice(0, 3), ['10.10.1.111', '10.10.1.112', '10.10.1.113']),
  },
  'nat-shared': { config: POLLS, play: () => byTurns(['G1', 'G2']) },
  'snat-hides-agents': { config: NAMELESS, play: () => keep([{}, {}, {}]) },
} satisfies Readonly<Record<string, Story>>
