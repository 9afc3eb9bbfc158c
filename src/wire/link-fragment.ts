/**
 * What a link below IP took apart (`LINK_FRAGMENT`): the payload of a frame of 802.11, and the frames between
 * an access point and its controller. Here is how the whole is read once its pieces are together.
 */
import { locateEthernet, locateLlc } from './link.ts'
import { CAPWAP_DOT11, DOT11_PAYLOAD, type Place } from './place.ts'
import { inKind } from './sniffed.ts'
import { CAPWAP } from './tunnels.data.ts'
import { locateOwnOrder } from './wireless.ts'

/** Reads on in the whole, octets `at`..`place.end` of `place.bytes`, as `locate` and `enterTunnels` do. */
export function locateWhole(place: Place, at: number): number {
  const { bytes, end, whole } = place
  if (whole === DOT11_PAYLOAD) return locateLlc(bytes, at, end, end, place)
  return locateCapwapFrame(bytes, at, end, end, whole, place)
}

/** A frame that CAPWAP carries, in one piece or put together again. */
export function locateCapwapFrame(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  whole: number,
  place: Place,
): number {
  const locateFrame = whole === CAPWAP_DOT11 ? locateOwnOrder : locateEthernet
  return inKind(locateFrame(b, at, end, wireEnd, place), CAPWAP)
}
