import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressRange, duration } from '../../../src/cli/config/values.ts'

describe('durations', () => {
  test.each([
    ['500ms', 500_000],
    ['15s', 15_000_000],
    ['2.5s', 2_500_000],
    ['5m', 300_000_000],
    ['24h', 86_400_000_000],
    ['2d', 172_800_000_000],
    ['0s', 0],
    ['15 s', 15_000_000],
  ])('%s is %i us', (text, value) => {
    expect(duration(text)).toEqual({ value })
  })

  test.each([
    ['60', 'has no unit; write 60s, 60m or 60h'],
    ['', 'must be a duration such as 500ms, 15s, 5m, 24h or 2d'],
    ['-5s', 'must be a duration such as 500ms, 15s, 5m, 24h or 2d'],
    ['5 minutes', 'must be a duration such as 500ms, 15s, 5m, 24h or 2d'],
    ['5M', 'must be a duration such as 500ms, 15s, 5m, 24h or 2d'],
    ['4000d', 'is longer than ten years'],
  ])('%j %s', (text, wrong) => {
    expect(duration(text)).toEqual({ wrong })
  })
})

describe('addresses', () => {
  const ip = (...octets: number[]): bigint => BigInt(octets.reduce((sum, octet) => sum * 256 + octet, 0))
  test.each([
    ['10.0.0.1', 4, ip(10, 0, 0, 1), ip(10, 0, 0, 1)],
    ['10.0.0.0/8', 4, ip(10, 0, 0, 0), ip(10, 255, 255, 255)],
    ['10.10.1.77/25', 4, ip(10, 10, 1, 0), ip(10, 10, 1, 127)],
    ['0.0.0.0/0', 4, 0n, ip(255, 255, 255, 255)],
    ['10.0.0.1-10.0.0.9', 4, ip(10, 0, 0, 1), ip(10, 0, 0, 9)],
    ['10.0.0.1 - 10.0.0.9', 4, ip(10, 0, 0, 1), ip(10, 0, 0, 9)],
    ['2001:db8::/32', 6, 0x20010db8n << 96n, ((0x20010db8n + 1n) << 96n) - 1n],
    ['::1', 6, 1n, 1n],
    ['2001:db8::1-2001:db8::ffff', 6, (0x20010db8n << 96n) + 1n, (0x20010db8n << 96n) + 0xffffn],
  ] as const)('%s', (text, version, first, last) => {
    expect(addressRange(text)).toEqual({ value: { text, version, first, last } })
  })

  const noAddress = 'must be an address, a CIDR or a range, such as 10.0.0.1, 10.0.0.0/8 or 10.0.0.1-10.0.0.9'
  test.each([
    ['10.0.0', noAddress],
    ['10.0.0.256', noAddress],
    ['010.0.0.1', noAddress],
    ['0x0a000001', noAddress],
    ['dlp.example.com', noAddress],
    ['', noAddress],
    ['10.0.0.1-', noAddress],
    ['10.0.0.1-10.0.0.2-10.0.0.3', noAddress],
    ['10.0.0.0/8/8', noAddress],
    ['10.0.0.0/33', 'must have a prefix length of 0 to 32'],
    ['2001:db8::/129', 'must have a prefix length of 0 to 128'],
    ['10.0.0.0/', 'must have a prefix length of 0 to 32'],
    ['10.0.0.9-10.0.0.1', 'is a range that ends before it begins'],
    ['10.0.0.1-::1', 'is a range from one address family into the other'],
    ['fe80::1%eth0', 'has a zone; addresses are written without one'],
  ])('%j %s', (text, wrong) => {
    expect(addressRange(text)).toEqual({ wrong })
  })

  test('any text is an address or a sentence, never an exception', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('1', '0', '.', ':', '/', '-', '%', 'f', ' '), maxLength: 20 }),
        (text) => {
          const read = addressRange(text)
          expect('value' in read ? read.value.first <= read.value.last : read.wrong.length > 0).toBe(true)
        },
      ),
    )
  })
})
