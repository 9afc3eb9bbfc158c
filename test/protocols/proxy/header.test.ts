import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  HEADER_READ_MAX,
  MORE,
  proxyHeaderLength,
  readProxyHeader,
} from '../../../src/protocols/proxy/header.ts'

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
const claim = (version: number, source: string | null, destination: string | null, family = 'inet') => ({
  version,
  source: source === null ? null : { address: source, port: 40000 },
  destination: destination === null ? null : { address: destination, port: 443 },
  local: false,
  family,
  extensions: null,
})

describe('version 1', () => {
  test.each([
    ['PROXY TCP4 10.10.1.101 10.10.2.10 40000 443\r\n', claim(1, '10.10.1.101', '10.10.2.10')],
    ['PROXY TCP6 2001:DB8:0::1 2001:db8::2 40000 443\r\n', claim(1, '2001:db8::1', '2001:db8::2', 'inet6')],
    ['PROXY UNKNOWN\r\n', claim(1, null, null, 'unspecified')],
    ['PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n', claim(1, null, null, 'unspecified')],
    ['PROXY TCP4 10.10.1.300 10.10.2.10 40000 443\r\n', claim(1, null, null)],
    ['PROXY TCP4 10.10.1.1 10.10.2.10 40000 70000\r\n', claim(1, null, null)],
    ['PROXY TCP6 10.10.1.1 10.10.2.10 40000 443\r\n', claim(1, null, null, 'inet6')],
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
    ['TCP over IPv6', v2(1, 0x21, TCP6), claim(2, '2001:db8::1', '2001:db8::2', 'inet6')],
    ['UDP over IPv4', v2(1, 0x12, TCP4), claim(2, '10.10.1.101', '10.10.2.10')],
    ['LOCAL, a health check', v2(0, 0x11, TCP4), { ...claim(2, null, null), local: true }],
    ['LOCAL without addresses', v2(0, 0, ''), { ...claim(2, null, null, 'unspecified'), local: true }],
    ['unspecified', v2(1, 0, ''), claim(2, null, null, 'unspecified')],
    ['UNIX sockets', v2(1, 0x31, 'x'.repeat(216)), claim(2, null, null, 'unix')],
    ['a family that is none', v2(1, 0x41, TCP4), claim(2, null, null, 'unspecified')],
    ['a command that is none', v2(2, 0x11, TCP4), claim(2, null, null)],
    ['too short for its family', v2(1, 0x21, TCP4), claim(2, null, null, 'inet6')],
  ])('%s', (_what, header, expected) => {
    expect(length(`${header}GET /`)).toBe(header.length)
    expect(read(`${header}GET /`)).toEqual(expected)
    for (let n = 0; n < header.length; n++) expect(length(header.slice(0, n)), `${n}`).toBe(MORE)
  })

  test('is waited for as far as it is read', () => {
    const long = v2(1, 0x11, TCP4.padEnd(HEADER_READ_MAX, '\0'), 60_000)
    expect(length(long.slice(0, HEADER_READ_MAX - 1))).toBe(MORE)
    expect(length(long.slice(0, HEADER_READ_MAX))).toBe(60_016)
    expect(read(long.slice(0, HEADER_READ_MAX))).toMatchObject({
      source: { address: '10.10.1.101' },
      extensions: { checksum: null, cut: true, others: Array.from({ length: 16 }, () => 0) },
    })
  })

  test('of another version is none', () => {
    expect(length(v2(1, 0x11, TCP4).replace('\x21', '\x31'))).toBe(0)
    expect(length(`${SIGNATURE.slice(0, 11)}X`)).toBe(0)
  })

  test('whose checksum is wrong is not believed', () => {
    const header = v2(1, 0x11, `${TCP4}\x03\0\x04abcd`)
    expect(read(header)).toMatchObject({ source: null, destination: null, extensions: { checksum: 'wrong' } })
  })

  test('whatever follows the signature, nothing is read behind the header and nothing throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 300 }), fc.nat(300), (rest, more) => {
        const bytes = Uint8Array.from([...Buffer.from(SIGNATURE, 'latin1'), ...rest])
        bytes[12] = 0x20 | (bytes[12]! & 1)
        bytes[14] = 0
        const size = proxyHeaderLength(bytes, 0, bytes.length)
        if (size === MORE) return
        const padded = new Uint8Array(bytes.length + more).fill(0xee)
        padded.set(bytes)
        padded.fill(0xdd, size)
        expect(readProxyHeader(padded, 0, padded.length)).toEqual(readProxyHeader(bytes, 0, size))
      }),
      { numRuns: 300 },
    )
  })
})
