import { expect, test } from 'vitest'
import { serverIdleClose } from '../../../src/detectors/continuity/server-idle-close.ts'
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { rebound } from './idle.ts'
import { A1, A2, attach, balancer, DLP, DLP1, STORIES, VIP } from '../stories.ts'

const DIRECT = `${DLP1}:8000`

/** The server ends it after two minutes, behind a load balancer that passes it on. */
function behindBalancer(manner: 'fin' | 'rst' = 'fin'): Scenario {
  const s = scenario().behind(balancer(manner))
  const { server } = attach(s, 'A1')
  s.wait(seconds(120))
  if (manner === 'fin') server.closes()
  else server.resets()
  s.wait(seconds(5))
  return s
}

test.each<[string, readonly string[] | undefined, () => Scenario, string]>([
  [
    'by FIN',
    undefined,
    STORIES['server-idle-close'].play,
    '121.044 client | A1 10.10.1.101 at dlp1 | server 10.10.3.11 | fin | client 46, client 47',
  ],
  [
    'by RST',
    undefined,
    () => {
      const s = scenario()
      const { server } = attach(s, 'A1', A1, DIRECT)
      s.wait(seconds(120))
      server.resets()
      return s
    },
    '121.044 client | A1 10.10.1.101 at dlp1 | server 10.10.3.11 | rst | client 46, client 47',
  ],
  [
    'by FIN, seen on both sides of a load balancer',
    undefined,
    behindBalancer,
    '121.050 client | A1 10.10.1.101 at dlp1 | server 10.10.3.11 | fin | client 46, client 47',
  ],
  [
    'by RST, seen on both sides of a load balancer',
    undefined,
    () => behindBalancer('rst'),
    '121.050 client | A1 10.10.1.101 at dlp1 | server 10.10.3.11 | rst | client 46, client 47',
  ],
  [
    'by FIN, seen behind the load balancer',
    ['server'],
    behindBalancer,
    '121.046 server | A1 null at dlp1 | server 10.10.3.11 | fin | server 46, server 47',
  ],
])('%s', async (_how, taps, play, line) => {
  const told = await analysed(play(), { config: DLP, ...(taps === undefined ? {} : { taps }) })
  expect(told.of('occurrence').map(({ finding }) => inShort(finding))).toEqual([
    `info server-idle-close ${line}`,
  ])
})

test('how an incident reads', async () => {
  const s = scenario()
  for (const [name, silence] of [
    ['A1', 70],
    ['A2', 75.5],
  ] as const) {
    const { server } = attach(s, name, A1, DIRECT)
    s.wait(seconds(silence))
    server.closes()
  }
  const { title, summary, remedy, occurrences, agents } = (await analysed(s, { config: DLP })).incident(
    'server-idle-close',
  )
  expect({ title, summary, remedy, occurrences, agents }).toEqual({
    title: 'dlp1 closes idle connections itself after 71.0 to 76.5 s',
    summary:
      "2 connections ended by the server's own FIN after 71.0 to 76.5 s without a packet. No device on the path is to blame.",
    remedy:
      "If agents are to stay connected, raise the server's idle timeout above 77 s; if they poll, this is as designed.",
    occurrences: 2,
    agents: 2,
  })
})

keepsQuiet(serverIdleClose, {
  'a device on the path closed it': {
    ...STORIES['severed-idle'],
    told: ['critical severed-idle', 'warning reconnect-overhead'],
  },
  'the agent closed it': {
    config: DLP,
    play() {
      const s = scenario()
      const { agent } = attach(s, 'A1', A1, DIRECT)
      s.wait(seconds(120))
      agent.closes()
      return s
    },
  },
  'what the agent sends does not pass the tap: it may have closed first': {
    config: DLP,
    taps: ['client'],
    play() {
      const s = scenario()
      const other = attach(s, 'A2', A2, DIRECT).agent
      let hasBegun = false
      s.tap('client').overlooks((p) => p.source.address === A1 || (p.destination.address === A1 && !hasBegun))
      const { server } = attach(s, 'A1', A1, DIRECT)
      s.wait(seconds(120))
      other.sends('ping')
      hasBegun = true
      server.closes()
      return s
    },
  },
  'the server restarted and closed all its connections at once': {
    config: DLP,
    play() {
      const s = scenario()
      const all = [1, 2, 3, 4].map((n) => {
        s.wait(seconds(30))
        return attach(s, `A${n}`, `10.10.1.10${n}`, DIRECT).server
      })
      s.wait(seconds(100))
      for (const end of all) end.closes()
      return s
    },
  },
  'address translation lost its mapping: the server resets what it does not know': {
    config: DLP,
    play: () => rebound('allocated'),
    told: ['critical nat-rebind', 'warning nat-change', 'warning reconnect-overhead'],
  },
})

test('the load balancer that closed is named by the address that the agent knows', async () => {
  const s = STORIES['severed-idle'].play()
  const { actor } = (await analysed(s, { config: DLP, taps: ['client'] })).incident('severed-idle')
  expect(actor).toEqual({ role: 'load-balancer', address: VIP, confidence: 0.75 })
})
