/** The verdicts of an analysis on requirements, as rows. */
import type { RequirementRecord } from '../model/record.ts'
import { prepared, type Store } from './store.ts'

/** `numbers`: of the incidents, by the ids that the records name them by. */
export function writeVerdicts(
  store: Store,
  analysis: number,
  records: readonly RequirementRecord[],
  numbers: ReadonlyMap<string, number>,
): void {
  const insert = prepared(
    store,
    `INSERT INTO requirement (analysis, id, service, title, status, observations, incidents, needs)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  for (const { id, service, title, status, observations, incidents, needs } of records) {
    const ids = incidents.flatMap((incident) => numbers.get(incident) ?? [])
    insert.run(analysis, id, service ?? '', title, status, observations, JSON.stringify(ids), needs)
  }
}
