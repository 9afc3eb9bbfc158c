import { describe, expect, test } from 'vitest'
import { timerRisk } from '../../../src/detectors/continuity/timer-risk.ts'
import { seconds } from '../../../src/model/time.ts'
import { loadBalancer, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { agentAt, attachAll, BALANCER, beat, DLP1, FLEET, VIP } from './many.ts'
import { CONTINUITY_STORIES } from './stories.ts'

test('a load balancer forgets what the product keeps', async () => {
  const { config, play } = CONTINUITY_STORIES['timer-risk']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('timer-risk')
  expect(found.map(inShort)).toEqual([
    'warning timer-risk 0.000 client | nobody at dlp1 | load-balancer 10.10.3.1 |  | client 1',
  ])
  const { title, summary, requirements } = analysis.incident('timer-risk')
  expect({ title, summary, requirements }).toEqual({
    title: 'Timers of dlp do not fit together',
    summary:
      'lb1 is configured to forget idle connections after 300.0 s; those of dlp may be silent for any time by design. Nothing has to have broken yet.',
    requirements: ['X-01'],
  })
})

const [dlp] = FLEET.services
/** One polling agent of DLP 12.5 and later. */
function polls(): Scenario {
  const s = scenario()
  const { agent } = s.connect(agentAt(0), `${DLP1}:8000`)
  agent.sends('agent=B0 hello').receives('policies')
  agent.closes()
  s.wait(seconds(10))
  return s
}

const config = (keys: object, devices: readonly object[] = []): unknown => ({
  services: [{ ...dlp, vips: [], profile: 'symantec-dlp-12.5', ...keys }],
  devices,
})

const FIREWALL = { role: 'firewall', name: 'fw', addresses: ['10.10.9.1'] }

describe('what article 207657 asks for', () => {
  const cases: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['as delivered', config({}, [{ ...FIREWALL, idleTimeout: '300s' }]), []],
    ['I1', config({ checkIn: '20s' }), ['I1']],
    ['I2', config({ checkIn: '18h' }), ['I2']],
    ['I3', config({ persistenceDuration: '12h' }), ['I3']],
    ['I4', config({ persistenceDuration: '10m' }), ['I4']],
    ['I5', config({ serverIdleTimeout: '0s', heartbeat: '300s' }), ['I5']],
    ['I6', config({ serverIdleTimeout: '0s' }, [{ ...FIREWALL, idleTimeout: '240s' }]), ['I6']],
    ['I6 with room', config({ serverIdleTimeout: '0s' }, [{ ...FIREWALL, idleTimeout: '350s' }]), []],
    ['I7', config({}, [{ ...FIREWALL, idleTimeout: '30s' }]), ['I7']],
  ]
  test.each(cases)('%s', async (_name, stated, invariants) => {
    const found = (await analysed(polls(), { config: stated })).findings('timer-risk')
    expect(found.map(({ details }) => details['invariant'])).toEqual(invariants)
  })
})

/** Two services behind one load balancer, which cuts what is idle for 120 s; agents of the first are cut. */
function shared(): Scenario {
  const s = scenario().behind(
    loadBalancer({
      vip: { address: VIP, port: 8000 },
      address: BALANCER,
      idle: seconds(120),
      manner: 'fin',
      pick: () => DLP1,
    }),
  )
  attachAll(s, 1, 1, `${VIP}:8000`)
  s.wait(seconds(130))
  beat(s, attachAll(s, 1, 1, `${VIP}:8000`), 4)
  s.connect(agentAt(3), `${VIP}:9000`)
  s.wait(seconds(20))
  return s
}

const SECOND_SERVICE = { ...dlp, name: 'second', ports: [9000], identity: [] }

test('what a load balancer did to one service, it may do to another', async () => {
  const stated = { ...FLEET, services: [dlp, SECOND_SERVICE] }
  const found = (await analysed(shared(), { config: stated, taps: ['client'] })).findings('timer-risk')
  expect(
    found.map(({ service, details }) => [service, details['timerSeconds'], details['measured']]),
  ).toEqual([['second', 120.01, true]])
})

const timed = (idleTimeout: string, addresses = [BALANCER, VIP]) => [
  { role: 'load-balancer', name: 'lb1', addresses, idleTimeout },
]

keepsQuiet(timerRisk, {
  'the timers leave room': {
    config: { services: [{ ...dlp, heartbeat: '60s' }], devices: timed('300s') },
    play: CONTINUITY_STORIES['timer-risk'].play,
  },
  'no timer is known': { config: FLEET, play: CONTINUITY_STORIES['timer-risk'].play },
  'the device does not stand on the way of this service': {
    config: { services: [{ ...dlp, vips: [] }], devices: timed('300s', ['10.10.7.7']) },
    play: polls,
  },
  'the same service was severed: that is told as such': {
    config: FLEET,
    taps: ['client'],
    play: shared,
    told: ['critical severed-idle'],
  },
  'a product of which no longest silence is known': {
    config: { services: [{ ...dlp, profile: 'generic' }], devices: timed('300s') },
    play: CONTINUITY_STORIES['timer-risk'].play,
  },
})
