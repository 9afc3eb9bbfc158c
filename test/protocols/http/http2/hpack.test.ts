import { describe, expect, test } from 'vitest'
import { HEADER_LINES_MAX } from '../../../../src/protocols/http/header-lines.ts'
import { HpackDecoder, LIST_BYTES_MAX, TABLE_BYTES_MAX } from '../../../../src/protocols/http/http2/hpack.ts'
import { seeded } from '../../parser.case.ts'
import { added, hex, indexed, integer, plain, string, tableSize } from './octets.ts'
import type { Octets } from './octets.ts'

const decode = (decoder: HpackDecoder, block: Uint8Array | Octets) =>
  decoder.decode(Uint8Array.from(block), 0, block.length)
const pairs = (decoder: HpackDecoder, block: Uint8Array | Octets): string[] | null =>
  decode(decoder, block)?.fields.map(({ name, value }) => `${name}: ${value}`) ?? null

/** RFC 7541 Appendix C.3 and C.4: three requests, without and with Huffman coding. */
const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [
    ':method: GET',
    ':scheme: https',
    ':path: /index.html',
    ':authority: www.example.com',
    'custom-key: custom-value',
  ],
]
/** C.5 and C.6: three responses with a table of 256 octets, so that entries are evicted. */
const RESPONSES = [
  [
    ':status: 302',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 307',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:21 GMT',
    'location: https://www.example.com',
  ],
  [
    ':status: 200',
    'cache-control: private',
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    'location: https://www.example.com',
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
]

describe('the examples of RFC 7541', () => {
  test.each([
    ['C.2.1', '400a637573746f6d2d6b65790d637573746f6d2d686561646572', 'custom-key: custom-header', 55],
    ['C.2.2', '040c2f73616d706c652f70617468', ':path: /sample/path', 0],
    ['C.2.3', '100870617373776f726406736563726574', 'password: secret', 0],
    ['C.2.4', '82', ':method: GET', 0],
  ])('%s', (_section, block, field, bytes) => {
    const decoder = new HpackDecoder(false)
    expect(pairs(decoder, hex(block))).toEqual([field])
    expect(decoder.tableBytes).toBe(bytes)
  })

  test.each([
    [
      'C.3',
      [
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ],
    ],
    [
      'C.4',
      [
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        '828684be5886a8eb10649cbf',
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      ],
    ],
  ])('%s: requests', (_section, blocks) => {
    const decoder = new HpackDecoder(false)
    expect(blocks.map((block) => pairs(decoder, hex(block)))).toEqual(REQUESTS)
    expect(decoder.tableBytes).toBe(164)
  })

  test('C.6: responses, with eviction', () => {
    const decoder = new HpackDecoder(false)
    decode(decoder, tableSize(256))
    const blocks = [
      '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad' +
        '171863c78f0b97c8e9ae82ae43d3',
      '4883640effc1c0bf',
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960' +
        'd5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ]
    expect(blocks.map((block) => pairs(decoder, hex(block)))).toEqual(RESPONSES)
    expect(decoder.tableBytes).toBe(215)
  })
})

describe('a table whose beginning was not seen', () => {
  test('what refers to it is left out and counted; what came since is certain', () => {
    const decoder = new HpackDecoder(true)
    const first = decode(decoder, [...indexed(62), ...added('x-a', '1'), ...indexed(62), ...indexed(63)])!
    expect([first.fields, first.unknown]).toEqual([
      [
        { name: 'x-a', value: '1' },
        { name: 'x-a', value: '1' },
      ],
      2,
    ])
  })

  test('an unknown name stays unknown where it is taken up again', () => {
    const decoder = new HpackDecoder(true)
    const list = decode(decoder, [...added(70, 'v'), ...indexed(62), ...added('x-b', '2'), ...indexed(63)])!
    expect([list.fields, list.unknown]).toEqual([[{ name: 'x-b', value: '2' }], 3])
  })

  test('after a loss, nothing from before is used', () => {
    const decoder = new HpackDecoder(false)
    decode(decoder, added('x-a', '1'))
    decoder.lose()
    expect(decode(decoder, indexed(62))).toMatchObject({ fields: [], unknown: 1 })
  })
})

describe('what is malformed', () => {
  test.each<[string, Octets]>([
    ['index 0', [0x80]],
    ['an index beyond the table', indexed(62)],
    ['a string beyond the block', [0x40, 5, 97]],
    ['an integer without end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['an integer that breaks off', [0xff, 0xff]],
    ['Huffman: EOS within', [0x40, 0x84, 0xff, 0xff, 0xff, 0xff, 0]],
    ['Huffman: padding of zeros', [0x40, 0x81, 0b00011000, 0]],
    ['Huffman: padding of an octet', [0x40, 0x82, 0b00011111, 0xff, 0]],
    ['a literal without a value', [0x40, ...string('a')]],
  ])('%s: null, and the table is unknown', (_what, octets) => {
    const decoder = new HpackDecoder(false)
    decode(decoder, added('x', 'y'))
    const isFresh = octets[0] === indexed(62)[0]
    expect(decode(isFresh ? new HpackDecoder(false) : decoder, octets)).toBe(null)
    if (!isFresh) expect(decode(decoder, indexed(62))).toMatchObject({ unknown: 1 })
  })
})

describe('limits', () => {
  test('a size beyond what the receiver allowed is noted', () => {
    const decoder = new HpackDecoder(false)
    decoder.limit = 4096
    decode(decoder, tableSize(4096))
    expect(decoder.isOverLimit).toBe(false)
    decode(decoder, tableSize(4097))
    expect(decoder.isOverLimit).toBe(true)
  })

  test('a table larger than is kept: what lies beyond is unknown', () => {
    const decoder = new HpackDecoder(false)
    const value = 'v'.repeat(4000)
    decode(decoder, tableSize(10 * TABLE_BYTES_MAX))
    for (let i = 0; i < 100; i++) decode(decoder, added('x', value))
    expect(decoder.tableBytes).toBeLessThanOrEqual(TABLE_BYTES_MAX)
    expect(decode(decoder, [...indexed(62), ...indexed(62 + 50)])).toMatchObject({ unknown: 1 })
  })

  test('a bomb: one large entry, many times', () => {
    const decoder = new HpackDecoder(false)
    const block = [...added('x', 'v'.repeat(4000)), ...Array.from({ length: 50_000 }, () => 0x80 | 62)]
    const list = decode(decoder, block)!
    const bytes = list.fields.reduce((sum, { name, value }) => sum + name.length + value.length + 32, 0)
    expect(list.cut).toBe(true)
    expect(bytes).toBeLessThanOrEqual(LIST_BYTES_MAX)
  })

  test('more fields than are kept', () => {
    const list = decode(
      new HpackDecoder(false),
      Array.from({ length: HEADER_LINES_MAX + 1 }, () => 0x82),
    )!
    expect([list.fields.length, list.cut]).toEqual([HEADER_LINES_MAX, true])
  })

  test('an entry larger than the table empties it', () => {
    const decoder = new HpackDecoder(false)
    decode(decoder, [...tableSize(60), ...added('a', 'b'), ...added('c', 'd'.repeat(60))])
    expect(decoder.tableBytes).toBe(0)
  })
})

test('random blocks never throw, and the table stays within its bound', () => {
  const decoder = new HpackDecoder(false)
  for (let seed = 1; seed <= 400; seed++) {
    const random = seeded(seed)
    const block = Array.from({ length: random(200) }, () => random(256))
    expect(() => decode(decoder, block)).not.toThrow()
    expect(decoder.tableBytes).toBeLessThanOrEqual(TABLE_BYTES_MAX)
  }
})

test('fields come out as they went in', () => {
  const decoder = new HpackDecoder(false)
  for (let seed = 1; seed <= 50; seed++) {
    const random = seeded(seed)
    const fields = Array.from({ length: random(20) }, () => [
      'n'.repeat(random(300)),
      String.fromCharCode(...Array.from({ length: random(300) }, () => random(256))),
    ])
    const block = fields.flatMap(([name, value]) => (random(2) === 0 ? added : plain)(name!, value!))
    expect(pairs(decoder, block)).toEqual(fields.map(([name, value]) => `${name}: ${value}`))
  }
})

test('integers of every length', () => {
  const decoder = new HpackDecoder(false)
  for (const size of [30, 31, 32, 4096, TABLE_BYTES_MAX]) {
    expect(integer(size, 5, 0x20)).toEqual(tableSize(size))
    expect(decode(decoder, tableSize(size))?.fields).toEqual([])
  }
})
