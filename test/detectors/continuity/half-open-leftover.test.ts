import { expect, test } from 'vitest'
import { halfOpenLeftover } from '../../../src/detectors/continuity/half-open-leftover.ts'
import { seconds } from '../../../src/model/time.ts'
import { firewall, nat, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, analysedFiles, inShort, only } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, A2, attach, DLP, DLP1, DLP2, STORIES } from '../stories.ts'

const HOP = 'warning server-hop'
const polling = { ...DLP, services: [{ ...DLP.services[0], connections: 'polling' }] }

/** A1 leaves dlp1 as `leave` says and goes to `next`; dlp1 does not close its side. */
function moves(leave: (s: Scenario) => void, next = DLP2): Scenario {
  const s = scenario()
  s.host(DLP1, { side: 'servers', closesToo: false })
  leave(s)
  const { agent } = attach(s, 'A1', A1, `${next}:8000`)
  s.wait(seconds(70))
  agent.sends('report')
  return s
}
const closing = (s: Scenario): void => void attach(s, 'A1', A1, `${DLP1}:8000`).agent.closes()

test('the server never sends its FIN', async () => {
  const story = STORIES['half-open-leftover']
  const analysis = await analysed(story.play(), { config: story.config })
  expect(analysis.findings('half-open-leftover').map(inShort)).toEqual([
    'warning half-open-leftover 1.048 client | A1 10.10.1.101 at dlp1 | server 10.10.3.11 |  | client 47, client 49',
  ])
  const { title, summary, remedy, details } = analysis.incident('half-open-leftover')
  expect({ title, summary, remedy, details }).toEqual({
    title: 'dlp1 holds connections of agents that have left',
    summary:
      '1 connection to dlp1 stayed open there after its agent had gone to another server: the resources of dlp1 are not released until its own timers fire.',
    remedy:
      'Let dlp1 close when the agent does, and set TCP keep-alive on its sockets so that dead peers are noticed within minutes.',
    details: { since: '2026-11-21T02:00:01.040100Z', probes: 0 },
  })
})

/** A firewall forgets A1's connection to dlp1; A1 goes to dlp2, and dlp1 asks whether it is still there. */
function forgotten(): Scenario {
  const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'silently' }))
  const { server } = attach(s, 'A1', A1, `${DLP1}:8000`)
  s.wait(seconds(310))
  attach(s, 'A1', A1, `${DLP2}:8000`)
  server.keepAlive()
  for (let i = 0; i < 4; i++) {
    s.wait(seconds(1))
    server.keepAlive()
  }
  s.wait(seconds(80))
  attach(s, 'A1', A1, `${DLP2}:8000`)
  return s
}

test("the server's probes find nobody, after a firewall forgot the connection", async () => {
  const analysis = await analysed(forgotten(), { config: DLP, taps: ['server'] })
  const told = analysis.findings('half-open-leftover')
  expect(told.map(inShort)).toEqual([
    'warning half-open-leftover 311.054 server | A1 10.10.1.101 at dlp1 | server 10.10.3.11 |  | server 96, server 47',
  ])
  expect(told[0]!.details).toEqual({ since: '2026-11-21T02:05:12.101300Z', probes: 4 })
  expect(analysis.incident('half-open-leftover').remedy).toContain('Its keep-alive probes find nobody')
})

test('the same where the capture began too late to show anything else of the connection', async () => {
  const captures = [...forgotten().captures()].filter(([tap]) => tap === 'server')
  let hasMoved = false
  const isLate = (frame: Buffer): boolean => (hasMoved ||= frame.includes(Buffer.from([10, 10, 3, 12])))
  const late = captures.map(([tap, bytes]) => [tap, only(bytes, isLate)] as const)
  const told = (await analysedFiles(late, DLP)).findings('half-open-leftover')
  expect(told.map(inShort)).toEqual([
    'warning half-open-leftover 313.102 server | A1 10.10.1.101 at dlp1 | server 10.10.3.11 |  | server 50, server 1',
  ])
})

keepsQuiet(halfOpenLeftover, {
  'both sides closed the old connection': [
    {
      config: DLP,
      told: [HOP],
      play: () =>
        moves((s) => {
          s.host(DLP1).closesToo = true
          closing(s)
        }),
    },
    {
      config: DLP, // the tap at the server misses its FIN, the one at the agent does not
      told: [HOP],
      play() {
        const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'silently' }))
        const { agent, server } = attach(s, 'A1', A1, `${DLP1}:8000`)
        s.tap('server').misses()
        server.closes()
        agent.closes()
        const elsewhere = attach(s, 'A1', A1, `${DLP2}:8000`).agent
        s.wait(seconds(70))
        elsewhere.sends('report')
        return s
      },
    },
  ],
  'the agent is still using it': {
    config: DLP,
    told: [HOP],
    play: () =>
      moves((s) => {
        const { agent } = attach(s, 'A1', A1, `${DLP1}:8000`)
        s.tap('client').loses(3)
        agent.sends('report') //                          arrives at the fourth try
        s.wait(seconds(5))
      }),
  },
  'the agent came back to the same server': { config: DLP, play: () => moves(closing, DLP1) },
  'an address that stands for several agents: another one is at the other server': {
    config: {
      services: [{ ...DLP.services[0], identity: [] }],
      nat: [{ inside: '10.10.1.0/24', outside: ['203.0.113.5'], mapping: 'shared' }],
    },
    taps: ['server'],
    play() {
      const map = { [A1]: '203.0.113.5', [A2]: '203.0.113.5' }
      const s = scenario().behind(nat({ map, ports: 'allocated' }))
      s.host(DLP1, { side: 'servers', closesToo: false })
      const { agent } = attach(s, 'A1', A1, `${DLP1}:8000`)
      const other = attach(s, 'A2', A2, `${DLP2}:8000`).agent
      s.wait(seconds(30))
      agent.closes()
      s.wait(seconds(70))
      other.sends('report').receives('ok')
      s.wait(seconds(5))
      return s
    },
  },
  'a product that polls: a FIN that this tap missed would look the same, and no connection is meant to last':
    {
      config: polling,
      told: [HOP],
      play: () => moves(closing),
    },
  "the tap is not on the server's segment: what the server said last may not have come this far": {
    config: DLP,
    told: [HOP],
    taps: ['client'],
    play() {
      const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'silently' }))
      s.host(DLP1, { side: 'servers', closesToo: false })
      closing(s)
      const { agent } = attach(s, 'A1', A1, `${DLP2}:8000`)
      s.wait(seconds(70))
      agent.sends('report')
      return s
    },
  },
})
