/** One incident: what happened, what proves it, who did it, what to do, and for whom. */
import { Fragment, type JSX } from 'preact'
import type { IncidentView, OccurrenceRow, Page } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { EvidenceSheet } from '../diagrams/evidence-sheet.tsx'
import { severedOf, TimerFigure } from '../diagrams/timer.tsx'
import { useKeys } from '../keys.ts'
import { useLive, useLoad, usePaced } from '../load.ts'
import type { Loaded } from '../load.ts'
import { CopyButton } from '../parts/copy.tsx'
import { IncidentActions } from '../parts/incident-actions.tsx'
import { Key } from '../parts/help.tsx'
import { SeverityMark, VerdictMark } from '../parts/marks.tsx'
import { Bar } from '../parts/page.tsx'
import { Empty, Show } from '../parts/states.tsx'
import { href, pathPart, query, setQuery } from '../router.ts'
import { counted, elapsed, interval, secondsBetween, signed, span } from '../text.ts'
import { AgentsHit } from './incident-agents.tsx'
import { incidentText, sentence } from './incident-parts.ts'
import { Devices, History, LookForYourself, Related, Sources, WhatToDo, WhoDidIt } from './incident-side.tsx'
import { WhatThePacketsShow } from './incident-packets.tsx'

/** Occurrences that the page reads: for the neighbours' numbers and the tracks of the agents. */
const OCCURRENCES = 500
const RELOAD_MS = 2000 // while traffic keeps changing an incident, its numbers follow at this pace

export function IncidentPage({ id }: { id: string }): JSX.Element {
  const loaded = useLoad(`incident ${id}`, (signal) => api.incident(id, signal))
  const occurrences = useLoad(`incident ${id} occurrences`, (signal) =>
    api.incidentOccurrences(id, { limit: OCCURRENCES }, signal),
  )
  useFollowing(id, loaded)
  return (
    <>
      <Bar above={[{ href: '/incidents', text: 'Incidents' }]} title={id}>
        {loaded.data !== null && <span>{span(loaded.data.start, loaded.data.end, 'second')}</span>}
      </Bar>
      <Show loaded={loaded} what={`incident ${id}`} tall>
        {(incident) => (
          <Incident
            incident={incident}
            occurrences={occurrences}
            onChanged={(changed) => loaded.change(() => changed)}
          />
        )}
      </Show>
    </>
  )
}

/** Numbers in place follow what happens, at once and then at a pace; nothing moves. */
function useFollowing(id: string, loaded: Loaded<IncidentView>): void {
  const follow = usePaced(loaded.reload, RELOAD_MS)
  useLive((event) => {
    if (event.kind === 'lost' || (event.kind === 'incident' && event.id === id)) follow()
  })
}

interface IncidentProps {
  readonly incident: IncidentView
  readonly occurrences: Loaded<Page<OccurrenceRow>>
  readonly onChanged: (incident: IncidentView) => void
}

function Incident({ incident, occurrences, onChanged }: IncidentProps): JSX.Element {
  const chosen = query.value.get('occurrence') ?? occurrences.data?.items[0]?.id ?? null
  const go = (to: number | null): void => {
    if (to !== null) setQuery({ occurrence: to }, { replace: true })
  }
  const { timer, attribution, actor } = incident
  return (
    <>
      <Verdict incident={incident} onChanged={onChanged} />
      <div class="grid">
        <section class="c8" aria-labelledby="packets">
          {chosen === null ? (
            <NoOccurrence occurrences={occurrences} />
          ) : (
            <WhatThePacketsShow
              id={String(chosen)}
              list={occurrences.data}
              total={incident.occurrences}
              go={go}
            />
          )}
        </section>
        <div class="c4 side">
          <WhoDidIt incident={incident} />
          <WhatToDo incident={incident} />
          <LookForYourself incident={incident} />
          <Related incident={incident} />
        </div>
        {timer !== null && timer.severedSeconds.length > 0 && (
          <>
            <section class="c8" aria-labelledby="timer">
              <header>
                <h2 id="timer">The timer: {interval(timer.lowerSeconds, timer.upperSeconds)}</h2>
                <span class="note">{counted(timer.survived + severedOf(timer), 'silence')}, in seconds</span>
              </header>
              <TimerFigure timer={timer} role={actor.role} />
            </section>
            <Devices timer={timer} />
          </>
        )}
        {attribution.length > 0 && (
          <section class="c7" aria-labelledby="evidence">
            <header>
              <h2 id="evidence">Evidence</h2>
              <span class="note">
                weights add up to {signed(attribution.reduce((sum, { weight }) => sum + weight, 0))}: above
                zero a device between did it, below an end
              </span>
            </header>
            <EvidenceSheet items={attribution} />
          </section>
        )}
        <AgentsHit incident={incident} occurrences={occurrences} go={go} />
        <Sources incident={incident} />
        <History incident={incident} />
      </div>
    </>
  )
}

