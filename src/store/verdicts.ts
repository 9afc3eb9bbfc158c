/**
 * Which requirements an analysis saw violated: those that its incidents name, each with how often. What no
 * incident names was not judged, and has no row.
 */
import { REQUIREMENTS } from '../model/requirements.data.ts'
import type { IncidentRecord } from '../model/record.ts'
import { prepared, type Store } from './store.ts'

export interface Violation {
  readonly incident: number
  readonly record: Pick<IncidentRecord, 'requirements' | 'service' | 'severity' | 'occurrences'>
}

interface Verdict {
  readonly id: string
  readonly service: string
  observations: number
  readonly incidents: number[]
}

/** What is normal, and only worth seeing (`info`), violates nothing. */
export function writeVerdicts(store: Store, analysis: number, violations: readonly Violation[]): void {
  const verdicts = new Map<string, Verdict>()
  for (const { incident, record } of violations) {
    if (record.severity === 'info') continue
    const service = record.service ?? ''
    for (const id of record.requirements) {
      const key = `${id} ${service}`
      const verdict = verdicts.get(key) ?? { id, service, observations: 0, incidents: [] }
      verdict.observations += record.occurrences
      verdict.incidents.push(incident)
      verdicts.set(key, verdict)
    }
  }
  const insert = prepared(
    store,
    `INSERT INTO requirement (analysis, id, service, title, status, observations, incidents, needs)
      VALUES (?, ?, ?, ?, 'violated', ?, ?, NULL)`,
  )
  for (const { id, service, observations, incidents } of verdicts.values())
    insert.run(analysis, id, service, REQUIREMENTS[id] ?? id, observations, JSON.stringify(incidents))
}
