/**
 * What a filter kept from a tap: segments of one kind of which it holds not a single one, although what it
 * holds shows, again and again, that they passed. `tcp.len > 0` keeps acknowledgments away; whoever wants
 * beginnings and ends only keeps the data away, or all but the SYN.
 *
 * A packet that is lost looks like one of these now and then. A filter is what is left where it does so
 * always: one segment of the kind, and nothing is said.
 */
import type { ConnectionSummary } from '../model/connection.ts'
import type { CaptureQuality } from '../model/quality.ts'
import { toSeconds, type Micros } from '../model/time.ts'

/** So often must it show that such segments passed: one packet in ten lost, and no filter, would be one case
 * in a thousand. */
const SHOWN = 3

export class Lacks {
  private readonly acknowledged = new Tally()
  private readonly data = new Tally()
  private readonly completed = new Tally()
  /** Octets of all connections that are over, and those that came with a FIN. */
  private octets = 0
  private last = 0
  /** For how long the tap saw nothing, though something passed. */
  blind: Micros = 0
  /** A SYN was captured. */
  hasSyn = false
  /** Something was captured that is no SYN, nor the answer to one. */
  hasMore = false

  /** A silence was broken. `isUnheard`: it began with octets that nobody was seen to acknowledge. */
  silence(isUnheard: boolean): void {
    this.acknowledged.note(isUnheard)
  }

  /** A FIN passed, with so many octets. */
  finished(octets: number): void {
    this.last += octets
  }

  /** A connection is over, or the capture. */
  closed({ handshake, halves }: ConnectionSummary, { isLone, isUnheard }: LastSeen): void {
    if (isUnheard !== null) this.acknowledged.note(isUnheard)
    const octets = halves[0].bytes + halves[1].bytes
    this.octets += octets
    const isMissing = halves.some(({ missingBytes }) => missingBytes > 1)
    if (isMissing) this.data.note(true)
    const hasMore = handshake !== 'partial' || octets > 0 || isMissing
    if (hasMore || isLone) this.completed.note(!hasMore)
  }

  /** Nothing where no filter shows. */
  get quality(): Lacking {
    const hasData = this.octets > this.last
    return {
      ...(this.acknowledged.isFiltered ? { withoutAcknowledgments: this.acknowledged.lacking } : {}),
      ...(this.data.isFiltered && !hasData ? { withoutData: this.data.lacking } : {}),
      ...(this.completed.isFiltered && !this.hasMore ? { withoutHandshakes: this.completed.lacking } : {}),
    }
  }
}

type Lacking = Pick<CaptureQuality, 'withoutAcknowledgments' | 'withoutData' | 'withoutHandshakes'>

/** Of the taps of one capture, which nobody listened to for `away` besides: where several lack the same, the
 * last one's number; of the times that they were blind, the longest. */
export function lacking(
  taps: readonly { readonly lacks: Lacks }[],
  away: Micros,
): Lacking & Pick<CaptureQuality, 'blindSeconds'> {
  const found = Object.assign({}, ...taps.map(({ lacks }) => lacks.quality)) as Lacking
  const blind = away + Math.max(0, ...taps.map(({ lacks }) => lacks.blind))
  return blind === 0 ? found : { ...found, blindSeconds: toSeconds(blind) }
}

/** What was seen last of a connection. */
export interface LastSeen {
  /** Its SYN alone, or that and its answer: neither was sent again, though time enough is left for that. */
  readonly isLone: boolean
  /** Octets, or a FIN, that nobody was seen to acknowledge in time, and that were not sent again; null where
   * there was nothing to acknowledge, or it cannot be told. */
  readonly isUnheard: boolean | null
}

/** How often segments of a kind were missing where they have to be, and how often they were there. */
class Tally {
  lacking = 0
  private there = 0

  note(isLacking: boolean): void {
    if (isLacking) this.lacking++
    else this.there++
  }

  get isFiltered(): boolean {
    return this.there === 0 && this.lacking >= SHOWN
  }
}
