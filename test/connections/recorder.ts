/** A reader of streams that writes down what it is told, in words. */
import type { SegmentConsumer, StreamContext } from '../../src/model/stream.ts'

export interface Recorder extends SegmentConsumer {
  readonly context: StreamContext
  readonly told: string[]
  detached: boolean
}

/** `told`: `starts 0 1001`, `segment 0 1001 AAA` (cut ones with their length on the wire), `acknowledged`,
 * ... */
export function recorder(context: StreamContext): Recorder {
  const told: string[] = []
  return {
    context,
    told,
    detached: false,
    startsAt: (side, sequence) => void told.push(`starts ${side} ${sequence}`),
    segment(side, sequence, bytes, start, end, wireLength) {
      const text = Buffer.from(bytes.subarray(start, end)).toString('latin1')
      told.push(`segment ${side} ${sequence} ${text}${wireLength === end - start ? '' : ` of ${wireLength}`}`)
    },
    acknowledged: (side, acknowledgment) => void told.push(`acknowledged ${side} ${acknowledgment}`),
    finish: (side, _time, _packet, sequence) => void told.push(`finish ${side} ${sequence}`),
    close: () => void told.push('close'),
  }
}
