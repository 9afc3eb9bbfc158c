/** Captures that exist in memory only, handed out in batches of any size. */
import { BUFFER_BYTES } from '../../collectors/record-reader.ts'
import type { FrameBatch } from '../../src/bytes/frame-batch.ts'
import type { CaptureInterface, CaptureReader } from '../../src/model/capture.ts'
import type { Micros } from '../../src/model/time.ts'

export interface Frame {
  readonly time: Micros
  readonly bytes: Uint8Array
  readonly interface?: number
  readonly wireLength?: number
}

export interface ReaderOptions {
  /** Frames a batch. */
  readonly frames?: number
  readonly interfaces?: readonly Partial<CaptureInterface>[]
  readonly fault?: CaptureReader['fault']
  /** Answers with promises, as a stream does. */
  readonly later?: boolean
}

const ETHERNET: CaptureInterface = {
  linkType: 1,
  name: null,
  description: null,
  snapLength: 0,
  fcsLength: 0,
  section: 0,
  drops: 0,
}

export function readerOf(frames: readonly Frame[], options: ReaderOptions = {}): CaptureReader {
  const { frames: size = 1_000, interfaces = [{}], fault = null, later = false } = options
  const buffer = new Uint8Array(BUFFER_BYTES)
  let next = 0
  const fill = (batch: FrameBatch): boolean => {
    batch.bytes = buffer
    batch.count = 0
    batch.firstNumber = next + 1
    let at = 0
    while (batch.count < size && next < frames.length) {
      const { time, bytes, wireLength = bytes.length, interface: face = 0 } = frames[next]!
      if (at + bytes.length > batch.bytes.length) break
      batch.bytes.set(bytes, at)
      batch.offset[batch.count] = at
      batch.capturedLength[batch.count] = bytes.length
      batch.wireLength[batch.count] = wireLength
      batch.time[batch.count] = time
      batch.interface[batch.count] = face
      at += bytes.length
      batch.count++
      next++
    }
    return batch.count > 0
  }
  return {
    format: 'pcapng',
    compression: null,
    interfaces: interfaces.map((face) => ({ ...ETHERNET, ...face })),
    next: (batch) => (later ? Promise.resolve(fill(batch)) : fill(batch)),
    fault,
    bytesRead: 0,
    get progress() {
      return frames.length === 0 ? 1 : next / frames.length
    },
    secrets: [],
    names: [],
    comments: [],
    counts: {
      comments: 0,
      customBlocks: 0,
      unknownBlocks: 0,
      malformedOptions: 0,
      impossibleLengths: 0,
      namesDropped: 0,
      secretsDropped: 0,
    },
    close: () => {},
  }
}

const RECORD = 16 // octets of a pcap record header, and 24 of the file's: see test/scenario/pcap-writer.ts
/** The frames of a classic pcap as the story builder writes it: little endian, microseconds. */
export function framesOf(pcap: Uint8Array): Frame[] {
  const file = Buffer.from(pcap.buffer, pcap.byteOffset, pcap.length)
  const frames: Frame[] = []
  for (let at = 24; at < file.length;) {
    const length = file.readUInt32LE(at + 8)
    const time = file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4)
    frames.push({ time, bytes: pcap.slice(at + RECORD, at + RECORD + length) })
    at += RECORD + length
  }
  return frames
}
