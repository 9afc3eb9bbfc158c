/**
 * A capture whose frames are handed out in order of time. Where several network cards are captured together,
 * each hands over what it received in blocks, now and then: the times of frames are right, and the order in
 * which they are stored is not (dumpcap asks each card every 250 ms).
 *
 * Contract: frames are put right within a second by the capture's own time; a clock that goes back further
 * was set, and what follows comes after all that precedes. Frames keep the numbers of the file. Held are the
 * frames of one second, and no more than 64 MiB and a batch: beyond it, the earliest are handed out.
 */
import { BATCH_FRAMES, FrameBatch } from '../src/bytes/frame-batch.ts'
import type { CaptureReader } from '../src/model/capture.ts'
import { SECOND, type Micros } from '../src/model/time.ts'
import { BUFFER_BYTES } from './record-reader.ts'

/** Frames are stored no later than this after their turn. */
const LATE_MAX: Micros = SECOND
const HELD_OCTETS_MAX = 1 << 26

/** A frame that waits for its turn. */
interface Held {
  readonly bytes: Uint8Array
  readonly wireLength: number
  readonly time: Micros
  readonly nanoseconds: number
  readonly face: number
  readonly number: number
}

/** The same capture; the reader is its own from here on. */
export function inOrder(reader: CaptureReader): CaptureReader {
  const waiting = new Waiting()
  const stored = new FrameBatch()
  const next = async (batch: FrameBatch): Promise<boolean> => {
    while (!waiting.isReady) {
      if (await reader.next(stored)) waiting.take(stored)
      else if (waiting.isEmpty) return false
      else waiting.release(Infinity)
    }
    waiting.fill(batch)
    return true
  }
  return {
    format: reader.format,
    compression: reader.compression,
    interfaces: reader.interfaces,
    next,
    get fault() {
      return reader.fault
    },
    get bytesRead() {
      return reader.bytesRead
    },
    get progress() {
      return reader.progress
    },
    secrets: reader.secrets,
    names: reader.names,
    comments: reader.comments,
    counts: reader.counts,
    get outOfOrder() {
      return waiting.outOfOrder
    },
    close: () => reader.close(),
  }
}

/** Frames that wait for their turn. */
class Waiting {
  /** Frames stored with an earlier time than the frame before them. */
  outOfOrder = 0
  /** In the order of the file. */
  private held: Held[] = []
  private octets = 0
  /** Those whose turn it is; the first `told` of them were handed out. */
  private ready: Held[] = []
  private told = 0
  private latest: Micros = -Infinity
  private before: Micros = -Infinity
  private readonly buffer = new Uint8Array(BUFFER_BYTES)
  private readonly numbers = new Uint32Array(BATCH_FRAMES)

  get isReady(): boolean {
    return this.told < this.ready.length
  }

  get isEmpty(): boolean {
    return this.held.length === 0
  }

  /** The frames of a batch, as they are stored. */
  take({
    bytes,
    offset,
    capturedLength,
    wireLength,
    time,
    nanoseconds,
    interface: faces,
    ...batch
  }: FrameBatch): void {
    for (let i = 0; i < batch.count; i++) {
      const at = time[i]!
      if (at < this.before) this.outOfOrder++
      this.before = at
      if (at <= this.latest - LATE_MAX) this.setBack()
      this.latest = Math.max(this.latest, at)
      this.octets += capturedLength[i]!
      this.held.push({
        bytes: bytes.slice(offset[i], offset[i]! + capturedLength[i]!),
        wireLength: wireLength[i]!,
        time: at,
        nanoseconds: nanoseconds[i]!,
        face: faces[i]!,
        number: batch.firstNumber + i,
      })
    }
    this.release(this.octets > HELD_OCTETS_MAX ? this.middle : this.latest - LATE_MAX)
  }

  /** It is the turn of those until then. */
  release(until: Micros): void {
    const late = this.held.filter(({ time }) => time > until)
    const due = this.held.filter(({ time }) => time <= until)
    // Sorting is stable: frames of one time keep their order.
    for (const frame of due.sort((a, b) => a.time - b.time)) this.ready.push(frame)
    this.held = late
    this.octets = late.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  /** As many of those whose turn it is as one batch holds. */
  fill(batch: FrameBatch): void {
    const { buffer, numbers } = this
    batch.bytes = buffer
    batch.numbers = numbers
    batch.count = 0
    for (let at = 0; this.isReady && batch.count < BATCH_FRAMES; this.told++) {
      const frame = this.ready[this.told]!
      if (at + frame.bytes.length > buffer.length) break
      const i = batch.count++
      buffer.set(frame.bytes, at)
      batch.offset[i] = at
      batch.capturedLength[i] = frame.bytes.length
      batch.wireLength[i] = frame.wireLength
      batch.time[i] = frame.time
      batch.nanoseconds[i] = frame.nanoseconds
      batch.interface[i] = frame.face
      numbers[i] = frame.number
      at += frame.bytes.length
    }
    if (this.isReady) return
    this.ready = []
    this.told = 0
  }

  /** The clock was set back: what came before is first. */
  private setBack(): void {
    this.release(Infinity)
    this.latest = -Infinity
  }

  private get middle(): Micros {
    const times = this.held.map(({ time }) => time).sort((a, b) => a - b)
    return times[times.length >> 1]!
  }
}
