/**
 * Who follows one matter through the observations (attempts, check-ins, web sessions, certificates), and
 * tells detectors of it: one file each, listed in followers.ts.
 *
 * Contract: a follower keeps bounded state of its own, changes nothing that it is shown, and tells facts,
 * never opinions. What the other taps still have to say of a moment is known `settle` after it: who needs a
 * connection's agent, server or other leg asks then, by `later`.
 */
import type { ConnectionSummary } from '../model/connection.ts'
import type { DetectorEvent } from '../model/event.ts'
import type { ObservationKind, ObservationOf } from '../model/observation.ts'
import type { Agent } from '../model/party.ts'
import type { Micros } from '../model/time.ts'
import type { Agents } from './agents/agents.ts'
import type { BlindTimes } from './blind-times.ts'
import type { Health } from './servers/health.ts'
import type { Inventory } from './servers/inventory.ts'
import type { Policy } from './servers/policy.ts'
import type { Pools } from './relays/pools.ts'
import type { Services } from './servers/services.ts'
import type { TrackedSighting } from './sighting.ts'

/** What a follower may ask, and whom it tells. */
export interface Surroundings {
  readonly inventory: Inventory
  readonly services: Services
  readonly agents: Agents
  readonly health: Health
  readonly blind: BlindTimes
  readonly policy: Policy
  readonly pools: Pools
  readonly settle: Micros
  /** Acts once the captures have come as far as `at`; at their end, whatever waits acts. */
  later(at: Micros, act: () => void): void
  tell(event: DetectorEvent): void
  /** More than one tap is read: connections may be seen twice. */
  severalTaps(): boolean
}

/** An observation, after the session stage took it in; null where it belongs to no connection that is known:
 * one that failed, an answer of DNS. */
type Told<K extends ObservationKind> = (o: ObservationOf<K>, sighting: TrackedSighting | null) => void

export interface Follower {
  /** By the kinds that it asks for; the others cost it nothing. */
  readonly observe?: { readonly [K in ObservationKind]?: Told<K> }
  /** An agent came to `sighting.server`, or came again, `settle` after `at`. Every visit, not moves alone. */
  visited?(sighting: TrackedSighting, agent: Agent, at: Micros, packet: number): void
  /** A connection is over, or its capture is. */
  closed?(sighting: TrackedSighting, summary: ConnectionSummary): void
  /** A connection was left behind, and nothing was heard of it for so long that it does not count as open any
   * more; should it end after all, it is `closed`. */
  left?(sighting: TrackedSighting): void
  /** Time has come to `now`: told every minute at most. */
  timePassed?(now: Micros): void
  /** Nothing more will come, and `later` has acted. */
  ended?(now: Micros): void
}

export type Follow = (surroundings: Surroundings) => Follower
