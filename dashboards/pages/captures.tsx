/** Captures: dropped, uploaded, analysed, kept, deleted. Uploads and jobs show how far they are and can be
 * ended; a job goes on if this page is closed, an upload does not. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { AnalysisRow, CaptureRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { isActive } from '../counters.ts'
import { useLive, useLoad } from '../load.ts'
import { usePages } from '../paging.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Older } from '../parts/list.tsx'
import { Bar } from '../parts/page.tsx'
import { QUALITY_ORDER, QualityCells } from '../parts/quality.tsx'
import { Empty, Failure, Show } from '../parts/states.tsx'
import { href } from '../router.ts'
import { may } from '../session.ts'
import { bytes, captureName, count, counted, listSpan, shortHash, zoneName } from '../text.ts'
import { isSending } from '../uploads.ts'
import { DropZone } from './capture-drop.tsx'
import { Jobs } from './capture-jobs.tsx'

const PAGE = 100

export function CapturesPage(): JSX.Element {
  const captures = usePages('captures', PAGE, api.captures)
  const jobs = useLoad('analyses', (signal) => api.analyses({ limit: 20 }, signal))
  const put = (job: AnalysisRow): void =>
    jobs.change((list) => ({ ...list, items: withRow(list.items, job) }))
  useLive((event) => {
    if (event.kind === 'lost') return (captures.loaded.reload(), jobs.reload())
    if (event.kind === 'analysis') {
      put(event.analysis)
      if (event.analysis.state === 'done') captures.loaded.reload()
    }
    if (event.kind !== 'capture') return
    const { capture, id } = event
    captures.change((rows) =>
      capture === null ? rows.filter((row) => row.id !== id) : withRow(rows, capture),
    )
  })
  useWarning()
  return (
    <>
      <Bar title="Captures" />
      <header class="head">
        <h1>Captures</h1>
      </header>
      {may('operator') && <DropZone />}
      <Show loaded={jobs} what="the jobs">
        {({ items }) => <Jobs jobs={items} onChanged={put} />}
      </Show>
      <section class="gap6">
        <Show loaded={captures.loaded} what="the captures">
          {({ items }) =>
            items.length === 0 ? (
              <Empty>
                No capture yet. {may('operator') && 'Drop one above, or have one'}
                {!may('operator') && 'An operator can upload one here, or have one'} analysed into this
                database: <code>holdfast analyze --db holdfast.db capture.pcapng</code>
              </Empty>
            ) : (
              <Kept
                rows={items}
                isInWork={(id) => (jobs.data?.items ?? []).some((job) => isActive(job) && isOf(job, id))}
                onBegun={put}
                onDeleted={captures.loaded.reload}
              />
            )
          }
        </Show>
        <Older paged={captures} one="capture" />
      </section>
    </>
  )
}

/** The list with this row in it: in its place, or first. */
const withRow = <T extends { readonly id: number }>(rows: readonly T[], row: T): readonly T[] =>
  rows.some(({ id }) => id === row.id) ? rows.map((old) => (old.id === row.id ? row : old)) : [row, ...rows]

/** The browser asks before an upload is left. */
function useWarning(): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (isSending()) event.preventDefault()
    }
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [])
}

const isOf = ({ inputs }: AnalysisRow, id: number): boolean => inputs.some(({ capture }) => capture === id)

interface KeptProps {
  readonly rows: readonly CaptureRow[]
  readonly isInWork: (capture: number) => boolean
  readonly onBegun: (job: AnalysisRow) => void
  readonly onDeleted: () => void
}

function Kept({ rows, isInWork, onBegun, onDeleted }: KeptProps): JSX.Element {
  const [doomed, setDoomed] = useState<CaptureRow | null>(null)
  return (
    <>
      <header>
        <h2>What was read</h2>
        <span class="note">{keptWords(rows)}</span>
      </header>
      <table class="stack bare cap">
        <thead>
          <tr>
            <th>File</th>
            <th>Covers, {zoneName()}</th>
            <th class="num">Packets</th>
            <th class="num">Size</th>
            <th>
              Quality: <span class="dim aspects">{QUALITY_ORDER}</span>
            </th>
            <th class="num">Incidents</th>
            <th>
              <span class="hide">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Capture
              key={row.id}
              row={row}
              isInWork={isInWork(row.id)}
              onBegun={onBegun}
              onDelete={() => setDoomed(row)}
            />
          ))}
        </tbody>
      </table>
      {doomed !== null && (
        <DeleteDialog
          capture={doomed}
          onClose={() => setDoomed(null)}
          onDeleted={() => {
            setDoomed(null)
            onDeleted()
          }}
        />
      )}
    </>
  )
}

/** Of what is shown: `12 captures, all kept, 3.1 MB`. */
export function keptWords(rows: readonly Pick<CaptureRow, 'kept' | 'sizeBytes'>[]): string {
  const kept = rows.filter((row) => row.kept)
  const size = bytes(kept.reduce((sum, row) => sum + row.sizeBytes, 0))
  const all = counted(rows.length, 'capture')
  if (kept.length === 0) return `${all}, none kept: octets that were read in place, or deleted since`
  return `${all}, ${kept.length === rows.length ? 'kept' : `${count(kept.length)} of them kept`}: ${size}`
}

