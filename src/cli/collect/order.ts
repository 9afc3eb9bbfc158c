/** What passes between whoever runs collectors and the thread that collects. */
import type { Micros } from '../../model/time.ts'
import type { LiveState } from '../../model/view.ts'
import type { SourceSpec } from './source.ts'

/** All that a collection needs: its thread knows nothing else. */
export interface CollectionOrder {
  readonly database: string
  /** By which it is found again after a restart. */
  readonly collector: string
  readonly tap: string
  readonly source: SourceSpec
  /** The text of a holdfast.yaml; null without any. */
  readonly config: string | null
  readonly plainSecrets: boolean
  /** An incident is over when it did not happen again for so long. */
  readonly resolveAfter: Micros
  /** Between two checkpoints; null: none are written. */
  readonly checkpointEvery: Micros | null
  /** One word: not 0 asks the collection to end. */
  readonly wish: SharedArrayBuffer
}

export type CollectionEnd =
  /** Nothing more will come: the stream is over. */
  | { readonly state: 'done' }
  /** It was asked to end, and can go on from there. */
  | { readonly state: 'stopped' }
  | { readonly state: 'failed'; readonly error: string }

export type CollectionMessage =
  /** Packets arrive. */
  | { readonly began: true }
  | { readonly live: LiveState }
  /** Something that whoever runs it should know, as a sentence. */
  | { readonly says: string }
  | { readonly end: CollectionEnd }
