/** Templates: of whom, how long, and what becomes of data without one. */
import { describe, expect, test } from 'vitest'
import {
  ipfix,
  ipv4,
  netflow9,
  optionsTemplate,
  SECONDS,
  set,
  template,
  unsigned,
  UPTIME,
  type FieldSpec,
} from '../../scenario/exports.ts'
import { decoding, only, RECEIVED } from './decoding.ts'

const SENT = SECONDS * 1e6
const TUPLE: readonly FieldSpec[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
]
const tuple = (source = '10.0.0.1', port = 40_000): Uint8Array[] => [
  ipv4(source),
  ipv4('10.0.0.2'),
  unsigned(port, 2),
  unsigned(443, 2),
  unsigned(6, 1),
]

describe('templates', () => {
  const data = (...sources: string[]): Uint8Array => set(256, sources.map((source) => tuple(source)).flat())

  test('NetFlow v9: a template and its records in one message', () => {
    const fields: FieldSpec[] = [...TUPLE, [22, 4], [21, 4], [1, 4], [2, 4]]
    const record = [...tuple(), ...[UPTIME - 3000, UPTIME - 2000, 1000, 10].map((n) => unsigned(n, 4))]
    const run = decoding()
    run.take({ bytes: netflow9([set(0, [template(256, fields)]), set(256, record, 3)]) })
    expect(run.records).toEqual([
      {
        exporter: 0,
        number: 1,
        ordinal: 1,
        received: RECEIVED,
        exported: SENT,
        start: SENT - 3e6,
        end: SENT - 2e6,
        source: '10.0.0.1',
        destination: '10.0.0.2',
        sourcePort: 40_000,
        destinationPort: 443,
        protocol: 6,
        packets: 10,
        octets: 1000,
        isTotal: 0,
      },
    ])
    expect(run.quality()).toEqual({ messages: 1, records: 1, templates: 1 })
  })

  test('whole seconds of v9 headers move no record against another', () => {
    const run = decoding()
    const tell = (seconds: number, uptime: number) =>
      run.take({
        bytes: netflow9([set(0, [template(256, [[21, 4]])]), set(256, [unsigned(UPTIME, 4)])], {
          seconds,
          uptime,
        }),
      })
    tell(SECONDS, UPTIME + 100) // 0.1 s to 1 s after the event
    tell(SECONDS + 1, UPTIME + 200) // 0.1 s later, in the next second
    tell(SECONDS + 1, UPTIME + 1000)
    expect(run.records.map(({ end }) => end)).toEqual([SENT - 100_000, SENT + 800_000, SENT + 800_000])
  })

  test('data that came before its template is decoded when that comes', () => {
    const run = decoding()
    run.take({ bytes: ipfix([data('10.0.0.1', '10.0.0.3')]) })
    expect([run.records.length, run.quality()]).toEqual([0, { messages: 1, withoutTemplate: 1 }])
    run.take({ bytes: ipfix([set(2, [template(256, TUPLE)]), data('10.0.0.5')]) })
    expect(run.records.map((record) => only(record, 'source', 'number', 'ordinal'))).toEqual([
      { source: '10.0.0.1', number: 1, ordinal: 1 },
      { source: '10.0.0.3', number: 1, ordinal: 2 },
      { source: '10.0.0.5', number: 2, ordinal: 1 },
    ])
    expect(run.quality()).toEqual({ messages: 2, records: 3, templates: 1, withoutTemplate: 1 })
  })

  test('what waits in vain is counted', () => {
    const run = decoding()
    run.take({ bytes: ipfix([data('10.0.0.1')]) })
    run.take({ bytes: ipfix([data('10.0.0.1')]), received: RECEIVED + 3601e6 })
    expect(run.quality()).toMatchObject({ withoutTemplate: 2, undecoded: 1 })
    run.decoder.finish()
    expect(run.quality()).toMatchObject({ withoutTemplate: 2, undecoded: 2 })
  })

  test('of sets without octets, too, only so many wait', () => {
    const run = decoding()
    const empty = Array.from({ length: 10_000 }, () => set(256, []))
    for (let messages = 0; messages < 20; messages++) run.take({ bytes: ipfix(empty) })
    const { withoutTemplate, undecoded = 0 } = run.quality()
    expect(withoutTemplate).toBe(200_000)
    // 32 MiB of sets that cost 512 octets each, or a little less.
    expect(200_000 - undecoded).toBeLessThanOrEqual(65_536)
    expect(200_000 - undecoded).toBeGreaterThan(64_000)
  })

  test.each([
    ['another address', { address: '192.0.2.2' }, {}],
    ['another port', { port: 50_001 }, {}],
    ['another domain', {}, { domain: 9 }],
  ])('are not those of %s', (_what, sender, header) => {
    const run = decoding()
    run.take({ bytes: ipfix([set(2, [template(256, TUPLE)])]) })
    run.take({ bytes: ipfix([data('10.0.0.1')], header), ...sender })
    expect([run.records.length, run.decoder.list.length, run.quality(1)]).toEqual([
      0,
      2,
      { messages: 1, withoutTemplate: 1 },
    ])
  })

  test('an exporter that comes back on another port is the same one, and knows nothing', () => {
    const run = decoding()
    run.take({ bytes: ipfix([set(2, [template(256, TUPLE)]), data('10.0.0.1')]) })
    run.take({ bytes: ipfix([data('10.0.0.3')]), port: 50_001, received: RECEIVED + 3601e6 })
    expect(run.decoder.list.map(({ port }) => port)).toEqual([50_001])
    expect(run.quality()).toMatchObject({ messages: 2, records: 1, withoutTemplate: 1 })
  })

  test('changed, repeated and withdrawn', () => {
    const run = decoding()
    const learn = (...fields: FieldSpec[]) => run.take({ bytes: ipfix([set(2, [template(256, fields)])]) })
    learn([8, 4], [12, 4])
    learn([8, 4], [12, 4])
    learn([12, 4], [8, 4])
    expect(run.quality()).toEqual({ messages: 3, templates: 2, templateChanges: 1 })
    const swapped = ipfix([set(256, [ipv4('10.0.0.1'), ipv4('10.0.0.2')])])
    run.take({ bytes: swapped })
    expect(only(run.records[0], 'source', 'destination')).toEqual({
      source: '10.0.0.2',
      destination: '10.0.0.1',
    })
    run.take({ bytes: ipfix([set(2, [template(256, [])])]) })
    run.take({ bytes: swapped })
    expect([run.records.length, run.quality()]).toEqual([
      1,
      { messages: 6, records: 1, templates: 2, templateChanges: 1, withdrawals: 1, withoutTemplate: 1 },
    ])
  })

  test('all withdrawn at once; options templates stay', () => {
    const run = decoding()
    const options = optionsTemplate(
      300,
      [
        [10, 4],
        [82, 8],
      ],
      1,
    )
    run.take({ bytes: ipfix([set(2, [template(256, TUPLE), template(257, TUPLE)]), set(3, [options])]) })
    run.take({ bytes: ipfix([set(2, [template(2, [])])]) })
    run.take({ bytes: ipfix([data('10.0.0.1'), set(300, [unsigned(4, 4), Buffer.from('eth4\0\0\0\0')])]) })
    expect(run.quality()).toMatchObject({ withdrawals: 1, withoutTemplate: 1, options: 1 })
    expect([...run.decoder.list[0]!.interfaces]).toEqual([[4, 'eth4']])
  })

  test('expire over UDP, not in files', () => {
    for (const [templatesExpire, expected] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const run = decoding({ templatesExpire })
      run.take({ bytes: ipfix([set(2, [template(256, TUPLE)])]) })
      run.take({ bytes: ipfix([data('10.0.0.1')]), received: RECEIVED + 86_401e6 })
      expect(run.records.length).toBe(expected)
    }
  })

  test.each([
    ['no fields fit into the set', set(2, [unsigned(0x0100_0005, 4)])],
    ['its records have no octets', set(2, [template(256, [[8, 0]])])],
    ['its number is a set of its own', set(2, [template(2, [[8, 4]])])],
    ['more fields than any exporter has', set(2, [template(256, new Array(600).fill([8, 4]))])],
    ['options without a scope', set(3, [optionsTemplate(256, [[8, 4]], 0)])],
  ])('a template is malformed: %s', (_what, bytes) => {
    const run = decoding()
    run.take({ bytes: ipfix([bytes]) })
    expect(run.quality()).toEqual({ messages: 1, malformed: 1 })
  })

  test.each([
    ['a set longer than its message', joinedSet(256, 4000)],
    ['a set shorter than its header', joinedSet(256, 3)],
    ['a set of a reserved number', joinedSet(77, 8)],
  ])('a message is malformed: %s', (_what, bytes) => {
    const run = decoding()
    run.take({ bytes: ipfix([bytes]) })
    expect(run.quality()).toEqual({ messages: 1, malformed: 1 })
  })
})

const joinedSet = (id: number, length: number): Uint8Array =>
  Uint8Array.from([...unsigned(id, 2), ...unsigned(length, 2), 0, 0, 0, 0])
