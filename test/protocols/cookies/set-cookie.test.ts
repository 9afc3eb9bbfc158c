import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { parseString, splitCookiesString } from 'set-cookie-parser'
import { describe, expect, test } from 'vitest'
import { foldedParts, PARTS_MAX } from '../../../src/protocols/cookies/folding.ts'
import { ATTRIBUTE_MAX, isSetCookie, readSetCookie } from '../../../src/protocols/cookies/set-cookie.ts'

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
    sameSite: 'lax',
    maxAge: null,
    expires: null,
    expired: false,
    vendor: null,
    role: null,
    backend: null,
    backendConfidence: null,
    changeMeansHop: false,
    prefix: null,
    folded: false,
    parts: [],
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
    backendConfidence: 'certain',
    changeMeansHop: true,
  })
})

test('an application’s cookie in prefix mode: the server, and the value that it sent', () => {
  expect(read('PGPSESSION=sems2~FA74C80C0485886F4C809B3A; Path=/; HttpOnly')).toMatchObject({
    vendor: null,
    backend: null,
    prefix: { label: 'sems2', restHash: hashOf('FA74C80C0485886F4C809B3A') },
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
    ['Domain=a.example; Domain=', { domain: null }],
    ['Domain=a.example; Domain=.', { domain: null }],
    ['Domain', { domain: null }],
    ['Secure=no', { secure: true }],
    [' SECURE ', { secure: true }],
    ['Secured', { secure: false }],
    ['HttpOnly=0', { httpOnly: true }],
    ['httponly', { httpOnly: true }],
    ['SameSite=Strict; Priority=High; Partitioned', { sameSite: 'strict', secure: false, httpOnly: false }],
    ['samesite=NONE', { sameSite: 'none' }],
    ['SameSite=Lax; SameSite', { sameSite: null }],
    ['SameSite=Never', { sameSite: null }],
    [`Path=/${'a'.repeat(ATTRIBUTE_MAX - 1)}`, { path: `/${'a'.repeat(ATTRIBUTE_MAX - 1)}` }],
    [`Path=/b; Path=/${'a'.repeat(ATTRIBUTE_MAX)}`, { path: '/b' }],
    ['Max-Age=60', { maxAge: 60, expires: null }],
    ['Max-Age=-99999999999999999999', { maxAge: -Number.MAX_SAFE_INTEGER }],
    ['Max-Age=99999999999999999999', { maxAge: Number.MAX_SAFE_INTEGER }],
    ['Expires=Thu, 01 Jan 1970 00:00:01 GMT', { maxAge: null, expires: 1_000_000 }],
    ['Expires=Thu, 01 Jan 1970 00:00:01 GMT; Expires=never', { expires: 1_000_000 }],
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

test('a folded line is one cookie to a user agent, and several by what was meant', () => {
  const line = 'a=1; Expires=Wed, 09 Jun 2026 10:18:14 GMT, b=2; Path=/'
  const [first, second] = ['a=1; Expires=Wed, 09 Jun 2026 10:18:14 GMT', 'b=2; Path=/']
  const whole = read(line)
  expect(whole).toMatchObject({ line, name: 'a', path: '/', folded: true, expired: true })
  expect(whole.parts).toEqual([read(first), read(second)])
})

describe('the lines of a response', () => {
  test.each([
    ['Set-Cookie', true],
    ['set-cookie', true],
    ['SET-COOKIE', true],
    ['Set-Cookie2', false],
    ['Cookie', false],
    ['set_cookie', false],
    ['', false],
  ])('%j sets cookies: %s', (name, expected) => expect(isSetCookie(name)).toBe(expected))
})

/**
 * set-cookie-parser reads lines the same way, except where it
 * - drops a cookie without name and value, and names that an object has (`constructor`);
 * - decodes %XX in values (switched off here);
 * - keeps a path that does not begin with `/`, the case of a domain and the dot before it, which user agents
 *   do
 *   not (RFC 6265 §5.2.3, §5.2.4);
 * - reads dates with `Date`, numbers without bounds, and other values of SameSite;
 * - trims all white space around attributes, not only space and tab;
 * - begins a new cookie after every comma that a name follows: inside quotes, inside a list in a value
 *   (`a=x,y=z`), and where the name is no token (RFC 9110 §5.6.2).
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
        if (theirs === null) {
          expect([ours.name, ours.valueLength]).toEqual(['', 0])
          return
        }
        const { path = '', domain = '', maxAge = null, expires } = theirs
        const at = expires === undefined ? null : expires.getTime() * 1000
        expect(ours).toMatchObject({
          name: theirs.name,
          valueHash: hashOf(theirs.value),
          valueLength: theirs.value.length,
          path: path.startsWith('/') ? path : null,
          secure: theirs.secure === true,
          httpOnly: theirs.httpOnly === true,
          domain: domain.replace(/^\./, '').toLowerCase() || null,
          maxAge,
          expires: at,
          expired: maxAge === null ? at !== null && at <= NOW : maxAge <= 0,
        })
      }),
      { numRuns: 2_000 },
    )
  })

  test('where one cookie ends and another begins', () => {
    const pair = fc.tuple(text('ab', 3), text('c1', 5)).map(([name, value]) => `${name}x=${value}`)
    const rest = fc.array(
      fc.oneof(
        pair,
        date.map((expires) => `Expires=${expires}`),
        text('c1 ', 3),
      ),
    )
    const folded = fc
      .tuple(pair, fc.array(fc.tuple(fc.constantFrom('; ', ', ', ';'), rest)))
      .map(([first, more]) =>
        more.reduce((line, [joint, parts]) => `${line}${joint}${parts.join('; ')}`, first),
      )
    fc.assert(
      fc.property(folded, (cookie) => {
        const theirs = splitCookiesString(cookie).map((part) => part.trim())
        const ours = foldedParts(cookie).map((part) => part.trim())
        expect(ours).toEqual(theirs.length <= PARTS_MAX ? theirs : ours)
        expect(ours.length).toBe(Math.min(theirs.length, PARTS_MAX))
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([
    ['', null],
    ['=', null],
    ['constructor=a', null],
    ['a=b; Path=c', 'c'],
    ['a=b; Path=\u00a0/c', '/c'],
  ])('which reads %j otherwise: %j', (cookie, theirs) => {
    expect(oracleOf(cookie)?.path ?? null).toBe(theirs)
    expect(read(cookie).path).toBeNull()
  })
})
