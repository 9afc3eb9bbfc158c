/**
 * Alerts that leave the house, as the API answers them and the dashboards draw them: a part of
 * `src/model/view.ts`, by the same rules.
 */
import type { Severity } from './incident.ts'

/** As in `src/model/view.ts`, which tells of this file. */
type Instant = string

export type DeliveryState = 'waiting' | 'delivered' | 'dead'
export type AlertOutputType = 'webhook' | 'syslog' | 'email' | 'slack' | 'teams' | 'file'

/** `GET /alerts/deliveries`: filters state, output. Newest first. An alert on its way to one output. */
export interface DeliveryRow {
  readonly id: number
  /** What the receiver knows it by: the same at every attempt. */
  readonly key: string
  readonly output: string
  /** Null: a test. */
  readonly incident: string | null
  /** `opened`, `updated`, `resolved`, `reopened`. */
  readonly kind: string
  readonly severity: Severity
  readonly title: string
  readonly state: DeliveryState
  readonly attempts: number
  readonly created: Instant
  /** The next attempt, while it waits. */
  readonly next: Instant | null
  readonly finished: Instant | null
  /** What was answered to the last attempt, or why nothing was. */
  readonly answer: string | null
}

/** `GET /alerts/outputs`: as the configuration names them. */
export interface AlertOutputRow {
  readonly name: string
  readonly type: AlertOutputType
  /** Where it leads, without what is secret. */
  readonly target: string
  readonly waiting: number
  /** Given up; they can be sent again. */
  readonly dead: number
  /** The last alert that was delivered. */
  readonly delivered: DeliveryRow | null
  /** The last alert that waits after an attempt or was given up. */
  readonly failed: DeliveryRow | null
}

/** `POST /alerts/outputs/:name/test`: a marked alert was sent, at once. */
export interface AlertTest {
  readonly at: Instant
  readonly target: string
  readonly isDelivered: boolean
  readonly answer: string
}

/** `POST /alerts/deliveries/resend`: without members all dead letters wait again. */
export interface ResendRequest {
  readonly id?: number
  readonly output?: string
}

export interface ResendAnswer {
  /** How many wait again. */
  readonly resent: number
}
