/**
 * What a forensic report says, as plain data: made from a store or from a running analysis, turned into HTML
 * or Markdown by pure functions. Texts are as they came, hostile ones among them: whoever writes them
 * escapes.
 */
import type { AttributionItem, IncidentType, Severity } from '../../model/incident.ts'
import type { CaptureQuality } from '../../model/quality.ts'
import type { Micros } from '../../model/time.ts'
import type { WhatIfGroup } from '../output/what-if-words.ts'
import type { Actor, IncidentState, RequirementRow, StateChange, TimerView } from '../../model/view.ts'

/** Incidents that are told in full; further ones are lines of a table, and beyond those counted. */
export const INCIDENTS_FULL = 50
export const INCIDENTS_LISTED = 500
/**
 * Of each incident: occurrences with their packets, packets of each, agents by name, times on the timeline.
 */
export const PROOFS_MAX = 3
export const PROOF_PACKETS_MAX = 12
export const AGENTS_MAX = 30
export const TIMES_MAX = 1_000
/** Lengths of silences that a timer's figure is drawn from. */
export const SILENCES_MAX = 2_000
export const INPUTS_MAX = 200
export const RELAYS_MAX = 50
export const MISFITS_MAX = 50

export interface ReportData {
  readonly version: string
  readonly made: Micros
  /** What was looked at, as the end of a sentence: `the database holdfast.db`. */
  readonly source: string
  readonly inputs: readonly ReportInput[]
  readonly inputsLeftOut: number
  /** Relays that nobody stated, a sentence each: what was found rests on them. */
  readonly relays: readonly string[]
  /** What of the configuration no traffic of any input fits, a sentence each. */
  readonly misfits: readonly string[]
  readonly totals: Totals
  /** Null: nobody judged them. */
  readonly requirements: readonly RequirementRow[] | null
  /** What other timers would have meant; empty: nobody asked. */
  readonly whatIfs: readonly WhatIfGroup[]
  /** The worst first. */
  readonly incidents: readonly ReportIncident[]
  /** Further ones, none of them worse. */
  readonly listed: readonly IncidentFacts[]
  /** Incidents that are neither told nor listed. */
  readonly leftOut: number
  /** How much idleness was seen, for a verdict that nothing broke. Null where nobody knows. */
  readonly silences: { readonly longestSeconds: number; readonly survivedSeconds: number } | null
  /** A silence this long counts as idle. */
  readonly idleSeconds: number
}

export interface Totals {
  readonly packets: number
  readonly connections: number
  readonly agents: number
  readonly servers: number
  readonly incidents: { readonly [severity in Severity]: number }
}

export interface ReportInput {
  readonly name: string
  readonly tap: string
  readonly sha256: string | null
  /** Of the file; null where there is none, as on standard input. */
  readonly sizeBytes: number | null
  readonly format: string | null
  readonly packets: number | null
  readonly start: Micros | null
  readonly end: Micros | null
  readonly quality: CaptureQuality | null
  /** What the shares of `quality` refer to; null where it was not counted for this input. */
  readonly connections: number | null
  /** Packets that were not read, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** Packets that are no TCP, by protocol; absent where it was not kept. */
  readonly others?: Readonly<Record<string, number>>
}

export interface IncidentFacts {
  readonly id: string
  readonly type: IncidentType
  readonly severity: Severity
  /** Null: nobody keeps it. */
  readonly state: IncidentState | null
  readonly service: string | null
  readonly title: string
  readonly occurrences: number
  readonly agents: number
  readonly start: Micros
  readonly end: Micros
}

export interface ReportIncident extends IncidentFacts {
  readonly summary: string
  readonly actor: Actor
  readonly requirements: readonly string[]
  readonly remedy: string
  readonly filter: string
  readonly confidence: number
  readonly attribution: readonly AttributionItem[]
  readonly timer: TimerView | null
  /** Examples, of different agents where there are several; in order of time. */
  readonly proofs: readonly Proof[]
  /** Those hit most often; there may be more. */
  readonly agentList: readonly AffectedAgent[]
  /** When it happened, in order; the latest ones if there are too many. */
  readonly times: readonly Micros[]
  readonly history: readonly StateChange[]
}

export interface Proof {
  readonly at: Micros
  /** What happened to whom. */
  readonly sentence: string
  readonly packets: readonly ProofPacket[]
  readonly packetsLeftOut: number
}

export interface ProofPacket {
  readonly tap: string
  /** Number in its file, from 1. */
  readonly number: number
  readonly at: Micros
  readonly note: string
  /**
   * What the packet is, if its octets are kept: `10.10.2.10:10443 > 10.10.1.101:40747 RST, hop limit 255`.
   */
  readonly segment: string | null
}

export interface AffectedAgent {
  readonly id: string
  readonly address: string | null
  readonly occurrences: number
  readonly last: Micros
}
