import { describe, expect, test } from 'vitest'
import { injectedByComparison, sameNames } from '../../src/model/cookie-comparison.ts'
import { readSetCookie } from '../../src/protocols/cookies/set-cookie.ts'

const NOW = Date.UTC(2026, 10, 21, 2, 30) * 1000
const cookies = (lines: readonly string[]) => lines.map((line) => readSetCookie(line, NOW))

describe('two lines of one name', () => {
  /** Kind, and the places of both lines. */
  const pairs = (...lines: string[]): string[] => {
    const all = cookies(lines)
    return sameNames(all).map(
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
    [['X=n', 'X=; Max-Age=0'], ['last-wins 0 1']],
    [['X=; Max-Age=0', 'X=; Max-Age=-1'], ['last-wins 0 1']],
    [['SID=a; Path=/', 'SID=a; Path=/'], ['identical-line 0 1']],
    [['SID=a; Path=/', 'SID=a; path=/'], ['last-wins 0 1']],
    [
      ['SID=a; Path=/', 'x=y', 'SID=b; Path=/', 'SID=c; Path=/'],
      ['last-wins 0 2', 'last-wins 2 3'],
    ],
    // The default path, and a path that is none, are one.
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
  ])('%j', (lines, expected) => expect(pairs(...lines)).toEqual(expected))
})

describe('against what the server sent', () => {
  const change = (client: readonly string[], server: readonly string[]) => {
    const { injected, rewritten, removed } = injectedByComparison(cookies(client), cookies(server))
    return {
      injected: injected.map(({ line }) => line),
      rewritten: rewritten.map(({ sent, received }) => [sent.line, received.line]),
      removed: removed.map(({ line }) => line),
    }
  }
  const NOTHING = { injected: [], rewritten: [], removed: [] }

  test('nothing was changed', () => {
    expect(change(['a=1', 'b=2'], ['a=1', 'b=2'])).toEqual(NOTHING)
    expect(change(['b=2', 'a=1'], ['a=1', 'b=2'])).toEqual(NOTHING)
    expect(change([], [])).toEqual(NOTHING)
  })

  test('an attribute more is no other value', () => {
    expect(change(['a=1; Secure'], ['a=1'])).toEqual(NOTHING)
  })

  test('a line was added', () => {
    const added = 'BIGipServerp=1677787402.20480.0000'
    expect(change(['ovidCookie=a', added], ['ovidCookie=a'])).toEqual({ ...NOTHING, injected: [added] })
    expect(change([added], [])).toEqual({ ...NOTHING, injected: [added] })
  })

  test('a line of the same name was added: the one that is not the server’s', () => {
    expect(change(['SID=lb1', 'SID=a'], ['SID=a'])).toEqual({ ...NOTHING, injected: ['SID=lb1'] })
    expect(change(['SID=a', 'SID=a'], ['SID=a'])).toEqual({ ...NOTHING, injected: ['SID=a'] })
  })

  test('a value was rewritten, as in prefix mode', () => {
    expect(change(['SID=sems1~a'], ['SID=a'])).toEqual({ ...NOTHING, rewritten: [['SID=a', 'SID=sems1~a']] })
  })

  test('a line was removed', () => {
    expect(change(['a=1'], ['a=1', 'b=2'])).toEqual({ ...NOTHING, removed: ['b=2'] })
  })

  test('equal lines belong together before equal values and names do', () => {
    expect(change(['a=1; Path=/x'], ['a=1; Path=/', 'a=1; Path=/x'])).toEqual({
      ...NOTHING,
      removed: ['a=1; Path=/'],
    })
    expect(change(['a=2; Path=/', 'a=1; Path=/x'], ['a=3', 'a=1'])).toEqual({
      ...NOTHING,
      rewritten: [['a=3', 'a=2; Path=/']],
    })
  })

  test('names compare with their case', () => {
    expect(change(['sid=a'], ['SID=a'])).toEqual({ ...NOTHING, injected: ['sid=a'], removed: ['SID=a'] })
  })
})
