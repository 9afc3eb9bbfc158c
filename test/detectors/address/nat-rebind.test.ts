import { describe, expect, test } from 'vitest'
import { natRebind } from '../../../src/detectors/address/nat-rebind.ts'
import { seconds } from '../../../src/model/time.ts'
import { firewall, nat, scenario } from '../../scenario/scenario.ts'
import type { Party } from '../../scenario/party.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, analysedFiles, inOneFile, inShort, only } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, A2, attach, DLP, DLP1, STORIES } from '../stories.ts'
import { NAMELESS } from './stories.ts'
import { events, exported, rebinds, records } from './translated.ts'

const DIRECT = `${DLP1}:8000`
const TRANSLATED = {
  ...DLP,
  nat: [{ inside: '10.10.1.0/24', outside: ['203.0.113.0/24'], mapping: 'static' }],
}

/** The server meets a segment of a connection that it does not know, a moment after it has served others. */
function unknownTo(server: (s: Scenario, end: Party) => void): Scenario {
  const s = scenario()
  const { agent, server: end } = attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(10))
  server(s, end)
  agent.sends('report')
  s.wait(seconds(2))
  attach(s, 'A2', A2, DIRECT)
  return s
}

/** Three agents speak every few seconds; then the server's host knows nothing of some of them. */
function refused(forgotten: readonly string[]): Scenario {
  const s = scenario()
  const all = [A1, A2, '10.10.1.103'].map((from, i) => ({ from, ...attach(s, `A${i + 1}`, from, DIRECT) }))
  let gone: readonly string[] = []
  const speak = (): void => {
    for (const { from, agent, server } of all) {
      s.wait(seconds(3))
      agent.sends(`report of ${from}`)
      if (!gone.includes(from)) server.sends('ok')
    }
  }
  for (let i = 0; i < 5; i++) speak()
  for (const { from, server } of all) if (forgotten.includes(from)) server.forgets()
  gone = forgotten
  speak()
  for (const [i, { from }] of all.entries()) if (gone.includes(from)) attach(s, `A${i + 1}`, from, DIRECT)
  s.wait(seconds(5))
  return s
}

describe('an open connection loses its mapping', () => {
  test('and goes on under another address', async () => {
    const { play, config } = STORIES['nat-rebind']
    const analysis = await analysed(play(), { config, taps: ['server'] })
    const found = analysis.findings('nat-rebind')
    expect(found.map(inShort)).toEqual([
      'critical nat-rebind 31.054 server | A1 203.0.113.9 at dlp1 | nat |  | server 46, server 47',
    ])
    expect(found[0]!.details).toEqual({
      from: '203.0.113.5:49152',
      to: '203.0.113.9:49152',
      identityEvidence: 'sequence 0 and acknowledgment 0 octets from where the old connection stood',
    })
    expect(analysis.incident('nat-rebind').summary).toBe(
      '1 open connection of dlp lost its mapping: the server met segments from an address or port that it did not know.',
    )
  })

  test('as the agent sees it: the server resets it, and has kept the others', async () => {
    const analysis = await analysed(refused([A1]), { config: TRANSLATED, taps: ['client'] })
    const found = analysis.findings('nat-rebind')
    expect(found.map((f) => [f.severity, f.agent?.id, f.details['to'], f.confidence])).toEqual([
      ['critical', 'A1', null, 0.6],
    ])
    expect(analysis.told).toEqual(['critical nat-rebind'])
  })

  test.each([
    ['all of them', () => refused([A1, A2, '10.10.1.103'])],
    ['one, and nobody else was connected', () => unknownTo((_s, end) => end.forgets())],
  ])('the server resets %s: it may have been started anew', async (_whom, play) => {
    const analysis = await analysed(play(), { config: TRANSLATED, taps: ['client'] })
    const { severity, needs, title } = analysis.incident('nat-rebind')
    expect([severity, title]).toEqual(['info', 'Open connections may have lost their mapping'])
    expect(needs).toContain('a capture at the server')
    expect(analysis.alarms).toEqual([])
  })
})

const MAPPED = ['203.0.113.5', 40_000] as const

