/** How long a job will still take is known to whoever runs it, and not stored with the job. */
import type { AnalysisRow } from '../model/view.ts'
import type { Jobs } from './ports.ts'

export const withTimeLeft = (row: AnalysisRow, jobs: Jobs): AnalysisRow =>
  row.state === 'running' ? { ...row, secondsLeft: jobs.secondsLeft(row.id) } : row
