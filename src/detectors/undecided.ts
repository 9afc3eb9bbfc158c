/** What waits for proof that may come later: looked at again as time passes, and at the end. */
import { seconds, type Micros } from '../model/time.ts'

/** How often it is looked for proof in a capture that goes on, and until when: an agent that checks in once a
 * day has come by then, and connections that are kept open for longer than days are few. */
const LOOK_EVERY: Micros = seconds(3600)
const SHOWN_WITHIN: Micros = seconds(2 * 86_400)
/** Kept at once; what is to go when there are more, the detector says. */
const UNDECIDED_MAX = 4096

export class Undecided<T> {
  private readonly waiting: { readonly one: T; readonly since: Micros }[] = []
  private readonly judge: (one: T, isLast: boolean) => void
  private lookAt: Micros = -Infinity

  /** `judge` may add again what it cannot decide yet; `isLast`: it is not asked again. */
  constructor(judge: (one: T, isLast: boolean) => void) {
    this.judge = judge
  }

  get isFull(): boolean {
    return this.waiting.length >= UNDECIDED_MAX
  }

  add(one: T, since: Micros): void {
    this.waiting.push({ one, since })
  }

  dropOldest(): void {
    this.waiting.shift()
  }

  timePassed(now: Micros): void {
    if (now < this.lookAt) return
    this.lookAt = now + LOOK_EVERY
    for (const { one, since } of this.waiting.splice(0)) this.judge(one, now - since > SHOWN_WITHIN)
  }

  ended(): void {
    for (const { one } of this.waiting.splice(0)) this.judge(one, true)
  }
}
