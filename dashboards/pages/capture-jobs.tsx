/** What is in work: uploads of this browser and jobs of the server, as steps; below, what ended lately. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AnalysisRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { isActive } from '../counters.ts'
import { SeverityMark } from '../parts/marks.tsx'
import { progressWord } from '../parts/rail.tsx'
import { href } from '../router.ts'
import { may } from '../session.ts'
import { bytes, counted, elapsed, fileName, firstFew, listTime, listed, percent } from '../text.ts'
import { batches, cancel, retry } from '../uploads.ts'
import type { Batch } from '../uploads.ts'
import { SEVERITIES } from '../words.data.ts'

const STAGES = ['receive', 'read', 'store', 'prove'] as const
type Stage = (typeof STAGES)[number]
const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  receive: 'Receive',
  read: 'Read',
  store: 'Store',
  prove: 'Keep proof',
}
const ENDED_SHOWN = 5
const REMARKS_SHOWN = 4

interface JobsProps {
  readonly jobs: readonly AnalysisRow[]
  readonly onChanged: (job: AnalysisRow) => void
}

export function Jobs({ jobs, onChanged }: JobsProps): JSX.Element {
  const active = jobs.filter(isActive)
  const ended = jobs.filter((job) => !isActive(job)).slice(0, ENDED_SHOWN)
  const uploads = batches.value
  return (
    <>
      {active.length + uploads.length > 0 && (
        <section class="gap5" aria-label="In work">
          <header>
            <h2>In work</h2>
            <span class="note">
              {active.length > 0 && `${counted(active.length, 'job')}; they go on if this page is closed`}
              {uploads.length > 0 && ' Uploads end with this window.'}
            </span>
          </header>
          <ul>
            {uploads.map((batch) => (
              <Upload key={`upload ${batch.id}`} batch={batch} />
            ))}
            {active.map((job) => (
              <Job key={job.id} job={job} onChanged={onChanged} />
            ))}
          </ul>
        </section>
      )}
      {ended.length > 0 && <Ended jobs={ended} />}
    </>
  )
}

interface StepsProps {
  /** Null while the job waits. */
  readonly stage: Stage | null
  readonly fraction: number
  readonly label: string
}

/** The stages, the present one filled as far as it is. */
function Steps({ stage, fraction, label }: StepsProps): JSX.Element {
  const at = stage === null ? 1 : STAGES.indexOf(stage)
  return (
    <ol class="steps" aria-label={label}>
      {STAGES.map((name, index) => (
        <li
          key={name}
          class={index < at ? 'done' : index === at && stage !== null ? 'now' : ''}
          {...(index === at && stage !== null ? { 'aria-current': 'step' as const } : {})}
        >
          <svg class="chart" height="5" aria-hidden="true">
            <rect width="100%" height="5" class="track" />
            <rect
              width={`${index < at ? 100 : index === at ? fraction * 100 : 0}%`}
              height="5"
              class="fill"
            />
          </svg>
          <span>{STAGE_WORDS[name]}</span>
        </li>
      ))}
    </ol>
  )
}

function Upload({ batch }: { batch: Batch }): JSX.Element {
  const size = batch.transfers.reduce((sum, transfer) => sum + transfer.size, 0)
  const sent = batch.transfers.reduce((sum, transfer) => sum + transfer.sent, 0)
  const speed = batch.transfers.find(({ state }) => state === 'sends')?.bytesPerSecond ?? 0
  const isFailed = batch.state === 'failed'
  const fraction = size === 0 ? 0 : sent / size
  return (
    <li class="job">
      <div class="jh">
        <b class="any">{listed(batch.transfers.map(({ name }) => name))}</b>
        <span class="note">
          {bytes(size)}
          {speed > 0 && `, arrives at ${bytes(speed)}/s`}
        </span>
        <span class="jl">
          {isFailed ? (
            <span class="warn" role="alert">
              {batch.error}
            </span>
          ) : (
            <>
              <b>{percent(fraction)} received</b>
              {speed > 0 && sent < size && `, ${elapsed((size - sent) / speed)} left`}
            </>
          )}
        </span>
        {isFailed && (
          <button type="button" class="btn" onClick={() => retry(batch.id)}>
            Try again
          </button>
        )}
        <button type="button" class="btn" onClick={() => cancel(batch.id)}>
          {isFailed ? 'Give up' : 'Cancel'}
        </button>
      </div>
      <Steps stage="receive" fraction={fraction} label="Stages of this upload" />
    </li>
  )
}

