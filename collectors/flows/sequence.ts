/**
 * Sequence numbers of exporters, as each version means them: NetFlow v5 counts flows, v9 counts packets
 * (RFC 3954 5.1), IPFIX counts data records sent before the message (RFC 7011 3.1).
 */
import type { FlowQuality } from '../../src/model/flow-record.ts'

/** Messages that arrive late come alone; so many that continue one another are a new beginning. */
const LATE_IN_ROW = 3
/** A step back, or a jump ahead, of more than this is a new beginning at once: an hour of a busy router. */
const STEP_MAX = 1 << 28

export interface Sequence {
  /** The next message's number; NaN if that cannot be told. */
  next: number
  /** The number that would continue the last late message, and how many such there were in a row. */
  late: number
  lateInRow: number
  /** The last message's own number; NaN if it counted nothing, so that the next one has the same. */
  last: number
  /** It was out of hearing: unless the next message continues the last one, or is ahead of it, nobody can say
   * what was missed. */
  isInDoubt: boolean
}

export const newSequence = (isInDoubt = false): Sequence => ({
  next: NaN,
  late: NaN,
  lateInRow: 0,
  last: NaN,
  isInDoubt,
})

/**
 * Takes the number of a message that moves the sequence by `units`; NaN: by how many cannot be told. Counts
 * what is missing before it.
 */
export function follow(sequence: Sequence, number: number, units: number, quality: FlowQuality): void {
  // A duplicate; or an exporter that does not count (softflowd 0.9 leaves the number of IPFIX at 0).
  if (number === sequence.last) return
  sequence.last = units === 0 ? NaN : number
  const isKnown = !Number.isNaN(sequence.next)
  const ahead = isKnown ? (number - sequence.next) | 0 : 0
  const isInDoubt = sequence.isInDoubt && !(isKnown && ahead >= 0 && ahead <= STEP_MAX)
  sequence.isInDoubt = false
  if (isInDoubt) quality.unaccounted++
  else if (ahead < 0 && ahead >= -STEP_MAX && !continuesLate(sequence, number, units)) {
    quality.reordered++
    quality.lost = Math.max(0, quality.lost - (Number.isNaN(units) ? 0 : units))
    return
  }
  if (ahead < 0 || ahead > STEP_MAX) {
    quality.restarts++
  } else if (ahead > 0) {
    quality.gaps++
    quality.lost += ahead
  }
  sequence.next = (number + units) % 2 ** 32
  sequence.lateInRow = 0
  sequence.late = NaN
}

/** Whether enough late messages continue one another to be the real sequence, begun anew. */
function continuesLate(sequence: Sequence, number: number, units: number): boolean {
  sequence.lateInRow = number === sequence.late ? sequence.lateInRow + 1 : 1
  sequence.late = (number + units) % 2 ** 32
  return sequence.lateInRow >= LATE_IN_ROW
}
