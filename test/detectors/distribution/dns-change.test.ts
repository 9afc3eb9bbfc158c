import { expect, test } from 'vitest'
import { dnsChange } from '../../../src/detectors/distribution/dns-change.ts'
import { scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { answered, held, resolves, SERVERS } from './stories.ts'

const [ONE, TWO, THREE] = SERVERS as readonly [string, string, string]
const A = [ONE],
  B = [TWO]

test('a record leads elsewhere, and each client that asks is told so: one change', async () => {
  const s = scenario()
  for (const [agent, addresses] of [
    [1, A],
    [2, A],
    [1, B],
    [2, B],
    [1, B],
    [1, B],
    [2, B],
  ] as const)
    resolves(s, addresses, agent)
  const analysis = await analysed(s, { config: held() })
  expect(analysis.findings('dns-change').map(inShort)).toEqual([
    'info dns-change 60.084 client | nobody at a server | dns 10.10.4.53 |  | client 5, client 23',
  ])
  expect(analysis.incident('dns-change').summary).toBe(
    'dlp.example.com led to 10.10.3.11 and now leads to 10.10.3.12.',
  )
})

test('there and back are two, and the capture may end before it is confirmed', async () => {
  const found = (await analysed(answered(A, A, B, B, B, A), { config: held() })).findings('dns-change')
  expect(found.map(({ details }) => [details['from'], details['to']])).toEqual([
    [A, B],
    [B, A],
  ])
})

keepsQuiet(dnsChange, {
  'addresses that are handed out in turn: the old ones come again': {
    config: held(),
    play: () => answered(A, B, A, B, A, B, A),
    told: ['warning dns-round-robin'],
  },
  'the same addresses in another order': {
    config: held(),
    play: () => answered([ONE, TWO, THREE], [TWO, THREE, ONE]),
  },
  'different clients that are given different addresses': {
    config: held(),
    play() {
      const s = scenario()
      for (let i = 0; i < 6; i++) resolves(s, i % 2 === 0 ? A : B, i % 2)
      return s
    },
  },
  'a name that leads to no service of the configuration': {
    config: held(),
    play() {
      const s = scenario()
      for (const quad of ['192.0.2.1', '192.0.2.2', '192.0.2.2']) resolves(s, [quad], 1, 'a.example')
      return s
    },
  },
})
