import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isExport, messageLength, MORE, NO_EXPORT } from '../../../collectors/flows/message.ts'
import { ipfix, ipv4, netflow5, netflow9, set, template, unsigned } from '../../scenario/exports.ts'
import { joined } from '../../scenario/pcap-writer.ts'

const V5 = netflow5([{}, {}])
const V9 = netflow9([set(0, [template(256, [[8, 4]])]), set(256, [ipv4('10.0.0.1')])])
const V10 = ipfix([set(2, [template(256, [[8, 4]])]), set(256, [ipv4('10.0.0.1')])])
const ALL = [
  ['NetFlow v5', V5],
  ['NetFlow v9', V9],
  ['IPFIX', V10],
] as const

describe('the length of a message', () => {
  test.each(ALL)('%s, followed by each other one', (_what, bytes) => {
    for (const [, next] of ALL) {
      const both = joined([bytes, next])
      expect(messageLength(both, 0, both.length, false)).toBe(bytes.length)
    }
    expect(messageLength(bytes, 0, bytes.length, true)).toBe(bytes.length)
  })

  test('NetFlow v9 ends where the file does, or another header begins', () => {
    expect(messageLength(V9, 0, V9.length, false)).toBe(MORE)
  })

  test.each(ALL)('%s, cut anywhere', (_what, bytes) => {
    for (let cut = 0; cut < bytes.length; cut++) {
      const found = [false, true].map((isLast) => messageLength(bytes, 0, cut, isLast))
      const wholeSets = bytes === V9 && (cut === 20 || cut === 32)
      expect([cut, ...found]).toEqual([cut, MORE, wholeSets ? cut : NO_EXPORT])
    }
  })

  test.each([
    ['another version', unsigned(0x0007_0001, 40)],
    ['IPFIX shorter than its header', unsigned(0x000a_000f_0000_0000n, 8)],
    ['NetFlow v9 with a set of a reserved number', netflow9([set(77, [])])],
  ])('%s is none', (_what, bytes) => expect(messageLength(bytes, 0, bytes.length, false)).toBe(NO_EXPORT))
})

describe('a datagram is an export', () => {
  test.each(ALL)('%s', (_what, bytes) => expect(isExport(bytes, 0, bytes.length)).toBe(true))

  test('with its last set padded less than it says', () => {
    const padded = joined([V9, new Uint8Array(3)])
    expect(isExport(padded, 0, padded.length)).toBe(true)
  })

  test.each([
    ['shorter than its records', V5.subarray(0, -1)],
    ['longer than its records', joined([V5, new Uint8Array(4)])],
    ['without records', netflow5([])],
    ['IPFIX of another length', joined([V10, new Uint8Array(4)])],
    ['without sets', ipfix([])],
    ['NetFlow v9 without records', netflow9([set(256, [])], { claims: 0 })],
    // A query of the name service with the number 9: flags, counts, and a name where the sets would be.
    [
      'a datagram of the name service',
      Buffer.from('00090100000100000000000003777777076578616d706c6503636f6d0000010001', 'hex'),
    ],
  ])('not one %s', (_what, bytes) => expect(isExport(bytes, 0, bytes.length)).toBe(false))

  test('random octets are none', () => {
    fc.assert(
      fc.property(fc.constantFrom(5, 9, 10), fc.uint8Array({ maxLength: 120 }), (version, rest) => {
        const bytes = joined([unsigned(version, 2), rest])
        if (isExport(bytes, 0, bytes.length)) {
          expect(messageLength(bytes, 0, bytes.length, true)).not.toBe(MORE)
        }
      }),
      { numRuns: 500 },
    )
  })
})
