import { expect, test } from 'vitest'
import { persistenceCookieLost } from '../../../src/detectors/affinity/persistence-cookie-lost.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { asks, balanced, given, held, SERVERS } from '../distribution/stories.ts'

test('an agent is given the cookie each time, and keeps none', async () => {
  const analysis = await analysed(given(), { config: held() })
  expect(analysis.findings('persistence-cookie-lost').map(inShort)).toEqual([
    'warning persistence-cookie-lost 3.143 client | N1 10.10.1.2 at dlp1 | agent |  | client 5, client 32',
  ])
  expect(analysis.incident('persistence-cookie-lost')).toMatchObject({
    details: { cookie: 'BIGipServerpool', given: 4, requests: 3, why: null },
    requirements: ['X-10'],
  })
})

test.each([
  ['path=/other', 'its Path is /other, and /policy is asked for'],
  ['path=/; domain=elsewhere.example', 'its Domain is elsewhere.example, and the host is server.example.com'],
  ['path=/; secure', 'it has Secure: it is not sent where the connection is not encrypted'],
])('a cookie that must not be returned: %s', async (attributes, why) => {
  const s = given(Infinity, `BIGipServerpool=184748554.16415.0000; ${attributes}`)
  const found = (await analysed(s, { config: held() })).findings('persistence-cookie-lost')
  expect(found.map(({ details, actor }) => [details['why'], actor.role])).toEqual([[why, 'load-balancer']])
})

keepsQuiet(persistenceCookieLost, {
  'clients that return it, be it later': [
    { config: held(), play: () => given(1) },
    { config: held(), play: () => given(2) },
  ],
  'several clients of one address: only who named itself, or stays on one connection, is one client': {
    config: held({ identity: [] }),
    play: () => given(),
  },
  'the application’s own cookies': {
    config: held(),
    play: () => given(Infinity, 'JSESSIONID=abc; Path=/'),
  },
  'policy does not hold on to clients': [
    { config: held({ persistence: 'none' }), play: () => given() },
    {
      config: held(),
      play() {
        const s = balanced(() => SERVERS[0]!)
        for (let i = 0; i < 5; i++) asks(s, 1)
        return s
      },
    },
  ],
})
