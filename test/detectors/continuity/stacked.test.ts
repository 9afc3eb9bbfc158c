/** Two load balancers one behind the other: which of them closed, and what does not tell. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { loadBalancer, scenario, type Scenario } from '../../scenario/scenario.ts'
import { analysed } from '../analysis.ts'
import { A1, attach, BALANCER, DLP, DLP1, VIP } from '../stories.ts'

const OUTER = '10.10.1.250'
const OUTER_INSIDE = '10.10.2.1'
const CONFIG = {
  services: [{ ...DLP.services[0], vips: [OUTER, VIP] }],
  devices: [
    { role: 'load-balancer', name: 'outer', addresses: [OUTER, OUTER_INSIDE] },
    { role: 'load-balancer', name: 'inner', addresses: [VIP, BALANCER] },
  ],
}
const DAY = 86_400

/** A1 is idle behind both for 310 s, and comes back; or somebody else closes after 200 s. */
function stacked(outer: number, inner: number, closes?: 'agent' | 'server'): Scenario {
  const common = { manner: 'fin' } as const
  const s = scenario().behind(
    loadBalancer({
      ...common,
      vip: { address: OUTER, port: 8000 },
      address: OUTER_INSIDE,
      idle: seconds(outer),
      pick: () => VIP,
    }),
    loadBalancer({
      ...common,
      vip: { address: VIP, port: 8000 },
      address: BALANCER,
      idle: seconds(inner),
      pick: () => DLP1,
    }),
  )
  const conversation = attach(s, 'A1', A1, `${OUTER}:8000`)
  s.wait(seconds(200))
  if (closes !== undefined) conversation[closes].closes()
  s.wait(seconds(110))
  attach(s, 'A1', A1, `${OUTER}:8000`)
  s.wait(seconds(60))
  return s
}

async function told(story: Scenario, taps: readonly string[]): Promise<string[]> {
  const analysis = await analysed(story, { config: CONFIG, taps })
  return [...analysis.findings('severed-idle'), ...analysis.findings('server-idle-close')].map(
    ({ type, severity, actor, confidence }) =>
      `${severity} ${type} ${actor.role} ${actor.address ?? 'unnamed'} ${confidence}`,
  )
}

describe('of two load balancers, one closes an idle connection', () => {
  test.each([
    ['the outer one', [300, DAY], ['client', 'middle', 'server'], `${OUTER} 0.95`],
    ['the inner one', [DAY, 300], ['client', 'middle', 'server'], `${VIP} 0.95`],
    ['the outer one', [300, DAY], ['client', 'middle'], `${OUTER} 0.95`],
    // The server may have closed behind it.
    ['the inner one', [DAY, 300], ['client', 'middle'], `${VIP} 0.75`],
    // The inner one closes towards the server whichever of them began.
    ['the outer one', [300, DAY], ['client', 'server'], 'unnamed 0.75'],
    ['the inner one', [DAY, 300], ['client', 'server'], 'unnamed 0.75'],
  ] as const)('%s, %j s: as %j show', async (_who, [outer, inner], taps, actor) => {
    expect(await told(stacked(outer, inner), taps)).toEqual([`critical severed-idle load-balancer ${actor}`])
  })

  test('on whose agents’ side nobody listened: what is between them does not decide', async () => {
    const middle = await told(stacked(300, DAY), ['middle', 'server'])
    expect(middle).toEqual([`info severed-idle load-balancer ${OUTER_INSIDE} 0.5`])
  })
})

describe('neither of them does', () => {
  const all = ['client', 'middle', 'server']

  test('but the server', async () => {
    expect(await told(stacked(DAY, DAY, 'server'), all)).toEqual([
      `info server-idle-close server ${DLP1} 0.95`,
    ])
  })

  test('but the agent', async () => {
    expect(await told(stacked(DAY, DAY, 'agent'), all)).toEqual([])
  })
})
