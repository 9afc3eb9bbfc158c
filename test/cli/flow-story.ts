/** A story of agents as a router tells it in NetFlow v5 or IPFIX, each flow when it has ended, and sockets
 *  that send it. */
import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { ipfix, ipv4, netflow5, set, template, unsigned, UPTIME, type V5Record } from '../scenario/exports.ts'

/** An hour ago, to the second: nothing that is exported lies in the future. */
export const BEGUN = Math.floor(Date.now() / 1000) - 3600

export interface Message {
  /** Seconds of the story. */
  readonly at: number
  readonly records: readonly V5Record[]
}

const SYN_TO_FIN = 0x1b

/** A connection that lasted for `span` seconds, told when it was over. */
export function visit(at: number, agent: string, server: string, port: number, span = 0.2): Message {
  const first = UPTIME + Math.round(at * 1000)
  const last = first + Math.round(span * 1000)
  const common = { packets: 8, octets: 4000, flags: SYN_TO_FIN, last }
  return {
    at: at + span,
    records: [
      { ...common, source: agent, destination: server, sourcePort: port, destinationPort: 10_443, first },
      {
        ...common,
        source: server,
        destination: agent,
        sourcePort: 10_443,
        destinationPort: port,
        first: first + 5,
      },
    ],
  }
}

/** The datagrams of messages, numbered from `sequence` on. */
export function datagrams(messages: readonly Message[], sequence = 0): Uint8Array[] {
  let next = sequence
  return messages.map(({ at, records }) => {
    const uptime = UPTIME + Math.round(at * 1000)
    const bytes = netflow5(records, { seconds: BEGUN + Math.floor(at), uptime, sequence: next })
    // Nanoseconds of the header.
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(12, Math.round((at % 1) * 1e9))
    next += records.length
    return bytes
  })
}

const FIELDS = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
  [6, 1],
  [2, 4],
  [1, 4],
  [152, 8],
  [153, 8],
] as const

/** The same in IPFIX, as one session: the template comes first, and numbers begin at 0. */
export function ipfixMessages(messages: readonly Message[]): Uint8Array[] {
  let sequence = 0
  return messages.map(({ at, records }, i) => {
    const all = records.map((r) => [
      ...[r.source!, r.destination!].map(ipv4),
      ...[r.sourcePort!, r.destinationPort!].map((port) => unsigned(port, 2)),
      ...[6, r.flags!].map((n) => unsigned(n, 1)),
      ...[r.packets!, r.octets!].map((n) => unsigned(n, 4)),
      ...[r.first!, r.last!].map((ms) => unsigned(BEGUN * 1000 + ms - UPTIME, 8)),
    ])
    const sets = [...(i === 0 ? [set(2, [template(256, FIELDS)])] : []), set(256, all.flat())]
    const message = ipfix(sets, { seconds: BEGUN + Math.ceil(at), sequence })
    sequence += records.length
    return message
  })
}

/** A connection to a collector; null while nobody listens. */
export function connected(port: number): Promise<Socket | null> {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket)).once('error', () => resolve(null))
  })
}

/** Sends datagrams from one port, which stays the exporter's. */
export async function exporterTo(port: number) {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', () => resolve())
  })
  return {
    async send(all: readonly Uint8Array[]): Promise<void> {
      for (const [i, bytes] of all.entries()) {
        await new Promise((resolve) => {
          socket.send(bytes, port, '127.0.0.1', resolve)
        })
        // The system's buffer is small where nobody made it larger.
        if (i % 50 === 49) await delay(20)
      }
    },
    close: (): void => void socket.close(),
  }
}

/** Two servers of which an agent stays with one. */
export const TWO_SERVERS = `services:
  - name: dlp
    ports: [10443]
    persistence: sticky
    servers:
      - { name: dlp1, addresses: [10.10.3.11] }
      - { name: dlp2, addresses: [10.10.3.12] }
`
