/**
 * What is learned of an exporter from its records: how long it keeps a flow open that goes on (active
 * timeout), after how long a silence it ends one (inactive timeout), and how finely it tells time.
 *
 * The estimators: an exporter ends an idle flow only after the inactive timeout, so that every time between
 * two records of one direction is at least that, but for the few that ended for another reason (a FIN, a full
 * cache). The tenth percentile of these times is taken, where the record before is no long slice. Slices of a
 * flow that goes on are as long as the active timeout: the ninetieth percentile of those whose next one
 * follows at once. Both are rounded up to the next of the classes below, so that a bound stays one. Where the
 * exporter states its timeouts (IE 36 and 37), that holds.
 */
import { MILLISECOND, SECOND, type Micros } from '../../model/time.ts'

/** Classes of durations: four to the octave from 250 ms up, so that a value is told to a fifth. */
const CLASSES = 80
const FIRST_CLASS: Micros = 250 * MILLISECOND
const TO_OCTAVE = 4
/** So many times must have been seen. */
const SAMPLES_MIN = 8
/** The next slice follows at once: within this share of the one before. */
const AT_ONCE = 0.1
/** Times looked at before an exporter is taken to tell whole seconds, or milliseconds, only. */
const TIMES_MIN = 16

export class FlowTimeouts {
  private readonly quiet = new Uint32Array(CLASSES)
  private readonly slices = new Uint32Array(CLASSES)
  private quietCount = 0
  private sliceCount = 0
  private times = 0
  private hasMilliseconds = false

  /** A direction of a connection goes on in another record `gap` after one that spanned `span`. */
  continued(span: Micros, gap: Micros): void {
    if (gap <= AT_ONCE * span) {
      this.slices[classOf(span)]!++
      this.sliceCount++
    } else if (gap > span) {
      this.quiet[classOf(gap)]!++
      this.quietCount++
    }
  }

  timed(at: Micros): void {
    if (this.hasMilliseconds) return
    if (this.times < TIMES_MIN) this.times++
    if (at % SECOND !== 0) this.hasMilliseconds = true
  }

  /**
   * By how much its times may be wrong. Where they say more than milliseconds, that is mostly what became of
   * two clocks in one header (NetFlow's uptime and seconds), and no truth.
   */
  get resolution(): Micros {
    return this.hasMilliseconds || this.times < TIMES_MIN ? MILLISECOND : SECOND
  }

  /** At least the inactive timeout; Infinity while too little was seen. */
  get inactive(): Micros {
    return this.quietCount < SAMPLES_MIN ? Infinity : quantile(this.quiet, 0.1 * this.quietCount)
  }

  /** At least the active timeout; Infinity while too little was seen. */
  get active(): Micros {
    return this.sliceCount < SAMPLES_MIN ? Infinity : quantile(this.slices, 0.9 * this.sliceCount)
  }
}

const classOf = (span: Micros): number =>
  span <= FIRST_CLASS ? 0 : Math.min(CLASSES - 1, Math.ceil(TO_OCTAVE * Math.log2(span / FIRST_CLASS) - 1e-9))

/** The upper bound of the class in which the `rank`th smallest lies. */
function quantile(counts: Uint32Array, rank: number): Micros {
  let below = 0
  for (let i = 0; i < counts.length; i++) {
    below += counts[i]!
    if (below >= rank) return FIRST_CLASS * 2 ** (i / TO_OCTAVE)
  }
  return Infinity
}
