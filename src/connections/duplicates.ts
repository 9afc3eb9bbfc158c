/**
 * SPAN duplicates: a mirror port that copies a packet both as it enters and as it leaves a switch delivers it
 * twice.
 *
 * The same packet has the same sequence number, checksum and IP identification; a retransmission is a new
 * packet with another identification (or another timestamp option, hence another checksum). A direct-mapped
 * memory of the last packets is enough, because copies come within a millisecond of each other (the span that
 * Wireshark's editcap -w and packet brokers use as well).
 */
import type { Micros } from '../model/time.ts'

/** Copies come this close. */
export const DUPLICATE_WITHIN: Micros = 1_000
/** Packets remembered: a millisecond of 8 Mpps. An entry that is overwritten earlier costs a missed
 * duplicate, nothing else. */
const ENTRIES = 1 << 13

export class DuplicateFilter {
  private readonly at = new Float64Array(ENTRIES).fill(-Infinity)
  private readonly first = new Int32Array(ENTRIES)
  private readonly second = new Int32Array(ENTRIES)

  private readonly moment: Float64Array

  /** `moment[0]` is the time of the packet in hand. */
  constructor(moment: Float64Array) {
    this.moment = moment
  }

  /** True if a packet with these words passed within the last millisecond; remembers it. */
  seen(half: number, sequence: number, checksumAndIdentification: number): boolean {
    const time = this.moment[0]!
    const packet = sequence ^ Math.imul(half, 0x9e3779b1)
    const mixed = Math.imul(packet, 0x85ebca6b) ^ checksumAndIdentification
    const slot = (mixed ^ (mixed >>> 13) ^ (mixed >>> 22)) & (ENTRIES - 1)
    const age = time - this.at[slot]!
    this.at[slot] = time
    const again = this.first[slot] === packet && this.second[slot] === checksumAndIdentification
    if (again && age <= DUPLICATE_WITHIN && age >= -DUPLICATE_WITHIN) return true
    this.first[slot] = packet
    this.second[slot] = checksumAndIdentification
    return false
  }
}
