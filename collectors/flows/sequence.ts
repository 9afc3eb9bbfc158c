/**
 * Sequence numbers of exporters, as each version means them: NetFlow v5 counts flows, v9 counts packets
 * (RFC 3954 5.1), IPFIX counts data records sent before the message (RFC 7011 3.1).
 *
 * softflowd means its own: flow records sent, those of the message with them (its ipfix.c, `records_sent`; of
 * 1.1.0 in IPFIX, later in v9 as well). Which of the two an exporter means is learned where they differ.
 */
import type { FlowQuality } from '../../src/model/flow-record.ts'

const NUMBERS = 2 ** 32
/** Messages that arrive late come alone; so many that continue one another are a new beginning. */
const LATE_IN_ROW = 3
/** A step back, or a jump ahead, of more than this is a new beginning at once: an hour of a busy router. */
const STEP_MAX = 1 << 28
/** Numbers that only one meaning explains, less those that only the other one does: how far that is counted,
 * and from where on a number that only the other one explains is taken for a loss. */
const LEARNED_MAX = 8
const SURE = 2

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
  /** Below 0: it counts the message's own records. By as much as `LEARNED_MAX`. */
  meaning: number
  /** What the next message would have by either meaning, before its own records. */
  nextAsDefined: number
  nextWithOwn: number
}

export const newSequence = (isInDoubt = false): Sequence => ({
  next: NaN,
  meaning: 0,
  nextAsDefined: NaN,
  nextWithOwn: NaN,
  late: NaN,
  lateInRow: 0,
  last: NaN,
  isInDoubt,
})

/** One that was learned before a restart. */
export function restoreSequence(sequence: Sequence, next: number, countsOwn: boolean): void {
  Object.assign(sequence, { next, nextAsDefined: next, nextWithOwn: next, isInDoubt: true })
  sequence.meaning = countsOwn ? -LEARNED_MAX : 0
}

export const countsOwn = ({ meaning }: Sequence): boolean => meaning < 0

/**
 * Takes the number of a message that moves the sequence by `units`; NaN: by how many cannot be told. Counts
 * what is missing before it. `own`: its flow records, where an exporter may count them.
 */
export function follow(
  sequence: Sequence,
  number: number,
  units: number,
  quality: FlowQuality,
  own = NaN,
): void {
  // A duplicate; or an exporter that does not count (softflowd 0.9 leaves the number of IPFIX at 0).
  if (number === sequence.last) return
  sequence.last = units === 0 ? NaN : number
  const isWithOwn = learned(sequence, number, own)
  sequence.next = isWithOwn ? sequence.nextWithOwn : sequence.nextAsDefined
  const isNext = isWithOwn
    ? advance(sequence, modulo(number - own), own, quality)
    : advance(sequence, number, units, quality)
  if (!isNext) return
  sequence.nextAsDefined = modulo(number + units)
  sequence.nextWithOwn = number
}

const modulo = (number: number): number => (number + NUMBERS) % NUMBERS

/** Whether the number counts the message's own records, as far as is known by it. */
function learned(sequence: Sequence, number: number, own: number): boolean {
  const isAsDefined = number === sequence.nextAsDefined
  const isWithOwn = number === modulo(sequence.nextWithOwn + own)
  if (isAsDefined !== isWithOwn) {
    const { meaning } = sequence
    sequence.meaning = Math.max(-LEARNED_MAX, Math.min(LEARNED_MAX, meaning + (isAsDefined ? 1 : -1)))
    if (Math.abs(meaning) <= SURE) return isWithOwn
  }
  return countsOwn(sequence)
}

/** Answers false for one that comes late. */
function advance(sequence: Sequence, number: number, units: number, quality: FlowQuality): boolean {
  const isKnown = !Number.isNaN(sequence.next)
  const ahead = isKnown ? (number - sequence.next) | 0 : 0
  const isInDoubt = sequence.isInDoubt && !(isKnown && ahead >= 0 && ahead <= STEP_MAX)
  sequence.isInDoubt = false
  if (isInDoubt) quality.unaccounted++
  else if (ahead < 0 && ahead >= -STEP_MAX && !continuesLate(sequence, number, units)) {
    quality.reordered++
    quality.lost = Math.max(0, quality.lost - (Number.isNaN(units) ? 0 : units))
    return false
  }
  if (ahead < 0 || ahead > STEP_MAX) {
    quality.restarts++
  } else if (ahead > 0) {
    quality.gaps++
    quality.lost += ahead
  }
  sequence.next = modulo(number + units)
  sequence.lateInRow = 0
  sequence.late = NaN
  return true
}

/** Whether enough late messages continue one another to be the real sequence, begun anew. */
function continuesLate(sequence: Sequence, number: number, units: number): boolean {
  sequence.lateInRow = number === sequence.late ? sequence.lateInRow + 1 : 1
  sequence.late = modulo(number + units)
  return sequence.lateInRow >= LATE_IN_ROW
}
