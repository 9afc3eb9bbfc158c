/** What the thread that receives datagrams and the one that decodes them say to one another. */

export interface UdpWorkerData {
  readonly host: string
  readonly port: number
  /** Octets of the socket's buffer that are asked for. */
  readonly receiveBuffer: number
}

/** Who sent datagrams. */
export interface Sender {
  readonly address: string
  readonly port: number
}

export interface Bound {
  readonly kind: 'bound'
  readonly port: number
  /** Octets that the system granted, as it counts them. */
  readonly receiveBuffer: number
}

export interface Received {
  readonly kind: 'received'
  readonly buffer: ArrayBuffer
  readonly count: number
  /** Octets of the datagrams. */
  readonly octets: number
  /** Senders that occur for the first time; they are numbered in the order of first sight. */
  readonly senders: readonly Sender[]
  /** They are numbered from 0 again from this buffer on. */
  readonly isAnew: boolean
  /** Datagrams so far for which there was no room here, and in the system's buffer; null: it does not say. */
  readonly dropped: number
  readonly kernelDropped: number | null
}

export interface Failed {
  readonly kind: 'failed'
  readonly message: string
}

export type FromUdpWorker = Bound | Received | Failed

/** A buffer that has been read, or the request to end. */
export type ToUdpWorker = ArrayBuffer | 'close'
