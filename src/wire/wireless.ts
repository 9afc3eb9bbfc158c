/**
 * From a frame of IEEE 802.11 to IP: data without protection. What is encrypted is counted as such; what is
 * taken apart or packed together is for link-fragment.ts and aggregate.ts.
 */
import * as amsdu from './amsdu.ts'
import * as headers from './capture-headers.ts'
import * as dot11 from './dot11.ts'
import { locateLlc } from './link.ts'
import {
  AGGREGATE,
  DOT11_PAYLOAD,
  ENCRYPTED,
  LINK_FRAGMENT,
  MALFORMED_LINK,
  NOT_IP,
  type Place,
  TRUNCATED_LINK,
} from './place.ts'

const CHECK_SEQUENCE_LENGTH = 4
/** After a radiotap header, which says whether a check sequence follows the frame. */
export function locateRadiotap(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  place: Place,
): number {
  const length = headers.radiotapLength(b, at, end)
  if (length === 0) return cutOrBroken(end, wireEnd)
  const flags = headers.radiotapFlags(b, at, length)
  const checked = (flags & headers.FRAME_CHECK_SEQUENCE) === 0 ? wireEnd : wireEnd - CHECK_SEQUENCE_LENGTH
  const isPadded = (flags & headers.PADDED_HEADER) !== 0
  return locateDot11(b, at + length, Math.min(end, checked), checked, isPadded, place)
}

/** After a header of Prism or AVS. */
export function locatePrism(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = headers.prismLength(b, at, end)
  return length === 0 ? cutOrBroken(end, wireEnd) : locateDot11(b, at + length, end, wireEnd, false, place)
}

/** `isPadded`: the header is followed by as many octets as make it a multiple of four; `swap`: see
 * dot11.ts. */
export function locateDot11(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  isPadded: boolean,
  place: Place,
  swap: 0 | 1 = 0,
): number {
  if (at + 2 > end) return cutOrBroken(end, wireEnd)
  if (!dot11.isData(b, at, end, swap)) return NOT_IP
  const length = dot11.headerLength(b, at, end, swap)
  if (length === 0) return cutOrBroken(end, wireEnd)
  if (dot11.isProtected(b, at, swap)) return ENCRYPTED
  const isInFrame = b === place.frame
  place.destinationHardwareAt = isInFrame ? dot11.destinationAt(b, at, swap) : -1
  place.sourceHardwareAt = isInFrame ? dot11.sourceAt(b, at, swap) : -1
  const payloadAt = at + (isPadded ? (length + 3) & ~3 : length)
  if (dot11.moreFragments(b, at, swap) !== 0 || dot11.fragmentNumber(b, at) !== 0)
    return locatePiece(b, at, payloadAt, end, wireEnd, swap, place)
  return dot11.isAggregate(b, at, swap)
    ? locateAggregate(b, payloadAt, end, wireEnd, place)
    : locateLlc(b, payloadAt, end, wireEnd, place)
}

/** Cisco's access points swap the octets of frame control: what is data in one order only was sent in it. */
export const locateOwnOrder = (
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  place: Place,
): number => locateDot11(b, at, end, wireEnd, false, place, dot11.isData(b, at, end, 0) ? 0 : 1)

function locatePiece(
  b: Uint8Array,
  at: number,
  payloadAt: number,
  end: number,
  wireEnd: number,
  swap: 0 | 1,
  place: Place,
): number {
  if (payloadAt > end) return cutOrBroken(end, wireEnd)
  place.whole = DOT11_PAYLOAD
  place.ownerAt = at + dot11.OWNER_AT
  place.ownerLength = dot11.OWNER_LENGTH
  place.fragmentIdentification = dot11.sequenceNumber(b, at, swap)
  place.fragmentOffset = dot11.fragmentNumber(b, at)
  place.moreFragments = dot11.moreFragments(b, at, swap)
  place.transportAt = payloadAt
  place.end = end
  place.wireEnd = wireEnd
  return LINK_FRAGMENT
}

/** An aggregate of one packet is read at once. */
function locateAggregate(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const payloadAt = at + amsdu.HEADER_LENGTH
  if (payloadAt > end) return cutOrBroken(end, wireEnd)
  if (amsdu.nextAt(b, at) + amsdu.HEADER_LENGTH > wireEnd) return locateLlc(b, payloadAt, end, wireEnd, place)
  place.partsAt = at
  place.end = end
  place.wireEnd = wireEnd
  return AGGREGATE
}

const cutOrBroken = (end: number, wireEnd: number): number =>
  end < wireEnd ? TRUNCATED_LINK : MALFORMED_LINK
