import { describe, expect, test } from 'vitest'
import { sessionNodeSwitch } from '../../../src/detectors/affinity/session-node-switch.ts'
import { seconds } from '../../../src/model/time.ts'
import { request, response } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { AT_VIP, inTurn, logsIn, proxied, SESSION, visits, WEB, WEP1, WEP2 } from '../relayed.ts'
import type { Visit } from '../relayed.ts'
import { STORIES } from '../stories.ts'

const spread = () => logsIn(proxied({ pick: inTurn }))
const inbox = (visit: Visit = {}) => visits(spread(), '/b/inbox', { cookie: SESSION, ...visit })

test('a session is taken to another server', async () => {
  const { config, play } = STORIES['session-node-switch']
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('session-node-switch').map(inShort)).toEqual([
    'warning session-node-switch 1.059 server | 10.10.1.101 10.10.1.101 at wep2 | reverse-proxy 10.10.3.1 |  | server 5, server 13',
  ])
  expect(analysis.incident('session-node-switch')).toMatchObject({
    title: 'Web sessions of webmail change servers',
    details: {
      previousServer: 'wep1',
      server: 'wep2',
      request: '/b/inbox',
      cookie: 'JSESSIONID',
      requestsBefore: 0,
      sameConnection: false,
      status: 200,
      symptom: null,
    },
    requirements: ['S2-06', 'S2-11', 'S2-28', 'S2-30'],
  })
})

test.each([
  ['the login page again', { status: 302, answer: { Location: '/b/login.e' } }, 'login'],
  ['an error', { status: 500 }, 'error'],
])('what the user sees: %s', async (_what, visit, symptom) => {
  const found = (await analysed(inbox(visit), { config: WEB })).findings('session-node-switch')
  expect(found.map((f) => [f.severity, f.details['symptom'], f.requirements])).toEqual([
    ['critical', symptom, ['S2-11', 'S2-28', 'S2-30']],
  ])
})

test('the servers’ side alone shows it, without who it was', async () => {
  const found = (await analysed(inbox(), { config: WEB, taps: ['server'] })).findings('session-node-switch')
  expect(found.map((f) => [f.agent, f.server?.name, f.details['sameConnection']])).toEqual([
    [null, 'wep2', null],
  ])
})

const UNSTATED = {
  services: [{ ...WEB.services[0], profile: 'generic', web: undefined, enrolment: undefined }],
  devices: WEB.devices,
}
const LOGIN_PAGE = { Location: '/b/login.e?err=session' }
const ASKED_TO_LOG_IN = { status: 302, answer: LOGIN_PAGE }

/** A session begins before its user logs in, or where that fails. */
const anonymous = (status = 200, answer: Readonly<Record<string, string>> = {}): Scenario =>
  visits(proxied({ pick: inTurn }), status === 200 ? '/b/start' : '/b/login.e', {
    method: status === 200 ? 'GET' : 'POST',
    sets: [`${SESSION}; Path=/`],
    status,
    answer,
  })

describe('where nobody said that sessions stay', () => {
  test('a user who had logged in must do so again', async () => {
    const analysis = await analysed(inbox(ASKED_TO_LOG_IN), { config: UNSTATED })
    expect(
      analysis.findings('session-node-switch').map((f) => [f.severity, f.confidence, f.details['symptom']]),
    ).toEqual([['warning', 0.85, 'login']])
    expect(analysis.incident('session-node-switch').requirements).toEqual(['X-11'])
  })

  test('the first request elsewhere that shows it is told, and no other', async () => {
    // The other server answers one page without asking who it is.
    const s = visits(spread(), '/b/help', { cookie: SESSION })
    for (let i = 0; i < 4; i++)
      visits(s, `/b/mail?${i}`, { cookie: SESSION, ...(i % 2 === 1 ? ASKED_TO_LOG_IN : {}) })
    const found = (await analysed(s, { config: UNSTATED })).findings('session-node-switch')
    expect(found.map(({ details }) => details['request'])).toEqual(['/b/mail?1'])
  })

  test('a session that is kept while its user logs in', async () => {
    const s = anonymous()
    visits(s, '/b/start', { cookie: SESSION }) // the other server's turn
    visits(s, '/b/login.e', {
      method: 'POST',
      cookie: SESSION,
      status: 302,
      answer: { Location: '/b/inbox' },
    })
    visits(s, '/b/inbox', { cookie: SESSION, ...ASKED_TO_LOG_IN })
    const found = (await analysed(s, { config: UNSTATED })).findings('session-node-switch')
    expect(found.map(({ details }) => details['request'])).toEqual(['/b/inbox'])
  })
})

