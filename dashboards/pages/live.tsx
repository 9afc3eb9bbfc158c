/** The tail: one line per occurrence as it happens. Paused or scrolled away, new ones wait. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { OccurrenceRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { live } from '../events.ts'
import { matchesOccurrence, occurrenceFilter } from '../filters.ts'
import { useKeys } from '../keys.ts'
import { useLive } from '../load.ts'
import { usePages } from '../paging.ts'
import { Key } from '../parts/help.tsx'
import { Older, Pill, SelectFilter, SetChips, TextFilter, useChosen } from '../parts/list.tsx'
import { SeverityMark } from '../parts/marks.tsx'
import { Bar } from '../parts/page.tsx'
import { Empty, Show } from '../parts/states.tsx'
import { href, query } from '../router.ts'
import { clock, counted, day, elapsed, zoneName } from '../text.ts'
import { TYPES } from '../words.data.ts'
import { SeverityChips } from './incidents.tsx'

const PAGE = 100
const SHOWN_MAX = 1000 // rows that the page holds; beyond, the oldest go and can be fetched again
const AWAY_PIXELS = 240 // scrolled this far, somebody reads: rows must not move

const isAway = (): boolean => scrollY > AWAY_PIXELS

export function LivePage(): JSX.Element {
  const asked = query.value
  const [isPaused, setPaused] = useState(false)
  const [waiting, setWaiting] = useState<readonly OccurrenceRow[]>([])
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set())
  const paged = usePages(`occurrences ${asked.toString()}`, (cursor, signal) =>
    api.occurrences({ ...occurrenceFilter(asked, Date.now()), cursor, limit: PAGE }, signal),
  )
  const add = (rows: readonly OccurrenceRow[]): void => {
    paged.change((old) => joined(rows, old))
    setFresh(new Set(rows.map(({ id }) => id)))
  }
  useEffect(() => setWaiting([]), [asked])
  useLive((event) => {
    if (event.kind === 'lost') return paged.loaded.reload()
    if (event.kind === 'incident' && event.incident === null) {
      const others = (rows: readonly OccurrenceRow[]) => rows.filter(({ incident }) => incident !== event.id)
      setWaiting(others)
      paged.change(others)
    }
    if (event.kind !== 'occurrence') return
    if (!matchesOccurrence(occurrenceFilter(asked, Date.now()), event.occurrence)) return
    if (isPaused || isAway()) setWaiting((old) => joined([event.occurrence], old))
    else add([event.occurrence])
  })
  const show = (): void => {
    setPaused(false)
    add(waiting)
    setWaiting([])
    scrollTo({ top: 0 })
  }
  const toggle = (): void => (isPaused ? show() : setPaused(true))
  useKeys({ ' ': toggle })
  return (
    <>
      <Bar title="Live" />
      <Head isPaused={isPaused} toggle={toggle} />
      <Filters />
      <Following isPaused={isPaused} />
      <Pill isNew={waiting.length} onShow={show} />
      <Tail rows={paged.items} fresh={fresh} />
      <Show loaded={paged.loaded} what="the latest occurrences">
        {({ items }) =>
          items.length === 0 ? (
            <Empty>Nothing happened yet that matches. This page waits for it.</Empty>
          ) : null
        }
      </Show>
      <Older paged={paged} one="occurrence" />
    </>
  )
}

/** New rows before old ones, none twice. */
function joined(rows: readonly OccurrenceRow[], old: readonly OccurrenceRow[]): readonly OccurrenceRow[] {
  const known = new Set(old.map(({ id }) => id))
  const added = rows.filter(({ id }) => !known.has(id))
  return added.length === 0 ? old : [...added, ...old].slice(0, SHOWN_MAX)
}

function Head({ isPaused, toggle }: { isPaused: boolean; toggle: () => void }): JSX.Element {
  return (
    <header class="head row">
      <div>
        <h1>Live</h1>
        <p class="note">newest first · times in {zoneName()}</p>
      </div>
      <div class="btns end">
        <button type="button" class="btn main" aria-pressed={isPaused} onClick={toggle}>
          {isPaused ? 'Go on' : 'Pause'} <Key name="space" />
        </button>
      </div>
    </header>
  )
}

