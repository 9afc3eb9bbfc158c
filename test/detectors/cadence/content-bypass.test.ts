import { expect, test } from 'vitest'
import { contentBypass } from '../../../src/detectors/cadence/content-bypass.ts'
import { seconds } from '../../../src/model/time.ts'
import { request, response } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, AH1, AH2, begin, comes, fetches, fleet, G1, group, INTERVAL, tries } from './fleet.ts'
import { CADENCE_STORIES } from './stories.ts'

test('content from a server that its list does not name', async () => {
  const { config, play } = CADENCE_STORIES['content-bypass']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('content-bypass')
  expect(found.map(inShort)).toEqual([
    'warning content-bypass 600.076 client | G1 10.10.1.101 at ah1 | agent |  | client 22',
  ])
  expect(found[0]!.details).toEqual({ from: 'ah1', list: 'the list of group A', order: 'ah2' })
  const { title, summary, requirements } = analysis.incident('content-bypass')
  expect({ title, summary, requirements }).toEqual({
    title: 'Agents fetch content from ah1, past their handlers',
    summary: '1 agent fetched content from ah1, which is not on the list of group A (ah2).',
    requirements: ['S4-06'],
  })
})

test('a handler that fetches one file three times in a day', async () => {
  const s = begin()
  for (let i = 0; i < 4; i++) {
    fetches(s, null, AH2, AH1)
    s.wait(seconds(3600))
  }
  const analysis = await analysed(s, { config: fleet() })
  expect(analysis.told).toEqual(['warning content-bypass'])
  expect(analysis.findings('content-bypass')[0]!.details).toEqual({
    from: AH1,
    target: '/Software/Current/ENDP/pkg1.zip',
    bytes: 7,
    times: 3,
  })
  expect(analysis.incident('content-bypass').title).toBe('ah2 does not keep what it fetches')
})

const story = (
  play: (s: Scenario) => void,
  told: readonly string[] = [],
  config: unknown = fleet('10m', [group([G1], ['ah2'])]),
) => ({
  config,
  told,
  play() {
    const s = begin()
    comes(s, G1, A1, AH2)
    s.wait(INTERVAL)
    play(s)
    s.wait(seconds(10))
    return s
  },
})

keepsQuiet(contentBypass, {
  'its own handler gives it the content': story((s) => fetches(s, G1, A1, AH2)),
  'a repository that is no server of the product': story((s) => {
    s.host('10.10.3.90', { side: 'servers' })
    fetches(s, G1, A1, '10.10.3.90')
  }, []),
  'its own handler had failed for it': story(
    (s) => {
      s.host(AH2).health = 'refusing'
      tries(s, 2, A1, AH2)
      fetches(s, G1, A1, AH1)
    },
    ['info failover'],
  ),
  'it checks in there as well: that is for those who judge lists': story(
    (s) => {
      comes(s, G1, A1, AH1)
      s.wait(seconds(10))
      fetches(s, G1, A1, AH1)
    },
    ['warning off-list-server'],
  ),
  'no list is stated for the agent': story((s) => fetches(s, G1, A1, AH1), [], fleet()),
  'a catalogue, which is to be fetched again': story((s) => {
    for (let i = 0; i < 4; i++) {
      fetches(s, null, AH2, AH1, 'catalog.z')
      s.wait(seconds(600))
    }
  }),
  'the content has changed': story((s) => {
    for (let i = 1; i < 5; i++) {
      const { agent } = s.connect(AH2, `${AH1}:80`)
      agent.sends(request('GET', '/Software/Current/dat.zip')).receives(response({ body: 'x'.repeat(i) }))
      agent.closes()
      s.wait(seconds(600))
    }
  }),
})
