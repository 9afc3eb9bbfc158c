/** All agents: searched, those with the most occurrences first. */
import { Fragment, type JSX } from 'preact'
import type { AgentRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { usePages } from '../paging.ts'
import { Older, Pill, ServiceFilter, SetChips, TextFilter, useChosen } from '../parts/list.tsx'
import type { Chosen } from '../parts/list.tsx'
import { RoleMark, SeverityMark } from '../parts/marks.tsx'
import { useNews } from '../parts/news.ts'
import { Bar } from '../parts/page.tsx'
import { Empty, NoneYet, Show } from '../parts/states.tsx'
import { href, query } from '../router.ts'
import { confidence, count, counted, firstFew, listTime, zoneName } from '../text.ts'
import { identifiedWords } from './identified.data.ts'

const PAGE = 50
const FILTERS = ['text', 'service', 'server']

export function AgentsPage(): JSX.Element {
  const asked = query.value
  const filter = Object.fromEntries(FILTERS.map((name) => [name, asked.getAll(name)]))
  const paged = usePages(`agents ${asked.toString()}`, PAGE, (page, signal) =>
    api.agents({ ...filter, ...page }, signal),
  )
  const { news, show } = useNews(asked.toString(), paged.loaded.reload)
  const chosen = useChosen(
    paged.items,
    ({ id }) => id,
    ({ id }) => href({ page: 'agent', id }),
  )
  const total = paged.loaded.data?.total ?? null
  const hit = paged.items.filter(({ occurrences }) => occurrences > 0).length
  return (
    <>
      <Bar title="Agents" />
      <Pill news={news} onShow={show} />
      <header class="head">
        <h1>{paged.loaded.data === null ? 'Agents' : counted(total ?? paged.items.length, 'agent')}</h1>
        {paged.items.length > 0 && <p class="lead">{leadOf(hit, paged.items.length)}</p>}
      </header>
      <SetChips names={['server']} />
      <div class="narrow search">
        <TextFilter name="text" label="Search agents" placeholder="Search" />
        <ServiceFilter any="any service" />
      </div>
      <Table rows={paged.items} chosen={chosen} />
      <Show loaded={paged.loaded} what="the agents">
        {({ items }) => (items.length === 0 ? <Nothing /> : null)}
      </Show>
      <Older paged={paged} one="agent" />
    </>
  )
}

function leadOf(hit: number, shown: number): string {
  if (hit === 0) return 'None of them was cut, moved or renumbered.'
  if (hit === shown) return 'Something happened to each of those shown; the most hit come first.'
  return `Something happened to ${count(hit)} of them; the most hit come first.`
}

function Table({ rows, chosen }: { rows: readonly AgentRow[]; chosen: Chosen<AgentRow> }): JSX.Element {
  return (
    <table class="stack agents">
      <thead>
        <tr>
          <th class="sign">
            <span class="hide">Worst</span>
          </th>
          <th>Agent</th>
          <th>Addresses</th>
          <th>Service</th>
          <th>Server</th>
          <th>Known by</th>
          <th class="num">Occurrences</th>
          <th class="num">Last seen, {zoneName()}</th>
        </tr>
        <Filters />
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} isChosen={row.id === chosen.key} />
        ))}
      </tbody>
    </table>
  )
}

function Filters(): JSX.Element {
  return (
    <tr class="filters wide">
      <td />
      <td colSpan={2}>
        <TextFilter name="text" label="Search agents" placeholder="Search names and addresses   /" />
      </td>
      <td>
        <ServiceFilter />
      </td>
      <td colSpan={4} />
    </tr>
  )
}

function Row({ row, isChosen }: { row: AgentRow; isChosen: boolean }): JSX.Element {
  return (
    <tr class={isChosen ? 'sel' : ''} data-row={row.id}>
      <td class="sign">{row.worst !== null && <SeverityMark severity={row.worst} />}</td>
      <td class="any">
        <a class="sent" href={href({ page: 'agent', id: row.id })}>
          <RoleMark role="agent">
            <span class="agent-id">{row.id}</span>
          </RoleMark>
        </a>
      </td>
      <td class="mono mid meta any">{firstFew(row.addresses, 2)}</td>
      <td class="mid meta">
        {row.services.slice(0, 3).map((service, i) => (
          <Fragment key={service}>
            {i > 0 && ', '}
            <a class="any" href={href({ page: 'service', id: service })}>
              {service}
            </a>
          </Fragment>
        ))}
        {row.services.length > 3 && ` and ${row.services.length - 3} more`}
      </td>
      <td class="mid any meta">{row.server ?? ''}</td>
      <td class="mid wide">
        {identifiedWords(row.identifiedBy)} <span class="dim">{confidence(row.confidence)}</span>
      </td>
      <td class="num meta" data-l="occurrences">
        {count(row.occurrences)}
      </td>
      <td class="num meta" data-l="last">
        {listTime(row.lastSeen)}
      </td>
    </tr>
  )
}

const Nothing = (): JSX.Element =>
  FILTERS.some((name) => query.value.has(name)) ? (
    <Empty>
      No agent matches.{' '}
      <a class="link" href={href({ page: 'agents' })}>
        Show all
      </a>
    </Empty>
  ) : (
    <NoneYet one="agent" />
  )
