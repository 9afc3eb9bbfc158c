import { describe, expect, test } from 'vitest'
import { restoreExporters, saveExporters } from '../../../collectors/flows/saved.ts'
import {
  type FieldSpec,
  ipfix,
  ipv4,
  netflow5,
  netflow9,
  optionsTemplate,
  set,
  template,
  unsigned,
  UPTIME,
} from '../../scenario/exports.ts'
import { decoding, RECEIVED } from './decoding.ts'

const FIELDS: readonly FieldSpec[] = [
  [8, 4],
  [21, 4],
  [48, 1],
  [2, 4, 29_305],
]
const data = set(256, [ipv4('10.0.0.1'), unsigned(UPTIME, 4), unsigned(7, 1), unsigned(5, 4)])
const says = [
  set(3, [
    optionsTemplate(
      300,
      [
        [48, 1],
        [50, 2],
        [160, 8],
      ],
      1,
    ),
  ]),
  set(300, [unsigned(7, 1), unsigned(64, 2), unsigned(1_795_140_000_000, 8)]),
  set(2, [template(256, FIELDS)]),
]

/** What a decoder says of `messages` after one that has seen `before` was saved and restored. */
function restored(before: readonly Uint8Array[], change = (saved: unknown): unknown => saved) {
  const first = decoding()
  for (const [i, bytes] of before.entries()) first.take({ bytes, port: 50_000 + i })
  const second = decoding()
  const saved: unknown = JSON.parse(JSON.stringify(saveExporters(first.decoder)))
  const count = restoreExporters(second.decoder, change(saved))
  return { first, second, count }
}

describe('exporters, saved and restored', () => {
  test('decode as if nothing had happened', () => {
    const { first, second, count } = restored([ipfix(says)])
    expect(count).toBe(1)
    for (const run of [first, second]) run.take({ bytes: ipfix([data], { sequence: 1 }), number: 1 })
    expect(second.records).toEqual(first.records)
    expect(second.records[0]).toMatchObject({
      source: '10.0.0.1',
      end: 1_795_140_000e6 + UPTIME * 1000,
      samplingInterval: 64,
      reversePackets: 5,
    })
  })

  test('share their definitions, and keep their numbers', () => {
    const learned = set(0, [template(256, [[8, 4]]), template(257, [[8, 4]])])
    const { first, second } = restored([netflow9([learned]), netflow9([learned]), netflow5([{}])])
    const saved = saveExporters(first.decoder)
    expect([saved.definitions, saved.exporters.map(({ templates }) => templates.length)]).toEqual([
      [[0, [[8, 4, 0]]]],
      [2, 2, 0],
    ])
    expect(saveExporters(second.decoder)).toEqual(saved)
  })

  test.each([
    ['nothing was missed', 30, { lost: 0, unaccounted: 0 }],
    ['something was missed, and is counted', 34, { lost: 4, unaccounted: 0 }],
    ['it began anew, and nobody can say', 0, { lost: 0, restarts: 1, unaccounted: 1 }],
  ])('by its numbers, %s', (_what, sequence, said) => {
    const { second } = restored([netflow5(new Array(30).fill({}))])
    for (const number of [sequence, sequence + 1])
      second.take({ bytes: netflow5([{}], { sequence: number }), port: 50_000 })
    expect(second.decoder.list[0]!.quality).toMatchObject({ messages: 3, records: 32, ...said })
  })

  test('an old exporter that has left its port is known again', () => {
    const { second } = restored([ipfix(says)])
    second.take({ bytes: ipfix([data]), port: 60_000, received: RECEIVED + 7200e6 })
    expect(second.decoder.list.map(({ port }) => port)).toEqual([60_000])
  })

  test.each([
    ['nothing', () => null],
    ['another version', (saved: unknown) => ({ ...(saved as object), version: 2 })],
    ['something else', () => 'templates'],
  ])('%s restores nothing', (_what, change) => {
    const { second, count } = restored([ipfix(says)], change)
    expect([count, second.decoder.list]).toEqual([0, []])
  })
})
