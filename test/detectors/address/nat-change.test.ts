import { describe, expect, test } from 'vitest'
import { natChange } from '../../../src/detectors/address/nat-change.ts'
import { seconds } from '../../../src/model/time.ts'
import { nat, request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, A2, checkIn, DLP, EPO, STORIES } from '../stories.ts'
import { NAMELESS } from './stories.ts'
import { events, exported, moves, rebinds, records } from './translated.ts'

const changed = (outside: readonly string[], mapping = 'static'): unknown => ({
  ...EPO,
  nat: [{ inside: '10.10.1.0/24', outside, mapping }],
})
const LINE = '100.044 server | G1 203.0.113.9 at 10.10.3.11:80 | nat |  | server 4, server 10'

/** Two agents check in three times each, in turn, from one outer address and then from another. */
function poolMoves(to: string): Scenario {
  const both = (address: string) => ({ [A1]: address, [A2]: address })
  const s = scenario().behind(
    nat({
      map: both('203.0.113.5'),
      ports: 'allocated',
      changesAt: [{ map: both(to), ports: 'allocated', after: seconds(100) }],
    }),
  )
  for (let i = 0; i < 6; i++) {
    checkIn(s, 'G1', A1)
    checkIn(s, 'G2', A2)
    s.wait(seconds(40))
  }
  return s
}

describe('an agent comes from another outer address', () => {
  const { play } = STORIES['nat-change']

  test('as a tap inside proves', async () => {
    const analysis = await analysed(play(), { config: EPO })
    expect(analysis.findings('nat-change').map(inShort)).toEqual([`warning nat-change ${LINE}`])
    expect(analysis.incident('nat-change')).toMatchObject({
      title: 'Address translation changes the addresses of agents',
      summary:
        '1 agent of epo came from another outer address than before once, without having moved; 2 addresses took turns.',
      details: { from: '203.0.113.5', to: '203.0.113.9', identityEvidence: 'url-parameter G1' },
    })
  })

  test('as a tap inside proves of one that nothing names', async () => {
    const s = scenario().behind(
      nat({
        map: { [A1]: '203.0.113.5' },
        changesAt: [{ map: { [A1]: '203.0.113.9' }, after: seconds(50) }],
      }),
    )
    for (let n = 0; n < 4; n++) {
      const { agent } = s.connect(A1, '10.10.3.11:8000')
      agent.sends(request('GET', `/list/${n}`)).receives(response())
      agent.closes()
      s.wait(seconds(20))
    }
    const found = (await analysed(s, {})).findings('nat-change')
    expect(found.map(({ tap, agent, details }) => [tap, agent, details])).toEqual([
      [
        'server',
        { id: A1, address: '203.0.113.9' },
        {
          from: '203.0.113.5',
          to: '203.0.113.9',
          identityEvidence: `address ${A1}`,
          translation: 'another tap shows its own address unchanged',
        },
      ],
    ])
    expect((await analysed(s, { taps: ['server'] })).findings('nat-change')).toEqual([])
  })

  test.each([
    ['both addresses', ['203.0.113.5', '203.0.113.9']],
    ['one of them, and the other is its neighbour', ['203.0.113.5']],
  ])('as the configuration lets one conclude: it names %s', async (_which, outside) => {
    const found = (await analysed(play(), { config: changed(outside), taps: ['server'] })).findings(
      'nat-change',
    )
    expect(found.map(inShort)).toEqual([`warning nat-change ${LINE}`])
    expect(found[0]!.details['translation']).toBe('the configuration names the address as translated')
  })

  test('as others show that share both addresses', async () => {
    const found = (await analysed(poolMoves('203.0.113.9'), { taps: ['server'] })).findings('nat-change')
    expect(found.map(({ agent, details }) => [agent!.id, details['translation']])).toEqual([
      ['G1', 'other agents use the same addresses at the same time'],
      ['G2', 'other agents use the same addresses at the same time'],
    ])
  })

  test('as its connection shows that goes on under it', async () => {
    const { play: rebinds, config } = STORIES['nat-rebind']
    const found = (await analysed(rebinds(), { config, taps: ['server'] })).findings('nat-change')
    expect(found.map(inShort)).toEqual([
      'warning nat-change 31.054 server | A1 203.0.113.9 at dlp1 | nat |  | server 46, server 47',
    ])
  })
})

