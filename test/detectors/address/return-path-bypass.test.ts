import { expect, test } from 'vitest'
import { returnPathBypass } from '../../../src/detectors/address/return-path-bypass.ts'
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { AGENTS, aside, DLP1, NAMELESS, sideways } from './stories.ts'

const OTHERS = ['10.10.1.111', '10.10.1.112', '10.10.1.113']

test('answers that take another way', async () => {
  const { config, play } = STORIES['return-path-bypass']
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('return-path-bypass').map(inShort)).toEqual([
    'warning return-path-bypass 15.205 server | 10.10.1.103 10.10.1.103 at dlp1 | unknown |  | server 38, client 46',
  ])
  expect(analysis.incident('return-path-bypass')).toMatchObject({
    title: 'Responses of dlp take another way than requests',
    details: { oneWayConnections: 3, twoWayConnections: 3, seenElsewhere: 'client' },
    requirements: ['S0-16', 'S0-18'],
  })
})

test('answers that are sent to another station than the requests come from', async () => {
  const analysis = await analysed(aside('router'), { config: NAMELESS, taps: ['server'] })
  expect(analysis.findings('return-path-bypass').map(inShort)).toEqual([
    'warning return-path-bypass 6.115 server | nobody at dlp1 | unknown |  | server 26',
  ])
  expect(analysis.incident('return-path-bypass')).toMatchObject({
    summary:
      '3 connections or more came to 10.10.3.11 from the hardware address of the load balancer, 00:94:a1:00:00:01, and were answered to another one, 00:1b:54:00:00:02.',
    confidence: 0.9,
    details: { requestsFrom: '00:94:a1:00:00:01', responsesTo: '00:1b:54:00:00:02' },
  })
})

keepsQuiet(returnPathBypass, {
  'a server that does not answer': {
    config: NAMELESS,
    play() {
      const s = scenario()
      for (const from of OTHERS) s.connect(from, `${DLP1}:8000`).agent.sends('hello').closes()
      for (const from of AGENTS.slice(0, 3)) {
        const { agent } = s.connect(from, `${DLP1}:8000`)
        s.tap('client').overlooks(({ source }) => source.address === DLP1)
        s.host(DLP1, { side: 'servers' })
        agent.aborts()
        s.wait(seconds(1))
      }
      return s
    },
  },
  'a capture of one direction only': {
    config: NAMELESS,
    taps: ['server'],
    play: () => sideways([...OTHERS, ...AGENTS], []),
  },
  'one connection among many: a capture that missed it': {
    config: NAMELESS,
    play: () => sideways(AGENTS.slice(0, 1), OTHERS),
  },
  'a service without a load balancer': {
    config: { services: [{ ...NAMELESS.services[0], vips: [] }] },
    taps: ['server'],
    play: () => sideways(AGENTS.slice(0, 3), OTHERS),
  },
  'the hardware address of several routers, or of a cloud, which says nothing of the way': [
    { config: NAMELESS, taps: ['server'], play: () => aside('virtualRouter') },
    { config: NAMELESS, taps: ['server'], play: () => aside('cloud') },
    { config: NAMELESS, taps: ['server'], play: () => aside('balancer') },
    { config: NAMELESS, taps: ['server'], play: () => aside('balancer', 'router') },
    { config: NAMELESS, taps: ['server'], play: () => aside('router', 'balancer', 2) },
  ],
})
