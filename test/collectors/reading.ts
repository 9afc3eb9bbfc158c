/**
 * Reads whole captures in tests: sources over bytes in memory, cut into chunks at will, and every row that a
 * reader delivers.
 */

import { createHash } from 'node:crypto'
import type { ByteSource } from '../../collectors/byte-source.ts'
import { FrameBatch } from '../../src/bytes/frame-batch.ts'
import type { CaptureReader } from '../../src/model/capture.ts'

export interface MemoryOptions {
  /** Octets per read at most. */
  readonly chunk?: number
  /** Answers with promises, as a stream does. */
  readonly later?: boolean
}

/** A source over bytes; it counts how often it was read and whether it was closed. */
export function memorySource(bytes: Uint8Array, { chunk = Infinity, later = false }: MemoryOptions = {}) {
  let position = 0
  const counts = { reads: 0, closed: 0 }
  const source: ByteSource = {
    read(into, at) {
      counts.reads++
      const count = Math.min(chunk, into.length - at, bytes.length - position)
      into.set(bytes.subarray(position, position + count), at)
      position += count
      return later ? Promise.resolve(count) : count
    },
    get position() {
      return position
    },
    get rawPosition() {
      return position
    },
    rawSize: bytes.length,
    compression: null,
    fault: null,
    close() {
      counts.closed++
    },
  }
  return Object.assign(source, { counts })
}

/** Milliseconds that pass by `step` at each look. */
export class Clock {
  now = 0
  step = 0
  readonly read = (): number => (this.now += this.step)
}

export interface Row {
  readonly number: number
  /** Nanoseconds since the epoch. */
  readonly time: bigint
  readonly captured: number
  readonly wire: number
  readonly interface: number
  /** The captured octets in hexadecimal, or their SHA-256 beyond 100 of them. */
  readonly data: string
}

const dataOf = (bytes: Uint8Array): string =>
  bytes.length <= 100 ? Buffer.from(bytes).toString('hex') : createHash('sha256').update(bytes).digest('hex')

export function rowsOf(batch: FrameBatch): Row[] {
  return Array.from({ length: batch.count }, (_, row) => {
    const at = batch.offset[row]!
    const captured = batch.capturedLength[row]!
    if (at + captured > batch.bytes.length) throw new Error(`row ${row} reaches out of the buffer`)
    return {
      number: batch.firstNumber + row,
      time: BigInt(batch.time[row]!) * 1000n + BigInt(batch.nanoseconds[row]!),
      captured,
      wire: batch.wireLength[row]!,
      interface: batch.interface[row]!,
      data: dataOf(batch.bytes.subarray(at, at + captured)),
    }
  })
}

export interface Reading {
  readonly rows: Row[]
  readonly batches: number
  /** Answers of `next` that were promises. */
  readonly promises: number
}

/**
 * Every row, through one batch or several in turn. Throws if a reader claims success without a frame, or
 * answers again after the end.
 */
export async function readAll(reader: CaptureReader, ...batches: FrameBatch[]): Promise<Reading> {
  const turns = batches.length > 0 ? batches : [new FrameBatch()]
  const rows: Row[] = []
  let count = 0
  let promises = 0
  for (;;) {
    const batch = turns[count % turns.length]!
    const answer = reader.next(batch)
    if (typeof answer !== 'boolean') promises++
    if (!(await answer)) break
    if (batch.count === 0) throw new Error('a batch without frames')
    rows.push(...rowsOf(batch))
    count++
  }
  const { fault } = reader
  if ((await reader.next(turns[0]!)) || reader.fault !== fault) throw new Error('the end is not final')
  return { rows, batches: count, promises }
}

/** `length` octets that differ from place to place, and for each seed. */
export const pattern = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 97 + (i >> 5)) & 0xff)
