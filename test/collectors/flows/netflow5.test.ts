import { describe, expect, test } from 'vitest'
import { netflow5, SECONDS } from '../../scenario/exports.ts'
import { decoding, only, RECEIVED, recordsOf } from './decoding.ts'

const SENT = SECONDS * 1e6
describe('NetFlow v5', () => {
  test('a record, whole', () => {
    const bytes = netflow5([{}, { source: '10.0.0.9', flags: 4 }], { domain: 0x0102 }, 0x4064)
    const run = decoding()
    expect(run.take({ bytes, number: 7 })).toBe(true)
    expect(run.records[0]).toEqual({
      exporter: 0,
      number: 7,
      ordinal: 1,
      received: RECEIVED,
      exported: SENT + 500_000,
      start: SENT - 4_500_000,
      end: SENT - 500_000,
      source: '10.0.0.1',
      destination: '10.0.0.2',
      sourcePort: 40_000,
      destinationPort: 443,
      protocol: 6,
      packets: 3,
      octets: 180,
      isTotal: 0,
      flags: 0x1b,
      samplingInterval: 100,
      inputInterface: 1,
      outputInterface: 2,
      trafficClass: 0,
    })
    expect(only(run.records[1], 'ordinal', 'source', 'flags')).toEqual({
      ordinal: 2,
      source: '10.0.0.9',
      flags: 4,
    })
    expect(run.decoder.list).toMatchObject([
      {
        id: 0,
        format: 'netflow5',
        address: '192.0.2.1',
        port: 50_000,
        domain: 0x0102,
        samplingInterval: 100,
      },
    ])
    expect(run.quality()).toEqual({ messages: 1, records: 2 })
  })

  test.each([
    ['the counter began anew in between', 3000, 2 ** 32 - 2000, 5_000],
    ['a flow ends after its datagram', 3000, 5000, -2000],
    ['softflowd tells flows from before its own start', 1, 2 ** 32 - 2_312_000, 2_312_001],
  ])('uptimes: %s', (_what, uptime, last, age) => {
    const [record] = recordsOf([netflow5([{ first: last, last }], { uptime })])
    expect(record?.['end']).toBe(SENT + 500_000 - age * 1000)
  })

  test('what is cut off is counted, and the whole records are read', () => {
    const run = decoding()
    run.take({ bytes: netflow5([{}, {}, {}]).subarray(0, 24 + 48 * 2 + 11) })
    expect(run.quality()).toEqual({ messages: 1, records: 2, malformed: 1 })
  })

  test('a count that no datagram can carry is nothing to read by', () => {
    const run = decoding()
    run.take({ bytes: netflow5([{}, {}], { claims: 55_582 }) })
    expect([run.records.length, run.quality()]).toEqual([0, { messages: 1, malformed: 1 }])
  })
})
