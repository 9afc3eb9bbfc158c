/**
 * Stories through the whole analysis: what the builder recorded is read, tracked, named and judged as a file
 * from the field would be, and what came out is looked at as short facts.
 */
import { SECOND, type Micros } from '../../src/model/time.ts'
import { openInput } from '../../collectors/index.ts'
import { analysisInput } from '../../src/cli/analysis-input.ts'
import { deploymentOf } from '../../src/cli/config/deployment.ts'
import { CONFIG } from '../../src/cli/config/schema.ts'
import { EMPTY_DEPLOYMENT } from '../../src/model/deployment.ts'
import type { Deployment } from '../../src/model/deployment.ts'
import type { Finding, Incident, IncidentType } from '../../src/model/incident.ts'
import type { AnalysisRecord, RecordKind } from '../../src/model/record.ts'
import { analyze } from '../../src/pipeline/monitor.ts'
import { memorySource } from '../collectors/reading.ts'
import { flowsOf, ipfixFile } from '../scenario/flow-exporter.ts'
import { joined } from '../scenario/pcap-writer.ts'
import { STORY_START } from '../scenario/scenario.ts'
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
  'requirement',
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
export function analysed(story: Pick<Scenario, 'captures'>, { config, taps }: Seen = {}): Promise<Analysis> {
  const captures = [...story.captures()].filter(([tap]) => taps?.includes(tap) ?? true)
  return analysedFiles(captures, config)
}

/** The same, of what a router at each tap exports of the flows that pass it. */
export function analysedFlows(
  story: Pick<Scenario, 'captures'>,
  { config, taps }: Seen = {},
): Promise<Analysis> {
  const captures = [...story.captures()].filter(([tap]) => taps?.includes(tap) ?? true)
  return analysedFiles(
    captures.map(([tap, pcap]) => [tap, ipfixFile(flowsOf(pcap))] as const),
    config,
  )
}

/** The same of captures or flow records at hand, by tap. */
export async function analysedFiles(
  captures: readonly (readonly [tap: string, bytes: Uint8Array])[],
  config?: unknown,
): Promise<Analysis> {
  const inputs = await Promise.all(
    captures.map(async ([tap, bytes]) => {
      const path = `${tap}.pcap`
      const opened = await openInput(memorySource(bytes), { path })
      return analysisInput(opened, { tap, path, sha256: null, secrets: [] })
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

export const PCAP_HEADER = 24
export const PCAP_RECORD_HEADER = 16

export interface Recorded {
  readonly at: number
  /** With its record header. */
  readonly record: Uint8Array
  /** From the Ethernet header on. */
  readonly frame: Buffer
}

export function recordsOf(capture: Buffer): Recorded[] {
  const found: Recorded[] = []
  for (let from = PCAP_HEADER; from < capture.length;) {
    const frameAt = from + PCAP_RECORD_HEADER
    const to = frameAt + capture.readUInt32LE(from + 8)
    const at = capture.readUInt32LE(from) * 1e6 + capture.readUInt32LE(from + 4)
    found.push({ at, record: capture.subarray(from, to), frame: capture.subarray(frameAt, to) })
    from = to
  }
  return found
}

/** All that several taps saw, in one file: what a capture of all interfaces of a device holds. */
export function inOneFile(story: Scenario): Uint8Array {
  const captures = [...story.captures().values()].map((bytes) => Buffer.from(bytes))
  const records = captures.flatMap(recordsOf).sort((a, b) => a.at - b.at)
  return joined([captures[0]!.subarray(0, PCAP_HEADER), ...records.map(({ record }) => record)])
}

/** What a tap would have recorded that listened from one time to another. */
export function between(capture: Uint8Array, from: number, until: number): Uint8Array {
  const bytes = Buffer.from(capture)
  const records = recordsOf(bytes).filter(({ at }) => at >= from && at < until)
  return joined([bytes.subarray(0, PCAP_HEADER), ...records.map(({ record }) => record)])
}

/** The capture by a clock that is so far ahead. */
export function ahead(capture: Uint8Array, by: Micros): Uint8Array {
  const bytes = Buffer.from(capture)
  const records = recordsOf(bytes).map(({ at, record }) => {
    const moved = Buffer.from(record)
    moved.writeUInt32LE(Math.floor((at + by) / SECOND), 0)
    moved.writeUInt32LE((at + by) % SECOND, 4)
    return moved
  })
  return joined([bytes.subarray(0, PCAP_HEADER), ...records])
}

/** The frames of a capture that are wanted. */
export function only(capture: Uint8Array, isWanted: (frame: Buffer, index: number) => boolean): Uint8Array {
  const bytes = Buffer.from(capture)
  const records = recordsOf(bytes).filter(({ frame }, i) => isWanted(frame, i))
  return joined([bytes.subarray(0, PCAP_HEADER), ...records.map(({ record }) => record)])
}

/**
 * A finding in one line: severity and type, seconds into the story and the tap; who and where; by whom; how;
 * which packets prove it.
 */
export function inShort(finding: Finding): string {
  const { severity, type, at, tap, agent, server, actor, manner, details, evidence } = finding
  const when = ((at - STORY_START) / 1e6).toFixed(3)
  return [
    `${severity} ${type} ${when} ${tap}`,
    `${agent === null ? 'nobody' : `${agent.id} ${agent.address}`} at ${server?.name ?? 'a server'}`,
    [actor.role, actor.address].filter((part) => part !== null).join(' '),
    [manner, details['signature']].filter((part) => typeof part === 'string').join(' '),
    evidence.map((packet) => `${packet.tap} ${packet.packet}`).join(', '),
  ].join(' | ')
}
