/**
 * Connections in tunnels against tshark's streams, over real captures: their ports, packets and octets.
 * Skipped without tshark, or without captures beside the repository.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openCaptureFile } from '../../collectors/index.ts'
import type { ConnectionSummary } from '../../src/model/connection.ts'
import { seconds } from '../../src/model/time.ts'
import { TapRun } from '../../src/pipeline/tap-run.ts'
import { missing } from '../tools.ts'

const CAPTURES = join(import.meta.dirname, '../../../shared/captures/public/pcap')
const absent = [...(existsSync(CAPTURES) ? [] : ['captures']), ...['tshark'].filter(missing)]

/** The capture, and the paths in it without their ends. */
const TUNNELLED: readonly (readonly [string, readonly string[]])[] = [
  ['arkime__80211http.pcap', ['']],
  ['arkime__gre-erspan-vxlan.pcap', ['erspan, vxlan-gpe']],
  ['arkime__gtp-iphone.pcap', ['gtp']],
  ['arkime__nflog.pcap', ['']],
  ['arkime__pppoe.pcap', ['pppoe']],
  ['ndpi__4in6tunnel.pcap', ['4in6']],
  ['ndpi__vxlan.pcap', ['vxlan']],
  ['suriv__bug-5437-02__input.pcap', ['erspan']],
  ['zeek__mixed-vlan-mpls.pcap', ['', 'mpls']],
  ['zeek__pppoe-over-qinq.pcap', ['pppoe']],
  ['zeek__tunnels-geneve-47101.pcap', ['geneve']],
  ['zeek__tunnels-gtp-gtp2_different_udp_port.pcap', ['gtp']],
  ['zeek__vntag_vlan_sandwich_clean.pcap', ['']],
]

/**
 * Streams that are two connections here. In stream 7 tshark puts five SYNs of one ERSPAN session, whose
 * mirror is 230.47.210.140, together with two FINs of another session and mirror. Their acknowledgments are
 * 1,086,412,123 octets away from the SYNs: they end another connection of the same ports, which only its own
 * mirror saw.
 */
const TWO_HERE: readonly string[] = ['suriv__bug-5437-02__input.pcap 7']

interface Account {
  readonly ports: string
  packets: number
  octets: number
}

function tsharkOf(path: string): Map<number, Account> {
  const fields = ['tcp.stream', 'tcp.srcport', 'tcp.dstport', 'tcp.len'].flatMap((field) => ['-e', field])
  const shown = ['-Y', 'tcp && !icmp && !icmpv6', '-T', 'fields', '-E', 'occurrence=l']
  const text = execFileSync('tshark', ['-n', '-r', path, ...shown, ...fields], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const streams = new Map<number, Account>()
  for (const line of text.trimEnd().split('\n')) {
    const [stream, from, to, octets] = line.split('\t')
    const ports = [from!, to!].toSorted().join(' ')
    const account = streams.get(Number(stream)) ?? { ports, packets: 0, octets: 0 }
    account.packets++
    account.octets += Number(octets)
    streams.set(Number(stream), account)
  }
  return streams
}

async function summariesOf(path: string): Promise<ConnectionSummary[]> {
  const summaries: ConnectionSummary[] = []
  const reader = await openCaptureFile(path)
  const run = new TapRun(
    { tap: '', path, reader, sha256: null },
    {
      silenceMin: seconds(30),
      servicePorts: new Set(),
      secrets: () => null,
      from: null,
      to: null,
      nextTapIndex: () => 0,
      wants: { openings: false, fingerprints: false, alerts: false },
      emit: (o) => void (o.kind === 'connection-closed' && summaries.push(o.summary)),
    },
  )
  while (await run.read()) run.process()
  run.finish()
  reader.close()
  return summaries
}

function accountOf({ originator, responder, halves: [a, b] }: ConnectionSummary): Account {
  const ports = [String(originator.port), String(responder.port)].toSorted().join(' ')
  return { ports, packets: a.packets + b.packets, octets: a.bytes + b.bytes }
}

describe.skipIf(absent.length > 0)(`tshark agrees (missing: ${absent.join(', ') || 'nothing'})`, () => {
  test.each(TUNNELLED)('%s', async (capture, paths) => {
    const path = join(CAPTURES, capture)
    const summaries = await summariesOf(path)
    const isOne = (stream: number): boolean => !TWO_HERE.includes(`${capture} ${stream}`)
    const theirs = [...tsharkOf(path)].filter(([stream]) => isOne(stream))
    const ours = summaries.filter(({ stream }) => isOne(stream))
    expect(new Map(ours.map((summary) => [summary.stream, accountOf(summary)]))).toEqual(new Map(theirs))
    expect(ours.length).toBe(theirs.length)
    expect(summaries.length - ours.length).toBe(2 * TWO_HERE.filter((of) => of.startsWith(capture)).length)
    const named = ours.map((summary) => summary.path!.map((step) => step.split(' ')[0]!).join(', '))
    expect([...new Set(named)].toSorted()).toEqual(paths)
  })
})
