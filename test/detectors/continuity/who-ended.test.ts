/** Who ended a connection, where more than a load balancer and a server can have. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { firewall, forwarder, loadBalancer, scenario } from '../../scenario/scenario.ts'
import type { Conversation, Scenario } from '../../scenario/scenario.ts'
import { analysedFiles } from '../analysis.ts'
import { A1, A2, attach, BALANCER, DLP, DLP1, VIP } from '../stories.ts'

const AT_VIP = `${VIP}:8000`

const relay = (manner: 'fin' | 'rst', idle: number) =>
  loadBalancer({
    vip: { address: VIP, port: 8000 },
    address: BALANCER,
    idle: seconds(idle),
    manner,
    pick: () => DLP1,
  })

/** What all taps together tell of ends, or some of them: severity, type, role and address of who did it. */
async function ends(
  s: Scenario,
  taps: readonly string[] | null = null,
  config: unknown = DLP,
): Promise<string[]> {
  const captures = [...s.captures()].filter(([tap]) => taps?.includes(tap) ?? true)
  const analysis = await analysedFiles(captures, config)
  return analysis
    .of('incident')
    .filter(({ type }) => type === 'severed-idle' || type === 'server-idle-close')
    .map(({ severity, type, actor }) => `${severity} ${type} ${actor.role} ${actor.address}`)
}

describe('a load balancer that passes connections through', () => {
  const through = (): Scenario =>
    scenario().behind(forwarder({ vip: { address: VIP, port: 8000 }, pick: () => DLP1 }))

  test.each(['fin', 'rst'] as const)('does not answer for what its servers close by %s', async (manner) => {
    const s = through()
    const { server } = attach(s, 'A1')
    s.wait(seconds(110))
    if (manner === 'fin') server.closes()
    else server.resets()
    s.wait(seconds(20))
    attach(s, 'A1').agent.closes()
    expect(await ends(s)).toEqual([`info server-idle-close server ${DLP1}`])
  })
})

test('a firewall behind the load balancer is told from both', async () => {
  const s = scenario().behind(relay('fin', 3600), firewall({ idle: seconds(180), forgets: 'rst-both' }))
  for (const [name, from] of [
    ['A1', A1],
    ['A2', A2],
  ] as const)
    attach(s, name, from)
  s.wait(seconds(200))
  for (const taps of [null, ['client', 'middle']])
    expect(await ends(s, taps)).toEqual(['critical severed-idle middlebox null'])
})

describe('what had been closed by one side is no idle connection any more', () => {
  test('the load balancer clears up what its server left open', async () => {
    const s = scenario().behind(relay('rst', 90))
    s.host(DLP1, { side: 'servers', closesToo: false })
    for (const [name, from] of [
      ['A1', A1],
      ['A2', A2],
    ] as const) {
      attach(s, name, from).agent.closes()
      s.wait(seconds(93))
      attach(s, name, from).agent.closes()
    }
    s.wait(seconds(200))
    for (const taps of [null, ['server']]) expect(await ends(s, taps)).toEqual([])
  })

  test('a firewall clears up what the agent left open', async () => {
    const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'rst-both' }))
    s.host(A1, { closesToo: false })
    attach(s, 'A1', A1, `${DLP1}:8000`).server.closes()
    s.wait(seconds(320))
    attach(s, 'A1', A1, `${DLP1}:8000`)
    for (const taps of [null, ['client'], ['server']]) expect(await ends(s, taps)).toEqual([])
  })
})

test.each(['fin', 'rst'] as const)(
  'an agent that resets once it has its answer, behind a relay that says %s',
  async (manner) => {
    const s = scenario().behind(relay(manner, 3600))
    for (let i = 0; i < 2; i++) {
      const { agent, server } = attach(s, 'A1', A1, AT_VIP)
      agent.sends('scan this')
      s.wait(seconds(100))
      server.sends('done')
      s.wait(seconds(0.01))
      agent.resets()
      s.wait(seconds(30))
    }
    expect(await ends(s, ['server'])).toEqual([])
  },
)

describe('a connection that the agent had beside the lost one is no return', () => {
  const beats = (s: Scenario, agent: Conversation['agent'], times: number): void => {
    for (let i = 0; i < times; i++) {
      s.wait(seconds(60))
      agent.sends('beat').receives('ok')
    }
  }

  test('of a server that died', async () => {
    const s = scenario()
    const lost = attach(s, 'A1', A1, `${DLP1}:8000`)
    s.wait(seconds(10))
    const beside = attach(s, 'A1', A1, `${DLP1}:8000`)
    beats(s, beside.agent, 2)
    s.host(DLP1).health = 'silent'
    s.wait(seconds(60))
    lost.agent.sends('report')
    s.wait(seconds(400))
    expect(await ends(s, ['client'])).toEqual([])
  })

  test('and costs nothing', async () => {
    const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'rst-both' }))
    attach(s, 'A1', A1, `${DLP1}:8000`)
    s.wait(seconds(10))
    beats(s, attach(s, 'A1', A1, `${DLP1}:8000`).agent, 10)
    const analysis = await analysedFiles([...s.captures()], DLP)
    expect(analysis.told).toEqual(['critical severed-idle'])
  })
})
