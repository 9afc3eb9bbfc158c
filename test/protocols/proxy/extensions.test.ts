import { describe, expect, test } from 'vitest'
import { crc32c } from '../../../src/protocols/proxy/crc32c.ts'
import { OTHERS_MAX, readExtensions, VALUE_TEXT_MAX } from '../../../src/protocols/proxy/extensions.ts'

const NOTHING = {
  alpn: null,
  authority: null,
  checksum: null,
  uniqueId: null,
  tls: null,
  namespace: null,
  vpcEndpoint: null,
  privateLink: null,
  serviceConnection: null,
  others: [],
  cut: false,
}
const tlv = (type: number, value: string): string =>
  String.fromCharCode(type, value.length >> 8, value.length & 255) + value
/** Behind a header that is 4 octets long. */
const read = (text: string, said = text.length) => {
  const bytes = Buffer.from(`head${text}`, 'latin1')
  return readExtensions(bytes, 0, 4, 4 + said, bytes.length)
}

test('CRC-32C of the vectors of RFC 3720 B.4', () => {
  const of = (octets: Iterable<number>): number => {
    const bytes = Uint8Array.from(octets)
    return crc32c(bytes, 0, bytes.length)
  }
  expect(of(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(of(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
  expect(of(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
  expect(of(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(Buffer.from('abXXXXcd'), 0, 8, 2)).toBe(of(Buffer.from('ab\0\0\0\0cd')))
})

describe('each type', () => {
  test.each([
    ['nothing', '', {}],
    ['ALPN', tlv(1, 'h2'), { alpn: 'h2' }],
    ['authority', tlv(2, 'a.example'), { authority: 'a.example' }],
    ['padding', tlv(4, '\0\0\0'), {}],
    ['unique identifier', tlv(5, '\x01\xff'), { uniqueId: '01ff' }],
    ['namespace', tlv(0x30, 'ns'), { namespace: 'ns' }],
    ['AWS PrivateLink', tlv(0xea, '\x01vpce-08d2bf15fac5001c9'), { vpcEndpoint: 'vpce-08d2bf15fac5001c9' }],
    ['AWS, another subtype', tlv(0xea, '\x02x'), { others: [0xea] }],
    ['Azure Private Link', tlv(0xee, '\x01\x85\x00\x00\x10'), { privateLink: 0x10000085 }],
    ['GCP Private Service Connect', tlv(0xe0, '\0\0\0\0\0\x2a\0\x01'), { serviceConnection: '2752513' }],
    ['GCP, of another length', tlv(0xe0, '123'), { others: [0xe0] }],
    ['unknown ones', tlv(0xe1, 'x') + tlv(0xf0, ''), { others: [0xe1, 0xf0] }],
    ['TLS too short', tlv(0x20, '\x01\0\0'), { others: [0x20] }],
    ['the first of two counts', tlv(1, 'h2') + tlv(1, 'http/1.1'), { alpn: 'h2' }],
  ])('%s', (_what, text, expected) => expect(read(text)).toEqual({ ...NOTHING, ...expected }))

  test('TLS with all that may be in it', () => {
    const inside =
      tlv(0x21, 'TLSv1.3') + tlv(0x22, 'agent 1') + tlv(0x23, 'X') + tlv(0x24, 'Y') + tlv(0x25, 'Z')
    const tls = {
      clientUsedTls: true,
      certificateOnConnection: true,
      certificateInSession: true,
      verified: true,
      version: 'TLSv1.3',
      commonName: 'agent 1',
      cipher: 'X',
      signatureAlgorithm: 'Y',
      keyAlgorithm: 'Z',
    }
    expect(read(tlv(0x20, `\x07\0\0\0\0${inside}`)).tls).toEqual(tls)
    expect(read(tlv(0x20, `\x07\0\0\0\x01${inside}`)).tls).toEqual({ ...tls, verified: false })
    const plain = { ...tls, certificateOnConnection: false, certificateInSession: false, verified: false }
    expect(read(tlv(0x20, `\x01\0\0\0\0${inside}`)).tls).toEqual(plain)
  })

  test('a TLV inside TLS that is longer than TLS is not read', () => {
    expect(read(tlv(0x20, '\x01\0\0\0\0\x21\xff\xffTLS')).tls).toMatchObject({ version: null })
  })
})

describe('the checksum', () => {
  const header = (sum: string): string => tlv(3, sum) + tlv(2, 'a')
  const right = crc32c(Buffer.from(`head${header('\0\0\0\0')}`, 'latin1'), 0, 4 + 11)
  const octets = String.fromCharCode(right >>> 24, (right >> 16) & 255, (right >> 8) & 255, right & 255)

  test.each([
    ['right', header(octets), 'right'],
    ['wrong', header('abcd'), 'wrong'],
    ['of another length', header('abc'), 'wrong'],
  ])('%s', (_what, text, expected) => expect(read(text).checksum).toBe(expected))

  test('of a header that is not all there is not judged', () => {
    expect(read(header(octets), 4000)).toEqual({ ...NOTHING, authority: 'a' })
  })
})

describe('hostile lengths', () => {
  test.each([
    ['beyond the header', '\x01\xff\xffh2', 5],
    ['cut in the length', `${tlv(1, 'h2')}\x02\0`, 7],
    ['the header ends before the TLV does', tlv(2, 'a.example'), 8],
  ])('%s', (_what, text, said) => expect(read(text, said).cut).toBe(true))

  test('texts and lists are bounded', () => {
    const long = read(tlv(2, 'x'.repeat(60_000)))
    expect(long.authority).toHaveLength(VALUE_TEXT_MAX)
    expect(read(tlv(5, 'x'.repeat(60_000))).uniqueId).toHaveLength(256)
    expect(read(tlv(0xf1, '').repeat(100)).others).toHaveLength(OTHERS_MAX)
  })
})
