/** What resets say of themselves: as read, and as it stands in incidents. */
import { describe, expect, test } from 'vitest'
import { loreItems, loreText, resetMeaning } from '../../src/detectors/reset-lore.ts'
import type { Finding } from '../../src/model/incident.ts'
import type { Reset } from '../../src/model/observation.ts'
import { seconds } from '../../src/model/time.ts'
import { firewall, loadBalancer, scenario } from '../scenario/scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { analysed } from './analysis.ts'
import { A1, attach, BALANCER, DLP, DLP1, VIP } from './stories.ts'

const saying = (window: number, payload = ''): Reset => ({ window, payload }) as Reset

describe('read', () => {
  test.each<[number, string, string | null, readonly string[]]>([
    [0, '', null, []],
    [9300, '', 'idle', ['NetScaler reason 3: window 9300: idle timeout or zombie clean-up']],
    [8201, '', 'stray', ['NetScaler reason 3: window 8201: packet on a connection that was already closed']],
    [9811, '', 'own', ['NetScaler reason 2: window 9811: after a fatal TLS alert']],
    [9700, '', 'passed-on', ['NetScaler reason -2: window 9700: passed on from the other side']],
    [8760, '', null, []], // between the codes, and an ordinary window
    [65_535, '', null, []],
    [
      0,
      'BIG-IP: [0x2409d71:1204] Flow expired (sweeper)',
      'idle',
      ['BIG-IP reset cause 5: Flow expired (sweeper)'],
    ],
    [
      0,
      '[0x2409d71:1204] Flow expired (sweeper) (BIG-IP)',
      'idle',
      ['BIG-IP reset cause 5: Flow expired (sweeper)'],
    ],
    [
      0,
      'BIG-IP: [0x1:2] No pool member available',
      'own',
      ['BIG-IP reset cause 5: No pool member available'],
    ],
    [0, 'BIG-IP: [0x1:2] No flow found for ACK', 'stray', ['BIG-IP reset cause 5: No flow found for ACK']],
    [
      0,
      'BIG-IP: [0x1:2] TCP RST from remote system',
      'passed-on',
      ['BIG-IP reset cause -2: TCP RST from remote system'],
    ],
    [0, 'BIG-IP', 'own', ['BIG-IP reset cause 5: no cause given']],
    [0, 'Go away!', null, ['reset text 0: Go away!']],
    [0, 'x'.repeat(200), null, [`reset text 0: ${'x'.repeat(80)}`]],
    // The text says more than the window, which may be what it is by chance.
    [
      9700,
      'BIG-IP: Flow expired (sweeper)',
      'idle',
      [
        'NetScaler reason -2: window 9700: passed on from the other side',
        'BIG-IP reset cause 5: Flow expired (sweeper)',
      ],
    ],
  ])('window %d, text %j: %s', (window, payload, meaning, items) => {
    const reset = saying(window, payload)
    expect(resetMeaning(reset)).toBe(meaning)
    expect(
      loreItems(reset).map(({ test: item, weight, observed }) => `${item} ${weight}: ${observed}`),
    ).toEqual(items)
  })

  test('each saying once', () => {
    const finding = (...resets: readonly Reset[]) =>
      ({ details: { attribution: resets.flatMap(loreItems) } }) as unknown as Finding
    expect(loreText([finding(saying(0))])).toBe('')
    expect(
      loreText([finding(saying(9300)), finding(saying(9300), saying(8201)), finding(saying(0, 'bye'))]),
    ).toBe(
      " NetScaler's resets say: window 9300: idle timeout or zombie clean-up; window 8201: packet on a connection that was already closed. The resets carry the text: bye.",
    )
  })
})

const netScaler = (idle: number) =>
  loadBalancer({
    vip: { address: VIP, port: 8000 },
    address: BALANCER,
    idle: seconds(idle),
    manner: 'rst',
    pick: () => DLP1,
    resetWindow: 9300,
    passedOnWindow: 9700,
  })

