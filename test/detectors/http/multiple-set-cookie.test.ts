import { describe, expect, test } from 'vitest'
import { multipleSetCookie } from '../../../src/detectors/http/multiple-set-cookie.ts'
import { seconds } from '../../../src/model/time.ts'
import { loadBalancer, request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { A1, enrols, SEMS, STORIES, VIP } from '../stories.ts'

const OVID = 'ovidCookie=a; Path=/'
const OLD = 'sid=a; Path=/'
const BIGIP = 'BIGipServerp=1677787402.20480.0000; path=/'

/** What the client does next, if anything, and two minutes in which it could. */
function then(s: Scenario, target: string | null): Scenario {
  if (target !== null) {
    const { agent } = s.connect(A1, `${VIP}:80`)
    agent.sends(request('GET', target)).receives(response())
    agent.closes()
  }
  s.wait(seconds(120))
  s.connect('10.10.1.199', `${VIP}:80`).agent.closes()
  return s
}

describe('a second cookie at enrolment', () => {
  test('is proved by what the server sent, and the load balancer named', async () => {
    const { config, play } = STORIES['multiple-set-cookie']
    const analysis = await analysed(play(), { config })
    const found = analysis.findings('multiple-set-cookie')
    expect(found.map(inShort)).toEqual([
      'warning multiple-set-cookie 0.025 client | 10.10.1.101 10.10.1.101 at sems1 | load-balancer 10.10.2.10 |  | client 5, server 5',
    ])
    expect(found[0]!.details).toEqual({
      request: '/omc/enroll',
      status: 200,
      cookies: [
        { name: 'ovidCookie', vendor: null, backend: null, injected: false },
        { name: 'BIGipServerp', vendor: 'F5 BIG-IP LTM', backend: '10.1.1.100:80', injected: true },
      ],
      clientContinued: null,
    })
    expect(analysis.incident('multiple-set-cookie')).toMatchObject({
      title: 'Enrolment responses carry a second cookie: ovidCookie, BIGipServerp',
      summary:
        '1 enrolment response of sems set more than one cookie (ovidCookie, BIGipServerp). The load balancer 10.10.2.10 added BIGipServerp (F5 BIG-IP LTM, backend 10.1.1.100:80). The capture ends before it shows whether they go on.',
    })
  })

  test.each([
    ['an old client stops', OLD, null, 'critical', false],
    ['an old client enrols again', OLD, '/omc/enroll', 'critical', true],
    ['an old client goes on', OLD, '/omc/policy', 'warning', true],
    ['a client that looks for its cookie by name stops', OVID, null, 'warning', false],
    ['a client that looks for its cookie by name goes on', OVID, '/omc/policy', 'info', true],
  ])('%s', async (_what, own, next, severity, continued) => {
    const story = then(enrols([own], BIGIP), next)
    const found = (await analysed(story, { config: SEMS })).findings('multiple-set-cookie')
    expect(found.map((f) => [f.severity, f.details['clientContinued']])).toEqual([[severity, continued]])
  })
})

describe('where nobody states what enrolment is', () => {
  const { name, ports, vips, servers } = SEMS.services[0]
  const relayStated = { ...SEMS, services: [{ name, ports, vips, servers }] }

  test('the cookie that a device adds is named, and whom it may harm', async () => {
    const analysis = await analysed(then(enrols([OLD], BIGIP), '/omc/policy'), {})
    expect(analysis.incident('multiple-set-cookie')).toMatchObject({
      severity: 'info',
      title: 'Programs are sent a second cookie: sid, BIGipServerp',
      requirements: ['X-17'],
    })
  })

  test('a device adds it to what only the servers’ side shows to be one cookie', async () => {
    const story = enrols([OLD], 'node=7; path=/')
    const told = async (taps: readonly string[]) =>
      (await analysed(story, { config: relayStated, taps })).findings('multiple-set-cookie')
    expect((await told(['client', 'server'])).map((f) => [f.severity, f.actor.role, f.confidence])).toEqual([
      ['info', 'load-balancer', 0.98],
    ])
    expect(await told(['client'])).toEqual([])
  })

  test('only the first response counts: a program that has a cookie is no new one', async () => {
    const story = enrols([OLD], BIGIP, '/omc/enroll', { Cookie: 'sid=a' })
    expect((await analysed(story, {})).told).toEqual([])
  })
})

/** Of an enrolment, with the server's side and without: severity, who did it, and which lines were added. */
async function blamed(own: readonly string[], added: string | null, config: unknown = SEMS) {
  const told = async (taps: readonly string[]) => {
    const analysis = await analysed(enrols(own, added), { config, taps })
    return analysis.findings('multiple-set-cookie').map(({ actor, details }) => {
      const cookies = details['cookies'] as readonly { name: string; injected: boolean | null }[]
      return [actor.role, cookies.map(({ name, injected }) => `${name} ${injected}`).join(', ')]
    })
  }
  return { alone: await told(['client']), joined: await told(['client', 'server']) }
}

describe('who is to blame', () => {
  test('a security device, whose cookies the server does not set either', async () => {
    expect(await blamed([OLD], 'TS01d65f80=0123456789abcdef; Path=/')).toEqual({
      alone: [['load-balancer', 'sid null, TS01d65f80 true']],
      joined: [['load-balancer', 'sid false, TS01d65f80 true']],
    })
  })

  test('the server, where its side shows that it sent them all', async () => {
    expect(await blamed([OLD, 'theme=blue'], null)).toEqual({
      alone: [['unknown', 'sid null, theme null']],
      joined: [['server', 'sid false, theme false']],
    })
  })

  test.each([
    ['deletes a cookie and sets it anew', ['sid=; Path=/; Max-Age=0', OLD]],
    ['sets one on two paths', [OLD, 'sid=b; Path=/omc']],
  ])('the load balancer, beside a server that %s', async (_what, own) => {
    const { joined } = await blamed(own, BIGIP)
    expect(joined).toEqual([['load-balancer', 'sid false, sid false, BIGipServerp true']])
  })
})

test('what is proven is of the same exchange, though clocks differ by more than exchanges do', async () => {
  const s = scenario({ taps: { server: { clockAhead: seconds(-0.6) } } }).behind(
    loadBalancer({
      vip: { address: VIP, port: 80 },
      address: '10.10.3.1',
      idle: seconds(300),
      manner: 'fin',
      pick: () => '10.10.3.21',
      injects: () => BIGIP,
    }),
  )
  const { agent } = s.connect(A1, `${VIP}:80`)
  agent.sends(request('POST', '/omc/enroll', { body: 'key' })).receives(response({ setCookie: [OLD] }))
  s.wait(seconds(0.5))
  agent.sends(request('POST', '/omc/enroll', { body: 'key' })).receives(response({ setCookie: ['a=1'] }))
  s.wait(seconds(90))
  const found = (await analysed(s, { config: SEMS })).findings('multiple-set-cookie')
  const added = [{ name: 'BIGipServerp', injected: true }]
  expect(found.map(({ details }) => details['cookies'])).toMatchObject([
    [{ name: 'sid', injected: false }, ...added],
    [{ name: 'a', injected: false }, ...added],
  ])
})

test('a load balancer that sets several, where the server sets none, is proven to', async () => {
  const story = enrols([], 'node=7; path=/\r\nSet-Cookie: pool=2; path=/')
  const [found] = (await analysed(story, { config: SEMS })).findings('multiple-set-cookie')
  expect(found!.actor).toEqual({ role: 'load-balancer', address: VIP, confidence: 0.99 })
  expect(found!.evidence.map(({ note }) => note)).toEqual([
    '2 Set-Cookie lines: node, pool',
    'the server sent none',
  ])
})

test.each([['/'], ['/omc/'], ['/omc'], ['/omc/enroll']])('enrolment is what lies within %s', async (path) => {
  const services = [{ ...SEMS.services[0], enrolment: { paths: [path], singleSetCookie: true } }]
  const found = (await analysed(enrols([OLD], BIGIP), { config: { ...SEMS, services } })).findings(
    'multiple-set-cookie',
  )
  expect(found).toHaveLength(1)
})

test('a product that is known to be strict, of which nobody states the paths of enrolment', async () => {
  const { enrolment: _none, ...service } = SEMS.services[0]
  const config = { ...SEMS, services: [service] }
  expect((await analysed(enrols([OLD], BIGIP), { config })).told).toEqual(['info multiple-set-cookie'])
})

test('an old client may yet go on when the capture ends', async () => {
  const found = (await analysed(enrols([OLD], BIGIP), { config: SEMS })).findings('multiple-set-cookie')
  expect(found.map((f) => [f.severity, f.details['clientContinued']])).toEqual([['warning', null]])
})

keepsQuiet(multipleSetCookie, {
  'a response outside enrolment: several cookies are legal there': {
    config: SEMS,
    play: () => enrols([OLD], BIGIP, '/omc/enrollment-help'),
  },
  'a product or version that looks for its cookie by name, and goes on': {
    config: {
      ...SEMS,
      services: [{ ...SEMS.services[0], enrolment: { paths: ['/omc/enroll'], singleSetCookie: false } }],
    },
    play: () => then(enrols([OVID], BIGIP), '/omc/policy'),
  },
  'a browser': { config: undefined, play: () => enrols([OLD], BIGIP, '/', { 'User-Agent': 'Mozilla/5.0' }) },
  'several cookies of the application itself, where nobody states what enrolment is': {
    config: undefined,
    play: () => enrols([OLD, 'theme=blue'], null),
  },
  'nobody states what enrolment is: what a device adds is told for what it is, and no alarm': {
    config: undefined,
    play: () => enrols([OLD], BIGIP),
    told: ['info multiple-set-cookie'],
  },
  'one cookie set twice: duplicate-set-cookie says more': {
    ...STORIES['duplicate-set-cookie'],
    told: ['warning duplicate-set-cookie'],
  },
})

test('one cookie is what the client wants', async () => {
  expect((await analysed(enrols([OLD], null), { config: SEMS })).told).toEqual([])
})
