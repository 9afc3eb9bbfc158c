import { expect, test } from 'vitest'
import { offListServer } from '../../../src/detectors/failover/off-list-server.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { FAILOVER_STORIES } from './stories.ts'
import { begin, comes, fails, OFFICE, passes, place, SEPM, SEPM1, SEPM2, SEPM3, SERVICE } from './managers.ts'

const { config } = FAILOVER_STORIES['off-list-server']

test("an agent talks to a server of another group's", async () => {
  const analysis = await analysed(STORIES['off-list-server'].play(), { config })
  expect(analysis.told).toEqual(['warning off-list-server'])
  const found = analysis.findings('off-list-server')
  expect(found.map(inShort)).toEqual([
    'warning off-list-server 29.532 client | K1 10.10.1.101 at sepm3 | agent |  | client 10',
  ])
  expect(found[0]!.details).toEqual({
    contacted: 'sepm3',
    list: 'the list of group A',
    order: 'sepm1 or sepm2',
    listedFor: null,
    since: '2026-11-21T02:00:29.532100Z',
  })
  expect(analysis.incident('off-list-server')).toMatchObject({
    title: 'Agents talk to sepm3, which is not on their list',
    summary: '1 agent talked to sepm3, which is not on the list of group A (sepm1 or sepm2).',
    requirements: ['S1-05', 'S1-13'],
  })
})

test('a server that the configuration does not know, of the same product', async () => {
  const s = begin()
  passes(s, 2, [1, SEPM1])
  comes(s, 1, '10.10.4.99')
  comes(s, 1, '10.10.4.99')
  const found = (await analysed(s, { config: SEPM })).findings('off-list-server')
  expect(found.map(({ server, service, details }) => [server, service, details['contacted']])).toEqual([
    [null, 'sepm', '10.10.4.99:8014'],
  ])
})

/** K1 at a server of its own, and then at the third. */
function strays(between: (s: ReturnType<typeof begin>) => void = () => {}) {
  const s = begin()
  comes(s, 1, SEPM1)
  between(s)
  comes(s, 1, SEPM3)
  return s
}

keepsQuiet(offListServer, {
  'the list names it, at whatever priority': {
    config: {
      ...config,
      services: [{ ...SERVICE, persistence: 'random' }],
      groups: [{ name: 'A', agents: ['K1'], servers: { sepm: [['sepm1'], ['sepm2'], ['sepm3']] } }],
    },
    play: () => strays(),
  },
  'a server of its list had failed for the agent shortly before: it may know of one more': {
    config,
    play: () =>
      strays((s) => {
        fails(s, 1, SEPM1)
        fails(s, 1, SEPM2)
      }),
    told: ['info failover'],
  },
  "another location's list names the server: it follows the wrong list": {
    config: {
      services: [{ ...SERVICE, persistence: 'random' }],
      locations: [place('Office', OFFICE, ['sepm1']), place('Branch', '10.10.7.', ['sepm3'])],
    },
    play: () => strays(),
  },
  'no list is stated for the agent': {
    config: { services: [{ ...SERVICE, persistence: 'random' }] },
    play: () => strays(),
  },
  'a server of another product, or of none that is known': {
    config: SEPM,
    play() {
      const s = begin()
      comes(s, 1, SEPM1)
      const { agent } = s.connect('10.10.1.101', '198.51.100.7:443')
      agent.sends('hello').receives('world')
      agent.closes()
      return s
    },
  },
})
