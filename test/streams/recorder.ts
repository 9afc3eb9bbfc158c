/** A consumer that writes down what reassembly tells it, and checks octets against what was sent. */
import type { Side } from '../../src/model/packet.ts'
import { CONTINUE } from '../../src/model/stream.ts'
import type { StreamConsumer } from '../../src/model/stream.ts'

export interface Recorder extends StreamConsumer {
  readonly log: string[]
  /** What the next calls answer, in order; then CONTINUE. */
  answers: number[]
  /**
   * Per side: where the stream stands, octets delivered, missing and skipped, and the offsets of the missing
   * ones.
   */
  readonly at: [number, number]
  readonly delivered: [number, number]
  readonly missing: [Set<number>, Set<number>]
  readonly wrong: number[]
}

/** `sent` is the truth per side; text in the log is Latin-1. */
export function recorder(sent: readonly [Uint8Array, Uint8Array], answer?: () => number): Recorder {
  const log: string[] = []
  const at: [number, number] = [0, 0]
  const delivered: [number, number] = [0, 0]
  const missing: [Set<number>, Set<number>] = [new Set(), new Set()]
  const wrong: number[] = []
  const self: Recorder = {
    log,
    at,
    delivered,
    missing,
    wrong,
    answers: [],
    data(side, bytes, start, end, time, packet) {
      log.push(`${side} ${Buffer.from(bytes.subarray(start, end)).toString('latin1')} #${packet} @${time}`)
      for (let i = start; i < end; i++)
        if (bytes[i] !== sent[side][at[side] + i - start]) wrong.push(at[side] + i)
      delivered[side] += end - start
      return answered(side, end - start)
    },
    gap(side, length, time, packet) {
      log.push(`${side} gap ${length} #${packet} @${time}`)
      for (let i = 0; i < length; i++) missing[side].add(at[side] + i)
      return answered(side, length)
    },
    end: (side, time, packet) => void log.push(`${side} end #${packet} @${time}`),
    close: (time) => void log.push(`close @${time}`),
  }
  function answered(side: Side, length: number): number {
    const reply = self.answers.shift() ?? answer?.() ?? CONTINUE
    at[side] += length + Math.max(0, reply)
    return reply
  }
  return self
}
