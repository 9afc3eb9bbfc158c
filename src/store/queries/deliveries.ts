/** Alerts that were sent, wait or were given up, the latest first; and how each output fares. */
import { isoTime } from '../../model/time.ts'
import type { DeliveryRow, DeliveryState, Page } from '../../model/view.ts'
import { prepared, type Store } from '../store.ts'
import { instantOf } from './captures.ts'
import { cut, sortKeyOf } from './cursor.ts'
import { checkPage, isSet, type PageRequest } from './filter.ts'
import { severityOf } from './incidents.ts'
import { incidentName } from './names.ts'

const LIST = 'deliveries'

interface Stored {
  readonly id: number
  readonly key: string
  readonly output: string
  readonly incident: number | null
  readonly kind: string
  readonly severity: number
  readonly title: string
  readonly state: DeliveryState
  readonly attempts: number
  readonly created: number
  readonly next: number | null
  readonly finished: number | null
  readonly answer: string | null
}

export interface DeliveryFilter {
  readonly state?: readonly DeliveryState[] | undefined
  readonly output?: readonly string[] | undefined
}

const MATCHING = `FROM delivery
  WHERE ($allStates OR state IN (SELECT value FROM json_each($states)))
    AND ($allOutputs OR output IN (SELECT value FROM json_each($outputs)))`
const ROWS = `SELECT id, key, output, incident, kind, severity, title, state, attempts, created, next, finished, answer
  ${MATCHING} AND id < $before ORDER BY id DESC LIMIT $limit`
const TOTAL = `SELECT count(*) AS n ${MATCHING}`

export function listDeliveries(
  store: Store,
  { state, output }: DeliveryFilter,
  page: PageRequest,
): Page<DeliveryRow> {
  checkPage(page)
  const before = sortKeyOf(LIST, page.cursor)?.[1] ?? Number.MAX_SAFE_INTEGER
  const filter = {
    allStates: isSet(state) ? 0 : 1,
    states: JSON.stringify(state ?? []),
    allOutputs: isSet(output) ? 0 : 1,
    outputs: JSON.stringify(output ?? []),
  }
  const rows = prepared<Stored>(store, ROWS).all({ ...filter, before, limit: page.limit + 1 })
  const { shown, next } = cut(LIST, rows, page.limit, ({ id }) => [0, id])
  const total = prepared<{ n: number }>(store, TOTAL).get(filter)?.n ?? 0
  return { items: shown.map(deliveryOf), next, total }
}

/** One delivery; null if there is none of the number. */
export function deliveryRow(store: Store, id: number): DeliveryRow | null {
  const row = prepared<Stored>(store, 'SELECT * FROM delivery WHERE id = ?').get(id)
  return row === undefined ? null : deliveryOf(row)
}

const deliveryOf = ({ incident, severity, created, next, finished, ...row }: Stored): DeliveryRow => ({
  id: row.id,
  key: row.key,
  output: row.output,
  incident: incident === null ? null : incidentName(incident),
  kind: row.kind,
  severity: severityOf(severity) ?? 'info',
  title: row.title,
  state: row.state,
  attempts: row.attempts,
  created: isoTime(created),
  next: instantOf(next),
  finished: instantOf(finished),
  answer: row.answer,
})

export interface OutputStanding {
  readonly waiting: number
  readonly dead: number
  /** The last alert that was delivered, and the last that failed; null if there is none. */
  readonly delivered: DeliveryRow | null
  readonly failed: DeliveryRow | null
}

export function outputStanding(store: Store, output: string): OutputStanding {
  const count = prepared<{ n: number }>(
    store,
    'SELECT count(*) AS n FROM delivery WHERE output = ? AND state = ?',
  )
  const last = (condition: string): DeliveryRow | null => {
    const row = prepared<Stored>(
      store,
      `SELECT * FROM delivery WHERE output = ? AND ${condition} LIMIT 1`,
    ).get(output)
    return row === undefined ? null : deliveryOf(row)
  }
  return {
    waiting: count.get(output, 'waiting')?.n ?? 0,
    dead: count.get(output, 'dead')?.n ?? 0,
    delivered: last("state = 'delivered' ORDER BY finished DESC"),
    failed: last("state <> 'delivered' AND attempts > 0 ORDER BY id DESC"),
  }
}
