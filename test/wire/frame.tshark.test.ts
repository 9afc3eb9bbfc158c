/**
 * Frame by frame against tshark, over real captures: which frames hold TCP, whose, and how much of it; also
 * in fragments and in the quotations of ICMP errors. Needs tshark and mergecap, and captures beside the
 * repository; skipped without.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCaptureFile } from '../../collectors/index.ts'
import { ipv4Text, ipv6Text } from '../../src/bytes/address.ts'
import { FrameBatch } from '../../src/bytes/frame-batch.ts'
import { Fragments } from '../../src/connections/fragments.ts'
import {
  BROKEN_TCP,
  FRAGMENT,
  ICMP,
  ICMPV6,
  locate,
  Place,
  TCP,
  TUNNEL,
  UDP,
  UNKNOWN_LINK_TYPE,
} from '../../src/wire/frame.ts'
import { quotedPacket } from '../../src/wire/quoted.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { missing } from '../tools.ts'

const CAPTURES = join(import.meta.dirname, '../../../shared/captures/public/pcap')
/** Not merged: what mergecap refuses, and one that is 80,000 frames of the same kind. */
const LEFT_OUT = /^pcapngtest__|bug-1450-04__tls_DER-incomplete-header|echo-connections/
/** Captures in which tshark finds TCP where we do not look (yet), and what it is in. */
const ENCAPSULATED: Readonly<Record<string, string>> = {
  'arkime__80211http.pcap': 'unknown link type',
  'arkime__gre-erspan-vxlan.pcap': 'tunnel',
  'arkime__gtp-iphone.pcap': 'tunnel over UDP',
  'arkime__nflog.pcap': 'unknown link type',
  'ndpi__4in6tunnel.pcap': 'tunnel',
  'ndpi__vxlan.pcap': 'tunnel over UDP',
  'suriv__bug-5437-02__input.pcap': 'tunnel',
  'zeek__tunnels-geneve-47101.pcap': 'tunnel over UDP',
  'zeek__tunnels-gtp-gtp2_different_udp_port.pcap': 'tunnel over UDP',
}

const absent = [...(existsSync(CAPTURES) ? [] : ['captures']), ...['tshark', 'mergecap'].filter(missing)]

const FIELDS = [
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.len',
  'tcp.stream',
]
const last = (values: string | undefined): string => values?.split(',').at(-1) ?? ''

/**
 * `source port destination port octets` of the innermost TCP of each frame that has a stream number; '' of
 * the others.
 */
function tsharkOf(capture: string): string[] {
  const preferences = ['-o', 'tcp.desegment_tcp_streams:FALSE', '-T', 'fields', '-E', 'separator=|']
  const fields = FIELDS.flatMap((field) => ['-e', field])
  const text = execFileSync('tshark', ['-n', '-r', capture, ...preferences, ...fields], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [protocols = '', from4, to4, from6, to6, source, destination, octets, stream] = line.split('|')
      if (stream === '') return ''
      const isIpv6 = protocols.lastIndexOf(':ipv6') > protocols.lastIndexOf(':ip:')
      const length = protocols.includes(':icmp') ? 'quoted' : Number(last(octets))
      const [from, to] = isIpv6 ? [last(from6), last(to6)] : [last(from4), last(to4)]
      return `${from} ${last(source)} ${to} ${last(destination)} ${length}`
    })
}

function tupleAt(
  { bytes, networkAt: ip, transportAt: at, version }: Place,
  length: number | 'quoted',
): string {
  const [from, to] =
    version === 4
      ? [ipv4Text(bytes, ip + 12), ipv4Text(bytes, ip + 16)]
      : [ipv6Text(bytes, ip + 8), ipv6Text(bytes, ip + 24)]
  return `${from} ${tcp.sourcePort(bytes, at)} ${to} ${tcp.destinationPort(bytes, at)} ${length}`
}

/** The same of every frame of a capture, with the kind that `locate` told. */
async function oursOf(capture: string): Promise<{ kind: number; text: string }[]> {
  const reader = await openCaptureFile(capture)
  const batch = new FrameBatch()
  const fragments = new Fragments()
  const place = new Place()
  const inner = new Place()
  const frames: { kind: number; text: string }[] = []
  while (await reader.next(batch)) {
    for (let i = 0; i < batch.count; i++) {
      const at = batch.offset[i]!
      const { linkType } = reader.interfaces[batch.interface[i]!]!
      let kind = locate(batch.bytes, at, at + batch.capturedLength[i]!, batch.wireLength[i]!, linkType, place)
      if (kind === FRAGMENT) kind = fragments.offer(place, batch.time[i]!)
      frames.push({ kind, text: textOf(kind, place, inner) })
    }
  }
  reader.close()
  return frames
}

function textOf(kind: number, place: Place, inner: Place): string {
  const isTcp = (which: number) => which === TCP || which === BROKEN_TCP
  if (isTcp(kind)) return tupleAt(place, tcp.payloadLength(place.bytes, place.transportAt, place.wireEnd))
  if (kind !== ICMP && kind !== ICMPV6) return ''
  return isTcp(quotedPacket(place, inner)) ? tupleAt(inner, 'quoted') : ''
}

const outer = (kind: number): string | null =>
  ({ [TUNNEL]: 'tunnel', [UDP]: 'tunnel over UDP', [UNKNOWN_LINK_TYPE]: 'unknown link type' })[kind] ?? null

describe.skipIf(absent.length > 0)(`tshark agrees (missing: ${absent.join(', ') || 'nothing'})`, () => {
  const folder = absent.length > 0 ? '' : mkdtempSync(join(tmpdir(), 'holdfast-'))
  const captures = absent.length > 0 ? [] : readdirSync(CAPTURES).filter((name) => !LEFT_OUT.test(name))
  const merged = join(folder, 'merged.pcapng')
  let theirs: string[] = []

  beforeAll(() => {
    const paths = captures.map((name) => join(CAPTURES, name))
    execFileSync('mergecap', ['-a', '-F', 'pcapng', '-w', merged, ...paths], { stdio: 'ignore' })
    theirs = tsharkOf(merged)
  }, 120_000)
  afterAll(() => {
    if (folder !== '') rmSync(folder, { recursive: true })
  })

  test('on every frame of every capture', { timeout: 60_000 }, async () => {
    const different: string[] = []
    const encapsulated = new Map<string, Set<string>>()
    let frame = 0
    let segments = 0
    for (const capture of captures) {
      const ours = await oursOf(join(CAPTURES, capture))
      ours.forEach(({ kind, text }, i) => {
        const their = theirs[frame++]
        const wrapped = text === '' && their !== '' ? outer(kind) : null
        if (text !== '') segments++
        if (wrapped !== null) encapsulated.set(capture, (encapsulated.get(capture) ?? new Set()).add(wrapped))
        else if (text !== their) different.push(`${capture} ${i + 1}: ${kind} [${text}] tshark [${their}]`)
      })
    }
    expect(different).toEqual([])
    expect({ frame, segments: segments > 10_000 }).toEqual({ frame: theirs.length, segments: true })
    const found = [...encapsulated].map(([capture, kinds]) => [capture, [...kinds].toSorted().join(', ')])
    expect(Object.fromEntries(found)).toEqual(ENCAPSULATED)
  })
})
