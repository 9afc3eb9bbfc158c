import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashedSecrets, openSecrets } from '../../src/store/secrets.ts'
import { cut } from '../cli/output/story.ts'
import { analysed, database, found, one } from './database.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const text = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1')

describe('in details', () => {
  const details = {
    request: 'http://ada:pw@dlp.example.com/omc/enroll?AgentGuid=42&token=abc&flag',
    status: 200,
    cookies: [{ name: 'ovidCookie', vendor: null, backend: null, injected: true, value: 'topsecret' }],
    clientContinued: null,
  }

  test('cookie values and parameters are hashes, the rest is as it was', () => {
    const hidden = hashedSecrets(database()).details(details)
    expect(hidden).toMatchObject({ status: 200, clientContinued: null })
    expect(hidden['request']).toMatch(
      /^http:\/\/sha256:[0-9a-f]{16}@dlp\.example\.com\/omc\/enroll\?AgentGuid=sha256:[0-9a-f]{16}&token=sha256:[0-9a-f]{16}&sha256:[0-9a-f]{16}$/,
    )
    const [cookie] = hidden['cookies'] as { value: string }[]
    expect(cookie).toEqual({
      ...details.cookies[0],
      value: expect.stringMatching(/^sha256:[0-9a-f]{16}$/) as string,
    })
    expect(openSecrets.details(details)).toBe(details)
    expect(hashedSecrets(database()).details({ silenceSeconds: 5 })).toEqual({ silenceSeconds: 5 })
  })

  test('equal secrets have equal hashes, in one database only', () => {
    const [here, there] = [hashedSecrets(database()), hashedSecrets(database())]
    const request = { request: '/a?x=1' }
    expect(here.details(request)).toEqual(here.details(request))
    expect(here.details(request)).not.toEqual(there.details(request))
    expect(here.details({ request: '/a?x=2' })).not.toEqual(here.details(request))
  })

  test('of incidents and occurrences alike', () => {
    const store = database()
    const finding = cut({ type: 'multiple-set-cookie', details })
    analysed(store, ['a'], found([finding], { details }))
    const everything = ['incident', 'occurrence']
      .map((table) => one(store, `SELECT json_group_array(details) FROM ${table}`) as string)
      .concat(one(store, 'SELECT json_group_array(record) FROM incident_share') as string)
    for (const stored of everything) {
      expect(stored).toContain('sha256:')
      expect(stored).not.toMatch(/topsecret|token=abc|ada:pw/)
    }
  })
})

describe('in packets', () => {
  const packet = (octets: Uint8Array): Uint8Array => hashedSecrets(database()).packet(octets)

  test.each([
    ['Set-Cookie: a=topsecret; Path=/; Expires=Mon=1', /^Set-Cookie: a=[0-9a-f]{9}; Path=\/; Expires=Mon=1$/],
    ['cookie: a=topsecret; b=other', /^cookie: a=[0-9a-f]{9}; b=[0-9a-f]{5}$/],
    ['Authorization: Basic dG9wc2VjcmV0', /^Authorization: Basic [0-9a-f]{12}$/],
    ['Proxy-Authorization:Bearer abcdef', /^Proxy-Authorization:Bearer [0-9a-f]{6}$/],
  ])('%s', (line, pattern) => {
    const before = `\x00\x45POST /x HTTP/1.1\r\nHost: a\r\n${line}\r\nETag: "b"\r\n\r\ncookie=no`
    const after = text(packet(bytes(before)))
    expect(after).toHaveLength(before.length)
    expect(after.split('\r\n')[2]).toMatch(pattern)
    expect(after.replace(pattern, '')).not.toContain('topsecret')
    expect(after.split('\r\n').toSpliced(2, 1)).toEqual(before.split('\r\n').toSpliced(2, 1))
  })

  test('parameters of a request', () => {
    const before = '\x17\x01GET /omc/enroll?guid=12345&k=v HTTP/1.1\r\nHost: a\r\n\r\n'
    expect(text(packet(bytes(before)))).toMatch(
      // eslint-disable-next-line no-control-regex
      /^\x17\x01GET \/omc\/enroll\?guid=[0-9a-f]{5}&k=[0-9a-f] HTTP\/1\.1\r\nHost: a\r\n\r\n$/,
    )
  })

  test('a value that the packet cuts off', () => {
    expect(text(packet(bytes('HTTP/1.1 200 OK\r\nSet-Cookie: a=topsec')))).toMatch(/a=[0-9a-f]{6}$/)
  })

  test('any octets keep their number, and hostile ones take no time', () => {
    const { packet } = hashedSecrets(database())
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(packet(octets)).toHaveLength(octets.length)
      }),
    )
    const hostile = 'GET /?'.repeat(700)
    // A pattern that backtracks would take minutes, and the test with it.
    for (let i = 0; i < 100; i++) packet(bytes(hostile.slice(0, 4096)))
    expect(packet(bytes('Cookie:'.repeat(580)))).toHaveLength(7 * 580)
  })
})
