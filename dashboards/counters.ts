/** What the rail shows beside the pages' names: counts, and the jobs that run. Kept by the event stream. */
import { signal } from '@preact/signals'
import type { AnalysisRow, Counts, LiveEvent } from '../src/api/contract.ts'
import * as api from './api.ts'
import { live } from './events.ts'
import { startReading } from './reading.ts'
import { startTaps } from './tap-rates.ts'

const SETTLE_MS = 1000 // after an event, counts are asked for once things calm down

export const counters = signal<Counts | null>(null)
/** Jobs that run or wait, oldest first. */
export const jobs = signal<readonly AnalysisRow[]>([])

export const isActive = ({ state }: AnalysisRow): boolean => state === 'queued' || state === 'running'

/** The jobs after one of them changed. */
export function withJob(list: readonly AnalysisRow[], job: AnalysisRow): readonly AnalysisRow[] {
  const isKnown = list.some(({ id }) => id === job.id)
  const next = isKnown ? list.map((old) => (old.id === job.id ? job : old)) : [...list, job]
  return next.filter(isActive)
}

interface Known {
  readonly counts: Counts
  readonly jobs: readonly AnalysisRow[]
}

async function read(signal_: AbortSignal): Promise<Known> {
  const [counts, running] = await Promise.all([
    api.counts(signal_),
    api.analyses({ state: ['queued', 'running'], limit: 50 }, signal_),
  ])
  return { counts, jobs: running.items.filter(isActive).toReversed() }
}

/** Once somebody is logged in. The answer ends it, and every request that it would make. */
export function startCounters(): () => void {
  const rates = startTaps(() => jobs.value.length > 0)
  const reading = startReading<Known>(read, { data: null, readAt: 0 }, ({ data, isLoading }) => {
    if (data === null) return
    counters.value = data.counts
    jobs.value = data.jobs
    if (!isLoading) rates.look()
  })
  const pending: { timer: ReturnType<typeof setTimeout> | undefined } = { timer: undefined }
  const refreshSoon = (): void => {
    pending.timer ??= setTimeout(() => {
      pending.timer = undefined
      reading.reload()
    }, SETTLE_MS)
  }
  const unsubscribe = live.subscribe((event: LiveEvent) => {
    if (event.kind === 'heartbeat') return
    if (event.kind === 'analysis') {
      const wasKnown = jobs.value.some(({ id }) => id === event.analysis.id)
      reading.change((known) => ({ ...known, jobs: withJob(known.jobs, event.analysis) }))
      if (wasKnown && isActive(event.analysis)) return // progress changes no count
    }
    refreshSoon()
  })
  return () => {
    unsubscribe()
    clearTimeout(pending.timer)
    reading.end()
    rates.end()
  }
}
