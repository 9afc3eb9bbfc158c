import { describe, expect, test } from 'vitest'
import { FORWARDED_NODES_MAX, forwardedOf, nodeOf } from '../../../src/protocols/http/forwarded.ts'

const lines = (...pairs: string[]) =>
  pairs.map((pair) => ({ name: pair.split(': ')[0]!, value: pair.split(': ').slice(1).join(': ') }))
const clients = (...pairs: string[]) =>
  forwardedOf(lines(...pairs)).clients.map(({ address, text }) => address ?? text)

describe('an address as written', () => {
  test.each<[string, string | null, number | null]>([
    ['192.0.2.43', '192.0.2.43', null],
    ['192.0.2.43:47011', '192.0.2.43', 47_011],
    ['"[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17', 4711],
    ['[2001:DB8::1]', '2001:db8::1', null],
    ['2001:db8::1', '2001:db8::1', null],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1', null],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8', null],
    ['::', '::', null],
    ['unknown', null, null],
    ['_gazonk', null, null],
    ['_hidden:8080', null, 8080],
    ['192.0.2.43:_port', '192.0.2.43', null],
    ['256.0.0.1', null, null],
    ['192.0.2.43:70000', '192.0.2.43', null],
    ['1:2:3:4:5:6:7', null, null],
    ['1::2::3', null, null],
    ['12345::', null, null],
    ['::1.2.3.256', null, null],
    ['host.example', null, null],
  ])('%s', (text, address, port) => {
    expect(nodeOf(text)).toEqual({ address, port, text: text.replaceAll('"', '') })
  })
})

describe('who asked, in order', () => {
  test('the examples of RFC 7239 §4', () => {
    expect(clients('Forwarded: for="_gazonk"')).toEqual(['_gazonk'])
    expect(clients('Forwarded: For="[2001:db8:cafe::17]:4711"')).toEqual(['2001:db8:cafe::17'])
    expect(clients('Forwarded: for=192.0.2.43, for=198.51.100.17')).toEqual(['192.0.2.43', '198.51.100.17'])
    expect(forwardedOf(lines('Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43;host=a.example'))).toEqual(
      {
        clients: [{ address: '192.0.2.60', port: null, text: '192.0.2.60' }],
        by: 'forwarded',
        single: [],
        proto: 'http',
        host: 'a.example',
        port: null,
      },
    )
  })

  test('separators in quoted strings separate nothing', () => {
    expect(clients('Forwarded: for="_a,b;c\\"d", for=192.0.2.1')).toEqual(['_a,b;c"d', '192.0.2.1'])
  })

  test('X-Forwarded-For, over several lines', () => {
    expect(clients('X-Forwarded-For: 10.0.0.1, 10.0.0.2', 'x-forwarded-for: unknown,,2001:db8::1')).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      'unknown',
      '2001:db8::1',
    ])
  })

  test('Forwarded goes before X-Forwarded-For, unless it names nobody', () => {
    expect(clients('X-Forwarded-For: 10.0.0.1', 'Forwarded: for=10.0.0.2')).toEqual(['10.0.0.2'])
    expect(clients('X-Forwarded-For: 10.0.0.1', 'Forwarded: proto=https')).toEqual(['10.0.0.1'])
  })

  test('header lines with room for one, and what was asked for', () => {
    const {
      single,
      proto,
      host,
      port,
      by,
      clients: none,
    } = forwardedOf(
      lines('X-Real-IP: 10.0.0.1', 'True-Client-IP: 10.0.0.2', 'X-Forwarded-Proto: https, http').concat(
        lines('X-Forwarded-Host: epo.example', 'X-Forwarded-Port: 8443'),
      ),
    )
    expect(single.map(({ name, address }) => [name, address])).toEqual([
      ['true-client-ip', '10.0.0.2'],
      ['x-real-ip', '10.0.0.1'],
    ])
    expect([proto, host, port, by, none]).toEqual(['https', 'epo.example', 8443, null, []])
  })

  test('no more than a request can have gathered', () => {
    const list = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`).join(',')
    expect(clients(`X-Forwarded-For: ${list}`).length).toBe(FORWARDED_NODES_MAX)
  })

  test.each(['X-Forwarded-Port: 0', 'X-Forwarded-Port: 70000', 'X-Forwarded-Port: x', 'Host: a'])(
    '%s says nothing',
    (line) => expect(forwardedOf(lines(line)).port).toBe(null),
  )

  test('what is called alike says nothing', () => {
    expect(
      forwardedOf(lines('X-Agent-Id: 10.0.0.1', 'X-Forwarded: 10.0.0.2', 'CF-Ray: 1', 'A-X-Real-IP: b')),
    ).toEqual(forwardedOf([]))
  })
})
