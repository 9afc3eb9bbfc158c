/**
 * What mutation starts from: told stories, frames of every encapsulation that is read, a pcapng with every
 * block, the fixtures of the repository, and any folder of captures that is named.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { seconds } from '../../src/model/time.ts'
import { createTls } from '../bench/payloads.ts'
import { icmpFrame, tcpFragments, tcpFrame, udpFrame } from '../scenario/frame-writer.ts'
import type { TcpFrame } from '../scenario/frame-writer.ts'
import { ASKED, bytesOf, message, question, record, RESPONSE } from '../protocols/dns/craft.ts'
import { aggregate, pieces } from '../wire/radio.ts'
import { pcapOf, WRAPPED } from '../wire/wrap.ts'
import { exported } from './exports.ts'
import { comment, joined, pcapFile, pcapngBlocks, text } from '../scenario/pcap-writer.ts'
import { createRandom } from '../scenario/random.ts'
import { endpointOf, firewall, loadBalancer, request, response, scenario } from '../scenario/scenario.ts'

export interface Seed {
  readonly name: string
  readonly bytes: Uint8Array
}

const SEED_BYTES_MAX = 200_000 // of one capture, unpacked: larger ones make slow cases and find nothing else
const FIXTURES = fileURLToPath(new URL('../../fixtures/', import.meta.url))
const CAPTURE = /\.(pcap|pcapng|cap)(\.gz)?$/

function severed(): Seed[] {
  const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'rst-on-next' }))
  for (const agent of ['10.0.0.5', '10.0.0.6', '10.0.0.7']) {
    const { agent: party } = s.connect(agent, '192.0.2.10:10443')
    party.sends('heartbeat').receives('ok')
    s.wait(seconds(301))
    party.sends('heartbeat')
    s.connect(agent, '192.0.2.10:10443').agent.sends('again').keepAlive().closes()
  }
  return [...s.captures()].map(([tap, bytes]) => ({ name: `severed-${tap}`, bytes }))
}

function browsed(): Seed[] {
  const s = scenario().behind(
    loadBalancer({
      vip: endpointOf('10.10.2.10:80'),
      address: '10.10.3.1',
      idle: seconds(15),
      manner: 'fin',
      pick: (n) => ['10.10.3.11', '10.10.3.12'][n % 2]!,
      injects: (server) => `SERVERID=${server}; path=/`,
    }),
  )
  for (let i = 0; i < 4; i++) {
    const { agent, server } = s.connect(`10.10.1.${i % 2}`, '10.10.2.10:80')
    agent.sends(
      request('POST', '/omc/enroll', {
        cookie: `JSESSIONID=a${i}`,
        headers: { 'X-Agent-Id': `A${i}` },
        body: 'x=1',
      }),
    )
    server.sends(response({ setCookie: ['ovidCookie=1', 'JSESSIONID=b'], body: 'y'.repeat(3_000) }))
    agent.sends(request('GET', '/spipe/pkg?AgentGuid={1}'))
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'
    server.sends(chunked)
    s.wait(seconds(20))
  }
  return [...s.captures()].map(([tap, bytes]) => ({ name: `browsed-${tap}`, bytes }))
}

function encrypted(): Seed[] {
  const s = scenario({ taps: { client: { frame: { vlans: [10] } } } }),
    tls = createTls(createRandom(7), 'dlp.example.com')
  for (let i = 0; i < 2; i++) {
    const { agent, server } = s.connect('2001:db8::5', '[2001:db8:1::10]:443')
    const word = (payload: { bytes: Uint8Array; length: number }): Uint8Array =>
      payload.bytes.slice(0, payload.length)
    agent.sends(word(tls.clientHello()))
    server.sends(word(tls.serverHello()))
    agent.sends(word(tls.clientFinished())).sends(word(tls.applicationData(300)))
    server
      .sends(word(tls.applicationData(900)))
      .sends(word(tls.alert()))
      .closes()
  }
  return [{ name: 'encrypted', bytes: s.captures().get('client')! }]
}

function mailed(): Seed[] {
  const s = scenario(),
    { agent, server } = s.connect('10.0.0.5', '10.0.0.25:25')
  agent.sends('PROXY TCP4 10.9.9.9 10.0.0.25 4242 25\r\n')
  for (const [reply, command] of [
    ['220 mail ESMTP\r\n', 'EHLO agent\r\n'],
    ['250-mail\r\n250 STARTTLS\r\n', 'MAIL FROM:<a@b>\r\n'],
    ['250 ok\r\n', 'DATA\r\n'],
    ['354 go\r\n', 'Subject: x\r\n\r\n.\r\n'],
    ['250 queued\r\n', 'QUIT\r\n'],
    ['421 bye\r\n', ''],
  ] as const) {
    server.sends(reply)
    if (command !== '') agent.sends(command)
  }
  return [{ name: 'mailed', bytes: s.captures().get('client')! }]
}

const hosts = {
  source: '10.0.0.5',
  destination: '10.0.0.9',
  sourcePort: 50_000,
  destinationPort: 443,
} as const
const over6 = { ...hosts, source: '2001:db8::5', destination: '2001:db8::9' } as const
const payload = text('GET / HTTP/1.1\r\nHost: a\r\n\r\n')

/** One frame of each way to wrap a segment. */
function wrapped(): Uint8Array[] {
  const ways: Partial<TcpFrame>[] = [
    {},
    { vlans: [1, [0x88a8, 2]] },
    { mpls: [16, 17] },
    { pppoe: 7 },
    { padTo: 90 },
    { ipv4Options: new Uint8Array([7, 3, 4, 0]) },
    { options: { mss: 1460, windowScale: 7, sackPermitted: true, timestamps: [1, 2] }, flags: 2 },
    {
      options: {
        sack: [
          [1, 2],
          [5, 9],
        ],
      },
    },
  ]
  const extension = {
    extensions: [
      [0, new Uint8Array(6)],
      [60, new Uint8Array(14)],
    ],
  } as const
  const quoted = tcpFrame({ ...hosts, link: 'raw', payload }).slice(0, 28)
  return [
    ...ways.map((way) => tcpFrame({ ...hosts, payload, ...way })),
    tcpFrame({ ...over6, payload, ...extension }),
    ...tcpFragments({ ...hosts, payload: new Uint8Array(200) }, 64, 9),
    ...tcpFragments({ ...over6, payload: new Uint8Array(200) }, 64, 9),
    icmpFrame({ source: '10.0.0.1', destination: '10.0.0.5', type: 3, code: 4, rest: 1400, payload: quoted }),
    ...[53, 4789, 2152, 6081].map((port) =>
      udpFrame({ ...hosts, destinationPort: port, payload: tcpFrame({ ...hosts, payload }) }),
    ),
  ]
}

