/**
 * IPFIX over TCP (RFC 7011 10.4): messages one behind the other, each as long as its header says; what was
 * said in a connection is forgotten with it.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { u16 } from '../../src/bytes/read.ts'
import { IPFIX_HEADER } from './message.ts'
import type { Sender } from './udp-messages.ts'
import type { TakeDatagram } from './udp.ts'

/** Exporters that are connected at once; the system refuses the next. */
const CONNECTIONS_MAX = 1024
/** Octets of a message at most, by its header's field. */
const MESSAGE_MAX = 65_535
const IPFIX_VERSION = 10

export interface TcpListener {
  readonly port: number
  readonly counts: { readonly connections: number; readonly broken: number }
  close(): Promise<void>
}

export interface TcpHandlers {
  readonly take: TakeDatagram
  /** After the messages of a piece. */
  readonly onBatch: () => void
  readonly onEnd: (sender: Sender) => void
  readonly onFailure: (message: string) => void
}

/** Listens at `host` and `port`. Rejects if the system refuses; what fails later goes to `onFailure`. */
export function listenTcp(
  { host, port }: { readonly host: string; readonly port: number },
  handlers: TcpHandlers,
): Promise<TcpListener> {
  const counts = { connections: 0, broken: 0 }
  const open = new Set<Socket>()
  const server = createServer({ keepAlive: true }, (socket) => {
    counts.connections++
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    serve(socket, handlers, () => counts.broken++)
  })
  server.maxConnections = CONNECTIONS_MAX
  return new Promise((resolve, reject) => {
    server.on('error', (error) => {
      reject(error)
      handlers.onFailure(error.message)
    })
    server.listen(port, host, () =>
      resolve({ port: portOf(server), counts, close: () => close(server, open) }),
    )
  })
}

const portOf = (server: Server): number => (server.address() as { readonly port: number }).port

function close(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  for (const socket of open) socket.destroy()
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

/** Reads a connection to its end, or to the first octets that are no message. */
function serve(socket: Socket, { take, onBatch, onEnd }: TcpHandlers, onBroken: () => void): void {
  const sender: Sender = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
  const held = new Uint8Array(MESSAGE_MAX)
  let fill = 0
  socket.on('error', onBroken)
  socket.on('close', () => onEnd(sender))
  socket.on('data', (piece: Uint8Array) => {
    const received = Date.now() * 1000
    let at = 0
    while (at < piece.length) {
      const count = Math.min(wanted(held, fill) - fill, piece.length - at)
      held.set(piece.subarray(at, at + count), fill)
      fill += count
      at += count
      if (fill >= IPFIX_HEADER && !isMessage(held))
        return void socket.destroy(new Error('no message of IPFIX'))
      if (fill >= IPFIX_HEADER && fill === wanted(held, fill)) {
        take(held, 0, fill, sender, received)
        fill = 0
      }
    }
    onBatch()
  })
}

/** Octets of the header, and then of the message. */
const wanted = (held: Uint8Array, fill: number): number => (fill < IPFIX_HEADER ? IPFIX_HEADER : u16(held, 2))

const isMessage = (held: Uint8Array): boolean =>
  u16(held, 0) === IPFIX_VERSION && u16(held, 2) >= IPFIX_HEADER