test('a session is told of once, however often it changes', async () => {
  const s = inbox()
  for (let i = 0; i < 4; i++) visits(s, `/b/mail?${i}`, { cookie: SESSION })
  expect((await analysed(s, { config: WEB })).told).toEqual(['warning session-node-switch'])
})

test('requests of one client’s connection on several of the proxy’s', async () => {
  // The proxy keeps the client's connection; towards the servers it opens one for each request.
  const s = proxied({ pick: inTurn })
  const ids = ['q1', 'q2', 'q3'].map((id) => ({ 'X-Request-Id': id }))
  const { agent } = s.connect('10.10.1.101', AT_VIP)
  agent.sends(request('POST', '/b/login.e', { headers: ids[0]! }))
  agent.receives(response({ setCookie: [SESSION] }, 302))
  s.wait(seconds(1))
  agent.sends(request('GET', '/b/inbox', { headers: ids[1]!, cookie: SESSION })).receives(response())
  agent.closes()
  s.wait(seconds(1))
  visits(s, '/b/mail', { headers: ids[2]!, cookie: SESSION })
  const found = (await analysed(s, { config: WEB })).findings('session-node-switch')
  expect(found.map(({ details }) => [details['request'], details['sameConnection']])).toEqual([
    ['/b/mail', false],
  ])
})

const at = (node: string): string => `${SESSION}; SERVERID=${node}`
/** The clients' side: a user of wep1 is given the cookie of wep2; somebody else may go on at wep1. */
function moved(target = '/b/inbox', isWell = true, before = 'wep1'): Scenario {
  const s = proxied()
  visits(s, '/b/mail', { cookie: at('wep1') })
  visits(s, target, { cookie: at(before), sets: ['SERVERID=wep2; path=/'] })
  if (isWell) visits(s, '/b/mail', { cookie: 'JSESSIONID=77AA; SERVERID=wep1', from: '10.10.1.102' })
  s.wait(seconds(70))
  return visits(s, '/b/mail', { cookie: at('wep2') })
}

test('the clients’ side alone shows it by the load balancer’s cookie', async () => {
  const analysis = await analysed(moved(), { config: WEB, taps: ['client'] })
  const found = analysis.findings('session-node-switch')
  expect(found.map(inShort)).toEqual([
    'warning session-node-switch 1.064 client | 10.10.1.101 10.10.1.101 at a server | unknown |  | client 4, client 14',
  ])
  expect(found[0]!.details).toMatchObject({
    previousServer: 'wep1',
    server: 'wep2',
    request: '/b/inbox',
    requestsBefore: 1,
    sameConnection: false,
  })
})

const route = (id: string, node: string): string => `JSESSIONID=${id}.${node}`
const [ID, OTHER] = ['5F1A9C77E0B25F1A9C77E0B2', '0011223344556677AABBCCDD'] as const
interface Routed {
  readonly to?: string
  readonly sets?: string
  readonly before?: number
  readonly rests?: number
  readonly isWell?: boolean
}

/** The clients' side, without a load balancer's cookie: the session's own ends with its server. */
function routed({ to = AT_VIP, sets = route(OTHER, 'wep2'), before = 2, rests = 0, isWell = true }: Routed) {
  const s = proxied()
  for (let i = 0; i < before; i++) visits(s, '/b/mail', { cookie: route(ID, 'wep1'), to })
  s.wait(seconds(rests))
  visits(s, '/b/inbox', { cookie: route(ID, 'wep1'), sets: [`${sets}; Path=/`], to })
  if (isWell) visits(s, '/b/mail', { cookie: route('77AA77AA77AA77AA', 'wep1'), from: '10.10.1.102', to })
  s.wait(seconds(70))
  return visits(s, '/b/mail', { cookie: sets, to })
}

test.each([
  ['another session, of another server', AT_VIP, { sets: route(OTHER, 'wep2') }],
  ['the same session, which another server took over', AT_VIP, { sets: route(ID, 'wep2') }],
  ['at an address of which no load balancer is known', `${WEP1}:80`, {}],
])('the clients’ side alone shows it by the end of the session’s own cookie: %s', async (_what, to, how) => {
  const analysis = await analysed(routed({ ...how, to }), { config: WEB, taps: ['client'] })
  expect(analysis.findings('session-node-switch').map(({ details }) => details)).toMatchObject([
    { previousServer: 'wep1', server: 'wep2', request: '/b/inbox', cookie: 'JSESSIONID', requestsBefore: 2 },
  ])
})

