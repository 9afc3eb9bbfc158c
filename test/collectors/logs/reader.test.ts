/** Whatever a log holds and however it arrives: no throw, every record once, what was passed over counted. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { at, bytesOf, readAll, sample } from './logs.ts'

const SAMPLES = [
  'nfdump-1.6.csv',
  'nfdump-fast.csv',
  'zeek/conn.txt',
  'aws-default.txt',
  'aws-custom.txt',
  'azure-nsg-1.txt',
  'azure-nsg-2.txt',
  'azure-vnet.txt',
  'gcp.txt',
  'argus.csv',
]

describe.each(SAMPLES)('%s', (name) => {
  const bytes = sample(name)

  test('octet by octet, and in pieces of any size, it is the same', async () => {
    const whole = await readAll(bytes)
    expect(whole.rows.length).toBeGreaterThan(0)
    expect(await readAll(bytes, { sizes: [1] })).toEqual(whole)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (sizes, later) => {
          expect(await readAll(bytes, { sizes, later, bufferBytes: 8192 })).toEqual(whole)
        },
      ),
      { numRuns: 15 },
    )
  })

  test('cut anywhere, what was whole before the cut is told', async () => {
    const { rows } = await readAll(bytes)
    for (let cut = 400; cut < bytes.length; cut += 13) {
      const part = await readAll(bytes.subarray(0, cut))
      // The last one may be told from what is left of its line.
      expect(rows.slice(0, Math.max(0, part.rows.length - 1))).toEqual(part.rows.slice(0, -1))
    }
  })

  test('with octets turned, nothing throws or hangs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
        async (turns) => {
          const turned = Uint8Array.from(bytes)
          for (const [place, octet] of turns) if (place > 300) turned[place] = octet
          const { rows } = await readAll(turned, { sizes: [500], bufferBytes: 8192 })
          expect(rows.length).toBeLessThan(50)
        },
      ),
      { numRuns: 40 },
    )
  })
})

test('line ends of Windows, a mark before UTF-8, no end of the last line', async () => {
  const plain = await readAll(sample('argus-u.csv'))
  const text = sample('argus-u.csv').toString()
  expect(await readAll(bytesOf(text.replaceAll('\n', '\r\n')))).toEqual(plain)
  expect(await readAll(bytesOf(text.trimEnd()))).toEqual(plain)
})

test('a line that is longer than what is read is passed over and counted', async () => {
  const text = sample('aws-default.txt').toString().split('\n')
  const log = [text[0], `2 ${'x'.repeat(9000)}`, text[1], ''].join('\n')
  const { rows, skipped, lines } = await readAll(bytesOf(log), { bufferBytes: 4096, sizes: [1000] })
  expect(rows.map(({ number }) => number)).toEqual([1, 3])
  expect(skipped).toEqual({ 'longer than what is read (the first: line 2)': 1 })
  expect(lines).toBe(3)
})

test('an object that is too long, and one that is broken, cost nothing but themselves', async () => {
  const flow = (port: number, more = ''): string =>
    `{"event_type":"flow","flow_id":1,"src_ip":"10.0.0.1","src_port":${port},"dest_ip":"10.0.0.2","proto":"TCP",${more}"flow":{"start":"2026-11-21T02:00:00.000000+0000","end":"2026-11-21T02:00:01.000000+0000"}}`
  const lines = [
    flow(1),
    flow(2, `"x":"${'y'.repeat(9000)}",`),
    flow(3),
    '{"event_type":"flow",,,"src',
    'noise',
    flow(4),
    '{"event_type":"alert"}',
    '',
  ]
  const { rows, skipped } = await readAll(bytesOf(lines.join('\n')), { bufferBytes: 4096, sizes: [777] })
  expect(rows.map(({ number, sourcePort }) => [number, sourcePort])).toEqual([
    [1, 1],
    [3, 3],
    [6, 4],
  ])
  expect(skipped).toEqual({
    'longer than what is read (the first: line 2)': 1,
    'no object of JSON (the first: line 4)': 2,
    'an event of another kind (the first: line 7)': 1,
  })
})

test('more rows than a batch holds', async () => {
  const line = sample('aws-default.txt').toString().split('\n')[0]!
  const { rows } = await readAll(bytesOf(`${line}\n`.repeat(9000)))
  expect(rows.length).toBe(9000)
  expect(rows.at(-1)).toMatchObject({ number: 9000, start: 1418530010e6, source: '172.31.16.139' })
  expect(at('2014-12-14T04:06:50Z')).toBe(1418530010e6)
})

test('what events said of a flow goes with its record, once', async () => {
  const head = '"flow_id":77,"src_ip":"10.0.0.1","dest_ip":"10.0.0.2","proto":"TCP"'
  const log = [
    `{"event_type":"tls",${head},"tls":{"sni":"dlp.example.com","version":"TLS 1.2"}}`,
    `{"event_type":"http",${head},"http":{"hostname":"a\\u00e4","url":"/x","http_method":"GET","status":200}}`,
    `{"event_type":"flow",${head},"app_proto":"tls","flow":{"start":"2026-11-21T02:00:00Z","state":"established","reason":"timeout"}}`,
    `{"event_type":"flow",${head},"app_proto":"failed","flow":{"start":"2026-11-21T02:00:00Z","state":"closed","reason":"timeout"}}`,
  ]
  const { rows } = await readAll(bytesOf(log.join('\n')))
  expect(rows.map(({ application, endReason, flowId }) => [application, endReason, flowId])).toEqual([
    [
      {
        protocol: 'tls',
        state: 'established',
        sni: 'dlp.example.com',
        host: 'aä',
        method: 'GET',
        uri: '/x',
        status: 200,
      },
      1,
      77,
    ],
    [{ state: 'closed' }, 3, 77],
  ])
})
