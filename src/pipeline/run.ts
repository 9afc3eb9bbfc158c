/** What is analysed, packets or flow records, and what an analysis does with each input. */
import type { SilenceListener } from '../connections/tracker.ts'
import type { CaptureReader } from '../model/capture.ts'
import type { LoggedAnswer } from '../model/dns.ts'
import type { FlowBatch, FlowDatagrams, FlowReader } from '../model/flow-record.ts'
import type { Joining } from '../model/joint-tap.ts'
import type { Observation } from '../model/observation.ts'
import type { Tap } from '../model/packet.ts'
import type { CaptureQuality } from '../model/quality.ts'
import type { CaptureRecord } from '../model/record.ts'
import type { OpensAhead } from '../protocols/tls/ahead.ts'
import type { TlsSecrets, Wants } from '../model/stream.ts'
import type { Micros } from '../model/time.ts'
import type { FlowTap } from './flow-tap.ts'

/** A capture to analyse: who opened it owns it. */
export interface TapInput {
  /** The tap's name; empty for the only, unnamed one. */
  readonly tap: Tap
  readonly path: string
  readonly reader: CaptureReader
  readonly sha256: Promise<string> | null
  /** Key logs that stand in the capture, known before it is read. Absent: none are. */
  readonly secrets?: readonly string[]
  /** What its clock is ahead of the one by which all are judged. Absent: it is that one, or close to it. */
  readonly clockAhead?: Micros | undefined
  /** Interfaces that show a direction each of the same connections: each two are one tap. Absent: none do. */
  readonly pairs?: readonly (readonly [number, number])[] | undefined
  /** It is one tap with other captures. Absent: with none. */
  readonly joint?: Joint | undefined
  /** Reads the exports of flows that a capture holds, which go to the sink that it is made with. Absent: they
   * are not looked for. */
  readonly exports?: (sink: (batch: FlowBatch) => void) => FlowDatagrams
}

/** One of several captures that are one tap. */
export interface Joint {
  /** Two show a direction each of the same connections; or each goes on where the one before it ended. */
  readonly joining: Joining
  /** What all are called, in order: of a series, that of time. */
  readonly taps: readonly Tap[]
  /** Which of them it is. */
  readonly place: number
  /** When its first frame passed, by its own clock. Absent: all begin together. */
  readonly begins?: Micros
}

/** Flow records to analyse: who opened them owns them. */
export interface FlowInput {
  readonly tap: Tap
  readonly path: string
  readonly records: FlowReader
  readonly sha256: Promise<string> | null
  /** What else was read for it: logs that name its connections. */
  readonly beside?: readonly string[]
  /** What these logs say that name servers answered, in order of time. */
  readonly answers?: readonly LoggedAnswer[]
}

/** What an analysis does with an input, whatever it holds. */
export interface Run {
  readonly input: TapInput | FlowInput
  /** Its flow records; null: it has none as yet. */
  readonly flows: FlowTap | null
  /** Flow records are all that it holds of connections. */
  readonly isOfFlows: boolean
  /** Reads the next batch; false at the end of the input. A promise only where octets must be waited for. */
  read(): boolean | Promise<boolean>
  /** Takes the batch through the lower half. */
  process(): void
  /** Nothing earlier than this will be told. */
  readonly position: Micros
  /** 0 to 1 of the file; NaN for a stream. */
  readonly progress: number
  readonly framesRead: number
  /** The input is over: what is open is accounted for. */
  finish(): void
  /** What it holds, and how well. Complete after `finish`. */
  record(sha256: string | null): CaptureRecord
  /** How much of the truth it holds. Complete after `finish`. */
  quality(): CaptureQuality
}

export interface TapRunOptions {
  readonly silenceMin: Micros
  readonly servicePorts: ReadonlySet<number>
  /** What is known by now; null as long as nothing is. */
  secrets(): TlsSecrets | null
  /** Opens records of TLS before their turn. Absent: nobody does. */
  readonly ahead?: OpensAhead
  readonly from: Micros | null
  readonly to: Micros | null
  /** Taps are numbered over all captures of an analysis. */
  nextTapIndex(): number
  readonly wants: Wants
  /** Connections held at once per tap; beyond it one is evicted for each new one. */
  readonly connectionsMax?: number
  /** Who waits to hear that connections stay silent. Absent: nobody does. */
  readonly listener?: SilenceListener
  emit(observation: Observation): void
}
