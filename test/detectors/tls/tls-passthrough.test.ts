import { expect, test } from 'vitest'
import { tlsPassthrough } from '../../../src/detectors/tls/tls-passthrough.ts'
import { nat, scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { AGENTS, comes, keys, ONE, reencrypted, shown, shownInTurn } from './scenes.ts'

test('the same handshake on both legs', async () => {
  const { config, play } = STORIES['tls-passthrough']
  const found = (await analysed(play(), { config })).findings('tls-passthrough')
  expect(found.map(inShort)).toEqual([
    'info tls-passthrough 0.035 client | nobody at a server | load-balancer 10.10.2.10 |  | client 4, server 4',
  ])
  expect(found[0]!.details['expected']).toBeNull()
})

test('is told once for a relay', async () => {
  const story = shownInTurn([[shown()], [shown()], [shown()]])
  expect((await analysed(story, { config: keys() })).told).toEqual(['info tls-passthrough'])
})

test('shows without a configuration that says who relays', async () => {
  const analysis = await analysed(shownInTurn([[shown()]]))
  expect(analysis.findings('tls-passthrough').map(({ actor }) => actor)).toEqual([
    { role: 'middlebox', address: '10.10.2.10', confidence: 0.85 },
  ])
})

keepsQuiet(tlsPassthrough, {
  'a relay that ends TLS': {
    config: keys(),
    play: () => reencrypted(),
    told: ['info tls-terminated'],
  },
  'one leg alone': [
    { config: keys(), play: () => shownInTurn([[shown()]]), taps: ['client'] },
    { config: keys(), play: () => shownInTurn([[shown()]]), taps: ['server'] },
  ],
  'address translation, or two taps on one connection: there is no relay': {
    config: keys(),
    play() {
      const s = scenario().behind(nat({ map: { [AGENTS[0]]: '203.0.113.5' } }))
      comes(s, [shown()], { to: `${ONE}:443` })
      return s
    },
  },
})
