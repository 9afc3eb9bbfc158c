/** Captures made elsewhere: what this parser says of each connection, against what tshark says. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Observation } from '../../../src/model/observation.ts'
import { otherSide, type Side } from '../../../src/model/packet.ts'
import type { StreamConsumer } from '../../../src/model/stream.ts'
import { keyLog } from '../../../src/protocols/tls/key-log.ts'
import { openTls } from '../../../src/protocols/tls/parser.ts'
import { ReassemblyAccount } from '../../../src/streams/account.ts'
import { Stream } from '../../../src/streams/reassembly.ts'
import { missing } from '../../tools.ts'
import { contextInto } from '../parser.case.ts'

const CAPTURES = new URL('../../../../shared/captures/', import.meta.url).pathname
const absent = !existsSync(CAPTURES)
  ? 'there is no ../shared/captures'
  : missing('tshark')
    ? 'there is no tshark'
    : null

const FIELDS = [
  'frame.number',
  'frame.time_epoch',
  'tcp.stream',
  'tcp.srcport',
  'ip.src',
  'ipv6.src',
  'tcp.flags',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.len',
  'tcp.payload',
  'tls.handshake.extensions_server_name',
  'tls.handshake.ja3',
  'tls.handshake.ja3s',
  'tls.handshake.session_id',
  'tls.handshake.certificate',
  'tls.alert_message.level',
  'tls.alert_message.desc',
  'http.request.method',
] as const
type Row = { readonly [name in (typeof FIELDS)[number]]: string }

function rows(file: string, keys: string | null): Row[] {
  const out = execFileSync(
    'tshark',
    [
      '-r',
      file,
      '-2',
      '-Y',
      'tcp',
      '-T',
      'fields',
      '-E',
      'separator=|',
      ...FIELDS.flatMap((field) => ['-e', field]),
    ].concat(keys === null ? [] : ['-o', `tls.keylog_file:${keys}`]),
    { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const lines = out.toString('latin1').trimEnd().split('\n')
  return lines.map((line) => Object.fromEntries(line.split('|').map((value, i) => [FIELDS[i], value])) as Row)
}

/** Facts of one connection, as sets in order. */
type Facts = Record<'names' | 'ja3' | 'ja3s' | 'sessions' | 'certificates' | 'alerts' | 'requests', string[]>
const noFacts = (): Facts => ({
  names: [],
  ja3: [],
  ja3s: [],
  sessions: [],
  certificates: [],
  alerts: [],
  requests: [],
})
const ordered = (facts: Facts): Facts =>
  Object.fromEntries(
    Object.entries(facts).map(([name, values]) => [
      name,
      name === 'requests' ? values : [...new Set(values)].toSorted(),
    ]),
  ) as Facts

const list = (value: string): string[] => (value === '' ? [] : value.split(','))
const octets = (value: string): Buffer => Buffer.from(value.replaceAll(':', ''), 'hex')
const sha256 = (value: string): string => createHash('sha256').update(octets(value)).digest('hex')

function theirs(all: readonly Row[]): Map<string, Facts> {
  const by = new Map<string, Facts>()
  for (const row of all) {
    const facts = by.get(row['tcp.stream']) ?? noFacts()
    by.set(row['tcp.stream'], facts)
    facts.names.push(...list(row['tls.handshake.extensions_server_name']))
    facts.ja3.push(...list(row['tls.handshake.ja3']))
    facts.ja3s.push(...list(row['tls.handshake.ja3s']))
    facts.sessions.push(...list(row['tls.handshake.session_id']))
    facts.certificates.push(...list(row['tls.handshake.certificate']).map(sha256))
    const descriptions = list(row['tls.alert_message.desc'])
    facts.alerts.push(
      ...list(row['tls.alert_message.level']).map((level, i) => `${level} ${descriptions[i]}`),
    )
    facts.requests.push(...list(row['http.request.method']))
  }
  return by
}

function note(facts: Facts, o: Observation): void {
  if (o.kind === 'tls-alert' && o.level !== null) facts.alerts.push(`${o.level} ${o.description}`)
  if (o.kind !== 'tls-handshake') return
  if (o.client !== null) {
    if (o.client.serverName !== null) facts.names.push(o.client.serverName)
    facts.ja3.push(o.client.ja3)
    if (o.client.sessionId !== '') facts.sessions.push(o.client.sessionId)
  }
  if (o.server !== null) {
    facts.ja3s.push(o.server.ja3s)
    if (o.server.sessionId !== '') facts.sessions.push(o.server.sessionId)
  }
  facts.certificates.push(...[...o.certificates, ...o.clientCertificates].map((c) => c.fingerprintSha256))
}

