/** How much of the truth a capture holds: carried by every verdict that rests on it. */
export interface CaptureQuality {
  /** Frames cut by the snap length. */
  truncatedPackets: number
  /** Frames whose headers contradict themselves. */
  malformedPackets: number
  /** Frames of a protocol or encapsulation that is not read; by reason in `unparsed`. */
  unparsedPackets: number
  /** Segments that the other side acknowledged and this capture does not hold. */
  missingSegments: number
  /** Connections seen in one direction only. */
  oneWayConnections: number
  /** Frames stored with an earlier time than the frame before them. */
  outOfOrderPackets: number
  /** Times that the capture's clock was set back by a second or more. */
  clockSteps: number
  /** Connections given up before their end, because more were open than the limit allows. */
  evictedConnections: number
  /** TCP segments of IPv6 hosts beyond the number of addresses that is remembered. */
  untrackedSegments: number
  /** RSTs that no receiver would have believed, or that one challenged (RFC 5961): not believed here. */
  invalidResets: number
  /** Frames that the capturing interface reports as dropped (pcapng interface statistics). */
  interfaceDrops: number
  /** Seconds that its clock is ahead of the first capture's, by packets that both hold: all its times are
   * given by that one. Absent: they are its own. */
  clockOffsetSeconds?: number | undefined
  /** Taps of two captures, or two interfaces of this one, that show a direction each of the same connections
   * and are read as one tap. Absent: none are. */
  directions?: readonly (readonly [string, string])[] | undefined
  /** The tap of another capture that ended where this one goes on: both are read as one tap. Absent: there is
   * none. */
  continues?: string | undefined
  /** Seconds of which nothing was captured: a live capture was away, or there is none between two that follow
   * each other. Absent: none. */
  blindSeconds?: number | undefined
  /** Times that octets, or a FIN, were received, as what followed shows, and nobody was seen to acknowledge
   * them; there is no time that somebody was, so that a filter kept acknowledgments away. Absent: it did
   * not. */
  withoutAcknowledgments?: number | undefined
  /** Connections that carried octets, as their numbers show; not one of anybody's was captured, but with a
   * FIN, so that a filter kept the data away. Absent: it did not. */
  withoutData?: number | undefined
  /** Connections of which the SYN was captured, or that and its answer; of none there is more, so that a
   * filter kept the rest away. Absent: it did not. */
  withoutHandshakes?: number | undefined
  /** Parts of streams, and datagrams, that could not be read, or only so far, by reason. Absent: none. */
  unread?: Readonly<Record<string, number>> | undefined
  /** Why reading stopped before the end, with the offset; null if it did not. */
  readError: string | null
}

/** Of a capture in which nothing was found wanting, as yet. */
export const flawlessQuality = (): CaptureQuality => ({
  truncatedPackets: 0,
  malformedPackets: 0,
  unparsedPackets: 0,
  missingSegments: 0,
  oneWayConnections: 0,
  outOfOrderPackets: 0,
  clockSteps: 0,
  evictedConnections: 0,
  untrackedSegments: 0,
  invalidResets: 0,
  interfaceDrops: 0,
  readError: null,
})

/** What is one tap together. */
export const joinedWords = ({ directions = [], continues }: CaptureQuality): string[] => [
  ...directions.map(
    ([one, other]) => `${one} and ${other} show a direction each of the same connections: read as one tap`,
  ),
  ...(continues === undefined ? [] : [`goes on where ${continues} ended: read as one tap`]),
]

/** That its times are given by another clock than its own; null where they are not. */
export function clockWords({ clockOffsetSeconds: offset = 0 }: CaptureQuality): string | null {
  if (offset === 0) return null
  const seconds = Math.abs(offset)
  const by = seconds < 0.1 ? `${(1e3 * seconds).toFixed(1)} ms` : `${seconds.toFixed(1)} s`
  return `its clock is ${by} ${offset > 0 ? 'ahead of' : 'behind'} that of the first capture, by which its times are given`
}
