/**
 * Observations of several taps in one order: released once every tap's time has come past them.
 *
 * Taps are read batch by batch, whichever lies furthest behind; so a queue holds no more than what one batch
 * made.
 */
import type { Observation } from '../model/observation.ts'
import type { Micros } from '../model/time.ts'

export class ObservationMerge {
  private readonly queues: Observation[][]
  private readonly frontiers: Micros[]
  private readonly deliver: (observation: Observation) => void

  constructor(sources: number, deliver: (observation: Observation) => void) {
    this.queues = Array.from({ length: sources }, () => [])
    this.frontiers = new Array<Micros>(sources).fill(-Infinity)
    this.deliver = deliver
  }

  /** Where the taps of source `i` put what they see. With one source nothing waits. */
  inlet(i: number): (observation: Observation) => void {
    if (this.queues.length === 1) return this.deliver
    const queue = this.queues[i]!
    return (observation) => void queue.push(observation)
  }

  /** Source `i` will tell nothing earlier than `time` any more; Infinity at its end. */
  advance(i: number, time: Micros): void {
    if (this.queues.length === 1) return
    this.frontiers[i] = Math.max(this.frontiers[i]!, time)
    const until = Math.min(...this.frontiers)
    const ready: Observation[] = []
    for (const queue of this.queues) {
      let count = 0
      while (count < queue.length && (until === Infinity || queue[count]!.time < until))
        ready.push(queue[count++]!)
      if (count > 0) queue.splice(0, count)
    }
    // Sorting is stable: observations of one tap keep their order where times are equal.
    ready.sort((a, b) => a.time - b.time)
    for (const observation of ready) this.deliver(observation)
  }
}
