/** Agents of ePO that check in every ten minutes, and wait for calls. */
import { seconds } from '../../../src/model/time.ts'
import { request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'

export const AH1 = '10.10.3.11',
  AH2 = '10.10.3.12',
  A1 = '10.10.1.101',
  A2 = '10.10.1.102',
  INTRANET = '10.10.8.8:443'

/** A GUID for an agent: `G1`. */
export const G1 = 'G1',
  G2 = 'G2'

/** `checkIn` absent: agents' own history has to tell. */
export const fleet = (checkIn: string | null = '10m', groups: readonly unknown[] = []) => ({
  services: [
    {
      name: 'epo',
      profile: 'mcafee-epo',
      ports: [80],
      servers: [
        { name: 'ah1', addresses: [AH1] },
        { name: 'ah2', addresses: [AH2] },
      ],
      ...(checkIn === null ? {} : { checkIn }),
      wakeUp: { port: 8081, within: '60s' },
    },
  ],
  groups,
})

export const INTERVAL = seconds(600)

/** One check-in; the connection is closed at once. */
export function comes(s: Scenario, guid: string, from = A1, to = AH1, path = '/spipe/pkg'): void {
  const { agent } = s.connect(from, `${to}:80`)
  agent.sends(request('POST', `${path}?AgentGuid=${guid}&Source=Agent_3.0.0`)).receives(response())
  agent.closes()
}

/** A connection of the same host to something else. */
export function browses(s: Scenario, from = A1): void {
  const { agent } = s.connect(from, INTRANET)
  agent.sends('\x16\x03\x01 hello').receives('welcome')
  agent.closes()
}

/** `times` intervals pass: whoever is named checks in at the end of each, and whoever is alive browses twice
 * in it. */
export function passes(
  s: Scenario,
  times: number,
  {
    checkIn = [],
    alive = [],
    every = INTERVAL,
  }: { checkIn?: readonly string[]; alive?: readonly string[]; every?: number },
): void {
  for (let i = 0; i < times; i++) {
    for (const part of [0.3, 0.4]) {
      s.wait(every * part)
      for (const from of alive) browses(s, from)
    }
    s.wait(every * 0.3)
    for (const from of checkIn) comes(s, from === A1 ? G1 : G2, from)
  }
}

/** A server calls an agent at its port; the agent's answer, or none, is its own matter. */
export function calls(s: Scenario, from = AH1, to = A1, port = 8081): void {
  const { agent: server } = s.connect(from, `${to}:${port}`)
  if (server.end.state !== 'established') return
  server.sends(request('POST', '/AgentWakeup')).receives(response())
  server.closes()
}

/** Agents of a group, and the handlers that they are assigned to, in order. */
export const group = (agents: readonly string[], ...servers: readonly (readonly string[])[]) => ({
  name: 'A',
  agents,
  servers: { epo: servers },
})

/** A file of the repository. */
export function fetches(
  s: Scenario,
  guid: string | null,
  from: string,
  to: string,
  file = 'ENDP/pkg1.zip',
): void {
  const { agent } = s.connect(from, `${to}:80`)
  const query = guid === null ? '' : `?AgentGuid=${guid}&Source=Agent_3.0.0`
  agent.sends(request('GET', `/Software/Current/${file}${query}`)).receives(response({ body: 'content' }))
  agent.closes()
}

/** Tries that come to nothing: so many at one server. */
export function tries(s: Scenario, times: number, from: string, to: string): void {
  for (let i = 0; i < times; i++) {
    s.connect(from, `${to}:80`)
    s.wait(seconds(1))
  }
}

/** Both hosts are there from the beginning: servers on their side. */
export function begin(): Scenario {
  const s = scenario()
  for (const address of [AH1, AH2]) s.host(address, { side: 'servers' })
  for (const address of [A1, A2]) s.host(address, { side: 'agents' })
  return s
}
