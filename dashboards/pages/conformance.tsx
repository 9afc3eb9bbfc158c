/** Conformance: every requirement that was judged, its verdict, and what it rests on. */
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { RequirementRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { byService, ConformanceStrip, countBy, STATUS_ORDER } from '../diagrams/conformance-strip.tsx'
import { across } from '../diagrams/scale.ts'
import { useLoad } from '../load.ts'
import { Pill, TextFilter } from '../parts/list.tsx'
import { VerdictMark } from '../parts/marks.tsx'
import { useNews } from '../parts/news.ts'
import { Bar } from '../parts/page.tsx'
import { Empty, Show } from '../parts/states.tsx'
import { href, query, setQuery } from '../router.ts'
import { count, counted } from '../text.ts'
import type { RequirementStatus } from '../vocabulary.ts'

export function ConformancePage(): JSX.Element {
  const loaded = useLoad('requirements', (signal) => api.requirements({}, signal))
  const { news, show } = useNews('', loaded.reload, (event) =>
    event.kind === 'incident' && event.isNew ? 'changed' : null,
  )
  return (
    <>
      <Bar title="Conformance" />
      <Pill news={news} onShow={show} />
      <Show loaded={loaded} what="the requirements" tall>
        {({ items }) => (items.length === 0 ? <NothingJudged /> : <Conformance rows={items} />)}
      </Show>
    </>
  )
}

const NothingJudged = (): JSX.Element => (
  <>
    <header class="head">
      <h1>No requirement was judged yet.</h1>
    </header>
    <Empty>
      Requirements are judged where a service is configured with its product’s profile, or recognised.{' '}
      <a class="link" href={href({ page: 'captures' })}>
        Add a capture
      </a>
      , with a configuration that names the service.
    </Empty>
  </>
)

/** Nothing but what incidents show was judged. */
const onlyViolated = (rows: readonly RequirementRow[]): boolean =>
  rows.every(({ status }) => status === 'violated')

/** `12 of 112 requirements are violated.` */
export function conformanceHeadline(rows: readonly RequirementRow[]): string {
  const { violated, 'at-risk': risk } = countBy(rows)
  const all = counted(rows.length, 'requirement')
  if (onlyViolated(rows)) return `${all} ${violated === 1 ? 'is' : 'are'} violated.`
  if (violated > 0) return `${count(violated)} of ${all} ${violated === 1 ? 'is' : 'are'} violated.`
  if (risk > 0) return `Of ${all} none is violated, ${count(risk)} ${risk === 1 ? 'is' : 'are'} at risk.`
  return `Of ${all} none is violated.`
}

function leadOf(rows: readonly RequirementRow[]): string {
  if (onlyViolated(rows))
    return 'Incidents show that. Which other requirements this traffic proves as met was not judged.'
  const counts = countBy(rows)
  const met = `${count(counts.met)} ${counts.met === 1 ? 'is' : 'are'} met, ${count(counts['at-risk'])} at risk.`
  const open = counts['not-observed']
  return open === 0
    ? met
    : `${met} ${count(open)} could not be judged: the row says which capture would decide ${open === 1 ? 'it' : 'them'}.`
}

/** The worst verdict first, then by id. */
const inOrder = (rows: readonly RequirementRow[]): RequirementRow[] =>
  [...rows].sort(
    (a, b) =>
      STATUS_ORDER.indexOf(a.status) - STATUS_ORDER.indexOf(b.status) ||
      (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  )

/** Which rows the address asks for. */
export function matching(rows: readonly RequirementRow[], asked: URLSearchParams): RequirementRow[] {
  const statuses = asked.getAll('status')
  const services = asked.getAll('service')
  const text = (asked.get('text') ?? '').toLowerCase()
  return rows.filter(
    (row) =>
      (statuses.length === 0 || statuses.includes(row.status)) &&
      (services.length === 0 || services.includes(row.service ?? '')) &&
      (text === '' || `${row.id} ${row.title} ${row.needs ?? ''}`.toLowerCase().includes(text)),
  )
}

function Conformance({ rows }: { rows: readonly RequirementRow[] }): JSX.Element {
  const shown = inOrder(matching(rows, query.value))
  useTarget()
  return (
    <>
      <header class="head">
        <h1>{conformanceHeadline(rows)}</h1>
        <p class="lead">{leadOf(rows)}</p>
      </header>
      <ConformanceStrip rows={rows} />
      <Filters rows={rows} />
      {shown.length === 0 ? (
        <Empty>
          No requirement matches these filters.{' '}
          <a class="link" href={href({ page: 'conformance' })}>
            Show all
          </a>
        </Empty>
      ) : (
        <Table all={rows} rows={shown} />
      )}
    </>
  )
}

/** A link to one requirement: it is there only now. */
function useTarget(): void {
  useEffect(() => {
    const row = [...document.querySelectorAll('[data-requirement]')].find(isTarget)
    row?.scrollIntoView({ block: 'center' })
  }, [])
}

/** Whether the address names the requirement of a row. */
const isTarget = (row: Element): boolean => isNamed(row.getAttribute('data-requirement') ?? '')
const isNamed = (requirement: string): boolean => location.hash === `#${encodeURIComponent(requirement)}`

function Filters({ rows }: { rows: readonly RequirementRow[] }): JSX.Element {
  const counts = countBy(rows)
  const set = query.value.getAll('status')
  const isOn = (status: RequirementStatus): boolean => set.length === 0 || set.includes(status)
  const toggle = (status: RequirementStatus): void => {
    const on = STATUS_ORDER.filter((one) => (one === status ? !isOn(one) : isOn(one)))
    setQuery({ status: on.length === STATUS_ORDER.length ? [] : on }, { replace: true })
  }
  const services = byService(rows).flatMap(([service]) => (service === null ? [] : [service]))
  return (
    <div class="chips conf-filters">
      {STATUS_ORDER.map((status) => (
        <button
          key={status}
          type="button"
          class="chip"
          aria-pressed={isOn(status)}
          onClick={() => toggle(status)}
        >
          <VerdictMark status={status} word /> {count(counts[status])}
        </button>
      ))}
      <span class="end conf-fields">
        {services.length > 1 && <ServiceSelect services={services} />}
        <TextFilter name="text" label="Search requirements" placeholder="Search   /" />
      </span>
    </div>
  )
}

function ServiceSelect({ services }: { services: readonly string[] }): JSX.Element {
  const value = query.value.get('service') ?? ''
  return (
    <select
      class={`field ${value === '' ? '' : 'set'}`}
      aria-label="Service"
      value={value}
      onChange={(event) => setQuery({ service: event.currentTarget.value }, { replace: true })}
    >
      <option value="">any service</option>
      {services.map((service) => (
        <option key={service} value={service}>
          {service}
        </option>
      ))}
    </select>
  )
}

function Table({
  all,
  rows,
}: {
  all: readonly RequirementRow[]
  rows: readonly RequirementRow[]
}): JSX.Element {
  const most = Math.max(1, ...all.map(({ observations }) => observations))
  return (
    <table class="stack bare conf">
      <thead>
        <tr>
          <th>Verdict</th>
          <th>Id</th>
          <th>Requirement</th>
          <th>Rests on</th>
          <th>What would decide it</th>
          <th class="num">Incident</th>
        </tr>
      </thead>
      {byService(all).map(([service, total]) => {
        const own = rows.filter((row) => row.service === service)
        if (own.length === 0) return null
        return (
          <tbody key={service}>
            <tr class="group">
              <th colSpan={6} scope="rowgroup">
                {service === null ? (
                  <b class="strong">any service</b>
                ) : (
                  <a class="strong any" href={href({ page: 'service', id: service })}>
                    {service}
                  </a>
                )}{' '}
                &nbsp;{countBy(total).violated} violated of {count(total.length)}
              </th>
            </tr>
            {own.map((row) => (
              <Row key={`${row.id}${row.service}`} row={row} most={most} />
            ))}
          </tbody>
        )
      })}
    </table>
  )
}

function Row({ row, most }: { row: RequirementRow; most: number }): JSX.Element {
  return (
    <tr class={isNamed(row.id) ? 'sel' : ''} data-requirement={row.id}>
      <td class="nw meta">
        <VerdictMark status={row.status} word />
      </td>
      <td class="nw meta">
        <b>{row.id}</b>
      </td>
      <td class="any">{row.title}</td>
      <td class="rests meta">
        {row.observations === 0 ? (
          <span class="dim">nothing seen</span>
        ) : (
          counted(row.observations, 'observation')
        )}
        <svg class="chart wide" height="3" aria-hidden="true">
          <rect class="bar-all" width="100%" height="2" />
          <rect class="f-rests" width={across(restsOn(row.observations, most))} height="2" />
        </svg>
      </td>
      <td class="mid any">
        {row.needs !== null && (
          <>
            <b>needs</b> {coded(lowered(row.needs))}
          </>
        )}
      </td>
      <td class="num">
        {row.incidents.slice(0, 3).map((incident) => (
          <div key={incident}>
            <a class="link" href={href({ page: 'incident', id: incident })}>
              {incident}
            </a>
          </div>
        ))}
        {row.incidents.length > 3 && <div class="sub">and {row.incidents.length - 3} more</div>}
      </td>
    </tr>
  )
}

/** As it goes on within a sentence; names in capitals stay. */
const lowered = (text: string): string =>
  /^[A-Z](?:[a-z]| )/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text

/** On a logarithmic scale: ten observations are much more than one, a million not much more than half of
 * one. */
const restsOn = (observations: number, most: number): number =>
  observations === 0 ? 0 : Math.log(1 + observations) / Math.log(1 + most)

/** Keys of the configuration, which stand between backticks, as what is typed. */
const coded = (text: string): (string | JSX.Element)[] =>
  text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))
