/** Alerts that leave the house: the outputs, what could not be delivered and can be sent again, and the last
 * alerts that were sent. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { AlertOutputRow, AlertTest, DeliveryRow, Page } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { harmless } from '../harmless.ts'
import { type Loaded, useLive, useLoad, useSettled } from '../load.ts'
import { usePages } from '../paging.ts'
import { Older } from '../parts/list.tsx'
import { SeverityMark } from '../parts/marks.tsx'
import { Bar } from '../parts/page.tsx'
import { Empty, Failure, Show } from '../parts/states.tsx'
import { href } from '../router.ts'
import { may } from '../session.ts'
import { count, counted, listTime, zoneName } from '../text.ts'
import { deliveryHeadline, type Fare, fareOf, kindWord, TYPE_WORDS } from './delivery-words.ts'

const PAGE = 50
/** Attempts are no events: while the page is open it asks this often. */
const LOOK_MS = 5_000

export function DeliveriesPage(): JSX.Element {
  const outputs = useLoad('alert-outputs', (signal) => api.alertOutputs({}, signal))
  const dead = usePages('dead-letters', PAGE, (page, signal) =>
    api.deliveries({ state: 'dead', ...page }, signal),
  )
  const sent = usePages('deliveries', PAGE, (page, signal) =>
    api.deliveries({ state: ['waiting', 'delivered'], ...page }, signal),
  )
  const reload = (): void => {
    outputs.reload()
    dead.loaded.reload()
    sent.loaded.reload()
  }
  const soon = useSettled(reload)
  useLive((event) => {
    if (event.kind === 'lost' || event.kind === 'incident') soon()
  })
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && soon(), LOOK_MS)
    return () => clearInterval(timer)
  }, [])
  return (
    <>
      <Bar title="Deliveries" />
      <Outputs loaded={outputs} onChanged={reload} />
      {dead.items.length > 0 && (
        <section class="gap6">
          <header>
            <h2>Not delivered</h2>
            <span class="note">{counted(dead.loaded.data?.total ?? 0, 'alert')}, given up</span>
          </header>
          <Table rows={dead.items} onChanged={reload} />
          <Older paged={dead} one="alert" />
        </section>
      )}
      {sent.items.length > 0 && (
        <section class="gap6">
          <header>
            <h2>Sent, or about to be</h2>
          </header>
          <Table rows={sent.items} onChanged={reload} />
          <Older paged={sent} one="alert" />
        </section>
      )}
    </>
  )
}

interface OutputsProps {
  readonly loaded: Loaded<Page<AlertOutputRow>>
  readonly onChanged: () => void
}

function Outputs({ loaded, onChanged }: OutputsProps): JSX.Element {
  return (
    <Show loaded={loaded} what="the outputs" tall>
      {({ items }) => (
        <>
          <header class="head">
            <h1>{deliveryHeadline(items)}</h1>
          </header>
          {items.length === 0 ? (
            <Empty>
              Name outputs under <code>alerts</code> in the configuration, and start{' '}
              <code>holdfast serve</code> with it: webhooks, syslog, mail, Slack, Teams, files.
            </Empty>
          ) : (
            <table class="stack out">
              <thead>
                <tr>
                  <th class="sign">
                    <span class="hide">State</span>
                  </th>
                  <th>Output</th>
                  <th>Last delivered, {zoneName()}</th>
                  <th>Last failure</th>
                  <th class="num">Waiting</th>
                  <th class="num">Given up</th>
                  <th>
                    <span class="hide">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {items.map((row) => (
                  <Output key={row.name} row={row} onChanged={onChanged} />
                ))}
              </tbody>
            </table>
          )}
        </>
      )}
    </Show>
  )
}

const MARKS: Readonly<Record<Fare, 'critical' | 'warning' | null>> = {
  'gave-up': 'critical',
  waits: 'warning',
  well: null,
  unused: null,
}

