/**
 * Stories through the whole analysis: what the builder recorded is read, tracked, named and judged as a file
 * from the field would be, and what came out is looked at as short facts.
 */
import { openCapture } from '../../collectors/index.ts'
import { deploymentOf } from '../../src/cli/config/deployment.ts'
import { CONFIG } from '../../src/cli/config/schema.ts'
import { EMPTY_DEPLOYMENT } from '../../src/model/deployment.ts'
import type { Deployment } from '../../src/model/deployment.ts'
import type { Finding, Incident, IncidentType } from '../../src/model/incident.ts'
import type { AnalysisRecord, RecordKind } from '../../src/model/record.ts'
import { analyze } from '../../src/pipeline/monitor.ts'
import { memorySource } from '../collectors/reading.ts'
import type { Scenario } from '../scenario/scenario.ts'

export interface Seen {
  /** A configuration as an operator writes it (contract, section 4); absent: none. */
  readonly config?: unknown
  /** The taps whose captures are analysed; all of the story's by default. */
  readonly taps?: readonly string[]
}

const KINDS: ReadonlySet<RecordKind> = new Set([
  'capture',
  'agent',
  'server',
  'connection',
  'session',
  'incident',
  'occurrence',
  'summary',
])

export const deployment = (config: unknown): Deployment => deploymentOf(CONFIG.parse(config))

export class Analysis {
  readonly records: readonly AnalysisRecord[]

  constructor(records: readonly AnalysisRecord[]) {
    this.records = records
  }

  of<K extends RecordKind>(kind: K): Extract<AnalysisRecord, { kind: K }>[] {
    return this.records.filter((r): r is Extract<AnalysisRecord, { kind: K }> => r.kind === kind)
  }

  /** Findings of a type, in order of time within each incident. */
  findings(type: IncidentType): Finding[] {
    return this.of('occurrence')
      .map(({ finding }) => finding)
      .filter((finding) => finding.type === type)
  }

  incident(type: IncidentType): Incident {
    const found = this.of('incident').filter((incident) => incident.type === type)
    if (found.length !== 1) throw new Error(`${found.length} incidents of type ${type}`)
    return found[0]!
  }

  /** Types of all findings, each with its severity: `critical severed-idle`. */
  get told(): string[] {
    return this.of('occurrence').map(({ finding }) => `${finding.severity} ${finding.type}`)
  }

  /** Types of what an operator would be woken for. */
  get alarms(): string[] {
    return this.told.filter((text) => !text.startsWith('info'))
  }
}

/** The analysis of a story's captures. */
export async function analysed(story: Scenario, { config, taps }: Seen = {}): Promise<Analysis> {
  const captures = [...story.captures()].filter(([tap]) => taps?.includes(tap) ?? true)
  const inputs = await Promise.all(
    captures.map(async ([tap, bytes]) => {
      const reader = await openCapture(memorySource(bytes), { path: `${tap}.pcap` })
      return { tap, path: `${tap}.pcap`, reader, sha256: null }
    }),
  )
  const records: AnalysisRecord[] = []
  const options = {
    deployment: config === undefined ? EMPTY_DEPLOYMENT : deployment(config),
    secrets: null,
    from: null,
    to: null,
    onProgress: null,
  }
  await analyze(inputs, options, [{ kinds: KINDS, write: (record) => void records.push(record) }])
  return new Analysis(records)
}

/** `client 6 at 60.011: what it proves`, seconds since `zero`. */
export const evidenceOf = (finding: Finding): string[] =>
  finding.evidence.map(({ tap, packet, note }) => `${tap} ${packet}: ${note}`)