/** An agent at the virtual address, idle until somebody resets it; it comes back. */
function idleBehind(
  device: ReturnType<typeof netScaler>,
  to: string,
  then: (c: ReturnType<typeof attach>) => void = () => {},
  backAfter = 160,
): Scenario {
  const s = scenario().behind(device)
  const conversation = attach(s, 'A1', A1, to)
  s.wait(seconds(150))
  then(conversation)
  s.wait(seconds(backAfter))
  attach(s, 'A1', A1, to)
  s.wait(seconds(5))
  return s
}

/** The servers alone are named: that there is a load balancer, and where, nobody said. */
const UNSAID = { services: [{ ...DLP.services[0], vips: [] }] }
const AT_VIP = `${VIP}:8000`

describe('in an incident', () => {
  test.each([
    ['configured', DLP],
    ['not configured: the reset itself says that it is one', UNSAID],
  ])("a NetScaler's own timer, the load balancer %s", async (_what, config) => {
    const told = await analysed(idleBehind(netScaler(300), AT_VIP), { config, taps: ['client'] })
    expect(told.told.filter((t) => t.includes('idle'))).toEqual(['critical severed-idle'])
    const { actor, summary, title } = told.incident('severed-idle')
    expect({ actor, title }).toEqual({
      actor: { role: 'load-balancer', address: VIP, confidence: 0.8 },
      title: `The load balancer ${VIP} severs idle connections after 300 s`,
    })
    expect(summary).toContain("NetScaler's resets say: window 9300: idle timeout or zombie clean-up.")
  })

  test('a reset that it passed on is the server’s', async () => {
    const story = idleBehind(netScaler(1000), AT_VIP, ({ server }) => void server.resets())
    const told = await analysed(story, { config: DLP, taps: ['client'] })
    expect(told.told.filter((t) => t.includes('idle'))).toEqual(['info server-idle-close'])
    expect(told.incident('server-idle-close')).toMatchObject({ actor: { role: 'server' } })
    expect(told.incident('server-idle-close').summary).toContain(
      "NetScaler's resets say: window 9700: passed on from the other side.",
    )
  })

  test.each([
    [9700, 60, []],
    [0, 60, ['info severed-idle']],
    [0, 160, []], // nothing shows that it had not meant to leave
  ])(
    'a reset of the agent, passed on with window %d, and back after %d s: at the tap of the servers',
    async (window, backAfter, told) => {
      const device = loadBalancer({
        vip: { address: VIP, port: 8000 },
        address: BALANCER,
        idle: seconds(1000),
        manner: 'rst',
        pick: () => DLP1,
        passedOnWindow: window,
      })
      const story = idleBehind(device, AT_VIP, ({ agent }) => void agent.resets(), backAfter)
      const analysis = await analysed(story, { config: DLP, taps: ['server'] })
      expect(analysis.told.filter((t) => t.includes('idle'))).toEqual(told)
    },
  )

  test('a text of BIG-IP', async () => {
    const device = firewall({
      idle: seconds(300),
      forgets: 'rst-both',
      resetText: 'BIG-IP: [0x2409d71:1204] Flow expired (sweeper)',
    })
    const told = await analysed(idleBehind(device, `${DLP1}:8000`), { config: DLP, taps: ['client'] })
    const incident = told.incident('severed-idle')
    expect(incident.actor).toEqual({ role: 'load-balancer', address: DLP1, confidence: 0.95 })
    expect(incident.summary).toContain("BIG-IP's resets say: Flow expired (sweeper).")
  })

  test('an ordinary window changes nothing', async () => {
    const device = firewall({ idle: seconds(300), forgets: 'rst-both', resetWindow: 8760 })
    const told = await analysed(idleBehind(device, `${DLP1}:8000`), { config: DLP, taps: ['client'] })
    expect(told.incident('severed-idle').summary).not.toContain('say')
    expect(told.incident('severed-idle').actor.role).toBe('middlebox')
  })
})
