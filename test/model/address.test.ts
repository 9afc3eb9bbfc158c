import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ipv4Text, ipv6Text } from '../../src/bytes/address.ts'
import { addressNumber, areNeighbours, commonPrefix, isPrivate, networkOf } from '../../src/model/address.ts'

const numberOf = (octets: Uint8Array): bigint =>
  octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n)
const octets = (count: number): fc.Arbitrary<Uint8Array> =>
  // Zeros are frequent, so that runs of them are, and the prefix of mapped addresses now and then.
  fc.oneof(
    fc.uint8Array({ minLength: count, maxLength: count }),
    fc
      .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: count, maxLength: count })
      .map((a) => new Uint8Array(a)),
    fc.uint8Array({ minLength: 4, maxLength: 4 }).map((last) => {
      const mapped = new Uint8Array(count)
      mapped.fill(0xff, Math.max(0, count - 6))
      mapped.set(last, count - 4)
      return mapped
    }),
  )

test('an address has one number, however it is written', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1)
      expect(addressNumber(text)).toEqual(addressNumber(canonical))
    }),
  )
})

test('every address that we write is read back', () => {
  fc.assert(
    fc.property(octets(4), octets(16), (four, six) => {
      expect(addressNumber(ipv4Text(four, 0))).toEqual({ version: 4, value: numberOf(four) })
      expect(addressNumber(ipv6Text(six, 0))).toEqual({ version: 6, value: numberOf(six) })
    }),
  )
})

test.each([
  '',
  '1.2.3',
  '1.2.3.',
  '1.2.3.4.5',
  '1.2.3.256',
  '1.2.3.-1',
  '1.2.3.1e1',
  '1.2.3.0x1',
  '1.2.3. 4',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8:9',
  '12345::',
  'g::',
  '::ffff:1.2.3.256',
  '::1.2.3.4:1',
  'server.example.com',
])('%j is none', (text) => {
  expect(addressNumber(text)).toBeNull()
})

test.each([
  ['10.255.0.1', true],
  ['11.0.0.1', false],
  ['172.15.255.255', false],
  ['172.16.0.0', true],
  ['172.31.255.255', true],
  ['172.32.0.0', false],
  ['192.168.1.1', true],
  ['192.169.0.0', false],
  ['100.63.255.255', false],
  ['100.64.0.0', true],
  ['100.127.255.255', true],
  ['100.128.0.0', false],
  ['fd00::1', true],
  ['fc00::', true],
  ['fe80::1', false],
  ['2001:db8::1', false],
  ['nowhere', false],
])('%s is of a network of one\u2019s own: %s', (address, expected) => {
  expect(isPrivate(address)).toBe(expected)
})

test.each([
  ['10.10.1.101', '10.10.1.0/24'],
  ['2001:db8::1', '2001:db8::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['::1', '::/64'],
  ['fe80::1:2:3:4:5', 'fe80:0:0:1::/64'],
  ['2001:db8::10', '2001:db8::/64'],
  ['2001:db8:0:7::10', '2001:db8:0:7::/64'],
  ['::ffff:192.0.2.7', '::/64'],
  ['02:00:5e:10:00:01', '02:00:5e:10:00:01'],
  ['', ''],
])('%s is in the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

test.each([
  ['10.10.10.5', '10.10.8.1', 22],
  ['10.10.10.5', '10.10.100.1', 17],
  ['10.10.10.5', '10.10.10.5', 32],
  ['2001:db8::5', '2001:db8::1:5', 111],
  ['2001:db8::5', '10.10.10.5', 0],
  ['nowhere', '10.10.10.5', 0],
])('%s and %s have %i bits in common', (a, b, bits) => {
  expect(commonPrefix(a, b)).toBe(bits)
  expect(areNeighbours(a, b)).toBe(bits >= (a.includes(':') ? 64 : 24))
})
