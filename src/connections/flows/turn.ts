/** Which side of a connection began it, where its records can tell: only once both directions are known. */
import { otherSide } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import * as F from './fields.ts'
import { bit, half } from './fields.ts'
import { bitsOf, clearBits, CLOCKS_APART, EQUAL, type FlowState, halfNumber, packetsOf } from './state.ts'

/** Turns the row so that side 0 is the originator, as far as is known; guessed roles stay marked. */
export function settleRoles(state: FlowState, row: number, resolution: Micros): void {
  const known = originatorOf(state, row, resolution)
  if (known === null) return
  if (known === 1) turn(state, row)
  clearBits(state, row, F.ROLES_GUESSED)
  const w = state.table.words
  const c = row * F.RECORD_WORDS
  const both = F.SYN_SEEN | bit(F.SYN_SEEN, 1)
  if ((bitsOf(state, row) & both) === both) state.roles.learn(w[c + F.ADDRESS_1]!, w[c + F.PORTS]! & 0xffff)
}

/**
 * Who sent the first SYN: who an event or a record of both directions names; who never acknowledged; whose
 * first record begins earlier, by the same exporter's clock. Null: nothing tells.
 */
function originatorOf(state: FlowState, row: number, resolution: Micros): 0 | 1 | null {
  const bits = bitsOf(state, row)
  if ((bits & F.BEGAN_KNOWN) !== 0) return 0
  const isTry0 = (bits & (F.SYN_SEEN | F.ACK_SEEN)) === F.SYN_SEEN
  const isTry1 = (bits & (bit(F.SYN_SEEN, 1) | bit(F.ACK_SEEN, 1))) === bit(F.SYN_SEEN, 1)
  if (isTry0 !== isTry1) return isTry0 ? 0 : 1
  const both = F.SYN_SEEN | bit(F.SYN_SEEN, 1)
  if ((bits & both) === 0 || packetsOf(state, row, 0) === 0 || packetsOf(state, row, 1) === 0) return null
  // Only one of them has the SYN, and acknowledged: it is the other's answer, or the SYN itself.
  if ((bits & both) !== both) return null
  const w = state.table.words
  const c = row * F.RECORD_WORDS
  const ports = w[c + F.PORTS]!
  const named = state.roles.knownServer(
    w[c + F.ADDRESS_0]!,
    ports >>> 16,
    w[c + F.ADDRESS_1]!,
    ports & 0xffff,
  )
  if (named !== null) return named ? 1 : 0
  const apart = halfNumber(state, row, 1, F.FIRST) - halfNumber(state, row, 0, F.FIRST)
  if (w[half(row, 0) + F.SOURCE] !== w[half(row, 1) + F.SOURCE] && Math.abs(apart) < CLOCKS_APART) return null
  if (Math.abs(apart) > Math.max(EQUAL, resolution)) return apart > 0 ? 0 : 1
  return null
}

/** The row's sides change places: what was taken for the originator is the responder. */
export function turn(state: FlowState, row: number): void {
  const { words: w } = state.table
  const c = row * F.RECORD_WORDS
  const [address, ports, bits] = [w[c + F.ADDRESS_0]!, w[c + F.PORTS]!, w[c + F.STATE]!]
  w[c + F.ADDRESS_0] = w[c + F.ADDRESS_1]!
  w[c + F.ADDRESS_1] = address
  w[c + F.PORTS] = (ports << 16) | (ports >>> 16)
  const sides = SIDED.reduce((all, one) => all | one | bit(one, 1), 0)
  w[c + F.STATE] = SIDED.reduce(
    (now, one) => now | ((bits & one) !== 0 ? bit(one, 1) : 0) | ((bits & bit(one, 1)) !== 0 ? one : 0),
    bits & ~sides,
  )
  const [zero, one] = [half(row, 0), half(row, 1)]
  for (let i = 0; i < one - zero; i++) {
    const word = w[zero + i]!
    w[zero + i] = w[one + i]!
    w[one + i] = word
  }
  const cold = state.cold.get(row)
  if (cold === undefined) return
  cold.others.reverse()
  for (const silence of cold.silences) {
    silence.startSide = otherSide(silence.startSide)
    silence.lastFrom.reverse()
    silence.bytes.reverse()
    silence.bursts.reverse()
  }
}

const SIDED = [F.SYN_SEEN, F.FIN_SEEN, F.RST_SEEN, F.ACK_SEEN, F.SPOKE, F.END_TOLD]
