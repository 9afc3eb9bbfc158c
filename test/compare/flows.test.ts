/** Every export of the public collection and of the lab, field by field as tshark tells it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { messageLength } from '../../collectors/flows/message.ts'
import { decoding, type Told } from '../collectors/flows/decoding.ts'
import { udpFrame } from '../scenario/frame-writer.ts'
import { pcapFile } from '../scenario/pcap-writer.ts'
import { missing } from '../tools.ts'
import { SHARED } from './captures.ts'
import { dissected, FIELDS, micros, ours, theirs, timeOf } from './flow-facts.ts'

const EXPORTS = `${SHARED}public/flows/logstash__`
/** Files of bare messages, each behind the templates that it needs. */
const FILES: readonly (readonly string[])[] = [
  ['ipfix'],
  ['ipfix_test_mikrotik_tpl', 'ipfix_test_mikrotik_data258'],
  ['ipfix_test_vmware_vds_tpl', 'ipfix_test_vmware_vds_data264'],
  ['netflow5'],
  ['netflow5_test_invalid01'],
  ['netflow5_test_microtik'],
  ['netflow9_test_cisco_asa_1_tpl', 'netflow9_test_cisco_asa_1_data'],
  ['netflow9_test_softflowd_tpl_data'],
  ['netflow9_test_ubnt_edgerouter_tpl', 'netflow9_test_ubnt_edgerouter_data1024'],
]
const CAPTURES = [
  ...['data+templates', 'ipfixprobe-data', 'ipfixprobe-templates', 'nfv5'].map(
    (name) => `public/pcap/akvorado__${name}.pcap`,
  ),
  ...(existsSync(`${SHARED}lab/flows`) ? readdirSync(`${SHARED}lab/flows`) : [])
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => `lab/flows/${name}`),
]

/** What tshark makes of a file otherwise, and why. */
const OTHERWISE: Readonly<Record<string, { readonly flows: number; readonly because: string }>> = {
  netflow5_test_invalid01: {
    flows: 30,
    because:
      'its octets are changed at random, and its header claims 55582 records: nothing in it is believed',
  },
}

/** Fields that tshark tells and that are not read, or told otherwise. */
const NOT_READ: readonly string[] = [
  'cflow.aaa_username', // people's names are nobody's business here
  'cflow.timedelta', // end less start
  'cflow.timestart', // compared apart: it is relative
  'cflow.timeend',
  'cflow.ip_version',
  'cflow.padding',
  'cflow.nexthop',
  'cflow.bgpnexthop',
  'cflow.srcas',
  'cflow.dstas',
  'cflow.srcmask',
  'cflow.dstmask',
  'cflow.srcmac',
  'cflow.dstmac',
  'cflow.flows',
  'cflow.ttl_max',
  'cflow.layer2_segment_id',
  'cflow.mpls_label_length',
  'cflow.ingress_acl_id',
  'cflow.egress_acl_id',
  'cflow.enterprise_private_entry',
  'cflow.icmp_type_code_ipv4',
  'cflow.icmp_ipv4_type',
  'cflow.icmp_ipv4_code',
]

const folder = mkdtempSync(join(tmpdir(), 'holdfast-flows-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A capture of the messages of these files, one datagram each. */
function captured(names: readonly string[]): string {
  const frames: Uint8Array[] = []
  for (const name of names) {
    const bytes = new Uint8Array(readFileSync(`${EXPORTS}${name}.dat`))
    for (let at = 0; at < bytes.length;) {
      const length = Math.max(0, messageLength(bytes, at, bytes.length, true)) || bytes.length - at
      const payload = bytes.subarray(at, at + length)
      const ends = {
        source: '192.0.2.1',
        destination: '192.0.2.2',
        sourcePort: 50_000,
        destinationPort: 2055,
      }
      frames.push(udpFrame({ ...ends, payload }))
      at += length
    }
  }
  const path = join(folder, `${names[0]}.pcap`)
  writeFileSync(path, pcapFile(frames.map((bytes, i) => ({ seconds: 1_795_226_401, fraction: i, bytes }))))
  return path
}

/** Both sides' flows of a capture. */
function told(file: string) {
  const messages = dissected(file)
  const run = decoding()
  for (const { bytes, port } of messages) run.take({ bytes, port })
  run.decoder.finish()
  return { run, messages, flows: messages.flatMap(({ flows }) => flows) }
}

function compare(file: string): { run: ReturnType<typeof decoding>; count: number } {
  const { run, messages, flows } = told(file)
  expect(run.records.map((record, i) => ours(record, theirs(flows[i] ?? {})))).toEqual(flows.map(theirs))
  const unread = new Set(flows.flatMap((flow) => Object.keys(flow)).filter((name) => !(name in FIELDS)))
  expect(
    [...unread].filter((name) => !NOT_READ.includes(name) && !name.startsWith('cflow.tcpflags.')),
  ).toEqual([])
  compareTimes(run.records, messages)
  return { run, count: flows.length }
}

/**
 * Times since an exporter's start: exact in NetFlow v5; in v9 up to a second later, because headers tell
 * whole seconds and ours are of one exporter's start for all of its messages.
 */
function compareTimes(records: readonly Told[], messages: ReturnType<typeof dissected>): void {
  let i = 0
  for (const { header, flows } of messages) {
    if (header === null) continue
    const uptime = Number(header['cflow.sysuptime']) * 1000
    const sent = micros(String(header['cflow.timestamp']))
    for (const flow of flows) {
      const record = records[i++]!
      if (!('cflow.timestart' in flow) || Number.isNaN(uptime)) continue
      for (const [name, column] of [
        ['cflow.timestart', 'start'],
        ['cflow.timeend', 'end'],
      ] as const) {
        const expected = timeOf(Number(flow[name]) * 1000, uptime, sent)
        const late = Math.round(Number(record[column]) - expected)
        const allowed = header['cflow.version'] === '9' ? 999_000 : 0
        expect([column, late >= 0 && late <= allowed, late]).toEqual([column, true, late])
      }
    }
  }
}

describe.skipIf(missing('tshark') || !existsSync(`${SHARED}public/flows`))(
  'the public files of exports',
  () => {
    test.each(FILES.map((names) => [names[0]!, names] as const))('%s', (_name, names) => {
      const otherwise = OTHERWISE[names[0]!]
      if (otherwise === undefined) {
        const { run, count } = compare(captured(names))
        expect([run.records.length, count > 0]).toEqual([count, true])
      } else {
        const { run, flows } = told(captured(names))
        expect([flows.length, run.records.length], otherwise.because).toEqual([otherwise.flows, 0])
        expect(run.quality()).toEqual({ messages: 1, malformed: 1 })
      }
    })
  },
)

describe.skipIf(missing('tshark') || !existsSync(`${SHARED}public/pcap`))('exports in captures', () => {
  test.each(CAPTURES)('%s', (name) => {
    const { run, count } = compare(SHARED + name)
    expect(run.records.length).toBe(count)
  })
})
