/**
 * Events of a log of translations (RFC 8158 4.3: a session is created, is deleted). They count nothing and
 * are no packets, so they neither break a silence nor take a record's word from it; where nothing else tells
 * of a connection, it is there from the one event to the other.
 */
import { NAT_CREATED, NAT_DELETED } from '../../model/flow-events.data.ts'
import type { FlowBatch } from '../../model/flow-record.ts'
import type { Side } from '../../model/packet.ts'
import { seconds, type Micros } from '../../model/time.ts'
import * as F from './fields.ts'
import { half } from './fields.ts'
import { open, type Piece } from './join.ts'
import { noteOuter } from './nat.ts'
import { type FlowState, inMilliseconds, packetsOf, schedule, SCOPE, setBits } from './state.ts'

/** Whose mapping was deleted and is made again within this time has not begun anew from the same port: a port
 * rests for as long as its connection's segments may live (Linux's TIME-WAIT). */
const REUSED_AFTER: Micros = seconds(60)

/** Whether a record is an event of a log of translations. */
export const isNatEvent = (batch: FlowBatch, i: number): boolean =>
  batch.natEvent[i]! >= 0 && Number.isNaN(batch.packets[i]!) && Number.isNaN(batch.octets[i]!)

type Close = (row: number, why: 'superseded') => void

/** Takes an event. */
export function takeNatEvent(
  state: FlowState,
  piece: Piece,
  batch: FlowBatch,
  i: number,
  close: Close,
): void {
  const event = batch.natEvent[i]!
  if (NAT_DELETED.has(event)) return deleted(state, piece)
  if (!NAT_CREATED.has(event)) return
  const { table } = state
  let row = find(state, piece)
  const endedAt = row < 0 ? NaN : (state.cold.get(row)?.outer?.endedAt ?? NaN)
  if (piece.start - endedAt > REUSED_AFTER) {
    close(row, 'superseded')
    row = -1
  }
  if (row < 0) {
    if (table.size >= table.limit) return
    row = open(state, piece)
    begin(state, row, table.side as Side, piece)
  }
  noteOuter(state, row, piece, batch, i)
}

const find = ({ table }: FlowState, p: Piece): number =>
  table.find(p.source, p.destination, p.sourcePort, p.destinationPort, SCOPE)

/** A connection of which only an event is known; a record with counts takes its place. */
function begin(state: FlowState, row: number, side: Side, { start, record }: Piece): void {
  const { f64 } = state.table
  const h = half(row, side)
  f64[(h + F.FIRST) >> 1] = start
  f64[(h + F.LAST) >> 1] = start
  f64[(h + F.FIRST_RECORD) >> 1] = record
  f64[(h + F.LAST_RECORD) >> 1] = record
  setBits(state, row, F.FLAGLESS)
  schedule(state, row, start)
}

function deleted(state: FlowState, piece: Piece): void {
  const row = find(state, piece)
  if (row < 0) return
  const side = state.table.side as Side
  const { end, record } = piece
  const outer = state.cold.get(row)?.outer
  if (outer !== undefined) outer.endedAt = end
  if (packetsOf(state, row, 0) > 0 || packetsOf(state, row, 1) > 0) return
  const { words: w, f64 } = state.table
  const c = row * F.RECORD_WORDS
  const h = half(row, side)
  const first = f64[(c + F.FIRST_AT) >> 1]!
  if (end <= first) return
  f64[(c + F.LAST_AT) >> 1] = end
  f64[(h + F.LAST) >> 1] = end
  f64[(h + F.LAST_RECORD) >> 1] = record
  w[c + F.HIDDEN] = inMilliseconds(end - first)
}
