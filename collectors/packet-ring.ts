/**
 * The latest packets of a live capture, whole, so that what proves a finding can be kept when it is found:
 * nobody can read a live capture a second time.
 *
 * Contract: a fixed amount of memory; the oldest packets are overwritten, and then asked for in vain.
 */
import type { FrameBatch } from '../src/bytes/frame-batch.ts'

/** Octets and packets held: at 1 MB/s a minute of traffic, at a site's usual idleness hours. */
export const RING_BYTES = 64 << 20
const RING_PACKETS = 1 << 18

export interface RingPacket {
  readonly number: number
  readonly time: number
  readonly nanoseconds: number
  readonly wireLength: number
  /** Index of its interface. */
  readonly face: number
  readonly bytes: Uint8Array
}

export class PacketRing {
  private readonly bytes: Uint8Array
  private readonly packets: number
  /** Where a packet's octets begin, counted from the first octet ever. */
  private readonly at: Float64Array
  private readonly captured: Uint32Array
  private readonly wire: Uint32Array
  private readonly time: Float64Array
  private readonly nanoseconds: Uint16Array
  private readonly face: Uint16Array
  /** Octets ever, those included that were left free so that a batch lies in one piece. */
  private written = 0
  private latest = 0

  /** `packets` is a power of two. */
  constructor(bytes = RING_BYTES, packets = RING_PACKETS) {
    this.bytes = new Uint8Array(bytes)
    this.packets = packets
    this.at = new Float64Array(packets).fill(-Infinity)
    this.captured = new Uint32Array(packets)
    this.wire = new Uint32Array(packets)
    this.time = new Float64Array(packets)
    this.nanoseconds = new Uint16Array(packets)
    this.face = new Uint16Array(packets)
  }

  /** Copies a batch. One that is larger than the ring is passed over. */
  add(batch: FrameBatch): void {
    const { count, firstNumber } = batch
    if (count === 0) return
    const from = batch.offset[0]!
    const length = batch.offset[count - 1]! + batch.capturedLength[count - 1]! - from
    this.latest = firstNumber + count - 1
    if (length > this.bytes.length || length < 0) return this.passOver(batch)
    const room = this.bytes.length - (this.written % this.bytes.length)
    if (room < length) this.written += room
    this.bytes.set(batch.bytes.subarray(from, from + length), this.written % this.bytes.length)
    this.note(batch, this.written - from)
    this.written += length
  }

  private passOver({ firstNumber, count }: FrameBatch): void {
    for (let i = 0; i < count; i++) this.at[(firstNumber + i) & (this.packets - 1)] = -Infinity
  }

  private note(batch: FrameBatch, shift: number): void {
    const { offset, capturedLength, wireLength, time, nanoseconds, interface: face, firstNumber } = batch
    const mask = this.packets - 1
    for (let i = 0; i < batch.count; i++) {
      const slot = (firstNumber + i) & mask
      this.at[slot] = offset[i]! + shift
      this.captured[slot] = capturedLength[i]!
      this.wire[slot] = wireLength[i]!
      this.time[slot] = time[i]!
      this.nanoseconds[slot] = nanoseconds[i]!
      this.face[slot] = face[i]!
    }
  }

  /** A copy of the packet; null if it is gone. */
  get(number: number): RingPacket | null {
    if (number > this.latest || number <= this.latest - this.packets || number < 1) return null
    const slot = number & (this.packets - 1)
    const at = this.at[slot]!
    if (at < this.written - this.bytes.length) return null
    const from = at % this.bytes.length
    return {
      number,
      time: this.time[slot]!,
      nanoseconds: this.nanoseconds[slot]!,
      wireLength: this.wire[slot]!,
      face: this.face[slot]!,
      bytes: this.bytes.slice(from, from + this.captured[slot]!),
    }
  }
}
