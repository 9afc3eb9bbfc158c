import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { parseString, splitCookiesString } from 'set-cookie-parser'
import { describe, expect, test } from 'vitest'
import {
  isSetCookie,
  LINE_MAX,
  LINES_MAX,
  readSetCookie,
  readSetCookies,
} from '../../../src/protocols/cookies/set-cookie.ts'

const NOW = Date.UTC(2026, 10, 21, 2, 30) * 1000
const hashOf = (value: string): string =>
  createHash('sha256').update(value, 'latin1').digest('hex').slice(0, 32)
const read = (line: string) => readSetCookie(line, NOW)

test('a line with everything', () => {
  const line = 'SID=31d4d96e407aad42; Path=/app; Domain=.Example.COM; Secure; HttpOnly; SameSite=Lax'
  expect(read(line)).toEqual({
    line,
    name: 'SID',
    valueHash: hashOf('31d4d96e407aad42'),
    valueLength: 16,
    path: '/app',
    domain: 'example.com',
    secure: true,
    httpOnly: true,
    expired: false,
    vendor: null,
    role: null,
    backend: null,
    folded: false,
  })
})

test('a line of a load balancer', () => {
  expect(read('BIGipServerpool_sems=201525770.36895.0000; path=/; Httponly')).toMatchObject({
    name: 'BIGipServerpool_sems',
    path: '/',
    httpOnly: true,
    vendor: 'F5 BIG-IP LTM',
    role: 'persistence',
    backend: '10.10.3.12:8080',
  })
})

describe('name and value (RFC 6265 §5.2)', () => {
  test.each([
    ['a=b', 'a', 'b'],
    [' \ta \t=\t b \t; c', 'a', 'b'],
    ['a=b=c', 'a', 'b=c'],
    ['a=', 'a', ''],
    ['=b', '', 'b'],
    ['=', '', ''],
    ['b', '', 'b'],
    ['', '', ''],
    [';a=b', '', ''],
    ['A=B', 'A', 'B'],
    ['a b=c d', 'a b', 'c d'],
    // Only space and tab are blank; a quote is an octet like any other.
    ['\u00a0a=\u00a0b\u00a0', '\u00a0a', '\u00a0b\u00a0'],
    ['a="b c"', 'a', '"b c"'],
    ['a=\u00e9', 'a', '\u00e9'],
  ])('%j', (line, name, value) => {
    expect(read(line)).toMatchObject({ name, valueHash: hashOf(value), valueLength: value.length, line })
  })

  test('quotes do not hide the server', () => {
    expect(read('JSESSIONID="9D4A2B6E0C7F4A1B8E3D5C6F7A8B9C0D.node1"; Version=1').backend).toBe('node1')
    expect(read('BIGipServerp="1677787402.20480.0000"').backend).toBe('10.1.1.100:80')
    expect(read('SERVERID="').backend).toBeNull()
  })
})

