import { describe, expect, test } from 'vitest'
import { tapNames } from '../../dashboards/taps.ts'
import { kindOf, speedOf } from '../../dashboards/uploads.ts'

const hex = (octets: number): string => 'ab'.repeat(octets)

describe('what a file is', () => {
  test.each([
    ['keys.txt', `# made by a browser\nCLIENT_RANDOM ${hex(32)} ${hex(48)}\n`, 'keylog'],
    ['sslkeys.log', `CLIENT_HANDSHAKE_TRAFFIC_SECRET ${hex(32)} ${hex(48)}\n`, 'keylog'],
    ['keys', `SERVER_TRAFFIC_SECRET_0 ${hex(32)} ${hex(48)}\n`, 'keylog'],
    ['holdfast.yaml', 'services: []', 'config'],
    ['conn.log', '#separator \\x09\n', 'capture'],
    ['a.pcap', '\u00d4\u00c3\u00b2\u00a1', 'capture'],
    ['CLIENT_RANDOM.pcap', '', 'capture'],
  ])('%s', (name, beginning, kind) => {
    expect(kindOf(name, beginning)).toBe(kind)
  })
})

describe('names of taps', () => {
  test.each([
    [['a.pcap'], ['']],
    [
      ['client.pcap', 'server.pcapng.gz'],
      ['client', 'server'],
    ],
    [
      ['lb1-north-2026.pcapng.gz', 'lb1-south-2026.pcapng.gz'],
      ['north', 'south'],
    ],
    [
      ['dmz_fw.pcap', 'lan_fw.pcap'],
      ['dmz', 'lan'],
    ],
    [
      ['x.pcap', 'x.pcap'],
      ['tap1', 'tap2'],
    ],
    [
      ['client-1.pcap', 'client-2.pcap'],
      ['client', 'client-2'],
    ],
  ])('%j', (files, taps) => {
    expect(tapNames(files)).toEqual(taps)
  })

  test('are never the same', () => {
    const names = tapNames(['a client.pcap', 'client.pcap', 'client.zst', 'b.pcap'])
    expect(new Set(names).size).toBe(4)
  })
})

test('the speed is that of the last seconds', () => {
  const samples: { at: number; sent: number }[] = []
  expect(speedOf(samples, 0, 0)).toBe(0)
  expect(speedOf(samples, 1000, 500)).toBe(500)
  for (let second = 2; second <= 10; second++) speedOf(samples, second * 1000, 500 + (second - 1) * 2000)
  expect(speedOf(samples, 11_000, 20_500)).toBe(2000)
})
