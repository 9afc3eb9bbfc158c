/** What of the configuration live traffic does not fit, as whoever collects is told: once it has gone on for
 * some time, and at the end. */
import { type Micros, SECOND } from '../../model/time.ts'
import type { MisfitsFollower } from '../../sessions/misfits.ts'
import { duration } from '../output/quantities.ts'

/** By then agents of DLP came again (every 900 s, article 207657) and those of SEPM (every 300 s); of ePO's,
 * who come every hour, a quarter. */
const TOLD_AFTER: Micros = 15 * 60 * SECOND

export interface MisfitNotes {
  /** The traffic has come to `now`. */
  timeIs(now: Micros): void
  /** Nothing more will come, and all connections were accounted for. */
  ended(): void
}

export function misfitNotes(misfits: MisfitsFollower, says: (sentence: string) => void): MisfitNotes {
  let due: Micros = Infinity
  let isTold = false
  return {
    timeIs(now) {
      if (isTold) return
      due = Math.min(due, now + TOLD_AFTER)
      if (now < due) return
      isTold = true
      for (const sentence of misfits.unseen()) says(`after ${duration(TOLD_AFTER / SECOND)}: ${sentence}`)
    },
    ended() {
      isTold = true
      for (const sentence of misfits.sentences()) says(sentence)
    },
  }
}
