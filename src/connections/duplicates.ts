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

/** Words of an entry: the packet's two, the time's low bits, and whether it is used. Side by side, because an
 * entry of several arrays costs a miss of the cache for each. */
const WORDS = 4
const SECOND_WORD = 1
const AT = 2
const USED = 3

export class DuplicateFilter {
  private readonly entries = new Int32Array(ENTRIES * WORDS)
  private readonly moment: Float64Array

  /** `moment[0]` is the time of the packet in hand. */
  constructor(moment: Float64Array) {
    this.moment = moment
  }

  /** True if a packet with these words passed within the last millisecond; remembers it. */
  seen(half: number, sequence: number, checksumAndIdentification: number): boolean {
    const entries = this.entries
    // Microseconds modulo 2^32: copies of a packet that differ by 72 minutes to the millisecond do not occur.
    const time = this.moment[0]! | 0
    const packet = sequence ^ Math.imul(half, 0x9e3779b1)
    const mixed = Math.imul(packet, 0x85ebca6b) ^ checksumAndIdentification
    const entry = ((mixed ^ (mixed >>> 13) ^ (mixed >>> 22)) & (ENTRIES - 1)) * WORDS
    const age = (time - entries[entry + AT]!) | 0
    entries[entry + AT] = time
    const again =
      entries[entry] === packet &&
      entries[entry + SECOND_WORD] === checksumAndIdentification &&
      entries[entry + USED] === 1
    if (again) return age <= DUPLICATE_WITHIN && age >= -DUPLICATE_WITHIN
    entries[entry] = packet
    entries[entry + SECOND_WORD] = checksumAndIdentification
    entries[entry + USED] = 1
    return false
  }
}
