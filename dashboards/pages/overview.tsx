/** What is broken, since when, for how many: each service with its verdict, occurrences over time, what is
 * new since the last visit, and what all of it rests on. */
import type { JSX } from 'preact'
import type { CaptureRow, IncidentRow, Overview, RequirementRow, ServiceRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { isActive } from '../counters.ts'
import { useLive, useLoad, useSettled } from '../load.ts'
import { Pill, useChosen, useHeldOrder, useHeldRows } from '../parts/list.tsx'
import { Glyph, SeverityMark, STATUS_MARKS } from '../parts/marks.tsx'
import { isAnalysed } from '../parts/news.ts'
import { Bar } from '../parts/page.tsx'
import { qualityOf } from '../parts/quality.tsx'
import { progressWord } from '../parts/rail.tsx'
import { Empty, Show } from '../parts/states.tsx'
import { Line, SeverityBars } from '../parts/trend.tsx'
import { href } from '../router.ts'
import { lastVisit } from '../settings.ts'
import {
  captureName,
  count,
  counted,
  elapsed,
  fileName,
  firstFew,
  listTime,
  span,
  time,
  zoneName,
} from '../text.ts'
import { verdictOf } from '../verdict.ts'
import { OccurrenceChart } from './overview-chart.tsx'

const FOLLOW_MS = 3000 // numbers follow what happens at this pace
const BASIS_JOBS = 2
const BASIS_CAPTURES = 4
const WORTH_WORDS = { g: 'complete', w: 'not complete', c: 'damaged' } as const

export function OverviewPage(): JSX.Element {
  const since = lastVisit.value
  const loaded = useLoad(`overview ${since}`, (signal) => api.overview(since, signal))
  const verdicts = useLoad('requirements', (signal) => api.requirements({}, signal))
  const reload = (): void => {
    loaded.reload()
    verdicts.reload()
  }
  const soon = useSettled(reload, FOLLOW_MS)
  useLive((event) => {
    if (event.kind === 'lost') return reload()
    if (event.kind === 'incident')
      loaded.change((overview) => withIncident(overview, event.id, event.incident))
    if (event.kind !== 'heartbeat' && (event.kind !== 'analysis' || isAnalysed(event))) soon()
  })
  const { data } = loaded
  return (
    <>
      <Bar title="Overview">
        {data?.from != null && data.to !== null ? <span>{span(data.from, data.to)}</span> : null}
      </Bar>
      <Show loaded={loaded} what="the overview" tall>
        {(overview) =>
          overview.from === null ? (
            <NoCapture />
          ) : (
            <Filled overview={overview} verdicts={verdicts.data?.items ?? []} />
          )
        }
      </Show>
    </>
  )
}

/** The overview in which an incident's row has the counters of now, or is gone. */
function withIncident(overview: Overview, id: string, incident: IncidentRow | null): Overview {
  const { fresh } = overview
  const items = fresh.items.flatMap((row) => (row.id !== id ? [row] : incident === null ? [] : [incident]))
  return { ...overview, fresh: { ...fresh, items } }
}

const NoCapture = (): JSX.Element => (
  <header class="head">
    <h1 class="large">No capture yet</h1>
    <p class="lead">
      <a class="link" href="/captures">
        Drop one
      </a>
      , or have one analysed into this database: <code>holdfast analyze --db holdfast.db capture.pcapng</code>
    </p>
  </header>
)

interface FilledProps {
  readonly overview: Overview
  readonly verdicts: readonly RequirementRow[]
}

function Filled({ overview, verdicts }: FilledProps): JSX.Element {
  const verdict = verdictOf(overview)
  const services = useHeldOrder(overview.services, ({ name }) => name)
  return (
    <>
      <header class="head">
        <h1 class="large">{verdict.title}</h1>
        {verdict.lead !== '' && <p class="lead">{verdict.lead}</p>}
      </header>
      <Services services={services} verdicts={verdicts} />
      <div class="grid gap6">
        <section class="c8">
          <OccurrenceChart overview={overview} lastVisit={lastVisit.value} />
        </section>
        <section class="c4">
          <RestsOn overview={overview} />
        </section>
        <section class="c12">
          <Fresh overview={overview} />
        </section>
      </div>
    </>
  )
}

function Services({
  services,
  verdicts,
}: {
  services: readonly ServiceRow[]
  verdicts: readonly RequirementRow[]
}) {
  return (
    <section>
      <header>
        <h2>Services</h2>
        <span class="note">last 24 h seen</span>
      </header>
      <div class="svc header wide" aria-hidden="true">
        <span>Service</span>
        <span />
        <span class="sp">Attached</span>
        <span />
        <span class="st">Occurrences</span>
        <span class="cf">{verdicts.length > 0 && 'Conformance'}</span>
      </div>
      <ul>
        {services.map((service) => (
          <li key={service.name}>
            <Service service={service} verdicts={verdicts.filter((row) => row.service === service.name)} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Service({ service, verdicts }: { service: ServiceRow; verdicts: readonly RequirementRow[] }) {
  const attached = service.attached.at(-1) ?? 0
  // Where a relay hides the servers, nobody is known to be attached to one.
  const isHidden = service.servers === 0 && service.connections > 0
  return (
    <a class="svc" href={href({ page: 'service', id: service.name })}>
      <span class="n">
        <SeverityMark severity={service.worst} />
        <b>
          <Breakable name={service.name} />
        </b>
      </span>
      <span class="t">{service.verdict}</span>
      <span class="sp">
        <Line values={service.attached} />
      </span>
      <span class="ag">
        <b>{count(isHidden ? service.agents : attached)}</b>
        {!isHidden && <span class="dim"> of {count(service.agents)}</span>}
        <span class="sub">agents, {isHidden ? 'server not seen' : counted(service.servers, 'server')}</span>
      </span>
      <span class="st">
        <SeverityBars trend={service.trend} />
      </span>
      <span class="cf">
        <Conformance verdicts={verdicts} />
      </span>
    </a>
  )
}

/** An address with a port is broken before the port, if at all. */
function Breakable({ name }: { name: string }): JSX.Element {
  const [, address = name, port = ''] = /^(.*)(:\d+)$/.exec(name) ?? []
  return (
    <span>
      {address}
      <wbr />
      {port}
    </span>
  )
}

/** How many requirements are violated, at risk, met; the rest was not observed or does not apply. */
function Conformance({ verdicts }: { verdicts: readonly RequirementRow[] }): JSX.Element | null {
  const of = (status: string): number => verdicts.filter((row) => row.status === status).length
  if (verdicts.length === 0) return null
  const parts = [
    ['violated', of('violated'), 'crit'],
    ['at risk', of('at-risk'), 'warn'],
    ['met', of('met'), 'good'],
  ] as const
  const width = (n: number): number => (n / verdicts.length) * 100
  const before = (index: number): number => parts.slice(0, index).reduce((sum, [, n]) => sum + width(n), 0)
  return (
    <>
      <svg class="chart" height="6" aria-hidden="true">
        <rect x="0" width="100%" y="0" height="6" class="f-mute" />
        {parts.map(([word, n, tone], index) => (
          <rect
            key={word}
            x={`${before(index)}%`}
            width={`${width(n)}%`}
            y="0"
            height="6"
            class={`f-${tone}`}
          />
        ))}
      </svg>
      <span class="sub">
        <b class={parts[0][1] > 0 ? 'crit' : ''}>{parts[0][1]} violated</b>, {parts[1][1]} at risk,{' '}
        {parts[2][1]} met
      </span>
    </>
  )
}

/** Captures with their quality, and jobs: a verdict is as good as what was seen. */
function RestsOn({ overview }: { overview: Overview }): JSX.Element {
  return (
    <>
      <header>
        <h2>What it rests on</h2>
        <a class="more" href="/captures">
          {counted(overview.counts.captures, 'capture')}
        </a>
      </header>
      <ul class="basis">
        {overview.jobs
          .filter(isActive)
          .slice(0, BASIS_JOBS)
          .map((job) => (
            <li key={`job ${job.id}`}>
              <Glyph shape={STATUS_MARKS['not-observed'].Shape} tone="dim" label="in work" />
              <span>
                {firstFew(
                  job.inputs.map(({ name }) => fileName(name)),
                  2,
                )}
                <span class="sub">
                  {progressWord(job)}
                  {job.secondsLeft !== null && `, ${elapsed(job.secondsLeft)} left`}
                </span>
              </span>
            </li>
          ))}
        {overview.captures
          .filter(isRead)
          .slice(0, BASIS_CAPTURES)
          .map((capture) => (
            <Basis key={capture.id} capture={capture} />
          ))}
      </ul>
    </>
  )
}

/** One that waits for its job is told of by the job. */
const isRead = ({ quality }: CaptureRow): boolean => quality !== null

function Basis({ capture }: { capture: CaptureRow }): JSX.Element {
  const { worst, words } = qualityOf(capture)
  const status = worst === 'c' ? 'violated' : worst === 'w' ? 'at-risk' : 'met'
  const tone = worst === 'c' ? 'crit' : worst === 'w' ? 'warn' : 'dim'
  return (
    <li>
      <Glyph shape={STATUS_MARKS[status].Shape} tone={STATUS_MARKS[status].tone} label={WORTH_WORDS[worst]} />
      <span>
        <span title={capture.name}>{captureName(capture.name, capture.live !== null)}</span>
        <span class={`sub ${tone}`}>
          {capture.packets !== null && `${counted(capture.packets, 'packet')}, `}
          {words}
        </span>
      </span>
    </li>
  )
}

function Fresh({ overview }: { overview: Overview }): JSX.Element {
  const { total } = overview.fresh
  const { rows: items, waiting, show } = useHeldRows(overview.fresh.items, ({ id }) => id)
  const since = lastVisit.value
  const chosen = useChosen(
    items,
    ({ id }) => id,
    ({ id }) => href({ page: 'incident', id }),
  )
  return (
    <>
      <header>
        <h2>{since === null ? 'What is open' : 'New since your last visit'}</h2>
        {since === null && <span class="note">the worst first</span>}
        {since !== null && (
          <span class="note">
            {time(since, 'minute')}, {counted(total ?? items.length, 'incident')}
          </span>
        )}
        <a class="more" href="/incidents">
          all {count(overview.counts.openIncidents)} open
        </a>
      </header>
      <Pill news={{ isNew: waiting }} onShow={show} />
      {items.length === 0 ? (
        <Empty>{since === null ? 'No incident is open.' : 'Nothing new since then.'}</Empty>
      ) : (
        <FreshTable items={items} chosen={chosen.key} />
      )}
    </>
  )
}

const FreshTable = ({
  items,
  chosen,
}: {
  items: readonly IncidentRow[]
  chosen: string | null
}): JSX.Element => (
  <table class="stack">
    <thead>
      <tr>
        <th class="sign">
          <span class="hide">Severity</span>
        </th>
        <th>What</th>
        <th>Service</th>
        <th class="num">Times</th>
        <th class="num">Last, {zoneName()}</th>
      </tr>
    </thead>
    <tbody>
      {items.map((row) => (
        <tr key={row.id} data-row={row.id} class={row.id === chosen ? 'sel' : ''}>
          <td class="sign">
            <SeverityMark severity={row.severity} />
          </td>
          <td class="any">
            <a class="sent" href={href({ page: 'incident', id: row.id })}>
              {row.title}
            </a>
          </td>
          <td class="mid wide name" title={row.service ?? ''}>
            {row.service}
          </td>
          <td class="num meta" data-l="times">
            {count(row.occurrences)}
          </td>
          <td class="num meta nw" data-l="last">
            {listTime(row.end)}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
)
