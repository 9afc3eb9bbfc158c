/** Each format once, every column: samples after the examples of the vendors' documentation. */
import { describe, expect, test } from 'vitest'
import { besideLogOf, LOG_FORMATS, logFormatOf } from '../../../collectors/logs/index.ts'
import { at, bytesOf, readAll, sample } from './logs.ts'

const rowsOf = async (name: string) => (await readAll(sample(name))).rows
const one = { exporter: 0, ordinal: 1, isTotal: 0 }

describe('nfdump', () => {
  test('1.6', async () => {
    const { rows, skipped, exporters, format } = await readAll(sample('nfdump-1.6.csv'))
    expect(format).toBe('nfdump-csv')
    expect(rows).toEqual([
      {
        ...one,
        number: 2,
        // 1 s, or 0.25 s later: the earliest that ends in the fifth second.
        start: at('2016-08-22T10:00:01.250Z'),
        end: at('2016-08-22T10:00:05Z'),
        received: at('2016-08-22T10:00:30.250Z'),
        source: '10.0.0.1',
        destination: '192.0.2.7',
        sourcePort: 51_000,
        destinationPort: 443,
        protocol: 6,
        flags: 0x1b,
        trafficClass: 16,
        packets: 12,
        octets: 3400,
        inputInterface: 3,
        outputInterface: 7,
        direction: 0,
        vlan: 120,
      },
      {
        ...one,
        exporter: 1,
        number: 3,
        start: at('2016-08-22T10:00:01Z'),
        end: at('2016-08-22T10:00:01Z'),
        received: at('2016-08-22T10:00:30.250Z'),
        source: '10.0.0.1',
        destination: '192.0.2.7',
        sourcePort: 0,
        destinationPort: 3 * 256 + 1,
        protocol: 1,
        flags: 0,
        trafficClass: 0,
        packets: 1,
        octets: 56,
        reversePackets: 2,
        reverseOctets: 112,
        inputInterface: 3,
        outputInterface: 7,
        direction: 1,
        vlan: 0,
      },
    ])
    expect(skipped).toEqual({})
    expect(exporters.map(({ address }) => address)).toEqual(['10.9.9.9', ''])
  })

  test('1.7.5, and csv-fast: the same flow', async () => {
    const same = {
      ...one,
      number: 2,
      start: at('2025-12-04T15:39:13.500Z'),
      end: at('2025-12-04T15:39:50.360Z'),
      source: '143.204.55.29',
      destination: '172.24.154.108',
      sourcePort: 443,
      destinationPort: 50_514,
      protocol: 6,
      packets: 747,
      octets: 1_055_223,
    }
    expect(await rowsOf('nfdump-1.7.5.csv')).toEqual([same])
    const [first, second] = await rowsOf('nfdump-fast.csv')
    expect(first).toEqual({ ...same, flags: 0x1b, trafficClass: 0, inputInterface: 1, outputInterface: 2 })
    expect(second).toMatchObject({
      source: '2001:db8::1',
      destination: '2001:db8::2',
      protocol: 17,
      flags: 0,
    })
  })
})

test('nfdump, in a format of its user’s own', async () => {
  const { rows, exporters, skipped } = await readAll(sample('nfdump-custom.csv'))
  expect(skipped).toEqual({})
  const [first, second] = rows
  expect(first).toEqual({
    ...one,
    number: 2,
    start: at('2025-12-04T15:39:13.500Z'),
    end: at('2025-12-04T15:39:50.360Z'),
    source: '10.0.0.1',
    destination: '192.0.2.7',
    sourcePort: 50_514,
    destinationPort: 443,
    protocol: 6,
    flags: 0x1b,
    packets: 747,
    octets: 1_055_223,
    reversePackets: 12,
    reverseOctets: 900,
    vlan: 120,
    postSource: '203.0.113.5',
    postSourcePort: 41_000,
  })
  expect(second).toMatchObject({ start: first!['start'], end: first!['end'], exporter: 1, flags: 0x02 })
  expect(exporters.map(({ address }) => address)).toEqual(['10.9.9.9', ''])
})

