/** A story of agents as a router tells it in NetFlow v5, each flow when it has ended, and a socket that sends
 *  it. */
import { createSocket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'
import { netflow5, UPTIME, type V5Record } from '../scenario/exports.ts'

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

/** A port of UDP that is free now. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', () => resolve())
  })
  const { port } = socket.address()
  await new Promise<void>((resolve) => {
    socket.close(() => resolve())
  })
  return port
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
