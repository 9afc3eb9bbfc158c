import { describe, expect, test } from 'vitest'
import { defaultPath, injectedByComparison, sameNames } from '../../src/model/cookie-comparison.ts'
import { readSetCookie } from '../../src/protocols/cookies/set-cookie.ts'

const NOW = Date.UTC(2026, 10, 21, 2, 30) * 1000
const cookies = (lines: readonly string[]) => lines.map((line) => readSetCookie(line, NOW))

describe('two lines of one name', () => {
  /** Kind, and the places of both lines. */
  function pairs(lines: readonly string[], target: string | null = null): string[] {
    const all = cookies(lines)
    return sameNames(all, target).map(
      ({ kind, first, second }) => `${kind} ${all.indexOf(first)} ${all.indexOf(second)}`,
    )
  }

  test.each([
    [['SID=a; Path=/', 'SID=b; Path=/'], ['last-wins 0 1']],
    [['SID=a; Path=/', 'SID=b; Path=/app'], ['both-live 0 1']],
    [['SID=a', 'SID=b; Domain=example.com'], ['both-live 0 1']],
    [['SID=a', 'sid=b'], ['case-pair 0 1']],
    [['X=; Max-Age=0', 'X=n'], ['delete-then-set 0 1']],
    [['X=; Expires=Thu, 01-Jan-70 00:00:00 GMT; Path=/', 'X=n; Path=/'], ['delete-then-set 0 1']],
    [['X=; Max-Age=0', 'X=; Max-Age=-1'], ['delete-then-set 0 1']],
    // Deleted elsewhere, in whatever order: nothing of what was set is lost.
    [['X=n; Path=/', 'X=; Path=/old; Max-Age=0'], ['delete-then-set 0 1']],
    [['X=n', 'X=; Max-Age=0'], ['last-wins 0 1']],
    [['SID=a; Path=/', 'SID=a; Path=/'], ['identical-line 0 1']],
    [['SID=a; Path=/', 'SID=a; path=/'], ['last-wins 0 1']],
    [
      ['SID=a; Path=/', 'x=y', 'SID=b; Path=/', 'SID=c; Path=/'],
      ['last-wins 0 2', 'last-wins 2 3'],
    ],
    // A path that is none is the default path.
    [['SID=a', 'SID=b; Path=x'], ['last-wins 0 1']],
    // What lies between does not hide what is replaced.
    [
      ['SID=a', 'sid=x', 'SID=b'],
      ['case-pair 0 1', 'last-wins 0 2'],
    ],
    [
      ['SID=a; Path=/', 'SID=b; Path=/app', 'SID=c; Path=/'],
      ['both-live 0 1', 'last-wins 0 2'],
    ],
    [['AWSALB=a', 'AWSALBCORS=a'], []],
    [['ARRAffinity=X', 'ARRAffinitySameSite=X'], []],
    [['ovidCookie=a', 'BIGipServerp=1677787402.20480.0000'], []],
    [['SID=a'], []],
    [[], []],
  ])('%j', (lines, expected) => expect(pairs(lines)).toEqual(expected))

  test('the request’s target names the path of those without one', () => {
    const lines = ['SID=a', 'SID=b; Path=/app']
    expect(pairs(lines)).toEqual(['both-live 0 1'])
    expect(pairs(lines, '/app/login?x=/y')).toEqual(['last-wins 0 1'])
    expect(pairs(lines, '/login')).toEqual(['both-live 0 1'])
  })

  test.each([
    ['/', '/'],
    ['/a', '/'],
    ['/a/', '/a'],
    ['/a/b/c', '/a/b'],
    ['/a/b?c=/d/e', '/a'],
    ['/a/b#/c', '/a'],
    ['http://host.example/a/b', '/a'],
    ['HTTPS://host.example', '/'],
    ['http://host.example?a=/b/c', '/'],
    ['*', '/'],
    ['host.example:443', '/'],
    ['', '/'],
  ])('the default path of %j is %s', (target, path) => expect(defaultPath(target)).toBe(path))
})

