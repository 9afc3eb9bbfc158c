/** All incidents: filtered in the heads of the columns, searched, followed live without moving. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { IncidentRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { incidentFilter, isFiltered, matchesIncident } from '../filters.ts'
import { useLive } from '../load.ts'
import { usePages } from '../paging.ts'
import {
  Older,
  Pill,
  ServiceFilter,
  SetChips,
  SinceFilter,
  TextFilter,
  TypeFilter,
  useChosen,
} from '../parts/list.tsx'
import { SeverityMark } from '../parts/marks.tsx'
import { Bar } from '../parts/page.tsx'
import { Empty, Show } from '../parts/states.tsx'
import { Key } from '../parts/help.tsx'
import { href, query, setQuery } from '../router.ts'
import { count, counted } from '../text.ts'
import { SEVERITIES } from '../words.data.ts'
import { IncidentTable, StateFilter } from './incident-table.tsx'

const PAGE = 50

interface Touched {
  readonly isNew: ReadonlySet<string>
  readonly changed: ReadonlySet<string>
}

const NONE: Touched = { isNew: new Set(), changed: new Set() }

/** The news but for an incident that has gone. */
function without({ isNew, changed }: Touched, id: string): Touched {
  const others = (ids: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...ids].filter((one) => one !== id))
  return { isNew: others(isNew), changed: others(changed) }
}

export function IncidentsPage(): JSX.Element {
  const asked = query.value
  const [news, setNews] = useState<Touched>(NONE)
  useEffect(() => setNews(NONE), [asked])
  const paged = usePages(`incidents ${asked.toString()}`, PAGE, (page, signal) =>
    api.incidents({ ...incidentFilter(asked, Date.now()), ...page }, signal),
  )
  useLive((event) => {
    if (event.kind === 'lost') return paged.loaded.reload()
    if (event.kind !== 'incident') return
    const { incident } = event
    if (incident === null) {
      setNews((old) => without(old, event.id))
      return paged.change((rows) => rows.filter(({ id }) => id !== event.id))
    }
    const shown = paged.items.find(({ id }) => id === incident.id)
    const isShown = shown !== undefined
    if (isShown && saysAll(shown, incident)) return
    if (isShown)
      paged.change((rows) => rows.map((row) => (row.id === incident.id ? newer(row, incident) : row)))
    else if (!matchesIncident(incidentFilter(asked, Date.now()), incident)) return
    const kind = event.isNew && !isShown ? 'isNew' : 'changed'
    setNews((old) => ({ ...old, [kind]: new Set([...old[kind], incident.id]) }))
  })
  const chosen = useChosen(
    paged.items,
    ({ id }) => id,
    ({ id }) => href({ page: 'incident', id }),
  )
  const show = (): void => {
    setNews(NONE)
    paged.loaded.reload()
    scrollTo({ top: 0 })
  }
  return (
    <>
      <Bar title="Incidents" news={news.isNew.size} />
      <Head paged={paged} />
      <SetChips names={['agent', 'server', 'capture', 'from', 'to']} />
      <Pill news={{ isNew: news.isNew.size, changed: news.changed.size }} onShow={show} />
      <div class="narrow search">
        <TextFilter name="text" label="Search incidents" placeholder="Search" />
        <StateFilter />
        <SinceFilter />
        <ServiceFilter any="any service" />
        <TypeFilter />
      </div>
      <IncidentTable
        rows={paged.items}
        chosen={chosen}
        onChanged={(view) => {
          paged.change((rows) => rows.map((row) => (row.id === view.id ? newer(row, view) : row)))
          setNews((old) => without(old, view.id)) // who did it need not be told
        }}
      />
      <Show loaded={paged.loaded} what="the incidents">
        {({ items }) => (items.length === 0 ? <Nothing /> : null)}
      </Show>
      <Older paged={paged} one="incident" />
    </>
  )
}

/** The trend of an event covers another time than that of the list: the list's stays. */
const newer = (old: IncidentRow, incident: IncidentRow): IncidentRow => ({ ...incident, trend: old.trend })

/** Whether the row shows already what an event tells. */
const saysAll = (row: IncidentRow, incident: IncidentRow): boolean =>
  (Object.keys(incident) as (keyof IncidentRow)[]).every(
    (key) => key === 'trend' || JSON.stringify(row[key]) === JSON.stringify(incident[key]),
  )

function Head({
  paged,
}: {
  paged: { items: readonly IncidentRow[]; loaded: { data: { total: number | null } | null } }
}) {
  const total = paged.loaded.data?.total ?? null
  const shown = paged.items.length
  const title =
    paged.loaded.data === null
      ? 'Incidents'
      : total !== null && total > shown
        ? `${counted(total, 'incident')}, ${count(shown)} shown`
        : counted(shown, 'incident')
  return (
    <header class="head row">
      <h1>{title}</h1>
      <SeverityChips />
      <p class="note end wide">
        <Key name="j" /> <Key name="k" /> move &nbsp;
        <Key name="Enter" /> open &nbsp;
        <Key name="a" /> acknowledge &nbsp;
        <Key name="r" /> resolve
      </p>
    </header>
  )
}

/** Severities that are shown; pressing one away hides it, pressing the last one shows all again. */
export function SeverityChips(): JSX.Element {
  const set = query.value.getAll('severity')
  const isOn = (severity: string): boolean => set.length === 0 || set.includes(severity)
  const toggle = (severity: string): void => {
    const on = SEVERITIES.filter((one) => (one === severity ? !isOn(one) : isOn(one)))
    setQuery({ severity: on.length === SEVERITIES.length ? [] : on }, { replace: true })
  }
  return (
    <div class="chips" role="group" aria-label="Severity">
      {SEVERITIES.map((severity) => (
        <button
          type="button"
          key={severity}
          class="chip"
          aria-pressed={isOn(severity)}
          onClick={() => toggle(severity)}
        >
          <SeverityMark severity={severity} word />
        </button>
      ))}
    </div>
  )
}

const Nothing = (): JSX.Element =>
  isFiltered(query.value) ? (
    <Empty>
      No incident matches these filters.{' '}
      <a class="link" href="/incidents">
        Take them away
      </a>
    </Empty>
  ) : (
    <Empty>
      Nothing is open.{' '}
      <a class="link" href="/incidents?state=all">
        Show resolved ones
      </a>{' '}
      or{' '}
      <a class="link" href="/captures">
        add a capture
      </a>
      .
    </Empty>
  )
