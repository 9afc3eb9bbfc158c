/** Stories of browsers and clients in front of a proxy: web sessions, enrolments, what the proxy changes. */
import { seconds } from '../../src/model/time.ts'
import type { LoadBalancerOptions } from '../scenario/devices/load-balancer.ts'
import { loadBalancer, request, response, scenario } from '../scenario/scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Story } from './stories.ts'

const USER = '10.10.1.101'
const VIP = '10.10.2.10'
const RELAY = '10.10.3.1'
export const WEP1 = '10.10.3.31'
export const WEP2 = '10.10.3.32'
export const PROXIES = ['10.10.3.2', '10.10.3.3'] as const
export const AT_VIP = `${VIP}:80`

/** Web mail on two servers behind one address, whose sessions stay where they began. */
export const WEB = {
  services: [
    {
      name: 'webmail',
      profile: 'symantec-sems',
      ports: [80],
      vips: [VIP],
      connections: 'web',
      servers: [
        { name: 'wep1', addresses: [WEP1] },
        { name: 'wep2', addresses: [WEP2] },
      ],
      enrolment: { paths: ['/omc/enroll'], singleSetCookie: true },
      web: { sessionCookies: ['JSESSIONID'], csrfFields: ['ticket'], proxies: [...PROXIES] },
    },
  ],
  devices: [{ role: 'reverse-proxy', name: 'rp1', addresses: [RELAY] }],
} as const

/** A proxy in front of the servers; all connections go to the first unless told otherwise. */
export const proxied = (options: Partial<LoadBalancerOptions> = {}): Scenario =>
  scenario().behind(
    loadBalancer({
      vip: { address: VIP, port: 80 },
      address: RELAY,
      idle: seconds(300),
      manner: 'fin',
      pick: () => WEP1,
      ...options,
    }),
  )

export const inTurn = (n: number): string => (n % 2 === 0 ? WEP1 : WEP2)

export interface Visit {
  readonly method?: string
  readonly cookie?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly status?: number
  readonly sets?: readonly string[]
  readonly page?: string
  readonly answer?: Readonly<Record<string, string>>
  readonly from?: string
  readonly to?: string
}

/** One request on a connection of its own, and a second of rest. */
export function visits(s: Scenario, target: string, visit: Visit = {}): Scenario {
  const { method = 'GET', cookie, headers, body, status = 200, sets, page, answer } = visit
  const { agent } = s.connect(visit.from ?? USER, visit.to ?? AT_VIP)
  agent.sends(
    request(method, target, {
      ...(cookie === undefined ? {} : { cookie }),
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
    }),
  )
  agent.receives(
    response(
      {
        ...(sets === undefined ? {} : { setCookie: sets }),
        ...(page === undefined ? {} : { body: page }),
        ...(answer === undefined ? {} : { headers: answer }),
      },
      status,
    ),
  )
  agent.closes()
  s.wait(seconds(1))
  return s
}

/** The response to a login begins a session. */
export const logsIn = (s: Scenario, cookie = 'JSESSIONID=5F1A9C77E0B2'): Scenario =>
  visits(s, '/b/login.e', {
    method: 'POST',
    body: 'user=u',
    sets: [`${cookie}; Path=/; HttpOnly`],
    status: 302,
  })

export const SESSION = 'JSESSIONID=5F1A9C77E0B2'
export const FORM = '<form><input type="hidden" name="ticket" value="4be1d0aa93"/></form>'

/** What a proxy makes of messages, as text. */
export const rewriting =
  (change: (message: string) => string) =>
  (octets: Uint8Array): Uint8Array =>
    new Uint8Array(Buffer.from(change(Buffer.from(octets).toString('latin1')), 'latin1'))

/** A page through a proxy that changes what passes. */
export const page = (
  change: (message: string) => string,
  visit: Visit = { page: FORM, headers: { 'X-Request-Id': 'a1' } },
): Scenario => visits(proxied({ rewrites: rewriting(change) }), '/b/form', visit)

export const RELAYED_STORIES = {
  'session-node-switch': {
    config: WEB,
    play: () => visits(logsIn(proxied({ pick: inTurn })), '/b/inbox', { cookie: SESSION }),
  },
  'proxy-node-switch': {
    config: WEB,
    play: () =>
      visits(logsIn(proxied({ addressOf: (n) => PROXIES[n % 2]! })), '/b/inbox', { cookie: SESSION }),
  },
  'payload-modified': {
    config: WEB,
    play: () =>
      page((message) => message.replace('sems1.internal', 'www.example.co'), {
        page: '<policy server="sems1.internal"/>',
        headers: { 'X-Request-Id': 'a1' },
      }),
  },
  'csrf-modified': {
    config: WEB,
    play: () => page((message) => message.replace('4be1d0aa93', 'px4be1d0aa')),
  },
  'cookie-rewritten': {
    config: WEB,
    play: () =>
      page((message) => message.replace('SID=f00', 'SID=b4r'), {
        sets: ['SID=f00; Path=/'],
        headers: { 'X-Request-Id': 'a1' },
      }),
  },
  'enrolment-failed': {
    config: WEB,
    play() {
      const s = proxied()
      for (let i = 0; i < 3; i++)
        visits(s, '/omc/enroll', { method: 'POST', body: 'key', sets: ['sid=a; Path=/'] })
      s.wait(seconds(70))
      return visits(s, '/b/other', { from: '10.10.1.150' })
    },
  },
} satisfies Readonly<Record<string, Story>>
