import { expect, test } from 'vitest'
import { tlsModified } from '../../../src/detectors/tls/tls-modified.ts'
import { seconds } from '../../../src/model/time.ts'
import { concat } from '../../protocols/tls/craft.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { alertOf, flightOf, helloOf, proxyHeader } from '../../scenario/tls.ts'
import { analysed, inShort, only } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { AGENTS, behind, comes, keys, NAME, reencrypted, shown, shownInTurn, VIP } from './scenes.ts'

test('another server name in the same handshake', async () => {
  const { config, play } = STORIES['tls-modified']
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('tls-modified').map(inShort)).toEqual([
    'warning tls-modified 0.035 client | nobody at sems1 | load-balancer 10.10.2.10 |  | client 4, server 4',
  ])
  expect(analysis.findings('tls-modified')[0]!.details).toEqual({
    differing: ['server name', 'ClientHello'],
    serverName: 'keys.example.com',
    serverNameBehind: 'node.example.com',
  })
})

test('another certificate in the same handshake', async () => {
  const [own, other] = [shown({ serial: 1 }), shown({ serial: 2 })]
  const swap = (octets: Uint8Array): Uint8Array => {
    const at = Buffer.from(octets).indexOf(Buffer.from(own))
    if (at < 0 || other.length !== own.length) return octets
    const changed = new Uint8Array(octets)
    changed.set(other, at)
    return changed
  }
  const s = behind((octets, heading) => (heading === 'to-agents' ? swap(octets) : octets))
  comes(s, [own])
  const found = (await analysed(s, { config: keys() })).findings('tls-modified')
  // Signatures of one key vary in length by an octet or two.
  if (other.length === own.length)
    expect(found.map(({ details }) => details['differing'])).toEqual([['certificate']])
})

/** Clients whose handshakes end with an alert of the server. */
function alerted(count: number, description: number): Scenario {
  const s = behind()
  for (let n = 0; n < count; n++) {
    const { agent, server } = s.connect(AGENTS[n]!, `${VIP}:443`)
    agent.sends(helloOf({ name: NAME }))
    server.sends(flightOf({ chain: [shown()] }))
    server.sends(alertOf(description)).closes()
    s.wait(seconds(3))
  }
  return s
}

test.each([
  [20, 'bad_record_mac'],
  [51, 'decrypt_error'],
])('from one side, by alert %d of the ends', async (description, alert) => {
  const analysis = await analysed(alerted(3, description), { config: keys(), taps: ['client'] })
  const found = analysis.findings('tls-modified')
  expect(found.map(({ agent, details, confidence }) => [agent?.address, details, confidence])).toEqual(
    AGENTS.map((address) => [address, { alert, from: 'server' }, 0.6]),
  )
  expect(analysis.incident('tls-modified')).toMatchObject({
    title: 'TLS of keys arrives changed',
    requirements: ['X-16'],
  })
})

keepsQuiet(tlsModified, {
  'a handshake that is the same on both legs, in other segments or behind a PROXY header': [
    { config: keys(), play: () => shownInTurn([[shown()]]), told: ['info tls-passthrough'] },
    {
      config: keys(),
      play() {
        const s = behind((octets, heading, agent) =>
          heading === 'to-servers' && octets[0] === 22 && octets[5] === 1
            ? concat(proxyHeader(AGENTS[0], agent.port, VIP), octets)
            : octets,
        )
        comes(s, [shown()])
        return s
      },
      told: ['info tls-passthrough'],
    },
  ],
  'a relay that ends TLS: its handshake with the server is another one': {
    config: keys(),
    play: () => reencrypted(),
    told: ['info tls-terminated'],
  },
  'a handshake of which one capture lost a part': {
    config: keys(),
    play: () => shownInTurn([[shown()]]),
    // The frames with the server's flight are not there.
    cut: (capture) => only(capture, (frame) => frame.length < 300),
  },
  'one side alone, whose handshakes look as they should: what a relay does to them, only both sides show': {
    ...STORIES['tls-modified'],
    taps: ['server'],
  },
  'an end that says so once: octets are damaged by chance as well': {
    config: keys(),
    play: () => alerted(1, 20),
    taps: ['client'],
  },
})
