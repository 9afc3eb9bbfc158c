/**
 * How a capture stands that goes on, as the API answers it and the dashboards draw it: a part of
 * `src/model/view.ts`, by the same rules.
 */

/** As in `src/model/view.ts`, which tells of this file. */
type Instant = string

/** What came where flow records are collected. */
export interface ReceivedFlowsState {
  readonly records: number
  readonly recordsPerSecond: number
  readonly lost: number
  readonly exporters: number
}

/** How a live capture stands. */
export interface LiveState {
  /** Null while it is collected; else why it is not. */
  readonly stopped: string | null
  /** Of flow records: the messages that they come in. */
  readonly packets: number
  readonly bytes: number
  readonly packetsPerSecond: number
  readonly bytesPerSecond: number
  /** Packets that the kernel dropped because they were not taken from it in time; null where nobody says. */
  readonly kernelDrops: number | null
  /** Packets that the interface or its driver dropped; null where nobody says. */
  readonly interfaceDrops: number | null
  /** Where flow records are collected: those that came, and units that exporters' numbers say were lost.
   * Absent: packets are. */
  readonly flows?: ReceivedFlowsState | undefined
  /** By how much the packets that are looked at are older than those that arrive. */
  readonly lagSeconds: number
  /** Octets that arrived and wait. */
  readonly queuedBytes: number
  readonly openConnections: number
  /** Times of which nothing was captured, the latest ones. */
  readonly blind: readonly { readonly start: Instant; readonly end: Instant; readonly why: string }[]
  readonly blindSeconds: number
  /** The last checkpoint; null before the first. */
  readonly checkpoint: { readonly at: Instant; readonly bytes: number; readonly seconds: number } | null
}
