/**
 * Frame by frame against tshark, over real captures: which frames hold TCP, whose, and how much of it; also
 * in tunnels, in fragments and in the quotations of ICMP errors. Needs tshark and mergecap, and captures
 * beside the repository; skipped without.
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
  LINK_FRAGMENT,
  locate,
  Place,
  TCP,
} from '../../src/wire/frame.ts'
import { PathTable } from '../../src/wire/path.ts'
import { quotedPacket } from '../../src/wire/quoted.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { enterTunnels } from '../../src/wire/tunnel.ts'
import { missing } from '../tools.ts'

const CAPTURES = join(import.meta.dirname, '../../../shared/captures/public/pcap')
/** Not merged: what mergecap refuses, and one that is 80,000 frames of the same kind. */
const LEFT_OUT = /^pcapngtest__|bug-1450-04__tls_DER-incomplete-header|echo-connections/
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
  const paths = new PathTable()
  const place = new Place(paths)
  const inner = new Place(paths)
  const frames: { kind: number; text: string }[] = []
  while (await reader.next(batch)) {
    for (let i = 0; i < batch.count; i++) {
      const at = batch.offset[i]!
      const { linkType } = reader.interfaces[batch.interface[i]!]!
      const end = at + batch.capturedLength[i]!
      let kind = enterTunnels(locate(batch.bytes, at, end, batch.wireLength[i]!, linkType, place), place)
      while (kind === FRAGMENT || kind === LINK_FRAGMENT) {
        const whole = kind === FRAGMENT ? fragments.offer : fragments.offerLink
        kind = enterTunnels(whole.call(fragments, place, batch.time[i]!), place)
      }
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
    let frame = 0
    let segments = 0
    for (const capture of captures) {
      const ours = await oursOf(join(CAPTURES, capture))
      ours.forEach(({ kind, text }, i) => {
        const their = theirs[frame++]
        if (text !== '') segments++
        if (text !== their) different.push(`${capture} ${i + 1}: ${kind} [${text}] tshark [${their}]`)
      })
    }
    expect(different).toEqual([])
    expect({ frame, segments: segments > 10_000 }).toEqual({ frame: theirs.length, segments: true })
  })
})
