import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RequirementRecord } from '../../src/model/record.ts'
import { listRequirements } from '../../src/store/queries/requirements.ts'
import type { Store } from '../../src/store/store.ts'
import { writeVerdicts } from '../../src/store/verdicts.ts'
import { database } from './database.ts'

let store: Store
beforeEach(() => {
  store = database()
})
afterEach(() => store.close())

const record = (id: string, more: Partial<RequirementRecord>): RequirementRecord => ({
  kind: 'requirement',
  id,
  title: `what ${id} says`,
  status: 'met',
  service: 'dlp',
  observations: 3,
  incidents: [],
  needs: null,
  ...more,
})

test('verdicts are kept as they are, incidents by their numbers', () => {
  store.db.exec(`INSERT INTO analysis (id, state, created, published) VALUES (1, 'done', 0, 1)`)
  const records = [
    record('S0-04', { status: 'violated', incidents: ['I1', 'I2', 'I9'] }),
    record('S0-04', { service: null }),
    record('S0-08', { status: 'not-observed', needs: 'an outage', observations: 0 }),
  ]
  const numbers = new Map([
    ['I1', 7],
    ['I2', 8],
  ])
  writeVerdicts(store, 1, records, numbers)
  expect(listRequirements(store)).toEqual([
    {
      id: 'S0-04',
      title: 'what S0-04 says',
      status: 'met',
      service: null,
      observations: 3,
      incidents: [],
      needs: null,
    },
    {
      id: 'S0-04',
      title: 'what S0-04 says',
      status: 'violated',
      service: 'dlp',
      observations: 3,
      incidents: ['HF-7', 'HF-8'],
      needs: null,
    },
    {
      id: 'S0-08',
      title: 'what S0-08 says',
      status: 'not-observed',
      service: 'dlp',
      observations: 0,
      incidents: [],
      needs: 'an outage',
    },
  ])
})
