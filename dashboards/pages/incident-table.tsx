/** The table of incidents: one row is one cause. The chosen row unfolds: summary, remedy, what to do. */
import { Fragment } from 'preact'
import type { JSX } from 'preact'
import type { IncidentRow, IncidentView } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { useLoad } from '../load.ts'
import { IncidentActions } from '../parts/incident-actions.tsx'
import { SelectFilter, ServiceFilter, SinceFilter, TextFilter, TypeFilter } from '../parts/list.tsx'
import type { Chosen } from '../parts/list.tsx'
import { ActorMark, SeverityMark } from '../parts/marks.tsx'
import { Bars } from '../parts/trend.tsx'
import { href } from '../router.ts'
import { lastVisit } from '../settings.ts'
import { count, listTime, zoneName } from '../text.ts'
import { STATES } from '../words.data.ts'

const COLUMNS = 10

interface TableProps {
  readonly rows: readonly IncidentRow[]
  readonly chosen: Chosen<IncidentRow>
  readonly onChanged: (incident: IncidentView) => void
}

export function IncidentTable({ rows, chosen, onChanged }: TableProps): JSX.Element {
  return (
    <table class="stack inc">
      <thead>
        <tr>
          <th class="sign">
            <span class="hide">Severity</span>
          </th>
          <th>What happened</th>
          <th>Service</th>
          <th>By</th>
          <th>Breaks</th>
          <th class="num">Agents</th>
          <th class="trend">Over time</th>
          <th class="num">Times</th>
          <th class="num">Last, first {zoneName()}</th>
          <th>State</th>
        </tr>
        <Filters />
      </thead>
      <tbody>
        {rows.map((row) => (
          <Fragment key={row.id}>
            <Row row={row} isChosen={row.id === chosen.key} choose={chosen.choose} />
            {row.id === chosen.key && <Unfolded row={row} onChanged={onChanged} />}
          </Fragment>
        ))}
      </tbody>
    </table>
  )
}

function Filters(): JSX.Element {
  return (
    <tr class="filters wide">
      <td />
      <td>
        <TextFilter name="text" label="Search incidents" placeholder="Search sentences and addresses   /" />
      </td>
      <td>
        <ServiceFilter />
      </td>
      <td colSpan={3}>
        <TypeFilter />
      </td>
      <td colSpan={3}>
        <SinceFilter />
      </td>
      <td>
        <StateFilter />
      </td>
    </tr>
  )
}

export const StateFilter = (): JSX.Element => (
  <SelectFilter
    name="state"
    label="State"
    any="active"
    options={[...STATES.map((state) => [state, state] as const), ['all', 'all']]}
  />
)

interface RowProps {
  readonly row: IncidentRow
  readonly isChosen: boolean
  readonly choose: (id: string | null) => void
}

function Row({ row, isChosen, choose }: RowProps): JSX.Element {
  const isNew = lastVisit.value !== null && row.created > lastVisit.value
  const toggle = (): void => choose(isChosen ? null : row.id)
  return (
    <tr class={isChosen ? 'sel' : ''} data-row={row.id}>
      <td class="sign">
        <SeverityMark severity={row.severity} />
      </td>
      <td class="any">
        <a class="sent" href={href({ page: 'incident', id: row.id })}>
          {row.title}
        </a>{' '}
        {isNew && <span class="tag fresh-tag">new</span>}
        <div class="sub">
          {row.id} · {row.type}
        </div>
      </td>
      <td class="mid meta name">
        {row.service !== null && <a href={href({ page: 'service', id: row.service })}>{row.service}</a>}
      </td>
      <td class="wide name">
        <ActorMark actor={row.actor} />
      </td>
      <td class="nw wide">
        {row.requirements[0] !== undefined && (
          <a class="link" href={`${href({ page: 'conformance' })}#${row.requirements[0]}`}>
            {row.requirements[0]}
          </a>
        )}
      </td>
      <td class={row.agents === 0 ? 'num wide dim' : 'num meta'} data-l="agents">
        {row.agents === 0 ? '–' : count(row.agents)}
      </td>
      <td class="wide trend">
        <Bars values={row.trend} severity={row.severity} />
      </td>
      <td class="num wide">{count(row.occurrences)}</td>
      <td class="num meta" data-l="last">
        {listTime(row.end)}
        <div class="sub wide">{listTime(row.start)}</div>
      </td>
      <td class="nw meta">
        <button type="button" class="plain" aria-expanded={isChosen} onClick={toggle}>
          <span class={row.state === 'resolved' ? 'dim' : row.state === 'acknowledged' ? '' : 'strong'}>
            {row.state}
          </span>{' '}
          <span aria-hidden="true" class="dim">
            {isChosen ? '▴' : '▾'}
          </span>
        </button>
      </td>
    </tr>
  )
}

interface UnfoldedProps {
  readonly row: IncidentRow
  readonly onChanged: (incident: IncidentView) => void
}

/** Enough to decide without leaving the list. */
function Unfolded({ row, onChanged }: UnfoldedProps): JSX.Element {
  const remedy = useLoad(`incident ${row.id}`, (signal) => api.incident(row.id, signal)).data?.remedy ?? ''
  return (
    <tr class="detail">
      <td class="wide" />
      <td colSpan={COLUMNS - 1}>
        <p class="lead">{row.summary}</p>
        {remedy !== '' && <p class="lead strong">{remedy}</p>}
        <div class="btns gap4">
          <a class="btn" href={href({ page: 'incident', id: row.id })}>
            Open {row.id}
          </a>
          <IncidentActions incident={row} onChanged={onChanged} />
        </div>
      </td>
    </tr>
  )
}
