import { expect, test } from 'vitest'
import { certificateDiffers } from '../../../src/detectors/tls/certificate-differs.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { behind, comes, keys, NAME, reencrypted, shown, shownInTurn } from './scenes.ts'

const [A, B] = [shown({ serial: 1 }), shown({ serial: 2 })]
const PASSES = ['info tls-passthrough']

test.each([
  [
    'client',
    'warning certificate-differs 2.085 client | nobody at a server | server |  | client 5, client 19',
  ],
  [
    'server',
    'warning certificate-differs 2.081 server | nobody at a server | server |  | server 5, server 19',
  ],
])('two servers take turns, seen at the %s', async (tap, line) => {
  const { config, play } = STORIES['certificate-differs']
  const found = (await analysed(play(), { config, taps: [tap] })).findings('certificate-differs')
  expect(found.map(inShort)).toEqual([line])
  expect(found[0]!.details).toMatchObject({
    name: NAME,
    certificates: [
      { server: tap === 'server' ? 'sems1' : null, subject: `CN=${NAME}` },
      { server: tap === 'server' ? 'sems2' : null, subject: `CN=${NAME}` },
    ],
  })
})

test('both were issued of late: neither takes the place of the other', async () => {
  const fresh = { from: '2026-11-20' }
  const chains = [[shown({ ...fresh, serial: 3 })], [shown({ ...fresh, serial: 4 })]]
  const story = shownInTurn([...chains, ...chains])
  expect((await analysed(story, { config: keys() })).findings('certificate-differs')).toHaveLength(1)
})

keepsQuiet(certificateDiffers, {
  'a renewal: a young certificate takes the place of an old one': {
    config: keys(),
    play: () => shownInTurn([[A], [shown({ serial: 5, from: '2026-11-18' })], [A]]),
    told: PASSES,
  },
  'one certificate that took the place of another, which was not seen again': {
    config: keys(),
    play: () => shownInTurn([[A], [A], [B], [B]]),
    told: PASSES,
  },
  'RSA beside ECDSA: the client’s ciphers choose': {
    config: keys(),
    play: () => shownInTurn([[A], [shown({ key: 'rsa' })], [A]]),
    told: PASSES,
  },
  'servers that are asked for by names of their own': {
    config: keys(),
    play() {
      const s = behind()
      const own = ['one.example.com', 'two.example.com'].map((name) => ({
        name,
        chain: [shown({ name, names: [name] })],
      }))
      for (const { name, chain } of [...own, ...own]) comes(s, chain, { name })
      return s
    },
    told: PASSES,
  },
  'a handshake of the relay’s own with its server: no agent sees that certificate': {
    config: keys({ tls: { mode: 'termination' } }),
    play() {
      const s = reencrypted([A], { name: NAME })
      for (const chain of [[B], [A]]) comes(s, chain)
      return s
    },
    taps: ['server'],
  },
  'a product whose servers have certificates of their own by design': {
    config: keys({ profile: 'symantec-sepm' }),
    play: () => shownInTurn([[A], [B], [A]]),
    told: PASSES,
  },
  'a service that is not configured: content networks do so': {
    play: () => shownInTurn([[A], [B], [A]]),
    taps: ['client'],
  },
})