function Job({ job, onChanged }: { job: AnalysisRow; onChanged: (job: AnalysisRow) => void }): JSX.Element {
  const [error, setError] = useState<Error | null>(null)
  const taps = job.inputs.map(({ tap }) => tap).filter((tap) => tap !== '')
  return (
    <li class="job">
      <div class="jh">
        <span class="any">
          <b>
            {firstFew(
              job.inputs.map(({ name }) => fileName(name)),
              2,
            )}
          </b>{' '}
          <span class="note">{taps.length > 0 && `${listed(taps)} ${taps.length > 1 ? 'taps' : 'tap'}`}</span>
        </span>
        <span class="jl">
          {job.state === 'queued' ? (
            'waits for its turn'
          ) : (
            <>
              <b>{progressWord(job)}</b>
              {job.secondsLeft !== null && `, ${elapsed(job.secondsLeft)} left`}{' '}
              {job.packets > 0 && <span class="note">{counted(job.packets, 'packet')} so far</span>}
            </>
          )}
        </span>
        {may('operator') && (
          <button
            type="button"
            class="btn"
            onClick={() =>
              void api
                .cancelAnalysis(job.id)
                .then(onChanged, (failure: unknown) => setError(failure as Error))
            }
          >
            Cancel
          </button>
        )}
      </div>
      {error !== null && <p class="warn">{error.message}</p>}
      <Steps
        stage={job.state === 'queued' ? null : job.stage}
        fraction={job.fraction}
        label="Stages of this job"
      />
    </li>
  )
}

const Ended = ({ jobs }: { jobs: readonly AnalysisRow[] }): JSX.Element => (
  <section class="gap6">
    <header>
      <h2>Ended lately</h2>
    </header>
    <ul>
      {jobs.map((job) => (
        <li key={job.id} class="ended">
          <span class="any">{listed(job.inputs.map(({ name }) => fileName(name)))}</span>
          <Outcome job={job} />
          <span class="note nw">{job.finished !== null && listTime(job.finished)}</span>
          <Remarks all={job.misfits} />
          <Remarks note={RELAYS_NOTE} all={job.relays} />
        </li>
      ))}
    </ul>
  </section>
)

const RELAYS_NOTE =
  'No configuration says so, but the captures show who stands before whom; the findings rest on it:'

/** A sentence for each thing that the reader should know of the analysis, the first ones. */
function Remarks({ note, all }: { note?: string; all: readonly string[] }): JSX.Element | null {
  const more = all.length - REMARKS_SHOWN
  if (all.length === 0) return null
  return (
    <div class="remarks">
      {note !== undefined && <p class="note">{note}</p>}
      <ul>
        {all.slice(0, REMARKS_SHOWN).map((one) => (
          <li key={one} class="any">
            {one}
          </li>
        ))}
        {more > 0 && <li class="note">and {more} more</li>}
      </ul>
    </div>
  )
}

function Outcome({ job }: { job: AnalysisRow }): JSX.Element {
  const { state, error, incidents, inputs } = job
  if (state === 'failed') return <span class="crit">failed: {error}</span>
  if (state === 'cancelled') return <span class="dim">cancelled</span>
  const found = incidents === null ? [] : SEVERITIES.filter((severity) => incidents[severity] > 0)
  if (found.length === 0) return <span class="dim">no incident</span>
  const link = href(
    { page: 'incidents' },
    { capture: inputs.map(({ capture }) => String(capture)), state: 'all' },
  )
  return (
    <a class="found" href={link}>
      {found.map((severity) => (
        <span key={severity} class="nw">
          <SeverityMark severity={severity} /> {incidents?.[severity]}
        </span>
      ))}{' '}
      <span class="link">incidents</span>
    </a>
  )
}
