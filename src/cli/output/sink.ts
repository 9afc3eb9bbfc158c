/** What the command line adds to a sink of records. */
import type { RecordSink } from '../../model/record.ts'

/** A sink of the command line. `finish` writes what is held back; after it nothing is written. */
export interface OutputSink extends RecordSink {
  finish(): void
}
