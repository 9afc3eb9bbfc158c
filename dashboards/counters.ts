/** What the rail shows beside the pages' names: counts, and the jobs that run. Kept by the event stream. */
import { signal } from '@preact/signals'
import type { AnalysisRow, Counts, LiveEvent } from '../src/api/contract.ts'
import * as api from './api.ts'
import { live } from './events.ts'
import { readTaps } from './tap-rates.ts'

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

const pending: { timer: ReturnType<typeof setTimeout> | undefined } = { timer: undefined }

async function readCounters(): Promise<void> {
  const [found, running] = await Promise.all([
    api.counts(),
    api.analyses({ state: ['queued', 'running'], limit: 50 }),
  ])
  counters.value = found
  jobs.value = running.items.filter(isActive).toReversed()
  await readTaps(() => jobs.value.length > 0)
}

function refreshSoon(): void {
  pending.timer ??= setTimeout(() => {
    pending.timer = undefined
    readCounters().catch(() => undefined) // the next event asks again
  }, SETTLE_MS)
}

function onEvent(event: LiveEvent): void {
  if (event.kind === 'heartbeat') return
  if (event.kind === 'analysis') {
    const wasKnown = jobs.value.some(({ id }) => id === event.analysis.id)
    jobs.value = withJob(jobs.value, event.analysis)
    if (wasKnown && isActive(event.analysis)) return // progress changes no count
  }
  refreshSoon()
}

/** Once somebody is logged in. The answer ends it. */
export function startCounters(): () => void {
  readCounters().catch(() => undefined)
  return live.subscribe(onEvent)
}
