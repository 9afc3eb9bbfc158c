/**
 * The connections that a table holds, told again as when they opened: for whoever has to learn of them anew.
 * What the table does not know any more (what was said first, as a rule the options of the SYNs) is not told.
 */
import type { ConnectionOpened, Observation, Opening } from '../model/observation.ts'
import type { Micros } from '../model/time.ts'
import {
  FIRST_PACKET,
  handshakeRtt,
  HARDWARE_UNANSWERED,
  RECORD_WORDS,
  STATE,
  UNOPENED,
  half,
} from './fields.ts'
import { openedByRecords, openingByRecords } from './flows/facts.ts'
import { FAILED as FAILED_BY_RECORDS, SPOKE } from './flows/fields.ts'
import { bitsOf, firstAt as firstRecordAt, type FlowState } from './flows/state.ts'
import { initial, opened } from './handshake.ts'
import type { ConnectionTable } from './table.ts'
import { bytesSent, connectionId, firstAt, type TapState } from './tap-state.ts'

export type Retold = ConnectionOpened | Opening

/** Of packets, in order of time: when the handshake was complete, and that the originator sent payload. */
export function* retold(state: TapState): Generator<Retold> {
  const w = state.table.words
  const when = (row: number): Micros => firstAt(state, row) + handshakeRtt(w, row)
  const hardware = (row: number, side: number): string | null =>
    state.hardware.text(w[half(row, side) + HARDWARE_UNANSWERED]! >>> 16)
  for (const row of inOrder(state.table, UNOPENED, when)) {
    const time = when(row)
    yield opened(state, row, {
      time,
      hardware: [hardware(row, 0), hardware(row, 1)],
      initialSequence: [initial(state, row, 0), initial(state, row, 1)],
      tag: 0,
    })
    if (bytesSent(state, row)[0] > 0) yield openingOf(state, row, time)
  }
}

/** Of flow records. */
export function* retoldByRecords(state: FlowState): Generator<Retold> {
  const when = (row: number): Micros => firstRecordAt(state, row)
  for (const row of inOrder(state.table, UNOPENED | FAILED_BY_RECORDS, when)) {
    const opening = openedByRecords(state, row, when(row))
    const time = when(row) + (opening.handshakeRtt ?? 0)
    yield { ...opening, time }
    if ((bitsOf(state, row) & SPOKE) !== 0) yield openingByRecords(state, row, time)
  }
}

/** Of several tables, in one order of time. */
export function* merged(tellers: readonly Iterator<Retold>[]): Generator<Retold> {
  const heads = tellers.map((teller) => ({ teller, next: teller.next() }))
  for (;;) {
    const [first] = heads
      .filter(({ next }) => next.done !== true)
      .toSorted((a, b) => timeOf(a.next) - timeOf(b.next))
    if (first === undefined) return
    yield first.next.value as Retold
    first.next = first.teller.next()
  }
}

const timeOf = ({ value }: IteratorResult<Retold>): Micros => (value as Observation).time

/** Rows without any of the bits. */
function inOrder(table: ConnectionTable, without: number, when: (row: number) => Micros): number[] {
  const rows: number[] = []
  for (const row of table.rows())
    if ((table.words[row * RECORD_WORDS + STATE]! & without) === 0) rows.push(row)
  return rows.sort((a, b) => when(a) - when(b))
}

/** That the originator spoke; what it said is not kept. */
const openingOf = (state: TapState, row: number, time: Micros): Opening => ({
  kind: 'opening',
  time,
  tap: state.tap,
  connection: connectionId(state, row),
  side: 0,
  packet: state.table.words[row * RECORD_WORDS + FIRST_PACKET]! >>> 0,
  packetTime: firstAt(state, row),
  text: '',
  protocol: null,
})
