/** Ordinary traffic through a load balancer that nobody stated, over TLS, and so known on both of its
 * sides. */
import { expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { certificate } from '../scenario/certificate.ts'
import { loadBalancer, type Scenario, scenario } from '../scenario/scenario.ts'
import { secures } from '../scenario/tls.ts'
import { analysed } from './analysis.ts'
import { BALANCER, VIP } from './stories.ts'

const CHAIN = [certificate({ name: 'dlp.example.com', names: ['dlp.example.com'], to: '2027-11-01' })]

/** Agents come three times each, to servers that the load balancer gives them by their address. */
function come(agents: number, port: number): Scenario {
  const pick = (_n: number, agent: string): string => `10.10.3.${11 + (Number(agent.split('.')[3]) % 2)}`
  const vip = { address: VIP, port }
  const s = scenario().behind(
    loadBalancer({ vip, address: BALANCER, idle: seconds(3600), manner: 'fin', pick }),
  )
  for (let n = 0; n < 3 * agents; n++) {
    const conversation = s.connect(`10.10.1.${10 + (n % agents)}`, `${VIP}:${port}`)
    secures(conversation, { name: 'dlp.example.com', chain: CHAIN, nonce: n })
    conversation.agent.closes()
    s.wait(seconds(5))
  }
  return s
}

test.each([
  ['any service', 4, 443],
  ['a product whose agents have to stay', 12, 10_443],
])('agents of %s keep their addresses and their servers', async (_what, agents, port) => {
  const analysis = await analysed(come(agents, port))
  expect(analysis.told).toEqual(['info tls-passthrough'])
  const seen = analysis.of('agent').map(({ id }) => id)
  expect(seen.toSorted()).toEqual(Array.from({ length: agents }, (_, i) => `10.10.1.${10 + i}`))
})
