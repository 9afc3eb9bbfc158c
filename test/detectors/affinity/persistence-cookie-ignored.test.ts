import { expect, test } from 'vitest'
import { persistenceCookieIgnored } from '../../../src/detectors/affinity/persistence-cookie-ignored.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import {
  asks,
  balanced,
  byBoth,
  held,
  heldByBoth,
  inTurn,
  SERVERS,
  withCookie,
} from '../distribution/stories.ts'

const hops = (n: number): string[] => Array<string>(n).fill('warning server-hop')

test('a cookie that names the first server, and a request at the second', async () => {
  const analysis = await analysed(withCookie(inTurn(2)), { config: held() })
  expect(analysis.findings('persistence-cookie-ignored').map(inShort)).toEqual([
    'warning persistence-cookie-ignored 1.059 server | N1 10.10.1.2 at dlp2 | load-balancer 10.10.3.1 |  | server 13',
    'warning persistence-cookie-ignored 3.137 server | N1 10.10.1.2 at dlp2 | load-balancer 10.10.3.1 |  | server 31',
    'warning persistence-cookie-ignored 5.216 server | N1 10.10.1.2 at dlp2 | load-balancer 10.10.3.1 |  | server 49',
  ])
  expect(analysis.incident('persistence-cookie-ignored')).toMatchObject({
    details: { cookie: 'BIGipServerpool', expectedServer: 'dlp1', knownBy: 'its value' },
    requirements: ['X-10'],
  })
})

test('a load balancer with two addresses of its own is one', async () => {
  const s = withCookie(inTurn(2), 6, { addressOf: byBoth })
  const { actor, occurrences } = (await analysed(s, { config: heldByBoth() })).incident(
    'persistence-cookie-ignored',
  )
  expect([actor.role, occurrences]).toEqual(['load-balancer', 3])
})

test('a cookie whose value names nobody leads to where it led before', async () => {
  const s = balanced(inTurn(2))
  for (let i = 0; i < 2; i++) asks(s, 1, 'SERVERID=s1')
  const found = (await analysed(s, { config: held() })).findings('persistence-cookie-ignored')
  expect(found.map(({ details, evidence }) => [details['knownBy'], evidence.length])).toEqual([
    ['an earlier request', 2],
  ])
})

keepsQuiet(persistenceCookieIgnored, {
  'the server that the cookie stands for had failed: a redispatch': {
    config: held(),
    play() {
      let first = true
      const s = balanced(() => SERVERS[first ? 0 : 1]!)
      asks(s, 1, 'BIGipServerpool=184748554.16415.0000')
      s.host(SERVERS[0]!).health = 'refusing'
      s.connect('10.10.1.250', `${SERVERS[0]!}:8000`) //  refused
      first = false
      asks(s, 1, 'BIGipServerpool=184748554.16415.0000')
      return s
    },
  },
  'a cookie that rotates, is encrypted anew, or says nothing of a server': {
    config: held(),
    play() {
      const s = balanced(inTurn(2))
      for (let i = 0; i < 4; i++) asks(s, 1, 'AWSALB=c2VjcmV0; JSESSIONID=abc')
      return s
    },
    told: hops(3),
  },
  'a request without the cookie': {
    config: held(),
    play() {
      const s = balanced(inTurn(2))
      for (let i = 0; i < 4; i++) asks(s, 1)
      return s
    },
    told: hops(3),
  },
  'policy does not hold on to clients': {
    config: held({ persistence: 'none' }),
    play: () => withCookie(inTurn(2)),
  },
})
