/** Connections: a list to look something up, newest first. */
import type { JSX } from 'preact'
import type { ConnectionRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { fromOf } from '../filters.ts'
import { usePages } from '../paging.ts'
import {
  Older,
  Pill,
  SelectFilter,
  ServiceFilter,
  SetChips,
  SinceFilter,
  TextFilter,
  useChosen,
} from '../parts/list.tsx'
import { useNews } from '../parts/news.ts'
import { Bar } from '../parts/page.tsx'
import { Empty, NoneYet, Show } from '../parts/states.tsx'
import { href, query } from '../router.ts'
import type { QueryPatch } from '../router.ts'
import {
  bytes,
  count,
  counted,
  duration,
  lasted,
  endpoint,
  listTime,
  secondsBetween,
  zoneName,
} from '../text.ts'
import { END_NOT_KNOWN, END_WORDS } from '../words.data.ts'

const PAGE = 100
const FILTERS = ['service', 'agent', 'server', 'capture', 'endReason'] as const

/** The parameters of `GET /connections`. */
function connectionFilter(asked: URLSearchParams, now: number): QueryPatch {
  return {
    ...Object.fromEntries(FILTERS.map((name) => [name, asked.getAll(name)])),
    from: fromOf(asked, now),
    to: asked.get('to'),
  }
}

export function ConnectionsPage(): JSX.Element {
  const asked = query.value
  const paged = usePages(`connections ${asked.toString()}`, PAGE, (page, signal) =>
    api.connections({ ...connectionFilter(asked, Date.now()), ...page }, signal),
  )
  const { news, show } = useNews(asked.toString(), paged.loaded.reload)
  const chosen = useChosen(
    paged.items,
    ({ id }) => String(id),
    ({ id }) => href({ page: 'connection', id: String(id) }),
  )
  const total = paged.loaded.data?.total ?? null
  return (
    <>
      <Bar title="Connections" />
      <Pill news={news} onShow={show} />
      <header class="head row">
        <h1>{total === null ? 'Connections' : counted(total, 'connection')}</h1>
      </header>
      <SetChips names={['capture', 'from', 'to']} />
      <div class="narrow search">
        <TextFilter name="agent" label="Agent" placeholder="any agent" />
        <TextFilter name="server" label="Server" placeholder="any server" />
        <ServiceFilter any="any service" />
        <SinceFilter />
        <EndFilter />
      </div>
      <table class="stack bare con">
        <Head />
        <tbody>
          {paged.items.map((row) => (
            <Row key={row.id} row={row} isChosen={chosen.key === String(row.id)} />
          ))}
        </tbody>
      </table>
      <Show loaded={paged.loaded} what="the connections">
        {({ items }) => (items.length === 0 ? <Nothing /> : null)}
      </Show>
      <Older paged={paged} one="connection" />
    </>
  )
}

const Nothing = (): JSX.Element =>
  [...FILTERS, 'since', 'from', 'to'].some((name) => query.value.has(name)) ? (
    <Empty>
      No connection matches these filters.{' '}
      <a class="link" href={href({ page: 'connections' })}>
        Take them away
      </a>
    </Empty>
  ) : (
    <NoneYet one="connection" />
  )

const Head = (): JSX.Element => (
  <thead>
    <tr>
      <th>Begin, {zoneName()}</th>
      <th>Agent</th>
      <th>Server</th>
      <th>Service</th>
      <th class="num">Lasted</th>
      <th class="num">Longest silence</th>
      <th class="num">To server</th>
      <th class="num">To client</th>
      <th>End</th>
    </tr>
    <tr class="filters wide">
      <td>
        <SinceFilter />
      </td>
      <td>
        <TextFilter name="agent" label="Agent" placeholder="any agent" />
      </td>
      <td>
        <TextFilter name="server" label="Server" placeholder="any server" />
      </td>
      <td>
        <ServiceFilter />
      </td>
      <td colSpan={4} />
      <td>
        <EndFilter />
      </td>
    </tr>
  </thead>
)

const EndFilter = (): JSX.Element => (
  <SelectFilter name="endReason" label="End" any="any end" options={Object.entries(END_WORDS)} />
)

const BROKEN: readonly string[] = ['middlebox-rst', 'silent']

function Row({ row, isChosen }: { row: ConnectionRow; isChosen: boolean }): JSX.Element {
  return (
    <tr class={isChosen ? 'sel' : ''} data-row={row.id}>
      <td class="nw">
        <a class="sent" href={href({ page: 'connection', id: String(row.id) })}>
          {listTime(row.start, 'second')}
        </a>
      </td>
      <td class="any meta">
        {row.agent === null ? (
          <span class="dim">not known</span>
        ) : (
          <a href={href({ page: 'agent', id: row.agent })}>{row.agent}</a>
        )}
        <div class="sub mono wide">{endpoint(row.client.address, row.client.port)}</div>
      </td>
      <td class="any meta" data-l="with">
        {row.server}
        <div class="sub mono wide">{endpoint(row.serverEndpoint.address, row.serverEndpoint.port)}</div>
      </td>
      <td class="mid meta any">{row.service}</td>
      <td class="num meta" data-l="lasted">
        {lasted(secondsBetween(row.start, row.end))}
      </td>
      <td class="num meta" data-l="silence">
        {duration(row.maxIdleSeconds)}
      </td>
      <td class="num wide">{bytes(row.clientBytes)}</td>
      <td class="num wide">{bytes(row.serverBytes)}</td>
      <td class={`meta ${BROKEN.includes(row.endReason ?? '') ? 'crit' : 'mid'}`}>
        {row.endReason === null ? END_NOT_KNOWN : END_WORDS[row.endReason]}
      </td>
    </tr>
  )
}

/** `stream 88 of tap client`: how to find it in the capture. */
export const placeWords = ({ stream, tap }: Pick<ConnectionRow, 'stream' | 'tap'>): string =>
  [stream === null ? '' : `tcp.stream ${count(stream)}`, tap === '' ? '' : `tap ${tap}`]
    .filter((word) => word !== '')
    .join(', ')
