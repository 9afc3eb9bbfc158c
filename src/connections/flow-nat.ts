/**
 * What a translator of addresses says of connections: under which address and port their source goes on
 * (RFC 8158; "NetFlow for Cisco ASA", NF_F_XLATE_*), and that this changed while a connection was open.
 *
 * Records with counts say it beside them. Events of a log of translations (RFC 8158 4.3: a session is
 * created, is deleted) have none: they are no packets, so they neither break a silence nor take a record's
 * word from it; where nothing else tells of a connection, it is there from the one event to the other.
 */
import type { FlowBatch } from '../model/flow-record.ts'
import { NAT_CREATED, NAT_DELETED } from '../model/flow-events.data.ts'
import type { Endpoint, Side } from '../model/packet.ts'
import { seconds, type Micros } from '../model/time.ts'
import * as tcp from '../wire/tcp.ts'
import * as F from './flow-fields.ts'
import { half } from './flow-fields.ts'
import { open, type Piece } from './flow-join.ts'
import {
  coldOf,
  connectionId,
  endpointOf,
  type FlowState,
  inMilliseconds,
  type Outer,
  packetsOf,
  schedule,
  SCOPE,
  setBits,
} from './flow-state.ts'

/** Whose mapping was deleted and is made again within this time has not begun anew from the same port: a port
 * rests for as long as its connection's segments may live (Linux's TIME-WAIT). */
const REUSED_AFTER: Micros = seconds(60)
/** Changes of one connection that wait to be told; further ones are not. */
const CHANGES_MAX = 16

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

/** Takes note of the address and port under which the source of a record goes on. */
export function noteOuter(state: FlowState, row: number, piece: Piece, batch: FlowBatch, i: number): void {
  const address = batch.postSource[i]!
  const port = batch.postSourcePort[i]!
  const { source, end: at, record } = piece
  if (address < 0 || isUntranslated(state, piece, address, port)) return
  const cold = coldOf(state, row)
  const known = cold.outer
  if (known === undefined) {
    const first = { address, port }
    cold.outer = { source, first, address, port, at, record, endedAt: NaN, changes: [] }
    return
  }
  if (known.source !== source || piece.start < known.at) return
  if ((known.address !== address || known.port !== port) && known.changes.length < CHANGES_MAX) {
    known.changes.push({
      at: piece.start,
      record,
      from: { address: known.address, port: known.port },
      to: { address, port },
      previousAt: known.at,
      previousRecord: known.record,
      goesOn: piece.flags > 0 && (piece.flags & tcp.SYN) === 0,
    })
    schedule(state, row, piece.start)
  }
  Object.assign(known, { address, port, at, record, endedAt: NaN })
}

/** It goes on as it came; or what denies a connection fills in zeros. */
function isUntranslated({ addresses }: FlowState, piece: Piece, address: number, port: number): boolean {
  if (address === piece.source) return port < 0 || port === piece.sourcePort
  const text = addresses.text(address)
  return text === '0.0.0.0' || text === '::'
}

/** When a change of the row is to be told; Infinity: there is none. */
export const changeDue = ({ cold }: FlowState, row: number): Micros =>
  cold.get(row)?.outer?.changes[0]?.at ?? Infinity

/** Tells the earliest change of the row. */
export function tellChange(state: FlowState, row: number): void {
  const outer = state.cold.get(row)?.outer
  const change = outer?.changes.shift()
  // What the responder's address becomes is no agent's matter.
  if (change === undefined || !isOriginators(state, row, outer!)) return
  state.emit({
    kind: 'mapping-changed',
    time: change.at,
    tap: state.tap,
    connection: connectionId(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    packet: change.record,
    from: endpoint(state, change.from),
    to: endpoint(state, change.to),
    previousAt: change.previousAt,
    previousPacket: change.previousRecord,
    goesOn: change.goesOn,
  })
}

/** Under what the originator goes on, as far as was told when the connection opened; null: nothing was. */
export function outerOf(state: FlowState, row: number): Endpoint | null {
  const outer = state.cold.get(row)?.outer
  return outer === undefined || !isOriginators(state, row, outer) ? null : endpoint(state, outer.first)
}

const isOriginators = ({ table }: FlowState, row: number, { source }: Outer): boolean =>
  table.words[row * F.RECORD_WORDS + F.ADDRESS_0] === source

/** Port 0 where none was told. */
const endpoint = ({ addresses }: FlowState, { address, port }: Outer['first']): Endpoint => ({
  address: addresses.text(address),
  port: Math.max(0, port),
})