describe('attributes (RFC 6265 §5.2.1 to §5.2.6)', () => {
  test.each([
    ['Path=/a', { path: '/a' }],
    ['PATH = /a ', { path: '/a' }],
    ['Path=/a; path=/b', { path: '/b' }],
    ['Path', { path: null }],
    ['Path=', { path: null }],
    ['Path=a', { path: null }],
    ['Path=/a; Path=b', { path: null }],
    ['Path="/a"', { path: null }],
    ['Domain=a.example', { domain: 'a.example' }],
    ['Domain=.A.example', { domain: 'a.example' }],
    ['Domain=..a.example', { domain: '.a.example' }],
    ['Domain=a.example; Domain=b.example', { domain: 'b.example' }],
    ['Domain=a.example; Domain=', { domain: 'a.example' }],
    ['Domain=a.example; Domain=.', { domain: null }],
    ['Domain', { domain: null }],
    ['Secure=no', { secure: true }],
    [' SECURE ', { secure: true }],
    ['Secured', { secure: false }],
    ['HttpOnly=0', { httpOnly: true }],
    ['httponly', { httpOnly: true }],
    ['SameSite=Strict; Priority=High; Partitioned', { secure: false, httpOnly: false, path: null }],
    ['=/a; ;;', { path: null }],
  ])('%j', (attributes, expected) => expect(read(`a=b;${attributes}`)).toMatchObject(expected))

  test.each([
    ['Max-Age=0', true],
    ['Max-Age=-1', true],
    ['max-age=-99999999999999999999', true],
    ['Max-Age=1', false],
    ['Max-Age=99999999999999999999', false],
    ['Max-Age', false],
    ['Max-Age=', false],
    ['Max-Age=-', false],
    ['Max-Age="0"', false],
    ['Max-Age=0.5', false],
    ['Max-Age=+0', false],
    ['Max-Age=0; Max-Age=60', false],
    ['Max-Age=60; Max-Age=0', true],
    ['Max-Age=0; Max-Age=soon', true],
    ['Expires=Thu, 01 Jan 1970 00:00:00 GMT', true],
    ['Expires=Thu, 01-Jan-70 00:00:01 GMT', true],
    ['Expires=Sat, 21 Nov 2026 02:30:00 GMT', true],
    ['Expires=Sat, 21 Nov 2026 02:30:01 GMT', false],
    ['Expires=Sat, 21 Nov 2026 02:30:01 GMT; Expires=Thu, 01 Jan 1970 00:00:00 GMT', true],
    ['Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=never', true],
    // Not a date: the cookie lasts as long as the browser.
    ['Expires=0', false],
    ['Expires=-1', false],
    ['Expires', false],
    // Max-Age has precedence, wherever it stands.
    ['Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT', false],
    ['Expires=Sat, 21 Nov 2099 02:30:01 GMT; Max-Age=0', true],
    ['Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=soon', true],
  ])('%s: expired is %s', (attributes, expired) => expect(read(`a=b; ${attributes}`).expired).toBe(expired))
})

describe('folded lines (RFC 6265 §3)', () => {
  test.each([
    'a=1; Expires=Wed, 09 Jun 2026 10:18:14 GMT, b=2',
    'a=1; Expires=Wed, 09-Jun-26 10:18:14 GMT,b=2; Path=/',
    'a=1; Expires=Wed Jun 09 2026 10:18:14 GMT, b=2',
    'a=1; Expires=0, b=2',
    'a=1, b=2',
    'a=1; Path=/,b=2',
    'a="1,2", b=2',
    'a=1, b=2; Expires=Wed, 09 Jun 2026 10:18:14 GMT',
  ])('%s', (line) => expect(read(line).folded).toBe(true))

  test.each([
    'a=1; Expires=Wed, 09 Jun 2026 10:18:14 GMT',
    'a=1; expires = Wednesday, 09-Jun-26 10:18:14 GMT; Path=/',
    'a=1,2,3',
    'a=1, 2; Path=/',
    'a="1, b=2"; Path=/',
    'a=1,;b=2',
    'a=1, (b)=2',
  ])('%s is one cookie', (line) => expect(read(line).folded).toBe(false))
})

describe('the lines of a response', () => {
  const lines = (...values: string[]) => values.map((value) => ({ name: 'Set-Cookie', value }))

  test.each([
    ['Set-Cookie', true],
    ['set-cookie', true],
    ['SET-COOKIE', true],
    ['Set-Cookie2', false],
    ['Cookie', false],
    ['set_cookie', false],
    ['', false],
  ])('%j sets cookies: %s', (name, expected) => expect(isSetCookie(name)).toBe(expected))

  test('each by itself, in order, whatever the case of the field name', () => {
    const headers = [
      { name: 'Date', value: 'x=y' },
      { name: 'SET-cookie', value: 'SID=a; Path=/' },
      { name: 'Content-Type', value: 'text/html' },
      { name: 'set-cookie', value: 'SID=b; Path=/app' },
      { name: 'Set-Cookie2', value: 'c=d' },
    ]
    expect(readSetCookies(headers, NOW)).toEqual([read('SID=a; Path=/'), read('SID=b; Path=/app')])
  })

  test('no more than a limit of lines, and of octets each', () => {
    const many = Array.from({ length: LINES_MAX + 5 }, (_, i) => `a${i}=b`)
    expect(readSetCookies(lines(...many), NOW).map(({ line }) => line)).toEqual(many.slice(0, LINES_MAX))
    const [long] = readSetCookies(lines(`a=${'b'.repeat(LINE_MAX)}; Secure`), NOW)
    expect(long).toMatchObject({ valueLength: LINE_MAX - 2, secure: false })
    expect(long!.line).toHaveLength(LINE_MAX)
  })

  test.each([
    ['blanks', `a=b${' '.repeat(LINE_MAX)}`],
    ['blanks inside', `a=b ${' '.repeat(LINE_MAX - 9)}c`],
    ['semicolons', ';'.repeat(LINE_MAX)],
    ['commas', `a=${','.repeat(LINE_MAX)}`],
    ['quotes', `a=${'"'.repeat(LINE_MAX)}`],
    ['dates', `a=b; Expires=${'1 '.repeat(LINE_MAX)}`],
  ])('a line full of %s takes no longer than another', (_what, value) => {
    const all = lines(...Array.from({ length: LINES_MAX }, () => value))
    expect(readSetCookies(all, NOW)).toHaveLength(LINES_MAX)
  })
})

