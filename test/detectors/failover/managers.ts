/** Agents with a list of managers, as stories of failover tell of them: they come every half minute, name
 * themselves, and have a minute to return. */
import { seconds } from '../../../src/model/time.ts'
import { request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'

export const SEPM1 = '10.10.4.11',
  SEPM2 = '10.10.4.12',
  SEPM3 = '10.10.4.13'
export const OFFICE = '10.10.1.',
  BRANCH = '10.10.7.'
/** Between two contacts of an agent. */
export const HEARTBEAT = seconds(30)

export const SERVICE = {
  name: 'sepm',
  profile: 'symantec-sepm',
  ports: [8014],
  persistence: 'failover',
  heartbeat: '30s',
  checkIn: '30s',
  servers: [
    { name: 'sepm1', addresses: [SEPM1] },
    { name: 'sepm2', addresses: [SEPM2] },
    { name: 'sepm3', addresses: [SEPM3] },
  ],
  failback: { expected: true, delay: '60s' },
  identity: [{ urlParameter: 'hk' }],
} as const

export const place = (name: string, net: string, ...groups: readonly (readonly string[])[]) => ({
  name,
  subnets: [`${net}0/24`],
  servers: { sepm: groups },
})

/** In the office sepm1 comes first, in the branch sepm2. */
export const SEPM = {
  services: [SERVICE],
  locations: [place('Office', OFFICE, ['sepm1'], ['sepm2']), place('Branch', BRANCH, ['sepm2'], ['sepm1'])],
}
/** The same with other words on the service. */
export const sepm = (more: object): unknown => ({ ...SEPM, services: [{ ...SERVICE, ...more }] })

export const nameOf = (n: number): string => `K${n}`
export const begin = (): Scenario => {
  const s = scenario()
  for (const server of [SEPM1, SEPM2, SEPM3]) s.host(server, { side: 'servers' })
  return s
}

/** Agent `n` is served. */
export function comes(s: Scenario, n: number, server: string, net = OFFICE): void {
  const { agent } = s.connect(`${net}${100 + n}`, `${server}:8014`)
  agent.sends(request('GET', `/secars/secars.dll?hk=${nameOf(n)}`)).receives(response())
  agent.closes()
  s.wait(seconds(0.5))
}

/** Agent `n` tries, and is refused. */
export function fails(s: Scenario, n: number, server: string, net = OFFICE): void {
  s.host(server).health = 'refusing'
  s.connect(`${net}${100 + n}`, `${server}:8014`)
  s.wait(seconds(0.5))
  s.host(server).health = 'up'
}

/** Half a minute in which each agent comes to a server: `[1, SEPM1]`. */
export function passes(s: Scenario, rounds: number, ...visits: readonly (readonly [number, string])[]): void {
  for (let round = 0; round < rounds; round++) {
    for (const [n, server] of visits) comes(s, n, server)
    s.wait(HEARTBEAT - seconds(visits.length))
  }
}

/** Agents at the first server; it is out, and each turns to the second. */
export function failedOver(agents: readonly number[] = [1, 2]): Scenario {
  const s = begin()
  passes(s, 2, ...agents.map((n) => [n, SEPM1] as const))
  for (const n of agents) fails(s, n, SEPM1)
  for (const n of agents) comes(s, n, SEPM2)
  s.wait(HEARTBEAT)
  return s
}
/** What is told of it. */
export const FAILED_OVER = ['info server-outage', 'info server-outage', 'info failover', 'info failover']
