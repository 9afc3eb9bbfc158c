import { expect, test } from 'vitest'
import { cookieRewritten } from '../../../src/detectors/http/cookie-rewritten.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { page, WEB } from '../relayed.ts'
import { STORIES } from '../stories.ts'

const ID = { 'X-Request-Id': 'a1' }

test('a cookie that arrives with another value', async () => {
  const { config, play } = STORIES['cookie-rewritten']
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('cookie-rewritten').map(inShort)).toEqual([
    'warning cookie-rewritten 0.025 client | 10.10.1.101 10.10.1.101 at wep1 | reverse-proxy 10.10.3.1 |  | server 5, client 5',
  ])
  expect(analysis.incident('cookie-rewritten')).toMatchObject({
    title: 'Cookies of the application are rewritten: SID',
    details: { what: 'set_cookie', cookies: [{ name: 'SID', manner: 'value' }] },
    requirements: ['S2-10'],
  })
})

test.each([
  ['moved to another path', 'SID=f00; Path=/app', 'SID=f00; Path=/', 'warning', 'attributes'],
  ['without its protection', 'SID=f00; Secure', 'SID=f00', 'warning', 'attributes'],
  ['with protection added', 'SID=f00', 'SID=f00; Secure; HttpOnly', 'info', 'hardened'],
  ['taken away', 'SID=f00', 'OTHER=1', 'warning', 'removed'],
])('a cookie %s', async (_what, sent, received, severity, manner) => {
  const story = page((message) => message.replace(`Set-Cookie: ${sent}`, `Set-Cookie: ${received}`), {
    headers: ID,
    sets: [sent],
  })
  const found = (await analysed(story, { config: WEB })).findings('cookie-rewritten')
  expect(found.map((f) => [f.severity, f.details['cookies']])).toEqual([
    [severity, [{ name: 'SID', manner }]],
  ])
})

test('a cookie that the server gets with another value than the client sent', async () => {
  const story = page((message) => message.replace('SID=f00', 'SID=b4r'), { headers: ID, cookie: 'SID=f00' })
  const found = (await analysed(story, { config: WEB })).findings('cookie-rewritten')
  expect(found.map(({ details }) => [details['what'], details['direction']])).toEqual([
    ['request_cookie', 'request'],
  ])
})

keepsQuiet(cookieRewritten, {
  'a cookie that the relay adds under a name of its own': {
    config: WEB,
    play: () =>
      page((message) => message.replace('Set-Cookie:', 'Set-Cookie: route=9f2c\r\nSet-Cookie:'), {
        headers: ID,
        sets: ['SID=f00'],
      }),
  },
  'the server’s name before the value, as prefix mode writes it: the remedy for strict clients': [
    {
      config: WEB,
      play: () => page((m) => m.replace('SID=f00', 'SID=wep1~f00'), { headers: ID, sets: ['SID=f00'] }),
    },
    {
      config: WEB,
      play: () => page((m) => m.replace('SID=wep1~f00', 'SID=f00'), { headers: ID, cookie: 'SID=wep1~f00' }),
    },
  ],
  'a cookie of another load balancer behind': {
    config: WEB,
    play: () =>
      page((m) => m.replace('SERVERID=s1', 'SERVERID=s9'), { headers: ID, sets: ['SERVERID=s1', 'a=b'] }),
  },
  'a cookie that the relay does not pass back to the server: its own': {
    config: WEB,
    play: () => page((m) => m.replace('route=9f2c; ', ''), { headers: ID, cookie: 'route=9f2c; SID=f00' }),
  },
})
