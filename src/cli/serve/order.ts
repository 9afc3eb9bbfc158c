/** What passes between the server and the threads that work for it. */
import type { JobStage } from '../../model/view.ts'
import type { InputProgress } from '../../pipeline/monitor.ts'
import type { Keep } from './plan.ts'

export interface JobInput {
  /** Number of its row. */
  readonly capture: number
  readonly tap: string
  /** What people call it. */
  readonly name: string
  readonly sha256: string | null
  readonly path: string
}

/** What is to be done, in full: a thread knows nothing else. */
export interface JobOrder {
  readonly kind: 'job'
  readonly database: string
  readonly analysis: number
  readonly inputs: readonly JobInput[]
  /** The findings are published already; only the octets that prove them are missing. */
  readonly isPublished: boolean
  /** The text of a holdfast.yaml; null without any. */
  readonly config: string | null
  /** NSS key log text. Never written anywhere. */
  readonly keylog: string | null
  /** Cookie values and the like are stored as they are, not hashed. */
  readonly plainSecrets: boolean
  /** Told with a result that is whole otherwise. */
  readonly note: string | null
  /** One word that says whether to go on: see `WISH`. */
  readonly wish: SharedArrayBuffer
}

/** What the server wishes of a running job. */
export const WISH = { goOn: 0, cancel: 1, leave: 2 } as const

/** Work in the database that takes long, and would keep the server from answering. */
export type Chore =
  /** An attempt that died: its end is to be told, and its rows thrown away unless they are published. */
  | {
      readonly kind: 'discard'
      readonly database: string
      readonly analysis: number
      readonly state: 'failed' | 'cancelled'
      readonly error: string | null
    }
  | { readonly kind: 'delete'; readonly database: string; readonly analysis: number }
  /** What command lines left that were killed. */
  | { readonly kind: 'clear'; readonly database: string }
  | { readonly kind: 'retain'; readonly database: string; readonly captures: Keep; readonly rows: Keep }

export type Order = JobOrder | Chore

export interface JobProgress {
  readonly stage: JobStage
  /** 0 to 1, of the stage. */
  readonly fraction: number
  readonly packets: number
  /** Of each input, in their order; none beside the stage in which they are read. */
  readonly inputs: readonly InputProgress[]
}

export type JobEnd =
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly error: string; readonly stack: string | null }
  | { readonly state: 'cancelled' }
  /** Left as it was, for the next start. */
  | { readonly state: 'left' }

export type ThreadMessage =
  | { readonly progress: JobProgress }
  /** The file under this name is not kept any more. */
  | { readonly unkept: string }
  | { readonly end: JobEnd }
