import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ANSWERS_MAX, readMessage, resolve } from '../../../src/protocols/dns/message.ts'
import { DATA_TEXT_MAX } from '../../../src/protocols/dns/record-data.ts'
import { address, ASKED, bytesOf, message, name, question, record, RESPONSE, u16 } from './craft.ts'

/** In the midst of other octets, so that offsets count from the message. */
const read = (text: string) => {
  const bytes = bytesOf(`\xc0\x0c.${text}\xff\xff`)
  return readMessage(bytes, 3, bytes.length - 2)
}
const dataOf = (type: number, data: string): unknown => {
  const got = read(message({ flags: RESPONSE, answers: [record(ASKED, type, 60, data)] }))!
  return got.malformed ? null : got.answers[0]!.data
}

test('a query', () => {
  expect(read(message({ questions: [question('Keys.Example.COM', 28)] }))).toEqual({
    id: 0x1234,
    isResponse: false,
    opcode: 0,
    rcode: 0,
    authoritative: false,
    truncated: false,
    name: 'Keys.Example.COM',
    type: 'AAAA',
    class: 1,
    answers: [],
    malformed: false,
  })
})

test('a response: flags, the upper bits of EDNS, answers in order, sections behind them not told', () => {
  const answers = ['10.0.0.2', '10.0.0.1', '10.0.0.3'].map((quad, i) =>
    record(ASKED, 1, 5 + i, address(quad)),
  )
  const got = read(
    message({
      flags: 0x8783,
      answers,
      authority: [record(ASKED, 2, 9, name('ns.example'))],
      additional: [record('\0', 41, 0x01000000, '')],
    }),
  )
  expect(got).toMatchObject({ isResponse: true, rcode: 0x13, authoritative: true, truncated: true })
  expect(got!.answers).toEqual([
    { name: 'a.example', type: 'A', ttl: 5, data: '10.0.0.2' },
    { name: 'a.example', type: 'A', ttl: 6, data: '10.0.0.1' },
    { name: 'a.example', type: 'A', ttl: 7, data: '10.0.0.3' },
  ])
})

describe('data', () => {
  test.each([
    ['A', 1, address('192.0.2.1'), '192.0.2.1'],
    ['A of three octets', 1, 'abc', null],
    ['AAAA', 28, `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01`, '2001:db8::1'],
    ['CNAME', 5, `\x01b${ASKED}`, 'b.a.example'],
    ['CNAME with more behind it', 5, `\x01b${ASKED}x`, null],
    ['PTR', 12, name('host.example'), 'host.example'],
    ['MX', 15, u16(10) + name('mx.example'), '10 mx.example'],
    ['SRV', 33, u16(1) + u16(2) + u16(5060) + name('sip.example'), '1 2 5060 sip.example'],
    ['TXT', 16, '\x05v=spf\x03a"b', '"v=spf" "a\\"b"'],
    ['TXT, cut', 16, '\x09v=spf', null],
    ['HTTPS, an alias', 65, u16(0) + name('svc.example'), '0 svc.example'],
    [
      'HTTPS, its parameters',
      65,
      `${u16(1)}\0\0\0\0\x04\0\x01\0\x03\0\x01\0\x06\x02h2\x02h3\0\x03\0\x02\x20\xfb\0\x04\0\x04${address('192.0.2.7')}`,
      '1 . mandatory=alpn,port alpn=h2,h3 port=8443 ipv4hint=192.0.2.7',
    ],
    ['SVCB with unknown keys', 64, `${u16(2)}\0\x02\x9a\0\x01x\0\x02\0\0`, '2 . key666 no-default-alpn'],
    ['SVCB, a parameter too long', 64, `${u16(2)}\0\0\x01\0\x09x`, null],
    ['a type that is not read', 6, 'whatever', ''],
  ])('%s', (_what, type, data, expected) => expect(dataOf(type, data)).toBe(expected))

  test('texts are bounded', () => {
    const long = `\xff${'x'.repeat(255)}`.repeat(50)
    expect(dataOf(16, long)).toHaveLength(255 + 2)
    expect((dataOf(16, '\0'.repeat(5000)) as string).length).toBeLessThan(DATA_TEXT_MAX + 4)
    expect((dataOf(16, '\x01x'.repeat(2000)) as string).length).toBeLessThan(DATA_TEXT_MAX + 4)
  })

  test('a TTL with its first bit set counts as 0', () => {
    const ttl = (n: number): number =>
      read(message({ flags: RESPONSE, answers: [record(ASKED, 1, n, address('1.2.3.4'))] }))!.answers[0]!.ttl
    expect([ttl(0x7fffffff), ttl(0x80000000), ttl(0xffffffff)]).toEqual([0x7fffffff, 0, 0])
  })
})