function NoOccurrence({ occurrences }: { occurrences: Loaded<Page<OccurrenceRow>> }): JSX.Element {
  return (
    <>
      <header>
        <h2 id="packets">What the packets show</h2>
      </header>
      <Show loaded={occurrences} what="the packets" tall>
        {() => <Empty>No single occurrence of it is stored any more; its numbers stay.</Empty>}
      </Show>
    </>
  )
}

function Verdict({ incident, onChanged }: Pick<IncidentProps, 'incident' | 'onChanged'>): JSX.Element {
  const { id, type, state, severity, title, summary, start, end, occurrences, agents, packets } = incident
  const carve = api.incidentPackets(id)
  useKeys(packets > 0 ? { p: () => location.assign(carve) } : {})
  return (
    <header class="verdict">
      <p class="ids">
        <SeverityMark severity={severity} word />
        <span>{id}</span>
        <span>{type}</span>
        <span>
          {state}, {elapsed(secondsBetween(start, end))}
        </span>
        <span>
          {counted(occurrences, 'time')}
          {agents > 0 && `, ${counted(agents, 'agent')}`}
        </span>
      </p>
      <h1 class="large">{sentence(title)}</h1>
      <p class="lead">{summary}</p>
      <Requirements incident={incident} />
      <div class="btns">
        <IncidentActions incident={incident} onChanged={onChanged} />
        {packets > 0 && (
          <a class="btn" href={carve} download>
            Carve {counted(packets, 'packet')} <Key name="p" />
          </a>
        )}
        <CopyButton text={() => incidentText(incident, location.origin)}>Copy as text</CopyButton>
        <a class="btn wide" href={api.address(`/incidents/${pathPart(id)}`)}>
          Raw JSON
        </a>
      </div>
    </header>
  )
}

/** The requirement that it is about, in its own words and with what became of it; the others by their ids. */
function Requirements({ incident }: { incident: IncidentView }): JSX.Element | null {
  const { requirements, service } = incident
  const [first, ...others] = requirements
  const rows = useLoad(`requirements ${service}`, (signal) =>
    first === undefined ? Promise.resolve(null) : api.requirements({ service }, signal),
  )
  if (first === undefined) return null
  const row = rows.data?.items.find(({ id }) => id === first)
  // What is told as information breaks nothing by itself.
  const status = row?.status ?? (incident.severity === 'info' ? 'not-observed' : 'violated')
  const words = status === 'violated' ? 'is violated.' : 'may be concerned.'
  const to = (requirement: string): string => `${href({ page: 'conformance' }, { service })}#${requirement}`
  return (
    <p class="req">
      <a href={to(first)}>
        <VerdictMark status={status} /> <b>{first}</b> {row?.title ?? words}
      </a>
      {others.length > 0 && (
        <span class="dim">
          also{' '}
          {others.map((other, i) => (
            <Fragment key={other}>
              {i > 0 && ', '}
              <a href={to(other)}>{other}</a>
            </Fragment>
          ))}
        </span>
      )}
    </p>
  )
}
