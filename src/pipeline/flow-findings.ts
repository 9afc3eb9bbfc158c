/**
 * What becomes of findings that rest on flow records alone: those that records prove stand; those that they
 * only suggest say so, and weigh less; others are not raised. The records that show them are named as people
 * look them up.
 */
import { DETECTORS } from '../detectors/index.ts'
import type { VerdictOptions } from '../incidents/verdicts.ts'
import type { EvidencePacket, Finding, FlowShowing } from '../model/incident.ts'
import type { Tap } from '../model/packet.ts'
import { isRecordReference, recordReferred } from '../model/record-reference.ts'
import type { Run } from './run.ts'

/** The address of an exporter at a tap; null where nothing tells. */
export type ExporterName = (tap: Tap, exporter: number) => string | null

/** A suspicion is no more than even. */
const SUGGESTED_MAX = 0.5

/** The finding as it may stand; null if flow records cannot show it. */
export function asShown(finding: Finding, flows: FlowShowing, nameOf: ExporterName): Finding | null {
  if (!finding.evidence.some(({ packet }) => isRecordReference(packet))) return finding
  const evidence = finding.evidence.map((item) => named(item, nameOf)) as unknown as Finding['evidence']
  // A packet that shows it as well makes it what it is without the records.
  const isOfRecords = finding.evidence.every(({ packet }) => isRecordReference(packet))
  if (!isOfRecords || flows.can === 'prove') return { ...finding, evidence }
  if (flows.can === 'not-show') return null
  const { actor, confidence, severity } = finding
  return {
    ...finding,
    evidence,
    severity: severity === 'critical' ? 'warning' : severity,
    actor: { ...actor, confidence: Math.min(SUGGESTED_MAX, actor.confidence) },
    confidence: Math.min(SUGGESTED_MAX, confidence),
    suggested: true,
  }
}

function named(item: EvidencePacket, nameOf: ExporterName): EvidencePacket {
  if (!isRecordReference(item.packet)) return item
  const { number, ordinal, exporter } = recordReferred(item.packet)
  const by = nameOf(item.tap, exporter)
  const note = `${item.note} (record ${ordinal}${by === null ? '' : ` of exporter ${by}`})`
  return { ...item, packet: number, note, record: ordinal, exporter: by }
}

/** What is said at the end of an incident that flow records only suggest. */
export const suggestedText = ({ lack }: FlowShowing): string =>
  ` Flow records suggest it and do not prove it: they do not show ${lack ?? 'who the agents are'}. A packet capture would.`

/** Where all that was seen are flow records, what those can show of each type of incident. */
export function shownByFlows(
  runs: readonly Pick<Run, 'flows' | 'isOfFlows'>[],
): Pick<VerdictOptions, 'flows' | 'isSampled'> {
  if (!runs.every(({ isOfFlows }) => isOfFlows)) return {}
  const flows = new Map(DETECTORS.map(({ type, flows: showing }) => [type as string, showing]))
  return { flows, isSampled: runs.some((run) => run.flows?.isSampled === true) }
}
