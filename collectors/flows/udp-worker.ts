/**
 * The thread that receives datagrams, and does nothing else: the system's buffer holds some hundred of them,
 * which is less than an analysis may take for a batch.
 */
import { createSocket, type Socket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { Chunk } from './chunk.ts'
import type { FromUdpWorker, Sender, ToUdpWorker, UdpWorkerData } from './udp-messages.ts'

/** Chunks at once: half a minute at 150,000 records/s, when whoever analyses is busy with something else.
 * When all of them wait for the decoder, datagrams are dropped and counted. */
const CHUNKS_MAX = 256
/** How long datagrams are gathered before they are handed on, in ms. */
const GATHERING = 20
/** While so many chunks wait for the decoder, it gets full ones only: they hold far more. */
const WAITING_CHUNKS = 2
/** How often the system is asked what it dropped, in ms. */
const DROPS_EVERY = 1000
/** Senders that are told apart; the number begins anew beyond it, and all are told again. */
const SENDERS_MAX = 1 << 17

interface Receiving {
  readonly socket: Socket
  readonly free: Chunk[]
  /** Chunks that were made. */
  made: number
  filling: Chunk | null
  senders: Map<string, number>
  newSenders: Sender[]
  /** Senders are numbered anew from the chunk on that is being filled. */
  isAnew: boolean
  dropped: number
  kernelDropped: number | null
}

const post = (message: FromUdpWorker, transfer: ArrayBuffer[] = []): void =>
  parentPort!.postMessage(message, transfer)

function receive({ host, port, receiveBuffer }: UdpWorkerData): void {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
  const receiving: Receiving = {
    socket,
    free: [],
    made: 0,
    filling: null,
    senders: new Map(),
    newSenders: [],
    isAnew: false,
    dropped: 0,
    kernelDropped: null,
  }
  socket.on('message', (payload, from) => take(receiving, payload, from))
  socket.on('error', (error) => {
    post({ kind: 'failed', message: error.message })
    parentPort!.close()
  })
  socket.bind(port, host, () => {
    grow(socket, receiveBuffer)
    post({ kind: 'bound', port: socket.address().port, receiveBuffer: socket.getRecvBufferSize() })
    const timers = [
      setInterval(() => isWaitedFor(receiving) && handOn(receiving), GATHERING),
      setInterval(() => (receiving.kernelDropped = systemDrops(socket.address().port)), DROPS_EVERY),
    ]
    parentPort!.on('message', (message: ToUdpWorker) => {
      if (message !== 'close') return void receiving.free.push(new Chunk(message))
      // What the system holds is still taken.
      setTimeout(() => {
        timers.forEach(clearInterval)
        receiving.kernelDropped = systemDrops(socket.address().port)
        handOn(receiving)
        socket.close()
        parentPort!.close()
      }, GATHERING)
    })
  })
}

/** A system that refuses keeps what it has: what was granted is told. */
function grow(socket: Socket, octets: number): void {
  try {
    socket.setRecvBufferSize(octets)
  } catch {
    // Some systems refuse what is beyond their limit instead of granting that.
  }
}

function take(receiving: Receiving, payload: Uint8Array, { address, port }: Sender): void {
  const sender = senderOf(receiving, address, port)
  const chunk = chunkOf(receiving)
  if (chunk === null) receiving.dropped++
  else chunk.add(payload, sender, Date.now() * 1000)
}

/** The chunk that has room; null if all of them are with the decoder. */
function chunkOf(receiving: Receiving): Chunk | null {
  if (receiving.filling?.hasRoom === false) handOn(receiving)
  if (receiving.filling === null) {
    const free = receiving.free.pop()
    if (free === undefined && receiving.made === CHUNKS_MAX) return null
    if (free === undefined) receiving.made++
    receiving.filling = free ?? new Chunk()
  }
  return receiving.filling
}

function senderOf(receiving: Receiving, address: string, port: number): number {
  const key = `${address} ${port}`
  const known = receiving.senders.get(key)
  if (known !== undefined) return known
  if (receiving.senders.size === SENDERS_MAX) {
    handOn(receiving)
    receiving.senders = new Map()
    receiving.newSenders = []
    receiving.isAnew = true
  }
  const number = receiving.senders.size
  receiving.senders.set(key, number)
  receiving.newSenders.push({ address, port })
  return number
}

/** The decoder has little to do. */
const isWaitedFor = ({ made, free, filling }: Receiving): boolean =>
  made - free.length - (filling === null ? 0 : 1) <= WAITING_CHUNKS

function handOn(receiving: Receiving): void {
  const { filling, newSenders: senders, isAnew, dropped, kernelDropped } = receiving
  if (filling === null || filling.count === 0) return
  receiving.filling = null
  receiving.newSenders = []
  receiving.isAnew = false
  const { buffer, count, octets } = filling
  post({ kind: 'received', buffer, count, octets, senders, isAnew, dropped, kernelDropped }, [buffer])
}

/** What Linux says that it dropped of the port's datagrams (proc_net_udp, last column); null elsewhere. */
function systemDrops(port: number): number | null {
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  try {
    const text = ['/proc/net/udp', '/proc/net/udp6'].map((path) => readFileSync(path, 'latin1')).join('\n')
    const rows = text.split('\n').map((line) => line.trim().split(/ +/))
    const own = rows.filter(([, local]) => local?.endsWith(place))
    return own.reduce((sum, row) => sum + Number(row.at(-1)), 0)
  } catch {
    return null
  }
}

receive(workerData as UdpWorkerData)
