/** Who asked again and again, and was not answered: since when that is no accident, and when it proves
 * nothing. */
import type { Silence } from '../model/observation.ts'
import { otherSide } from '../model/packet.ts'
import type { Sighting } from '../model/party.ts'
import { seconds, type Micros } from '../model/time.ts'

/** Somebody who tried for less may only have been cut off for a moment: the capture stopped before that could
 * be seen. */
export const TRIED_FOR: Micros = seconds(3)
/** So many retransmissions in that time are no accident of single packets: R1 of RFC 9293 §3.8.3. */
const ASKED_MIN = 3

/** How long the side that broke the silence went on asking. */
export const triedFor = ({ end, lastRetransmissionAt }: Silence): Micros =>
  (lastRetransmissionAt ?? end) - end

/** The same, where it came back by `until`: who asked so often and then opened a connection elsewhere had
 * waited until then, whatever it sent meanwhile. */
export function waitedFor(silence: Silence, next: Sighting | null, until: Micros): Micros {
  const tried = triedFor(silence)
  if (next === null || next.start > until || silence.retransmissions < ASKED_MIN) return tried
  return Math.max(tried, next.start - silence.end)
}

/**
 * The other side was not heard at all: its direction may simply not pass this tap, as where the tap saw the
 * connection begin. One that was open and silent before the capture began is another matter: whoever was
 * answered, unseen, would not ask for so long.
 */
export function mayHaveAnswered({ handshake }: Sighting, silence: Silence): boolean {
  if (silence.lastFrom[otherSide(silence.brokenBy)] !== null) return false
  const isOlderThanCapture = handshake === 'none'
  return !isOlderThanCapture || silence.retransmissions < ASKED_MIN || triedFor(silence) < TRIED_FOR
}
