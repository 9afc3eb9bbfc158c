import { expect, test } from 'vitest'
import { dnsRoundRobin } from '../../../src/detectors/distribution/dns-round-robin.ts'
import { scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { answered, FQDN, held, resolves, SERVERS } from './stories.ts'

const [ONE, TWO] = SERVERS as readonly [string, string]
const A = [ONE],
  B = [TWO]

test('the order of the addresses turns', async () => {
  const analysis = await analysed(answered([ONE, TWO], [TWO, ONE], [ONE, TWO]), { config: held() })
  expect(analysis.findings('dns-round-robin').map(inShort)).toEqual([
    'warning dns-round-robin 60.084 client | nobody at a server | dns 10.10.4.53 |  | client 5, client 14, client 23',
  ])
  expect(analysis.incident('dns-round-robin')).toMatchObject({
    service: 'dlp',
    summary:
      'dlp.example.com has 2 addresses (10.10.3.11, 10.10.3.12), whose order changed 2 times in 3 answers: whoever asks again goes to another one.',
    filter: 'dns.flags.response == 1 && dns.qry.name == "dlp.example.com"',
    requirements: ['X-12'],
  })
})

test('a client is given one address after the other', async () => {
  const found = (await analysed(answered(A, B, A, B, A), { config: held() })).findings('dns-round-robin')
  expect(found.map(({ details }) => [details['changes'], details['inOneAnswer']])).toEqual([[4, false]])
})

test('at the end all of its turns are told, and it is one incident still', async () => {
  const turns = Array.from({ length: 9 }, (_, i) => (i % 2 === 0 ? [ONE, TWO] : [TWO, ONE]))
  const analysis = await analysed(answered(...turns), { config: held() })
  expect(analysis.findings('dns-round-robin')).toHaveLength(1)
  expect(analysis.incident('dns-round-robin').summary).toContain('whose order changed 8 times in 9 answers')
})

test('a name that only its addresses tell, and one that is listed', async () => {
  const play = (of: string, addresses: readonly string[]) => {
    const s = scenario()
    for (const order of [addresses, addresses.toReversed(), addresses]) resolves(s, order, 1, of)
    return s
  }
  const byAddress = await analysed(play('other.example.com', [ONE, TWO]), { config: held() })
  expect(byAddress.told).toEqual(['warning dns-round-robin'])
  const listed = { dns: { names: ['www.example.org'] } }
  const byName = await analysed(play('www.example.org', ['192.0.2.1', '192.0.2.2']), { config: listed })
  expect(byName.findings('dns-round-robin').map(({ service }) => service)).toEqual([null])
})

keepsQuiet(dnsRoundRobin, {
  'a record that was changed, by hand or by a monitor, and stays so': {
    config: held(),
    play: () => answered(A, A, A, A, A, A, B, B, B, B, B, B, A, A, A, A, A, A),
    told: ['info dns-change', 'info dns-change'],
  },
  'several addresses, always in the same order': {
    config: held(),
    play: () => answered([ONE, TWO], [ONE, TWO], [ONE, TWO], [ONE, TWO]),
  },
  'different clients that are always given different addresses': [
    {
      config: held(),
      play() {
        const s = scenario()
        for (let i = 0; i < 12; i++) resolves(s, i % 2 === 0 ? A : B, i % 2)
        return s
      },
    },
    {
      config: held(), // those first that are near to them
      play() {
        const s = scenario()
        for (let i = 0; i < 12; i++) resolves(s, i % 2 === 0 ? [ONE, TWO] : [TWO, ONE], i % 2)
        return s
      },
    },
  ],
  'a name that leads to no service of the configuration': {
    config: held(),
    play() {
      const s = scenario()
      const addresses = ['192.0.2.1', '192.0.2.2']
      for (let i = 0; i < 6; i++)
        resolves(s, i % 2 === 0 ? addresses : addresses.toReversed(), 1, 'a.example')
      return s
    },
  },
  'one answer, or two, in another order': {
    config: held(),
    play: () => answered([ONE, TWO], [TWO, ONE], [TWO, ONE], [TWO, ONE]),
  },
})

test('the name of the service is found whatever its case', async () => {
  const s = scenario()
  for (const order of [
    [ONE, TWO],
    [TWO, ONE],
    [ONE, TWO],
  ])
    resolves(s, order, 1, FQDN.toUpperCase())
  expect((await analysed(s, { config: held() })).told).toEqual(['warning dns-round-robin'])
})
