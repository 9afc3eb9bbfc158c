/** Agents that speak TLS to a name behind a load balancer, which passes it on, ends it or changes it. */
import { loadBalancer, request, response, scenario } from '../../scenario/scenario.ts'
import type { Conversation, Scenario } from '../../scenario/scenario.ts'
import { seconds } from '../../../src/model/time.ts'
import { certificate, type CertificateWish } from '../../scenario/certificate.ts'
import { concat } from '../../protocols/tls/craft.ts'
import { flightOf, helloOf, proxyHeader, type Secured, secures } from '../../scenario/tls.ts'

export const NAME = 'keys.example.com'
export const ONE = '10.10.3.21',
  TWO = '10.10.3.22',
  VIP = '10.10.2.10',
  BALANCER = '10.10.3.1'
export const AGENTS = ['10.10.1.101', '10.10.1.102', '10.10.1.103'] as const

/** A service of two servers behind one name, which sets no store by who goes where. */
export const keys = (more: object = {}): object => ({
  services: [
    {
      name: 'keys',
      profile: 'generic',
      fqdn: NAME,
      ports: [443],
      vips: [VIP],
      persistence: 'none',
      servers: [
        { name: 'sems1', addresses: [ONE] },
        { name: 'sems2', addresses: [TWO] },
      ],
      ...more,
    },
  ],
  devices: [{ role: 'load-balancer', name: 'lb1', addresses: [BALANCER] }],
})

type Rewrites = NonNullable<Parameters<typeof loadBalancer>[0]['rewrites']>

export const behind = (rewrites?: Rewrites, port = 443): Scenario =>
  scenario().behind(
    loadBalancer({
      vip: { address: VIP, port },
      address: BALANCER,
      idle: seconds(600),
      manner: 'fin',
      pick: (n) => [ONE, TWO][n % 2]!,
      ...(rewrites === undefined ? {} : { rewrites }),
    }),
  )

export const shown = (wish: Partial<CertificateWish> = {}): Uint8Array =>
  certificate({ name: NAME, names: [NAME], ...wish })

export interface Coming extends Partial<Secured> {
  readonly agent?: number
  readonly to?: string
}

/** An agent connects, agrees on keys, says something, and leaves a second later. */
export function comes(s: Scenario, chain: readonly Uint8Array[], coming: Coming = {}): Conversation {
  const { agent = 0, to = `${VIP}:443`, name = NAME, ...wish } = coming
  const conversation = s.connect(AGENTS[agent]!, to)
  secures(conversation, { name, chain, nonce: nextNonce(), ...wish })
  s.wait(seconds(1))
  if (wish.refuses === undefined) conversation.agent.closes()
  s.wait(seconds(1))
  return conversation
}
const nonces = { next: 1 }
const nextNonce = (): number => nonces.next++

/** Servers whose turn it is show these certificates. */
export function shownInTurn(chains: readonly (readonly Uint8Array[])[], coming: Coming = {}): Scenario {
  const s = behind()
  for (const [i, chain] of chains.entries()) comes(s, chain, { agent: i % AGENTS.length, ...coming })
  return s
}

/** What the load balancer says to the server instead of the agent's hello: a header that names the agent, and
 * a hello of its own, or none. */
const instead =
  (own: Uint8Array): Rewrites =>
  (octets, heading, agent) =>
    heading === 'to-servers' && isHello(octets)
      ? concat(proxyHeader(agent.address, agent.port, VIP), own)
      : octets

const isHello = (octets: Uint8Array): boolean => octets[0] === 22 && octets[5] === 1

/** The load balancer ends TLS, and begins it anew. */
export function reencrypted(chain: readonly Uint8Array[] = [shown()], own: Partial<Secured> = {}): Scenario {
  const s = behind(instead(helloOf({ nonce: 900, ...own })))
  comes(s, chain)
  return s
}

/** Agents come one after the other; the load balancer speaks to servers in handshakes that say nothing of
 * them. `aside`: what happens between. */
export function reencryptedBlindly(
  agents: number,
  aside: (s: Scenario, i: number) => void = () => {},
): Scenario {
  const s = behind((octets, heading, agent) =>
    heading === 'to-servers' && isHello(octets) ? helloOf({ nonce: 1000 + agent.port }) : octets,
  )
  for (let i = 0; i < agents; i++) {
    comes(s, [shown()], { agent: i % AGENTS.length, nonce: 10 + i })
    aside(s, i)
    s.wait(seconds(i))
  }
  return s
}

/** The load balancer ends TLS, and goes on in clear. */
export function offloaded(): Scenario {
  const s = behind((octets, heading, agent) => {
    if (heading === 'to-agents') return flightOf({ chain: [shown()], nonce: 3 })
    return isHello(octets)
      ? concat(proxyHeader(agent.address, agent.port, VIP), request('GET', '/policy', { host: NAME }))
      : new Uint8Array(0)
  })
  const conversation = s.connect(AGENTS[0], `${VIP}:443`)
  conversation.agent.sends(helloOf({ name: NAME, nonce: 3 }))
  conversation.server.sends(response())
  s.wait(seconds(1))
  conversation.agent.closes()
  s.wait(seconds(1))
  return s
}

/** A device takes another server name for the agent's. */
export function renamed(): Scenario {
  const s = behind((octets, heading) =>
    heading === 'to-servers' && isHello(octets) ? helloOf({ name: 'node.example.com', nonce: 7 }) : octets,
  )
  comes(s, [shown({ names: [NAME, 'node.example.com'] })], { nonce: 7 })
  return s
}
