import { expect, test } from 'vitest'
import { proxyNodeSwitch } from '../../../src/detectors/affinity/proxy-node-switch.ts'
import { seconds } from '../../../src/model/time.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { logsIn, PROXIES, proxied, SESSION, visits, WEB } from '../relayed.ts'
import type { Visit } from '../relayed.ts'
import { STORIES } from '../stories.ts'

const alternating = () => logsIn(proxied({ addressOf: (n) => PROXIES[n % 2]! }))
const lb = { role: 'load-balancer', name: 'lb1', addresses: ['10.10.2.10'] }

test('a session goes through another proxy', async () => {
  const { config, play } = STORIES['proxy-node-switch']
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('proxy-node-switch').map(inShort)).toEqual([
    'warning proxy-node-switch 1.059 server | 10.10.1.101 10.10.1.101 at a server | middlebox 10.10.2.10 |  | server 5, server 13',
  ])
  expect(analysis.incident('proxy-node-switch')).toMatchObject({
    title: 'Web sessions of webmail change proxy nodes',
    summary: '1 web session went through another proxy node while it lasted, from 10.10.3.2 to 10.10.3.3.',
    requirements: ['S2-12'],
  })
})

test('a load balancer in front of the proxies is the one that chose', async () => {
  const { play } = STORIES['proxy-node-switch']
  const found = (await analysed(play(), { config: { ...WEB, devices: [lb] }, taps: ['server'] })).findings(
    'proxy-node-switch',
  )
  expect(found.map(({ actor }) => actor.role)).toEqual(['load-balancer'])
})

test('proxies behind one address are told apart by Via', async () => {
  const via = (name: string): Visit => ({ cookie: SESSION, headers: { Via: `1.1 ${name}` } })
  const s = proxied({ address: PROXIES[0] })
  visits(s, '/b/inbox', via('fesa1'))
  visits(s, '/b/mail', via('fesa1'))
  visits(s, '/b/send', via('fesa2'))
  const found = (await analysed(s, { config: WEB })).findings('proxy-node-switch')
  expect(found.map(({ details }) => [details['previousNode'], details['node'], details['request']])).toEqual([
    ['10.10.3.2 (fesa1)', '10.10.3.2 (fesa2)', '/b/send'],
  ])
})

keepsQuiet(proxyNodeSwitch, {
  'the session was over: logged out, half an hour without requests, the login page again': [
    { config: WEB, play: () => visits(visits(alternating(), '/b/logout'), '/b/inbox', { cookie: SESSION }) },
    {
      config: WEB,
      play() {
        const s = alternating()
        s.wait(seconds(1801))
        return visits(s, '/b/inbox', { cookie: SESSION })
      },
    },
    { config: WEB, play: () => visits(alternating(), '/b/login.e', { cookie: SESSION }) },
  ],
  'several addresses of one load balancer': {
    config: {
      services: [{ ...WEB.services[0], web: { sessionCookies: ['JSESSIONID'] } }],
      devices: [{ role: 'load-balancer', name: 'lb1', addresses: [...PROXIES] }],
    },
    play: () => visits(alternating(), '/b/inbox', { cookie: SESSION }),
  },
  'a client whose own address changed': {
    config: WEB,
    play: () =>
      visits(logsIn(proxied({ address: PROXIES[0] })), '/b/inbox', { cookie: SESSION, from: '10.10.1.177' }),
  },
  'a proxy that is not the service’s': {
    config: { services: [{ ...WEB.services[0], web: { sessionCookies: ['JSESSIONID'] } }] },
    play: () => visits(alternating(), '/b/inbox', { cookie: SESSION }),
  },
})
