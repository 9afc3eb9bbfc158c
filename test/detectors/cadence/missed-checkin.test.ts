import { expect, test } from 'vitest'
import { missedCheckin } from '../../../src/detectors/cadence/missed-checkin.ts'
import { seconds } from '../../../src/model/time.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, A2, AH1, begin, browses, comes, fleet, G1, G2, INTERVAL, passes } from './fleet.ts'
import { CADENCE_STORIES } from './stories.ts'

test('its host goes on, the agent does not come', async () => {
  const { config, play } = CADENCE_STORIES['missed-checkin']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('missed-checkin')
  expect(found.map(inShort)).toEqual([
    'warning missed-checkin 1800.192 client | G1 10.10.1.101 at ah1 | agent 10.10.1.101 |  | client 55, client 109',
  ])
  expect(found[0]!.details).toEqual({
    intervalSeconds: 600,
    basis: 'configured',
    samples: 2,
    missed: 3,
    lastSeconds: 1620,
    hostSeen: true,
    others: 0,
    returned: false,
  })
  const { title, summary, filter, requirements } = analysis.incident('missed-checkin')
  expect({ title, summary, filter, requirements }).toEqual({
    title: '1 agent of epo missed check-ins',
    summary:
      '1 agent did not come when due (every 10 min, as configured): 3 check-ins in all. Other packets of its host passed all the time.',
    filter:
      '(ip.addr == 10.10.1.101 && ip.addr == 10.10.3.11 && tcp.port == 80) || ' +
      '(ip.addr == 10.10.1.101 && tcp.port == 49164 && ip.addr == 10.10.8.8 && tcp.port == 443)',
    requirements: ['S4-05', 'S4-20'],
  })
})

/** A1 and A2 check in; A1 then stays away for so many intervals, and nothing else of its host passes. */
function away(intervals: number, comesBack = true): Scenario {
  const s = begin()
  comes(s, G1)
  comes(s, G2, A2)
  passes(s, 2, { checkIn: [A1, A2] })
  s.wait(intervals % 1 === 0 ? 0 : INTERVAL * (intervals % 1))
  passes(s, Math.floor(intervals) - 1, { checkIn: [A2] })
  passes(s, 1, { checkIn: comesBack ? [A1, A2] : [A2] })
  passes(s, 1, { checkIn: [A1, A2] })
  return s
}

test('nothing else of its host passes, but it is back in step while others came', async () => {
  const analysis = await analysed(away(4), { config: fleet() })
  expect(analysis.findings('missed-checkin').map(inShort)).toEqual([
    'info missed-checkin 1800.128 client | G1 10.10.1.101 at ah1 | agent 10.10.1.101 |  | client 37, client 82',
  ])
  expect(analysis.findings('missed-checkin')[0]!.details).toMatchObject({
    missed: 3,
    hostSeen: false,
    others: 4,
  })
})

test('its own history tells the interval, and twice as long as else it must stay away', async () => {
  const told = async (missing: number): Promise<unknown> => {
    const s = begin()
    comes(s, G1)
    passes(s, 7, { checkIn: [A1], alive: [A1] })
    passes(s, missing, { alive: [A1] })
    const found = (await analysed(s, { config: fleet(null) })).findings('missed-checkin')
    return found.map(({ details }) => [details['basis'], details['intervalSeconds'], details['samples']])
  }
  expect(await told(5)).toEqual([])
  expect(await told(6)).toEqual([['learned', 600.1, 7]])
})

test('an agent that was given a far longer interval is told of once, and then learned anew', async () => {
  const s = begin()
  comes(s, G1)
  passes(s, 12, { checkIn: [A1], alive: [A1] })
  for (let i = 0; i < 3; i++) {
    passes(s, 7, { alive: [A1] })
    passes(s, 1, { alive: [A1], checkIn: [A1] })
  }
  expect((await analysed(s, { config: fleet(null) })).told).toEqual(['warning missed-checkin'])
})

