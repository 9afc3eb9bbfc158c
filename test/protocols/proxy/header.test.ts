import { describe, expect, test } from 'vitest'
import { MORE, proxyHeaderLength, readProxyHeader } from '../../../src/protocols/proxy/header.ts'

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n'
const length = (text: string): number => {
  const bytes = Buffer.from(`..${text}`, 'latin1')
  return proxyHeaderLength(bytes, 2, bytes.length)
}
const read = (text: string) => {
  const bytes = Buffer.from(`..${text}`, 'latin1')
  return readProxyHeader(bytes, 2, bytes.length)
}
const v2 = (command: number, family: number, addresses: string, size = addresses.length): string =>
  `${SIGNATURE}${String.fromCharCode(0x20 | command, family, size >> 8, size & 255)}${addresses}`

const TCP4 = '\x0a\x0a\x01\x65\x0a\x0a\x02\x0a\x9c\x40\x01\xbb'
const TCP6 = `\x20\x01\x0d\xb8${'\0'.repeat(11)}\x01\x20\x01\x0d\xb8${'\0'.repeat(11)}\x02\x9c\x40\x01\xbb`
const claim = (version: number, source: string | null, destination: string | null) => ({
  version,
  source: source === null ? null : { address: source, port: 40000 },
  destination: destination === null ? null : { address: destination, port: 443 },
})

describe('version 1', () => {
  test.each([
    ['PROXY TCP4 10.10.1.101 10.10.2.10 40000 443\r\n', claim(1, '10.10.1.101', '10.10.2.10')],
    ['PROXY TCP6 2001:DB8:0::1 2001:db8::2 40000 443\r\n', claim(1, '2001:db8::1', '2001:db8::2')],
    ['PROXY UNKNOWN\r\n', claim(1, null, null)],
    ['PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n', claim(1, null, null)],
    ['PROXY TCP4 10.10.1.300 10.10.2.10 40000 443\r\n', claim(1, null, null)],
    ['PROXY TCP4 10.10.1.1 10.10.2.10 40000 70000\r\n', claim(1, null, null)],
    ['PROXY TCP6 10.10.1.1 10.10.2.10 40000 443\r\n', claim(1, null, null)],
  ])('%s', (line, expected) => {
    expect(length(`${line}GET /`)).toBe(line.length)
    expect(read(`${line}GET /`)).toEqual(expected)
    for (let n = 0; n < line.length; n++) expect(length(line.slice(0, n)), line.slice(0, n)).toBe(MORE)
  })

  test.each([
    'PROXY me, please\r\n',
    'PROXY TCP4 1.2.3.4\n',
    'PROX',
    'POST / HTTP/1.1\r\n',
    `PROXY TCP4 ${'1'.repeat(100)}`,
  ])('not %s', (line) => expect(length(`${line}.`)).toBe(0))
})

describe('version 2', () => {
  test.each([
    ['TCP over IPv4', v2(1, 0x11, TCP4), claim(2, '10.10.1.101', '10.10.2.10')],
    ['TCP over IPv6', v2(1, 0x21, TCP6), claim(2, '2001:db8::1', '2001:db8::2')],
    ['with TLVs', v2(1, 0x11, `${TCP4}\x04\0\x03abc`), claim(2, '10.10.1.101', '10.10.2.10')],
    ['LOCAL, a health check', v2(0, 0x11, TCP4), claim(2, null, null)],
    ['unspecified', v2(1, 0, ''), claim(2, null, null)],
    ['UNIX sockets', v2(1, 0x31, 'x'.repeat(216)), claim(2, null, null)],
    ['too short for its family', v2(1, 0x21, TCP4), claim(2, null, null)],
  ])('%s', (_what, header, expected) => {
    expect(length(`${header}GET /`)).toBe(header.length)
    expect(read(`${header}GET /`)).toEqual(expected)
    for (let n = 0; n < Math.min(16, header.length); n++) expect(length(header.slice(0, n))).toBe(MORE)
  })

  test('is read as soon as its addresses are there', () => {
    expect(length(v2(1, 0x11, TCP4, 60_000))).toBe(MORE)
    expect(length(v2(1, 0x11, TCP4.padEnd(36, '\0'), 60_000))).toBe(60_016)
  })

  test('of another version is none', () => {
    expect(length(v2(1, 0x11, TCP4).replace('\x21', '\x31'))).toBe(0)
    expect(length(`${SIGNATURE.slice(0, 11)}X`)).toBe(0)
  })
})
