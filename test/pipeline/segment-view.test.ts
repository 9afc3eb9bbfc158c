import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { harvest } from '../../src/cli/serve/harvest.ts'
import { segmentView } from '../../src/pipeline/segment-view.ts'
import { ROOT } from '../source-tree.ts'

/** Ethernet, IPv4, TCP with ports 1234 and 443, SYN and ACK, window 512, three octets of payload. */
const IPV4 = Buffer.from(
  '020000000002020000000001' +
    '0800' +
    '4500002b000040003f060000' +
    '0a000001' +
    'c0a80102' +
    '04d201bb000003e8000007d050120200' +
    '00000000' +
    '616263',
  'hex',
)
/** Raw IPv6 with RST. */
const IPV6 = Buffer.from(
  '60000000001406ff' +
    '20010db8000000000000000000000001' +
    '20010db8000000000000000000000002' +
    '01bb04d2ffffffff0000000050040000' +
    '00000000',
  'hex',
)

test('a segment over IPv4', () => {
  expect(segmentView(IPV4, 60, 1)).toEqual({
    source: { address: '10.0.0.1', port: 1234 },
    destination: { address: '192.168.1.2', port: 443 },
    flags: ['SYN', 'ACK'],
    payloadBytes: 3,
    hopLimit: 63,
    sequence: 1000,
    acknowledgment: 2000,
    window: 512,
    wireBytes: 60,
  })
})

test('a segment over IPv6', () => {
  expect(segmentView(IPV6, IPV6.length, 101)).toEqual({
    source: { address: '2001:db8::1', port: 443 },
    destination: { address: '2001:db8::2', port: 1234 },
    flags: ['RST'],
    payloadBytes: 0,
    hopLimit: 255,
    sequence: 4_294_967_295,
    acknowledgment: 0,
    window: 0,
    wireBytes: 60,
  })
})

test.each([
  ['another protocol', Buffer.from(IPV4).fill(17, 23, 24), 1],
  ['cut before the flags', IPV4.subarray(0, 46), 1],
  ['an unknown link', IPV4, 9999],
  ['nothing', Buffer.alloc(0), 1],
])('%s is none', (_what, bytes, linkType) => {
  expect(segmentView(bytes, 60, linkType)).toBeNull()
})

test('never throws', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 90 }),
      fc.constantFrom(0, 1, 101, 113, 276),
      fc.nat(2000),
      (bytes, link, wire) => {
        segmentView(bytes, wire, link)
      },
    ),
    { numRuns: 300 },
  )
})

test('packets of a capture', async () => {
  const path = join(ROOT, 'fixtures/severed-by-load-balancer/client.pcap.gz')
  const flags: string[] = []
  await harvest({
    path,
    numbers: [1, 2, 3],
    keep: (all) => void flags.push(...all.map((p) => String(p.segment?.flags))),
  })
  expect(flags).toEqual(['SYN', 'SYN,ACK', 'ACK'])
})
