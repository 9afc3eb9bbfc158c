/** Whatever is exported, nothing throws, nothing hangs, and what is counted agrees with what is delivered. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type FieldSpec,
  ipfix,
  netflow5,
  netflow9,
  optionsTemplate,
  set,
  template,
  unsigned,
  v9OptionsTemplate,
  variable,
} from '../../scenario/exports.ts'
import { joined } from '../../scenario/pcap-writer.ts'
import { decoding } from './decoding.ts'

const FIELDS: readonly FieldSpec[] = [
  [8, 4],
  [27, 16],
  [371, 0xffff],
  [7, 2],
  [154, 8],
  [21, 4],
  [2, 8, 29_305],
  [48, 1],
]
const record = joined([new Uint8Array(20), variable(Uint8Array.of(1, 2, 3)), new Uint8Array(23)])
const MESSAGES = [
  netflow5([{}, {}, {}]),
  netflow9([
    set(0, [
      template(256, [
        [8, 4],
        [22, 4],
        [34, 4],
      ]),
    ]),
    set(1, [
      v9OptionsTemplate(
        257,
        [
          [2, 4],
          [82, 4],
        ],
        1,
      ),
    ]),
    set(256, [new Uint8Array(24)]),
    set(257, [new Uint8Array(16)]),
  ]),
  ipfix([
    set(2, [template(256, FIELDS), template(258, [[12, 4]])]),
    set(3, [
      optionsTemplate(
        257,
        [
          [149, 4],
          [160, 8],
          [305, 1],
        ],
        1,
      ),
    ]),
    set(257, [unsigned(1, 13)]),
    set(256, [record, record]),
    set(999, [new Uint8Array(9)]),
    set(2, [template(258, [])]),
  ]),
]

/** The messages in turn, a changed one among them. */
function run(messages: readonly Uint8Array[]): void {
  const { take, records, decoder } = decoding()
  for (const bytes of messages) take({ bytes })
  decoder.finish()
  const counted = decoder.list.reduce((sum, { quality }) => sum + quality.records, 0)
  expect(counted).toBe(records.length)
  for (const { quality } of decoder.list) {
    for (const count of Object.values(quality)) expect(count).toBeGreaterThanOrEqual(0)
  }
}

describe.each(MESSAGES.map((bytes, i) => [['v5', 'v9', 'IPFIX'][i]!, bytes] as const))(
  '%s',
  (_name, bytes) => {
    test('cut anywhere', () => {
      for (let cut = 0; cut <= bytes.length; cut++) run([bytes.subarray(0, cut), bytes])
    })

    test('each octet changed', () => {
      for (let at = 0; at < bytes.length; at++) {
        for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
          const changed = bytes.slice()
          changed[at] = value
          run([changed, bytes])
        }
      }
    })

    test('octets changed, cut out and doubled at random', () => {
      const edit = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(3))
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 12 }), (edits) => {
          let changed = Buffer.from(bytes)
          for (const [at, value, how] of edits) {
            const near = at % Math.max(1, changed.length)
            if (how === 0)
              changed = Buffer.concat([changed.subarray(0, near), changed.subarray(near + value)])
            else if (how === 1) changed = Buffer.concat([changed, changed.subarray(near, near + value)])
            else if (changed.length > 0) changed[near] = value
          }
          run([new Uint8Array(changed), bytes])
        }),
        { numRuns: 300 },
      )
    })
  },
)

test('any octets behind a version', () => {
  fc.assert(
    fc.property(fc.constantFrom(5, 9, 10), fc.uint8Array({ maxLength: 300 }), (version, rest) => {
      run([joined([unsigned(version, 2), rest]), ...MESSAGES])
    }),
    { numRuns: 300 },
  )
})
