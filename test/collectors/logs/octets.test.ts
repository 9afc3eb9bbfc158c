import fc from 'fast-check'
import { isIP } from 'node:net'
import { describe, expect, test } from 'vitest'
import {
  address,
  count,
  flagLetters,
  hexadecimal,
  moment,
  protocol,
  seconds,
  whole,
} from '../../../collectors/logs/octets.ts'
import { AddressTable } from '../../../src/bytes/address.ts'

const on = <T>(read: (b: Uint8Array, from: number, to: number) => T, text: string): T => {
  const b = Buffer.from(`9${text}9`)
  return read(b, 1, b.length - 1)
}
const table = new AddressTable()
const addressOf = (text: string): string | null => {
  const id = on((b, from, to) => address(b, from, to, table), text)
  return id < 0 ? null : table.text(id)
}

/** Of what the URL standard makes of an address: decimal, or groups in hexadecimal. */
function octetsOf(host: string): number[] {
  if (!host.startsWith('[')) return host.split('.').map(Number)
  const [left = '', right] = host.slice(1, -1).split('::')
  const groups = (part: string | undefined): number[] =>
    part === undefined || part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const middle = new Array<number>(8 - groups(left).length - groups(right).length).fill(0)
  return [...groups(left), ...middle, ...groups(right)].flatMap((group) => [group >> 8, group & 255])
}

describe('addresses', () => {
  test('are what they are to others', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const id = on((b, from, to) => address(b, from, to, table), text)
        const octets = new Uint8Array(16)
        const host = new URL(`http://${text.includes(':') ? `[${text}]` : text}`).hostname
        expect([...octets.subarray(0, table.copy(id, octets, 0))]).toEqual(octetsOf(host))
      }),
    )
  })
  test('nothing else is one', () => {
    const some = fc.stringMatching(/^[0-9a-f:.]{0,20}$/)
    fc.assert(
      fc.property(some, (text) => {
        // Leading zeros in a quad: we read them as decimal, as the logs mean them.
        const isOne = isIP(text.replaceAll(/(^|[.:])0+(?=\d+(\.|$))/g, '$1')) !== 0
        if (!isOne && !/\d{4,}\./.test(text)) expect([text, addressOf(text)]).toEqual([text, null])
      }),
      { numRuns: 2000 },
    )
  })
  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:718:2:1663:dc58:6d9:ef13:51a5', '2001:718:2:1663:dc58:6d9:ef13:51a5'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['FE80::0001', 'fe80::1'],
    ['1:2:3:4:5:6:7:8:9', null],
    ['1:2', null],
    ['1:2:3:4:5:6:7:', null],
    ['1::2::3', null],
    ['256.1.1.1', null],
    ['1.2.3', null],
    ['1.2.3.4.5', null],
    ['-', null],
    ['', null],
    ['fe80::1%eth0', null],
  ])('%s', (text, expected) => {
    expect(addressOf(text)).toBe(expected)
  })
})

test.each([
  ['1601998366.785668', 1601998366785668],
  ['0.000', 0],
  ['26.704', 26_704_000],
  ['9.059906005859375e-06', 9],
  ['9e-06', 9],
  ['1.5e1', 15_000_000],
  ['1700828217.71966', 1700828217719660],
  ['0.20696377754211426', 206_963],
  ['7', 7_000_000],
  ['-1', NaN],
  ['-', NaN],
  ['', NaN],
  ['1.', 1_000_000],
  ['1.x', NaN],
  ['12a', NaN],
])('seconds: %s', (text, expected) => {
  expect(on(seconds, text)).toBe(expected)
})

describe('moments', () => {
  test('are those of the calendar', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true }), (date) => {
        expect(on(moment, date.toISOString())).toBe(date.getTime() * 1000)
      }),
    )
  })
  test.each([
    ['2017-01-26T20:16:58.270700+0000', '2017-01-26T20:16:58.270700Z'],
    ['2011/08/10 09:46:53.058760', '2011-08-10T09:46:53.058760Z'],
    ['2026-11-21 02:30:19', '2026-11-21T02:30:19.000000Z'],
    ['2026-11-21T02:30:19+01:30', '2026-11-21T01:00:19.000000Z'],
    ['2019-06-27T22:35:10.123456789Z', '2019-06-27T22:35:10.123456Z'],
    ['2026-11-21T02:30', null],
    ['2026-13-21 02:30:19', null],
    ['2026-11-21 02-30-19', null],
    ['2026-11-21T02:30:19+1', null],
    ['2026-11-2x 02:30:19', null],
  ])('%s', (text, expected) => {
    const micros = on(moment, text)
    const shown = Number.isNaN(micros)
      ? null
      : `${new Date(Math.floor(micros / 1e6) * 1000).toISOString().slice(0, 19)}.${String(micros % 1e6).padStart(6, '0')}Z`
    expect(shown).toBe(expected)
  })
})

test('numbers are whole, or none', () => {
  expect(
    ['0', '65535', '999999999999999', '', '-', '1.5', '1234567890123456'].map((text) => on(whole, text)),
  ).toEqual([0, 65_535, 999_999_999_999_999, -1, -1, -1, -1])
  expect(on(count, '18446744073709551615')).toBe(18_446_744_073_709_552_000)
  expect(['', '-', '1e3', '184467440737095516150'].map((text) => on(count, text))).toEqual([
    NaN,
    NaN,
    NaN,
    NaN,
  ])
})

test('flags are letters in any place, or a number', () => {
  expect(['...AP.SF', '.AP.SF', '......', 'FSPA', '0x1b', 'CE'].map((text) => on(flagLetters, text))).toEqual(
    [0x1b, 0x1b, 0, 0x1b, 0x1b, 0xc0],
  )
  expect(['1b', '', 'xyz', '12345'].map((text) => on(hexadecimal, text))).toEqual([27, -1, -1, -1])
})

test('protocols are names or numbers', () => {
  expect(
    ['TCP', 'tcp', 'udp', 'ICMP6', 'IPv6-ICMP', '47', 'T', '256', 'arp', ''].map((text) =>
      on(protocol, text),
    ),
  ).toEqual([6, 6, 17, 58, 58, 47, 6, -1, -1, -1])
})
