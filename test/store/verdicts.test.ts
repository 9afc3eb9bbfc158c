import { afterEach, beforeEach, expect, test } from 'vitest'
import { listRequirements } from '../../src/store/queries/requirements.ts'
import type { Store } from '../../src/store/store.ts'
import { writeVerdicts } from '../../src/store/verdicts.ts'
import { database } from './database.ts'

let store: Store
beforeEach(() => {
  store = database()
})
afterEach(() => store.close())

const record = (
  service: string | null,
  severity: 'critical' | 'warning' | 'info',
  ...requirements: string[]
) => ({
  service,
  severity,
  requirements,
  occurrences: 3,
})

test('what incidents name is violated, by service; what is only worth seeing is not', () => {
  store.db.exec(`INSERT INTO analysis (id, state, created) VALUES (1, 'done', 0)`)
  writeVerdicts(store, 1, [
    { incident: 7, record: record('dlp', 'critical', 'S0-04', 'S0-15') },
    { incident: 8, record: record('dlp', 'warning', 'S0-04') },
    { incident: 9, record: record(null, 'warning', 'S0-04') },
    { incident: 10, record: record('dlp', 'info', 'S0-01') },
  ])
  expect(
    listRequirements(store).map((row) => [row.id, row.service, row.status, row.observations, row.incidents]),
  ).toEqual([
    ['S0-04', null, 'violated', 3, ['HF-9']],
    ['S0-04', 'dlp', 'violated', 6, ['HF-7', 'HF-8']],
    ['S0-15', 'dlp', 'violated', 3, ['HF-7']],
  ])
  expect(listRequirements(store)[0]!.title).toMatch(/^Nothing on the path may sever/)
})