const wrappings = (): Seed => ({
  name: 'wrappings',
  bytes: pcapFile(wrapped().map((bytes, i) => ({ seconds: 1_795_226_400 + i, fraction: i, bytes }))),
})

/** Every tunnel that is read, and the link types that they come in: one interface for each. */
function tunnels(): Seed {
  const b = pcapngBlocks(false),
    linkTypes = [...new Set(WRAPPED.map(({ linkType = 1 }) => linkType))]
  const frames = WRAPPED.map(({ frame, linkType = 1 }, i) =>
    b.enhanced({
      bytes: frame,
      ticks: 1_795_226_400_000_000n + BigInt(i),
      interface: linkTypes.indexOf(linkType),
    }),
  )
  const interfaces = linkTypes.map((linkType) => b.interface({ linkType }))
  return { name: 'tunnels', bytes: joined([b.section(), ...interfaces, ...frames]) }
}

/** Frames of 802.11 that hold several packets, and pieces of others. */
function radio(): Seed {
  const packet = (sourcePort: number): Uint8Array => tcpFrame({ ...hosts, sourcePort, link: 'raw', payload })
  const frames = [aggregate([packet(1), packet(2), packet(3)]), ...pieces(packet(4), 7, 24)]
  return { name: 'radio', bytes: pcapOf(DOT11, frames) }
}
const DOT11 = 105

