/** What is one cause and what is not: the timers of each leg, a device with several addresses, devices that
 * act in different ways. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { firewall, loadBalancer, scenario, type Scenario } from '../../scenario/scenario.ts'
import { analysed } from '../analysis.ts'
import { A1, A2, attach, BALANCER, balancer, DLP, DLP1, VIP } from '../stories.ts'
import { AT_VIP, DIRECT, FIREWALL } from './idle.ts'
import { TwoSides } from './two-sides.ts'

describe('a silence that the other leg of a relay survived bounds no timer', () => {
  test('of the relay, which keep-alives of one side reach and not of the other', async () => {
    const s = scenario().behind(balancer('forget'))
    const [two, one] = [attach(s, 'A2', A2, AT_VIP), attach(s, 'A1', A1, AT_VIP)]
    one.agent.keepsAlive(seconds(50))
    s.wait(seconds(620))
    one.agent.sends('report').receives('ok')
    s.wait(seconds(1))
    two.agent.sends('report')
    s.wait(seconds(5))
    attach(s, 'A2', A2, AT_VIP)
    s.wait(seconds(60))
    const { details, summary } = (await analysed(s, { config: DLP })).incident('severed-idle')
    expect(details['timer']).toMatchObject({ lowerSeconds: 51, upperSeconds: 623.06, survived: 1 })
    expect(summary).toContain('Silences of up to 51.0 s were survived.')
  })

  test('of a device behind it: what the relay acknowledges is no answer of the server', async () => {
    const s = scenario().behind(
      loadBalancer({
        vip: { address: VIP, port: 8000 },
        address: BALANCER,
        idle: seconds(3600),
        manner: 'fin',
        pick: () => DLP1,
      }),
      firewall({ idle: seconds(120), forgets: 'silently' }),
    )
    for (let i = 0; i < 3; i++) {
      const { agent } = attach(s, 'A1', A1, AT_VIP)
      s.wait(seconds(199))
      agent.sends('report')
      s.wait(seconds(40))
    }
    attach(s, 'A1', A1, AT_VIP)
    s.wait(seconds(30))
    const { details } = (await analysed(s, { config: DLP })).incident('severed-idle')
    expect(details['timer']).toMatchObject({ lowerSeconds: null, upperSeconds: 200.02, survived: 0 })
  })
})

/** A relay ends three connections after 100 s of silence, on both of its sides; it ends TLS as well, so that
 * what passes on the one side is unlike what passes on the other. */
function unjoined(): TwoSides {
  const s = new TwoSides()
  const agents = [101, 102, 103].map((n) => {
    const [front, back] = [s.connects(`10.10.1.${n}`), s.relays()]
    front.agent.sends(`sealed words of ${n}`).receives('s'.repeat(40_000))
    back.agent.sends(`agent=E${n} hello from the endpoint`).receives('p'.repeat(40_000))
    s.wait(seconds(3))
    return { front, back, n }
  })
  s.wait(seconds(91))
  for (const { front, back, n } of agents) {
    front.server.resets()
    back.agent.resets()
    s.wait(seconds(2))
    const [again, behind] = [s.connects(`10.10.1.${n}`), s.relays()]
    again.agent.sends(`sealed words of ${n}`).receives('s'.repeat(40_000))
    behind.agent.sends(`agent=E${n} hello from the endpoint`).receives('p'.repeat(40_000))
    s.wait(seconds(1))
  }
  s.wait(seconds(30))
  return s
}

describe('a device with an address on each side', () => {
  const withDevices = (...addresses: readonly (readonly string[])[]) => ({
    ...DLP,
    devices: addresses.map((own) => ({ role: 'load-balancer', addresses: own })),
  })
  const actors = async (config: unknown): Promise<unknown[]> =>
    (await analysed(unjoined(), { config }))
      .of('incident')
      .filter(({ type }) => type === 'severed-idle')
      .map(({ actor, occurrences }) => [actor.address, occurrences])

  test('is one actor where the configuration states both for it', async () => {
    const config = withDevices([VIP, BALANCER])
    expect(await actors(config)).toEqual([[VIP, 6]])
    const { title, summary } = (await analysed(unjoined(), { config })).incident('severed-idle')
    expect(title).toMatch(`The load balancer ${VIP} severs idle connections`)
    expect(summary).toContain(
      'Of these, 3 were on the agents’ side of the relay and 3 on the servers’, and nothing shows which belong together.',
    )
  })

  test('is two where they are stated of two', async () => {
    expect(await actors(withDevices([VIP], [BALANCER]))).toHaveLength(2)
  })
})

/** Two devices in a row: the one resets both sides after 600 s, the other forgets after 400 s, and answers
 * what comes later with a reset. */
function inSeries(): Scenario {
  const s = scenario().behind(
    firewall({ idle: seconds(600), forgets: 'rst-both' }),
    firewall({ idle: seconds(400), forgets: 'rst-on-next' }),
  )
  const [one, , three] = ['A1', 'A2', 'A3'].map((name, i) => attach(s, name, `10.10.1.${101 + i}`, DIRECT))
  s.wait(seconds(300))
  three!.agent.sends('x').receives('ok')
  s.wait(seconds(150))
  one!.agent.sends('report')
  s.wait(seconds(5))
  attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(160))
  attach(s, 'A2', A2, DIRECT)
  s.wait(seconds(100))
  return s
}

describe('devices that act in different ways', () => {
  const told = async (config: unknown) =>
    (await analysed(inSeries(), { config, taps: ['client'] }))
      .of('incident')
      .filter(({ type }) => type === 'severed-idle')

  test('are told apart where none is named', async () => {
    const timers = (await told({ services: DLP.services })).map(({ details }) => [
      details['signature'],
      details['timer'],
    ])
    expect(timers).toEqual([
      ['rst-on-next', expect.objectContaining({ lowerSeconds: 301, upperSeconds: 453.14, severed: 1 })],
      ['rst-at-expiry', expect.objectContaining({ lowerSeconds: 599.01, upperSeconds: 600.01, severed: 1 })],
    ])
  })

  test('are told together of the one that is named, each way with its silences', async () => {
    const [incident, ...others] = await told(FIREWALL)
    expect(others).toEqual([])
    expect(incident!.summary).toContain(
      '2 idle connections of 2 agents to dlp were severed: 1 after 453.1 s without a packet, so that the next segment drew a RST; 1 by a RST that nothing provoked after 600.0 s without a packet. Silences of up to 301.0 s were survived.',
    )
    expect(incident!.details['timer']).toMatchObject({ lowerSeconds: 301, upperSeconds: 453.14 })
  })
})