describe('Zeek', () => {
  const tls = { uid: 'CsukF91Bx9mrqdEaH9', protocol: 'ssl', state: 'S0', history: 'S' }
  const http = { uid: 'C5bLoe2Mvxqhawzqqd', protocol: 'http', state: 'SF', history: 'ShADadFf' }
  const dns = { uid: 'CMdzit1AMNsmfAIiQc', protocol: 'dns', state: 'SF', history: 'Dd' }

  test('conn.log', async () => {
    const { rows, format, lines } = await readAll(sample('zeek/conn.txt'))
    expect({ format, lines }).toEqual({ format: 'zeek-conn', lines: 12 })
    expect(rows).toEqual([
      {
        ...one,
        number: 9,
        isTotal: 1,
        originator: 0,
        start: 1591367999305988,
        end: 1591367999305988 + 66_852,
        source: '192.168.4.76',
        destination: '192.168.4.1',
        sourcePort: 36_844,
        destinationPort: 53,
        protocol: 17,
        packets: 2,
        octets: 118,
        reversePackets: 2,
        reverseOctets: 197,
        application: dns,
      },
      {
        ...one,
        number: 10,
        isTotal: 1,
        originator: 0,
        start: 1591367999430166,
        end: 1591367999430166 + 254_115,
        source: '192.168.4.76',
        destination: '31.3.245.133',
        sourcePort: 46_378,
        destinationPort: 80,
        protocol: 6,
        packets: 6,
        octets: 397,
        reversePackets: 4,
        reverseOctets: 511,
        flags: 0x13,
        reverseFlags: 0x13,
        endReason: 3,
        application: http,
      },
      {
        ...one,
        number: 11,
        isTotal: 1,
        originator: 0,
        start: 1598377391921726,
        end: 1598377391921726,
        source: '192.168.4.49',
        destination: '13.32.202.10',
        sourcePort: 56_718,
        destinationPort: 443,
        protocol: 6,
        packets: 1,
        octets: 64,
        reversePackets: 0,
        reverseOctets: 0,
        flags: 0x02,
        application: tls,
      },
    ])
  })

  test('with ssl.log, http.log and dns.log beside it', async () => {
    const beside = ['zeek/ssl.txt', 'zeek/http.txt', 'zeek/dns.txt'].map(sample)
    expect(beside.map((log) => [besideLogOf(log), logFormatOf(log)])).toEqual([
      ['ssl', undefined],
      ['http', undefined],
      ['dns', undefined],
    ])
    const { rows } = await readAll(sample('zeek/conn.txt'), { beside })
    expect(rows.map(({ application }) => application)).toEqual([
      { ...dns, host: 'testmyids.com' },
      { ...http, host: 'testmyids.com', method: 'GET', uri: '/', status: 200 },
      { ...tls, sni: 'www.taosecurity.com' },
    ])
  })

  test('logs that were joined, with columns in another order', async () => {
    const second = '#fields\tuid\tid.resp_h\tid.orig_h\tts\tproto\nCx\t192.0.2.1\t192.0.2.2\t5.5\ttcp\n'
    const { rows } = await readAll(Buffer.concat([sample('zeek/conn.txt'), bytesOf(second)]))
    expect(rows[3]).toEqual({
      ...one,
      number: 14,
      isTotal: 1,
      originator: 0,
      start: 5_500_000,
      end: 5_500_000,
      source: '192.0.2.2',
      destination: '192.0.2.1',
      protocol: 6,
      application: { uid: 'Cx' },
    })
  })
})

