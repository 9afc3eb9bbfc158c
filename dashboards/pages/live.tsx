/** The tail: one line per occurrence as it happens. Paused or scrolled away, new ones wait. */
import { Fragment, type JSX } from 'preact'
import type { OccurrenceRow } from '../../src/api/contract.ts'
import { live } from '../events.ts'
import { isFiltered } from '../filters.ts'
import { useKeys } from '../keys.ts'
import { Key } from '../parts/help.tsx'
import { Older, Pill, ServiceFilter, SetChips, TextFilter, TypeFilter, useChosen } from '../parts/list.tsx'
import { SeverityMark } from '../parts/marks.tsx'
import { Bar } from '../parts/page.tsx'
import { Empty, Show } from '../parts/states.tsx'
import { href, query } from '../router.ts'
import { setSound, sound } from '../settings.ts'
import { chime } from '../sound.ts'
import { clock, counted, day, elapsed, zoneName } from '../text.ts'
import { SEVERITIES } from '../words.data.ts'
import { SeverityChips } from './incidents.tsx'
import { Rate } from './live-rate.tsx'
import { newestOf } from './live-rows.ts'
import { useTail } from './live-tail.ts'

export function LivePage(): JSX.Element {
  const { paged, waiting, unseen, fresh, gone, isPaused, pause, show } = useTail(query.value)
  const toggle = isPaused ? show : pause
  useKeys({ ' ': toggle })
  return (
    <>
      <Bar title="Live" news={waiting.length + unseen} />
      <Head isPaused={isPaused} toggle={toggle} newest={newestOf([...waiting, ...paged.items])} />
      <Filters />
      <Following isPaused={isPaused} />
      <Pill news={{ isNew: waiting.length, changed: gone.size }} onShow={show} />
      <Tail rows={paged.items} fresh={fresh} gone={gone} />
      <Show loaded={paged.loaded} what="the latest occurrences">
        {({ items }) => (items.length === 0 ? <Nothing /> : null)}
      </Show>
      <Older paged={paged} one="occurrence" />
    </>
  )
}

const Nothing = (): JSX.Element =>
  isFiltered(query.value) ? (
    <Empty>
      Nothing that matches these filters happened yet; this page waits for it.{' '}
      <a class="link" href={href({ page: 'live' })}>
        Take them away
      </a>
    </Empty>
  ) : (
    <Empty>
      Nothing happened yet; this page waits for it.{' '}
      <a class="link" href={href({ page: 'captures' })}>
        Add a capture
      </a>
      , or let <code>holdfast serve</code> collect live.
    </Empty>
  )

interface HeadProps {
  readonly isPaused: boolean
  readonly toggle: () => void
  /** When the newest row happened. */
  readonly newest: string | null
}

function Head({ isPaused, toggle, newest }: HeadProps): JSX.Element {
  return (
    <header class="head row">
      <div>
        <h1>Live</h1>
        <p class="note">newest first · times in {zoneName()}</p>
      </div>
      {newest !== null && <Rate newest={newest} />}
      <div class="btns end">
        <button type="button" class="btn main" aria-pressed={isPaused} onClick={toggle}>
          {isPaused ? 'Go on' : 'Pause'} <Key name="space" />
        </button>
        <button type="button" class="btn" title="A tone for new rows" onClick={toggleSound}>
          Sound {sound.value ? 'on' : 'off'}
        </button>
      </div>
    </header>
  )
}

/** Heard at once when it is turned on: by then the browser knows that somebody wants it. */
function toggleSound(): void {
  setSound(!sound.value)
  chime('info')
}

const Filters = (): JSX.Element => (
  <div class="chips filterline">
    <SeverityChips />
    <span class="typed">
      <ServiceFilter any="any service" />
    </span>
    <span class="typed">
      <TextFilter name="agent" label="Agent" placeholder="any agent" />
    </span>
    <span class="typed">
      <TypeFilter />
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
      <code class="dim wide end">{tailCommand(query.value, location.origin)}</code>
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
export function tailCommand(asked: URLSearchParams, origin: string): string {
  const options = (['service', 'agent', 'type'] as const).flatMap((name) =>
    asked
      .getAll(name)
      .map(
        (value) =>
          ` --${name} ${/^[\w.-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`}`,
      ),
  )
  const severity = asked.getAll('severity')
  const lowest = SEVERITIES.findLast((one) => severity.includes(one)) ?? 'info'
  return `holdfast tail --server ${origin} --severity ${lowest}${options.join('')} --follow`
}

interface TailProps {
  readonly rows: readonly OccurrenceRow[]
  readonly fresh: ReadonlySet<number>
  readonly gone: ReadonlySet<number>
}

function Tail({ rows, fresh, gone }: TailProps): JSX.Element {
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
          <Fragment key={row.id}>
            {isOtherDay && <li class="date">{day(row.at, true)}</li>}
            <Line
              row={row}
              isFresh={fresh.has(row.id)}
              isGone={gone.has(row.id)}
              isChosen={chosen.key === String(row.id)}
            />
          </Fragment>
        )
      })}
    </ol>
  )
}

interface LineProps {
  readonly row: OccurrenceRow
  readonly isFresh: boolean
  /** A later analysis took its place. */
  readonly isGone: boolean
  readonly isChosen: boolean
}

function Line({ row, isFresh, isGone, isChosen }: LineProps): JSX.Element {
  const to = isGone ? {} : { occurrence: row.id }
  return (
    <li
      data-row={row.id}
      class={`${isFresh ? 'fresh' : ''} ${isGone ? 'gone' : ''} ${isChosen ? 'sel' : ''}`}
    >
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
      <a class="x" href={href({ page: 'incident', id: row.incident }, to)}>
        {row.sentence}
        {isGone && <span class="dim"> (analysed again since)</span>}
      </a>
      <span class="fix dim" title={row.remedy}>
        {row.remedy}
      </span>
      <span class="ty dim">{row.type}</span>
    </li>
  )
}
