/** Datagrams of exporters from a socket: received in a thread of its own, handed on here. */
import { Worker } from 'node:worker_threads'
import { Chunk } from './chunk.ts'
import type { FromUdpWorker, Received, Sender, ToUdpWorker, UdpWorkerData } from './udp-messages.ts'

/**
 * Octets of the socket's buffer that are asked for: Linux grants net.core.rmem_max, as a rule 212992, which
 * the thread empties in time for the rates that are promised; a larger one outlasts a busy machine.
 */
const RECEIVE_BUFFER = 1 << 25

/** Takes the payload b[at..at + length) of a datagram. */
export type TakeDatagram = (
  b: Uint8Array,
  at: number,
  length: number,
  sender: Sender,
  received: number,
) => void

export interface UdpSocket {
  /** Where it listens: the system chooses where 0 was asked. */
  readonly port: number
  /** Octets of the system's buffer, as it counts them. */
  readonly receiveBuffer: number
  readonly counts: {
    readonly dropped: number
    readonly kernelDropped: number | null
    /** Octets that were received and wait here. */
    readonly queued: number
  }
  /** Resolves when what was received has been handed on. */
  close(): Promise<void>
}

/**
 * Listens at `host` and `port`; `onBatch` is told after each run of datagrams. Rejects if the system refuses;
 * what fails later goes to `onFailure`.
 */
export function listenUdp(
  { host, port }: { readonly host: string; readonly port: number },
  take: TakeDatagram,
  onBatch: () => void,
  onFailure: (message: string) => void,
): Promise<UdpSocket> {
  const data: UdpWorkerData = { host, port, receiveBuffer: RECEIVE_BUFFER }
  const worker = new Worker(new URL('./udp-worker.ts', import.meta.url), { workerData: data })
  const counts = { dropped: 0, kernelDropped: null as number | null, queued: 0 }
  const senders: Sender[] = []
  const waiting: Received[] = []
  const say = (message: ToUdpWorker, transfer: ArrayBuffer[] = []): void =>
    worker.postMessage(message, transfer)
  const ended = Promise.withResolvers<void>()
  let hasExited = false
  /** One run of datagrams, and then others get their turn. */
  const work = (): void => {
    const message = waiting.shift()
    if (message !== undefined) {
      handOn(message, senders, take)
      counts.queued -= message.octets
      onBatch()
      say(message.buffer, [message.buffer])
    }
    if (waiting.length > 0) setImmediate(work)
    else if (hasExited) ended.resolve()
  }
  worker.once('exit', () => {
    hasExited = true
    if (waiting.length === 0) ended.resolve()
  })
  return new Promise((resolve, reject) => {
    const fail = (message: string): void => {
      reject(new Error(message))
      onFailure(message)
    }
    worker.on('error', (error) => fail(String(error)))
    worker.on('message', (message: FromUdpWorker) => {
      if (message.kind === 'failed') fail(message.message)
      else if (message.kind === 'received') {
        const { dropped, kernelDropped } = message
        Object.assign(counts, { dropped, kernelDropped, queued: counts.queued + message.octets })
        if (waiting.push(message) === 1) setImmediate(work)
      } else {
        const close = (): Promise<void> => (say('close'), ended.promise)
        resolve({ port: message.port, receiveBuffer: message.receiveBuffer, counts, close })
      }
    })
  })
}

function handOn(
  { buffer, count, senders: more, isAnew }: Received,
  senders: Sender[],
  take: TakeDatagram,
): void {
  if (isAnew) senders.length = 0
  for (const { address, port } of more) senders.push({ address: plain(address), port })
  const { bytes, offset, length, sender, received } = new Chunk(buffer, count)
  for (let i = 0; i < count; i++) {
    take(bytes, offset[i]!, length[i]!, senders[sender[i]!]!, received[i]!)
  }
}

/** An IPv4 sender as a socket of IPv6 tells it, and as everybody else does. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
