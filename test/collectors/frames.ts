/** Frames that tell themselves apart, as captures and as what was read. */
import { FrameBatch } from '../../src/bytes/frame-batch.ts'
import type { CaptureReader } from '../../src/model/capture.ts'
import { pcapHeader, pcapRecord } from '../scenario/pcap-writer.ts'

/** Second 1000 + n, and n as its octets. */
export const record = (n: number, length = 60): Uint8Array => {
  const bytes = new Uint8Array(length)
  new DataView(bytes.buffer).setUint32(0, n)
  return pcapRecord({ seconds: 1_000 + n, fraction: 0, bytes })
}

export const capture = (from: number, to: number): Uint8Array => {
  const records = Array.from({ length: to - from }, (_, i) => record(from + i))
  return new Uint8Array(Buffer.concat([pcapHeader(), ...records]))
}

/** Reads until `count` frames came, or the end: what each of them says it is, and its number. */
export async function told(
  reader: CaptureReader,
  count = Infinity,
): Promise<{ frame: number; number: number }[]> {
  const batch = new FrameBatch()
  const seen: { frame: number; number: number }[] = []
  while (seen.length < count && (await reader.next(batch)))
    for (let i = 0; i < batch.count; i++) {
      const at = batch.offset[i]!
      const frame = new DataView(batch.bytes.buffer, batch.bytes.byteOffset).getUint32(at)
      seen.push({ frame, number: batch.firstNumber + i })
    }
  return seen
}
