import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AddressTable,
  hardwareText,
  ipv4NumberText,
  ipv4Text,
  ipv6Text,
  NO_ADDRESS,
} from '../../src/bytes/address.ts'
import { addressBytes } from '../scenario/frame-writer.ts'

/** The address at an offset that is not 0, between octets that must not show. */
const embedded = (octets: Uint8Array): Uint8Array => new Uint8Array([0xee, 0xee, 0xee, ...octets, 0xee])
const textOf = (address: string): string => ipv6Text(embedded(addressBytes(address)), 3)

describe('text', () => {
  test('IPv4 is a dotted quad', () => {
    expect(ipv4Text(embedded(new Uint8Array([192, 0, 2, 255])), 3)).toBe('192.0.2.255')
    expect(ipv4NumberText(0xffffffff)).toBe('255.255.255.255')
    expect(ipv4NumberText(-0x80000000)).toBe('128.0.0.0')
    expect(ipv4NumberText(0)).toBe('0.0.0.0')
  })

  test('hardware addresses keep their zeros', () => {
    expect(hardwareText(embedded(new Uint8Array([0, 0x0a, 0xff, 0x10, 0, 1])), 3)).toBe('00:0a:ff:10:00:01')
  })

  test.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1', '4.2.3: the first of equal runs'],
    ['2001:0db8:0:0:0:0:2:1', '2001:db8::2:1', '4.2.1: as short as possible'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1', '4.2.2: one group is not shortened'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1', '4.2.3: the longest run'],
    ['2001:DB8:ABCD::1', '2001:db8:abcd::1', '4.3: lower case'],
    ['0:0:0:0:0:0:0:0', '::', 'all zero'],
    ['0:0:0:0:0:0:0:1', '::1', 'leading run'],
    ['1:0:0:0:0:0:0:0', '1::', 'trailing run'],
    ['1:0:0:2:3:4:0:0', '1::2:3:4:0:0', 'equal runs, one trailing'],
    ['::ffff:192.0.2.128', '::ffff:192.0.2.128', '5: mapped IPv4'],
    ['::ffff:0.0.0.0', '::ffff:0.0.0.0', '5: mapped, with zeros behind'],
    ['::ffff:0:192.0.2.128', '::ffff:0:c000:280', 'not the mapped prefix'],
    ['::192.0.2.128', '::c000:280', 'compatible addresses are deprecated'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221', 'other prefixes stay hexadecimal'],
  ])('RFC 5952: %s is %s (%s)', (long, short) => {
    expect(textOf(long)).toBe(short)
  })

  test('every IPv6 text reads back as the same octets, and agrees with the URL standard', () => {
    const group = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff }))
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const octets = new Uint8Array(groups.flatMap((g) => [g >> 8, g & 255]))
        const text = ipv6Text(octets, 0)
        expect(isIPv6(text)).toBe(true)
        expect([...addressBytes(text)]).toEqual([...octets])
        if (!text.includes('.')) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`)
      }),
      { numRuns: 500 },
    )
  })
})

describe('AddressTable', () => {
  const four = (table: AddressTable, address: string) => table.idOfIpv4(embedded(addressBytes(address)), 3)
  const six = (table: AddressTable, address: string) => table.idOfIpv6(embedded(addressBytes(address)), 3)

  test('numbers are dense, in order of first sight, and stay', () => {
    const table = new AddressTable()
    expect([four(table, '10.0.0.1'), six(table, '2001:db8::1'), four(table, '10.0.0.2')]).toEqual([0, 1, 2])
    expect([four(table, '10.0.0.1'), six(table, '2001:db8::1'), four(table, '10.0.0.2')]).toEqual([0, 1, 2])
    expect(table.size).toBe(3)
    expect([0, 1, 2].map((id) => table.text(id))).toEqual(['10.0.0.1', '2001:db8::1', '10.0.0.2'])
    expect([0, 1, 2].map((id) => table.isIpv6(id))).toEqual([false, true, false])
  })

  test('an IPv4 address, its mapped form and IPv6 addresses that share its word are four addresses', () => {
    const table = new AddressTable()
    const ids = [
      four(table, '192.0.2.1'),
      six(table, '::ffff:192.0.2.1'),
      six(table, 'c000:201::'),
      six(table, '::192.0.2.1'),
    ]
    expect(ids).toEqual([0, 1, 2, 3])
    expect(ids.map((id) => table.text(id))).toEqual([
      '192.0.2.1',
      '::ffff:192.0.2.1',
      'c000:201::',
      '::c000:201',
    ])
  })

  test('IPv6 addresses that differ in one word only are told apart', () => {
    const table = new AddressTable()
    const addresses = ['1::1:1:1', '2::1:1:1', '1:0:1::1:1:1', '1::1:0:1:1:1', '1::1:1:2']
    expect(addresses.map((address) => six(table, address))).toEqual([0, 1, 2, 3, 4])
  })

  test('copies the octets back', () => {
    const table = new AddressTable()
    four(table, '198.51.100.254')
    six(table, '2001:db8::ff00:42:8329')
    const octets = new Uint8Array(20).fill(0xee)
    expect(table.copy(0, octets, 1)).toBe(4)
    expect([...octets.subarray(0, 6)]).toEqual([0xee, 198, 51, 100, 254, 0xee])
    expect(table.copy(1, octets, 2)).toBe(16)
    expect([...octets.subarray(1, 19)]).toEqual([198, ...addressBytes('2001:db8::ff00:42:8329'), 0xee])
  })

  test.each([0, 0x9e3779b9])('grows: 20,000 addresses of each family, seed %d', (seed) => {
    const table = new AddressTable({ seed })
    const octets = new Uint8Array(16)
    const write = (i: number) => {
      octets[0] = 0x20
      octets[1] = i >> 16
      octets[2] = i >> 8
      octets[3] = i
      octets[15] = i
    }
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 20_000; i++) {
        write(i)
        if (table.idOfIpv4(octets, 0) !== 2 * i || table.idOfIpv6(octets, 0) !== 2 * i + 1)
          throw new Error(`address ${i}`)
      }
    }
    expect({ size: table.size, refused: table.refused }).toEqual({ size: 40_000, refused: 0 })
    expect([table.text(2 * 19_999), table.text(2 * 258 + 1)]).toEqual(['32.0.78.31', '2000:102::2'])
  })

  test.each([0, 1, 3, 1_500])('a limit of %d refuses and counts, and still finds', (limit) => {
    const table = new AddressTable({ limit })
    const octets = new Uint8Array(4)
    const idOf = (i: number) => {
      octets[2] = i >> 8
      octets[3] = i
      return table.idOfIpv4(octets, 0)
    }
    for (let i = 0; i < limit; i++) expect(idOf(i)).toBe(i)
    expect([idOf(limit), idOf(limit + 1)]).toEqual([NO_ADDRESS, NO_ADDRESS])
    if (limit > 0) expect([idOf(0), idOf(limit - 1)]).toEqual([0, limit - 1])
    expect({ size: table.size, refused: table.refused }).toEqual({ size: limit, refused: 2 })
  })

  test('the seed changes the order of probing, never the answer', () => {
    const addresses = Array.from({ length: 300 }, (_, i) => `10.${i & 7}.${i >> 3}.1`)
    const [plain, seeded] = [new AddressTable(), new AddressTable({ seed: -1 })]
    expect(addresses.map((a) => four(seeded, a))).toEqual(addresses.map((a) => four(plain, a)))
  })
})