describe('AWS', () => {
  test('default format, without a header', async () => {
    const rows = await rowsOf('aws-default.txt')
    expect(rows[0]).toEqual({
      ...one,
      number: 1,
      start: 1418530010e6,
      end: 1418530070e6,
      source: '172.31.16.139',
      destination: '172.31.16.21',
      sourcePort: 20_641,
      destinationPort: 22,
      protocol: 6,
      packets: 20,
      octets: 4249,
    })
    expect(rows.map(({ firewallEvent, source }) => [source, firewallEvent])).toEqual([
      ['172.31.16.139', undefined],
      ['172.31.9.69', 3],
      ['2001:db8:1234:a100:8d6e:3477:df66:f105', undefined],
      ['203.0.113.12', undefined],
    ])
  })
  test('what was not logged is told as that', async () => {
    const { rows, skipped } = await readAll(sample('aws-nodata.txt'))
    expect(rows.length).toBe(1)
    expect(skipped).toEqual({ 'NODATA (the first: line 1)': 1, 'SKIPDATA (the first: line 2)': 1 })
  })
  test('an export of CloudWatch puts the time of ingestion before', async () => {
    const dated = Buffer.from(sample('aws-default.txt'))
      .toString()
      .replaceAll(/^2 /gm, '2014-12-14T04:09:00.000Z 2 ')
    expect(await readAll(bytesOf(dated))).toEqual(await readAll(sample('aws-default.txt')))
  })
  test('custom fields: flags, packet-level addresses; each interface is an exporter', async () => {
    const { rows, exporters } = await readAll(sample('aws-custom.txt'))
    expect(rows.map(({ flags, exporter, destination }) => [flags, exporter, destination])).toEqual([
      [2, 0, '10.0.0.62'],
      [18, 0, '52.213.180.42'],
      [1, 1, '203.0.113.5'],
    ])
    expect(exporters.length).toBe(2)
    const { rows: directed } = await readAll(
      bytesOf(
        'srcaddr dstaddr start end flow-direction\n10.0.0.1 10.0.0.2 1 2 egress\n10.0.0.1 10.0.0.2 1 2 ingress\n',
      ),
    )
    expect(directed.map(({ direction }) => direction)).toEqual([1, 0])
  })
})

describe('Azure', () => {
  const rest = { ...one, originator: 0 }
  test('network security groups, version 1', async () => {
    const { rows, format } = await readAll(sample('azure-nsg-1.txt'))
    expect(format).toBe('azure-nsg')
    expect(rows).toEqual([
      {
        ...rest,
        exporter: 1,
        number: 18,
        start: 1487282421e6,
        end: 1487282421e6,
        source: '42.119.146.95',
        destination: '10.1.0.4',
        sourcePort: 51_529,
        destinationPort: 5358,
        protocol: 6,
        direction: 0,
        firewallEvent: 3,
        application: { state: 'D' },
      },
      {
        ...rest,
        exporter: 1,
        number: 29,
        start: 1487282370e6,
        end: 1487282370e6,
        source: '163.28.66.17',
        destination: '10.1.0.4',
        sourcePort: 61_771,
        destinationPort: 3389,
        protocol: 6,
        direction: 0,
      },
    ])
  })
  test('version 2: states and counts', async () => {
    const rows = await rowsOf('azure-nsg-2.txt')
    const short = rows.map((row) => [
      row.ordinal,
      row.exporter,
      row.protocol,
      row.application?.state,
      row.firewallEvent,
      row.endReason,
    ])
    expect(short).toEqual([
      [1, 1, 17, 'D', 3, undefined],
      [2, 2, 6, 'B', 1, 2],
      [3, 2, 6, 'E', 2, undefined],
      [4, 2, 6, 'C', 5, 2],
    ])
    const [denied, , , counted] = rows
    expect(denied).not.toHaveProperty('packets')
    expect(counted).toMatchObject({
      packets: 30,
      octets: 16_978,
      reversePackets: 24,
      reverseOctets: 14_008,
      direction: 1,
    })
  })
  test('virtual networks: milliseconds, and a state in the place of the decision', async () => {
    const rows = await rowsOf('azure-vnet.txt')
    expect(
      rows.map(({ start, application, firewallEvent }) => [start, application?.state, firewallEvent]),
    ).toEqual([
      [1663146003599e3, 'B', 1],
      [1663146003606e3, 'E', 2],
      [1663145998065e3, 'D', 3],
    ])
    expect(rows[1]).toMatchObject({
      packets: 3,
      octets: 767,
      reversePackets: 2,
      reverseOctets: 1580,
      protocol: 6,
    })
  })
})

