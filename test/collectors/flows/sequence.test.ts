/** Sequence numbers, as each version counts: v5 flows, v9 packets, IPFIX data records. */
import { describe, expect, test } from 'vitest'
import {
  ipfix,
  ipv4,
  netflow5,
  netflow9,
  optionsTemplate,
  set,
  template,
  unsigned,
} from '../../scenario/exports.ts'
import { restoreExporters, saveExporters } from '../../../collectors/flows/saved.ts'
import { decoding } from './decoding.ts'

/** The counters that moved besides messages and records. */
function moved(messages: readonly Uint8Array[]): Readonly<Record<string, number>> {
  const run = decoding()
  for (const bytes of messages) run.take({ bytes })
  const { messages: _, records: __, templates: ___, ...rest } = run.quality()
  return rest
}

const v5 = (sequence: number, records = 2): Uint8Array => netflow5(new Array(records).fill({}), { sequence })
const v9 = (sequence: number): Uint8Array => netflow9([set(0, [template(256, [[8, 4]])])], { sequence })
const v10 = (sequence: number, records: number): Uint8Array => {
  const data = new Array(records).fill(ipv4('10.0.0.1'))
  return ipfix([set(2, [template(256, [[8, 4]])]), ...(records > 0 ? [set(256, data)] : [])], { sequence })
}
const MAX = 2 ** 32

describe('nothing is missing', () => {
  test.each([
    ['v5', [v5(10), v5(12, 5), v5(17)]],
    ['v5, past the highest number', [v5(MAX - 2), v5(0), v5(2)]],
    ['v9', [v9(7), v9(8), v9(9)]],
    ['v9, past the highest number', [v9(MAX - 1), v9(0)]],
    ['IPFIX, where messages of templates alone do not count', [v10(0, 3), v10(3, 0), v10(3, 1), v10(4, 1)]],
    ['the number is not kept', [v10(0, 3), v10(0, 3), v10(0, 1)]],
    ['the first number is whatever it is', [v5(4_000_000_000)]],
  ])('%s', (_what, messages) => expect(moved(messages)).toEqual({}))
})

describe('something is missing', () => {
  test.each([
    ['v5: flows', [v5(10), v5(42)], { gaps: 1, lost: 30 }],
    ['v9: packets', [v9(7), v9(10)], { gaps: 1, lost: 2 }],
    ['IPFIX: data records', [v10(0, 3), v10(8, 3), v10(12, 1)], { gaps: 2, lost: 6 }],
    ['past the highest number', [v9(MAX - 1), v9(3)], { gaps: 1, lost: 3 }],
    ['a late message was not lost', [v9(1), v9(3), v9(2), v9(4)], { gaps: 1, reordered: 1 }],
    ['a duplicate is not counted', [v9(1), v9(2), v9(2), v9(3)], {}],
    ['begun anew, seen after three', [v9(500), v9(1), v9(2), v9(3), v9(4)], { reordered: 2, restarts: 1 }],
    ['a step that no exporter loses', [v9(1), v9(1e9), v9(1e9 + 1)], { restarts: 1 }],
    ['a step back over half the numbers', [v9(3e9), v9(1), v9(2)], { restarts: 1 }],
  ])('%s', (_what, messages, expected) => expect(moved(messages)).toEqual(expected))
})

describe('of an exporter that counts the records of the message itself', () => {
  test.each([
    ['nothing is missing', [v10(2, 2), v10(4, 2), v10(5, 1), v10(8, 3), v10(9, 1)], {}],
    ['past the highest number', [v10(MAX - 1, 1), v10(1, 2), v10(2, 1), v10(5, 3)], {}],
    ['a loss', [v10(2, 2), v10(5, 3), v10(6, 1), v10(8, 2), v10(20, 2), v10(21, 1)], { gaps: 1, lost: 10 }],
    [
      'one that comes late',
      [v10(1, 1), v10(3, 2), v10(4, 1), v10(7, 3), v10(12, 2), v10(10, 3), v10(13, 1)],
      {
        gaps: 1,
        reordered: 1,
      },
    ],
  ])('%s', (_what, messages, expected) => expect(moved(messages)).toEqual(expected))

  test('one that is known not to is not taken for it by a loss that looks alike', () => {
    const before = [v10(0, 1), v10(1, 2), v10(3, 1), v10(4, 3)]
    expect(moved([...before, v10(9, 5), v10(14, 1), v10(15, 1)])).toEqual({ gaps: 1, lost: 2 })
  })

  test('it is known after a restart', () => {
    const [before, after] = [decoding(), decoding()]
    for (const bytes of [v10(1, 1), v10(3, 2), v10(4, 1)]) before.take({ bytes })
    expect(restoreExporters(after.decoder, saveExporters(before.decoder))).toBe(1)
    for (const bytes of [v10(7, 3), v10(8, 1)]) after.take({ bytes })
    expect(after.quality()).toEqual({ messages: 5, records: 8, templates: 1 })
  })
})

test('options data count in IPFIX as well', () => {
  const options = optionsTemplate(
    300,
    [
      [10, 4],
      [36, 2],
    ],
    1,
  )
  const first = ipfix([set(3, [options]), set(300, [unsigned(1, 4), unsigned(60, 2)])], { sequence: 5 })
  expect(moved([first, v10(6, 1)])).toEqual({ options: 1 })
})

test('what could not be decoded is not taken for lost', () => {
  const unknown = ipfix([set(999, [unsigned(0, 40)])], { sequence: 0 })
  expect(moved([unknown, v10(20, 1), v10(21, 1)])).toEqual({ withoutTemplate: 1 })
})
