/** One service: who is where, how that changed, which silences it survives, and what is broken. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ServiceView } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { PlacesFigure, PlacesTable } from '../diagrams/places.tsx'
import { ownTones, SharesFigure, SharesTable } from '../diagrams/shares.tsx'
import { askableTimers } from '../diagrams/silences-layout.ts'
import { SilencesFigure, silencesSentence, SilencesTable } from '../diagrams/silences.tsx'
import { SilencesWhatIf } from '../diagrams/silences-what-if.tsx'
import { useLoad } from '../load.ts'
import { Pill } from '../parts/list.tsx'
import { RoleMark, SeverityMark } from '../parts/marks.tsx'
import { useNews } from '../parts/news.ts'
import { Bar } from '../parts/page.tsx'
import { Empty, Show } from '../parts/states.tsx'
import { href, query } from '../router.ts'
import { count, counted, duration, endpoint, listTime, span, time, zoneName } from '../text.ts'
import { sentence } from './incident-parts.ts'
import { sharesSentence } from './service-words.ts'
import { SpanChips, spanQuery } from './span.tsx'

const INCIDENTS = 8

export function ServicePage({ id }: { id: string }): JSX.Element {
  const asked = spanQuery(query.value)
  const key = `service ${id} ${JSON.stringify(asked)}`
  const loaded = useLoad(key, (signal) => api.service(id, asked, signal), { keep: true })
  const { news, show } = useNews(key, loaded.reload, (event) =>
    event.kind === 'occurrence' && event.occurrence.service === id ? 'isNew' : null,
  )
  return (
    <>
      <Bar above={[{ href: '/services', text: 'Services' }]} title={id} news={news.isNew}>
        {loaded.data !== null && (
          <SpanChips route={{ page: 'service', id }} from={loaded.data.from} to={loaded.data.to} />
        )}
      </Bar>
      <Pill news={news} onShow={show} />
      <Show loaded={loaded} what={`service ${id}`} tall>
        {(service) => <Service service={service} />}
      </Show>
    </>
  )
}

function Service({ service }: { service: ServiceView }): JSX.Element {
  return (
    <>
      <header class="head">
        <h1>{service.name}</h1>
        <p class="lead">{sentence(service.verdict)}</p>
      </header>
      <Facts service={service} />
      <div class="grid gap6">
        <Shares service={service} />
        <Silences service={service} />
        <Places service={service} />
        <div class="c5 side">
          <Servers service={service} />
          <Incidents service={service} />
        </div>
      </div>
    </>
  )
}

/** Its connections were seen, and no server of them. */
const isHidden = ({ servers, connections }: ServiceView): boolean => servers === 0 && connections > 0
const HIDDEN =
  'Which servers took the connections was not seen: something on the way, such as a load balancer, hides that. Captures of both its sides, analysed together, show it.'

function Facts({ service }: { service: ServiceView }): JSX.Element {
  const facts: [string, string, string][] = [
    ['Agents', count(service.agents), ''],
    ['Servers', count(service.servers), ''],
    ['Connections', count(service.connections), ''],
    [
      'Open incidents',
      count(service.openIncidents),
      service.worst === 'critical' ? 'crit' : service.worst === 'warning' ? 'warn' : '',
    ],
    ['Occurrences', count(service.occurrences), ''],
  ]
  return (
    <dl class="facts">
      {facts.map(([name, value, tone]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class={`big ${tone}`}>{value}</dd>
        </div>
      ))}
      <div>
        <dt>Seen, {zoneName(service.lastSeen)}</dt>
        <dd>
          {listTime(service.firstSeen)} to {listTime(service.lastSeen)}
        </dd>
      </div>
    </dl>
  )
}

function Shares({ service }: { service: ServiceView }): JSX.Element {
  const hasAny = service.shares.points.some(({ agents }) => agents.some((n) => n > 0))
  return (
    <section class="c7" aria-labelledby="shares">
      <header>
        <h2 id="shares">Share of attached agents</h2>
        <span class="note">{span(service.from, service.to)}</span>
      </header>
      {hasAny ? (
        <>
          <SharesFigure service={service} sentence={sharesSentence(service)} />
          <p class="note gap4">{sharesSentence(service)}</p>
          <details>
            <summary class="note">as a table</summary>
            <SharesTable service={service} />
          </details>
        </>
      ) : (
        <Empty>
          {isHidden(service)
            ? HIDDEN
            : `No agent was attached to a server in this time; it was last seen ${time(service.lastSeen)}.`}
        </Empty>
      )}
    </section>
  )
}

