/**
 * Live captures that arrive as streams of octets: standard input, and pcap over IP, as Arkime, NetworkMiner
 * and PolarProxy speak it: a plain capture file, sent over TCP as it grows.
 *
 * Contract: one sender at a time; the next one is taken when the one before has gone. Only what cannot ever
 * work throws, before the first packet: an input error for the person who named it.
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { CaptureReader } from '../src/model/capture.ts'
import type { Fault } from '../src/model/fault.ts'
import { inputError, signal, streamSource } from './byte-source.ts'
import { openCapture } from './index.ts'
import type { Drops, LivePart, LiveSource } from './live-reader.ts'

/** Between two tries to reach a sender that does not answer, or says nothing: doubled up to the most. */
const RETRY_MS = 500
export const RETRY_MS_MAX = 30_000

const nobodySays = (queued: () => number): Drops => ({
  kernel: null,
  interface: null,
  get queued() {
    return queued()
  },
})

/** A stream that is one capture, such as standard input: at its end nothing more comes. */
export function inputSource(stream: Readable, name: string): LiveSource {
  let taken = false
  return {
    name,
    async next() {
      if (taken) return null
      taken = true
      return { reader: await openCapture(streamSource(stream), { path: name }), skip: 0, gap: null }
    },
    over: () => undefined,
    drops: nobodySays(() => stream.readableLength),
    position: () => null,
    close: () => void stream.destroy(),
  }
}

export interface Address {
  readonly host: string
  readonly port: number
}

interface Senders {
  readonly name: string
  /** Waits for a sender; null once it is closed. */
  socket(): Promise<Socket | null>
  close(): void
}

/** Fetches a capture from a server of pcap over IP, again and again; `dial` begins a connection. */
export const connectSource = (address: Address, dial: Dial = connect): LiveSource =>
  ofSenders(connecting(address, dial))
type Dial = (address: Address) => Socket

/** Takes captures that are sent to a port of ours. Resolves once it listens; throws an input error. */
export async function listenSource(address: Address): Promise<LiveSource> {
  return ofSenders(await listening(address))
}

function ofSenders(senders: Senders): LiveSource {
  let socket: Socket | null = null
  let lost: string | null = null
  let seen = false
  return {
    name: senders.name,
    async next(): Promise<LivePart | null> {
      for (;;) {
        socket = await senders.socket()
        if (socket === null) return null
        const reader = await opened(socket, senders.name, !seen)
        if (reader === null) continue
        const gap = seen ? (lost ?? 'the sender was away') : null
        seen = true
        return { reader, skip: 0, gap }
      }
    },
    over(fault: Fault | null) {
      lost = fault === null ? 'the sender had ended' : `the sender was lost (${fault.message})`
    },
    drops: nobodySays(() => socket?.readableLength ?? 0),
    position: () => null,
    close() {
      socket?.destroy()
      senders.close()
    },
  }
}

/** Null: it sent nothing that is a capture; told to whoever named the first one. */
async function opened(socket: Socket, name: string, isFirst: boolean): Promise<CaptureReader | null> {
  try {
    return await openCapture(streamSource(socket), { path: name })
  } catch (error) {
    socket.destroy()
    if (isFirst && socket.bytesRead > 0) throw error
    return null
  }
}

function connecting({ host, port }: Address, dial: Dial): Senders {
  let closed = false
  let wait = 0
  let last: Socket | null = null
  let wake: (() => void) | null = null
  let trying: Socket | null = null
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, wait)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  return {
    name: `tcp://${host}:${port}`,
    async socket() {
      // Whatever stands before a sender may take connections that nobody serves.
      if (last !== null && last.bytesRead > 0) wait = 0
      let isInVain = last?.bytesRead === 0
      while (!closed) {
        if (isInVain) {
          wait = Math.min(RETRY_MS_MAX, wait === 0 ? RETRY_MS : 2 * wait)
          await pause()
          if (closed) break
        }
        last = await reached((trying = dial({ host, port })))
        trying = null
        if (last !== null) return last
        isInVain = true
      }
      return null
    },
    close() {
      closed = true
      // A host that does not answer at all is tried for minutes.
      trying?.destroy()
      wake?.()
    },
  }
}

const reached = (socket: Socket): Promise<Socket | null> =>
  new Promise((resolve) => {
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(null))
    socket.once('close', () => resolve(null))
  })

/** Senders that wait for their turn. */
const WAITING_MAX = 16

async function listening({ host, port }: Address): Promise<Senders> {
  const waiting: Socket[] = []
  const came = signal()
  let closed = false
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    if (waiting.length >= WAITING_MAX) return void socket.destroy()
    waiting.push(socket)
    came.notify()
  })
  await bound(server, host, port)
  const at = server.address()
  return {
    name: `tcp-listen://${host}:${typeof at === 'object' && at !== null ? at.port : port}`,
    async socket() {
      while (!closed) {
        const socket = waiting.shift()
        if (socket !== undefined) return socket
        await came.wait()
      }
      return null
    },
    close() {
      closed = true
      server.close()
      for (const socket of waiting) socket.destroy()
      came.notify()
    },
  }
}

const bound = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(inputError(`cannot listen at ${host}:${port}: ${error.code ?? error.message}`)),
    )
    server.listen({ host, port }, resolve)
  })
