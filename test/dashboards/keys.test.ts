import { expect, test } from 'vitest'
import { chordName } from '../../dashboards/keys.ts'
import { withJob } from '../../dashboards/counters.ts'
import type { AnalysisRow } from '../../src/api/contract.ts'

test('the second key of two comes in time, or is one of its own', () => {
  expect(chordName('g', 1000, 'o', 1200)).toBe('g o')
  expect(chordName('g', 1000, 'o', 3000)).toBe('o')
  expect(chordName('', 1000, 'o', 1200)).toBe('o')
})

test('jobs that ended leave the list of those in work', () => {
  const job = (id: number, state: AnalysisRow['state'], fraction = 0) =>
    ({ id, state, fraction }) as AnalysisRow
  const list = [job(1, 'running'), job(2, 'queued')]
  expect(withJob(list, job(1, 'running', 0.5))).toEqual([job(1, 'running', 0.5), job(2, 'queued')])
  expect(withJob(list, job(1, 'done'))).toEqual([job(2, 'queued')])
  expect(withJob(list, job(3, 'queued'))).toEqual([...list, job(3, 'queued')])
})