function Output({ row, onChanged }: { row: AlertOutputRow; onChanged: () => void }): JSX.Element {
  const { name, type, target, delivered, failed, waiting, dead } = row
  const [outcome, setOutcome] = useState<AlertTest | Error | null>(null)
  const [isBusy, setBusy] = useState(false)
  const act = (work: Promise<AlertTest | null>): void => {
    setBusy(true)
    work
      .then(setOutcome, (error: unknown) => setOutcome(error as Error))
      .finally(() => {
        setBusy(false)
        onChanged()
      })
  }
  return (
    <tr>
      <td class="sign">{fareOf(row) === 'unused' ? null : <SeverityMark severity={MARKS[fareOf(row)]} />}</td>
      <td class="any">
        <b class="sent">{harmless(name)}</b>
        <div class="sub any">
          {TYPE_WORDS[type]}, {harmless(target)}
        </div>
        {outcome !== null && <Outcome of={outcome} />}
      </td>
      <td class="any">
        {delivered === null ? (
          <span class="dim">nothing yet</span>
        ) : (
          <>
            {listTime(delivered.finished ?? delivered.created)}
            <div class="sub any">{harmless(delivered.title)}</div>
          </>
        )}
      </td>
      <td class="any">{failed !== null && <div class="sub any">{harmless(failed.answer ?? '')}</div>}</td>
      <td class="num meta" data-l="waiting">
        {count(waiting)}
      </td>
      <td class="num meta" data-l="given up">
        {count(dead)}
      </td>
      <td class="num act">
        {may('operator') && (
          <span class="btns">
            {dead > 0 && (
              <button
                type="button"
                class="btn sm"
                disabled={isBusy}
                onClick={() => act(api.resend({ output: name }).then(() => null))}
              >
                Send {count(dead)} again
              </button>
            )}
            <button
              type="button"
              class="btn sm"
              disabled={isBusy}
              aria-label={`Send a test alert to ${name}`}
              onClick={() => act(api.testOutput(name))}
            >
              Test
            </button>
          </span>
        )}
      </td>
    </tr>
  )
}

function Outcome({ of }: { of: AlertTest | Error }): JSX.Element {
  if (of instanceof Error) return <Failure error={of} />
  return (
    <div class="sub any" role="status">
      {of.isDelivered ? 'The test was delivered' : 'The test was not delivered'}: {harmless(of.answer)}
    </div>
  )
}

function Table({ rows, onChanged }: { rows: readonly DeliveryRow[]; onChanged: () => void }): JSX.Element {
  return (
    <table class="stack out">
      <thead>
        <tr>
          <th class="sign">
            <span class="hide">Severity</span>
          </th>
          <th>Alert</th>
          <th>Output</th>
          <th>Decided, {zoneName()}</th>
          <th class="num">Attempts</th>
          <th>Answer</th>
          <th>
            <span class="hide">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Delivery key={row.id} row={row} onChanged={onChanged} />
        ))}
      </tbody>
    </table>
  )
}

function Delivery({ row, onChanged }: { row: DeliveryRow; onChanged: () => void }): JSX.Element {
  const { id, incident, severity, title, output, created, attempts, state, next, answer } = row
  const [error, setError] = useState<Error | null>(null)
  const again = (): void =>
    void api.resend({ id }).then(onChanged, (failure: unknown) => setError(failure as Error))
  return (
    <tr>
      <td class="sign">
        <SeverityMark severity={severity} />
      </td>
      <td class="any">
        {incident === null ? (
          <span class="sent">{harmless(title)}</span>
        ) : (
          <a class="sent" href={href({ page: 'incident', id: incident })}>
            {harmless(title)}
          </a>
        )}
        <div class="sub">
          {incident} {kindWord(row)}
        </div>
      </td>
      <td class="meta">{harmless(output)}</td>
      <td class="mid meta">{listTime(created)}</td>
      <td class="num meta" data-l={attempts === 1 ? 'attempt' : 'attempts'}>
        {count(attempts)}
      </td>
      <td class="any">
        <div class="sub any">
          {state === 'waiting' &&
            (next === null || attempts === 0 ? 'waits' : `waits until ${listTime(next, 'second')}`)}
          {state === 'waiting' && answer !== null && ': '}
          {harmless(answer ?? '')}
        </div>
        {error !== null && <Failure error={error} />}
      </td>
      <td class="num act">
        {state === 'dead' && may('operator') && (
          <button
            type="button"
            class="btn sm"
            aria-label={`Send ${title} to ${output} again`}
            onClick={again}
          >
            Send again
          </button>
        )}
      </td>
    </tr>
  )
}