describe('as the translator itself exports it', () => {
  test.each([
    ['packets without a SYN go on', records, 0.95, 'the translator says so, and what went on has no SYN'],
    [
      'a log of translations has the same connection again',
      events,
      0.6,
      'the translator says so of the same addresses and ports within 60 s',
    ],
  ])('%s', async (_what, tell, confidence, identityEvidence) => {
    const analysis = await analysed(rebinds(tell), { config: NAMELESS })
    expect(analysis.told).toEqual(['critical nat-rebind'])
    const [found] = analysis.findings('nat-rebind')
    expect(found).toMatchObject({
      confidence,
      actor: { role: 'nat', confidence: 0.99 },
      details: { from: '203.0.113.5:40000', to: '203.0.113.5:40777', identityEvidence },
    })
    expect(found!.suggested).toBeUndefined()
    expect(found!.evidence.map(({ note }) => note)).toEqual([
      expect.stringContaining('goes on as 203.0.113.5:40000 (record 1'),
      expect.stringContaining('goes on as 203.0.113.5:40777 (record 1'),
    ])
  })
})

keepsQuiet(natRebind, {
  'a new connection: it begins with a SYN': {
    config: TRANSLATED,
    taps: ['server'],
    told: ['warning nat-change'],
    play() {
      const changesAt = [{ map: { [A1]: '203.0.113.9' }, after: seconds(20) }]
      const s = scenario().behind(nat({ map: { [A1]: '203.0.113.5' }, changesAt }))
      attach(s, 'A1', A1, DIRECT)
      s.wait(seconds(30))
      attach(s, 'A1', A1, DIRECT)
      return s
    },
  },
  'a device on the path that resets after an idle timeout': [
    {
      config: TRANSLATED,
      taps: ['client'],
      told: ['critical severed-idle', 'warning reconnect-overhead'],
      play() {
        const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'rst-on-next' }))
        const { agent } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(310))
        agent.sends('report')
        attach(s, 'A1', A1, DIRECT)
        return s
      },
    },
    {
      config: TRANSLATED, // not idle for long, but the way was short
      taps: ['client'],
      play() {
        const s = scenario().behind(firewall({ idle: seconds(20), forgets: 'rst-on-next' }))
        const { agent } = attach(s, 'A1', A1, DIRECT)
        s.wait(seconds(30))
        agent.sends('report')
        attach(s, 'A1', A1, DIRECT)
        return s
      },
    },
    {
      config: TRANSLATED, // after a silence it may be the server's own doing, or the translator's
      told: ['info severed-idle'],
      play: () =>
        unknownTo((s, end) => {
          s.wait(seconds(100))
          attach(s, 'A3', '10.10.1.103', DIRECT).agent.closes()
          end.forgets()
        }),
    },
  ],
  'a server that aborts: its socket still acknowledges': {
    config: TRANSLATED,
    play: () => unknownTo((_s, end) => end.resets()),
  },
  'a server that restarted or failed': {
    config: TRANSLATED,
    play: () =>
      unknownTo((s, end) => {
        end.forgets()
        s.host(DLP1).health = 'refusing'
        s.connect(A2, DIRECT)
        s.wait(seconds(1))
        s.host(DLP1).health = 'up'
      }),
  },
  'no address translation is known on the path': {
    config: DLP,
    play: () => unknownTo((_s, end) => end.forgets()),
  },
  'a tap that sees both sides of the translation: the same packet, twice': [],
  'a translator that says the same mapping again': [
    { config: NAMELESS, play: () => rebinds(records, [MAPPED, MAPPED, MAPPED]) },
    { config: NAMELESS, play: () => rebinds(events, [MAPPED, MAPPED, MAPPED]) },
    {
      config: NAMELESS, // another connection, from the same port
      play() {
        const life = { agent: A1, port: 50_000, from: 0, to: 300, outer: [MAPPED] }
        const outer = [['203.0.113.5', 40_777]] as const
        return exported([...events(life), ...events({ ...life, from: 400, to: 700, outer })])
      },
    },
    {
      config: NAMELESS, // ... that begins with a SYN
      play() {
        const life = { agent: A1, port: 50_000, from: 0, to: 300, outer: [MAPPED] }
        const outer = [['203.0.113.5', 40_777]] as const
        return exported([...records(life), ...records({ ...life, from: 330, to: 600, outer })])
      },
    },
  ],
})

test('a tap that sees both sides of the translation, wherever the capture begins', async () => {
  const s = scenario().behind(nat({ map: { [A1]: '203.0.113.5' } }))
  const { agent } = attach(s, 'A1', A1, DIRECT)
  for (let i = 0; i < 5; i++) {
    s.wait(seconds(10))
    agent.sends('report').receives('ok')
  }
  const whole = inOneFile(s)
  for (let first = 0; first < 120; first++) {
    const seen = only(whole, (_frame, i) => i >= first)
    expect([first, (await analysedFiles([['', seen]], TRANSLATED)).told]).toEqual([first, []])
  }
})
