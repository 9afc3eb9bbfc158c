/** A database in a folder of its own, and analyses in it, for tests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { addAnalysis, beginAnalysis, endAnalysis } from '../../src/store/analyses.ts'
import { analysisWriter } from '../../src/store/analysis-writer.ts'
import { addCapture } from '../../src/store/captures.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { Finding, Incident } from '../../src/model/incident.ts'
import type { AnalysisRecord, IncidentRecord } from '../../src/model/record.ts'
import type { Micros } from '../../src/model/time.ts'
import { cut, severedIdle } from '../cli/output/story.ts'

/** 2026-11-22T00:00:00Z: the day after the story was captured. */
export const NOW: Micros = Date.UTC(2026, 10, 22) * 1000

/** What an analysis writes, beside its own row. */
export const RESULT_TABLES = [
  'connection',
  'session',
  'agent',
  'agent_address',
  'service',
  'server',
  'incident',
  'incident_share',
  'incident_agent',
  'incident_text',
  'occurrence',
  'evidence',
  'evidence_wanted',
  'minute',
  'tally',
  'silence',
]

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export function database(): Store {
  const store = openStore(join(folder(), 'holdfast.db'))
  onTestFinished(() => store.close())
  return store
}

/** A kept capture of which the hash is the name. */
export const captured = (store: Store, name: string): number =>
  addCapture(store, { sha256: name, name, size: 1_000, stored: `${name}.pcap`, at: NOW }).id

export function running(store: Store, captures: readonly string[], partial = false): number {
  const taps = captures.length === 1 ? [''] : ['client', 'server']
  const inputs = captures.map((name, i) => ({ capture: captured(store, name), tap: taps[i] ?? name }))
  const id = addAnalysis(store, { inputs, config: null, at: NOW, partial })
  beginAnalysis(store, id, NOW)
  return id
}

/** One analysis from beginning to end. */
export function analysed(
  store: Store,
  captures: readonly string[],
  records: readonly AnalysisRecord[],
  partial = false,
): number {
  const id = running(store, captures, partial)
  written(store, id, records)
  endAnalysis(store, id, { state: 'done', error: null, summary: null, at: NOW })
  return id
}

export function written(store: Store, id: number, records: readonly AnalysisRecord[]): void {
  const writer = analysisWriter(store, id, { now: () => NOW })
  for (const record of records) writer.write(record)
  writer.finish()
}

/** An incident and its occurrences, as an analysis emits them. */
export function found(
  findings: readonly Finding[],
  changes: Partial<Incident> = {},
): readonly AnalysisRecord[] {
  const [first = cut()] = findings
  const times = findings.map((finding) => finding.at)
  const incident: IncidentRecord = {
    ...severedIdle,
    id: 'I1',
    type: first.type,
    start: Math.min(...times),
    end: Math.max(...times),
    occurrences: findings.length,
    agents: new Set(findings.map((finding) => finding.agent?.id)).size,
    ...changes,
  }
  return [
    incident,
    ...findings.map((finding) => ({ kind: 'occurrence', incident: incident.id, finding }) as const),
  ]
}

export const all = <Row>(store: Store, sql: string, ...values: unknown[]): Row[] =>
  store.db.prepare(sql).all(...values) as Row[]
export const one = (store: Store, sql: string, ...values: unknown[]): unknown =>
  store.db
    .prepare(sql)
    .pluck()
    .get(...values)
