/**
 * The second pass over a capture, for the octets of the packets that prove something.
 *
 * Contract: reads no further than the last packet that is wanted, and holds no more than one portion of what
 * it found. What is wanted and not there (a file that was cut, or changed) is passed over.
 */
import type { ExpansionLimit } from '../../../collectors/compression.ts'
import { openSource } from '../../../collectors/byte-source.ts'
import { openInput } from '../../../collectors/index.ts'
import { FrameBatch } from '../../bytes/frame-batch.ts'
import type { CaptureReader } from '../../model/capture.ts'
import type { Micros } from '../../model/time.ts'
import type { SegmentView } from '../../model/view.ts'
import { segmentView } from '../../pipeline/segment-view.ts'

/** A packet with its octets. */
export interface FoundPacket {
  /** Number in its file, from 1. */
  readonly number: number
  readonly time: Micros
  readonly nanoseconds: number
  readonly linkType: number
  readonly wireLength: number
  readonly segment: SegmentView | null
  readonly bytes: Uint8Array
}

export interface HarvestOptions {
  readonly path: string
  readonly limit?: ExpansionLimit
  /** Rising. */
  readonly numbers: readonly number[]
  /** Takes what was found, a portion at a time. */
  keep(packets: readonly FoundPacket[]): void
  /** 0 to 1, of the file. */
  onProgress?(fraction: number): void
  /** True ends it. */
  isOver?(): boolean
}

/** Packets handed over at once, and octets of them: what waits meanwhile. */
const PORTION_PACKETS = 256
const PORTION_BYTES = 4 << 20

/** How many of the wanted packets were found. Throws an input error if the capture cannot be opened. */
export async function harvest(options: HarvestOptions): Promise<number> {
  const { path, numbers, limit } = options
  if (numbers.length === 0) return 0
  const opened = await openInput(openSource(path), { path, ...(limit === undefined ? {} : { limit }) })
  try {
    // Flow records have no octets to keep: their numbers say where they stand.
    return opened.reader === null ? 0 : await readThrough(opened.reader, options)
  } finally {
    ;(opened.reader ?? opened.records).close()
  }
}

async function readThrough(reader: CaptureReader, options: HarvestOptions): Promise<number> {
  const { numbers, keep, onProgress, isOver } = options
  const batch = new FrameBatch()
  let portion: FoundPacket[] = []
  let octets = 0
  let next = 0
  let found = 0
  const handOver = (): void => {
    if (portion.length > 0) keep(portion)
    found += portion.length
    portion = []
    octets = 0
  }
  while (next < numbers.length && (await reader.next(batch))) {
    if (isOver?.() === true) break
    for (; next < numbers.length; next++) {
      const row = numbers[next]! - batch.firstNumber
      if (row >= batch.count) break
      // Below the batch: a number that no frame has.
      if (row < 0) continue
      const packet = packetAt(reader, batch, row)
      portion.push(packet)
      octets += packet.bytes.length
      if (portion.length >= PORTION_PACKETS || octets >= PORTION_BYTES) handOver()
    }
    onProgress?.(reader.progress)
  }
  handOver()
  return found
}

/** The packet in a row, copied out of the batch. */
export function packetAt(reader: CaptureReader, batch: FrameBatch, row: number): FoundPacket {
  const from = batch.offset[row]!
  const bytes = batch.bytes.slice(from, from + batch.capturedLength[row]!)
  const linkType = reader.interfaces[batch.interface[row]!]?.linkType ?? -1
  const wireLength = batch.wireLength[row]!
  return {
    number: batch.firstNumber + row,
    time: batch.time[row]!,
    nanoseconds: batch.nanoseconds[row]!,
    linkType,
    wireLength,
    segment: segmentView(bytes, wireLength, linkType),
    bytes,
  }
}
