import { describe, expect, test } from 'vitest'
import { cleartext } from '../../../src/detectors/tls/cleartext.ts'
import { seconds } from '../../../src/model/time.ts'
import { request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { AGENTS, BALANCER, keys, NAME, ONE, shown, shownInTurn } from './scenes.ts'

const USER: string = AGENTS[0]

/** A request in clear to a server itself. */
function asks(target = '/policy', { to = `${ONE}:443`, from = USER, status = 200 } = {}): Scenario {
  const s = scenario()
  const { agent } = s.connect(from, to)
  agent.sends(request('GET', target, { host: NAME })).receives(response({}, status))
  agent.closes()
  s.wait(seconds(3))
  return s
}

const SEMS = keys({ profile: 'symantec-sems' })

test('behind a load balancer that ends TLS', async () => {
  const { config, play } = STORIES['cleartext']
  const found = (await analysed(play(), { config })).findings('cleartext')
  expect(found.map(inShort)).toEqual([
    'warning cleartext 0.019 server | 10.10.1.101 10.10.1.101 at sems1 | load-balancer 10.10.3.1 |  | server 4',
  ])
  expect(found[0]!.requirements).toEqual(['S2-08', 'S2-43'])
})

describe('of agents', () => {
  test.each([
    ['a port of TLS', SEMS, '/policy', `${ONE}:443`, ['warning cleartext']],
    [
      'whatever the port, where TLS is to pass',
      keys({ ports: [80], tls: { mode: 'passthrough' } }),
      '/',
      `${ONE}:80`,
      ['warning cleartext'],
    ],
    [
      'the old default of a product that nobody configured',
      undefined,
      '/secars/secars.dll?h=A1',
      `${ONE}:8014`,
      ['info cleartext'],
    ],
  ])('%s', async (_what, config, target, to, told) => {
    expect((await analysed(asks(target, { to }), { config })).told).toEqual(told)
  })
})

keepsQuiet(cleartext, {
  'a redirect to HTTPS': { config: SEMS, play: () => asks('/', { status: 302 }) },
  'a health check': { config: SEMS, play: () => asks('/health', { from: BALANCER }) },
  'a port for clear text that the configuration lists for the service': {
    config: keys({ profile: 'symantec-sems', ports: [80] }),
    play: () => asks('/policy', { to: `${ONE}:80` }),
  },
  'a product whose version knows no TLS': {
    config: keys({ profile: 'symantec-dlp', ports: [8000] }),
    play: () => asks('/policy', { to: `${ONE}:8000` }),
  },
  'HTTP that was read inside TLS': {
    config: SEMS,
    play: () => shownInTurn([[shown()]]),
    told: ['info tls-passthrough'],
  },
  'a port of the product that nobody stated to be that product': {
    play: () => asks('/', { to: `${ONE}:10443` }),
  },
})
