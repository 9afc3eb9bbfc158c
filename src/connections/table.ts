/**
 * The connection table: records in one growing buffer, found by open addressing over their 5-tuples.
 *
 * An idle connection is what we look for, so nothing expires by idleness: a record stays until its connection
 * is over and has lingered, or until the hard limit forces an eviction, which the tracker counts and reports.
 * Growth doubles the buffer with ArrayBuffer.transfer, which frees the old one at once (no second copy waits
 * for the collector); before that, much is reserved.
 */
import type { SegmentConsumer } from '../model/stream.ts'
import type { Cold } from './cold.ts'
import {
  ADDRESS_0,
  ADDRESS_1,
  PORTS,
  READ,
  RECORD_WORDS,
  RESUMED,
  SCOPE,
  STATE,
  VERSION_MASK,
} from './fields.ts'
import { Sparse } from './sparse.ts'

/** Connections held at once, by default: 4 Mi records of 192 octets are 800 MB. */
export const CONNECTIONS_MAX = 1 << 22

/** Records that there is room for from the start, where nobody says how many may come: the system gives
 * memory when it is first written to, so that 201 MB cost nothing until they are needed, and a million
 * connections no second copy as they grow. The engine's collector counts them all the same: many short
 * analyses in one process would make it run all the time. */
const ROWS_RESERVED = 1 << 20
/** Records at first, where that much is not to be had; slots in any case. */
const ROWS_AT_START = 1 << 10
const BYTES_PER_WORD = 4
/** At least: half of the slots stay empty, so that probe sequences end soon. */
const SLOTS_PER_ROW = 2
const NOT_FOUND = -1
/** SCOPE of a row that is not in use. */
const FREE = -1

interface SavedTable {
  readonly words: Int32Array
  readonly free: readonly number[]
  readonly size: number
  readonly cold: ReadonlyMap<number, Cold>
}

export class ConnectionTable {
  /** Records as 32-bit words; unsigned fields are read with `>>> 0`. Replaced on growth: do not keep it over
   * an insert. */
  words: Int32Array<ArrayBuffer>
  /** The same memory as 64-bit floats. */
  f64: Float64Array
  /** What few connections need: handshakes, holes, endings. Most rows have none. */
  readonly cold = new Sparse<Cold>()
  /** Who reads a connection's octets. Most rows have none. */
  readonly streams = new Sparse<SegmentConsumer>()
  /** Which side of the row found last sent the packet looked up: 0 as the row is oriented, 1 against it. */
  side = 0
  /** Rows in use. */
  size = 0

  readonly limit: number
  private readonly seed: number
  private slots = new Int32Array(ROWS_AT_START * SLOTS_PER_ROW) // row + 1; 0 is empty
  private mask = ROWS_AT_START * SLOTS_PER_ROW - 1
  private free: number[] = []
  private rowsEver = 0
  /** The row that was found last; -1: none was. One that is free holds no tuple. */
  private last = NOT_FOUND

  /** `seed` mixes into the hash, so that traffic cannot be made to collide. `expected`: connections that
   * there may be; more find room as well. */
  constructor(limit: number = CONNECTIONS_MAX, seed = 0, expected = ROWS_RESERVED) {
    this.limit = Math.max(1, limit)
    this.seed = seed
    this.words = new Int32Array(
      reserved(Math.min(this.limit, ROWS_RESERVED, Math.max(expected, ROWS_AT_START))),
    )
    this.f64 = new Float64Array(this.words.buffer)
    // Once, before the engine takes the slots for a constant, and has to compile everything again when they
    // grow.
    this.growSlots()
  }