const Filters = (): JSX.Element => (
  <div class="chips filterline">
    <SeverityChips />
    <span class="typed">
      <TextFilter name="service" label="Service" placeholder="any service" />
    </span>
    <span class="typed">
      <TextFilter name="agent" label="Agent" placeholder="any agent" />
    </span>
    <span class="typed">
      <SelectFilter name="type" label="Type" any="any type" options={TYPES.map((type) => [type, type])} />
    </span>
    <SetChips names={['server', 'capture', 'from', 'to', 'text']} />
  </div>
)

/** Whether the page follows, what a break cost, and the same thing for a terminal. */
function Following({ isPaused }: { isPaused: boolean }): JSX.Element {
  const { state, caughtUp } = live.state.value
  const mark =
    state !== 'open' ? (
      <span class="pulse broken">the stream broke; trying again</span>
    ) : isPaused ? (
      <span class="pulse wait">paused: new ones wait</span>
    ) : (
      <span class="pulse">following</span>
    )
  return (
    <p class="following">
      <span role="status">
        {mark} {caughtUp !== null && state === 'open' && <span class="mid">{breakWords(caughtUp)}</span>}
      </span>
      <code class="dim wide end">{tailCommand(query.value)}</code>
    </p>
  )
}

/** `after a break of 12 s, 7 events fetched later; none is missing` */
export function breakWords({
  brokenMs,
  fetched,
  lost,
}: {
  brokenMs: number
  fetched: number
  lost: number
}): string {
  const later = `after a break of ${elapsed(Math.max(1, brokenMs / 1000))}, ${counted(fetched, 'event')} fetched later`
  return `${later}; ${lost === 0 ? 'none is missing' : `${counted(lost, 'event')} gone, the list was read again`}`
}

/** The command that shows the same in a terminal. */
function tailCommand(asked: URLSearchParams): string {
  const options = (['service', 'agent', 'type'] as const).flatMap((name) =>
    asked
      .getAll(name)
      .map((value) => ` --${name} ${/^[\w.-]+$/.test(value) ? value : `'${value.replaceAll("'", '')}'`}`),
  )
  const severity = asked.getAll('severity')
  const lowest = severity.length === 0 || severity.includes('info') ? 'info' : (severity.at(-1) ?? 'info')
  return `holdfast tail --server ${location.origin} --severity ${lowest}${options.join('')} --follow`
}

function Tail({ rows, fresh }: { rows: readonly OccurrenceRow[]; fresh: ReadonlySet<number> }): JSX.Element {
  const chosen = useChosen(
    rows,
    ({ id }) => String(id),
    ({ id, incident }) => href({ page: 'incident', id: incident }, { occurrence: id }),
  )
  return (
    <ol class="tail" aria-label="Occurrences, newest first">
      {rows.map((row, index) => {
        const before = rows[index - 1]
        const isOtherDay =
          before === undefined ? day(row.at) !== day(Date.now()) : day(before.at) !== day(row.at)
        return (
          <>
            {isOtherDay && (
              <li key={`day ${row.at}`} class="date">
                {day(row.at, true)}
              </li>
            )}
            <Line
              key={row.id}
              row={row}
              isFresh={fresh.has(row.id)}
              isChosen={chosen.key === String(row.id)}
            />
          </>
        )
      })}
    </ol>
  )
}

function Line({
  row,
  isFresh,
  isChosen,
}: {
  row: OccurrenceRow
  isFresh: boolean
  isChosen: boolean
}): JSX.Element {
  return (
    <li data-row={row.id} class={`${isFresh ? 'fresh' : ''} ${isChosen ? 'sel' : ''}`}>
      <time class="mono" dateTime={row.at}>
        {clock(row.at, 'second')}
        <span class="dim wide">{clock(row.at, 'millisecond').slice(8)}</span>
      </time>
      <span class="s">
        <SeverityMark severity={row.severity} />
      </span>
      <span class="a">
        {row.agent === null ? (
          <span class="dim">{row.server?.name ?? ''}</span>
        ) : (
          <a href={href({ page: 'agent', id: row.agent.id })}>{row.agent.id}</a>
        )}
      </span>
      <a class="x" href={href({ page: 'incident', id: row.incident }, { occurrence: row.id })}>
        {row.sentence}
      </a>
      <span class="fix dim" title={row.remedy}>
        {row.remedy}
      </span>
      <span class="ty dim">{row.type}</span>
    </li>
  )
}