/** Questions and answers of the name service. */
function named(): Seed {
  const asked = bytesOf(message({ id: 7, questions: [question('agent.example')] }))
  const answers = [record(ASKED, 5, 60, '\x01b\xc0\x0c'), record(ASKED, 1, 60, '\x0a\0\0\x09')]
  const told = bytesOf(message({ id: 7, flags: RESPONSE, questions: [question('agent.example')], answers }))
  const ends = { source: '10.0.0.5', destination: '10.0.0.53' },
    back = { source: ends.destination, destination: ends.source }
  const frames = [
    udpFrame({ ...ends, sourcePort: 5353, destinationPort: 53, payload: asked }),
    udpFrame({ ...back, sourcePort: 53, destinationPort: 5353, payload: told }),
  ]
  return { name: 'named', bytes: pcapFile(frames.map((bytes, i) => ({ seconds: 1, fraction: i, bytes }))) }
}

/** Every block of pcapng, in both byte orders. */
function blocks(bigEndian: boolean): Seed {
  const b = pcapngBlocks(bigEndian),
    frame = tcpFrame({ ...hosts, payload })
  const ticks = 1_795_226_400_000_000n
  return {
    name: `blocks-${bigEndian ? 'big' : 'little'}`,
    bytes: joined([
      b.section([comment('a section')]),
      b.interface({
        snapLength: 96,
        options: [
          { code: 2, value: text('eth0') },
          { code: 9, value: new Uint8Array([6]) },
        ],
      }),
      b.interface({ linkType: 101, options: [{ code: 9, value: new Uint8Array([9]) }] }),
      b.secrets('CLIENT_RANDOM 00 11\n'),
      b.names([[new Uint8Array([10, 0, 0, 9]), 'server.example.com']]),
      b.enhanced({ bytes: frame, ticks, options: [comment('a frame')] }),
      b.enhanced({ bytes: frame.slice(14), ticks: ticks * 1000n, interface: 1 }),
      b.obsolete({ bytes: frame, ticks: ticks + 1n }),
      b.simple(frame),
      b.custom(32_473, new Uint8Array(8)),
      b.statistics(0, ticks + 2n, { 4: 100n, 5: 3n }),
      b.section(),
      b.interface(),
      b.enhanced({ bytes: frame, ticks: ticks + 3n }),
    ]),
  }
}

/** A capture as it is often kept. */
function packed(): Seed[] {
  const [, server] = severed()
  return [
    { name: 'packed-gzip', bytes: new Uint8Array(gzipSync(server!.bytes)) },
    { name: 'packed-zstd', bytes: new Uint8Array(zstdCompressSync(server!.bytes)) },
  ]
}

/** Captures of a folder and its folders, unpacked, up to the size limit. */
export function capturesIn(folder: string): Seed[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => CAPTURE.test(name))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name)
      if (statSync(path).size > SEED_BYTES_MAX) return []
      const stored = readFileSync(path)
      const bytes = new Uint8Array(name.endsWith('.gz') ? gunzipSync(stored) : stored)
      return bytes.length > SEED_BYTES_MAX ? [] : [{ name, bytes }]
    })
}

export function corpus(folder?: string): Seed[] {
  return [
    ...severed(),
    ...browsed(),
    ...encrypted(),
    ...mailed(),
    wrappings(),
    tunnels(),
    radio(),
    named(),
    ...exported(),
    blocks(false),
    blocks(true),
    ...packed(),
    ...capturesIn(FIXTURES),
    ...(folder === undefined ? [] : capturesIn(folder)),
  ]
}
