/** What passes between whoever analyses and the thread that writes. */
import type { MessagePort } from 'node:worker_threads'
import type { Deployment } from '../model/deployment.ts'
import type { OtherRecord } from './analysis-rows.ts'
import type { ConnectionBatch } from './connection-batch.ts'

export type WriterMessage =
  | ConnectionBatch
  | { readonly kind: 'records'; readonly records: readonly OtherRecord[] }
  | { readonly kind: 'finish' }
  | { readonly kind: 'abandon' }

/** What the thread says: how it ended. */
export type WriterAnswer = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly reason: string }

/** Words of the shared memory. */
export const HANDLED = 0
export const STATE = 1
export const GOES_ON = 0
export const FAILED = 1

export interface WriterOrder {
  readonly path: string
  readonly analysis: number
  readonly devices: Deployment['devices']
  readonly plainSecrets: boolean
  readonly shared: SharedArrayBuffer
  readonly port: MessagePort
}
