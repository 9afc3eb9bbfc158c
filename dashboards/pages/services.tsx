/** All services: what is broken for each, and for how many. */
import type { JSX } from 'preact'
import type { ServiceRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { useLive, useLoad, useSettled } from '../load.ts'
import { useChosen, useHeldOrder } from '../parts/list.tsx'
import { SeverityMark } from '../parts/marks.tsx'
import { isAnalysed } from '../parts/news.ts'
import { Bar } from '../parts/page.tsx'
import { NoneYet, Show } from '../parts/states.tsx'
import { Line, SeverityBars } from '../parts/trend.tsx'
import { href } from '../router.ts'
import { count, counted, listTime, zoneName } from '../text.ts'

const FOLLOW_MS = 2000 // numbers follow what happens at this pace

const RANKS = { critical: 0, warning: 1, info: 2 } as const

/** The worst first, then by name. */
export const byHealth = (rows: readonly ServiceRow[]): ServiceRow[] => {
  const rank = ({ worst }: ServiceRow): number => (worst === null ? 3 : RANKS[worst])
  return [...rows].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
}

export function ServicesPage(): JSX.Element {
  const loaded = useLoad('services', (signal) => api.services({}, signal))
  const rows = useHeldOrder(byHealth(loaded.data?.items ?? []), ({ name }) => name)
  const soon = useSettled(loaded.reload, FOLLOW_MS)
  useLive((event) => {
    if (event.kind === 'lost') loaded.reload()
    else if (event.kind === 'incident' || event.kind === 'occurrence' || isAnalysed(event)) soon()
  })
  const chosen = useChosen(
    rows,
    ({ name }) => name,
    ({ name }) => href({ page: 'service', id: name }),
  )
  return (
    <>
      <Bar title="Services" />
      <Show loaded={loaded} what="the services" tall>
        {() => (
          <>
            <header class="head">
              <h1>{headline(rows)}</h1>
            </header>
            {rows.length === 0 ? <NoneYet one="service" /> : <Table rows={rows} chosen={chosen.key} />}
          </>
        )}
      </Show>
    </>
  )
}

/** `2 of 4 services are broken.` */
export function headline(rows: readonly ServiceRow[]): string {
  if (rows.length === 0) return 'Services'
  const critical = rows.filter(({ worst }) => worst === 'critical').length
  const warned = rows.filter(({ worst }) => worst === 'warning').length
  const all = counted(rows.length, 'service')
  if (critical > 0) return `${critical} of ${all} ${critical === 1 ? 'is' : 'are'} broken.`
  if (warned > 0) return `${warned} of ${all} ${warned === 1 ? 'shows' : 'show'} something to look at.`
  return rows.length === 1 ? 'The one service is well.' : `All ${all} are well.`
}

function Table({ rows, chosen }: { rows: readonly ServiceRow[]; chosen: string | null }): JSX.Element {
  return (
    <table class="stack health">
      <thead>
        <tr>
          <th class="sign">
            <span class="hide">Health</span>
          </th>
          <th>Service</th>
          <th class="num">Agents</th>
          <th class="num">Servers</th>
          <th class="num">Connections</th>
          <th>Attached, last 24 h seen</th>
          <th>Occurrences</th>
          <th class="num">Open</th>
          <th class="num">Last seen, {zoneName()}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name} class={row.name === chosen ? 'sel' : ''} data-row={row.name}>
            <td class="sign">
              <SeverityMark severity={row.worst} />
            </td>
            <td class="any">
              <a class="sent" href={href({ page: 'service', id: row.name })}>
                {row.name}
              </a>
              <div class="sub any">{row.verdict}</div>
            </td>
            <td class="num meta" data-l="agents">
              {count(row.agents)}
            </td>
            <td class="num meta" data-l="servers">
              {count(row.servers)}
            </td>
            <td class="num meta" data-l="connections">
              {count(row.connections)}
            </td>
            <td class="wide fig">
              <Line values={row.attached} />
            </td>
            <td class="wide fig">
              <SeverityBars trend={row.trend} />
            </td>
            <td class="num meta" data-l="open">
              {count(row.openIncidents)}
            </td>
            <td class="num wide">{listTime(row.lastSeen)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