/** Notes the methods of the requests inside. */
const requestsInto = (facts: Facts): StreamConsumer => ({
  data(_side, bytes, start, end) {
    const method = /^([A-Z]+) \S+ HTTP\/1/.exec(
      Buffer.from(bytes.subarray(start, end)).toString('latin1'),
    )?.[1]
    if (method !== undefined) facts.requests.push(method)
    return 0
  },
  gap: () => 0,
  end() {},
  close() {},
})

function ours(all: readonly Row[], keys: string | null): Map<string, Facts> {
  const by = new Map<
    string,
    { facts: Facts; stream: Stream; originator: string; observations: Observation[] }
  >()
  const account = new ReassemblyAccount()
  const secrets = keys === null ? undefined : keyLog(readFileSync(keys, 'utf8'))
  for (const row of all) {
    const flags = parseInt(row['tcp.flags'], 16)
    const source = `${row['ip.src']}${row['ipv6.src']} ${row['tcp.srcport']}`
    let connection = by.get(row['tcp.stream'])
    if (connection === undefined) {
      const observations: Observation[] = []
      const facts = noFacts()
      const tls = openTls(contextInto(observations, secrets), () => requestsInto(facts))
      connection = {
        facts,
        stream: new Stream(tls, account),
        originator: (flags & 0x12) === 0x12 ? '' : source,
        observations,
      }
      by.set(row['tcp.stream'], connection)
    }
    const { stream, originator } = connection
    const side: Side = source === originator ? 0 : 1
    const sequence = (Number(row['tcp.seq_raw']) + (flags & 2 ? 1 : 0)) >>> 0
    const time = Math.round(Number(row['frame.time_epoch']) * 1e6)
    const packet = Number(row['frame.number'])
    const payload = octets(row['tcp.payload'])
    const length = Number(row['tcp.len'])
    if (flags & 2) stream.startsAt(side, sequence)
    stream.segment(side, sequence, payload, 0, payload.length, length, time, packet)
    if (flags & 0x10) stream.acknowledged(otherSide(side), Number(row['tcp.ack_raw']), time, packet)
    if (flags & 1) stream.finish(side, time, packet, (sequence + length) >>> 0)
  }
  for (const { stream } of by.values()) stream.close(Number.MAX_SAFE_INTEGER)
  return new Map(
    [...by].map(([name, { facts, observations }]) => {
      for (const o of observations) note(facts, o)
      return [name, facts]
    }),
  )
}

describe.skipIf(absent !== null)(absent === null ? 'captures' : `captures, left out: ${absent}`, () => {
  test.each([
    ['lab/c5_tls_rr_mismatch.client.pcap.gz', 'lab/c5_tls_rr_mismatch.keylog.txt'],
    ['lab/s5_rr_tls_resume.client.pcap.gz', 'lab/s5_rr_tls_resume.keylog.txt'],
    ['lab/s8_cookie_https12.client.pcap.gz', 'lab/s8_cookie_https12.keylog.txt'],
    ['lab/s8_cookie_https13.client.pcapng.gz', 'lab/s8_cookie_https13.keylog.txt'],
    ['lab/s11_name_mismatch13.server.pcapng.gz', 'lab/s11_name_mismatch13.keylog.txt'],
    ['lab/s12_termination.server.pcap.gz', 'lab/s12_termination.keylog.txt'],
    [
      'public/pcap/zeek__tls-tls-1.2-stream-keylog.pcap',
      'public/keys/zeek__tls-tls-1.2-stream-keylog.keylog',
    ],
    ['public/pcap/arkime__openssl-tls1_1.pcap', null],
    ['public/pcap/ndpi__netflix.pcap', null],
    ['public/pcap/ndpi__sites.pcapng', null],
    ['public/pcap/ndpi__1kxun.pcap', null],
    ['public/pcap/zeek__tls-tls13draft16-ff52.a01.pcap', null],
  ] as const)('%s', (capture, log) => {
    const keys = log === null ? null : CAPTURES + log
    const all = rows(CAPTURES + capture, keys)
    const expected = theirs(all)
    const found = ours(all, keys)
    let handshakes = 0
    for (const [stream, facts] of expected) {
      handshakes += facts.ja3.length
      // Requests in clear are tshark's business.
      const own = found.get(stream)!
      const isTls = facts.ja3.length > 0
      expect(ordered(own), `tcp.stream ${stream}`).toEqual(
        ordered(isTls && log !== null ? facts : { ...facts, requests: [] }),
      )
    }
    expect(handshakes).toBeGreaterThan(0)
  })
})
