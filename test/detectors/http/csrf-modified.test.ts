import { expect, test } from 'vitest'
import { csrfModified } from '../../../src/detectors/http/csrf-modified.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { FORM, page, proxied, visits, WEB } from '../relayed.ts'
import { STORIES } from '../stories.ts'

const ID = { 'X-Request-Id': 'a1' }

test('a token in a page', async () => {
  const { config, play } = STORIES['csrf-modified']
  const analysis = await analysed(play(), { config })
  expect(analysis.findings('csrf-modified').map(inShort)).toEqual([
    'warning csrf-modified 0.025 client | 10.10.1.101 10.10.1.101 at wep1 | reverse-proxy 10.10.3.1 |  | server 5, client 5',
  ])
  expect(analysis.incident('csrf-modified')).toMatchObject({
    title: 'Tokens against forged requests are modified on their way',
    details: { what: 'csrf_token', field: 'ticket', originalLength: 10, seenLength: 10 },
    requirements: ['S2-10', 'S2-14'],
  })
  expect(JSON.stringify(analysis.records)).not.toContain('4be1d0aa')
})

test.each([
  ['a header line of a response', { answer: { 'X-CSRF-Token': '77aa' } }, 'csrf_header', 'response'],
  ['a header line of a request', { headers: { ...ID, 'X-CSRF-Token': '77aa' } }, 'csrf_header', 'request'],
  ['a field of a form', { method: 'POST', body: 'a=b&_token=77aa' }, 'csrf_token', 'request'],
  ['a member of JSON', { page: '{"csrf":"77aa","b":1}' }, 'csrf_token', 'response'],
])('%s', async (_what, visit, what, direction) => {
  const story = page((message) => message.replace('77aa', '88bb'), { headers: ID, ...visit })
  const analysis = await analysed(story, { config: WEB })
  expect(analysis.told).toEqual(['warning csrf-modified'])
  expect(analysis.incident('csrf-modified').details).toMatchObject({ what, direction })
})

keepsQuiet(csrfModified, {
  'two tabs, two logins: another page has another token': {
    config: WEB,
    play() {
      const s = proxied()
      visits(s, '/b/form', { page: FORM, headers: { 'X-Request-Id': 'a1' } })
      return visits(s, '/b/form', { page: FORM.replace('4be1', '5cf2'), headers: { 'X-Request-Id': 'a2' } })
    },
  },
  'a token that the server itself gave anew': {
    config: WEB,
    play() {
      const s = proxied()
      visits(s, '/b/form', { page: FORM, headers: { 'X-Request-Id': 'a1' } })
      return visits(s, '/b/send', { method: 'POST', body: 'ticket=other', headers: { 'X-Request-Id': 'a2' } })
    },
  },
  'a change elsewhere in the page': {
    config: WEB,
    play: () => page((message) => message.replace('hello', 'howdy'), { page: `${FORM}hello`, headers: ID }),
    told: ['warning payload-modified'],
  },
})
