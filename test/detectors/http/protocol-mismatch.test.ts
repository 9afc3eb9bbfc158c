import { describe, expect, test } from 'vitest'
import { protocolMismatch } from '../../../src/detectors/http/protocol-mismatch.ts'
import { seconds } from '../../../src/model/time.ts'
import { request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { alertOf, helloOf } from '../../scenario/tls.ts'
import { analysed, inShort, only } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { AGENTS, comes, keys, ONE, shown } from '../tls/scenes.ts'

const SEPM = keys({ profile: 'symantec-sepm', ports: [443, 8080] })

/** What an agent says, and what it is answered. */
function says(words: Uint8Array, answer: Uint8Array): Scenario {
  const s = scenario()
  const { agent, server } = s.connect(AGENTS[0], `${ONE}:443`)
  agent.sends(words)
  server.sends(answer).closes()
  s.wait(seconds(3))
  return s
}

/** An agent tries a port where nobody listens. */
function knocks(times: number, every: number): Scenario {
  const s = scenario()
  s.host(ONE, { side: 'servers' }).health = 'refusing'
  for (let i = 0; i < times; i++) {
    s.connect(AGENTS[0], `${ONE}:8014`)
    s.wait(seconds(every))
  }
  return s
}

function speaks(s: Scenario, agent: number, what: 'TLS' | 'HTTP'): void {
  if (what === 'TLS') return void comes(s, [shown()], { agent, to: `${ONE}:443` })
  const { agent: party } = s.connect(AGENTS[agent]!, `${ONE}:8080`)
  party.sends(request('GET', '/secars/secars.dll?h=A1')).receives(response())
  party.closes()
  s.wait(seconds(1))
}

test('a ClientHello is answered in another protocol', async () => {
  const { config, play } = STORIES['protocol-mismatch']
  const found = (await analysed(play(), { config })).findings('protocol-mismatch')
  expect(found.map(inShort)).toEqual([
    'warning protocol-mismatch 0.020 client | nobody at sems1 | unknown |  | client 4, client 5',
  ])
  expect(found[0]!.details).toEqual({ how: 'not-tls', client: AGENTS[0], address: ONE, port: 443 })
})

describe('other kinds', () => {
  test.each([
    ['tls-only', () => says(request('GET', '/'), alertOf(10)), ['S1-10']],
    ['version', () => says(helloOf({}), alertOf(70)), ['S1-10']],
    ['port', () => knocks(3, 20), ['S1-13']],
  ])('%s', async (how, play, requirements) => {
    const found = (await analysed(play(), { config: SEPM })).findings('protocol-mismatch')
    expect(found.map((f) => [f.severity, f.details['how'], f.requirements])).toEqual([
      ['warning', how, requirements],
    ])
  })

  test('agents of one list that speak differently', async () => {
    const s = scenario()
    speaks(s, 0, 'TLS')
    speaks(s, 1, 'HTTP')
    speaks(s, 2, 'HTTP')
    const found = (await analysed(s, { config: SEPM })).findings('protocol-mismatch')
    expect(found.map((f) => [f.severity, f.evidence.map(({ note }) => note)])).toEqual([
      ['info', ['10.10.1.101 speaks TLS', '10.10.1.102 speaks HTTP']],
    ])
  })
})

keepsQuiet(protocolMismatch, {
  'a server that refuses TLS by an alert about anything but versions': {
    config: keys(),
    play: () => says(helloOf({}), alertOf(40)),
  },
  'an answer of which the capture lost a part': {
    config: keys(),
    play() {
      const s = scenario()
      const { agent, server } = s.connect(AGENTS[0], `${ONE}:443`)
      agent.sends(helloOf({}))
      server.sends(response({ body: 'x'.repeat(9000) }, 400)).closes()
      s.wait(seconds(3))
      return s
    },
    cut: (capture) => only(capture, (_frame, i) => i < 5 || i > 6),
  },
  'a few tries at a port, as a scanner makes': {
    config: SEPM,
    play: () => knocks(3, 2),
  },
  'agents that go from one protocol to the other': {
    config: SEPM,
    play() {
      const s = scenario()
      speaks(s, 0, 'HTTP')
      speaks(s, 0, 'TLS')
      return s
    },
  },
  'a service of which nothing is known': {
    play: () => says(helloOf({}), response({}, 400)),
  },
})
