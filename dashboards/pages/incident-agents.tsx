/** The agents that an incident hit, each with a small track. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { IncidentView, OccurrenceRow, Page } from '../../src/api/contract.ts'
import { Track } from '../diagrams/track.tsx'
import type { Loaded } from '../load.ts'
import { Pill } from '../parts/list.tsx'
import { RoleMark } from '../parts/marks.tsx'
import { useNews } from '../parts/news.ts'
import { Show } from '../parts/states.tsx'
import { href } from '../router.ts'
import { count, counted, listSpan, listTime, zoneName } from '../text.ts'
import { agentsOf } from './incident-parts.ts'

const FEW = 8
/** What befalls many in one moment is one occurrence, which names none of them. */
const ALL_AT_ONCE = 'They were hit together: the filter finds the packets of each.'

interface AgentsProps {
  readonly incident: IncidentView
  readonly occurrences: Loaded<Page<OccurrenceRow>>
  readonly go: (occurrence: number) => void
}

export function AgentsHit({ incident, occurrences, go }: AgentsProps): JSX.Element {
  const [isAll, setAll] = useState(false)
  const { news, show } = useNews(incident.id, occurrences.reload, (event) =>
    event.kind === 'occurrence' && event.occurrence.incident === incident.id ? 'isNew' : null,
  )
  return (
    <section class={incident.attribution.length > 0 ? 'c5' : 'c12'} aria-labelledby="agents">
      <header>
        <h2 id="agents">
          {incident.agents === 0 ? 'No agent in particular' : `${counted(incident.agents, 'agent')} hit`}
        </h2>
        <span class="note">{counted(incident.occurrences, 'time')}</span>
      </header>
      <Pill news={news} onShow={show} />
      <Show loaded={occurrences} what="the agents">
        {({ items }) => {
          const hits = agentsOf(items)
          return (
            <>
              <Table hits={isAll ? hits : hits.slice(0, FEW)} incident={incident} items={items} go={go} />
              <p class="note gap4">
                {hits.length === 0 && incident.agents > 0 && ALL_AT_ONCE}
                {hits.length > FEW && (
                  <button type="button" class="link" onClick={() => setAll(!isAll)}>
                    {isAll ? 'the most hit only' : `all ${count(hits.length)}`}
                  </button>
                )}{' '}
                {items.length < incident.occurrences && `From the latest ${count(items.length)} occurrences.`}
              </p>
            </>
          )
        }}
      </Show>
    </section>
  )
}

interface TableProps extends Pick<AgentsProps, 'incident' | 'go'> {
  readonly hits: ReturnType<typeof agentsOf>
  readonly items: readonly OccurrenceRow[]
}

function Table({ hits, incident, items, go }: TableProps): JSX.Element | null {
  if (hits.length === 0) return null
  const latest = (agent: string): OccurrenceRow | undefined => items.find((row) => row.agent?.id === agent)
  return (
    <table class="hits">
      <thead>
        <tr>
          <th>Agent</th>
          <th title={listSpan(incident.start, incident.end)}>When</th>
          <th class="num">Times</th>
          <th class="num">Last, {zoneName()}</th>
        </tr>
      </thead>
      <tbody>
        {hits.map(({ id, times, last }) => (
          <tr key={id}>
            <td class="any">
              <a href={href({ page: 'agent', id })}>
                <RoleMark role="agent">
                  <span class="agent-id">{id}</span>
                </RoleMark>
              </a>
            </td>
            <td class="track">
              <Track times={times} from={incident.start} to={incident.end} />
            </td>
            <td class="num">{count(times.length)}</td>
            <td class="num">
              <button
                type="button"
                class="plain"
                title="show its packets"
                onClick={() => go(latest(id)?.id ?? 0)}
              >
                {listTime(last, 'second')}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
