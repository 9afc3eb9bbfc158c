/** Where a collection gets what it analyses, packets or flow records: read to its end, saved. */
import type { LiveFlowInput } from '../../pipeline/flow-live.ts'
import type { LiveAnalysis } from '../../pipeline/live.ts'
import type { TapInput } from '../../pipeline/run.ts'
import type { ReceivedFlowsState } from '../../model/view.ts'
import type { ProvingPacket } from '../../store/evidence.ts'
import type { SavedReader } from './checkpoint-parts.ts'

/** What whoever collects does when something comes. */
export interface IntakeOwner {
  /** Something arrives, or it listens. */
  began(): void
  /** A batch went through the analysis. */
  processed(): void
  /** There is time for other things; called often. */
  pause(): void
  /** It is to end. */
  readonly isWished: boolean
  /** Something that people should know. */
  says(sentence: string): void
}

export interface Intake {
  readonly input: TapInput | LiveFlowInput
  /** Feeds the analysis until there is no more. */
  read(analysis: LiveAnalysis, owner: IntakeOwner): Promise<void>
  /** Time has passed; false where that is no matter, because something waits. */
  tick(): boolean
  /** What was lost before it came here; null where nobody says. Octets that wait. */
  readonly drops: {
    readonly kernel: number | null
    readonly interface: number | null
    readonly queued: number
  }
  /** All that was lost, as far as somebody says. */
  readonly lost: number
  readonly bytesRead: number
  /** By how much what is looked at is older than what arrives. */
  readonly lagSeconds: number
  /** What it says of flow records; absent: it has packets. */
  flows?(seconds: number): ReceivedFlowsState
  /** The octets of a packet, as long as they are held. */
  packet(number: number): ProvingPacket | null
  /** Between two batches. */
  save(): SavedReader
  /** Why reading stopped, if it did not simply end. */
  readonly fault: string | null
  /** Nothing is wanted any more: `read` comes to its end. */
  close(): void
}
