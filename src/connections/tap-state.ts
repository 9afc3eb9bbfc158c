/** What the parts of the connection stage share about one capture point. */
import { type ConnectionId, connectionNumber } from '../model/connection.ts'
import type { Observation } from '../model/observation.ts'
import type { Endpoint, Side, Tap } from '../model/packet.ts'
import type { SegmentConsumer, StreamContext } from '../model/stream.ts'
import type { Micros } from '../model/time.ts'
import { type AddressTable, ipv4NumberText } from '../bytes/address.ts'
import type { PathTable } from '../wire/path.ts'
import { Cold } from './cold.ts'
import type { Doubts } from './doubts.ts'
import type { Elsewhere } from './elsewhere.ts'
import {
  ADDRESS_0,
  ADDRESS_1,
  BYTES,
  FIRST_AT,
  LAST_AT,
  PORTS,
  RECORD_WORDS,
  REPEATED,
  SCOPE,
  STREAM,
  VERSION_MASK,
  half,
} from './fields.ts'
import type { HardwareTable } from './hardware.ts'
import type { HopLimits } from './hop-limits.ts'
import type { Lacks } from './lacks.ts'
import type { SynFactsReader } from './syn-facts.ts'
import type { ConnectionTable } from './table.ts'
import type { TapClock } from './tap-clock.ts'
import type { Wakings } from './waking.ts'

/** SCOPE of IPv4 and IPv6 connections outside tunnels. */
export const SCOPE_IPV4 = 4
export const SCOPE_IPV6 = 6

export interface ConnectionCounters {
  segments: number
  connections: number
  captureDuplicates: number
  /** Holes in sequence space that the capture never filled, though the peer acknowledged them. */
  missingSegments: number
  /** RSTs outside the window, and those that were challenged: not believed. */
  invalidResets: number
  /** Connections given up at the limit before they ended. */
  evictions: number
  oneWayConnections: number
  /** Segments whose IPv6 addresses were too many to be remembered. */
  untracked: number
  /** Streams that were no longer read because too many were. */
  streamsLeft: number
}

/** A plain object: one with an accessor would be slow to read for ever (V8 keeps it as a dictionary). */
export interface TapState {
  readonly tap: Tap
  /** Position among the taps of the analysis: part of every connection's lasting number. */
  readonly tapIndex: number
  /** The time of the frame in hand, in an array of one: a number that large would be boxed as an argument. */
  readonly moment: Float64Array
  readonly clock: TapClock
  readonly table: ConnectionTable
  readonly addresses: AddressTable
  readonly hardware: HardwareTable
  /** Of the capture; the places of segments refer to it. */
  readonly paths: PathTable
  readonly elsewhere: Elsewhere
  readonly synFacts: SynFactsReader
  readonly doubts: Doubts
  readonly endpoints: Endpoints
  readonly hopLimits: HopLimits
  /** Of what a filter kept from the tap; counted anew after a restart. */
  readonly lacks: Lacks
  readonly counters: ConnectionCounters
  /** Shortest silence that is told. */
  readonly silenceMin: Micros
  readonly wakings: Wakings
  emit(observation: Observation): void
  openStream(context: StreamContext): SegmentConsumer
}

/** Taps of one analysis at most. */
export const TAPS_MAX = 1 << 16

export const connectionId = ({ table, tapIndex }: TapState, row: number): ConnectionId =>
  connectionNumber(table.words[row * RECORD_WORDS + STREAM]!, tapIndex)

/** Endpoints remembered, so that the many observations of one connection share them. A power of two. */
const ENDPOINTS_REMEMBERED = 1 << 8
/** Texts of addresses remembered, a power of two: those of tens of thousands of hosts. A text that is made
 * anew each time lives just long enough to be put among the old objects. */
const TEXTS_REMEMBERED = 1 << 15

/** Endpoints as objects, made once for connections that are told of again and again. */
export class Endpoints {
  private readonly streams = new Int32Array(ENDPOINTS_REMEMBERED * 2).fill(-1)
  private readonly made: Endpoint[] = []
  /** Texts of IPv4 addresses, by their last bits: hosts open many connections. */
  private readonly words = new Int32Array(TEXTS_REMEMBERED)
  private readonly texts = new Array<string | undefined>(TEXTS_REMEMBERED)

  of(state: TapState, row: number, side: Side): Endpoint {
    const w = state.table.words
    const r = row * RECORD_WORDS
    const stream = w[r + STREAM]!
    const slot = ((stream & (ENDPOINTS_REMEMBERED - 1)) << 1) | side
    const known = this.made[slot]
    if (known !== undefined && this.streams[slot] === stream) return known
    const address = w[r + (side === 0 ? ADDRESS_0 : ADDRESS_1)]!
    const ports = w[r + PORTS]!
    const endpoint = {
      address:
        (w[r + SCOPE]! & VERSION_MASK) === SCOPE_IPV6
          ? state.addresses.text(address)
          : this.ipv4Text(address),
      port: side === 0 ? ports >>> 16 : ports & 0xffff,
    }
    this.streams[slot] = stream
    this.made[slot] = endpoint
    return endpoint
  }

  private ipv4Text(word: number): string {
    const slot = (word ^ (word >>> 16)) & (TEXTS_REMEMBERED - 1)
    const known = this.texts[slot]
    if (known !== undefined && this.words[slot] === word) return known
    this.words[slot] = word
    return (this.texts[slot] = ipv4NumberText(word))
  }
}

export const endpointOf = (state: TapState, row: number, side: Side): Endpoint =>
  state.endpoints.of(state, row, side)

/** Octets of the streams so far, by side: what was sent again, or mirrored twice, counts once; what the tap
 * did not see counts where the numbers of what it saw tell of it. */
export const bytesSent = (state: TapState, row: number): readonly [number, number] => [
  uniqueBytes(state, row, 0),
  uniqueBytes(state, row, 1),
]

function uniqueBytes({ table }: TapState, row: number, side: Side): number {
  const h = half(row, side)
  const seen = table.f64[(h + BYTES) >> 1]! - (table.words[h + REPEATED]! >>> 0)
  const cold = table.cold.get(row)
  return cold === undefined ? seen : seen + cold.unseen(side)
}

export function coldOf(state: TapState, row: number): Cold {
  const known = state.table.cold.get(row)
  if (known !== undefined) return known
  const made = new Cold()
  state.table.cold.set(row, made)
  return made
}

export const firstAt = (state: TapState, row: number): Micros =>
  state.table.f64[(row * RECORD_WORDS + FIRST_AT) >> 1]!
export const lastAt = (state: TapState, row: number): Micros =>
  state.table.f64[(row * RECORD_WORDS + LAST_AT) >> 1]!