test('Google Cloud: entries of a list, each end an exporter', async () => {
  const { rows, format } = await readAll(sample('gcp.txt'))
  expect(format).toBe('gcp-vpc')
  expect(rows).toEqual([
    {
      ...one,
      number: 2,
      start: at('2019-06-27T22:35:10Z') + 123_456,
      end: at('2019-06-27T22:35:12Z') + 500_123,
      exported: at('2019-06-27T22:35:20.3Z'),
      source: '192.0.2.1',
      destination: '10.128.0.2',
      sourcePort: 50_646,
      destinationPort: 80,
      protocol: 6,
      packets: 6,
      octets: 1776,
      samplingInterval: 10,
      direction: 0,
    },
    {
      ...one,
      exporter: 1,
      number: 30,
      start: at('2019-06-27T22:35:10Z'),
      end: at('2019-06-27T22:35:12.5Z'),
      exported: at('2019-06-27T22:35:20.3Z'),
      source: '10.128.0.2',
      destination: '192.0.2.1',
      sourcePort: 80,
      destinationPort: 50_646,
      protocol: 6,
      packets: 4,
      octets: 2400,
      samplingInterval: 10,
      direction: 1,
    },
  ])
  const bare = JSON.stringify(
    (JSON.parse(sample('gcp.txt').toString()) as { jsonPayload: object }[])[0]!.jsonPayload,
  )
  expect((await readAll(bytesOf(bare))).rows).toMatchObject([{ source: '192.0.2.1', packets: 6 }])
})

describe('Argus', () => {
  test('sums and one direction give the other', async () => {
    const { rows, skipped, format } = await readAll(sample('argus.csv'))
    expect(format).toBe('argus-csv')
    expect(rows[0]).toEqual({
      ...one,
      number: 2,
      start: at('2011-08-10T09:46:59Z') + 607_825,
      end: at('2011-08-10T09:47:00Z') + 634_364,
      source: '94.44.127.113',
      destination: '147.32.84.59',
      sourcePort: 1577,
      destinationPort: 6881,
      protocol: 6,
      originator: 0,
      flags: 2,
      reverseFlags: 0x14,
      octets: 156,
      reverseOctets: 120,
      trafficClass: 0,
      application: { state: 'S_RA' },
    })
    expect(rows.map(({ originator, sourcePort }) => [originator, sourcePort])).toEqual([
      [0, 1577],
      [undefined, 443],
      [0, 8],
    ])
    expect(skipped).toEqual({ 'a time of day without its date (the first: line 5)': 1 })
  })
  test('seconds since 1970, both directions', async () => {
    const { rows, skipped } = await readAll(sample('argus-u.csv'))
    expect(rows).toMatchObject([
      {
        start: 1795227907411926,
        end: 1795227907414724,
        packets: 10,
        reversePackets: 31,
        octets: 920,
        reverseOctets: 42_313,
        flags: 0x1a,
      },
    ])
    expect(skipped).toEqual({ 'no record (the first: line 2)': 1 })
  })
})

test('formats are told by content, each by itself alone', () => {
  const names = [
    'nfdump-1.6.csv',
    'nfdump-fast.csv',
    'zeek/conn.txt',
    'aws-default.txt',
    'aws-custom.txt',
    'azure-nsg-1.txt',
    'azure-vnet.txt',
    'gcp.txt',
    'argus.csv',
  ]
  for (const name of names) {
    const head = Buffer.from(sample(name)).toString('latin1')
    expect([name, LOG_FORMATS.filter((format) => format.recognises(head)).length]).toEqual([name, 1])
  }
  for (const other of [
    '',
    '{}',
    '[]',
    '{"a":1}',
    'ts,te,td,pr,val,fl\n',
    'a,b\n1,2\n',
    '\u0000\u0001',
    '<html>',
  ])
    expect([other, logFormatOf(bytesOf(other))]).toEqual([other, undefined])
})