keepsQuiet(sessionNodeSwitch, {
  'the session was over: logged out, half an hour without requests, the login page again': [
    {
      config: WEB,
      play() {
        // logs out at wep1, comes back with the old cookie to wep2
        const s = logsIn(proxied({ pick: (n) => (n < 2 ? WEP1 : WEP2) }))
        visits(s, '/b/logout.e', { cookie: SESSION })
        return visits(s, '/b/inbox', { cookie: SESSION })
      },
    },
    {
      config: WEB,
      play() {
        const s = logsIn(proxied({ pick: (n) => (n < 1 ? WEP1 : WEP2) }))
        s.wait(seconds(1801))
        return visits(s, '/b/inbox', { cookie: SESSION })
      },
    },
    {
      config: WEB,
      play() {
        const s = logsIn(proxied({ pick: (n) => (n < 1 ? WEP1 : WEP2) }))
        visits(s, '/b/login.e', { cookie: SESSION })
        return visits(s, '/b/inbox', { cookie: SESSION })
      },
    },
    { config: WEB, taps: ['client'], play: () => routed({ rests: 1801 }) },
    { config: WEB, taps: ['client'], play: () => routed({ before: 0 }) }, // not seen to have lasted
  ],
  'a new cookie: another session': {
    config: WEB,
    play() {
      const s = spread()
      visits(s, '/b/login.e', { method: 'POST', sets: ['JSESSIONID=91C2'], status: 302 })
      return visits(visits(s, '/b/skipped'), '/b/inbox', { cookie: 'JSESSIONID=91C2' })
    },
  },
  'the session’s server had failed': {
    config: WEB,
    play() {
      const s = logsIn(proxied({ pick: (n) => (n < 2 ? WEP1 : WEP2) }))
      visits(s, '/b/inbox', { cookie: SESSION, status: 503 })
      return visits(s, '/b/inbox', { cookie: SESSION })
    },
    told: ['info failover'],
  },
  'the other server did not answer, and the session went on at its own': {
    config: WEB,
    taps: ['server'],
    play() {
      const s = spread()
      const { agent, server } = s.connect('10.10.1.101', AT_VIP)
      agent.sends(request('GET', '/b/inbox', { cookie: SESSION }))
      server.resets()
      return visits(s, '/b/inbox', { cookie: SESSION }) // the first one's turn
    },
  },
  'a service of which nobody said that it keeps sessions, unless users who had logged in must do so again': [
    { config: UNSTATED, play: () => inbox(), told: ['warning server-hop'] },
    { config: UNSTATED, play: () => inbox({ status: 403 }), told: ['warning server-hop'] },
    // the other server has a page of its own to log in at
    {
      config: UNSTATED,
      play: () => visits(spread(), '/b/login.e?again', { cookie: SESSION, ...ASKED_TO_LOG_IN }),
      told: ['warning server-hop'],
    },
    // whoever has not logged in yet is asked to, wherever that is
    {
      config: UNSTATED,
      play: () => visits(anonymous(), '/b/inbox', { cookie: SESSION, ...ASKED_TO_LOG_IN }),
      told: ['warning server-hop'],
    },
    {
      config: UNSTATED,
      play: () => visits(anonymous(302, LOGIN_PAGE), '/b/inbox', { cookie: SESSION, ...ASKED_TO_LOG_IN }),
      told: ['warning server-hop'],
    },
  ],
  'new connections to the same server': {
    config: WEB,
    play: () => visits(logsIn(proxied()), '/b/inbox', { cookie: SESSION }),
  },
  'a cookie that names another server, where the one before is not seen to serve others: it may have failed':
    [
      { config: WEB, taps: ['client'], play: () => moved('/b/inbox', false) },
      { config: WEB, taps: ['client'], play: () => moved('/b/inbox', true, 'wep2') }, // the same one again
      { config: WEB, taps: ['client'], play: () => moved('/b/login.e') }, // between two sessions
      { config: WEB, taps: ['client'], play: () => routed({ isWell: false }) },
      // a new one there
      { config: WEB, taps: ['client'], play: () => routed({ sets: route(OTHER, 'wep1') }) },
    ],
})
