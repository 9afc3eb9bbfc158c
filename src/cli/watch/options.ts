/** The words after `holdfast watch`, as they were typed. */

export interface WatchOptions {
  /** Interfaces to capture at. */
  readonly interface?: readonly string[]
  /** `-`: a capture on standard input. */
  readonly read?: string
  /** A folder into which a capture ring writes. */
  readonly follow?: string
  /** `HOST:PORT` that sends pcap over IP. */
  readonly connect?: string
  /** `HOST:PORT` to take pcap over IP at. */
  readonly accept?: string
  /** `[udp:|tcp:]HOST:PORT` to take exports of flows at. */
  readonly flows?: string
  /** For how long exporters keep a flow open at most. */
  readonly activeTimeout?: string
  /** Follow flows of all TCP, not only of the configuration's services. */
  readonly allTraffic?: boolean
  /** A capture filter instead of the one that the configuration comes to. */
  readonly filter?: string
  readonly captureWith?: string
  readonly snapLength?: string
  readonly buffer?: string
  readonly tap?: string
  readonly config?: string
  /** A database to keep; absent: one that is thrown away. */
  readonly db?: string
  readonly severity?: string
  readonly type?: string
  readonly format?: string
  readonly resolveAfter?: string
  readonly plainSecrets?: boolean
}
