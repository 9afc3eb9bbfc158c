import { describe, expect, test } from 'vitest'
import { duplicateSetCookie } from '../../../src/detectors/http/duplicate-set-cookie.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { enrols, SEMS, STORIES } from '../stories.ts'

/** A page that is no enrolment. */
const page = (own: readonly string[], added: string | null) => enrols(own, added, '/login')

describe('one cookie set twice', () => {
  test('is proved by what the server sent', async () => {
    const { config, play } = STORIES['duplicate-set-cookie']
    const analysis = await analysed(play(), { config })
    expect(analysis.findings('duplicate-set-cookie').map(inShort)).toEqual([
      'warning duplicate-set-cookie 0.025 client | 10.10.1.101 10.10.1.101 at sems1 | load-balancer 10.10.2.10 |  | client 5, server 5',
    ])
    expect(analysis.incident('duplicate-set-cookie')).toMatchObject({
      title: 'Responses set one cookie twice: JSESSIONID',
      summary:
        '1 response of sems set the same cookie twice; the client keeps the last. The load balancer 10.10.2.10 added JSESSIONID (Java servlet container).',
    })
  })

  test('by nobody who is known: the capture shows one side', async () => {
    const found = (await analysed(page(['a=1; Path=/', 'a=2; Path=/'], null), { taps: ['client'] })).findings(
      'duplicate-set-cookie',
    )
    expect(found.map(inShort)).toEqual([
      'warning duplicate-set-cookie 0.025 client | 10.10.1.101 10.10.1.101 at 10.10.2.10:80 | unknown |  | client 5',
    ])
  })

  test('by the server itself, as its side shows; another cookie was added', async () => {
    const own = ['a=1; Path=/', 'a=2; Path=/']
    const story = () => page(own, 'BIGipServerp=1677787402.20480.0000; path=/')
    const told = async (taps: readonly string[]) =>
      (await analysed(story(), { config: SEMS, taps })).incident('duplicate-set-cookie')
    expect((await told(['client'])).actor).toMatchObject({ role: 'unknown', address: null })
    const { actor, summary } = await told(['client', 'server'])
    expect(actor).toEqual({ role: 'server', address: '10.10.3.21', confidence: 0.99 })
    expect(summary).toContain('The server 10.10.3.21 itself sent them.')
  })

  test('is named, and not those beside it', async () => {
    const story = page(['lang=en; Path=/', 'lang=de; Path=/', 'sid=1; Path=/'], null)
    expect((await analysed(story, { taps: ['client'] })).incident('duplicate-set-cookie').title).toBe(
      'Responses set one cookie twice: lang',
    )
  })

  test('once by the path that the request gives it, once by its name', async () => {
    const found = await analysed(page(['a=1; Path=/', 'a=2'], null), { taps: ['client'] }) // of /login: /
    expect(found.told).toEqual(['warning duplicate-set-cookie'])
  })

  test('to the octet the same line: worth a note only', async () => {
    expect((await analysed(page(['a=1; Path=/', 'a=1; Path=/'], null), { taps: ['client'] })).told).toEqual([
      'info duplicate-set-cookie',
    ])
  })
})

keepsQuiet(duplicateSetCookie, {
  'a cookie that is deleted and set anew in one response: a common idiom, and harmless': {
    config: SEMS,
    play: () => page(['a=; Path=/; Max-Age=0', 'a=2; Path=/'], null),
  },
  'names that differ in case: two cookies': {
    config: SEMS,
    play: () => page(['a=1; Path=/', 'A=2; Path=/'], null),
  },
  'the same name with another path or domain: two cookies, legal': [
    { config: SEMS, play: () => page(['a=1; Path=/', 'a=2; Path=/app'], null) },
    { config: SEMS, play: () => enrols(['a=1; Path=/', 'a=2'], null, '/app/login') },
    { config: SEMS, play: () => page(['a=1; Domain=example.com', 'a=2; Domain=www.example.com'], null) },
  ],
})