describe('names', () => {
  test.each([
    ['the root', '\0', '.'],
    ['octets that are no letters', '\x04a.\\ \x02\xff\x07\0', 'a\\.\\\\\\032.\\255\\007'],
    ['63 octets in a label', `?${'x'.repeat(63)}\0`, 'x'.repeat(63)],
    ['a label type of old', '\x41x\0', null],
    [
      '255 octets',
      `${`\x3f${'x'.repeat(63)}`.repeat(3)}\x3d${'x'.repeat(61)}\0`,
      [...Array(3).fill('x'.repeat(63)), 'x'.repeat(61)].join('.'),
    ],
    ['256 octets', `${`\x3f${'x'.repeat(63)}`.repeat(3)}\x3e${'x'.repeat(62)}\0`, null],
    ['without an end', '\x03abc', null],
  ])('%s', (_what, octets, expected) =>
    expect(read(message({ questions: [octets + u16(1) + u16(1)] }))?.name ?? null).toBe(expected),
  )

  test.each([
    ['to itself', ASKED],
    ['forwards', '\xc0\x20'],
    ['in a circle', `\x01a${ASKED}`],
  ])('a pointer %s is none', (_what, octets) => {
    expect(read(message({ questions: [octets + u16(1) + u16(1)] }))).toBe(null)
  })

  test('a name that leads through more pointers than labels fit is none', () => {
    const through = (count: number): unknown => {
      // Pointers one behind the other, each to the one before; the first to the name asked for.
      const at = 12 + question('a.example').length + 11
      const links = Array.from({ length: count }, (_, i) => (i === 0 ? 12 : at + 2 * (i - 1)))
      const first = record('\0', 10, 1, links.map((to) => u16(0xc000 | to)).join(''))
      const last = u16(0xc000 | (at + 2 * (count - 1)))
      const answers = [first, record(last, 1, 1, address('1.2.3.4'))]
      return read(message({ flags: RESPONSE, answers }))!.answers[1]?.name ?? null
    }
    expect([through(1), through(126), through(127)]).toEqual(['a.example', 'a.example', null])
  })

  test('pointers to pointers lead to the name', () => {
    const second = record(ASKED, 1, 1, address('1.1.1.1'))
    const at = 12 + question('a.example').length
    const third = record(`\xc0${String.fromCharCode(at)}`, 1, 1, address('1.1.1.2'))
    const got = read(message({ flags: RESPONSE, answers: [second, third] }))!
    expect(got.answers.map((r) => r.name)).toEqual(['a.example', 'a.example'])
  })
})

describe('what is no message, or half of one', () => {
  test.each([
    ['too short', 'short'],
    ['an update', message({ flags: 0x2800 })],
    ['a question that is cut', message({}).slice(0, -1)],
  ])('%s', (_what, text) => expect(read(text)).toBe(null))

  test('what was read before the fault stands', () => {
    const answers = [record(ASKED, 1, 5, address('1.2.3.4')), record(ASKED, 1, 5, 'abc')]
    expect(read(message({ flags: RESPONSE, answers }))).toMatchObject({
      malformed: true,
      answers: [{ data: '1.2.3.4' }],
    })
    expect(read(message({ flags: RESPONSE, answers }).slice(0, -20))).toMatchObject({ malformed: true })
  })

  test('the first question stands though there is no second', () => {
    const text = message({ flags: RESPONSE, questions: [question('a.example', 28), '\0\0'] })
    expect(read(text)).toMatchObject({ name: 'a.example', type: 'AAAA', malformed: true, answers: [] })
  })

  test('a response without question has no name', () => {
    expect(read(message({ flags: 0x8181, questions: [] }))).toMatchObject({ name: null, rcode: 1 })
  })

  test('answers are bounded, and counted on', () => {
    const answers = Array.from({ length: 300 }, () => record(ASKED, 1, 1, address('1.2.3.4')))
    expect(read(message({ flags: RESPONSE, answers }))!.answers).toHaveLength(ANSWERS_MAX)
  })

  test('nothing throws, and nothing behind the end is read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(4), (noise, questions) => {
        const octets = Uint8Array.from([0, 1, 0x81, 0x80, 0, questions % 2, 0, 3, 0, 0, 0, 1, ...noise])
        const padded = new Uint8Array(octets.length + 64).fill(1)
        padded.set(octets)
        expect(readMessage(padded, 0, octets.length)).toEqual(readMessage(octets, 0, octets.length))
      }),
      { numRuns: 500 },
    )
  })
})

describe('the way from a name to its addresses', () => {
  const alias = (from: string, to: string, ttl = 100) => ({ name: from, type: 'CNAME', ttl, data: to })
  const at = (of: string, quad: string, ttl = 50) => ({ name: of, type: 'A', ttl, data: quad })

  test.each([
    ['nothing', [], [], []],
    ['addresses, in order', [at('A', '2'), at('a', '1')], [], ['2/50', '1/50']],
    ['aliases, in any order', [at('c', '1'), alias('b', 'C', 20), alias('a', 'b')], ['b', 'C'], ['1/20']],
    ['addresses of other names', [at('x', '1'), alias('a', 'b')], ['b'], []],
    ['a circle', [alias('a', 'b'), alias('b', 'A'), at('b', '1')], ['b'], ['1/50']],
    ['an alias of itself', [alias('a', 'a'), at('a', '1')], [], ['1/50']],
  ])('%s', (_what, answers, chain, addresses) => {
    const got = resolve('a', answers)
    expect(got.chain).toEqual(chain)
    expect(got.addresses.map(({ address: text, ttl }) => `${text}/${ttl}`)).toEqual(addresses)
  })
})
