/**
 * What would have been with another timer: values that an operator asks about, and what the observed traffic
 * answers.
 */
import type { ConnectionId } from './connection.ts'
import type { Tap } from './packet.ts'
import type { Micros } from './time.ts'

/** What may be asked about: a device's idle timer, a sign of life on idle connections, how long a load
 * balancer remembers who is where. */
export const WHAT_IFS = ['idle-timeout', 'heartbeat', 'persistence'] as const
export type WhatIfKind = (typeof WHAT_IFS)[number]

export interface WhatIf {
  readonly what: WhatIfKind
  readonly value: Micros
}

/** What one value would have meant for one service. */
export interface WhatIfRecord {
  readonly kind: 'what-if'
  readonly what: WhatIfKind
  /** The value that was asked about. */
  readonly seconds: number
  readonly service: string
  /** What it could have hit: connections of agents; with `persistence`, agents' further connections. */
  readonly connections: number
  readonly agents: number
  /**
   * `idle-timeout`: connections that survived a longer silence, and would have been cut; `heartbeat`: those
   * that would not have been silent for so long; `persistence`: those opened after a longer absence, for
   * which a server would have been chosen anew.
   */
  readonly hitConnections: number
  readonly hitAgents: number
  /** Of the silences or absences that are longer; null if none is. Of a connection its longest counts. */
  readonly shortestSeconds: number | null
  readonly longestSeconds: number | null
  /**
   * Connections that a longer silence ended as it is; with `persistence`, those of the hit that went to
   * another server as it is.
   */
  readonly already: number
  /** With `idle-timeout`: for each heartbeat that was asked about, how many of the hit it would have kept. */
  readonly kept: readonly { readonly heartbeatSeconds: number; readonly connections: number }[]
  /** Some of the hit, of different agents where there are several; the longest first. */
  readonly examples: readonly WhatIfExample[]
}

export interface WhatIfExample {
  readonly agent: string
  readonly connection: ConnectionId
  readonly tap: Tap
  readonly seconds: number
  /**
   * The packets around the silence; the packet that opened the connection after an absence. Empty if only the
   * length is known.
   */
  readonly packets: readonly number[]
  /** When the silence or the absence was over; of a silence of which only the length is known, when the
   * connection was. */
  readonly at: Micros
}