function Silences({ service }: { service: ServiceView }): JSX.Element {
  const { silences } = service
  const hasAny = silences.bins.some(({ survived, severed }) => survived + severed > 0)
  const timers = askableTimers(silences)
  const [index, choose] = useState<number | null>(null)
  // At rest nothing is asked; traffic that comes later may take the last value away.
  const asked = index === null ? null : Math.min(index, timers.length - 1)
  return (
    <section class="c5" aria-labelledby="silences">
      <header>
        <h2 id="silences">Silences on this path</h2>
        {silences.timer !== null && (
          <a class="more" href={href({ page: 'incident', id: silences.timer.incident })}>
            {silences.timer.incident}
          </a>
        )}
      </header>
      {hasAny ? (
        <>
          <SilencesFigure silences={silences} asked={asked === null ? null : (timers[asked] ?? null)} />
          <p class="legend gap4">
            <span>
              <svg width="12" height="10" aria-hidden="true">
                <rect width="12" height="10" class="f-good fig-bar" />
              </svg>
              survived
            </span>
            <span>
              <svg width="12" height="10" aria-hidden="true">
                <path d="M2 2l7 6m0-6l-7 6" class="s-crit fig-cross" />
              </svg>
              severed
            </span>
            <span class="dim">length in seconds, log scale</span>
          </p>
          <p class="note">{silencesSentence(silences)}</p>
          {timers.length > 0 && (
            <SilencesWhatIf
              service={service}
              timers={timers}
              index={asked ?? timers.length - 1}
              choose={choose}
            />
          )}
          <details>
            <summary class="note">as a table</summary>
            <SilencesTable silences={silences} />
          </details>
        </>
      ) : (
        <Empty>No silence of a second or more was seen.</Empty>
      )}
    </section>
  )
}

function Places({ service }: { service: ServiceView }): JSX.Element {
  return (
    <section class="c7" aria-labelledby="places">
      <header>
        <h2 id="places">Who is where</h2>
        <span class="note">each agent by its network, at the server that it was with last</span>
      </header>
      {service.places.length === 0 ? (
        <Empty>{isHidden(service) ? HIDDEN : 'No agent was attached to a server yet.'}</Empty>
      ) : (
        <>
          <PlacesFigure places={service.places} order={ownTones(service)} />
          <details>
            <summary class="note">as a table</summary>
            <PlacesTable places={service.places} />
          </details>
        </>
      )}
    </section>
  )
}

function Servers({ service }: { service: ServiceView }): JSX.Element | null {
  if (service.serverList.length === 0) return null
  return (
    <section aria-labelledby="servers">
      <header>
        <h2 id="servers">Servers</h2>
      </header>
      <table class="servers">
        <thead>
          <tr>
            <th>Server</th>
            <th class="num">Agents</th>
            <th class="num">Connections</th>
            <th class="num">Open</th>
            <th class="num wide">Handshake</th>
          </tr>
        </thead>
        <tbody>
          {service.serverList.map((server) => (
            <tr key={server.id}>
              <td class="any">
                <a href={href({ page: 'agents' }, { service: service.name, server: server.name })}>
                  <RoleMark role="server">
                    <span class="agent-id">{server.name}</span>
                  </RoleMark>
                </a>
                <div class="sub mono any">{endpoint(server.address, server.port)}</div>
              </td>
              <td class="num">{count(server.agents)}</td>
              <td class="num">
                <a href={href({ page: 'connections' }, { service: service.name, server: server.name })}>
                  {count(server.connections)}
                </a>
              </td>
              <td class="num">{count(server.open)}</td>
              <td class="num wide">
                {server.medianHandshakeSeconds === null ? '–' : duration(server.medianHandshakeSeconds)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Incidents({ service }: { service: ServiceView }): JSX.Element {
  const { incidents } = service
  return (
    <section aria-labelledby="open">
      <header>
        <h2 id="open">Open incidents</h2>
        {service.openIncidents > 0 && (
          <a class="more" href={href({ page: 'incidents' }, { service: service.name })}>
            all {count(service.openIncidents)}
          </a>
        )}
      </header>
      {incidents.length === 0 ? (
        <Empty>Nothing is open, from {counted(service.connections, 'connection')}.</Empty>
      ) : (
        <ul class="rel">
          {incidents.slice(0, INCIDENTS).map(({ id, severity, title }) => (
            <li key={id}>
              <SeverityMark severity={severity} />
              <a class="any" href={href({ page: 'incident', id })}>
                {title}
              </a>
              <span>{id}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
