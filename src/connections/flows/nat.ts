/**
 * What a translator of addresses says of connections: under which address and port their source goes on
 * (RFC 8158; "NetFlow for Cisco ASA", NF_F_XLATE_*), and that this changed while a connection was open.
 */
import type { FlowBatch } from '../../model/flow-record.ts'
import type { Endpoint } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import * as tcp from '../../wire/tcp.ts'
import * as F from './fields.ts'
import { coldOf, connectionId, endpointOf, type FlowState, type Outer, schedule } from './state.ts'

/** Changes of one connection that wait to be told; further ones are not. */
const CHANGES_MAX = 16

/** What of a record matters here. */
interface Told {
  readonly source: number
  readonly sourcePort: number
  readonly start: Micros
  readonly end: Micros
  readonly record: number
  /** TCP flags; -1: not said. */
  readonly flags: number
}

/** Takes note of the address and port under which the source of a record goes on. */
export function noteOuter(state: FlowState, row: number, piece: Told, batch: FlowBatch, i: number): void {
  noteOuterAs(state, row, piece, { address: batch.postSource[i]!, port: batch.postSourcePort[i]! })
}

/** The same, where something else says what it is. */
export function noteOuterAs(
  state: FlowState,
  row: number,
  piece: Told,
  { address, port }: { readonly address: number; readonly port: number },
): void {
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
function isUntranslated({ addresses }: FlowState, piece: Told, address: number, port: number): boolean {
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