describe('against what the server sent', () => {
  function change(client: readonly string[], server: readonly string[]) {
    const found = injectedByComparison(cookies(client), cookies(server))
    return {
      injected: found.injected.map(({ line }) => line),
      rewritten: found.rewritten.map((r) => [r.sent.line, r.received.line, r.manner, r.label]),
      removed: found.removed.map(({ line }) => line),
      folded: found.folded.map(({ line }) => line),
    }
  }
  const NOTHING = { injected: [], rewritten: [], removed: [], folded: [] }

  test('nothing was changed', () => {
    expect(change(['a=1', 'b=2'], ['a=1', 'b=2'])).toEqual(NOTHING)
    expect(change(['b=2', 'a=1'], ['a=1', 'b=2'])).toEqual(NOTHING)
    expect(change(['a=1; path=/;secure'], ['a = 1; Secure; Path=/'])).toEqual(NOTHING)
    expect(change([], [])).toEqual(NOTHING)
  })

  test('a line was added', () => {
    const added = 'BIGipServerp=1677787402.20480.0000'
    expect(change(['ovidCookie=a', added], ['ovidCookie=a'])).toEqual({ ...NOTHING, injected: [added] })
    expect(change([added], [])).toEqual({ ...NOTHING, injected: [added] })
  })

  test('a line of the same name was added: the one that the server did not send', () => {
    expect(change(['SID=lb1', 'SID=a'], ['SID=a'])).toEqual({ ...NOTHING, injected: ['SID=lb1'] })
    expect(change(['SID=a', 'SID=a'], ['SID=a'])).toEqual({ ...NOTHING, injected: ['SID=a'] })
  })

  test('a value was rewritten', () => {
    expect(change(['SID=b'], ['SID=a'])).toEqual({
      ...NOTHING,
      rewritten: [['SID=a', 'SID=b', 'value', null]],
    })
  })

  test('a value was put behind a label, as in prefix mode', () => {
    expect(change(['SID=sems1~a; Path=/'], ['SID=a; Path=/'])).toEqual({
      ...NOTHING,
      rewritten: [['SID=a; Path=/', 'SID=sems1~a; Path=/', 'prefix', 'sems1']],
    })
    expect(change(['SID=sems1~b'], ['SID=a'])).toMatchObject({
      rewritten: [['SID=a', 'SID=sems1~b', 'value', null]],
    })
  })

  test.each(['Path=/', 'Domain=a.example', 'Secure', 'HttpOnly', 'SameSite=Lax', 'Max-Age=60'])(
    'the attribute %s was added',
    (attribute) => {
      const line = `a=1; ${attribute}`
      expect(change([line], ['a=1'])).toEqual({
        ...NOTHING,
        rewritten: [['a=1', line, 'attributes', null]],
      })
    },
  )

  test('a line was removed', () => {
    expect(change(['a=1'], ['a=1', 'b=2'])).toEqual({ ...NOTHING, removed: ['b=2'] })
  })

  test('what is equal belongs together before what has a prefix, the same value, the same name', () => {
    expect(change(['a=1; Path=/x'], ['a=1; Path=/', 'a=1; Path=/x'])).toEqual({
      ...NOTHING,
      removed: ['a=1; Path=/'],
    })
    expect(change(['a=s~3', 'a=1; Path=/x', 'a=9'], ['a=2', 'a=1', 'a=3'])).toEqual({
      ...NOTHING,
      rewritten: [
        ['a=3', 'a=s~3', 'prefix', 's'],
        ['a=1', 'a=1; Path=/x', 'attributes', null],
        ['a=2', 'a=9', 'value', null],
      ],
    })
  })

  test('lines were folded: what they hold is not added', () => {
    expect(change(['a=1, b=2'], ['a=1', 'b=2'])).toEqual({ ...NOTHING, folded: ['a=1, b=2'] })
    expect(change(['a=1, b=2'], ['a=1'])).toEqual({ ...NOTHING, injected: ['b=2'], folded: ['a=1, b=2'] })
    expect(change(['a=1, b=2'], ['a=1, b=2'])).toEqual(NOTHING)
  })

  test('names compare with their case', () => {
    expect(change(['sid=a'], ['SID=a'])).toEqual({ ...NOTHING, injected: ['sid=a'], removed: ['SID=a'] })
  })
})
