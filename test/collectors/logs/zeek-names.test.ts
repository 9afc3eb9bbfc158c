import { expect, test } from 'vitest'
import { besideNames } from '../../../collectors/logs/zeek-names.ts'

/** The first candidate of each kind. */
const first = (name: string): string[] => besideNames(name).map(([likeliest]) => likeliest!)

test.each([
  ['conn.log', ['ssl.log', 'http.log', 'dns.log']],
  // ZeekControl, make-archive-name: NAME.HH:MM:SS-HH:MM:SS.log, in a folder of the day, packed.
  [
    'conn.00:00:00-01:00:00.log.gz',
    ['ssl.00:00:00-01:00:00.log.gz', 'http.00:00:00-01:00:00.log.gz', 'dns.00:00:00-01:00:00.log.gz'],
  ],
  [
    'conn-24-01-02_00.00.00.log',
    ['ssl-24-01-02_00.00.00.log', 'http-24-01-02_00.00.00.log', 'dns-24-01-02_00.00.00.log'],
  ],
  [
    'conn_20240102_00:00:00-01:00:00-0000.log.zst',
    ['ssl', 'http', 'dns'].map((kind) => `${kind}_20240102_00:00:00-01:00:00-0000.log.zst`),
  ],
  ['lab.conn.json', ['lab.ssl.json', 'lab.http.json', 'lab.dns.json']],
  // A word of its own, not a part of one.
  ['connections.log', []],
  ['dropped_connection.conn1.log', []],
  ['a.pcap', []],
])('beside %s', (name, expected) => {
  expect(first(name)).toEqual(expected)
})

test('packed as it is, or not, or otherwise', () => {
  expect(besideNames('conn.log.gz')[0]).toEqual(['ssl.log.gz', 'ssl.log', 'ssl.log.zst'])
  expect(besideNames('conn.log')[0]).toEqual(['ssl.log', 'ssl.log.gz', 'ssl.log.zst'])
})