/**
 * set-cookie-parser reads lines the same way, except where it
 * - drops a cookie without name and value, and names that an object has (`constructor`);
 * - decodes %XX in values (switched off here);
 * - keeps a path that does not begin with `/`, the case of a domain and the dots before it, which user agents
 *   do not (RFC 6265 §5.2.3, §5.2.4), and takes the empty domain for one;
 * - forgets an earlier Max-Age or Expires as little as we do, but reads dates with `Date`;
 * - trims all white space around attributes, not only space and tab;
 * - begins a new cookie after a comma inside quotes, and with a name that is no token (RFC 9110 §5.6.2).
 */
describe('like set-cookie-parser', () => {
  const text = (alphabet: string, maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...alphabet), maxLength })
  const date = fc.constantFrom(
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Wed, 09 Jun 2027 10:18:14 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'never',
  )
  const attribute = fc.oneof(
    fc.constantFrom('Secure', 'HttpOnly', 'secure=1', 'SameSite=None', 'Partitioned', '', '=', 'x=y'),
    text('/ab', 3).map((path) => `Path=${path}`),
    text('.aB', 4).map((domain) => `Domain=${domain}`),
    fc.oneof(text('-019x', 4), fc.constantFrom('0', '-5', '60')).map((age) => `Max-Age=${age}`),
    date.map((expires) => `Expires=${expires}`),
    text('ab=, ', 6),
  )
  const line = fc
    .tuple(text('ab %"\t', 4), fc.constantFrom('=', '= ', '', '=='), text('cd, =%"', 6), fc.array(attribute))
    .map(([name, equals, value, rest]) => [`${name}${equals}${value}`, ...rest].join('; '))
  const oracleOf = (cookie: string) => parseString(cookie, { decodeValues: false, silent: true })

  test('names, values and attributes', () => {
    fc.assert(
      fc.property(line, (cookie) => {
        const theirs = oracleOf(cookie)
        const ours = read(cookie)
        if (theirs === null) return expect([ours.name, ours.valueLength]).toEqual(['', 0])
        const { path = '', domain = '', maxAge, expires } = theirs
        const hasPassed = maxAge === undefined ? expires !== undefined && +expires * 1000 <= NOW : maxAge <= 0
        expect(ours).toMatchObject({
          name: theirs.name,
          valueHash: hashOf(theirs.value),
          valueLength: theirs.value.length,
          path: path.startsWith('/') ? path : null,
          secure: theirs.secure === true,
          httpOnly: theirs.httpOnly === true,
          expired: hasPassed,
        })
        if (domain !== '') expect(ours.domain).toBe(domain.replace(/^\./, '').toLowerCase() || null)
      }),
      { numRuns: 2_000 },
    )
  })

  test('where one cookie ends and another begins', () => {
    const pair = fc.tuple(text('ab', 3), text('c,d 1', 5)).map(([name, value]) => `${name}x=${value}`)
    const folded = fc
      .tuple(
        pair,
        fc.array(
          fc.oneof(
            pair,
            date.map((d) => `Expires=${d}`),
          ),
        ),
        fc.constantFrom('; ', ', ', ','),
      )
      .map(([first, rest, separator]) => [first, ...rest].join(separator))
    fc.assert(
      fc.property(folded, (cookie) => {
        expect(read(cookie).folded).toBe(splitCookiesString(cookie).length > 1)
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([
    ['', null],
    ['=', null],
    ['constructor=a', null],
    ['a=b; Path=c', 'c'],
  ])('which reads %j otherwise: %j', (cookie, theirs) => {
    expect(oracleOf(cookie)?.path ?? null).toBe(theirs)
    expect(read(cookie).path).toBeNull()
  })
})