interface CaptureProps {
  readonly row: CaptureRow
  readonly isInWork: boolean
  readonly onBegun: (job: AnalysisRow) => void
  readonly onDelete: () => void
}

function Capture({ row, isInWork, onBegun, onDelete }: CaptureProps): JSX.Element {
  const isUnread = row.kept && row.packets === null && row.live === null
  return (
    <tr>
      <td class="any">
        <b class="sent" title={row.name}>
          {captureName(row.name, row.live !== null)}
        </b>
        <div class="sub">
          {row.tap !== null && row.tap !== '' && `tap ${row.tap}, `}
          {row.live === null ? (
            <>
              <span class="nw" title={row.sha256}>
                sha256 {shortHash(row.sha256)}
              </span>
              {!row.kept && ', octets not kept'}
            </>
          ) : (
            <Live live={row.live} />
          )}
        </div>
      </td>
      <td class="mid meta">{row.start !== null && row.end !== null && listSpan(row.start, row.end)}</td>
      <td class="num meta">
        {row.packets !== null && counted(row.packets, 'packet').replace(/.packets?$/, '')}
      </td>
      <td class="num meta">{bytes(row.sizeBytes)}</td>
      <td>
        <QualityCells capture={row} />{' '}
        {isUnread && !isInWork && may('operator') && <Analyse capture={row} onBegun={onBegun} />}
      </td>
      <td class="num meta" data-l="incidents">
        {row.incidents === 0 ? (
          <span class="dim">—</span>
        ) : (
          <a class="link" href={href({ page: 'incidents' }, { capture: row.id, state: 'all' })}>
            {count(row.incidents)}
          </a>
        )}
      </td>
      <td class="num act">
        {row.kept && may('admin') && (
          <button
            type="button"
            class="btn sm"
            aria-label={`Delete ${captureName(row.name, row.live !== null)}`}
            onClick={onDelete}
          >
            Delete
          </button>
        )}
      </td>
    </tr>
  )
}

/** Has a capture read that nobody had analysed: its upload was the last that was heard of it. */
function Analyse(props: {
  readonly capture: CaptureRow
  readonly onBegun: (job: AnalysisRow) => void
}): JSX.Element {
  const { capture, onBegun } = props
  const [error, setError] = useState<Error | null>(null)
  const begin = (): void => {
    api
      .startAnalysis({ captures: [{ id: capture.id }] })
      .then(onBegun, (failure: unknown) => setError(failure as Error))
  }
  return (
    <>
      <button
        type="button"
        class="btn sm"
        aria-label={`Analyse ${captureName(capture.name, false)}`}
        onClick={begin}
      >
        Analyse
      </button>
      {error !== null && <span class="warn">{error.message}</span>}
    </>
  )
}

/** How a live capture stands: whether it goes on, how fast, and what was lost. */
function Live({ live }: { live: NonNullable<CaptureRow['live']> }): JSX.Element {
  const { stopped, packetsPerSecond, kernelDrops, interfaceDrops, flows, lagSeconds } = live
  if (stopped !== null) return <span>stopped: {stopped}</span>
  const lost = Math.max((kernelDrops ?? 0) + (interfaceDrops ?? 0), flows?.lost ?? 0)
  const rate =
    flows === undefined
      ? `${count(packetsPerSecond)} packets/s`
      : `${count(flows.recordsPerSecond)} records/s`
  return (
    <>
      <span class="pulse">live</span> {rate}
      {lost > 0 && (
        <span class="warn">, {counted(lost, flows === undefined ? 'packet' : 'record')} lost</span>
      )}
      {lagSeconds >= 2 && <span class="warn">, behind by {Math.round(lagSeconds)} s</span>}
    </>
  )
}

interface DeleteProps {
  readonly capture: CaptureRow
  readonly onClose: () => void
  readonly onDeleted: () => void
}

function DeleteDialog({ capture, onClose, onDeleted }: DeleteProps): JSX.Element {
  const [error, setError] = useState<Error | null>(null)
  const [isBusy, setBusy] = useState(false)
  const remove = (): void => {
    setBusy(true)
    api
      .deleteCapture(capture.id)
      .then(onDeleted, (failure: unknown) => setError(failure as Error))
      .finally(() => setBusy(false))
  }
  return (
    <Dialog title="Delete this capture?" onClose={onClose}>
      <p class="any">
        The {bytes(capture.sizeBytes)} of <b>{captureName(capture.name, capture.live !== null)}</b> go, and
        cannot be read again. What was found in them stays, with the packets that prove it
        {capture.incidents > 0 ? `: ${counted(capture.incidents, 'incident')}.` : '.'}
      </p>
      {error !== null && <Failure error={error} />}
      <div class="btns">
        <button type="button" class="btn" onClick={onClose}>
          Keep it
        </button>
        <button type="button" class="btn danger" disabled={isBusy} onClick={remove}>
          Delete
        </button>
      </div>
    </Dialog>
  )
}
