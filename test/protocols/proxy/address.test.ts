import fc from 'fast-check'
import { isIPv4, isIPv6 } from 'node:net'
import { expect, test } from 'vitest'
import { ipv4Text, ipv6Text } from '../../../src/bytes/address.ts'
import { ipv4Octets, ipv6Octets } from '../../../src/protocols/proxy/address.ts'

test('text of any address gives its octets', () => {
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  fc.assert(
    fc.property(octets(4), (b) => {
      expect(ipv4Octets(ipv4Text(b, 0))).toEqual(b)
    }),
  )
  const sparse = fc
    .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
    .map((a) => Uint8Array.from(a))
  fc.assert(
    fc.property(fc.oneof(octets(16), sparse), (b) => {
      expect(ipv6Octets(ipv6Text(b, 0))).toEqual(b)
    }),
  )
})

test('what node:net takes for no address is none here', () => {
  const text = fc.string({
    unit: fc.constantFrom('0', '1', '25', 'f', ':', '::', '.', 'ffff'),
    maxLength: 20,
  })
  fc.assert(
    fc.property(text, (t) => {
      expect(ipv4Octets(t) !== null, t).toBe(isIPv4(t))
      expect(ipv6Octets(t) !== null, t).toBe(isIPv6(t))
    }),
    { numRuns: 2000 },
  )
})

test.each(['010.1.2.3', '1.2.3', '1.2.3.4.5', '1.2.3.256', ' 1.2.3.4', ''])('%s is no IPv4 address', (text) =>
  expect(ipv4Octets(text)).toBeNull(),
)
test.each(['1::2::3', '::1%eth0', '1:2:3:4:5:6:7', '12345::', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8:9', ''])(
  '%s is no IPv6 address',
  (text) => expect(ipv6Octets(text)).toBeNull(),
)
