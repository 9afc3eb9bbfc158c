/**
 * From a frame of IEEE 802.11 to IP: data without protection. What is encrypted, taken apart or packed
 * together is counted as such.
 */
import { u16 } from '../bytes/read.ts'
import * as headers from './capture-headers.ts'
import * as dot11 from './dot11.ts'
import { locateLlc } from './link.ts'
import {
  AGGREGATE,
  ENCRYPTED,
  LINK_FRAGMENT,
  MALFORMED_LINK,
  NOT_IP,
  type Place,
  TRUNCATED_LINK,
} from './place.ts'

const CHECK_SEQUENCE_LENGTH = 4
/** Destination, source and length before each packet of an aggregate. */
const PART_HEADER = 14

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
  if (dot11.isFragment(b, at, swap)) return LINK_FRAGMENT
  const isInFrame = b === place.frame
  place.destinationHardwareAt = isInFrame ? dot11.destinationAt(b, at, swap) : -1
  place.sourceHardwareAt = isInFrame ? dot11.sourceAt(b, at, swap) : -1
  const payloadAt = at + (isPadded ? (length + 3) & ~3 : length)
  return dot11.isAggregate(b, at, swap)
    ? locateAggregate(b, payloadAt, end, wireEnd, place)
    : locateLlc(b, payloadAt, end, wireEnd, place)
}

/** An aggregate of one packet is read; those of more are counted. */
function locateAggregate(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const payloadAt = at + PART_HEADER
  if (payloadAt > end) return cutOrBroken(end, wireEnd)
  const next = payloadAt + ((u16(b, at + 12) + 3) & ~3)
  return next + PART_HEADER <= wireEnd ? AGGREGATE : locateLlc(b, payloadAt, end, wireEnd, place)
}

const cutOrBroken = (end: number, wireEnd: number): number =>
  end < wireEnd ? TRUNCATED_LINK : MALFORMED_LINK