describe('as the translator itself exports it', () => {
  const config = NAMELESS
  test.each([
    ['records with the tuple behind it', records],
    ['a log of translations', events],
  ])('in %s', async (_what, tell) => {
    const analysis = await analysed(moves(tell), { config })
    const found = analysis.findings('nat-change')
    expect(found.map(({ details: { from, to } }) => [from, to])).toEqual([
      ['203.0.113.5', '203.0.113.9'],
      ['203.0.113.9', '203.0.113.5'],
    ])
    expect(found[0]).toMatchObject({
      severity: 'warning',
      agent: { id: '10.10.1.101', address: '203.0.113.9' },
      server: { name: 'dlp1' },
      actor: { role: 'nat', confidence: 0.99 },
      confidence: 0.9,
      details: {
        identityEvidence: "the agent's own address, 10.10.1.101",
        translation: 'the translator says so',
      },
    })
    expect(found[0]!.suggested).toBeUndefined()
    expect(found[0]!.evidence.map(({ note }) => note)).toEqual([
      expect.stringContaining('10.10.1.101 goes on as 203.0.113.5 (record 1'),
      expect.stringContaining('10.10.1.101 goes on as 203.0.113.9 (record 1'),
    ])
    // Each is shown when it was said: as its connection began.
    const [earlier, later] = found[0]!.evidence
    expect(later!.at - earlier.at).toBe(seconds(360))
    expect(analysis.told).toEqual(['warning nat-change', 'warning nat-change'])
  })

  test('of an open connection that goes on under another address', async () => {
    const outer = [
      ['203.0.113.5', 40_000],
      ['203.0.113.9', 40_000],
    ] as const
    expect((await analysed(rebinds(records, outer), { config })).told.toSorted()).toEqual([
      'critical nat-rebind',
      'warning nat-change',
    ])
  })
})

keepsQuiet(natChange, {
  "the agent's own address changed: DHCP, roaming, VPN": [
    {
      config: changed(['10.10.1.101', '10.10.1.102']), // the inner tap shows that it moved
      play() {
        const s = scenario().behind(nat({ map: { [A1]: '203.0.113.5', [A2]: '203.0.113.9' } }))
        checkIn(s, 'G1', A1)
        s.wait(seconds(60))
        checkIn(s, 'G1', A2)
        return s
      },
    },
    {
      config: changed(['203.0.113.5']), // it moves within the site, whose outer address is always the same
      play() {
        const s = scenario().behind(
          nat({ map: { [A1]: '203.0.113.5', '10.10.7.20': '203.0.113.5' }, ports: 'allocated' }),
        )
        checkIn(s, 'G1', A1)
        s.wait(seconds(60))
        checkIn(s, 'G1', '10.10.7.20')
        return s
      },
    },
    {
      config: changed(['203.0.113.5']), // home: one address is the site's, the other is not
      taps: ['server'],
      play() {
        const s = scenario().behind(nat({ map: { [A1]: '203.0.113.5' } }))
        checkIn(s, 'G1', A1)
        s.wait(seconds(60))
        checkIn(s, 'G1', '198.51.100.7')
        return s
      },
    },
    {
      config: {
        ...EPO, // from one office to another: each has a translation of its own
        nat: [
          { inside: '10.10.1.0/24', outside: ['203.0.113.5'], mapping: 'shared' },
          { inside: '10.10.7.0/24', outside: ['203.0.113.77'], mapping: 'shared' },
        ],
      },
      taps: ['server'],
      play() {
        const map = { [A1]: '203.0.113.5', [A2]: '203.0.113.5', '10.10.7.20': '203.0.113.77' }
        const s = scenario().behind(
          nat({ map: { ...map, '10.10.7.21': '203.0.113.77' }, ports: 'allocated' }),
        )
        for (let i = 0; i < 4; i++) {
          checkIn(s, 'G1', i % 2 === 0 ? A1 : '10.10.7.20')
          checkIn(s, 'G2', A2)
          checkIn(s, 'G3', '10.10.7.21')
          s.wait(seconds(60))
        }
        return s
      },
    },
    {
      config: changed(['2001:db8:1::/64']), // temporary addresses, one after the other (RFC 8981)
      play() {
        const s = scenario()
        for (let i = 0; i < 3; i++) {
          checkIn(s, 'G1', `2001:db8:1::${10 + i}`, '[2001:db8:9::11]:80')
          s.wait(seconds(60))
        }
        return s
      },
    },
    {
      config: EPO,
      taps: ['server'],
      play: () => poolMoves('198.51.100.9'),
      told: ['info nat-shared', 'info nat-shared'],
    },
  ],
  'many agents behind one address that stays': {
    config: changed(['203.0.113.5'], 'shared'),
    play: () => poolMoves('203.0.113.5'),
  },
  'an identity that is only an address, or a guess, where no other tap shows that address unchanged': {
    config: { services: [{ ...DLP.services[0], identity: [] }] },
    taps: ['server'],
    told: ['critical nat-rebind'],
    play: STORIES['nat-rebind'].play,
  },
  'nothing shows that addresses are translated on this path': {
    config: EPO,
    taps: ['server'],
    play: STORIES['nat-change'].play,
  },
  'an inner address that another host may have by now': {
    config: NAMELESS,
    play: () => moves(records, 15_000),
  },
  'another way to another server': {
    config: NAMELESS,
    play() {
      const life = { agent: '10.10.1.101', outer: [['203.0.113.5', 40_000]] } as const
      const other = { agent: '10.10.1.101', outer: [['198.51.100.5', 40_000]] } as const
      return exported([
        ...records({ ...life, from: 0, to: 300, port: 50_000 }),
        ...records({ ...other, from: 30, to: 330, port: 50_001, server: '10.10.9.11' }),
        ...records({ ...life, from: 360, to: 660, port: 50_002 }),
      ])
    },
  },
})
