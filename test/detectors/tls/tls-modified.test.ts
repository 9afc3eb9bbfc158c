import { expect, test } from 'vitest'
import { tlsModified } from '../../../src/detectors/tls/tls-modified.ts'
import { concat } from '../../protocols/tls/craft.ts'
import { proxyHeader } from '../../scenario/tls.ts'
import { analysed, inShort, only } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { AGENTS, behind, comes, keys, reencrypted, shown, shownInTurn, VIP } from './scenes.ts'

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
})
