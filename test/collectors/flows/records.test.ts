/** Fields of records: every element that is read, and every way to write it. */
import { describe, expect, test } from 'vitest'
import {
  ipfix,
  ipv4,
  netflow9,
  ntp,
  optionsTemplate,
  SECONDS,
  set,
  template,
  unsigned,
  UPTIME,
  variable,
  type FieldSpec,
} from '../../scenario/exports.ts'
import { decoding, only, recordsOf } from './decoding.ts'

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

describe('fields', () => {
  const one = (fields: readonly FieldSpec[], values: readonly Uint8Array[], header = {}) =>
    recordsOf([ipfix([set(2, [template(256, fields)]), set(256, values)], header)])

  test.each([
    [
      'seconds',
      [150, 4],
      [151, 4],
      unsigned(SECONDS - 9, 4),
      unsigned(SECONDS - 1, 4),
      SENT - 9e6,
      SENT - 1e6,
    ],
    [
      'milliseconds',
      [152, 8],
      [153, 8],
      unsigned(SECONDS * 1000 - 1234, 8),
      unsigned(SECONDS * 1000, 8),
      SENT - 1_234_000,
      SENT,
    ],
    ['NTP', [154, 8], [155, 8], ntp(SENT - 123_457), ntp(SENT + 1), SENT - 123_457, SENT + 1],
    ['NTP, nanoseconds', [156, 8], [157, 8], ntp(SENT - 7), ntp(SENT), SENT - 7, SENT],
    [
      'before the export',
      [158, 4],
      [159, 4],
      unsigned(5_000_001, 4),
      unsigned(1, 4),
      SENT - 5_000_001,
      SENT - 1,
    ],
    [
      'a start and a duration',
      [152, 8],
      [161, 4],
      unsigned(SECONDS * 1000, 8),
      unsigned(1500, 4),
      SENT,
      SENT + 1.5e6,
    ],
    [
      'an end and a duration',
      [162, 4],
      [153, 8],
      unsigned(250_000, 4),
      unsigned(SECONDS * 1000, 8),
      SENT - 250_000,
      SENT,
    ],
  ] as const)('times: %s', (_what, first, last, a, b, start, end) => {
    expect(only(one([first, last], [a, b])[0], 'start', 'end')).toEqual({ start, end })
  })

  test('times since the exporter started: as the record says, or as options said', () => {
    const times: FieldSpec[] = [
      [22, 4],
      [21, 4],
    ]
    const raw = [unsigned(UPTIME - 3000, 4), unsigned(UPTIME, 4)]
    const boot = unsigned(SECONDS * 1000 - UPTIME, 8)
    expect(only(one([...times, [160, 8]], [...raw, boot])[0], 'start', 'end')).toEqual({
      start: SENT - 3e6,
      end: SENT,
    })
    const said = recordsOf([
      ipfix([
        set(3, [
          optionsTemplate(
            300,
            [
              [149, 4],
              [160, 8],
            ],
            1,
          ),
        ]),
        set(300, [unsigned(0, 4), boot]),
        set(2, [template(256, times)]),
        set(256, raw),
      ]),
    ])
    expect(only(said[0], 'start', 'end')).toEqual({ start: SENT - 3e6, end: SENT })
  })

  test('variable lengths, enterprises and shortened numbers', () => {
    const fields: FieldSpec[] = [
      [8, 4],
      [371, 0xffff],
      [21, 3, 9],
      [12, 4],
      [999, 0xffff, 6876],
      [1, 3],
      [2, 1],
      [7, 1],
    ]
    const record = (user: Uint8Array, long: boolean) => [
      ipv4('10.0.0.1'),
      variable(user, long),
      unsigned(7, 3),
      ipv4('10.0.0.2'),
      variable(new Uint8Array(300)),
      unsigned(0x01_0203, 3),
      unsigned(200, 1),
      unsigned(25, 1),
    ]
    const records = one(fields, [...record(Buffer.from('x'), false), ...record(new Uint8Array(0), true)])
    expect(
      records.map((each) => only(each, 'source', 'destination', 'octets', 'packets', 'sourcePort')),
    ).toEqual(
      new Array(2).fill({
        source: '10.0.0.1',
        destination: '10.0.0.2',
        octets: 0x01_0203,
        packets: 200,
        sourcePort: 25,
      }),
    )
  })

  test('a variable length that runs out of its set ends it', () => {
    const run = decoding()
    const fields: FieldSpec[] = [
      [8, 4],
      [371, 0xffff],
    ]
    const good = [ipv4('10.0.0.1'), variable(Buffer.from('ab'))]
    const bad = [ipv4('10.0.0.2'), Uint8Array.of(9, 1)]
    run.take({ bytes: ipfix([set(2, [template(256, fields)]), set(256, [...good, ...bad]), set(256, good)]) })
    expect(run.records.map(({ source }) => source)).toEqual(['10.0.0.1', '10.0.0.1'])
    expect(run.quality()).toMatchObject({ malformed: 1, records: 2 })
  })

  test('both directions (RFC 5103), and who began', () => {
    const pen = 29_305
    const fields: FieldSpec[] = [
      ...TUPLE,
      [2, 8],
      [1, 8],
      [2, 8, pen],
      [1, 8, pen],
      [6, 2],
      [6, 1, pen],
      [239, 1],
    ]
    const values = [...tuple(), ...[5, 500, 4, 4000].map((n) => unsigned(n, 8)), unsigned(0x13, 2)]
    const [record] = one(fields, [...values, unsigned(0x1a, 1), unsigned(2, 1)])
    expect(
      only(
        record,
        'packets',
        'octets',
        'reversePackets',
        'reverseOctets',
        'flags',
        'reverseFlags',
        'originator',
      ),
    ).toEqual({
      packets: 5,
      octets: 500,
      reversePackets: 4,
      reverseOctets: 4000,
      flags: 0x13,
      reverseFlags: 0x1a,
      originator: 1,
    })
  })

  test('IPv6, and an address in both families of which one is zero', () => {
    const fields: FieldSpec[] = [
      [8, 4],
      [27, 16],
      [12, 4],
      [28, 16],
    ]
    const six = (last: number) => Uint8Array.of(0x20, 1, 0xd, 0xb8, ...new Uint8Array(11), last)
    const records = one(fields, [
      ipv4('10.0.0.1'),
      new Uint8Array(16),
      ipv4('10.0.0.2'),
      new Uint8Array(16),
      new Uint8Array(4),
      six(1),
      new Uint8Array(4),
      six(2),
    ])
    expect(records.map((record) => only(record, 'source', 'destination'))).toEqual([
      { source: '10.0.0.1', destination: '10.0.0.2' },
      { source: '2001:db8::1', destination: '2001:db8::2' },
    ])
  })

  test('translations, firewall events and totals', () => {
    const fields: FieldSpec[] = [
      ...TUPLE,
      [225, 4],
      [226, 4],
      [227, 2],
      [228, 2],
      [230, 1],
      [233, 1],
      [33_002 & 0x7fff, 2],
      [323, 8],
      [85, 4],
      [86, 4],
      [136, 1],
      [148, 8],
      [61, 1],
      [58, 2],
    ]
    const [record] = one(fields, [
      ...tuple(),
      ipv4('198.51.100.1'),
      ipv4('203.0.113.1'),
      unsigned(1025, 2),
      unsigned(443, 2),
      unsigned(4, 1),
      unsigned(1, 1),
      unsigned(2025, 2),
      unsigned(SECONDS * 1000 + 1, 8),
      unsigned(99, 4),
      unsigned(9, 4),
      unsigned(3, 1),
      unsigned(77, 8),
      unsigned(1, 1),
      unsigned(12, 2),
    ])
    expect(record).toMatchObject({
      postSource: '198.51.100.1',
      postDestination: '203.0.113.1',
      postSourcePort: 1025,
      postDestinationPort: 443,
      natEvent: 4,
      firewallEvent: 1,
      event: SENT + 1000,
      octets: 99,
      packets: 9,
      isTotal: 1,
      endReason: 3,
      flowId: 77,
      direction: 1,
      vlan: 12,
    })
    expect(record).not.toHaveProperty('firewallReason') // 33002 is not an element of IPFIX
  })

  test('Cisco ASA: numbers that only NetFlow v9 can have, and the initiator', () => {
    const fields: FieldSpec[] = [
      ...TUPLE,
      [40_001, 4],
      [40_003, 2],
      [40_005, 1],
      [33_002, 2],
      [231, 4],
      [232, 4],
    ]
    const values = [...tuple(), ipv4('198.51.100.7'), unsigned(1111, 2), unsigned(2, 1), unsigned(2025, 2)]
    const [record] = recordsOf([
      netflow9([set(0, [template(256, fields)]), set(256, [...values, unsigned(10, 4), unsigned(20, 4)])]),
    ])
    expect(record).toMatchObject({
      postSource: '198.51.100.7',
      postSourcePort: 1111,
      firewallEvent: 2,
      firewallReason: 2025,
      octets: 10,
      reverseOctets: 20,
      originator: 0,
    })
  })

  test('more records than a batch has rows', () => {
    const run = decoding()
    const records = Array.from({ length: 9000 }, (_, i) => unsigned(i, 2))
    run.take({ bytes: ipfix([set(2, [template(256, [[7, 2]])]), set(256, records)]) })
    expect(run.records.map(({ sourcePort }) => sourcePort)).toEqual(records.map((_, i) => i))
    expect(run.records.at(-1)).toMatchObject({ ordinal: 9000 })
  })
})
