import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressNumber } from '../../src/model/address.ts'
import { AddressSegments, AddressSet, ipv4Number } from '../../src/model/address-set.ts'

const range = (first: string, last = first) => {
  const { version, value } = addressNumber(first)!
  return { version, first: value, last: addressNumber(last)!.value }
}

test('single addresses, ranges that touch and overlap, and both versions', () => {
  const set = new AddressSet([
    range('10.0.0.9', '10.0.0.20'),
    range('10.0.0.1'),
    range('10.0.0.2', '10.0.0.4'),
    range('10.0.0.15', '10.0.0.17'),
    range('255.255.255.255'),
    range('2001:db8::1', '2001:db8::ff'),
  ])
  const held = ['10.0.0.1', '10.0.0.2', '10.0.0.4', '10.0.0.9', '10.0.0.18', '10.0.0.20', '255.255.255.255']
  expect(held.filter((address) => !set.has(address))).toEqual([])
  const others = ['10.0.0.0', '10.0.0.5', '10.0.0.8', '10.0.0.21', '9.255.255.255', '255.255.255.254', '::1']
  expect([...others, '2001:db8::100', '', 'none', '10.0.0'].filter((address) => set.has(address))).toEqual([])
  expect([set.has('2001:db8::1'), set.has('2001:db8::80')]).toEqual([true, true])
  expect(new AddressSet([]).has('10.0.0.1')).toBe(false)
})

test('a dotted quad as a number, as the slow way reads it; nothing else is one', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
      const text = octets.join('.')
      expect(BigInt(ipv4Number(text))).toBe(addressNumber(text)!.value)
    }),
  )
  const none = [
    '',
    '.',
    '1.2.3',
    '1.2.3.4.5',
    '1..2.3',
    '1.2.3.',
    '1.2.3.256',
    '1.2.3.0004',
    '1.2.3.a',
    '::1',
  ]
  expect(none.map(ipv4Number)).toEqual(none.map(() => -1))
})

test('addresses of one segment are in the same ranges', () => {
  const number = fc.integer({ min: 0, max: 40 })
  const text = (n: number): string => `10.0.0.${n}`
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number)), number, number, (pairs, a, b) => {
      const ranges = pairs.map(([x, y]) => range(text(Math.min(x, y)), text(Math.max(x, y))))
      const segments = new AddressSegments(ranges)
      const holding = (n: number) => ranges.map((one) => new AddressSet([one]).has(text(n)))
      expect(segments.of(text(a))).toBeLessThan(segments.count)
      if (segments.of(text(a)) === segments.of(text(b))) expect(holding(a)).toEqual(holding(b))
    }),
  )
  const ends = new AddressSegments([
    range('0.0.0.0', '9.255.255.255'),
    range('255.255.255.255'),
    range('::1'),
  ])
  const some = ['0.0.0.0', '10.0.0.0', '255.255.255.254', '255.255.255.255', '::1', 'none']
  expect(some.map((address) => ends.of(address))).toEqual([1, 2, 2, 3, -1, -1])
})
