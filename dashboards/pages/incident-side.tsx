/** Beside the proof of an incident: who did it, what to do, how to look for oneself, and what goes with
 * it. */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { IncidentView, TimerView } from '../../src/api/contract.ts'
import { shortened } from '../diagrams/labels.ts'
import { excludedOf, parseCandidate } from '../diagrams/timer-layout.ts'
import { roleClass } from '../diagrams/role.tsx'
import { CopyFilter } from '../parts/copy.tsx'
import { Glyph, RoleMark, SeverityMark, STATUS_MARKS } from '../parts/marks.tsx'
import { href } from '../router.ts'
import { confidence, count, counted, decimal, captureName, listTime, seconds, zoneName } from '../text.ts'
import { ROLE_WORDS } from '../words.data.ts'
import { isUnconfirmed, quantities, remedySteps } from './incident-parts.ts'

type Props = { readonly incident: IncidentView }

export function WhoDidIt({ incident }: Props): JSX.Element {
  const { actor, captures } = incident
  // Of nobody, nobody is sure.
  const isNamed = actor.role !== 'unknown'
  const isProven = isNamed && actor.role !== 'middlebox'
  return (
    <section>
      <header>
        <h2>Who did it</h2>
      </header>
      <p class="actor">
        <RoleMark role={actor.role}>
          <b>{ROLE_WORDS[actor.role]}</b> {actor.name ?? actor.address}
        </RoleMark>
        {isNamed && (
          <span class="sure" title="confidence, 0 to 1">
            <span class="hide">confidence </span>
            {confidence(actor.confidence)}
          </span>
        )}
      </p>
      {isNamed && (
        <svg class={`chart ${roleClass(actor.role)}`} height="8" aria-hidden="true">
          <rect class="bar-all" width="100%" height="3" y="2" />
          <rect class="bar-part" width={`${Math.round(actor.confidence * 100)}%`} height="3" y="2" />
        </svg>
      )}
      {actor.name !== null && actor.address !== null && <p class="note mono">{actor.address}</p>}
      {!isProven && (
        <p class="note">
          {actor.role === 'middlebox'
            ? 'It is proven that a device between did it, but not which one. '
            : 'No device is named, as none is proven. '}
          {new Set(captures.map(({ tap }) => tap)).size < 2
            ? 'A capture from the other side of the path, at the same time, would tell.'
            : 'A capture between these two taps would tell.'}
        </p>
      )}
    </section>
  )
}

export function WhatToDo({ incident }: Props): JSX.Element {
  return (
    <section>
      <header>
        <h2>What to do</h2>
      </header>
      <ol class="todo">
        {remedySteps(incident.remedy).map((step) => (
          <li key={step} class="any">
            {quantities(step).map((part, i) => (i % 2 === 1 ? <b key={i}>{part}</b> : part))}
          </li>
        ))}
      </ol>
    </section>
  )
}

export const LookForYourself = ({ incident }: Props): JSX.Element => (
  <section>
    <CopyFilter text={incident.filter}>
      <h2>Look for yourself</h2>
    </CopyFilter>
  </section>
)

export function Related({ incident }: Props): JSX.Element | null {
  if (incident.related.length === 0) return null
  return (
    <section>
      <header>
        <h2>Related</h2>
      </header>
      <ul class="rel">
        {incident.related.map(({ id, severity, title, state }) => (
          <li key={id}>
            <SeverityMark severity={severity} />
            <a class="any" href={href({ page: 'incident', id })}>
              {title}
            </a>
            <span>
              {id}
              {state === 'resolved' && <span class="sub"> resolved</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Devices with a default in the interval: candidates, never proof. */
export function Devices({ timer }: { timer: TimerView }): JSX.Element {
  const { candidates } = timer
  const excluded = excludedOf(timer)
  return (
    <section class="c4">
      <header>
        <h2>Which box has this timer</h2>
      </header>
      {candidates.length === 0 && (
        <p class="mid">
          {timer.lowerSeconds === null
            ? 'Which device leaves the factory with it, a silence that was survived would show: it bounds the timer from below.'
            : 'No device that is known leaves the factory with a timer in this interval: this one was set.'}
        </p>
      )}
      {candidates.length + excluded.length > 0 && (
        <table class="bare">
          <tbody>
            {candidates.map((text) => {
              const parsed = parseCandidate(text)
              const unconfirmed = isUnconfirmed(text) ? ', no document at hand' : ''
              const default_ =
                parsed === null ? 'its default lies in the interval' : `${decimal(parsed.seconds)} s`
              return <Device key={text} name={parsed?.name ?? text} why={default_ + unconfirmed} fits />
            })}
            {excluded.map(({ name, seconds: value, why }) => (
              <Device key={name} name={`${name}, ${decimal(value)} s`} why={why ?? ''} />
            ))}
          </tbody>
        </table>
      )}
      <p class="note gap4">
        Defaults only: every timer can be set.
        {timer.safeKeepAliveSeconds !== null &&
          ` A keep-alive every ${seconds(timer.safeKeepAliveSeconds, 1)} or less is safe.`}
      </p>
    </section>
  )
}

function Device({ name, why, fits = false }: { name: string; why: string; fits?: boolean }): JSX.Element {
  const { Shape } = fits ? STATUS_MARKS.met : STATUS_MARKS['not-applicable']
  return (
    <tr>
      <td class={fits ? 'sign' : 'sign dim'}>
        <Glyph shape={Shape} label={fits ? 'fits' : 'excluded'} tone={fits ? 'good' : 'dim'} />
      </td>
      <td>
        {fits ? <b>{name}</b> : name}
        <div class="sub">{why}</div>
      </td>
    </tr>
  )
}

/** Captures of an incident that are shown at first, and that the API tells at most. */
const SOURCES = 8
const SOURCES_MAX = 100

export function Sources({ incident }: Props): JSX.Element | null {
  const [isAll, setAll] = useState(false)
  const { captures } = incident
  if (captures.length === 0) return null
  return (
    <section class="c6">
      <header>
        <h2>Seen in {counted(captures.length, 'capture')}</h2>
        <span class="note">{captures.length === SOURCES_MAX ? 'or more; the latest first' : ''}</span>
      </header>
      <ul class="rel">
        {captures.slice(0, isAll ? undefined : SOURCES).map(({ id, name, tap, isLive }) => (
          <li key={`${id} ${tap}`}>
            <a class="any" title={name} href={href({ page: 'incidents' }, { state: 'all', capture: id })}>
              {captureName(name, isLive)}
            </a>
            <span>{tap !== '' && <bdi>tap {shortened(tap, 20)}</bdi>}</span>
          </li>
        ))}
      </ul>
      {captures.length > SOURCES && (
        <p class="note gap4">
          <button type="button" class="link" onClick={() => setAll(!isAll)}>
            {isAll ? 'the latest only' : `all ${count(captures.length)}`}
          </button>
        </p>
      )}
    </section>
  )
}

export function History({ incident }: Props): JSX.Element | null {
  const { history } = incident
  if (history.length === 0) return null
  return (
    <section class="c6">
      <header>
        <h2>Its life</h2>
        <span class="note">times in {zoneName()}</span>
      </header>
      <ul class="rel">
        {history.toReversed().map(({ at, state, by, note }) => (
          <li key={at}>
            <span class="any">
              <b>{state}</b> by {by}
              {note !== '' && <span class="mid">: {note}</span>}
            </span>
            <span>{listTime(at)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