test('an event that it reports is no check-in', async () => {
  const s = begin()
  comes(s, G1)
  passes(s, 2, { checkIn: [A1] })
  for (let i = 0; i < 6; i++) {
    s.wait(INTERVAL / 2)
    comes(s, G1, A1, AH1, '/spipe/event')
  }
  expect((await analysed(s, { config: fleet() })).told).toEqual(['warning missed-checkin'])
})

const story = (play: (s: Scenario) => void, config: unknown = fleet()) => ({
  config,
  play() {
    const s = begin()
    comes(s, G1)
    comes(s, G2, A2)
    passes(s, 2, { checkIn: [A1, A2], alive: [A1] })
    play(s)
    return s
  },
})

keepsQuiet(missedCheckin, {
  'its host was off, or asleep: nothing of it passed': [
    { config: fleet(), play: () => away(4.4) },
    { config: fleet(), play: () => away(20) },
    story((s) => passes(s, 6, { checkIn: [A2] })),
  ],
  'a host that has just woken up, and whose agent comes a little later': story((s) => {
    passes(s, 5, { checkIn: [A2] })
    browses(s)
    s.wait(seconds(200))
    browses(s)
    s.wait(seconds(200))
    comes(s, G1)
  }),
  'it came late, but within what the product allows': story((s) => {
    passes(s, 2, { alive: [A1], every: seconds(700) })
    comes(s, G1)
    passes(s, 1, { alive: [A1] })
  }),
  'it tried, and no server answered: that is for those who judge servers': {
    told: ['critical checkin-retries-exhausted'],
    ...story(
      (s) => {
        for (let i = 0; i < 5; i++) {
          passes(s, 1, { alive: [A1], checkIn: [A2] })
          s.host('10.10.3.13', { side: 'servers' }).health = 'refusing'
          s.connect(A1, '10.10.3.13:80')
        }
      },
      { services: [{ ...fleet().services[0]!, servers: [{ name: 'ah', addresses: ['10.10.3.0/24'] }] }] },
    ),
  },
  'it is connected all the time, and asked on an open connection': story((s) => {
    comes(s, G1)
    const { agent } = s.connect(A1, `${AH1}:80`)
    agent.sends('POST /spipe/pkg?AgentGuid=G1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n')
    passes(s, 4, { alive: [A1] })
    agent.sends('POST /spipe/pkg?AgentGuid=G1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n')
    s.wait(seconds(5))
  }),
  'nobody else came either: the capture paused, or the network': {
    config: fleet(),
    play() {
      const s = begin()
      comes(s, G1)
      comes(s, G2, A2)
      passes(s, 2, { checkIn: [A1, A2] })
      s.wait(3 * INTERVAL)
      passes(s, 2, { checkIn: [A1, A2] })
      return s
    },
  },
  'what passes meanwhile is the traffic of another host at its old address': [
    story((s) => {
      s.wait(INTERVAL / 2)
      comes(s, 'G3', A1) //                               a lease that changed hands
      for (let i = 0; i < 6; i++) {
        passes(s, 1, { alive: [A1], checkIn: [A2] })
        comes(s, 'G3', A1)
      }
    }),
    story((s) => {
      s.wait(INTERVAL)
      comes(s, G1, '10.10.1.109') //                      it has another address, and is off then
      passes(s, 6, { alive: [A1], checkIn: [A2] })
    }),
  ],
  'an agent without a configured interval whose history is too short to know its own': story(
    (s) => passes(s, 9, { alive: [A1] }),
    fleet(null),
  ),
  'an agent that comes by chance, and whose intervals happened to be alike for a while': story((s) => {
    for (const every of [100, 60, 120, 90, 110, 140, 80])
      passes(s, 1, { checkIn: [A1], alive: [A1], every: seconds(every) })
    passes(s, 16, { alive: [A1], every: seconds(150) })
  }, fleet(null)),
  'an agent that was given a longer interval': story((s) => {
    passes(s, 5, { checkIn: [A1, A2], alive: [A1] })
    passes(s, 4, { checkIn: [A1, A2], alive: [A1], every: 4 * INTERVAL })
  }, fleet(null)),
})
