/**
 * What a log of translations says without a destination (RFC 8158 4.3: bindings; and sessions, where the
 * translator does not log whom they are with, as VPP's): an address and port go on under others, with
 * whomever they speak.
 *
 * It is believed of a connection if it alone was made from its address and port as the connection began, and
 * of what comes later if the translator had forgotten all that it said of that port before. Bindings of
 * addresses without ports, and blocks of ports, are not: not all that an address sends passes the translator.
 */
import { NAT_BOUND, NAT_UNBOUND } from '../../model/flow-events.data.ts'
import type { FlowBatch } from '../../model/flow-record.ts'
import type { Micros } from '../../model/time.ts'
import { forgetOldest } from '../../model/oldest.ts'
import * as tcp from '../../wire/tcp.ts'
import type { Piece } from './join.ts'
import { noteOuterAs } from './nat.ts'
import { type Binding, CLOCKS_APART, firstAt, type FlowState } from './state.ts'

/** Addresses and ports of which something is remembered; those bound longest ago are forgotten. */
const BOUND_MAX = 1 << 16
/** Bindings of one address and port: what its records of the last minutes may be of. */
const BINDINGS_MAX = 4
const PORTS = 1 << 16

const keyOf = (address: number, port: number): number => address * PORTS + port

/** Whether a record is such an event. */
export const isBinding = (batch: FlowBatch, i: number): boolean =>
  batch.natEvent[i]! >= 0 && batch.destination[i]! < 0 && Number.isNaN(batch.packets[i]!)

/** Remembers it; false if it says too little. */
export function takeBinding({ bindings }: FlowState, batch: FlowBatch, i: number): boolean {
  const event = batch.natEvent[i]!
  const { [i]: source = -1 } = batch.source
  const { [i]: sourcePort = -1 } = batch.sourcePort
  const { [i]: address = -1 } = batch.postSource
  const { [i]: port = -1 } = batch.postSourcePort
  const at = timeOf(batch, i)
  if (source < 0 || sourcePort < 0 || address < 0 || port < 0 || Number.isNaN(at)) return false
  const key = keyOf(source, sourcePort)
  const known = bindings.get(key)
  if (NAT_UNBOUND.has(event)) {
    for (const one of known ?? [])
      if (one.address === address && one.port === port && Number.isNaN(one.endedAt)) one.endedAt = at
    return true
  }
  if (!NAT_BOUND.has(event)) return false
  bindings.delete(key)
  if (bindings.size >= BOUND_MAX) forgetOldest(bindings)
  bindings.set(key, [...(known ?? []).slice(1 - BINDINGS_MAX), { address, port, at, endedAt: NaN }])
  return true
}

function timeOf(batch: FlowBatch, i: number): Micros {
  const times = [batch.event[i]!, batch.start[i]!, batch.exported[i]!]
  return times.find((time) => !Number.isNaN(time)) ?? NaN
}

/** Takes note of what the source of a record goes on under, if a binding says it. */
export function noteBinding(state: FlowState, row: number, piece: Piece): void {
  const all = state.bindings.get(keyOf(piece.source, piece.sourcePort))
  if (all === undefined) return
  const isFirst = state.cold.get(row)?.outer === undefined
  const binding = isFirst ? bindingAtBeginning(state, row, piece, all) : bindingSince(piece, all)
  if (binding !== undefined) noteOuterAs(state, row, piece, binding)
}

function bindingAtBeginning(
  state: FlowState,
  row: number,
  { flags }: Piece,
  all: readonly Binding[],
): Binding | undefined {
  if (flags <= 0 || (flags & tcp.SYN) === 0) return undefined
  const begun = firstAt(state, row)
  const near = all.filter(({ at }) => Math.abs(at - begun) <= CLOCKS_APART)
  return near.length === 1 ? near[0] : undefined
}

/** The latest before the piece, if there was no other one by then. */
function bindingSince({ start }: Piece, all: readonly Binding[]): Binding | undefined {
  const made = all.filter(({ at }) => at <= start)
  const latest = made.at(-1)
  return made.every((one) => one === latest || one.endedAt <= latest!.at) ? latest : undefined
}