  /** The row of a packet's connection in either orientation, with `side` set; -1 if there is none. Looked for
   * first where the last one was: packets come in bursts. */
  find(
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    scope: number,
  ): number {
    const forward = (sourcePort << 16) | destinationPort
    const backward = (destinationPort << 16) | sourcePort
    if (this.last >= 0 && this.holds(this.last, source, destination, forward, backward, scope))
      return this.last
    let slot = this.home(source, destination, sourcePort, destinationPort)
    for (;;) {
      const row = this.slots[slot]! - 1
      if (row < 0) return NOT_FOUND
      if (this.holds(row, source, destination, forward, backward, scope)) return (this.last = row)
      slot = (slot + 1) & this.mask
    }
  }

  /** True if the row is that of the tuple, in either orientation; sets `side`. */
  private holds(
    row: number,
    source: number,
    destination: number,
    forward: number,
    backward: number,
    scope: number,
  ): boolean {
    const w = this.words
    const r = row * RECORD_WORDS
    const ports = w[r + PORTS]!
    if (ports === forward && w[r + ADDRESS_0] === source && w[r + ADDRESS_1] === destination) this.side = 0
    else if (ports === backward && w[r + ADDRESS_0] === destination && w[r + ADDRESS_1] === source)
      this.side = 1
    else return false
    return w[r + SCOPE] === scope
  }

  /** Adds to `rows` those of the tuple, in either orientation, whatever their path; of `scope`, only the
   * version counts. */
  collect(
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    scope: number,
    rows: number[],
  ): void {
    const w = this.words
    const forward = (sourcePort << 16) | destinationPort
    const backward = (destinationPort << 16) | sourcePort
    let slot = this.home(source, destination, sourcePort, destinationPort)
    for (; this.slots[slot] !== 0; slot = (slot + 1) & this.mask) {
      const row = this.slots[slot]! - 1
      const r = row * RECORD_WORDS
      const isForward =
        w[r + PORTS] === forward && w[r + ADDRESS_0] === source && w[r + ADDRESS_1] === destination
      const isBackward =
        w[r + PORTS] === backward && w[r + ADDRESS_0] === destination && w[r + ADDRESS_1] === source
      const isOfVersion = ((w[r + SCOPE]! ^ scope) & VERSION_MASK) === 0
      if ((isForward || isBackward) && isOfVersion) rows.push(row)
    }
  }

  isOriginator(row: number, address: number, port: number): boolean {
    const r = row * RECORD_WORDS
    return this.words[r + ADDRESS_0] === address && this.words[r + PORTS]! >>> 16 === port
  }

  /** A zeroed row for a connection that is not in the table; -1 when the limit is reached. Words may have
   * moved. */
  insert(
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    scope: number,
  ): number {
    if (this.size >= this.limit) return NOT_FOUND
    const row = this.free.pop() ?? this.rowsEver++
    if ((row + 1) * RECORD_WORDS > this.words.length) this.growRecords()
    if ((this.size + 1) * SLOTS_PER_ROW > this.slots.length) this.growSlots()
    const w = this.words
    const r = row * RECORD_WORDS
    w.fill(0, r, r + RECORD_WORDS)
    w[r + ADDRESS_0] = source
    w[r + ADDRESS_1] = destination
    w[r + PORTS] = (sourcePort << 16) | destinationPort
    w[r + SCOPE] = scope
    this.place(row)
    this.size++
    return row
  }

  /** Takes a row out; its number will be used again. Later entries of the probe sequence move back, so no
   * tombstones pile up. */
  remove(row: number): void {
    let hole = this.slotOf(row)
    this.slots[hole] = 0
    for (let slot = (hole + 1) & this.mask; this.slots[slot] !== 0; slot = (slot + 1) & this.mask) {
      const home = this.homeOf(this.slots[slot]! - 1)
      const stays = hole <= slot ? home > hole && home <= slot : home > hole || home <= slot
      if (stays) continue
      this.slots[hole] = this.slots[slot]!
      this.slots[slot] = 0
      hole = slot
    }
    this.cold.delete(row)
    this.streams.delete(row)
    this.free.push(row)
    this.size--
    this.words[row * RECORD_WORDS + SCOPE] = FREE
  }

