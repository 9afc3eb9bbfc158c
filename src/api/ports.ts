/**
 * What the server needs of the process around it: jobs that analyse, a folder that keeps uploads, and the
 * carving of packets. The API checks who asks and what is asked; whoever implements a port does the work. A
 * port says no with a `Refusal`, of which the sentence is shown to the client; any other error is an error of
 * the server, and shows nothing.
 */
import type { Readable } from 'node:stream'
import type { AlertOutputRow, AlertTest, AnalysisRequest, TapRow } from '../model/view.ts'

/** Why a port says no, and with it the status of the answer. */
export type RefusalReason =
  /** What is named is not there (404). */
  | 'not-found'
  /** Not in the state that it is in: a job that has ended, a capture that a running job reads (409). */
  | 'conflict'
  /** More octets than the limit, packed or unpacked (413). */
  | 'too-large'
  /** No capture, log or key log that could be read; a configuration with errors (422). */
  | 'unusable'
  /** The octets ended before the announced length, or too slowly (400). */
  | 'incomplete'
  /** The disk has no room left (507). */
  | 'no-space'
  /** Too many jobs wait, or the server is stopping: try again later (503). */
  | 'busy'

/** A port's no: one plain sentence for the client, without paths of the server or anything secret. */
export class Refusal extends Error {
  readonly reason: RefusalReason
  /** The member of the request at fault: `captures`, `config`, `name`. */
  readonly field: string | undefined

  constructor(reason: RefusalReason, sentence: string, field?: string) {
    super(sentence)
    this.name = 'Refusal'
    this.reason = reason
    this.field = field
  }
}

export interface Jobs {
  /** Stores a queued analysis (its row and `change` row are committed when this resolves) and answers its
   * number. Refuses: unknown captures or ones that are no longer kept (`not-found`, field `captures`), a
   * configuration that has errors (`unusable`, field `config`), a full queue (`busy`). */
  start(request: AnalysisRequest): Promise<number>
  /** Resolves when the row says `cancelled`. Refuses: `not-found`, `conflict` if it has ended. */
  cancel(id: number): Promise<void>
  /** Takes an analysis and its share of the findings away. Refuses: `not-found`, `conflict` while it runs. */
  remove(id: number): Promise<void>
  /** Seconds that a running analysis will still take; null while nothing can be told or if it does not
   * run. */
  secondsLeft(id: number): number | null
  /** How fast the captures are read that the running analysis reads. */
  taps(): readonly TapRow[]
  running(): number
  queued(): number
}

export interface Uploads {
  /** Streams a capture to the disk; resolves only when octets and row are safe (acknowledged). `isNew` is
   * false if the same octets were kept already. Refuses: `too-large`, `unusable`, `incomplete`,
   * `no-space`. When `signal` aborts (client gone or too slow) what was written is removed.
   *
   * The API has checked that `name` is 1 to 255 characters of printable text; it is a label and never a
   * path. `length` is the Content-Length, null when the body is chunked. */
  receive(
    body: Readable,
    about: { readonly name: string; readonly length: number | null; readonly signal: AbortSignal },
  ): Promise<{ readonly id: number; readonly isNew: boolean }>
  /** Removes the octets; what was found in them stays. Refuses: `not-found`, `conflict` while a job reads
   * them. */
  remove(id: number): Promise<void>
}

/** Alerts that leave the house. */
export interface Alerts {
  /** As the configuration names them. */
  outputs(): AlertOutputRow[]
  /** Sends a marked alert at once; null if there is no such output. */
  test(output: string): Promise<AlertTest | null>
  /** Dead letters wait again: one, those of an output, or all. Answers how many. */
  resend(of: { readonly id?: number; readonly output?: string }): number
  counts(): AlertCounts
}

/** What became of alerts since the start. */
export interface AlertCounts {
  /** Attempts, by output. */
  readonly outputs: ReadonlyMap<
    string,
    { readonly delivered: number; readonly postponed: number; readonly dead: number }
  >
  /** Expected, in a maintenance window. */
  readonly suppressed: number
  /** Dead letters because too many waited. */
  readonly crowdedOut: number
}

export interface Carve {
  /** The kept packets that prove an incident (its number, not `HF-...`), as pcapng. Refuses: `not-found`. */
  incident(id: number): Promise<CarvedFile>
  /** The packets of a stored connection, read from its capture. Refuses: `not-found`, `conflict` if it is
   * gone. */
  connection(id: number): Promise<CarvedFile>
}

export interface CarvedFile {
  /** A name for saving: letters, digits, dots and dashes only, ends in `.pcapng`. */
  readonly name: string
  /** Destroyed by the API when the client goes away. */
  readonly body: Readable
}
