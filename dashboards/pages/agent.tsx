/** One agent: where it was, what happened to it, and under which addresses. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AgentView } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { SwimlaneFigure, SwimlaneLegend } from '../diagrams/swimlane.tsx'
import { useLoad } from '../load.ts'
import { Pill } from '../parts/list.tsx'
import { RoleMark, SeverityMark } from '../parts/marks.tsx'
import { useNews } from '../parts/news.ts'
import { Bar } from '../parts/page.tsx'
import { Empty, Show } from '../parts/states.tsx'
import { href, query } from '../router.ts'
import {
  bytes,
  confidence,
  count,
  counted,
  elapsed,
  listSpan,
  listTime,
  secondsBetween,
  span,
  time,
  zoneName,
} from '../text.ts'
import { agentFacts, agentSentence, hiddenSentence, withHiddenServer } from './agent-words.ts'
import { identifiedWords } from './identified.data.ts'
import { SpanChips, spanQuery } from './span.tsx'

const HAPPENINGS = 50
const STAYS = 12

export function AgentPage({ id }: { id: string }): JSX.Element {
  const asked = spanQuery(query.value)
  const key = `agent ${id} ${JSON.stringify(asked)}`
  const loaded = useLoad(key, (signal) => api.agent(id, asked, signal), { keep: true })
  const { news, show } = useNews(key, loaded.reload, (event) =>
    event.kind === 'occurrence' && event.occurrence.agent?.id === id ? 'isNew' : null,
  )
  return (
    <>
      <Bar above={[{ href: '/agents', text: 'Agents' }]} title={id} news={news.isNew}>
        {loaded.data !== null && (
          <SpanChips route={{ page: 'agent', id }} from={loaded.data.from} to={loaded.data.to} />
        )}
      </Bar>
      <Pill news={news} onShow={show} />
      <Show loaded={loaded} what={`agent ${id}`} tall>
        {(agent) => <Agent agent={agent} />}
      </Show>
    </>
  )
}

function Agent({ agent }: { agent: AgentView }): JSX.Element {
  const sentence = agentSentence(agent)
  const services = [...new Set(agent.stays.map(({ service }) => service))]
  const isSeen = agent.stays.length > 0 || agent.connections.length > 0
  return (
    <>
      <header class="head">
        <h1 class="who">
          <RoleMark role="agent">
            <span class="agent-id">{agent.id}</span>
          </RoleMark>
        </h1>
        <p class="lead">{sentence}</p>
      </header>
      <Facts agent={agent} />
      <div class="grid gap6">
        <section class="c12" aria-labelledby="where">
          <header>
            <h2 id="where">Where it was</h2>
            <span class="note any">
              {span(agent.from, agent.to)}
              {services.length > 0 && ` · ${services.join(', ')}`}
            </span>
            {isSeen && <SwimlaneLegend />}
          </header>
          {isSeen ? (
            <>
              <SwimlaneFigure agent={withHiddenServer(agent)} sentence={sentence} />
              {agent.stays.length === 0 && <p class="note gap4">{hiddenSentence(agent)}</p>}
            </>
          ) : (
            <Empty>
              It was attached to no server in this time. It was last seen {time(agent.lastSeen)}.{' '}
              <a class="link" href={href({ page: 'agent', id: agent.id })}>
                Show its last 24 h
              </a>
            </Empty>
          )}
        </section>
        <Happenings agent={agent} />
        <div class="c4 side">
          <Stays agent={agent} />
          <Addresses agent={agent} />
        </div>
      </div>
    </>
  )
}

function Facts({ agent }: { agent: AgentView }): JSX.Element {
  const { cuts, hops, addresses, attachedTo, since, isAttached } = agentFacts(agent)
  return (
    <dl class="facts">
      <div>
        <dt>{isAttached ? 'Attached to' : 'Last with'}</dt>
        <dd class="big">{attachedTo ?? '–'}</dd>
      </div>
      <div>
        <dt>since, {zoneName(agent.to)}</dt>
        <dd class="big" title={since === null ? undefined : listTime(since, 'second')}>
          {since === null ? '–' : listTime(since)}
        </dd>
      </div>
      <div>
        <dt>Cuts</dt>
        <dd class={cuts > 0 ? 'big crit' : 'big'}>{count(cuts)}</dd>
      </div>
      <div>
        <dt>Hops</dt>
        <dd class={hops > 0 ? 'big warn' : 'big'}>{count(hops)}</dd>
      </div>
      <div>
        <dt>Addresses</dt>
        <dd class="big">{count(addresses)}</dd>
      </div>
      <div>
        <dt>Known by</dt>
        <dd>
          {identifiedWords(agent.identifiedBy)}, <b>{confidence(agent.confidence)}</b>
        </dd>
      </div>
    </dl>
  )
}

function Happenings({ agent }: { agent: AgentView }): JSX.Element {
  const [most, setMost] = useState(HAPPENINGS)
  const { happenings } = agent
  const sorted = [...happenings].sort((a, b) => (a.at < b.at ? 1 : -1))
  return (
    <section class="c8" aria-labelledby="what">
      <header>
        <h2 id="what">What happened</h2>
        <span class="note">newest first</span>
        <a
          class="more"
          href={`${href({ page: 'incidents' })}?state=all&agent=${encodeURIComponent(agent.id)}`}
        >
          its incidents
        </a>
      </header>
      {happenings.length === 0 ? (
        <Empty>Nothing that breaks what it relies on.</Empty>
      ) : (
        <table class="stack">
          <thead>
            <tr>
              <th class="sign">
                <span class="hide">Severity</span>
              </th>
              <th>Time, {zoneName(agent.to)}</th>
              <th>What</th>
              <th>Type</th>
              <th class="num">Incident</th>
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, most).map(({ id, severity, at, sentence, type, incident }) => (
              <tr key={id}>
                <td class="sign">
                  <SeverityMark severity={severity} />
                </td>
                <td class="mono nw meta">{listTime(at, 'second')}</td>
                <td class="any">{sentence}</td>
                <td class="mid nw wide">{type}</td>
                <td class="num">
                  <a class="link" href={href({ page: 'incident', id: incident }, { occurrence: id })}>
                    {incident}
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {happenings.length > most && (
        <p class="note gap4">
          {count(most)} of {count(happenings.length)} ·{' '}
          <button type="button" class="link" onClick={() => setMost(most + 200)}>
            older
          </button>
        </p>
      )}
    </section>
  )
}

/** The same as the lanes, in words. */
function Stays({ agent }: { agent: AgentView }): JSX.Element | null {
  const [isAll, setAll] = useState(false)
  const sorted = [...agent.stays].sort((a, b) => (a.start < b.start ? 1 : -1))
  if (sorted.length === 0) return null
  return (
    <section>
      <header>
        <h2>Its servers</h2>
        <span class="note">latest first, {zoneName(agent.to)}</span>
      </header>
      <table class="servers">
        <thead>
          <tr>
            <th>Server</th>
            <th>From and to</th>
            <th class="num">Bytes</th>
          </tr>
        </thead>
        <tbody>
          {(isAll ? sorted : sorted.slice(0, STAYS)).map(({ server, start, end, endedBy, bytes: octets }) => (
            <tr key={`${server}${start}`}>
              <td class="any">
                {server}
                <div class="sub">
                  {ENDED[endedBy === 'open' && end < agent.lastSeen ? 'capture-end' : endedBy]}
                </div>
              </td>
              <td>
                {listSpan(start, end)}
                <div class="sub">{elapsed(secondsBetween(start, end))}</div>
              </td>
              <td class="num">{octets === 0 ? <Unknown /> : bytes(octets)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {sorted.length > STAYS && (
        <p class="note gap4">
          <button type="button" class="link" onClick={() => setAll(!isAll)}>
            {isAll ? 'the latest only' : `all ${counted(sorted.length, 'stay')}`}
          </button>
        </p>
      )}
    </section>
  )
}

const ENDED: Readonly<Record<AgentView['stays'][number]['endedBy'], string>> = {
  open: 'still attached',
  agent: 'the agent left',
  server: 'the server closed',
  severed: 'severed',
  hop: 'then another server',
  failover: 'it did not answer: failover',
  failback: 'back to the preferred server',
  'capture-end': 'until the end of the capture',
}

function Addresses({ agent }: { agent: AgentView }): JSX.Element | null {
  if (agent.addresses.length === 0) return null
  return (
    <section>
      <header>
        <h2>Its addresses</h2>
        <span class="note">{zoneName(agent.to)}</span>
      </header>
      <table>
        <thead>
          <tr>
            <th>Address</th>
            <th>From and to</th>
          </tr>
        </thead>
        <tbody>
          {agent.addresses
            .toReversed()
            .slice(0, STAYS)
            .map(({ address, start, end }) => (
              <tr key={`${address}${start}`}>
                <td class="mono any">{address}</td>
                <td>{listSpan(start, end)}</td>
              </tr>
            ))}
        </tbody>
      </table>
      {agent.addresses.length > STAYS && (
        <p class="note gap4">
          The latest {STAYS} of {count(agent.addresses.length)}.
        </p>
      )}
    </section>
  )
}

/** Octets are counted as connections end. */
const Unknown = (): JSX.Element => (
  <>
    <span aria-hidden="true" title="not known yet">
      —
    </span>
    <span class="hide">not known yet</span>
  </>
)