  /** Every row in use, in the order of their numbers. */
  *rows(): Generator<number> {
    for (let row = 0; row < this.rowsEver; row++) {
      if (this.words[row * RECORD_WORDS + SCOPE] !== FREE) yield row
    }
  }

  /** A number below which all rows lie: for picking rows at random. */
  get rowBound(): number {
    return this.rowsEver
  }

  isUsed(row: number): boolean {
    return this.words[row * RECORD_WORDS + SCOPE] !== FREE
  }

  /** Octets used, records and index; what is only reserved is not counted. */
  get bytes(): number {
    return (this.rowsEver * RECORD_WORDS + this.slots.length) * BYTES_PER_WORD
  }

  /** What is in use, for a checkpoint; the records are the live ones. */
  save(): SavedTable {
    const cold = new Map<number, Cold>()
    for (const row of this.rows()) {
      const its = this.cold.get(row)
      if (its !== undefined) cold.set(row, its)
    }
    return {
      words: this.words.subarray(0, this.rowsEver * RECORD_WORDS),
      free: this.free,
      size: this.size,
      cold,
    }
  }

  /** Into a table that was just made. Who read a connection's octets is gone: they go on in the middle. */
  load(saved: unknown): void {
    const { words, free, size, cold } = saved as SavedTable
    while (this.words.length < words.length) this.growRecords()
    this.words.set(words)
    this.rowsEver = words.length / RECORD_WORDS
    this.free = [...free]
    while ((size + 1) * SLOTS_PER_ROW > this.slots.length) this.growSlots()
    for (const row of this.rows()) {
      this.place(row)
      const state = row * RECORD_WORDS + STATE
      if ((this.words[state]! & READ) !== 0) this.words[state] = (this.words[state]! & ~READ) | RESUMED
    }
    this.size = size
    for (const [row, its] of cold) this.cold.set(row, its)
  }

  /** Equal for both orientations: the mix of each endpoint is added, not chained. */
  private home(source: number, destination: number, sourcePort: number, destinationPort: number): number {
    let a = Math.imul(source ^ this.seed, 0x9e3779b1) ^ Math.imul(sourcePort, 0x85ebca6b)
    let b = Math.imul(destination ^ this.seed, 0x9e3779b1) ^ Math.imul(destinationPort, 0x85ebca6b)
    a = Math.imul(a ^ (a >>> 15), 0xc2b2ae35)
    b = Math.imul(b ^ (b >>> 15), 0xc2b2ae35)
    const mixed = (a + b) | 0
    return (mixed ^ (mixed >>> 16)) & this.mask
  }

  private homeOf(row: number): number {
    const w = this.words
    const r = row * RECORD_WORDS
    const ports = w[r + PORTS]!
    return this.home(w[r + ADDRESS_0]!, w[r + ADDRESS_1]!, ports >>> 16, ports & 0xffff)
  }

  private slotOf(row: number): number {
    let slot = this.homeOf(row)
    while (this.slots[slot] !== row + 1) slot = (slot + 1) & this.mask
    return slot
  }

  private place(row: number): void {
    let slot = this.homeOf(row)
    while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask
    this.slots[slot] = row + 1
  }

  private growRecords(): void {
    const { buffer } = this.words
    this.words = new Int32Array(buffer.transfer(buffer.byteLength * 2))
    this.f64 = new Float64Array(this.words.buffer)
  }

  private growSlots(): void {
    const old = this.slots
    this.slots = new Int32Array(old.length * 2)
    this.mask = this.slots.length - 1
    for (const entry of old) if (entry !== 0) this.place(entry - 1)
  }
}

/** Memory for `rows` records, or for as few as there is. */
function reserved(rows: number): ArrayBuffer {
  try {
    return new ArrayBuffer(rows * RECORD_WORDS * BYTES_PER_WORD)
  } catch {
    return new ArrayBuffer(ROWS_AT_START * RECORD_WORDS * BYTES_PER_WORD)
  }
}
