/** Stories in text: what a client and a server say, in turns. */
import type { Observation } from '../../src/model/observation.ts'
import type { Side } from '../../src/model/packet.ts'
import { DETACH } from '../../src/model/stream.ts'
import type { StreamConsumer, StreamContext } from '../../src/model/stream.ts'
import { contextInto } from './parser.case.ts'
import type { StoryPart } from './parser.case.ts'

export const client = (text: string): StoryPart => ({ side: 0, bytes: Buffer.from(text, 'latin1') })
export const server = (text: string): StoryPart => ({ side: 1, bytes: Buffer.from(text, 'latin1') })
/** Octets that were not captured. */
export const lost = (side: Side, length: number): { side: Side; gap: number } => ({ side, gap: length })
/** The side's FIN. */
export const fin = (side: Side): { side: Side; fin: true } => ({ side, fin: true })

/** What came half a millisecond before the event that is stored before it. */
export const cameBefore = (part: StoryPart): StoryPart & { before: true } => ({ ...part, before: true })

export type Event =
  | StoryPart
  | ReturnType<typeof lost>
  | ReturnType<typeof fin>
  | ReturnType<typeof cameBefore>

export interface Told {
  readonly observations: Observation[]
  readonly counted: string[]
  /** What the consumer answered to each event; null where there is no answer. */
  readonly answers: (number | null)[]
}

/**
 * Plays events as packets 1, 2, ... at 1, 2, ... ms; closes at 1 s unless the consumer detached. Unwanted
 * octets are not told.
 */
export function tell(open: (context: StreamContext) => StreamConsumer, events: readonly Event[]): Told {
  const told: Told = { observations: [], counted: [], answers: [] }
  const context = contextInto(told.observations)
  const consumer = open({ ...context, count: (reason) => void told.counted.push(reason) })
  const unwanted: [number, number] = [0, 0]
  for (const [i, event] of events.entries()) {
    const [packet, { side }] = [i + 1, event]
    const time = 'before' in event ? i * 1000 - 500 : packet * 1000
    if ('fin' in event) {
      consumer.end(side, time, packet)
      told.answers.push(null)
      continue
    }
    const length = 'gap' in event ? event.gap : event.bytes.length
    const skipped = Math.min(unwanted[side], length)
    unwanted[side] -= skipped
    if (skipped === length) {
      told.answers.push(null)
      continue
    }
    const answer =
      'gap' in event
        ? consumer.gap(side, length - skipped, time, packet)
        : consumer.data(side, event.bytes, skipped, length, time, packet)
    told.answers.push(answer)
    if (answer === DETACH) return told
    unwanted[side] = answer
  }
  consumer.close(1_000_000)
  return told
}
