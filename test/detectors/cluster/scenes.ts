/** Servers among themselves, their load balancer's checks, and the mail server behind them. */
import { milliseconds, seconds } from '../../../src/model/time.ts'
import { loadBalancer, request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { secures } from '../../scenario/tls.ts'

export const BALANCER = '10.10.3.1',
  VIP = '10.10.2.10',
  MTA = '10.10.5.25',
  USER = '10.10.1.101'
export const clientSide = (n: number): string => `10.10.3.2${n}`
export const inner = (n: number): string => `10.10.9.2${n}`

/** Two members with an interface each for clients and for one another. */
export const cluster = (more: object = {}): object => ({
  services: [
    {
      name: 'sems',
      profile: 'generic',
      ports: [443],
      vips: [VIP],
      persistence: 'none',
      servers: [1, 2].map((n) => ({
        name: `sems${n}`,
        addresses: [clientSide(n)],
        replicationAddresses: [inner(n)],
      })),
      replication: { ports: [444] },
      ...more,
    },
  ],
  devices: [{ role: 'load-balancer', name: 'lb1', addresses: [BALANCER] }],
})

/** Two servers that pass mail on. */
export const mail = (): object => cluster({ ports: [25], smtp: { ports: [25], nextHops: [MTA] } })

const HANDLER = '10.10.4.21'
export const DATABASE = '10.10.6.33'

/** A handler of ePO; the database behind it is not mentioned. */
export const handlers = (): object => ({
  services: [
    {
      name: 'epo',
      profile: 'mcafee-epo',
      ports: [443],
      servers: [
        { name: 'ah1', addresses: [HANDLER] },
        { name: 'core', addresses: ['10.10.4.20'] },
      ],
    },
  ],
})

/** A handler asks its database, so far away, again and again. */
export function asksDatabase(away: readonly number[], from: string = HANDLER): Scenario {
  const s = scenario({ taps: { client: { latency: milliseconds(1) } } })
  for (const ms of away) {
    s.tap('client').slows(milliseconds(ms) / 2)
    s.connect(from, `${DATABASE}:1433`).agent.sends('select').receives('rows').closes()
    s.wait(seconds(60))
  }
  return s
}

/** A handler turns to its core server, or its database, and gets no connection. */
export function cannotAsk(s: Scenario, to: string = DATABASE, port = 1433): void {
  s.host(to, { side: 'servers' }).health = 'refusing'
  s.connect(HANDLER, `${to}:${port}`)
  s.wait(seconds(20))
}

/** One member connects to another one and sends what is new. */
export function replicates(
  s: Scenario,
  from: number,
  to: number,
  certificate: Uint8Array | null = null,
  address = inner,
): void {
  const conversation = s.connect(address(from), `${address(to)}:444`)
  if (certificate === null) conversation.agent.sends('x'.repeat(3000)).receives('ok')
  else secures(conversation, { chain: [certificate], nonce: 50 + from })
  s.wait(seconds(1))
  conversation.agent.closes()
  s.wait(seconds(1))
}

/** A member cannot be reached by another one. */
export function cannotReplicate(s: Scenario, health: 'refusing' | 'silent' = 'refusing'): void {
  s.host(inner(2), { side: 'servers' }).health = health
  s.connect(inner(1), `${inner(2)}:444`)
  s.wait(seconds(20))
}

/** What a server says to a check: a greeting after so many seconds, another reply, or nothing. */
export type Greeting = { readonly after?: number; readonly reply?: string } | 'nothing' | 'hangs up'

/** The load balancer checks a server, as `option smtpchk` does. */
export function checks(s: Scenario, greeting: Greeting = {}, to = `${clientSide(1)}:25`): void {
  const { agent, server } = s.connect(BALANCER, to)
  if (greeting === 'nothing') {
    s.wait(seconds(3))
    agent.closes()
  } else if (greeting === 'hangs up') server.closes()
  else {
    s.wait(seconds(greeting.after ?? 0))
    const { reply = '220 sems1 ESMTP' } = greeting
    server.sends(`${reply}\r\n`)
    if (reply.startsWith('220')) agent.sends('HELO localhost\r\n').receives('250 sems1\r\n')
    agent.closes()
  }
  s.wait(seconds(3))
}

/** A server tries to pass mail on. */
export function passesOn(s: Scenario, health: 'up' | 'refusing' | 'silent', to = MTA, server = 1): void {
  s.host(to, { side: 'servers' }).health = health
  const conversation = s.connect(clientSide(server), `${to}:25`)
  if (health === 'up') conversation.agent.receives('220 mta ESMTP\r\n').closes()
  s.wait(seconds(health === 'silent' ? 20 : 2))
}

/** A web session through a load balancer: what is asked, of which member, and what it answers. */
export type Click = readonly [member: 1 | 2, method: string, target: string, status: number, session?: string]

export function clicks(list: readonly Click[], pause = seconds(2)): Scenario {
  const s = scenario().behind(
    loadBalancer({
      vip: { address: VIP, port: 80 },
      address: BALANCER,
      idle: seconds(600),
      manner: 'fin',
      pick: (n) => clientSide(list[n]![0]),
    }),
  )
  for (const [, method, target, status, session = 'a'] of list) {
    const { agent } = s.connect(USER, `${VIP}:80`)
    agent.sends(request(method, target, { cookie: `SID=${session}` })).receives(response({}, status))
    agent.closes()
    s.wait(pause)
  }
  return s
}

export const web = (): object => cluster({ ports: [80], web: { sessionCookies: ['SID'] } })
