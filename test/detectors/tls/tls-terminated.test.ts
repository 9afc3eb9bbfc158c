import { describe, expect, test } from 'vitest'
import { tlsTerminated } from '../../../src/detectors/tls/tls-terminated.ts'
import { milliseconds, seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import { secures } from '../../scenario/tls.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import {
  BALANCER,
  keys,
  offloaded,
  ONE,
  reencrypted,
  reencryptedBlindly,
  shown,
  shownInTurn,
  AGENTS,
  VIP,
} from './scenes.ts'

test('another handshake behind the relay, where TLS was to pass', async () => {
  const { config, play } = STORIES['tls-terminated']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('tls-terminated')
  expect(found.map(inShort)).toEqual([
    'warning tls-terminated 0.035 client | nobody at a server | load-balancer 10.10.2.10 |  | client 4, server 4',
  ])
  expect(found[0]!.details).toEqual({
    backend: 're-encrypted',
    expected: 'passthrough',
    serverName: null,
    joinedBy: ['PROXY header'],
  })
  expect(found[0]!.requirements).toEqual(['S2-09'])
})

test('nothing but clear text behind it', async () => {
  const analysis = await analysed(offloaded(), { config: keys() })
  const [found] = analysis.findings('tls-terminated')
  expect([found!.severity, found!.details['backend']]).toEqual(['info', 'in clear'])
})

test.each([
  ['symantec-sems', undefined, 'info', []],
  ['symantec-sems', 'termination', 'info', []],
  ['symantec-sems', 'passthrough', 'warning', ['S2-09']],
  ['mcafee-epo', undefined, 'warning', ['S4-19']],
  ['mcafee-epo', 'any', 'info', []],
])('%s with mode %s: %s', async (profile, mode, severity, requirements) => {
  const config = keys({ profile, ...(mode === undefined ? {} : { tls: { mode } }) })
  const [found] = (await analysed(reencrypted(), { config })).findings('tls-terminated')
  expect([found!.severity, found!.requirements]).toEqual([severity, requirements])
})

describe('where nothing of the legs can be read', () => {
  test('the same delay, connection by connection, tells it', async () => {
    const analysis = await analysed(reencryptedBlindly(5), { config: keys() })
    const found = analysis.findings('tls-terminated')
    expect(
      found.map(({ details, confidence }) => [details['backend'], details['joinedBy'], confidence]),
    ).toEqual([['re-encrypted', ['delay of 5 connections'], 0.8]])
  })

  test('four such connections do not', async () => {
    expect((await analysed(reencryptedBlindly(4), { config: keys() })).told).toEqual([])
  })
})

keepsQuiet(tlsTerminated, {
  'a relay that passes TLS on: the handshake is the same behind it': {
    config: keys({ tls: { mode: 'passthrough' } }),
    play: () => shownInTurn([[shown()]]),
    told: ['info tls-passthrough'],
  },
  'one leg alone: what is behind is not known': [
    { config: keys({ tls: { mode: 'passthrough' } }), play: () => reencrypted(), taps: ['client'] },
    { config: keys({ tls: { mode: 'passthrough' } }), play: () => reencrypted(), taps: ['server'] },
  ],
  'connections of the relay that are no agent’s': {
    // Checks that come as they like, where the agents' own connections behind the relay are not seen.
    config: keys({ tls: { mode: 'passthrough' } }),
    play() {
      const s = scenario()
      for (let i = 0; i < 10; i++) {
        secures(s.connect(AGENTS[i % 3]!, `${VIP}:443`), { chain: [shown()], nonce: 10 + i })
        s.wait(milliseconds(150 * i))
        secures(s.connect(BALANCER, `${ONE}:443`), { chain: [shown()], nonce: 500 + i })
        s.wait(seconds(3))
      }
      return s
    },
  },
})
